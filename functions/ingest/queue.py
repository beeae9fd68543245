"""The queue of documents in the database, as the worker sees it.

All of it is the service role's: a worker acts for whoever asked, long after their token has expired, and what it
may do is what these functions do, nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError

from functions._shared import clients
from functions._shared.embeddings import Vector, as_text
from functions._shared.errors import FunctionError
from functions._shared.settings import Settings
from functions.ingest.chunk import Chunk
from functions.ingest.extract import Extracted

LEASE_SECONDS = 180
FINISH_SECONDS = 1810.0
"""For what the database gives half an hour: thousands of passages take minutes."""
LONG = ("finish_ingestion", "next_reembedding_batch", "finish_reembedding")
BUCKET = "documents"


class LeaseLostError(Exception):
    """The document was deleted, given new content, or taken by another worker."""


@dataclass(frozen=True)
class Job:
    """A document that was claimed. Its texts are kept out of logs."""

    organization_id: str
    document_id: str
    lease: str
    attempts: int
    title: str = field(repr=False)
    takes_title: bool
    mime_type: str | None
    created_by: str | None
    storage_path: str | None = field(repr=False)
    source_url: str | None = field(repr=False)
    content: str | None = field(repr=False)
    is_long: bool = False
    source: dict[str, Any] | None = field(default=None, repr=False)
    """The text and title that were read before it was given back."""


class Queue:
    """The queue of one project."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.database = clients.service_database(settings)
        self.storage = clients.service_storage(settings)

    @cached_property
    def patient(self) -> SyncPostgrestClient:
        """The client for what takes long."""
        return clients.service_database(self.settings, FINISH_SECONDS)

    def claim(self, document_id: str | None = None, *, long_first: bool = False) -> Job | None:
        """Return the next document to process, or the named one; None when there is none to be had.

        Long ones come after the others, unless they are to be first.
        """
        found = self.call(
            "claim_ingestion",
            p_lease_seconds=LEASE_SECONDS,
            p_document_id=document_id,
            p_long_first=long_first,
        )
        return Job(**found) if found else None

    def plan(self, job: Job, model: str, chunks: Sequence[Chunk]) -> set[str]:
        """Return the keys of the passages whose vectors must be made."""
        wanted = [{"key": chunk.key, "hash": chunk.hash} for chunk in chunks]
        return set(self.held("plan_ingestion", job, p_model=model, p_chunks=wanted))

    def stage(self, job: Job, model: str, vectors: dict[str, Vector]) -> None:
        """Keep vectors until the document is whole, and the lease for longer."""
        kept = [{"key": key, "embedding": as_text(vector)} for key, vector in vectors.items()]
        self.held("stage_ingestion", job, p_model=model, p_vectors=kept, p_lease_seconds=LEASE_SECONDS)

    def finish(self, job: Job, model: str, chunks: Sequence[Chunk], title: str | None = None) -> None:
        """Make the document consist of these passages, all at once; the title is for one that nobody gave any."""
        rows = [
            {
                "index": chunk.index,
                "key": chunk.key,
                "content": chunk.content,
                "token_count": chunk.tokens,
                "metadata": {"headings": list(chunk.headings)},
            }
            for chunk in chunks
        ]
        self.held("finish_ingestion", job, p_model=model, p_chunks=rows, p_title=title)

    def fail(self, job: Job, code: str | None = None, message: str | None = None, *, again: bool = False) -> str:
        """Give a document back, without a code only interrupted; return whether it is pending or failed."""
        return str(self.held("fail_ingestion", job, p_code=code, p_message=message, p_again=again))

    def give_way(self, job: Job, model: str, source: Extracted | None, *, always: bool = False) -> bool:
        """Give a document back that takes long; return False, and keep it, where nobody waits.

        The source, what was read, is kept for whoever goes on with it.
        """
        return bool(
            self.held(
                "yield_ingestion",
                job,
                p_model=model,
                p_text=source and source.text,
                p_title=source and source.title,
                p_lease_seconds=LEASE_SECONDS,
                p_always=always,
            )
        )

    def original(self, path: str) -> bytes:
        """Return the bytes of a document's file."""
        return self.storage.from_(BUCKET).download(path)

    def remove_files(self) -> int:
        """Remove files that no document needs any more; return how many."""
        paths: list[str] = self.call("claim_storage_removals", p_amount=100)
        if paths:
            self.storage.from_(BUCKET).remove(paths)
            self.call("complete_storage_removals", p_paths=paths)
        return len(paths)

    def held(self, function: str, job: Job, **arguments: Any) -> Any:
        """Return what a function answers about a claimed document; raise LeaseLostError when it is not ours.

        Raises FunctionError (409) where its collection has vectors of another model.
        """
        try:
            return self.call(function, p_document_id=job.document_id, p_lease=job.lease, **arguments)
        except APIError as error:
            if error.code == "PT409":
                raise LeaseLostError from error
            if error.code == "PT422":
                message = f"{error.message}. {error.hint}"
                raise FunctionError(409, "other_model", message) from error
            raise

    def call(self, function: str, **arguments: Any) -> Any:
        """Return what a function of the database answers."""
        database = self.patient if function in LONG else self.database
        return database.rpc(function, arguments).execute().data
