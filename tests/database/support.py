"""Becoming somebody, calling something, looking at what came of it: what the database tests are written with."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus

Connection = psycopg.Connection[Any]


def create_user(connection: Connection, email: str | None = None, **metadata: object) -> UUID:
    """Sign somebody up, as the Auth server does it, and return their id."""
    user_id = uuid.uuid4()
    connection.execute(
        "insert into auth.users (id, email, raw_user_meta_data) values (%s, %s, %s)",
        [user_id, email or f"{user_id.hex}@example.com", json.dumps(metadata)],
    )
    return user_id


@contextmanager
def as_role(connection: Connection, role: str, **claims: object) -> Iterator[Connection]:
    """Be a role with claims, as PostgREST is for the length of a request.

    What fails is rolled back to the beginning of the block, so that the connection stays usable.
    """
    if connection.info.transaction_status == TransactionStatus.IDLE:
        connection.execute("select")  # begins the transaction, unless the connection commits each statement
    with connection.transaction():
        connection.execute(
            "select set_config('request.jwt.claims', %s, true), set_config('role', %s, true)",
            [json.dumps({"role": role, **claims}), role],
        )
        yield connection
        connection.execute("select set_config('role', 'none', true), set_config('request.jwt.claims', '', true)")


@contextmanager
def as_user(connection: Connection, user_id: UUID) -> Iterator[Connection]:
    """Be a signed-in person."""
    with as_role(connection, "authenticated", sub=str(user_id)):
        yield connection


@contextmanager
def as_anon(connection: Connection) -> Iterator[Connection]:
    """Be nobody: a request with the anon key."""
    with as_role(connection, "anon"):
        yield connection


@contextmanager
def as_service(connection: Connection) -> Iterator[Connection]:
    """Be the service role."""
    with as_role(connection, "service_role"):
        yield connection


@contextmanager
def refused(*sqlstates: str, says: str = "") -> Iterator[None]:
    """Expect a refusal with one of these SQLSTATEs; write it before `as_user`, which rolls back what failed."""
    with pytest.raises(psycopg.Error, match=says or None) as caught:
        yield
    assert caught.value.sqlstate in sqlstates, f"{caught.value.sqlstate}: {caught.value}"
    if str(caught.value.sqlstate).startswith("PT"):
        assert caught.value.diag.message_hint, "what a client can act on comes with a hint"


def value(connection: Connection, query: str | sql.Composed, *parameters: object) -> Any:
    """Return the first column of the first row, or None where there is no row."""
    row = connection.execute(query, parameters or None).fetchone()
    return None if row is None else row[0]


def values(connection: Connection, query: str | sql.Composed, *parameters: object) -> list[Any]:
    """Return the first column of every row."""
    return [row[0] for row in connection.execute(query, parameters or None).fetchall()]


def call(connection: Connection, function: str, **arguments: object) -> Any:
    """Call a function of public by named arguments, as PostgREST does, and return what it returns."""
    named = sql.SQL(", ").join(
        sql.SQL("{} => {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in arguments
    )
    query = sql.SQL("select public.{}({})").format(sql.Identifier(function), named)
    row = connection.execute(query, arguments).fetchone()
    return None if row is None else row[0]


def insert(connection: Connection, table: str, *, returning: str = "id", **columns: Any) -> Any:
    """Insert a row and return one of its columns."""
    query = sql.SQL("insert into public.{} ({}) values ({}) returning {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(map(sql.Placeholder, columns)),
        sql.Identifier(returning),
    )
    row = connection.execute(query, columns).fetchone()
    return None if row is None else row[0]


def make_organization(connection: Connection, owner: UUID, /, **members: UUID | list[UUID]) -> UUID:
    """Make an organization with an owner, and members by role, and return its id."""
    organization_id: UUID = insert(
        connection,
        "organizations",
        name="Acme",
        slug=f"acme-{uuid.uuid4().hex[:12]}",
        created_by=owner,
    )
    for role, user_ids in members.items():
        for user_id in user_ids if isinstance(user_ids, list) else [user_ids]:
            insert(
                connection,
                "organization_members",
                returning="user_id",
                organization_id=organization_id,
                user_id=user_id,
                role=role,
            )
    return organization_id


class Session:
    """A connection with a thread of its own, so that it can wait for another one's lock."""

    def __init__(self, url: str, isolation: psycopg.IsolationLevel | None = None) -> None:
        self.connection: Connection = psycopg.connect(url)
        self.connection.isolation_level = isolation
        self.worker = ThreadPoolExecutor(1)

    def become(self, user_id: UUID) -> None:
        """Be a signed-in person until the end of the transaction."""
        self.connection.execute(
            "select set_config('request.jwt.claims', %s, true), set_config('role', 'authenticated', true)",
            [json.dumps({"role": "authenticated", "sub": str(user_id)})],
        )

    def run(self, query: str, *parameters: object) -> list[Any]:
        """Run a statement to its end and return its rows, if it has any."""
        cursor = self.connection.execute(query, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def start(self, query: str, *parameters: object) -> Future[list[Any]]:
        """Run a statement that will have to wait; return when it waits, or has ended after all."""
        future = self.worker.submit(self.run, query, *parameters)
        with psycopg.connect(self.connection.info.dsn, password=self.connection.info.password) as watcher:
            deadline = time.monotonic() + 10
            while not future.done() and time.monotonic() < deadline:
                if value(
                    watcher,
                    "select pg_blocking_pids(%s)",
                    self.connection.info.backend_pid,
                ):
                    break
                time.sleep(0.01)
            else:
                assert future.done(), "neither waits for a lock nor ends"
        return future

    def commit(self) -> None:
        self.connection.commit()

    def rollback(self) -> None:
        self.connection.rollback()

    def close(self) -> None:
        """Close the connection; whatever it was waiting for is given up."""
        self.connection.cancel()
        self.worker.shutdown(wait=True)
        self.connection.close()
