"""LangChain's Supabase vector store, unchanged, as a signed-in person; for JavaScript see tests/api/javascript."""

from __future__ import annotations

import uuid

import pytest
from langchain_community.vectorstores import SupabaseVectorStore
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from groundwork import embedding
from tests.api.people import Person, new_person, refused
from tests.support import Stack

TEXTS = [
    "Penguins are birds that cannot fly but swim very well.",
    "The stock exchange closed higher after the central bank lowered interest rates.",
    "Knead the dough for ten minutes and let it rise in a warm place.",
]
SOURCES = [
    {"source": "birds.txt", "page": 1},
    {"source": "news.txt", "page": 2},
    {"source": "bread.txt", "page": 3},
]
QUESTION = "Which birds swim?"


class Model(Embeddings):
    """The model of the local stack, as LangChain calls one."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return embedding.of_passages(texts)

    def embed_query(self, text: str) -> list[float]:
        return embedding.of_query(text)


@pytest.fixture
def ada(stack: Stack) -> Person:
    return new_person(stack, "Ada")


def store_of(person: Person) -> SupabaseVectorStore:
    """Return the vector store of somebody."""
    return SupabaseVectorStore(person.client, Model(), table_name="document_chunks", query_name="match_documents")


def sources(documents: list[Document]) -> list[str]:
    return [document.metadata["source"] for document in documents]


def test_what_is_stored_is_found(ada: Person):
    store = store_of(ada)
    ids = store.add_texts(TEXTS, SOURCES)
    assert len(set(ids)) == 3
    documents = store.similarity_search(QUESTION, k=2)
    assert documents[0] == Document(page_content=TEXTS[0], metadata=SOURCES[0])
    assert len(documents) == 2
    assert {row["title"] for row in ada.rows("documents")} == {"birds.txt", "news.txt", "bread.txt"}
    assert {row["id"] for row in ada.rows("document_chunks")} == set(ids)


def test_filters_scores_and_diversity(ada: Person):
    store = store_of(ada)
    store.add_texts(TEXTS, SOURCES)
    assert sources(store.similarity_search(QUESTION, filter={"source": "news.txt"})) == ["news.txt"]
    assert sources(store.similarity_search(QUESTION, filter={"source": "nothing.txt"})) == []
    scored = store.similarity_search_with_relevance_scores(QUESTION, k=3)
    assert [score for _, score in scored] == sorted((score for _, score in scored), reverse=True)
    assert all(0.6 < score < 1 for _, score in scored)
    assert sources(store.max_marginal_relevance_search(QUESTION, k=2, fetch_k=3))[0] == "birds.txt"


def test_an_upsert_replaces(ada: Person):
    store, chunk = store_of(ada), str(uuid.uuid4())
    assert store.add_texts(["Something about the weather"], [{"source": "a"}], ids=[chunk]) == [chunk]
    assert store.add_texts([TEXTS[0]], [{"source": "b"}], ids=[chunk]) == [chunk]
    assert store.similarity_search(QUESTION) == [Document(page_content=TEXTS[0], metadata={"source": "b"})]
    assert len(ada.rows("documents")) == 1


def test_a_delete_leaves_nothing(ada: Person):
    store = store_of(ada)
    store.delete(store.add_texts(TEXTS, SOURCES))
    assert store.similarity_search(QUESTION) == []
    assert ada.rows("documents") == []


def test_as_a_retriever_and_from_texts(ada: Person):
    store = SupabaseVectorStore.from_texts(
        TEXTS, Model(), SOURCES, client=ada.client, table_name="document_chunks", query_name="match_documents"
    )
    assert sources(store.as_retriever(search_kwargs={"k": 1}).invoke(QUESTION)) == ["birds.txt"]


def test_nobody_else_finds_or_deletes_it(ada: Person, stack: Stack):
    ids = store_of(ada).add_texts(TEXTS, SOURCES)
    other = store_of(new_person(stack, "Bob"))
    assert other.similarity_search(QUESTION) == []
    other.delete(ids)
    assert len(store_of(ada).similarity_search(QUESTION, k=10)) == 3


def test_a_collection_of_the_organization_takes_it(ada: Person, stack: Stack):
    organization = ada.insert("organizations", name="Company", slug=f"company-{uuid.uuid4()}")
    collection = ada.insert(
        "document_collections", organization_id=organization["id"], name="Shared", visibility="organization"
    )
    store_of(ada).add_texts(TEXTS, [{**source, "collection_id": collection["id"]} for source in SOURCES])
    bob = new_person(stack, "Bob")
    ada.insert("organization_members", organization_id=organization["id"], user_id=bob.id, role="viewer")
    assert store_of(bob).similarity_search(QUESTION, k=1)[0].page_content == TEXTS[0]
    with refused("42501"):
        store_of(bob).add_texts(["Mine"], [{"collection_id": collection["id"]}])


def test_many_at_once(ada: Person):
    """More than the package stores in one request."""
    vectors = [[float(number % 7 - 3), 1.0, *[0.0] * 382] for number in range(620)]
    documents = [Document(page_content=f"Text {number}") for number in range(620)]
    store = store_of(ada)
    assert len(set(store.add_vectors(vectors, documents))) == 620
    found = store.similarity_search_by_vector([0.0, 1.0, *[0.0] * 382], k=80)
    assert {int(document.page_content.split()[1]) % 7 for document in found} == {3}
