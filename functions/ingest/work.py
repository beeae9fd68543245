"""Processes one document: reads it, cuts it into passages, embeds what is new, and swaps all of it in at once.

A long one is given back after a slice when others wait. What is embedded is kept, and so is what was read of a
file or page: whoever goes on cuts that anew, into the same passages.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

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
FIRST_SECONDS = 3.0
"""How long a document is embedded before it gives way to others the first time: most are done by then."""
SLICE_SECONDS = 10.0
"""How long it is each time after that, and one of a long text or a large file."""
PREPARATIONS = 4.0
"""And for so many times as long as it took to cut it and to look what is there, so that it advances."""
PASSING = {409, 429, 500, 502, 503, 504}
"""Errors that another try may not meet."""


class StoppedError(Exception):
    """The worker was told to stop."""


class DroppedError(Exception):
    """Reading takes long, and there is no room to go on with it beside others."""


class GivenBackError(Exception):
    """The document was given back, to be gone on with later."""


@dataclass
class Turn:
    """What a document may take of whoever processes it, and how far aside it is."""

    stopping: Callable[[], bool] = lambda: False
    """Whether they were told to stop: the document is given back at once."""
    gives_way: bool = False
    """Whether it is given back after a slice when others wait."""
    deadline: float = math.inf
    """When it is given back whoever waits, by the monotonic clock; not before a batch is stored."""
    is_aside: bool = False
    """Whether others are processed meanwhile: it is not embedded beside them."""
    is_dropped: bool = False
    slow_since: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Do what takes little of this process and perhaps long: others may be processed meanwhile."""
        self.slow_since = time.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self.slow_since = None

    def slow_seconds(self) -> float:
        """Return for how long it has been at something slow."""
        since = self.slow_since
        return 0.0 if since is None else time.monotonic() - since

    def put_aside(self) -> bool:
        """Let others be processed meanwhile; return False where it is not slow any more."""
        with self.lock:
            self.is_aside = self.slow_since is not None
        return self.is_aside

    def check(self) -> None:
        """Raise StoppedError or DroppedError where it is not to be read on."""
        if self.stopping():
            raise StoppedError
        if self.is_dropped:
            raise DroppedError


def process(queue: Queue, job: Job, embedder: Embedder, turn: Turn | None = None) -> str:
    """Process a claimed document and return how it ended: completed, pending (again later), failed or lost.

    Or begun: it was given back before it was done, and whoever claims it goes on.
    """
    begun = time.monotonic()
    code = None
    try:
        count = transform(queue, job, embedder, turn or Turn())
        outcome = "completed"
    except LeaseLostError:
        count, outcome = 0, "lost"
    except GivenBackError:
        count, outcome = 0, "begun"
    except DroppedError:
        count, outcome = 0, drop(queue, job, embedder.model)
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


def transform(queue: Queue, job: Job, embedder: Embedder, turn: Turn) -> int:
    """Make the document's passages and return how many they are; raise what goes wrong."""
    payer = Payer(user_id=job.created_by, organization_id=job.organization_id, was_checked=True)
    embedder = paid_by(payer, embedder, queue.settings, "/ingest")
    with turn.slow():
        source = read(queue, job, turn.check)
    if turn.is_aside:
        queue.give_way(job, embedder.model, source, always=True)
        raise GivenBackError
    begun = time.monotonic()
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
    seconds = slice_of(job, time.monotonic() - begun) if turn.gives_way else math.inf
    embed(queue, job, embedder, turn, lacking, source, seconds)
    with turn.slow():
        queue.finish(job, embedder.model, passages, found)
    return len(passages)


def slice_of(job: Job, preparation: float) -> float:
    """Return for how many seconds a document is embedded before it gives way."""
    return max(SLICE_SECONDS, PREPARATIONS * preparation) if job.is_long else FIRST_SECONDS


def embed(  # noqa: PLR0917
    queue: Queue,
    job: Job,
    embedder: Embedder,
    turn: Turn,
    lacking: list[Chunk],
    source: Extracted,
    seconds: float,
) -> None:
    """Store the vectors that are lacking; raise GivenBackError where the document gave way before the last."""
    # A text is the document's own.
    unkept = source if job.content is None and job.source is None else None
    until = time.monotonic() + seconds
    for start in range(0, len(lacking), BATCH):
        now = time.monotonic()
        if start and now > min(until, turn.deadline):
            if queue.give_way(job, embedder.model, unkept, always=now > turn.deadline):
                raise GivenBackError
            unkept, until = None, now + seconds
        if turn.stopping():
            raise StoppedError
        batch = lacking[start : start + BATCH]
        vectors = embedder.embed_passages([chunk.embedded for chunk in batch])
        queue.stage(job, embedder.model, {chunk.key: vector for chunk, vector in zip(batch, vectors, strict=True)})


def title_of(source: Extracted) -> str | None:
    """Return the title that a page or file names, if it names one."""
    return " ".join((source.title or "").replace("\x00", "").split())[:LONGEST_TITLE] or None


def read(queue: Queue, job: Job, check: Callable[[], None]) -> Extracted:
    """Return the document's text; raise FunctionError when it cannot be read, or what `check` raises."""
    if job.source is not None:
        return Extracted(job.source["text"], job.source["title"])
    if job.storage_path is not None:
        original = queue.original(job.storage_path)
        return extract(original, format_of(job.mime_type, job.storage_path), check=check)
    if job.source_url is not None:
        page = fetch(job.source_url)
        return extract(page.data, format_of(page.media_type, page.name), check=check)
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


def drop(queue: Queue, job: Job, model: str) -> str:
    """Give a document back that was not read; return how it stands."""
    try:
        queue.give_way(job, model, None, always=True)
    except (LeaseLostError, APIError, httpx.HTTPError):
        return "lost"
    return "begun"


def give_back(queue: Queue, job: Job, error: FunctionError | None) -> str:
    """Give a document back to the queue, to be tried again where that may help; return how it stands."""
    try:
        if error is None:
            return queue.fail(job)
        return queue.fail(job, error.code, error.message, again=error.status in PASSING)
    except (LeaseLostError, APIError, httpx.HTTPError):
        # Whoever holds it now sees to it; where nobody does, the lease runs out.
        return "lost"
