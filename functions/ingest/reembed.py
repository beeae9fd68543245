"""Makes the vectors of a collection whose embedding model is being changed, a batch at a time.

Only to the model of this process: its searches ask with that, and would not find what is of another. What is done
is in the database; whoever is killed lets the lease run out, and the next one makes that batch anew.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from postgrest.exceptions import APIError

from functions._shared.embeddings import Embedder, as_text
from functions._shared.errors import FunctionError, translated
from functions._shared.logs import log
from functions._shared.metering import Payer
from functions._shared.paid import paid_by
from functions.ingest.chunk import Chunk
from functions.ingest.queue import LEASE_SECONDS, LeaseLostError, Queue

BATCH = 32
"""Passages a batch: some seconds for the model in this process, and one request to a provider."""
GONE = ("PT404", "PT409")
"""The collection was deleted, or its change given up, finished, or begun anew to another model."""


@dataclass(frozen=True)
class Change:
    """A collection that was claimed for a batch."""

    organization_id: str
    collection_id: str
    embedding_model: str
    started_by: str | None
    lease: str


@dataclass(frozen=True)
class Text:
    """A passage that needs a vector. Its texts are kept out of logs."""

    chunk_id: str
    content: str = field(repr=False)
    title: str = field(repr=False)
    headings: list[str] | None = field(repr=False)

    @property
    def chunk(self) -> Chunk | None:
        """The passage as ingestion would make it, if ingestion has made it."""
        return None if self.headings is None else Chunk(0, self.content, tuple(self.headings), 0, self.title)

    @property
    def embedded(self) -> str:
        """What the model is given: what ingestion gives it; what others have stored says all itself."""
        return self.content if self.chunk is None else self.chunk.embedded

    def stored(self, vector: list[float]) -> dict[str, Any]:
        """Return the passage's vector as the database takes it."""
        key = None if self.chunk is None else self.chunk.key
        return {"chunk_id": self.chunk_id, "content": self.content, "key": key, "embedding": as_text(vector)}


def reembed(queue: Queue, embedder: Embedder) -> int | None:
    """Make one batch of vectors, or finish a change; return how many vectors, None where nothing is due."""
    found = queue.call("claim_reembedding", p_embedding_model=embedder.model, p_lease_seconds=LEASE_SECONDS)
    if not found:
        return None
    change = Change(**found)
    begun = time.monotonic()
    count, code = 0, None
    try:
        count, outcome = advance(queue, change, embedder)
    except LeaseLostError:
        outcome = "lost"
    except Exception as error:  # noqa: BLE001 - whatever happens, the collection is given back with a reason
        known = of_change(error)
        code, outcome = known.code, give_back(queue, change, known)
    log.info(
        "reembedded",
        extra={
            "collection_id": change.collection_id,
            "outcome": outcome,
            "error": code,
            "chunks": count,
            "milliseconds": round((time.monotonic() - begun) * 1000),
        },
    )
    return count


def advance(queue: Queue, change: Change, embedder: Embedder) -> tuple[int, str]:
    """Return how many vectors were made, and how it went: stored, finished, or late where one was missing."""
    rows = queue.call("next_reembedding_batch", p_collection_id=change.collection_id, p_batch_size=BATCH)
    texts = [Text(**row) for row in rows]
    if texts:
        payer = Payer(user_id=change.started_by, organization_id=change.organization_id, was_checked=True)
        paid = paid_by(payer, embedder, queue.settings, "/reembed")
        vectors = paid.embed_passages([text.embedded for text in texts])
        store(queue, change, [text.stored(vector) for text, vector in zip(texts, vectors, strict=True)])
        return len(texts), "stored"
    try:
        queue.call("finish_reembedding", p_collection_id=change.collection_id)
    except APIError as error:
        if error.code not in GONE:
            raise
        # A passage came in just now, unless the change is gone: then this says so.
        store(queue, change, [])
        return 0, "late"
    return 0, "finished"


def store(queue: Queue, change: Change, vectors: list[dict[str, Any]]) -> None:
    """Store vectors and end the claim; raise LeaseLostError where nobody wants them any more."""
    try:
        queue.call(
            "store_reembeddings",
            p_collection_id=change.collection_id,
            p_embeddings=vectors,
            p_embedding_model=change.embedding_model,
            p_lease=change.lease,
        )
    except APIError as error:
        if error.code in GONE:
            raise LeaseLostError from error
        raise


def of_change(error: Exception) -> FunctionError:
    """Return an error as get_reembedding tells of it."""
    known = translated(error)
    if known is None:
        log.error("failed", extra={"error": type(error).__name__})
        known = FunctionError(500, "internal", "The vectors could not be made.")
    return known


def give_back(queue: Queue, change: Change, error: FunctionError) -> str:
    """Give a collection back, to be tried again later; return how it stands."""
    try:
        queue.call(
            "fail_reembedding",
            p_collection_id=change.collection_id,
            p_lease=change.lease,
            p_code=error.code,
            p_message=" ".join(filter(None, (error.message, error.hint))),
        )
    except (APIError, httpx.HTTPError):
        # Whoever holds it now sees to it; where nobody does, the lease runs out.
        return "lost"
    return "failed"
