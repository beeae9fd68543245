"""Answers as server-sent events: citations, token, done, error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

from functions._shared.errors import FunctionError, translated
from functions._shared.logs import log
from functions.chat.generation import Generation

PAUSE = 0.3
Row = dict[str, Any]


def event(name: str, data: object) -> bytes:
    """Return one server-sent event."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def streamed(events: Iterator[bytes]) -> Response:
    """Return the answer that streams events."""
    response = Response(events, mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Accel-Buffering"] = "no"
    return response


def live(generation: Generation, head: Row, citations: list[Row]) -> Iterator[bytes]:
    """Yield the events of an answer while this process generates it."""
    yield event("citations", {**head, "citations": citations})
    for piece in generation.steps:
        yield event("token", {"text": piece})
    if generation.error is not None:
        yield event("error", {"error": generation.error})
    else:
        yield event("done", {**head, "status": generation.status, "usage": generation.usage})


def resumed(
    row: Row, citations: list[Row], read: Callable[[], Row], text_of: Callable[[], str]
) -> Iterator[bytes]:
    """Yield the events of an answer that is generated anywhere, to the error where it cannot be read any more."""
    try:
        yield from followed(row, citations, read, text_of)
    except Exception as error:  # noqa: BLE001 - whatever it is, the client is told, for the stream has begun
        known = translated(error)
        if known is None:
            log.error("failed", extra={"error": type(error).__name__})
            known = FunctionError(500, "internal", "The function failed.", "Come back to the answer.")
        yield event("error", known.body())


def followed(
    row: Row, citations: list[Row], read: Callable[[], Row], text_of: Callable[[], str]
) -> Iterator[bytes]:
    """Yield the events of an answer: what there is of it, then the rest. Raises what reading it raises."""
    head = {"conversation_id": row["conversation_id"], "message_id": row["message_id"]}
    yield event("citations", {**head, "citations": citations})
    sent = 0
    while row["status"] == "running":
        if len(row["content"]) > sent:
            yield event("token", {"text": row["content"][sent:]})
            sent = len(row["content"])
        else:
            # A comment: it keeps the connection, and tells us if nobody is there any more.
            yield b": waiting\n\n"
        time.sleep(PAUSE)
        row = read()
    if rest := text_of()[sent:]:
        yield event("token", {"text": rest})
    if row["error"] is not None:
        yield event("error", {"error": {"hint": "Ask again.", **row["error"]}})
    else:
        yield event("done", {**head, "status": row["status"], "usage": row["usage"]})
