"""TCP ports: whether one is free, and who has it."""

from __future__ import annotations

import contextlib
import socket

import psutil

from groundwork.stack.errors import StackError

HIGHEST = 65534


def is_free(port: int) -> bool:
    """Return whether a server could listen on 127.0.0.1 at this port."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen(1)
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Return who listens on a port, as far as this user may know: `name (pid 12)` or an empty string."""
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN
            if listens and connection.laddr and connection.laddr.port == port and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


def check(port: int, purpose: str) -> None:
    """Raise StackError when a port cannot be used; the message names it, its holder and the way out."""
    if not 0 < port <= HIGHEST:
        raise StackError(f"Port {port} is no TCP port.", f"Give one from 1 to {HIGHEST} with --port.")
    if not is_free(port):
        who = holder(port)
        by = f" by {who}" if who else ""
        raise StackError(
            f"Port {port} ({purpose}) is taken{by}.",
            "End that program, or give another port with --port (the database takes the next one).",
        )
