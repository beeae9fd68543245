// Keeps the bytes of Storage in a folder: Supabase Lite asks for an adapter and exports none.
//
// Objects are stored under the hash of their bucket and name, so that no name a client can think of (`..`, a
// very long one, one that is also another's folder) reaches the file system. Beside each object lies its
// metadata; both are written to a scratch file first and renamed, so that a reader never sees half of one.
import { createHash, randomUUID } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

class NoSuchKey extends Error {
  constructor() {
    super("Object not found");
    this.name = "NoSuchKey";
    this.code = "NoSuchKey";
    this.statusCode = 404;
    this.status = 404;
  }
}

export class FolderStorage {
  driver = null;

  constructor(folder) {
    this.folder = folder;
  }

  #path(bucket, key, version) {
    const digest = createHash("sha256").update(JSON.stringify([bucket, key, version ?? ""])).digest("hex");
    return join(this.folder, digest.slice(0, 2), digest);
  }

  async #metadata(path) {
    try {
      const kept = JSON.parse(await readFile(`${path}.json`, "utf8"));
      const { mtime } = await stat(path);
      return { ...kept, lastModified: mtime, httpStatusCode: 200 };
    } catch (error) {
      if (error.code === "ENOENT") throw new NoSuchKey();
      throw error;
    }
  }

  async getObject(bucket, key, version, headers) {
    const path = this.#path(bucket, key, version);
    const metadata = await this.#metadata(path);
    if (headers?.ifNoneMatch && headers.ifNoneMatch === metadata.eTag)
      return { metadata: { ...metadata, httpStatusCode: 304 }, httpStatusCode: 304 };
    const since = headers?.ifModifiedSince && new Date(headers.ifModifiedSince);
    if (since && Math.floor(metadata.lastModified / 1000) <= Math.floor(since / 1000))
      return { metadata: { ...metadata, httpStatusCode: 304 }, httpStatusCode: 304 };
    const range = /^bytes=(\d*)-(\d*)$/.exec(headers?.range ?? "");
    if (range && (range[1] || range[2]) && metadata.size > 0) {
      const start = range[1] ? Number(range[1]) : Math.max(0, metadata.size - Number(range[2]));
      const end = Math.min(range[1] && range[2] ? Number(range[2]) : metadata.size - 1, metadata.size - 1);
      if (start <= end)
        return {
          metadata: {
            ...metadata,
            contentLength: end - start + 1,
            contentRange: `bytes ${start}-${end}/${metadata.size}`,
            httpStatusCode: 206,
          },
          httpStatusCode: 206,
          body: Readable.toWeb(createReadStream(path, { start, end })),
        };
    }
    return { metadata, httpStatusCode: 200, body: Readable.toWeb(createReadStream(path)) };
  }

  async uploadObject(bucket, key, version, body, contentType, cacheControl) {
    const path = this.#path(bucket, key, version);
    const scratch = join(this.folder, `.${randomUUID()}`);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const hash = createHash("md5"); // what S3 and Supabase Storage give as an ETag
    let size = 0;
    const count = new Transform({
      transform(chunk, _, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    const source =
      body instanceof Uint8Array ? Readable.from([body]) : body?.getReader ? Readable.fromWeb(body) : Readable.from(body);
    try {
      await pipeline(source, count, createWriteStream(scratch, { mode: 0o600 }));
      const metadata = {
        cacheControl,
        contentLength: size,
        size,
        mimetype: contentType,
        eTag: `"${hash.digest("hex")}"`,
      };
      await this.#keep(path, scratch, metadata);
      return { ...metadata, lastModified: new Date(), httpStatusCode: 200 };
    } finally {
      await rm(scratch, { force: true });
    }
  }

  async #keep(path, scratch, metadata) {
    await writeFile(`${scratch}.json`, JSON.stringify(metadata), { mode: 0o600 });
    await rename(scratch, path);
    await rename(`${scratch}.json`, `${path}.json`);
  }

  async deleteObject(bucket, key, version) {
    const path = this.#path(bucket, key, version);
    await rm(`${path}.json`, { force: true });
    await rm(path, { force: true });
  }

  async deleteObjects(bucket, keys) {
    for (const key of keys) await this.deleteObject(bucket, key, undefined);
  }

  async copyObject(fromBucket, from, fromVersion, toBucket, to, toVersion) {
    const source = this.#path(fromBucket, from, fromVersion);
    const metadata = await this.#metadata(source);
    const { lastModified, httpStatusCode, ...kept } = metadata;
    const target = this.#path(toBucket, to, toVersion);
    const scratch = join(this.folder, `.${randomUUID()}`);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await copyFile(source, scratch);
    await this.#keep(target, scratch, kept);
    return { httpStatusCode, eTag: metadata.eTag, lastModified };
  }

  async headObject(bucket, key, version) {
    return this.#metadata(this.#path(bucket, key, version));
  }

  async privateAssetUrl(bucket, key, version) {
    return `file://${this.#path(bucket, key, version)}`;
  }
}
