// The Supabase vector stores of LangChain and LlamaIndex.TS, unchanged, as signed-in people.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";

import { SupabaseVectorStore as LangChainStore } from "@langchain/community/vectorstores/supabase";
import { Document } from "@langchain/core/documents";
import { Embeddings } from "@langchain/core/embeddings";
import { TextNode } from "@llamaindex/core/schema";
import { VectorStoreQueryMode } from "@llamaindex/core/vector-store";
import { SupabaseVectorStore as LlamaIndexStore } from "@llamaindex/supabase";

import { ok, signUp } from "./people.mjs";

const WORDS = ["bird", "bank", "bread"];

// A direction for each word, and a little of everything: near is what has the same words.
const vectorOf = (text) => Array.from({ length: 384 }, (_, n) => (text.includes(WORDS[n]) ? 1 : 0.01));

class Model extends Embeddings {
  constructor() {
    super({});
  }
  embedDocuments(texts) {
    return Promise.resolve(texts.map(vectorOf));
  }
  embedQuery(text) {
    return Promise.resolve(vectorOf(text));
  }
}

const langChain = ({ client }) =>
  new LangChainStore(new Model(), { client, tableName: "document_chunks", queryName: "match_documents" });

const DOCUMENTS = WORDS.map(
  (word, page) => new Document({ pageContent: `About a ${word}`, metadata: { source: word, page } }),
);
const sources = (documents) => documents.map(({ metadata }) => metadata.source);

export async function langChainStoresAndFinds() {
  const ada = await signUp("Ada");
  const store = langChain(ada);
  const ids = await store.addDocuments(DOCUMENTS);
  assert.equal(new Set(ids).size, 3);
  const [first, ...rest] = await store.similaritySearch("a bird", 2);
  assert.equal(first.pageContent, "About a bird");
  assert.deepEqual(first.metadata, { source: "bird", page: 0 });
  assert.equal(rest.length, 1);
  const scored = await store.similaritySearchWithScore("a bank", 3);
  assert.equal(scored[0][0].metadata.source, "bank");
  assert.ok(scored[0][1] > 0.99 && scored[1][1] < 0.5);
  assert.deepEqual(await langChain(await signUp("Bob")).similaritySearch("a bird"), []);
}

export async function langChainFilters() {
  const store = langChain(await signUp("Ada"));
  await store.addDocuments(DOCUMENTS);
  assert.deepEqual(sources(await store.similaritySearch("a bird", 5, { source: "bread" })), ["bread"]);
  const byRequest = (rpc) => rpc.filter("metadata->>source", "neq", "bird");
  assert.deepEqual(sources(await store.similaritySearch("a bird", 5, byRequest)).sort(), ["bank", "bread"]);
  const diverse = store.asRetriever({ searchType: "mmr", k: 2, searchKwargs: { fetchK: 3 } });
  assert.equal((await diverse.invoke("a bird"))[0].metadata.source, "bird");
}

export async function langChainReplacesAndDeletes() {
  const ada = await signUp("Ada");
  const store = langChain(ada);
  const id = randomUUID();
  assert.deepEqual(await store.addDocuments([DOCUMENTS[0]], { ids: [id] }), [id]);
  assert.deepEqual(await store.addDocuments([DOCUMENTS[1]], { ids: [id] }), [id]);
  assert.deepEqual(sources(await store.similaritySearch("a bird", 5)), ["bank"]);
  await store.delete({ ids: [id] });
  assert.deepEqual(await store.similaritySearch("a bird", 5), []);
  assert.deepEqual(await ok(ada.client.from("documents").select("id")), []);
}

// The package asks for a model, and uses it when it is given texts to embed.
const llamaIndex = ({ client }) =>
  new LlamaIndexStore({ client, table: "document_chunks", embeddingModel: { embedBatchSize: 10 } });

const nodes = () =>
  WORDS.map((word, page) => {
    const node = new TextNode({ id_: randomUUID(), text: `About a ${word}`, metadata: { source: word, page } });
    node.embedding = vectorOf(word);
    return node;
  });

const ask = (word, values = {}) => ({
  queryEmbedding: vectorOf(word),
  similarityTopK: 2,
  mode: VectorStoreQueryMode.DEFAULT,
  ...values,
});

export async function llamaIndexStoresAndFinds() {
  const ada = await signUp("Ada");
  const store = llamaIndex(ada);
  const added = nodes();
  assert.deepEqual(await store.add(added), added.map((node) => node.id_));
  const { nodes: found, similarities, ids } = await store.query(ask("bird"));
  assert.equal(ids[0], added[0].id_);
  assert.equal(found[0].getContent(), "About a bird");
  assert.equal(found[0].metadata.source, "bird");
  assert.ok(similarities[0] > 0.99 && similarities[1] < 0.5 && similarities.length === 2);
  const filters = { filters: [{ key: "source", value: "bread", operator: "==" }] };
  assert.deepEqual((await store.query(ask("bird", { filters }))).ids, [added[2].id_]);
}

export async function llamaIndexDeletesByTheDocumentItKnows() {
  const ada = await signUp("Ada");
  const store = llamaIndex(ada);
  const [first, second] = nodes();
  const source = new TextNode({ id_: randomUUID(), text: "The whole" });
  first.relationships = { SOURCE: source.asRelatedNodeInfo() };
  await store.add([first, second]);
  const [{ metadata }] = await ok(ada.client.from("document_chunks").select("metadata").eq("id", first.id_));
  await store.delete(metadata.ref_doc_id);
  assert.deepEqual((await store.query(ask("bird"))).ids, [second.id_]);
}
