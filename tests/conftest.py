"""The stack that the tests run on, and connections to it.

By default a fresh instance of the local stack, gone at the end. GROUNDWORK_TEST_DB_URL lets it use a database
of its own on the Postgres server at that URL. GROUNDWORK_TEST_ENV_FILE names a file with the output of
`supabase status -o env`: then the tests use that running stack.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
import pytest
from psycopg import sql

from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from groundwork.stack.status import context_of
from supabase import Client
from tests.support import ROOT, Stack, client_for, free_port, groundwork

PREFIX = "test"
SWEEP = re.compile(r"test[-_](\d+)([-_][a-z]+)?")


def pytest_configure() -> None:
    """Let a run that is asked to end clean up after itself, as one that is interrupted does."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_report_header() -> str:
    """Say which stack the tests use."""
    environment = os.environ
    chosen = environment.get("GROUNDWORK_TEST_ENV_FILE") or environment.get("GROUNDWORK_TEST_DB_URL")
    return f"stack: {chosen or 'embedded'}"


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """Return the running stack."""
    if file := os.environ.get("GROUNDWORK_TEST_ENV_FILE"):
        yield running_stack(Path(file))
    elif server := os.environ.get("GROUNDWORK_TEST_DB_URL"):
        with own_database(server) as url:
            yield from own_stack("server", url)
    else:
        yield from own_stack("embedded", None)


def own_stack(kind: str, db_url: str | None, suffix: str = "") -> Iterator[Stack]:
    """Start an instance of this process's own, a second by a suffix, and remove it at the end whatever happens."""
    for instance in Instance.all(Project.load(ROOT)):
        if is_left_over(instance.name):
            groundwork("stop", "--delete", "--name", instance.name)
    name = f"{PREFIX}-{os.getpid()}{suffix}"
    target = ["--db-url", db_url] if db_url else []
    try:
        started = groundwork("start", "--name", name, "--port", str(free_port()), *target)
        if started.returncode != 0:
            pytest.exit(f"the stack does not start:\n{started.stderr}", returncode=1)
        status = groundwork("status", "--name", name, "-o", "json")
        assert status.returncode == 0, status.stderr
        database = context_of(Instance(Project.load(ROOT), name)).database
        admin = database.url(database.admin) if database.superuser else None
        yield stack_of(json.loads(status.stdout), kind=kind, admin_db_url=admin, instance=name)
    finally:
        groundwork("stop", "--delete", "--name", name)


@contextmanager
def own_database(server: str, suffix: str = "") -> Iterator[str]:
    """Make a database of this process's own on a server, yield its URL, and drop it at the end."""
    name = f"{PREFIX}_{os.getpid()}{suffix}"
    with psycopg.connect(server, autocommit=True) as connection:
        rows = connection.execute("select datname from pg_database where datname like 'test\\_%'").fetchall()
        for row in rows:
            if is_left_over(row[0]) or row[0] == name:
                connection.execute(
                    sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(row[0]))
                )
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def is_left_over(name: str) -> bool:
    """Return whether a name is that of a test run which is gone: it was killed and could not clean up."""
    match = SWEEP.fullmatch(name)
    return match is not None and not psutil.pid_exists(int(match[1]))


def running_stack(file: Path) -> Stack:
    """Return the stack that the output of `supabase status -o env` describes."""
    pairs = (line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    variables = {key.strip(): value.strip().strip("\"'") for key, value in pairs}
    variables.setdefault("FUNCTIONS_URL", f"{variables['API_URL']}/functions/v1")
    # The CLI's database lets supabase_admin in with the password of postgres.
    admin = variables["DB_URL"].replace("//postgres:", "//supabase_admin:")
    return stack_of(variables, kind="supabase", admin_db_url=admin, instance=None)


def stack_of(variables: dict[str, str], kind: str, admin_db_url: str | None, instance: str | None) -> Stack:
    """Return the stack that these variables describe."""
    return Stack(
        api_url=variables["API_URL"],
        db_url=variables["DB_URL"],
        anon_key=variables["ANON_KEY"],
        service_role_key=variables["SERVICE_ROLE_KEY"],
        jwt_secret=variables["JWT_SECRET"],
        functions_url=variables["FUNCTIONS_URL"],
        admin_db_url=admin_db_url,
        kind=kind,
        instance=instance,
    )


@pytest.fixture
def db(stack: Stack) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Return a connection as the migrations' role, in a transaction that is rolled back."""
    with psycopg.connect(stack.db_url) as connection:
        try:
            yield connection
        finally:
            connection.rollback()


@pytest.fixture
def anon_client(stack: Stack) -> Client:
    """Return a client that nobody is signed in with."""
    return client_for(stack, stack.anon_key)


@pytest.fixture
def service_client(stack: Stack) -> Client:
    """Return a client that acts as the service role."""
    return client_for(stack, stack.service_role_key)
