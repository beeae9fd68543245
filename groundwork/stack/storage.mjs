// Keeps the bytes of Storage in a folder: Supabase Lite asks for an adapter and exports none.
//
// An object is an entry, a JSON file that holds its metadata and names the file with its bytes. The entry's own
// name is the hash of bucket and key, so that no key a client can think of (`..`, a very long one, one that is
// another's folder) reaches the file system. Replacing the entry replaces the object, in one step.
//
// Lite passes a version to most calls, but not to the upload it belongs to: it cannot tell objects apart.
import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { copyFile, mkdir, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";

class NoSuchKey extends Error {
  name = "NoSuchKey";
  code = "NoSuchKey";
  status = 404;
  statusCode = 404;
}

export class FolderStorage {
  driver = null;

  constructor(folder) {
    this.entries = join(folder, "entries");
    this.bytes = join(folder, "bytes");
  }

  #entry(bucket, key) {
    return join(this.entries, createHash("sha256").update(JSON.stringify([bucket, key])).digest("hex"));
  }

  async #read(bucket, key) {
    try {
      const entry = JSON.parse(await readFile(this.#entry(bucket, key), "utf8"));
      return { ...entry, metadata: { ...entry.metadata, lastModified: new Date(entry.lastModified) } };
    } catch (error) {
      if (error.code === "ENOENT") throw new NoSuchKey(`There is no object ${key} in ${bucket}`);
      throw error;
    }
  }

  async #write(bucket, key, file, metadata) {
    await mkdir(this.entries, { recursive: true, mode: 0o700 });
    const target = this.#entry(bucket, key);
    const old = await this.#read(bucket, key).catch(() => null);
    const scratch = `${target}.${randomUUID()}`;
    const lastModified = new Date();
    await writeFile(scratch, JSON.stringify({ bucket, key, file, metadata, lastModified }), { mode: 0o600 });
    await rename(scratch, target);
    if (old) await rm(join(this.bytes, old.file), { force: true });
    return { ...metadata, lastModified, httpStatusCode: 200 };
  }

  // The file is opened before anything is answered: a reader keeps its bytes even if the object is replaced.
  async #open(bucket, key) {
    for (let attempt = 0; ; attempt++) {
      const entry = await this.#read(bucket, key);
      try {
        return { metadata: entry.metadata, handle: await open(join(this.bytes, entry.file)) };
      } catch (error) {
        if (error.code !== "ENOENT" || attempt > 3) throw error;
      }
    }
  }

  async getObject(bucket, key, _version, headers = {}) {
    const { metadata, handle } = await this.#open(bucket, key);
    const since = Date.parse(headers.ifModifiedSince ?? "");
    const unchanged = headers.ifNoneMatch
      ? headers.ifNoneMatch === metadata.eTag
      : since >= Math.floor(metadata.lastModified / 1000) * 1000;
    if (unchanged) {
      await handle.close();
      return { metadata: { ...metadata, httpStatusCode: 304 }, httpStatusCode: 304 };
    }
    const range = byteRange(headers.range, metadata.size);
    const body = Readable.toWeb(handle.createReadStream(range));
    if (!range) return { metadata: { ...metadata, httpStatusCode: 200 }, httpStatusCode: 200, body };
    const contentRange = `bytes ${range.start}-${range.end}/${metadata.size}`;
    const contentLength = range.end - range.start + 1;
    return { metadata: { ...metadata, contentLength, contentRange, httpStatusCode: 206 }, httpStatusCode: 206, body };
  }

  async uploadObject(bucket, key, _version, body, mimetype, cacheControl) {
    await mkdir(this.bytes, { recursive: true, mode: 0o700 });
    const file = randomUUID();
    const hash = createHash("md5"); // what S3, and so Supabase Storage, gives as an ETag
    let size = 0;
    const measure = new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(stream(body), measure, createWriteStream(join(this.bytes, file), { mode: 0o600 }));
      const eTag = `"${hash.digest("hex")}"`;
      return await this.#write(bucket, key, file, { cacheControl, contentLength: size, size, mimetype, eTag });
    } catch (error) {
      await rm(join(this.bytes, file), { force: true });
      throw error;
    }
  }

  async deleteObject(bucket, key) {
    const entry = await this.#read(bucket, key).catch(() => null);
    if (!entry) return;
    await rm(this.#entry(bucket, key), { force: true });
    await rm(join(this.bytes, entry.file), { force: true });
  }

  async deleteObjects(bucket, keys) {
    for (const key of keys) await this.deleteObject(bucket, key);
  }

  async copyObject(fromBucket, from, _fromVersion, toBucket, to) {
    const { file, metadata } = await this.#read(fromBucket, from);
    const { lastModified: _, ...kept } = metadata;
    const copy = randomUUID();
    await copyFile(join(this.bytes, file), join(this.bytes, copy));
    return this.#write(toBucket, to, copy, kept);
  }

  async headObject(bucket, key) {
    const { metadata } = await this.#read(bucket, key);
    return { ...metadata, httpStatusCode: 200 };
  }

  async privateAssetUrl(bucket, key) {
    const { file } = await this.#read(bucket, key);
    return `file://${join(this.bytes, file)}`;
  }
}

function stream(body) {
  if (body instanceof Uint8Array) return Readable.from([body]);
  return body?.getReader ? Readable.fromWeb(body) : Readable.from(body);
}

function byteRange(header, size) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (!first && !last) return undefined;
  const start = first ? Number(first) : Math.max(0, size - Number(last));
  const end = first && last ? Math.min(Number(last), size - 1) : size - 1;
  return start <= end ? { start, end } : undefined;
}
