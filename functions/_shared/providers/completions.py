"""What a provider's answer to a chat request is: whole, or a stream that can be stopped and knows what it used."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

from functions._shared.providers.halves import Halves
from functions._shared.providers.usage import Usage, input_estimate, output_estimate

Chunk = dict[str, Any]


@dataclass(frozen=True)
class Completion:
    """A whole answer: OpenAI's JSON, as it came where the provider speaks it."""

    raw: bytes
    data: Mapping[str, Any]
    usage: Usage
    provider: str
    model: str
    """The one that answered, which after a fallback is not the one that was asked for."""


class CompletionStream(ABC):
    """A stream of OpenAI's chunks. Whoever opened it closes it; closing it early stops the model call."""

    def __init__(self, response: httpx2.Response, body: Mapping[str, Any], provider: str, model: str) -> None:
        self.response = response
        self.closing = threading.Lock()
        self.body = body
        self.provider = provider
        self.model = model
        """The one that answers, which after a fallback is not the one that was asked for."""
        self.halves = Halves()
        self.finished = False
        """Whether the provider said that the answer is whole."""
        self.reported: Usage | None = None
        self.pieces = 0
        self.characters = 0

    @abstractmethod
    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks, but for those of usage alone; raise ProviderError if the stream breaks off."""

    def close(self) -> None:
        """End the call. A second time changes nothing."""
        with self.closing:
            self.response.close()

    def interrupt(self) -> None:
        """End the call from another thread: the one that waits for the next chunk waits no longer."""
        with self.closing:
            if self.response.is_closed:
                # Its connection may be another call's by now.
                return
            stream = self.response.extensions.get("network_stream")
            connection = stream.get_extra_info("socket") if stream is not None else None
            if connection is not None:
                # To close it would not wake the other thread. Past what TLS has to say, which that thread may be
                # in the middle of.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)

    def count(self, chunk: Mapping[str, Any]) -> None:
        """Count what a chunk brings, for a stream that ends before the provider says what it used."""
        for choice in chunk.get("choices") or []:
            delta = choice.get("delta") or {}
            text = [delta.get("content"), delta.get("reasoning_content"), delta.get("refusal")]
            text += [(call.get("function") or {}).get("arguments") for call in delta.get("tool_calls") or []]
            arrived = sum(len(piece) for piece in text if isinstance(piece, str))
            if arrived:
                self.pieces += 1
                self.characters += arrived

    @property
    def usage(self) -> Usage:
        """What the call has used up to now: by the provider's word, else by what arrived."""
        if self.reported is not None:
            return self.reported
        return Usage(input_estimate(self.body), 0, output_estimate(self.pieces, self.characters), exact=False)

    @property
    def used(self) -> Usage | None:
        """What is to be paid for: nothing as long as nothing came."""
        return self.usage if self.reported is not None or self.pieces or self.finished else None
