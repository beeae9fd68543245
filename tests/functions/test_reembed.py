"""Collections whose embedding model is changed by the worker, whoever kills whatever when.

The stack's own worker is stopped meanwhile. Vectors come from a provider that counts them and stops when told.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from functions._shared.embeddings import Embedder, Provider, as_text, offline
from functions._shared.settings import Settings
from functions.ingest.queue import Queue
from functions.ingest.reembed import BATCH, reembed
from functions.ingest.work import process
from functions.ingest.worker import Worker
from tests.functions.embedding_server import MODEL, EmbeddingServer, embedding_server, vector_of
from tests.functions.people import Person, newcomer
from tests.functions.server import functions_server
from tests.functions.test_ingest import book, left_alone
from tests.functions.workers import PATIENCE, kill, no_other_worker, until, worker
from tests.support import Stack

OFFLINE = offline().model


@pytest.fixture(scope="module", autouse=True)
def _no_other_worker(stack: Stack) -> Iterator[None]:
    with no_other_worker(stack):
        yield


@pytest.fixture(scope="module")
def made() -> Iterator[EmbeddingServer]:
    with embedding_server() as server:
        yield server


@pytest.fixture
def provider(made: EmbeddingServer) -> EmbeddingServer:
    made.release()
    made.down = False
    made.texts.clear()
    made.keys.clear()
    return made


@pytest.fixture
def bought(provider: EmbeddingServer) -> Provider:
    return Provider(MODEL, provider.url, "one", None)


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def author(stack: Stack) -> Person:
    return newcomer(stack)


@pytest.fixture(scope="module")
def queue(stack: Stack) -> Queue:
    return Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key))


def new_collection(person: Person) -> str:
    row = {"name": f"C {uuid.uuid4().hex[:8]}"}
    return str(person.client.table("document_collections").insert(row).execute().data[0]["id"])


def ingested(
    queue: Queue, database: psycopg.Connection[Any], person: Person, embedder: Embedder, text: str, **more: Any
) -> str:
    """Return a document that is completed, with the vectors of an embedder."""
    document = left_alone(database, person, text, **more)
    job = queue.claim(document)
    assert job is not None
    assert process(queue, job, embedder) == "completed"
    return document


def many(
    database: psycopg.Connection[Any], person: Person, amount: int, collection: str, label: str = "many"
) -> None:
    """Store so many passages that somebody else has embedded, with the default model."""
    document = person.client.table("documents").insert({"title": label, "collection_id": collection}).execute()
    database.execute(
        "insert into document_chunks (document_id, chunk_index, content, embedding)"
        " select %s, n, %s || ' ' || n, %s from generate_series(1, %s) n",
        [document.data[0]["id"], label, as_text([1.0] * 384), amount],
    )


def start(person: Person, collection: str, model: str = MODEL) -> None:
    arguments = {"p_collection_id": collection, "p_embedding_model": model}
    person.client.rpc("start_reembedding", arguments).execute()


def progress(person: Person, collection: str) -> dict[str, Any]:
    found: Any = person.client.rpc("get_reembedding", {"p_collection_id": collection}).execute().data
    return dict(found)


def finished(person: Person, collection: str, model: str = MODEL) -> bool:
    state = progress(person, collection)
    return (state["embedding_model"], state["new_embedding_model"]) == (model, None)


def due(database: psycopg.Connection[Any], collection: str) -> None:
    """Let the time pass until a collection is due."""
    database.execute("update private.reembeddings set run_after = now() where collection_id = %s", [collection])


def passages(database: psycopg.Connection[Any], document: str) -> list[tuple[Any, ...]]:
    return database.execute(
        "select content, embedding::text, embedding_model, metadata, token_count from document_chunks"
        " where document_id = %s order by chunk_index",
        [document],
    ).fetchall()


def run_out(queue: Queue, embedder: Embedder) -> int:
    """Change what is due until nothing is; return how many vectors that took."""
    count = 0
    while (more := reembed(queue, embedder)) is not None:
        count += more
    return count


@pytest.mark.parametrize("new", [MODEL, OFFLINE])
def test_the_vectors_are_those_that_ingestion_makes(  # noqa: PLR0917
    queue: Queue,
    database: psycopg.Connection[Any],
    author: Person,
    bought: Provider,
    provider: EmbeddingServer,
    new: str,
) -> None:
    before, after = (offline(), bought) if new == MODEL else (bought, offline())
    collection, other = new_collection(author), new_collection(author)
    text = "Without a heading, at first.\n\n" + book(10) + f"\n\n## Below\n\n{uuid.uuid4()}"
    changed = ingested(queue, database, author, before, text, p_collection_id=collection)
    fresh = ingested(queue, database, author, after, text, p_collection_id=other)
    assert passages(database, changed) != passages(database, fresh)
    author.client.table("documents").update({"title": "Waders"}).eq("id", changed).execute()
    author.client.table("documents").update({"title": "Birds"}).eq("id", changed).execute()
    start(author, collection, new)
    assert run_out(queue, after) == len(passages(database, fresh))
    assert finished(author, collection, new)
    assert passages(database, changed) == passages(database, fresh)
    provider.texts.clear()
    ingested(queue, database, author, after, text, p_document_id=changed)
    assert provider.texts == [], "ingestion takes them for its own"
    assert passages(database, changed) == passages(database, fresh)


def test_a_title_that_changed_since_is_in_the_vectors(
    queue: Queue, database: psycopg.Connection[Any], author: Person, bought: Provider
) -> None:
    collection, other = new_collection(author), new_collection(author)
    text = f"{book(2)} {uuid.uuid4()}"
    changed = ingested(queue, database, author, offline(), text, p_collection_id=collection)
    author.client.table("documents").update({"title": "Waders"}).eq("id", changed).execute()
    fresh = ingested(queue, database, author, bought, text, p_collection_id=other, p_title="Waders")
    start(author, collection)
    run_out(queue, bought)
    assert passages(database, changed) == passages(database, fresh)


def test_of_what_others_have_stored_the_content_is_embedded(
    queue: Queue, database: psycopg.Connection[Any], author: Person, bought: Provider
) -> None:
    collection = new_collection(author)
    many(database, author, 3, collection)
    start(author, collection)
    assert run_out(queue, bought) == 3
    rows = database.execute(
        "select c.content, c.embedding::text from document_chunks c join documents d on d.id = c.document_id"
        " where d.collection_id = %s",
        [collection],
    ).fetchall()
    stored = {content: [float(one) for one in vector.strip("[]").split(",")] for content, vector in rows}
    assert stored == {f"many {n}": pytest.approx(vector_of(f"many {n}"), abs=1e-5) for n in (1, 2, 3)}


def test_killed_in_the_middle_the_next_one_goes_on(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    collection = new_collection(author)
    many(database, author, 3 * BATCH + 1, collection)
    provider.hold(1)
    start(author, collection)
    with worker(stack, provider) as first:
        assert provider.reached.wait(PATIENCE)
        kill(first)
    state = progress(author, collection)
    assert (state["chunks_completed"], state["embedding_model"]) == (BATCH, OFFLINE)
    due(database, collection)
    provider.release()
    with worker(stack, provider):
        until(lambda: finished(author, collection), "it is not finished")
    assert len(set(provider.texts)) == 3 * BATCH + 1
    # The batch that was held was answered to nobody.
    assert len(provider.texts) == 4 * BATCH + 1
    assert progress(author, collection)["chunks_of_other_models"] == 0


def test_two_workers_share_what_is_due_and_pay_for_nothing_twice(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    collections = [new_collection(author) for _ in range(4)]
    for number, collection in enumerate(collections):
        many(database, author, 2 * BATCH, collection, f"collection {number}")
    with worker(stack, provider, "one"), worker(stack, provider, "two"):
        for collection in collections:
            start(author, collection)
        for collection in collections:
            until(lambda one=collection: finished(author, one), "it is not finished")  # type: ignore[misc]
    assert provider.keys == {"one", "two"}
    assert len(provider.texts) == len(set(provider.texts)) == 4 * 2 * BATCH


def test_a_provider_that_is_down_is_waited_for_and_everybody_sees_it(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    collection = new_collection(author)
    many(database, author, 2, collection)
    start(author, collection)
    provider.down = True
    with worker(stack, provider):
        for attempt in (1, 2):
            until(
                lambda times=attempt: progress(author, collection)["failed_attempts"] == times,  # type: ignore[misc]
                f"no attempt {attempt}",
            )
            state = progress(author, collection)
            assert state["error_code"] == "embeddings_unavailable"
            assert state["error_message"].startswith("The provider of embeddings does not answer.")
            assert database.execute("select %s::timestamptz > now()", [state["next_attempt_at"]]).fetchone() == (
                True,
            )
            if attempt == 1:
                due(database, collection)
        provider.down = False
        due(database, collection)
        until(lambda: finished(author, collection), "it is not finished")
    assert progress(author, collection)["error_code"] is None


def test_documents_come_first_and_a_collection_waits_for_no_more_than_their_share(
    queue: Queue, author: Person, bought: Provider, database: psycopg.Connection[Any]
) -> None:
    collection = new_collection(author)
    many(database, author, 3 * BATCH, collection)
    start(author, collection)
    mine = Worker(queue, bought)

    def queued() -> None:
        document = left_alone(database, author, f"text {uuid.uuid4()}")
        database.execute("update private.ingestions set run_after = now() where document_id = %s", [document])

    for _ in range(2):
        queued()
    done = []
    for _ in range(3):
        assert mine.step()
        done.append((mine.documents, mine.vectors))
    assert done == [(1, 0), (2, 0), (2, BATCH)]
    queued()
    mine.document_seconds = 1000.0
    assert mine.step() and (mine.documents, mine.vectors) == (2, 2 * BATCH), "documents have had their share"
    assert mine.step() and (mine.documents, mine.vectors) == (3, 2 * BATCH)
    assert mine.step() and (mine.documents, mine.vectors) == (3, 3 * BATCH)
    assert mine.step() and finished(author, collection)
    assert not mine.step()


@pytest.mark.parametrize("function", ["delete_collection", "cancel_reembedding"])
def test_given_up_while_a_batch_is_made_it_is_over(  # noqa: PLR0917
    queue: Queue,
    author: Person,
    bought: Provider,
    provider: EmbeddingServer,
    database: psycopg.Connection[Any],
    function: str,
) -> None:
    collection = new_collection(author)
    many(database, author, 2, collection)
    start(author, collection)
    provider.hold(0)
    with ThreadPoolExecutor(1) as pool:
        batch = pool.submit(reembed, queue, bought)
        assert provider.reached.wait(PATIENCE)
        name = "p_id" if function == "delete_collection" else "p_collection_id"
        author.client.rpc(function, {name: collection}).execute()
        provider.release()
        assert batch.result() == 0
    assert reembed(queue, bought) is None
    assert database.execute(
        "select count(*) from private.reembedding_vectors where collection_id = %s", [collection]
    ).fetchone() == (0,)


def test_a_document_that_comes_meanwhile_is_changed_with_the_rest(
    queue: Queue, author: Person, bought: Provider, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    collection = new_collection(author)
    many(database, author, 2, collection)
    start(author, collection)
    assert reembed(queue, bought) == 2
    old = ingested(queue, database, author, offline(), f"old {uuid.uuid4()}", p_collection_id=collection)
    new = ingested(queue, database, author, bought, f"new {uuid.uuid4()}", p_collection_id=collection)
    assert run_out(queue, bought) == 1, "that of the new model has its vector"
    assert finished(author, collection)
    assert {row[2] for document in (old, new) for row in passages(database, document)} == {MODEL}
    assert len(provider.texts) == 4
    refused = left_alone(database, author, f"late {uuid.uuid4()}", p_collection_id=collection)
    job = queue.claim(refused)
    assert job is not None
    assert process(queue, job, offline()) == "pending"
    status = author.client.table("document_processing_status").select("stage,error_message")
    (row,) = status.eq("document_id", refused).execute().data
    assert row["stage"] == "other_model"
    assert "start_reembedding" in row["error_message"]


def test_cron_does_it_where_no_worker_runs(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    collection = new_collection(author)
    many(database, author, BATCH + 1, collection)
    start(author, collection)
    headers = {"Authorization": f"Bearer {stack.service_role_key}"}
    with functions_server(stack, provider.settings()) as url:
        answer = httpx.post(f"{url}/ingest/drain", headers=headers, timeout=60)
    assert (answer.status_code, answer.json()["reembedded"]) == (200, BATCH + 1), answer.text
    assert finished(author, collection)
