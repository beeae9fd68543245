"""Many calls at once, and what the database and the provider say of them afterwards."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, LiteralString

import httpx
import psycopg

from tests.functions.models import ModelServer
from tests.functions.people import Person, newcomer
from tests.support import Stack

HELD = "select count(*) from private.usage_reservations where user_id = %s and state = 'open'"
UNSURE = """
    select count(*) from private.usage_reservations where user_id = %s and (state = 'open' or is_estimate)
"""
LEDGER = """
    select sum(tokens_input), sum(tokens_output) from api_usage where user_id = %s
    group by coalesce(adjusts_id, id)
"""
Tokens = tuple[int, int]


def at_once(url: str, token: str, bodies: list[dict[str, Any]]) -> list[str]:
    """Call with all bodies at once and return how each ended: by its last line, refused, or broken."""

    async def one(client: httpx.AsyncClient, body: dict[str, Any]) -> str:
        last = "broken"
        try:
            async with client.stream("POST", url, json=body) as answer:
                if answer.status_code != 200:
                    return "refused"
                async for line in answer.aiter_lines():
                    if line.startswith(("event:", "data: [DONE]", "{")):
                        last = line.partition(":")[2].strip() if line.startswith("event:") else "done"
        except httpx.HTTPError:
            return "broken"
        return last

    async def everyone() -> list[str]:
        headers = {"Authorization": f"Bearer {token}"}
        limits = httpx.Limits(max_connections=len(bodies))
        async with httpx.AsyncClient(headers=headers, limits=limits, timeout=180, trust_env=False) as client:
            return await asyncio.gather(*(one(client, body) for body in bodies))

    return asyncio.run(everyone())


def warm_up(stack: Stack, url: str, models: ModelServer) -> None:
    """Let every worker load what it serves, and the provider forget it."""
    asked = {"model": "words-1-500", "messages": [{"role": "user", "content": "hi"}]}
    at_once(f"{url}/openai/v1/chat/completions", newcomer(stack).token, [asked] * 16)
    models.journal.write_text("")


def ask_at_once(url: str, person: Person, model: str, calls: int) -> list[str]:
    """Ask the assistant so many questions at once and return how each ended: done, error, refused or broken."""
    bodies = [{"message": f"Question {number}", "stream": True, "model": model} for number in range(calls)]
    return at_once(f"{url}/chat", person.token, bodies)


def settled(stack: Stack, person: Person, patience: float = 60, waiting: LiteralString = HELD) -> list[Tokens]:
    """Return the tokens of a person's calls in the ledger, once nothing is `waiting`."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with psycopg.connect(stack.db_url) as connection:
                held: Any = connection.execute(waiting, [person.id]).fetchone()
                rows = connection.execute(LEDGER, [person.id]).fetchall()
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


def served(models: ModelServer) -> Counter[Tokens]:
    """Return what the provider says that it served, of calls that brought anything."""
    return Counter((call["input"], call["output"]) for call in models.served().values() if call["output"])


def later(seconds: float, action: Callable[[], object]) -> threading.Thread:
    """Do something in a while, beside the calls."""
    thread = threading.Timer(seconds, action)
    thread.start()
    return thread
