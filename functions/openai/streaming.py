"""A provider's stream as server-sent events. However it ends, it is settled once, for what was used."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

from flask import Response

from functions._shared import metering
from functions._shared.logs import log
from functions._shared.metering import Reservation
from functions._shared.providers.completions import Chunk, CompletionStream
from functions._shared.providers.failures import ProviderError
from functions.openai.requests import ChatRequest


class Events:
    """The events of one call."""

    def __init__(self, stream: CompletionStream, held: Reservation, wanted: ChatRequest) -> None:
        self.stream = stream
        self.held = held
        self.wants_usage = bool(wanted.stream_options and wanted.stream_options.include_usage)
        self.last: Chunk = {}
        self.settled = threading.Lock()
        metering.reporter().add(held.id, (held, stream))

    def response(self) -> Response:
        """Return the answer that streams. Closing it, as the server does when the client left, ends the call."""
        response = Response(self.events(), mimetype="text/event-stream")
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        # Not in the generator: one that was never begun is closed without running a line.
        response.call_on_close(self.finish)
        return response

    def events(self) -> Iterator[bytes]:
        """Yield the events; the last tells of an error where the provider broke off."""
        try:
            for chunk in self.stream.chunks():
                self.last = chunk
                yield event(chunk)
        except ProviderError as error:
            log.warning("provider failed", extra={"error": error.code, "status": error.status})
            body = {"code": error.code, "message": error.message, "type": "api_error", "param": None}
            yield event({"error": body})
            return
        if self.wants_usage:
            yield event({**self.last, "choices": [], "usage": self.stream.usage.to_openai()})
        yield b"data: [DONE]\n\n"

    def finish(self) -> None:
        """End the model call and settle it; a second time nothing."""
        if not self.settled.acquire(blocking=False):
            return
        metering.reporter().remove(self.held.id)
        self.stream.close()
        used = self.stream.used
        if used is None:
            metering.release(self.held)
        else:
            metering.settle(self.held, used, self.stream.model)


def event(data: Chunk) -> bytes:
    """Return one server-sent event."""
    return b"data: " + json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode() + b"\n\n"
