import assert from "node:assert/strict";

import { company, member, ok, owner, refused, stranger, viewer } from "./people.mjs";

// A vector that is near another one if their seeds are the same.
function vector(seed, noise = 0) {
  const raw = Array.from({ length: 384 }, (_, n) => Math.sin(seed * (n + 1)) + noise * Math.cos(n * 7));
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

async function newDocument(person, values, contents = ["chat", "bread"]) {
  const document = { organization_id: company, title: "Facts", ...values };
  const { id } = await ok(person.client.from("documents").insert(document).select().single());
  const rows = contents.map((content, n) => ({
    document_id: id,
    chunk_index: n,
    content,
    embedding: vector(n + 1),
  }));
  await ok(person.client.from("document_chunks").insert(rows));
  return id;
}

const search = async (person, values = {}) => {
  const request = { query_embedding: vector(1, 0.1), match_threshold: -1, match_count: 50, ...values };
  return ok(person.client.rpc("search_documents", request));
};

export async function semanticSearchFindsTheNearest() {
  const id = await newDocument(member, {});
  const rows = (await search(member)).filter((row) => row.document_id === id);
  assert.deepEqual(rows.map(({ content }) => content), ["chat", "bread"]);
  assert.ok(rows[0].similarity > 0.9 && rows[1].similarity < 0.5);
  const asText = await search(member, { query_embedding: JSON.stringify(vector(1, 0.1)) });
  assert.equal(asText.filter((row) => row.document_id === id).length, 2);
}

export async function hybridSearchFindsTheWord() {
  const id = await newDocument(member, {}, ["about chat", "see ERR_4711 in the log"]);
  const request = { query_text: "ERR_4711", query_embedding: vector(1), filter_organization_id: company, match_count: 50 };
  const rows = (await ok(member.client.rpc("hybrid_search_documents", request))).filter((r) => r.document_id === id);
  assert.deepEqual(rows.filter((row) => row.keyword_score > 0).map(({ content }) => content), ["see ERR_4711 in the log"]);
}

export async function visibilityHoldsForTablesAndSearches() {
  const hidden = await newDocument(member, {});
  const shared = await newDocument(member, { visibility: "organization" });
  const ids = new Set((await search(viewer)).map((row) => row.document_id));
  assert.deepEqual([ids.has(hidden), ids.has(shared)], [false, true]);
  assert.deepEqual(await ok(owner.client.from("documents").select("id").eq("id", hidden)), []);
  assert.equal((await ok(owner.client.from("document_chunks").select("id").eq("document_id", shared))).length, 2);
  assert.deepEqual(await search(stranger), []);
  await ok(member.client.from("documents").update({ visibility: "private" }).eq("id", shared));
  assert.ok(!(await search(viewer)).some((row) => row.document_id === shared));
}

export async function aCollectionLendsItsVisibility() {
  const collection = { organization_id: company, name: "Guide", visibility: "organization" };
  const { id } = await ok(owner.client.from("document_collections").insert(collection).select().single());
  const document = { title: "Requirements", content: "…", collection_id: id };
  const made = await ok(owner.client.from("documents").insert(document).select().single());
  assert.deepEqual([made.organization_id, made.visibility], [company, "organization"]);
  assert.deepEqual(await search(viewer, { filter_collection_id: id }), []);
  await ok(owner.client.rpc("delete_collection", { p_id: id, p_with_documents: true }));
  assert.deepEqual(await ok(owner.client.from("documents").select().eq("id", made.id)), []);
}

export async function aViewerDoesNotWrite() {
  await refused("42501", viewer.client.from("documents").insert({ organization_id: company, title: "Mine" }));
  const shared = await newDocument(member, { visibility: "organization" });
  assert.deepEqual(await ok(viewer.client.from("documents").update({ title: "x" }).eq("id", shared).select()), []);
  const { status } = await refused("PT403", viewer.client.rpc("delete_document", { p_id: shared }));
  assert.equal(status, 403);
}
