"""Answers as server-sent events: citations, token, done, error."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response

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
    """Yield the events of an answer that is generated anywhere: what there is of it, then the rest."""
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
