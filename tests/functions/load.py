"""Many answers at once, while the provider is slow or dies, or the database does: each is billed once.

They take a minute and crash the stack's database, so they are not of the suite: `make test-load` runs them.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from tests.functions.models import ModelServer, model_server
from tests.functions.people import Person, newcomer
from tests.functions.server import functions_server
from tests.support import Stack

CALLS = 200
LATER = "select count(*) from private.usage_reservations where user_id = %s and state = 'open'"


@pytest.fixture
def models(tmp_path: Path) -> Iterator[ModelServer]:
    with model_server(tmp_path) as server:
        yield server


@pytest.fixture
def functions(stack: Stack, models: ModelServer) -> Iterator[str]:
    providers = f'[providers.local]\nbase_url = "{models.url}/v1"\ncontinuous_usage = true\ntimeout = 20\n'
    with functions_server(stack, {"GROUNDWORK_PROVIDERS": providers}, workers=2, threads=128) as url:
        warm_up(url)
        yield url


def warm_up(url: str) -> None:
    """Let both workers load what they serve."""
    for _ in range(6):
        httpx.post(f"{url}/chat", json={}, timeout=60)


def ask_at_once(url: str, person: Person, model: str, calls: int) -> list[str]:
    """Ask so many questions at once and return how each stream ended: done, error, refused or broken."""

    async def one(client: httpx.AsyncClient, number: int) -> str:
        body = {"message": f"Question {number}", "stream": True, "model": model}
        last = "broken"
        try:
            async with client.stream("POST", f"{url}/chat", json=body) as answer:
                if answer.status_code != 200:
                    return "refused"
                async for line in answer.aiter_lines():
                    if line.startswith("event:"):
                        last = line[6:].strip()
        except httpx.HTTPError:
            return "broken"
        return last

    async def everyone() -> list[str]:
        headers = {"Authorization": f"Bearer {person.token}"}
        limits = httpx.Limits(max_connections=calls)
        async with httpx.AsyncClient(headers=headers, limits=limits, timeout=180, trust_env=False) as client:
            return await asyncio.gather(*(one(client, number) for number in range(calls)))

    return asyncio.run(everyone())


def settled(stack: Stack, person: Person, patience: float = 60) -> list[tuple[int, int]]:
    """Return the tokens of a person's calls in the ledger, once nothing is held any more."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with psycopg.connect(stack.db_url) as connection:
                held: Any = connection.execute(LATER, [person.id]).fetchone()
                rows = connection.execute(
                    "select tokens_input, tokens_output from api_usage where user_id = %s", [person.id]
                ).fetchall()
                if held == (0,):
                    return [(int(str(row[0])), int(str(row[1]))) for row in rows]
        except psycopg.OperationalError:
            held = None
        assert time.monotonic() < deadline, f"still held: {held}"
        time.sleep(0.2)


def stored(stack: Stack, person: Person) -> list[tuple[str, str]]:
    """Return what the person was answered, and how each answer ended."""
    with psycopg.connect(stack.db_url) as connection:
        return connection.execute(
            "select m.content, g.status::text from chat_generations g"
            " join messages m on m.id = g.message_id where g.user_id = %s",
            [person.id],
        ).fetchall()


def served(models: ModelServer) -> Counter[tuple[int, int]]:
    """Return what the provider says that it served, of calls that brought anything."""
    return Counter((call["input"], call["output"]) for call in models.served().values() if call["output"])


def later(seconds: float, action: Callable[[], None]) -> threading.Thread:
    """Do something in a while, beside the calls."""
    thread = threading.Timer(seconds, action)
    thread.start()
    return thread


def test_two_hundred_at_once_are_stored_and_billed_once(stack: Stack, models: ModelServer, functions: str) -> None:
    person = newcomer(stack)
    ends = ask_at_once(functions, person, "words-10-100", CALLS)
    assert Counter(ends) == {"done": CALLS}
    assert Counter(settled(stack, person)) == served(models)
    answers = stored(stack, person)
    assert Counter(answers) == {("".join(f"word{index} " for index in range(10)), "completed"): CALLS}


def test_a_provider_that_is_killed_leaves_a_true_ledger(stack: Stack, models: ModelServer, functions: str) -> None:
    person = newcomer(stack)
    killer = later(6, models.process.kill)
    ends = ask_at_once(functions, person, "words-200-100", 50)
    killer.join()
    assert "done" not in ends
    ledger = settled(stack, person)
    told = served(models)
    # The provider may die between sending a word and writing it down.
    assert len(ledger) == told.total()
    assert abs(sum(output for _, output in ledger) - sum(output for _, output in told.elements())) <= len(ledger)
    for content, status in stored(stack, person):
        assert status == "failed"
        assert content.startswith("word0 ")


def test_a_database_that_crashes_loses_nothing(stack: Stack, models: ModelServer, functions: str) -> None:
    with psycopg.connect(stack.db_url) as connection:
        found: Any = connection.execute("select pg_backend_pid()").fetchone()
    assert psutil.pid_exists(found[0]), "this needs the database on this machine"
    person = newcomer(stack)

    def crash() -> None:
        # One backend killed hard, and Postgres ends them all and recovers.
        with suppress(psycopg.OperationalError), psycopg.connect(stack.db_url) as connection:
            victim: Any = connection.execute("select pg_backend_pid()").fetchone()
            os.kill(victim[0], signal.SIGKILL)

    crasher = later(8, crash)
    ends = ask_at_once(functions, person, "words-40-200", 50)
    crasher.join()
    assert set(ends) <= {"done", "refused"}
    assert "done" in ends
    ledger = settled(stack, person, 90)
    assert Counter(ledger) == served(models)
    assert len(stored(stack, person)) == ends.count("done")
