"""The text of a file, read in a process of its own that is ended when it takes too long."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions._shared.errors import FunctionError
from functions.ingest.formats import BY_EXTENSION, known_format

SECONDS = 120.0
LOOK_SECONDS = 0.5
ROOT = Path(__file__).parents[2]
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
STATUS = {
    "unknown_encoding": 422,
    "no_text": 422,
    "too_much_text": 413,
    "too_many_pages": 413,
    "unpacks_too_large": 413,
}
HINT = "Send the file in another form, or its text as content."


def format_of(declared: str | None, name: str) -> str:
    """Return the media type of a file; raise FunctionError (415) for one that cannot be read."""
    found = known_format(declared, name)
    if found is None:
        raise FunctionError(
            415,
            "unsupported_format",
            "Files of this type cannot be read.",
            f"Send one of: {', '.join(sorted(BY_EXTENSION))}.",
        )
    return found


@dataclass(frozen=True)
class Extracted:
    """What a file says."""

    text: str
    title: str | None


def extract(
    data: bytes, format_: str, seconds: float = SECONDS, check: Callable[[], None] = lambda: None
) -> Extracted:
    """Return the text of a file; raise FunctionError (413, 422) that says why it cannot be read.

    `check` is called again and again meanwhile; what it raises ends the reading.
    """
    command = [sys.executable, "-m", "functions.ingest.extractor", format_]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        env={**environment, "RAYON_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        start_new_session=True,
    )
    deadline = time.monotonic() + seconds
    given: bytes | None = data
    try:
        while True:
            try:
                output, _ = process.communicate(given, timeout=min(LOOK_SECONDS, seconds))
                break
            except subprocess.TimeoutExpired:
                # What was not written yet is, by the next call.
                given = None
            if time.monotonic() > deadline:
                raise FunctionError(422, "too_complex", "Reading the file takes too long.", HINT)
            check()
    finally:
        end(process)
    return understood(output, process.returncode)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and whatever it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def understood(output: bytes, returncode: int) -> Extracted:
    """Return what the process printed; raise FunctionError for an error, or when it died of its limits."""
    try:
        answer = json.loads(output) if returncode == 0 else {}
    except ValueError:
        answer = {}
    if isinstance(answer.get("text"), str):
        return Extracted(answer["text"], answer.get("title"))
    code = str(answer.get("error", "too_complex"))
    message = str(answer.get("message", "Reading the file takes more time or memory than it may."))
    raise FunctionError(STATUS.get(code, 422), code, message, HINT)
