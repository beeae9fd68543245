"""How the processing of a document ended, told to whoever waits for it."""

from __future__ import annotations

import threading
import time
from typing import Any

from functions._shared.caller import Caller
from functions._shared.embeddings import embedder
from functions._shared.errors import FunctionError
from functions.ingest.queue import Queue
from functions.ingest.work import Turn, process

WAIT_SECONDS = 100.0
POLL_SECONDS = 0.25
AT_ONCE = threading.BoundedSemaphore(2)
"""Documents that are processed within requests at a time: a hostile one may take 3 GB. Others are the worker's."""
STATUS = {
    "rate_limited": 429,
    "budget_spent": 402,
    "url_refused": 400,
    "too_much_text": 413,
    "too_many_pages": 413,
    "unpacks_too_large": 413,
    "url_too_large": 413,
    "unsupported_format": 415,
    "no_text": 422,
    "too_complex": 422,
    "unknown_encoding": 422,
    "unreadable": 422,
    "url_failed": 422,
    "internal": 500,
    "worker_died": 500,
    "embeddings_failed": 502,
    "other_model": 409,
    "file_unavailable": 502,
    "url_unreachable": 502,
    "database_unreachable": 503,
    "embeddings_unavailable": 503,
    "url_timed_out": 504,
}
"""The status of each code that the worker leaves in document_processing_status.stage."""


def await_outcome(caller: Caller, document_id: str, seconds: float = WAIT_SECONDS) -> str:
    """Return the status of a document once it is completed, or what it is when the time is up.

    Nobody else being at it, it is processed here, and given back when the time is up. Raises FunctionError, with
    what went wrong, when it failed.
    """
    deadline = time.monotonic() + seconds
    tried = False
    while True:
        if not tried and AT_ONCE.acquire(blocking=False):
            try:
                tried = process_now(caller, document_id, deadline)
            finally:
                AT_ONCE.release()
        row = status_of(caller, document_id)
        if row["status"] == "failed":
            raise failure(row)
        # Given back after a try of ours, it is due only later.
        if row["status"] == "completed" or tried or time.monotonic() > deadline:
            return str(row["status"])
        time.sleep(POLL_SECONDS)


def process_now(caller: Caller, document_id: str, deadline: float) -> bool:
    """Process a document here, until the deadline; return whether that could be tried, nobody else being at it."""
    # The queue is the service role's. The document was made, or found, with the caller's own rights before.
    queue = Queue(caller.settings)
    job = queue.claim(document_id)
    if job is None:
        return False
    process(queue, job, embedder(), Turn(deadline=deadline))
    return True


def status_of(caller: Caller, document_id: str) -> dict[str, Any]:
    """Return the processing status of a document of the caller's; raise FunctionError (404) for another."""
    rows: Any = (
        caller.database.from_("document_processing_status")
        .select("status,stage,error_message")
        .eq("document_id", document_id)
        .execute()
        .data
    )
    if not rows:
        raise FunctionError(404, "not_found", "The document is gone.", "It was deleted meanwhile.")
    found: dict[str, Any] = rows[0]
    return found


def failure(row: dict[str, Any]) -> FunctionError:
    """Return the error that a failed document's status tells of."""
    code = row["stage"] or "internal"
    message = row["error_message"] or "The document could not be processed."
    return FunctionError(STATUS.get(code, 500), code, message, "document_processing_status keeps the reason.")
