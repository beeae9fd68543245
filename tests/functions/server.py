"""The functions as they are deployed: gunicorn, beside the stack, with an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.functions.models import await_port
from tests.support import ROOT, Stack, free_port


def settings_of(stack: Stack) -> dict[str, str]:
    """Return what Supabase gives its functions in the environment."""
    return {
        "SUPABASE_URL": stack.api_url,
        "SUPABASE_ANON_KEY": stack.anon_key,
        "SUPABASE_SERVICE_ROLE_KEY": stack.service_role_key,
        "SUPABASE_JWT_SECRET": stack.jwt_secret,
        "SUPABASE_DB_URL": stack.db_url,
    }


@contextmanager
def functions_server(
    stack: Stack,
    environment: Mapping[str, str],
    *,
    workers: int = 1,
    threads: int = 64,
    kill: bool = False,
    log: Path | None = None,
) -> Iterator[str]:
    """Serve the functions, yield their URL, and end them as a deployment does, or as a machine that dies.

    What they log goes to the file, or nowhere; with GROUNDWORK_TEST_VERBOSE set it can be seen.
    """
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind=127.0.0.1:{port}",
        "--worker-class=gthread",
    ]
    command += [
        f"--workers={workers}",
        f"--threads={threads}",
        "--no-control-socket",
        "--graceful-timeout=20",
    ]
    with (log or Path(os.devnull)).open("ab") as output:
        process = subprocess.Popen(
            [*command, "functions.app:app"],
            cwd=ROOT,
            env={**os.environ, **settings_of(stack), **environment},
            stdout=output,
            stderr=None if "GROUNDWORK_TEST_VERBOSE" in os.environ and log is None else output,
        )
    try:
        await_port(port)
        yield f"http://127.0.0.1:{port}/functions/v1"
    finally:
        if kill:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def workers_of(url: str) -> list[psutil.Process]:
    """Return the workers of the server at the URL."""
    place = f"--bind={urlsplit(url).netloc}"
    found = psutil.Process().children(recursive=True)
    (master,) = [one for one in found if place in one.cmdline() and one.ppid() == os.getpid()]
    return master.children()
