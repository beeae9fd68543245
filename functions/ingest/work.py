"""Processes one document: reads it, cuts it into passages, embeds what is new, and swaps all of it in at once."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
from postgrest.exceptions import APIError
from storage3.utils import StorageException

from functions._shared.embeddings import Embedder
from functions._shared.errors import FunctionError, translated
from functions._shared.logs import log
from functions._shared.metering import Payer
from functions._shared.paid import paid_by
from functions.ingest.chunk import Chunk, chunks
from functions.ingest.extract import Extracted, extract, format_of
from functions.ingest.fetch import fetch
from functions.ingest.formats import MAX_TEXT
from functions.ingest.queue import Job, LeaseLostError, Queue

BATCH = 8
MAX_CHUNKS = 20_000
LONGEST_TITLE = 500
PASSING = {409, 429, 500, 502, 503, 504}
"""Errors that another try may not meet."""


class StoppedError(Exception):
    """The worker was told to stop."""


def process(queue: Queue, job: Job, embedder: Embedder, stopping: Callable[[], bool] = lambda: False) -> str:
    """Process a claimed document and return how it ended: completed, pending (again later), failed or lost."""
    begun = time.monotonic()
    code = None
    try:
        count = transform(queue, job, embedder, stopping)
        outcome = "completed"
    except LeaseLostError:
        count, outcome = 0, "lost"
    except StoppedError:
        count, outcome = 0, give_back(queue, job, None)
    except Exception as error:  # noqa: BLE001 - whatever happens, the document is given back with a reason
        known = of_work(error)
        code, count, outcome = known.code, 0, give_back(queue, job, known)
    log.info(
        "ingested",
        extra={
            "document_id": job.document_id,
            "outcome": outcome,
            "error": code,
            "attempt": job.attempts,
            "chunks": count,
            "milliseconds": round((time.monotonic() - begun) * 1000),
        },
    )
    return outcome


def transform(queue: Queue, job: Job, embedder: Embedder, stopping: Callable[[], bool]) -> int:
    """Make the document's passages and return how many they are; raise what goes wrong."""
    payer = Payer(user_id=job.created_by, organization_id=job.organization_id, was_checked=True)
    embedder = paid_by(payer, embedder, queue.settings, "/ingest")
    source = read(queue, job)
    # Reading may have taken as long as cutting may take: the lease is to last for both.
    queue.stage(job, embedder.model, {})
    found = title_of(source) if job.takes_title else None
    passages = chunks(source.text, found or job.title)
    if not passages:
        raise FunctionError(422, "no_text", "The document contains no text.")
    if len(passages) > MAX_CHUNKS:
        raise FunctionError(413, "too_much_text", f"The document has more than {MAX_CHUNKS} passages.")
    wanted = queue.plan(job, embedder.model, passages)
    lacking = list({chunk.key: chunk for chunk in passages if chunk.key in wanted}.values())
    for start in range(0, len(lacking), BATCH):
        if stopping():
            raise StoppedError
        batch: list[Chunk] = lacking[start : start + BATCH]
        vectors = embedder.embed_passages([chunk.embedded for chunk in batch])
        queue.stage(job, embedder.model, {chunk.key: vector for chunk, vector in zip(batch, vectors, strict=True)})
    queue.finish(job, embedder.model, passages, found)
    return len(passages)


def title_of(source: Extracted) -> str | None:
    """Return the title that a page or file names, if it names one."""
    return " ".join((source.title or "").replace("\x00", "").split())[:LONGEST_TITLE] or None


def read(queue: Queue, job: Job) -> Extracted:
    """Return the text of the document's source; raise FunctionError when it cannot be read."""
    if job.storage_path is not None:
        return extract(queue.original(job.storage_path), format_of(job.mime_type, job.storage_path))
    if job.source_url is not None:
        page = fetch(job.source_url)
        return extract(page.data, format_of(page.media_type, page.name))
    text = job.content or ""
    if len(text) > MAX_TEXT:
        raise FunctionError(413, "too_much_text", f"The document has more than {MAX_TEXT} characters.")
    return Extracted(text, None)


def of_work(error: Exception) -> FunctionError:
    """Return an error as it is told to the document's readers."""
    if isinstance(error, StorageException):
        return FunctionError(502, "file_unavailable", "The document's file cannot be read from Storage.")
    if isinstance(error, (APIError, httpx.HTTPError)):
        return FunctionError(503, "database_unreachable", "The database does not answer.")
    known = translated(error)
    if known is None:
        log.error("failed", extra={"error": type(error).__name__})
        known = FunctionError(500, "internal", "The document could not be processed.")
    return known


def give_back(queue: Queue, job: Job, error: FunctionError | None) -> str:
    """Give a document back to the queue, to be tried again where that may help; return how it stands."""
    try:
        if error is None:
            return queue.fail(job)
        return queue.fail(job, error.code, error.message, again=error.status in PASSING)
    except (LeaseLostError, APIError, httpx.HTTPError):
        # Whoever holds it now sees to it; where nobody does, the lease runs out.
        return "lost"
