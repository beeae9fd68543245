"""What the database tests share: a world to look at, and sessions that race."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import UUID

import psycopg
import pytest

from tests.database.support import Connection, Session, create_user, make_organization
from tests.support import Stack


@pytest.fixture
def people(db: Connection) -> Callable[..., UUID]:
    """Return a function that signs somebody up within the test's transaction."""
    return lambda email=None, **metadata: create_user(db, email, **metadata)


class Committed:
    """Rows that other sessions see too, and a way to be rid of them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.users: list[UUID] = []

    def user(self, email: str | None = None, **metadata: object) -> UUID:
        """Sign somebody up for good."""
        self.users.append(create_user(self.connection, email, **metadata))
        return self.users[-1]

    def organization(self, owner: UUID, /, **members: UUID | list[UUID]) -> UUID:
        """Make an organization for good, with members by role."""
        return make_organization(self.connection, owner, **members)

    def clean_up(self) -> None:
        """Erase the people and every organization that they made or are in."""
        self.connection.execute(
            "delete from public.organizations where created_by = any(%(users)s) or id in "
            "(select organization_id from public.organization_members where user_id = any(%(users)s)) "
            "or slug in (select 'personal-' || replace(u::text, '-', '') from unnest(%(users)s::uuid[]) u)",
            {"users": self.users},
        )
        self.connection.execute("delete from auth.users where id = any(%s)", [self.users])


@pytest.fixture
def committed(stack: Stack) -> Iterator[Committed]:
    """Return what makes rows for good, as the migrations' role; they are erased after the test."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        made = Committed(connection)
        try:
            yield made
        finally:
            made.clean_up()


@pytest.fixture
def session(stack: Stack, committed: Committed) -> Iterator[Callable[..., Session]]:
    """Return a function that opens a session; all are closed before the rows are erased."""
    opened: list[Session] = []

    def open_session(isolation: psycopg.IsolationLevel | None = None) -> Session:
        opened.append(Session(stack.db_url, isolation))
        return opened[-1]

    yield open_session
    for one in opened:
        one.close()
