"""Just enough HTTP to ask a part whether it works, on a Unix socket or a port."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path

__all__ = ["Answer", "HTTPException", "get"]

TIMEOUT = 5.0


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str


class UnixConnection(HTTPConnection):
    """An HTTP connection over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self.path = path

    def connect(self) -> None:
        """Connect to the socket; raise OSError when nobody listens."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def get(where: Path | int, path: str, headers: Mapping[str, str]) -> Answer:
    """Return the answer to a GET at a socket or at a port of this machine; raise OSError or HTTPException."""
    connection = UnixConnection(where) if isinstance(where, Path) else local(where)
    try:
        connection.request("GET", path, headers=dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, dict(answer.getheaders()), answer.read().decode(errors="replace"))
    finally:
        connection.close()


def local(port: int) -> HTTPConnection:
    """Return a connection to a port of this machine."""
    return HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
