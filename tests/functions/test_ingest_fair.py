"""Long documents and those who wait: a worker gives one back after a slice, and goes on with it later.

The stack's own worker is stopped meanwhile. Slices last no time here, so each is of one batch.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from functions._shared.embeddings import Vector
from functions._shared.settings import Settings
from functions.ingest import extract, outcome, work, worker
from functions.ingest.chunk import chunks
from functions.ingest.extract import extract as extracted
from functions.ingest.queue import Queue
from functions.ingest.work import BATCH, DroppedError, Turn
from functions.ingest.worker import Worker, drain
from tests.functions.embedding_server import EmbeddingServer, embedding_server, vector_of
from tests.functions.files import BAD, SENTENCE, pdf
from tests.functions.people import Person, newcomer, use_stack
from tests.functions.site import Site, web_site
from tests.functions.workers import no_other_worker, until
from tests.functions.workers import worker as worker_process
from tests.support import Stack

LONG = 40


@pytest.fixture(scope="module", autouse=True)
def _no_other_worker(stack: Stack) -> Iterator[None]:
    with no_other_worker(stack):
        yield


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "FIRST_SECONDS", 0.0)
    monkeypatch.setattr(work, "SLICE_SECONDS", 0.0)
    monkeypatch.setattr(work, "PREPARATIONS", 0.0)


@pytest.fixture
def queue(stack: Stack) -> Queue:
    return Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key))


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        # What another test left waiting is nobody's here.
        connection.execute("update private.ingestions set run_after = 'infinity' where state = 'pending'")
        yield connection


class Counted:
    """A model that keeps the texts that it was given."""

    model = "counted"
    dimensions = 384

    def __init__(self) -> None:
        self.texts: list[str] = []

    def embed_queries(self, texts: list[str]) -> list[Vector]:
        return [vector_of(text) for text in texts]

    def embed_passages(self, texts: list[str]) -> list[Vector]:
        self.texts += texts
        return self.embed_queries(texts)


class Shelf:
    """The documents of a test, and those who sent them."""

    def __init__(self, stack: Stack, database: psycopg.Connection[Any], queue: Queue) -> None:
        self.stack = stack
        self.database = database
        self.model = Counted()
        self.worker = Worker(queue, self.model)
        self.owners: dict[str, Person] = {}

    def send(self, person: Person, **source: Any) -> str:
        arguments = {"p_title": "A title", **source}
        answer: Any = person.client.rpc("ingest_document", arguments).execute().data
        self.owners[answer["document_id"]] = person
        return str(answer["document_id"])

    def text(self, person: Person, parts: int = 1) -> str:
        return self.send(person, p_content=text_of(parts))

    def status(self, document: str) -> dict[str, Any]:
        table = self.owners[document].client.table("document_processing_status")
        return dict(table.select("*").eq("document_id", document).execute().data[0])  # type: ignore[arg-type]

    def done(self, document: str) -> bool:
        return bool(self.status(document)["status"] == "completed")

    def passages(self, document: str) -> list[str]:
        table = self.owners[document].client.table("document_chunks")
        rows: Any = table.select("content").eq("document_id", document).order("chunk_index").execute().data
        return [row["content"] for row in rows]

    def kept(self, document: str) -> int:
        query = "select count(*) from private.ingestion_texts where document_id = %s"
        row = self.database.execute(query, [document]).fetchone()
        return int(row[0])  # type: ignore[index]

    def finish(self) -> None:
        """Work until nothing is due."""
        for _ in range(100):
            if not self.worker.step() and not any(one.is_alive() for one in self.worker.aside):
                return
        pytest.fail("it does not end")


@pytest.fixture
def shelf(stack: Stack, database: psycopg.Connection[Any], queue: Queue) -> Shelf:
    return Shelf(stack, database, queue)


def text_of(parts: int) -> str:
    """Return a text of so many passages, all different."""
    word = uuid.uuid4().hex[:6]
    return "\n\n".join(
        f"# Part {number}\n\n"
        + " ".join(f"Heron {number} of {word} has stood here {day} days." for day in range(13))
        for number in range(parts)
    )


def test_a_long_document_gives_way_to_a_small_one_and_is_gone_on_with(stack: Stack, shelf: Shelf) -> None:
    hog, guest = newcomer(stack), newcomer(stack)
    long = shelf.text(hog, LONG)
    small = shelf.text(guest)
    assert shelf.worker.step()
    before = shelf.status(long)
    assert (before["status"], before["stage"], before["chunks_completed"]) == ("processing", "embedding", BATCH)
    assert shelf.worker.step()
    assert shelf.done(small)
    assert shelf.status(long) == before, "to its readers it is under way all along"
    second = shelf.text(guest)
    assert shelf.worker.step()
    assert shelf.done(second), "who comes later comes before it, too"
    shelf.finish()
    row = shelf.status(long)
    assert (row["status"], row["stage"], row["attempts"]) == ("completed", None, 1)
    assert row["started_at"] == before["started_at"]
    assert row["chunks_completed"] == row["chunks_total"] == len(shelf.passages(long)) >= LONG
    assert len(shelf.model.texts) == len(set(shelf.model.texts)) == row["chunks_total"] + 2, (
        "nothing is done twice"
    )
    assert shelf.worker.documents == 3


def test_where_nobody_waits_it_is_done_in_one_go(stack: Stack, shelf: Shelf) -> None:
    long = shelf.text(newcomer(stack), LONG)
    assert shelf.worker.step()
    assert shelf.done(long)


@pytest.mark.parametrize("whose", ["one organization", "two"])
def test_long_documents_take_turns_and_their_progress_only_grows(stack: Stack, shelf: Shelf, whose: str) -> None:
    first = newcomer(stack)
    second = first if whose == "one organization" else newcomer(stack)
    documents = [shelf.text(first, LONG), shelf.text(second, LONG)]
    seen: list[list[int]] = [[0, 0]]
    while shelf.worker.step():
        rows = [shelf.status(document) for document in documents]
        seen.append([row["chunks_completed"] for row in rows])
        assert {row["attempts"] for row in rows} <= {0, 1}
    assert all(shelf.done(document) for document in documents)
    steps = [[after - before for before, after in zip(*rows, strict=True)] for rows in pairwise(seen)]
    turns = [[step > 0 for step in pair] for pair in steps]
    assert turns[:6] == [[True, False], [False, True]] * 3
    assert all(step >= 0 for pair in steps for step in pair)


def test_what_is_long_has_its_share_while_others_come_and_come(stack: Stack, shelf: Shelf) -> None:
    hog, guest = newcomer(stack), newcomer(stack)
    long = shelf.text(hog, 4 * LONG)
    shelf.text(guest)
    assert shelf.worker.step()
    begun = shelf.status(long)["chunks_completed"]
    shelf.worker.slice_seconds = 0.0
    for _ in range(10):
        shelf.text(guest)
        shelf.text(guest)
        assert shelf.worker.step()
    assert not shelf.done(long)
    assert shelf.status(long)["chunks_completed"] > begun


def test_a_page_that_says_something_else_each_time_is_stored_as_it_was_read(
    stack: Stack, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGEST_PRIVATE_NETWORKS", "127.0.0.0/8")
    said = text_of(LONG)

    def says(text: str) -> None:
        answer = (200, text.encode(), {"Content-Type": "text/plain"})
        monkeypatch.setitem(Site.PAGES, "/changing", answer)

    with web_site() as site:
        says(said)
        document = shelf.send(newcomer(stack), p_source_url=f"{site}/changing")
        small = shelf.text(newcomer(stack))
        assert shelf.worker.step()
        assert shelf.kept(document) == 1
        says(text_of(LONG))
        shelf.finish()
        assert shelf.done(small)
        assert shelf.passages(document) == [chunk.content for chunk in chunks(said.strip(), "A title")]
        assert shelf.kept(document) == 0
        says("Nothing of all that is so any more.")
        assert shelf.send(shelf.owners[document], p_source_url=f"{site}/changing") == document
        shelf.finish()
        assert shelf.passages(document) == ["Nothing of all that is so any more."]


def test_what_takes_long_to_read_is_read_beside_others(
    stack: Stack, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INGEST_PRIVATE_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(worker, "ASIDE_SECONDS", 0.1)
    Site.held.clear()
    Site.released.clear()
    with web_site() as site:
        try:
            slow = shelf.send(newcomer(stack), p_source_url=f"{site}/held")
            assert shelf.worker.step()
            assert Site.held.wait(30)
            small = shelf.text(newcomer(stack))
            assert shelf.worker.step()
            assert shelf.done(small)
            row = shelf.status(slow)
            assert (row["status"], row["stage"]) == ("processing", "reading")
        finally:
            Site.released.set()
        for one in shelf.worker.aside:
            one.join()
        assert (shelf.status(slow)["status"], shelf.kept(slow)) == ("processing", 1)
        shelf.finish()
    assert shelf.done(slow)
    assert shelf.status(slow)["attempts"] == 1
    assert SENTENCE in " ".join(" ".join(shelf.passages(slow)).split())


def test_without_room_beside_others_what_is_slow_to_read_is_given_back(
    stack: Stack, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker, "ASIDE", 0)
    monkeypatch.setattr(worker, "ASIDE_SECONDS", 0.0)
    monkeypatch.setattr(worker, "ASIDE_LOOK_SECONDS", 0.01)
    person = newcomer(stack)
    organization = person.client.table("organizations").select("id").execute().data[0]["id"]  # type: ignore[index, call-overload]
    path, data = f"{organization}/a.pdf", pdf(*[SENTENCE] * 50)
    person.client.storage.from_("documents").upload(path, data, {"content-type": "application/pdf"})
    document = shelf.send(person, p_storage_path=path, p_file_hash="0" * 64, p_mime_type="application/pdf")
    assert shelf.worker.step()
    row = shelf.status(document)
    assert (row["status"], row["stage"], row["attempts"]) == ("processing", "reading", 1)
    small = shelf.text(newcomer(stack))
    assert shelf.worker.step()
    assert shelf.done(small)
    monkeypatch.undo()
    shelf.finish()
    assert shelf.done(document)
    assert shelf.status(document)["attempts"] == 1


def test_reading_ends_when_whoever_waits_for_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extract, "LOOK_SECONDS", 0.01)
    turn = Turn(is_dropped=True)
    with pytest.raises(DroppedError):
        extracted(BAD["pdf bomb"][0].data, "application/pdf", check=turn.check)


def test_a_request_that_waits_gives_a_long_document_back_when_its_time_is_up(
    stack: Stack, shelf: Shelf, queue: Queue, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stack(monkeypatch, stack)
    monkeypatch.setattr(outcome, "embedder", lambda: shelf.model)
    monkeypatch.setattr(outcome.await_outcome, "__defaults__", (0.0,))
    person = newcomer(stack)
    answer = person.call("POST", "/ingest?wait=true", json={"title": "A title", "content": text_of(LONG)})
    assert (answer.status_code, answer.json["status"]) == (202, "processing"), answer.text
    document = answer.json["document_id"]
    shelf.owners[document] = person
    assert shelf.status(document)["chunks_completed"] == BATCH
    assert drain(queue, shelf.model, 0.0) == (0, 0)
    late = Worker(queue, shelf.model, deadline=0.0)
    assert late.step()
    assert (late.documents, shelf.status(document)["chunks_completed"]) == (0, 2 * BATCH), "so does cron's call"
    assert drain(queue, shelf.model, 60.0) == (1, 0)
    assert shelf.done(document)
    assert len(shelf.model.texts) == len(set(shelf.model.texts)) == len(shelf.passages(document))


def test_new_content_takes_a_document_that_is_long_to_its_beginning(stack: Stack, shelf: Shelf) -> None:
    hog, guest = newcomer(stack), newcomer(stack)
    long = shelf.text(hog, LONG)
    shelf.text(guest)
    assert shelf.worker.step()
    assert shelf.send(hog, p_document_id=long, p_content="A short one.") == long
    row = shelf.status(long)
    assert (row["status"], row["stage"], row["chunks_completed"]) == ("pending", None, 0)
    shelf.finish()
    assert shelf.passages(long) == ["A short one."]


@pytest.fixture
def provider() -> Iterator[EmbeddingServer]:
    with embedding_server() as server:
        yield server


def test_many_long_documents_of_many_keep_no_small_one_waiting(
    stack: Stack, shelf: Shelf, provider: EmbeddingServer
) -> None:
    """With a worker as it runs, and slices as long as they are."""
    provider.pause = 0.1
    long = [shelf.text(newcomer(stack), 1000) for _ in range(3)]
    with worker_process(stack, provider):
        until(lambda: any(shelf.status(one)["stage"] == "embedding" for one in long), "none is begun")
        small = shelf.text(newcomer(stack))
        until(lambda: shelf.done(small), "it waits")
        assert not any(shelf.done(one) for one in long)
        rows = [shelf.status(one) for one in long]
        assert {row["status"] for row in rows} <= {"processing", "pending"}
