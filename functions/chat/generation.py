"""An answer that is being generated: it goes on if its reader leaves; it is stored and paid for once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import httpx
from postgrest.exceptions import APIError

from functions._shared import metering
from functions._shared.errors import of_database
from functions._shared.logs import log
from functions._shared.metering import Reservation
from functions._shared.providers.completions import CompletionStream
from functions._shared.providers.failures import ProviderError
from functions._shared.providers.usage import Usage
from functions._shared.reporter import Reporter
from functions._shared.settings import Settings

SERVER_ERROR = 500
LONGEST = 190_000


class Generation:
    """One answer."""

    def __init__(
        self,
        settings: Settings,
        message_id: str,
        stream: CompletionStream | None,
        held: Reservation | None = None,
        text: str = "",
    ) -> None:
        self.settings = settings
        self.message_id = message_id
        self.stream = stream
        self.held = held
        self.pieces: list[str] = [text] if text else []
        self.cancelled = False
        self.status = "running"
        self.usage: dict[str, Any] = {}
        self.error: dict[str, Any] | None = None
        self.steps = self.run()
        reporter().add(message_id, self)

    @property
    def content(self) -> str:
        """What there is of the answer."""
        return "".join(list(self.pieces))

    @property
    def used(self) -> Usage:
        """What the answer has used."""
        return (self.stream.used if self.stream is not None else None) or Usage()

    def run(self) -> Iterator[str]:
        """Yield the pieces of the answer as they come, and store it at the end."""
        try:
            if self.stream is None:
                yield self.content
            else:
                yield from self.read(self.stream)
            self.status = "cancelled" if self.cancelled else "completed"
        except ProviderError as error:
            if self.cancelled:
                # It was cut off here, not there.
                self.status = "cancelled"
            else:
                self.status = "failed"
                self.error = {"code": error.code, "message": error.message, "hint": "Ask again."}
                log.warning("provider failed", extra={"error": error.code})
        finally:
            if self.status == "running":
                self.status = "failed"
                self.error = {"code": "internal", "message": "The function failed.", "hint": "Ask again."}
            if self.stream is not None:
                self.stream.close()
            reporter().remove(self.message_id)
            self.store()

    def read(self, stream: CompletionStream) -> Iterator[str]:
        """Yield the text of a provider's stream until it ends or is cancelled."""
        length = 0
        for chunk in stream.chunks():
            for choice in chunk.get("choices") or []:
                piece = (choice.get("delta") or {}).get("content")
                if isinstance(piece, str) and piece and length < LONGEST:
                    piece = piece.replace("\x00", "")
                    length += len(piece)
                    self.pieces.append(piece)
                    yield piece
            if self.cancelled:
                return

    def store(self) -> None:
        """Store the answer and settle what it used; where the database is away, as soon as it is back."""
        used = self.used
        arguments: dict[str, Any] = {
            "p_message_id": self.message_id,
            "p_status": self.status,
            "p_content": self.content,
            "p_tokens_input": used.tokens_input,
            "p_tokens_output": used.tokens_output,
            "p_tokens_cached": used.tokens_cached,
            "p_error": self.error,
            "p_reservation_id": self.held.id if self.held is not None else None,
            "p_model_name": self.stream.model if self.stream is not None else None,
        }
        tokens = {"tokens_input": used.tokens_input, "tokens_output": used.tokens_output}
        self.usage = {**tokens, "tokens_cached": used.tokens_cached}
        try:
            # The service role's, for nobody else may write what an assistant says.
            told: Any = metering.database(self.settings).rpc("finish_generation", arguments).execute().data
            self.usage = told
        except (httpx.TransportError, APIError) as error:
            if isinstance(error, httpx.TransportError) or of_database(error).status >= SERVER_ERROR:
                metering.outbox().put((self.settings, "finish_generation", arguments))
            else:
                log.error("not stored", extra={"error": str(error.code)})

    def cancel(self) -> None:
        """End the answer, also while its provider says nothing."""
        self.cancelled = True
        if self.stream is not None:
            self.stream.interrupt()

    def go_on_alone(self) -> None:
        """Finish the answer although nobody reads it any more."""
        if self.status == "running":
            threading.Thread(target=self.drain, name=f"generation-{self.message_id}").start()

    def drain(self) -> None:
        """Do what is left, whatever it says."""
        for _ in self.steps:
            pass


def report(found: list[Generation]) -> None:
    """Tell how far answers are, and end those that somebody has cancelled elsewhere."""
    reports: Any = [
        {
            "message_id": one.message_id,
            "content": one.content,
            "tokens_input": one.used.tokens_input,
            "tokens_output": one.used.tokens_output,
        }
        for one in found
    ]
    database = metering.database(found[0].settings)
    cancelled: Any = database.rpc("report_generations", {"p_reports": reports}).execute().data
    for message_id in cancelled:
        cancel(message_id)


def cancel(message_id: str) -> None:
    """End a generation of this process."""
    generation = reporter().get(message_id)
    if generation is not None:
        generation.cancel()


@cache
def reporter() -> Reporter[Generation]:
    """Return the process's reporter."""
    return Reporter("generations", report)
