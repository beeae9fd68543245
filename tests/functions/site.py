"""A web site with pages that are good and pages that are not."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

from tests.functions.files import SENTENCE, page
from tests.functions.local_http import serving


class Site(BaseHTTPRequestHandler):
    """A web site with pages that are good and pages that are not."""

    PAGES: ClassVar[dict[str, tuple[int, bytes, dict[str, str]]]] = {
        "/page": (200, page(SENTENCE), {"Content-Type": "text/html; charset=utf-8"}),
        "/moved": (302, b"", {"Location": "/page"}),
        "/untitled": (200, b"The ibis nests in the south.", {"Content-Type": "text/plain"}),
        "/loop": (302, b"", {"Location": "/loop"}),
        "/inside": (302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"}),
        "/named": (302, b"", {"Location": "http://inside.example/"}),
        "/packed": (200, b"\x1f\x8b", {"Content-Encoding": "gzip"}),
    }

    held = threading.Event()
    """Somebody waits for /held."""
    released = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/held":
            self.held.set()
            self.released.wait(60)
            self.answer(*self.PAGES["/page"])
        elif self.path in self.PAGES:
            self.answer(*self.PAGES[self.path])
        elif self.path == "/host":
            self.answer(200, self.headers["Host"].encode(), {"Content-Type": "text/plain"})
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            self.go_on(b"x" * 65536)
        elif self.path == "/dripping":
            # A byte comes every moment, and the end of the header never.
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            self.go_on(b"x", 0.05)
        else:
            self.answer(404, b"no", {})

    def go_on(self, data: bytes, pause: float = 0) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.wfile.write(data)
                time.sleep(pause)

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def web_site() -> Iterator[str]:
    """Serve the site and yield its address."""
    with serving(Site) as url:
        yield url
