import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { anonymous, member, ok, service } from "./people.mjs";

async function withBucket(use, options = {}) {
  const name = `test-${randomUUID()}`;
  await ok(service.storage.createBucket(name, { public: false, ...options }));
  try {
    await use(service.storage.from(name), name);
  } finally {
    await ok(service.storage.emptyBucket(name));
    await ok(service.storage.deleteBucket(name));
  }
}

const text = async (request) => (await ok(request)).text();

export async function filesAreStoredListedReadAndRemoved() {
  await withBucket(async (files) => {
    await ok(files.upload("folder/a.txt", "one", { contentType: "text/plain" }));
    await ok(files.upload("folder/b.txt", new Blob(["two"], { type: "text/plain" })));
    await ok(files.upload("folder/c.bin", Buffer.from([0, 255])));
    assert.equal(await text(files.download("folder/a.txt")), "one");
    assert.equal(await text(files.download("folder/b.txt")), "two");
    assert.deepEqual(new Uint8Array(await (await ok(files.download("folder/c.bin"))).arrayBuffer()), new Uint8Array([0, 255]));
    assert.deepEqual((await ok(files.list("folder"))).map(({ name }) => name), ["a.txt", "b.txt", "c.bin"]);
    assert.ok((await files.upload("folder/a.txt", "again")).error);
    await ok(files.upload("folder/a.txt", "again", { upsert: true }));
    await ok(files.update("folder/b.txt", new Blob(["newer"])));
    assert.equal(await text(files.download("folder/a.txt")), "again");
    assert.equal(await text(files.download("folder/b.txt")), "newer");
    await ok(files.remove(["folder/a.txt", "folder/b.txt", "folder/c.bin"]));
    assert.deepEqual(await ok(files.list("folder")), []);
    assert.ok((await files.download("folder/a.txt")).error);
  });
}

export async function signedAddressesServeWhoeverHasThem() {
  await withBucket(async (files, name) => {
    await ok(files.upload("a.txt", "one"));
    const { signedUrl } = await ok(files.createSignedUrl("a.txt", 60));
    assert.equal(await (await fetch(signedUrl)).text(), "one");
    const { token } = await ok(files.createSignedUploadUrl("b.txt"));
    await ok(anonymous().storage.from(name).uploadToSignedUrl("b.txt", token, new Blob(["sent"])));
    assert.equal(await text(files.download("b.txt")), "sent");
  });
}

export async function nobodyElseReadsOrWrites() {
  await withBucket(async (files, name) => {
    await ok(files.upload("a.txt", "one"));
    for (const client of [anonymous(), member.client]) {
      const theirs = client.storage.from(name);
      assert.ok((await theirs.download("a.txt")).error);
      assert.ok((await theirs.upload("b.txt", "mine")).error);
      assert.deepEqual(await ok(theirs.list()), []);
      assert.ok((await client.storage.createBucket(`mine-${randomUUID()}`)).error);
    }
  });
}

export async function aPublicBucketIsReadByAnybody() {
  await withBucket(
    async (files) => {
      await ok(files.upload("a.txt", "one"));
      assert.equal(await (await fetch(files.getPublicUrl("a.txt").data.publicUrl)).text(), "one");
    },
    { public: true },
  );
}

export async function functionsAreInvoked() {
  const health = await ok(anonymous().functions.invoke("health", { method: "GET" }));
  assert.equal(health.status, "ok");
  assert.ok((await anonymous().functions.invoke("nonsense", { method: "GET" })).error);
}
