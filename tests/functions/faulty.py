"""The way to the stack, on which what is asked for can be lost: the stack is the real one, the way is not good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any

import httpx

from tests.functions.local_http import serving

NOT_PASSED_ON = {"host", "connection", "accept-encoding", "content-length", "transfer-encoding"}


class FaultyGateway:
    """Where the way is, and what goes wrong on it, by how the path begins.

    A status is answered in the stack's place; `dropped` never reaches the stack, of `lost` the answer is lost.
    """

    def __init__(self) -> None:
        self.url = ""
        self.faults: dict[str, int | str] = {}
        self.met: list[str] = []

    def fault_of(self, path: str) -> int | str | None:
        """Return what goes wrong with a path."""
        found = next((fault for prefix, fault in self.faults.items() if path.startswith(prefix)), None)
        if found is not None:
            self.met.append(path)
        return found


@contextmanager
def faulty_gateway(target: str) -> Iterator[FaultyGateway]:
    """Open a way to the stack and close it afterwards."""
    gateway = FaultyGateway()

    class Way(BaseHTTPRequestHandler):
        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            fault = gateway.fault_of(self.path)
            if fault == "dropped":
                self.close_connection = True
            elif isinstance(fault, int):
                self.answer(fault, b"upstream failed", "text/plain")
            else:
                headers = {
                    name: value for name, value in self.headers.items() if name.lower() not in NOT_PASSED_ON
                }
                found = httpx.request(
                    self.command, target + self.path, headers=headers, content=body, timeout=60, trust_env=False
                )
                if fault != "lost":
                    self.answer(found.status_code, found.content, found.headers.get("Content-Type", ""))

        def do_GET(self) -> None:
            self.pass_on()

        def do_POST(self) -> None:
            self.pass_on()

        def do_DELETE(self) -> None:
            self.pass_on()

        def answer(self, status: int, body: bytes, media_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with serving(Way) as gateway.url:
        yield gateway
