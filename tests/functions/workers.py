"""Workers of the ingestion queue as processes of a test's own, while the stack's is stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from tests.functions.embedding_server import EmbeddingServer
from tests.functions.server import settings_of
from tests.support import ROOT, Stack, groundwork

PATIENCE = 60.0


@contextmanager
def no_other_worker(stack: Stack) -> Iterator[None]:
    """Stop the stack's own worker; documents that other tests left waiting go on waiting."""
    with psycopg.connect(stack.db_url) as connection:
        connection.execute("update private.ingestions set run_after = 'infinity' where state = 'pending'")
    if stack.instance is None:
        # A stack that was running already has no worker.
        yield
        return
    worker = Instance(Project.load(ROOT), stack.instance).records()["worker"].process()
    assert worker is not None
    worker.terminate()
    worker.wait(60)
    yield
    assert groundwork("start", "--name", stack.instance).returncode == 0


@contextmanager
def worker(stack: Stack, provider: EmbeddingServer, key: str = "one") -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker of our own; it is killed at the end, if it was not before."""
    process = subprocess.Popen(
        [sys.executable, "-m", "functions.ingest.worker"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", **settings_of(stack), **provider.settings(key)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a worker as a machine that dies does."""
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so, but not for ever."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)
