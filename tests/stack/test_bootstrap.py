"""The database is what a hosted project's database is: who owns it, who may do what."""

from __future__ import annotations

import psycopg
import pytest

from tests.support import Stack, sign_up

Connection = psycopg.Connection[tuple[object, ...]]


def test_migrations_run_as_no_superuser(db: Connection) -> None:
    row = db.execute(
        "select rolsuper, rolcreaterole, rolbypassrls, rolcanlogin from pg_roles where rolname = current_user"
    ).fetchone()
    assert row == (False, True, True, True)


@pytest.mark.parametrize(
    ("role", "login", "bypass"),
    [
        ("anon", False, False),
        ("authenticated", False, False),
        ("service_role", False, True),
        ("authenticator", True, False),
    ],
)
def test_the_api_roles(db: Connection, role: str, login: bool, bypass: bool) -> None:
    row = db.execute(
        "select rolcanlogin, rolbypassrls, rolsuper, rolcreaterole from pg_roles where rolname = %s", [role]
    ).fetchone()
    assert row == (login, bypass, False, False)


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_the_owner_may_become_an_api_role(db: Connection, role: str) -> None:
    db.execute(f"set local role {role}")
    assert db.execute("select current_user::text").fetchone() == (role,)


@pytest.mark.parametrize(
    "setting",
    ["""{"sub": "11111111-1111-4111-8111-111111111111", "role": "authenticated", "email": "a@example.com"}"""],
)
def test_who_is_calling_is_read_from_either_setting(db: Connection, setting: str) -> None:
    query = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() ->> 'role'"
    db.execute("set local role authenticated")
    assert db.execute(query).fetchone() == (None, None, None, None)
    db.execute("select set_config('request.jwt.claims', %s, true)", [setting])
    expected = ("11111111-1111-4111-8111-111111111111", "authenticated", "a@example.com", "authenticated")
    assert db.execute(query).fetchone() == expected
    db.execute("select set_config('request.jwt.claims', '', true)")
    db.execute("select set_config('request.jwt.claim.sub', %s, true)", [expected[0]])
    assert db.execute("select auth.uid()::text").fetchone() == (expected[0],)


def test_auth_users_can_be_referenced_and_triggered_on_but_not_altered(db: Connection) -> None:
    db.execute("create table public.scratch (user_id uuid references auth.users (id) on delete cascade)")
    db.execute("create function public.scratch_it() returns trigger language plpgsql as 'begin return new; end'")
    db.execute(
        "create trigger scratch after insert on auth.users for each row execute function public.scratch_it()"
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
        db.execute("alter table auth.users add column scratch int")
    with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
        db.execute("create table auth.scratch (id int)")


def test_policies_can_be_made_on_stored_objects(db: Connection) -> None:
    db.execute(
        "create policy scratch on storage.objects for select to anon using (storage.extension(name) = 'txt')"
    )


@pytest.mark.parametrize("extension", ["pg_trgm", "citext", "btree_gin", "vector", "pg_stat_statements"])
def test_extensions_can_be_made_as_on_hosted_supabase(db: Connection, extension: str) -> None:
    db.execute(f"create extension if not exists {extension} with schema extensions")


def test_api_roles_use_what_extensions_bring(db: Connection) -> None:
    db.execute("set local role anon")
    assert db.execute("select '[1,2]'::extensions.vector::text").fetchone() == ("[1,2]",)


def test_the_publication_of_realtime_takes_tables(db: Connection) -> None:
    db.execute("create table public.scratch (id int primary key)")
    db.execute("alter publication supabase_realtime add table public.scratch")


@pytest.mark.parametrize(("role", "limit"), [("anon", "3s"), ("authenticated", "8s"), ("authenticator", "8s")])
def test_queries_of_clients_are_limited(db: Connection, role: str, limit: str) -> None:
    row = db.execute("select rolconfig from pg_roles where rolname = %s", [role]).fetchone()
    assert row is not None and isinstance(row[0], list)
    assert f"statement_timeout={limit}" in row[0]


def test_clients_cannot_read_auth_or_private(stack: Stack, db: Connection) -> None:
    sign_up(stack)
    for role in ("anon", "authenticated"):
        db.execute(f"set local role {role}")
        with pytest.raises(psycopg.errors.InsufficientPrivilege), db.transaction():
            db.execute("select from auth.users")
        db.execute("reset role")
