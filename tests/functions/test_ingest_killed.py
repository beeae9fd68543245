"""Workers of the ingestion queue, as processes: killed with SIGKILL, two at once, with a provider that is down.

The stack's own worker is stopped meanwhile. Vectors come from a provider that counts them and stops when told, so
that each process is killed at a known point.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any, Self

import httpx
import psycopg
import pytest

from functions.ingest.chunk import chunks
from functions.ingest.work import BATCH
from tests.functions.embedding_server import SEARCH, EmbeddingServer, embedding_server
from tests.functions.people import Person, newcomer
from tests.functions.server import functions_server
from tests.functions.workers import PATIENCE, kill, no_other_worker, until, worker
from tests.support import Stack

PARTS = 40
SEARCHED = 100
TITLE = "Waders"


def text_of(parts: int, word: str) -> str:
    """Return a text whose passages, one a part, all say `heron`; every other one has the word in it."""
    return "\n\n".join(
        f"# Part {number}\n\n"
        + f"The heron of part {number} is {'grey' if number % 2 else word} and stands in the water. " * 14
        for number in range(parts)
    )


@pytest.fixture(scope="module", autouse=True)
def _no_other_worker(stack: Stack) -> Iterator[None]:
    """Stop the stack's own worker while these tests run."""
    with no_other_worker(stack):
        yield


@pytest.fixture(scope="module")
def made() -> Iterator[EmbeddingServer]:
    with embedding_server() as server:
        yield server


@pytest.fixture(scope="module")
def functions(stack: Stack, made: EmbeddingServer) -> Iterator[str]:
    """Serve functions whose search asks the same model as the workers."""
    with functions_server(stack, made.settings(SEARCH)) as url:
        yield url


@pytest.fixture
def provider(made: EmbeddingServer) -> EmbeddingServer:
    made.release()
    made.texts.clear()
    made.keys.clear()
    return made


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def author(stack: Stack) -> Person:
    return newcomer(stack)


def send(stack: Stack, person: Person, **body: Any) -> str:
    answer = httpx.post(
        f"{stack.functions_url}/ingest",
        headers={"Authorization": f"Bearer {person.token}"},
        json={"title": TITLE, **body},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    return str(answer.json()["document_id"])


def status(person: Person, document: str) -> dict[str, Any]:
    rows: Any = person.client.table("document_processing_status").select("*").eq("document_id", document).execute()
    return dict(rows.data[0])


def completed(person: Person, document: str) -> None:
    until(lambda: status(person, document)["status"] == "completed", f"{document} is not completed")


def passages(person: Person, document: str) -> list[dict[str, Any]]:
    query = person.client.table("document_chunks").select("id,chunk_index,content").eq("document_id", document)
    return query.order("chunk_index").execute().data  # type: ignore[return-value]


class Searcher:
    """Somebody who searches again and again, and keeps every different answer."""

    def __init__(self, functions: str, person: Person) -> None:
        self.url = f"{functions}/search"
        self.headers = {"Authorization": f"Bearer {person.token}"}
        self.seen: set[frozenset[str]] = set()
        self.searches = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join()

    def run(self) -> None:
        body = {"query": "heron", "mode": "keyword", "limit": SEARCHED}
        with httpx.Client(headers=self.headers, timeout=60) as client:
            while not self.stop.is_set():
                answer = client.post(self.url, json=body)
                if answer.status_code == 200:
                    self.seen.add(frozenset(found["content"] for found in answer.json()["results"]))
                    self.searches += 1
                else:
                    self.seen.add(frozenset([answer.text]))


def contents(text: str) -> list[str]:
    return [chunk.content for chunk in chunks(text, TITLE)]


def expire(database: psycopg.Connection[Any], document: str) -> None:
    """Let the time of a lease pass."""
    database.execute(
        "update private.ingestions set leased_until = now() - interval '1 second'"
        " where document_id = %s and state = 'processing'",
        [document],
    )


def waiting_for_a_lock(database: psycopg.Connection[Any]) -> bool:
    row = database.execute(
        "select exists (select from pg_stat_activity where datname = current_database()"
        " and wait_event_type = 'Lock' and query like '%finish_ingestion%')"
    ).fetchone()
    return row == (True,)


@pytest.mark.parametrize("point", ["before the first vectors", "in the middle", "before the last"])
def test_killed_while_it_embeds_the_next_one_finishes_and_nobody_finds_half(  # noqa: PLR0917
    stack: Stack,
    functions: str,
    author: Person,
    provider: EmbeddingServer,
    database: psycopg.Connection[Any],
    point: str,
) -> None:
    document, before, after = begun(stack, author, provider)
    changed = len(set(after) - set(before))
    batch = {"before the first vectors": 0, "in the middle": 1, "before the last": (changed - 1) // BATCH}[point]
    with Searcher(functions, author) as searcher:
        provider.hold(batch)
        with worker(stack, provider) as first:
            send(stack, author, document_id=document, content=text_of(PARTS, "purple"))
            assert provider.reached.wait(PATIENCE)
            kill(first)
        assert len(provider.texts) == batch * BATCH
        row = status(author, document)
        assert (row["status"], row["attempts"], row["chunks_total"]) == ("processing", 1, len(after))
        assert row["chunks_completed"] == len(after) - changed + batch * BATCH
        expire(database, document)
        provider.release()
        with worker(stack, provider):
            completed(author, document)
        until(lambda: frozenset(after) in searcher.seen, "the new text is not found")
    assert searcher.seen == {frozenset(before), frozenset(after)}, "as it was or as it is, never half of it"
    whole(author, database, document, after, attempts=2)
    # What was given out before is not made again; the batch that was held was answered to nobody.
    assert len(set(provider.texts)) == changed
    assert len(provider.texts) == changed + min(BATCH, changed - batch * BATCH)


def test_killed_in_the_swap_the_document_is_whole(
    stack: Stack, functions: str, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    document, before, after = begun(stack, author, provider)
    with Searcher(functions, author) as searcher:
        with psycopg.connect(stack.db_url) as holder, worker(stack, provider) as first:
            send(stack, author, document_id=document, content=text_of(PARTS, "purple"))
            # finish_ingestion waits for the document, with the whole swap before it.
            until(lambda: status(author, document)["stage"] == "embedding", "it is not embedded")
            holder.execute("select from public.documents where id = %s for update", [document])
            until(lambda: waiting_for_a_lock(database), "the swap has not begun")
            kill(first)
            holder.rollback()
        with worker(stack, provider):
            completed(author, document)
        until(lambda: frozenset(after) in searcher.seen, "the new text is not found")
    assert searcher.seen == {frozenset(before), frozenset(after)}
    # What the database was asked to do, it does, whoever has died since.
    whole(author, database, document, after, attempts=1)
    assert len(provider.texts) == len(set(after) - set(before))


def begun(stack: Stack, person: Person, provider: EmbeddingServer) -> tuple[str, list[str], list[str]]:
    """Return a document that is completed, its passages, and those that it is to have next."""
    before, after = contents(text_of(PARTS, "white")), contents(text_of(PARTS, "purple"))
    assert BATCH < len(set(after) - set(before)) < len(after) < SEARCHED
    document = send(stack, person, content=text_of(PARTS, "white"))
    with worker(stack, provider):
        completed(person, document)
    assert [row["content"] for row in passages(person, document)] == before
    assert len(provider.texts) == len(before)
    provider.texts.clear()
    return document, before, after


def whole(
    person: Person, database: psycopg.Connection[Any], document: str, expected: list[str], attempts: int
) -> None:
    """Check that a document has just these passages, and that its status says so."""
    rows = passages(person, document)
    assert [row["content"] for row in rows] == expected
    assert [row["chunk_index"] for row in rows] == list(range(len(expected)))
    row = status(person, document)
    assert (row["chunks_total"], row["chunks_completed"]) == (len(expected), len(expected))
    assert (row["attempts"], row["stage"], row["error_message"]) == (attempts, None, None)
    assert row["started_at"] < row["completed_at"]
    left = database.execute(
        "select count(*) from private.ingestion_vectors where document_id = %s", [document]
    ).fetchone()
    assert left == (0,)


def test_two_workers_share_the_queue_and_do_nothing_twice(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    documents = [send(stack, author, content=f"# Bird {number}\n\nIt is {number}.") for number in range(30)]
    with worker(stack, provider, "one"), worker(stack, provider, "two"):
        for document in documents:
            completed(author, document)
    assert provider.keys == {"one", "two"}
    assert len(provider.texts) == len(set(provider.texts)) == len(documents)
    rows = database.execute(
        "select distinct s.attempts, s.chunks_total, i.state::text from private.ingestions i"
        " join document_processing_status s using (document_id) where document_id = any (%s)",
        [documents],
    ).fetchall()
    assert rows == [(1, 1, "completed")]


def test_a_provider_that_is_down_is_waited_for_and_then_the_document_is_dead_until_it_is_sent_again(
    stack: Stack, author: Person, provider: EmbeddingServer, database: psycopg.Connection[Any]
) -> None:
    text = text_of(2, "black")
    document = send(stack, author, content=text)
    provider.down = True

    def tried(times: int) -> bool:
        row = status(author, document)
        return row["attempts"] == times and row["status"] != "processing"

    with worker(stack, provider):
        for attempt in range(1, 6):
            until(lambda times=attempt: tried(times), f"no attempt {attempt}")  # type: ignore[misc]
            row = status(author, document)
            assert row["stage"] == "embeddings_unavailable"
            assert row["error_message"] == "The provider of embeddings does not answer."
            assert row["status"] == ("failed" if attempt == 5 else "pending")
            due = database.execute(
                "select run_after > now() + make_interval(secs => %s) from private.ingestions"
                " where document_id = %s",
                [4 * 2**attempt, document],
            ).fetchone()
            assert due == (True,), "it is not tried again at once"
            database.execute("update private.ingestions set run_after = now() where document_id = %s", [document])
        assert passages(author, document) == []
        provider.down = False
        other = send(stack, author, title="Another", content="Nothing is wrong with this one.")
        completed(author, other)
        assert status(author, document)["status"] == "failed", "nobody tries it any more"
        assert send(stack, author, content=text) == document
        completed(author, document)
    assert [row["content"] for row in passages(author, document)] == contents(text)
    assert status(author, document)["attempts"] == 1
