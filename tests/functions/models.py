"""Starts the provider that stands in for those outside, and reads what it says it served."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import ROOT, free_port


@dataclass(frozen=True)
class ModelServer:
    """A running provider."""

    port: int
    journal: Path
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def served(self) -> dict[int, dict[str, int]]:
        """Return the tokens of each call, by its number."""
        calls: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for line in self.journal.read_text().splitlines():
            number, what, amount = line.split()
            calls[int(number)][what] += int(amount)
        return calls

    def last(self) -> dict[str, int]:
        """Return the tokens of the newest call."""
        calls = self.served()
        return calls[max(calls)]


@contextmanager
def model_server(folder: Path, port: int | None = None) -> Iterator[ModelServer]:
    """Run a provider and end it afterwards."""
    chosen = port or free_port()
    journal = folder / "served.txt"
    command = [
        sys.executable,
        "-m",
        "tests.functions.model_server",
        "--port",
        str(chosen),
        "--journal",
        str(journal),
    ]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        await_port(chosen)
        yield ModelServer(chosen, journal, process)
    finally:
        process.kill()
        process.wait()


def await_port(port: int, patience: float = 30) -> None:
    """Wait until something listens at the port."""
    deadline = time.monotonic() + patience
    while True:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nothing listens at {port}"
        time.sleep(0.02)
