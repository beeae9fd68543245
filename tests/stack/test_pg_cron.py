"""pg_cron, on a server that has it: it gets the jobs from the migrations, and runs them.

Collected only there (see conftest.py). Elsewhere the local stack runs what is due, which
tests/database/test_maintenance.py sees.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from groundwork.stack import bootstrap
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from groundwork.stack.status import context_of
from tests.conftest import own_stack
from tests.database.support import value
from tests.support import ROOT, Stack


@pytest.fixture(scope="module")
def cron_stack() -> Iterator[Stack]:
    """Return a stack in the one database of the server that pg_cron looks at; it is emptied at the end."""
    server = os.environ["GROUNDWORK_TEST_DB_URL"]
    with psycopg.connect(server) as connection:
        name = value(connection, "select current_setting('cron.database_name')")
    url = urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    with psycopg.connect(url, autocommit=True) as connection:
        # Two runs on one server take turns.
        connection.execute("select pg_advisory_lock(hashtextextended('groundwork.test_pg_cron', 0))")
        taken = value(
            connection, "select count(*) from pg_namespace where nspname in ('auth', 'private', 'storage')"
        )
        assert not taken, f"the database {name} of pg_cron is not empty: give it a server of its own"
        with contextmanager(own_stack)("server", url, "-cron") as stack:
            assert stack.instance is not None
            database = context_of(Instance(Project.load(ROOT), stack.instance)).database
            try:
                yield stack
            finally:
                bootstrap.empty(database)


def test_the_jobs_are_there_and_run(cron_stack: Stack) -> None:
    with psycopg.connect(cron_stack.db_url, autocommit=True) as connection:
        jobs = "select 'groundwork-' || name, schedule, format('select public.run_maintenance(%L)', name)"
        told = (
            "select jobname, schedule, command from cron.job where active and database = current_database() "
            'and username = current_user order by jobname collate "C"'
        )
        expected = connection.execute(f'{jobs} from maintenance_jobs order by name::text collate "C"').fetchall()
        assert len(expected) >= 12
        assert connection.execute(told).fetchall() == expected

        # The service role changes a schedule through the Data API, and pg_cron is told.
        headers = {
            "apikey": cron_stack.service_role_key,
            "Authorization": f"Bearer {cron_stack.service_role_key}",
        }
        changed = httpx.patch(
            f"{cron_stack.api_url}/rest/v1/maintenance_jobs?name=eq.sessions",
            headers=headers,
            json={"schedule": "7 7 * * *"},
        )
        assert changed.status_code == 204, changed.text
        schedule = "select schedule from cron.job where jobname = 'groundwork-sessions'"
        assert value(connection, schedule) == "7 7 * * *"

        # The job of every minute runs, and leaves a record here and there.
        ran = (
            "select count(*) from cron.job_run_details "
            "where command ~ 'usage-reservations' and status = 'succeeded'"
        )
        deadline = time.monotonic() + 130
        while not value(connection, ran) and time.monotonic() < deadline:
            time.sleep(0.5)
        assert value(connection, ran), connection.execute("select * from cron.job_run_details").fetchall()
        record = (
            "select count(*) from maintenance_runs r join cron.job_run_details d "
            "on r.started_at between d.start_time and d.end_time where r.job = 'usage-reservations' "
            "and d.command ~ r.job and r.error is null and d.status = 'succeeded'"
        )
        assert value(connection, record)
