"""A provider of embeddings that counts what it makes, and stops, fails and goes on as it is told."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.functions.local_http import serving

MODEL = "counted"
SEARCH = "search"
"""The API key of functions that search: they are answered at once, and not counted."""


class EmbeddingServer:
    """What the provider has made, and how it behaves."""

    def __init__(self) -> None:
        self.url = ""
        self.down = False
        self.pause = 0.0
        """For how many seconds a batch is thought about."""
        self.texts: list[str] = []
        """Every text that a vector was made of and given out."""
        self.keys: set[str] = set()
        """The API keys of those who asked."""
        self.batches = 0
        self.held_batch: int | None = None
        self.reached = threading.Event()
        self.released = threading.Event()

    def hold(self, batch: int) -> None:
        """Give no answer to this batch from now on (0: the next one) before `release`."""
        self.batches = 0
        self.held_batch = batch
        self.reached.clear()
        self.released.clear()

    def release(self) -> None:
        """Answer again."""
        self.held_batch = None
        self.released.set()

    def settings(self, key: str = "one") -> dict[str, str]:
        """Return the environment of functions that use it."""
        return {"EMBEDDINGS_MODEL": MODEL, "EMBEDDINGS_BASE_URL": self.url, "EMBEDDINGS_API_KEY": key}

    def answer(self, key: str, texts: list[str]) -> dict[str, Any] | None:
        """Return the answer to a batch, or None for a failure."""
        if key != SEARCH and not self.count(key, texts):
            return None
        data = [
            {"object": "embedding", "index": index, "embedding": vector_of(text)}
            for index, text in enumerate(texts)
        ]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return {"object": "list", "model": MODEL, "data": data, "usage": usage}

    def count(self, key: str, texts: list[str]) -> bool:
        """Count a batch when its turn has come, and return whether it is answered."""
        self.keys.add(key)
        if self.down:
            return False
        self.batches += 1
        if self.held_batch is not None and self.batches > self.held_batch:
            self.reached.set()
            self.released.wait(60)
        time.sleep(self.pause)
        self.texts += texts
        return True


def vector_of(text: str) -> list[float]:
    """Return a vector that depends on nothing but the text."""
    seed = hashlib.sha256(text.encode()).digest()
    return [seed[place % 32] / 255 + place / 384 for place in range(384)]


@contextmanager
def embedding_server() -> Iterator[EmbeddingServer]:
    """Run a provider and end it afterwards."""
    behaviour = EmbeddingServer()

    class Provider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            found = behaviour.answer(self.headers["Authorization"].removeprefix("Bearer "), asked["input"])
            body = json.dumps(found or {"error": {"message": "down"}}).encode()
            self.send_response(200 if found else 500)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Retry-After-Ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

        def handle(self) -> None:
            try:
                super().handle()
            except ConnectionError:
                # Whoever asked was killed.
                return

    with serving(Provider) as url:
        behaviour.url = f"{url}/v1"
        try:
            yield behaviour
        finally:
            behaviour.release()
