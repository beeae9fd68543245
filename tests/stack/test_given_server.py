"""Stacks on a Postgres server given by URL, with passwords, shared by several of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
import pytest

from groundwork.stack import postgres
from groundwork.stack.database import embedded
from groundwork.stack.instance import Settings
from groundwork.stack.parts import PARTS, Context
from groundwork.stack.runner import await_parts, launch
from groundwork.stack.secrets import Secrets
from tests.stack.conftest import Checkout, make_checkout
from tests.support import free_port


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the superuser's URL of a server that asks for passwords and has no roles but that one."""
    yield from bare_server(make_checkout(tmp_path_factory.mktemp("server") / "project"))


@pytest.fixture
def another_server(tmp_path: Path) -> Iterator[str]:
    """Return the superuser's URL of a server that no other test touches."""
    yield from bare_server(make_checkout(tmp_path / "server"))


def bare_server(host: Checkout) -> Iterator[str]:
    """Run an embedded server without anything that a bootstrap would make."""
    instance = host.instance
    instance.make_folders()
    secrets = Secrets.generate()
    database = embedded(host.port + 1, secrets.passwords)
    context = Context(instance, Settings(host.port, host.port + 1), secrets, database)
    postgres.make_cluster(instance, secrets.passwords["supabase_admin"])
    launch(context, [PARTS["postgres"]])
    await_parts(context, [PARTS["postgres"]])
    yield database.url("supabase_admin")
    host.run("stop", "--all", "--delete")


@pytest.fixture
def database(server: str) -> Iterator[str]:
    """Return the superuser's URL of an empty database."""
    yield from empty_database(server, f"given_{free_port()}")


@pytest.fixture
def other_database(server: str) -> Iterator[str]:
    """Return the superuser's URL of another empty database."""
    yield from empty_database(server, f"given_{free_port()}")


def empty_database(server: str, name: str) -> Iterator[str]:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"create database {name}")
        yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        connection.execute(f"drop database {name} with (force)")


def works(variables: dict[str, str]) -> bool:
    answer = httpx.get(f"{variables['REST_URL']}/notes", headers={"apikey": variables["ANON_KEY"]})
    return answer.status_code == 200


def test_two_stacks_share_a_server(checkout: Checkout, database: str, other_database: str) -> None:
    checkout.start("--db-url", database)
    checkout.start("--name", "other", "--port", str(free_port()), "--db-url", other_database)
    mine, other = checkout.variables(), checkout.variables("--name", "other")
    assert works(mine) and works(other)
    assert "postgres" not in checkout.instance.records(), "no embedded server is started"

    with psycopg.connect(mine["DB_URL"]) as connection:
        row = connection.execute(
            "select rolsuper, rolbypassrls, rolname from pg_roles where rolname = current_user"
        )
        assert row.fetchone() == (False, True, "postgres"), "migrations run as no superuser"
        connection.execute("insert into public.notes (body) values ('kept')")

    assert checkout.run("stop").returncode == 0
    assert works(other)
    checkout.start()
    assert works(checkout.variables()), "it remembers its database"

    assert checkout.run("reset").returncode == 0
    assert works(checkout.variables()) and works(other)
    with psycopg.connect(mine["DB_URL"]) as connection:
        assert connection.execute("select from public.notes").fetchall() == []


def test_a_role_with_enough_rights_will_do(checkout: Checkout, another_server: str) -> None:
    with psycopg.connect(another_server, autocommit=True) as connection:
        connection.execute("create role enough login password 'pässword' createrole bypassrls")
        connection.execute("create schema extensions authorization enough")
        connection.execute("create extension vector with schema extensions")
        connection.execute("alter database postgres owner to enough")
    parts = urlsplit(another_server)
    checkout.start(
        "--db-url", urlunsplit(parts._replace(netloc=f"enough:p%C3%A4ssword@{parts.hostname}:{parts.port}"))
    )
    variables = checkout.variables()
    assert "//enough:" in variables["DB_URL"]
    assert works(variables)
    assert checkout.run("reset").returncode == 0
    assert works(variables)
    with checkout.connect() as connection:
        assert connection.execute("select '[1]'::extensions.vector").fetchone(), (
            "what only a superuser can make stays"
        )


def test_a_role_without_rights_is_told_what_it_lacks(checkout: Checkout, server: str, database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("drop role if exists nobody_much")
        connection.execute("create role nobody_much login password 'word'")
    parts = urlsplit(database)
    url = urlunsplit(parts._replace(netloc=f"nobody_much:word@{parts.hostname}:{parts.port}"))
    result = checkout.run("start", "--port", str(checkout.port), "--db-url", url)
    assert result.returncode == 1
    assert "CREATEROLE" in result.stderr


def test_a_wrong_password_is_said_to_be_wrong(checkout: Checkout, database: str) -> None:
    parts = urlsplit(database)
    url = urlunsplit(parts._replace(netloc=f"supabase_admin:wrong@{parts.hostname}:{parts.port}"))
    result = checkout.run("start", "--port", str(checkout.port), "--db-url", url)
    assert result.returncode == 1
    assert "password authentication failed" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("nonsense", "no Postgres URL"),
        ("postgresql:///x?host=/tmp", "Unix socket"),
        ("postgresql://a@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_useless_url_is_refused(checkout: Checkout, url: str, complaint: str) -> None:
    result = checkout.run("start", "--port", str(checkout.port), "--db-url", url)
    assert result.returncode == 1
    assert complaint in result.stderr
    assert "Traceback" not in result.stderr


def test_a_role_of_somebody_else_keeps_its_password(checkout: Checkout, server: str, database: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("alter role authenticator with password 'somebody else''s'")
        connection.execute("comment on role authenticator is null")
        try:
            result = checkout.run("start", "--port", str(checkout.port), "--db-url", database)
            assert result.returncode == 1
            assert "Role authenticator exists on the server" in result.stderr
        finally:
            connection.execute("comment on role authenticator is 'made by groundwork'")
