"""docs/ingestion.md: what it shows is run, and what it says of limits is what the code has."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from functions._shared.embeddings import DIMENSIONS, OFFLINE_MODEL
from functions.ingest import chunk, extractor, fetch, formats, main, outcome, queue, work, worker
from tests.functions.people import newcomer
from tests.support import ROOT, Stack, code_blocks, run_node, run_python

DOCUMENT = (ROOT / "docs" / "ingestion.md").read_text()


def test_the_python(stack: Stack) -> None:
    (program,) = code_blocks(DOCUMENT, "python")
    done = run_python(program, stack.environment())
    assert done.returncode == 0, done.stderr
    first, progress, last = done.stdout.splitlines()
    assert (first, last) == ("completed", "completed")
    assert "'chunks_completed': 1, 'chunks_total': 1" in progress


def test_the_javascript(stack: Stack) -> None:
    (program,) = code_blocks(DOCUMENT, "js")
    done = run_node(program, stack.environment(), timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("tides # Tides")


@pytest.mark.parametrize("what", ["functions.ingest.worker", "curl"])
def test_the_shell(stack: Stack, what: str) -> None:
    """They run: the worker until it is told to end, cron's call until nothing is due."""
    (shell,) = (block for block in code_blocks(DOCUMENT, "sh") if what in block)
    person = newcomer(stack)
    headers = {"Authorization": f"Bearer {person.token}"}
    body = {"title": "Shell", "content": f"Sent for {what}."}
    answer = httpx.post(f"{stack.functions_url}/ingest", json=body, headers=headers, timeout=60)
    environment = {
        **os.environ,
        **stack.environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    process = subprocess.Popen(["bash", "-euc", shell], cwd=ROOT, env=environment, start_new_session=True)
    try:
        waited = httpx.post(f"{stack.functions_url}/ingest?wait=true", json=body, headers=headers, timeout=120)
        assert waited.json() == {"document_id": answer.json()["document_id"], "status": "completed"}
        if what == "curl":
            assert process.wait(100) == 0
        else:
            assert process.poll() is None, "it goes on until it is told to end"
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def test_the_limits_are_those_of_the_code(stack: Stack) -> None:
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|$", DOCUMENT.partition("## Settings")[0], re.MULTILINE))
    assert main.MAX_UPLOAD == fetch.MAX_BYTES == 50 * 1024**2
    said = {
        "a file, or what a web address gives": f"{fetch.MAX_BYTES >> 20} MiB",
        "text of a document": f"{formats.MAX_TEXT:,} characters",
        "passages of a document": f"{work.MAX_CHUNKS:,}",
        "pages of a PDF": f"{extractor.MAX_PAGES:,}",
        "what an office document unpacks to": (
            f"{extractor.MAX_UNPACKED >> 20} MiB, and {extractor.MAX_RATIO} times its size"
        ),
        "reading one file": (
            f"{extractor.CPU_SECONDS} s of processor time, {extractor.MEMORY >> 30} GiB of memory"
        ),
        "a web address": f"{main.LONGEST_URL:,} bytes, {fetch.SECONDS:g} s, {fetch.MAX_REDIRECTS} redirects",
    }
    assert {name: rows[name] for name in said} == said
    least, most = chunk.CAPACITY
    assert rows["a passage"].startswith(f"{most} tokens; it is closed from {least} on")
    assert f"up to {chunk.OVERLAP} of the one before" in rows["a passage"]
    import psycopg

    with psycopg.connect(stack.db_url) as connection:
        tries = connection.execute("select private.max_ingestion_attempts()").fetchone()
    assert rows["tries of a document"].startswith(f"{tries[0]}, ")  # type: ignore[index]


def test_the_settings_are_those_of_the_code() -> None:
    section = DOCUMENT.partition("## Settings")[2].partition("## The worker")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    files = [*(ROOT / "functions" / "ingest").glob("*.py"), ROOT / "functions" / "_shared" / "embeddings.py"]
    read = set()
    for file in files:
        read |= set(re.findall(r'environ(?:\.get\(|\[)"((?:EMBEDDINGS|INGEST)_\w+)"', file.read_text()))
    assert named == read
    assert f"vectors of {DIMENSIONS}" in section
    assert OFFLINE_MODEL.partition("/")[2] in section
    words = " ".join(DOCUMENT.split())
    assert f"works for up to {main.DRAIN_SECONDS:g} s" in words
    assert f"where it is not done after {outcome.WAIT_SECONDS:g} s" in words
    assert f"the first time after {work.FIRST_SECONDS:g} s, then after {work.SLICE_SECONDS:g} s each" in words
    assert (work.PREPARATIONS, worker.SHARE, worker.ASIDE) == (4, 4, 2)
    assert (
        "four times as long" in words
        and "long ones have a fifth of the time" in words
        and "That is two at" in words
    )
    assert f"takes more than {worker.ASIDE_SECONDS:g} s to read" in words
    assert queue.LEASE_SECONDS == 180 and "after three minutes" in words
    assert worker.BEAT_SECONDS == 2 and "every two seconds" in words
