"""Calls under way while something dies: each is stored and billed once, for what the provider served.

A smaller version of load.py, on the stack that the other tests use.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.functions.crowd import UNSURE, ask_at_once, at_once, later, served, settled, stored, warm_up
from tests.functions.models import ModelServer, model_server
from tests.functions.people import Person, newcomer
from tests.functions.server import functions_server, workers_of
from tests.support import Stack, client_for

CALLS = 20
HELLO = [{"role": "user", "content": "hello there"}]


@pytest.fixture
def models(tmp_path: Path) -> Iterator[ModelServer]:
    with model_server(tmp_path) as server:
        yield server


@pytest.fixture
def functions(stack: Stack, models: ModelServer) -> Iterator[str]:
    providers = f'[providers.local]\nbase_url = "{models.url}/v1"\ncontinuous_usage = true\ntimeout = 20\n'
    with functions_server(stack, {"GROUNDWORK_PROVIDERS": providers}, workers=2) as url:
        warm_up(stack, url, models)
        yield url


def kill_the_busiest_worker(url: str) -> None:
    """Kill the worker that serves most of the calls, as the kernel does when memory runs out."""
    max(workers_of(url), key=lambda worker: len(worker.net_connections())).kill()


def bury(stack: Stack, person: Person) -> None:
    """Do what maintenance does when the time of a dead call has come."""
    client_for(stack, stack.service_role_key).rpc("reap_generations", {"p_silent_for": "0 seconds"}).execute()
    with psycopg.connect(stack.db_url) as connection:
        connection.execute(
            "update private.usage_reservations set expires_at = now() where user_id = %s and state = 'open'",
            [person.id],
        )
        connection.execute("select private.expire_usage_reservations()")
        connection.execute("select private.settle_reported_usage()")


@pytest.mark.parametrize("path", ["/chat", "/openai/v1/chat/completions"])
def test_streams_whose_worker_was_killed_are_charged_for_what_was_served(
    stack: Stack, models: ModelServer, functions: str, path: str
) -> None:
    person = newcomer(stack)
    said: dict[str, Any] = {"message": "Go on"} if path == "/chat" else {"messages": HELLO, "max_tokens": 200}
    killer = later(5, lambda: kill_the_busiest_worker(functions))
    ends = at_once(f"{functions}{path}", person.token, [{**said, "model": "words-80-100", "stream": True}] * CALLS)
    killer.join()
    assert "broken" in ends
    assert set(ends) <= {"broken", "done"}
    bury(stack, person)
    ledger = settled(stack, person)
    told = list(served(models).elements())
    assert len(ledger) == len(told) == CALLS
    assert {tokens for tokens, _ in ledger} == {tokens for tokens, _ in told}
    # What came to its end is charged exactly; of the others, what was served since the last report is not.
    assert Counter(ledger)[told[0][0], 80] == ends.count("done")
    for (_, charged), (_, true) in zip(sorted(ledger), sorted(told), strict=True):
        assert 0 < charged <= true


@pytest.mark.parametrize("path", ["/chat", "/openai/v1/chat/completions"])
def test_streams_that_were_taken_for_dead_are_charged_for_all_that_was_served(
    stack: Stack, models: ModelServer, functions: str, path: str
) -> None:
    person = newcomer(stack)
    said: dict[str, Any] = {"message": "Go on"} if path == "/chat" else {"messages": HELLO, "max_tokens": 200}
    # As after an outage during which nobody could say that they live.
    burial = later(5, lambda: bury(stack, person))
    ends = at_once(f"{functions}{path}", person.token, [{**said, "model": "words-80-100", "stream": True}] * CALLS)
    burial.join()
    assert ends == ["done"] * CALLS
    with psycopg.connect(stack.db_url) as connection:
        corrected = "select count(*) from api_usage where user_id = %s and adjusts_id is not null"
        ledger = settled(stack, person, waiting=UNSURE)
        assert connection.execute(corrected, [person.id]).fetchone() == (CALLS,)
    assert Counter(ledger) == served(models)
    if path == "/chat":
        answers = stored(stack, person)
        assert [status for _, status in answers] == ["completed"] * CALLS
        assert all(content.endswith("word79 ") for content, _ in answers)


def test_a_whole_answer_whose_worker_was_killed_is_reported_and_not_charged(
    stack: Stack, models: ModelServer, functions: str
) -> None:
    person = newcomer(stack)
    killer = later(3, lambda: [worker.kill() for worker in workers_of(functions)])
    body = {"model": "words-5-6000", "messages": HELLO}
    assert at_once(f"{functions}/openai/v1/chat/completions", person.token, [body]) == ["broken"]
    killer.join()
    bury(stack, person)
    assert settled(stack, person) == []
    with psycopg.connect(stack.db_url) as connection:
        expired = "select count(*) from private.usage_reservations where user_id = %s and state = 'expired'"
        assert connection.execute(expired, [person.id]).fetchone() == (1,)
        findings = connection.execute("select finding from private.health_findings()").fetchall()
    assert ("usage-unsettled",) in findings


def test_a_provider_that_is_killed_leaves_a_true_ledger(stack: Stack, models: ModelServer, functions: str) -> None:
    killed_provider(stack, models, functions, CALLS)


def killed_provider(stack: Stack, models: ModelServer, functions: str, calls: int) -> None:
    person = newcomer(stack)
    killer = later(6, models.process.kill)
    ends = ask_at_once(functions, person, "words-200-100", calls)
    killer.join()
    assert set(ends) <= {"error", "refused"}
    assert "error" in ends
    ledger, told = settled(stack, person), list(served(models).elements())
    # The provider may die between sending a word and writing it down.
    assert len(ledger) == len(told)
    assert abs(sum(output for _, output in ledger) - sum(output for _, output in told)) <= len(ledger)
    assert all(status == "failed" and content for content, status in stored(stack, person))


def test_connections_of_the_database_that_are_cut_lose_nothing(
    stack: Stack, models: ModelServer, functions: str
) -> None:
    def cut() -> None:
        # What a restart of Postgres looks like from here, on a server that others use too.
        for _ in range(3):
            with psycopg.connect(stack.admin_db_url or stack.db_url) as connection:
                connection.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity"
                    " where usename = 'authenticator' and datname = current_database()"
                )
            time.sleep(1)

    troubled_database(stack, models, functions, CALLS, cut)


def troubled_database(
    stack: Stack, models: ModelServer, functions: str, calls: int, trouble: Callable[[], object]
) -> None:
    person = newcomer(stack)
    maker = later(6, trouble)
    ends = ask_at_once(functions, person, "words-40-200", calls)
    maker.join()
    assert set(ends) <= {"done", "refused"}
    assert "done" in ends
    ledger, told = Counter(settled(stack, person, 90)), served(models)
    # A question that could not be stored is not charged, though the provider had begun to answer it.
    assert ledger <= told
    assert (told - ledger).total() <= ends.count("refused")
    answers = stored(stack, person)
    assert len(answers) == ends.count("done")
    assert {status for _, status in answers} == {"completed"}
