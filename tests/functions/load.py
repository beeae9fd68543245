"""Two hundred answers at once, while the provider is slow or dies, or the database does: each is billed once.

They take minutes and stop the stack's database, so they are not of the suite: `make test-load` runs them.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from contextlib import suppress
from typing import Any

import psutil
import psycopg

from tests.functions.crowd import ask_at_once, served, settled, stored
from tests.functions.models import ModelServer
from tests.functions.people import newcomer
from tests.functions.server import workers_of
from tests.functions.test_resilience import functions, killed_provider, models, troubled_database
from tests.support import Stack, groundwork

__all__ = ["functions", "models"]

CALLS = 200
WAVES = 4


def memory_of(url: str) -> int:
    """Return the bytes of memory that the workers take."""
    return sum(int(worker.memory_info().rss) for worker in workers_of(url))


def server_of(stack: Stack) -> psutil.Process:
    """Return the database's first process."""
    with psycopg.connect(stack.db_url) as connection:
        found: Any = connection.execute("select pg_backend_pid()").fetchone()
        assert psutil.pid_exists(found[0]), "this needs the database on this machine"
        # While the connection is open: its process ends with it.
        server = psutil.Process(found[0]).parent()
        assert server is not None
        return server


def test_two_hundred_at_once_are_stored_and_billed_once(stack: Stack, models: ModelServer, functions: str) -> None:
    taken = []
    for wave in range(1, WAVES + 1):
        person = newcomer(stack)
        models.journal.write_text("")
        ends = ask_at_once(functions, person, "words-10-100", CALLS)
        assert Counter(ends) == {"done": CALLS}
        assert Counter(settled(stack, person)) == served(models)
        answers = stored(stack, person)
        assert Counter(answers) == {("".join(f"word{index} " for index in range(10)), "completed"): CALLS}
        taken.append(memory_of(functions))
        print(f"wave {wave}: the workers take {taken[-1] / 2**20:.0f} MB")  # noqa: T201 - what a load test is for
    # The first wave makes the threads and connections; after that nothing is left behind by an answer.
    assert taken[-1] <= 1.1 * taken[0]


def test_a_provider_that_is_killed_leaves_a_true_ledger(stack: Stack, models: ModelServer, functions: str) -> None:
    killed_provider(stack, models, functions, CALLS)


def test_a_database_that_crashes_loses_nothing(stack: Stack, models: ModelServer, functions: str) -> None:
    def crash() -> None:
        # One backend killed hard, and Postgres ends them all and recovers.
        with suppress(psycopg.OperationalError), psycopg.connect(stack.db_url) as connection:
            victim: Any = connection.execute("select pg_backend_pid()").fetchone()
            os.kill(victim[0], signal.SIGKILL)

    troubled_database(stack, models, functions, CALLS, crash)


def test_a_database_that_is_restarted_loses_nothing(stack: Stack, models: ModelServer, functions: str) -> None:
    server = server_of(stack)
    assert stack.instance is not None

    def restart() -> None:
        # A fast shutdown: it ends the sessions, writes a checkpoint, and is gone for as long as starting it takes.
        server.send_signal(signal.SIGINT)
        server.wait(60)
        healed = groundwork("start", "--name", str(stack.instance))
        assert healed.returncode == 0, healed.stderr

    troubled_database(stack, models, functions, CALLS, restart)
