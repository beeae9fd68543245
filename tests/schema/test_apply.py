"""A SQL file becomes a migration that is applied, or nothing is left of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from groundwork.schema.apply import compose, file_name
from groundwork.schema.cli import app
from groundwork.schema.scratch import ScratchServer
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project
from tests.support import ROOT

GOOD = """\
create table private.invoices (id uuid primary key, number text not null unique);
alter table private.invoices enable row level security;
"""
ENDS = ("begin;", "commit;", "rollback;", "savepoint here;", "end;")


@dataclass
class Place:
    """A project of its own with one migration, and a database that has it."""

    root: Path
    url: str
    server: str

    def apply(self, text: str, *options: str) -> Result:
        (self.root / "new.sql").write_text(text)
        arguments = ["apply", "new.sql", "Add invoices!", "--db-url", self.url, "--server", self.server, *options]
        return CliRunner().invoke(app, arguments)

    def migrations(self) -> list[str]:
        return [path.name for path in Project.load(self.root).migrations]

    def history(self) -> list[str]:
        with psycopg.connect(self.url) as connection:
            rows = connection.execute(
                "select version from supabase_migrations.schema_migrations order by 1"
            ).fetchall()
        return [row[0] for row in rows]

    def has(self, table: str) -> bool:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
        return bool(row and row[0])


@pytest.fixture
def place(scratch: ScratchServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    (tmp_path / "supabase" / "migrations").mkdir(parents=True)
    shutil.copy(ROOT / "supabase" / "config.toml", tmp_path / "supabase")
    first = ROOT / "supabase" / "migrations" / "20261123000001_foundation.sql"
    shutil.copy(first, tmp_path / "supabase" / "migrations")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    monkeypatch.chdir(tmp_path)
    with scratch.database() as database:
        with database.connect() as connection:
            connection.execute("set session authorization postgres")  # the role that the CLI becomes
            connection.execute(first.read_bytes())
            connection.execute("create schema supabase_migrations")
            connection.execute(
                "create table supabase_migrations.schema_migrations "
                "(version text primary key, statements text[], name text)"
            )
            connection.execute("insert into supabase_migrations.schema_migrations values ('20261123000001')")
        url = database.url(database.admin)
        yield Place(tmp_path, url, scratch.server.url(scratch.server.admin))


def test_a_file_becomes_a_migration(place: Place) -> None:
    rehearsed = place.apply(GOOD, "--dry-run")
    assert rehearsed.exit_code == 0, rehearsed.output
    assert len(place.migrations()) == 1 and not place.has("private.invoices")

    done = place.apply(GOOD, "--lock-timeout", "2s")
    assert done.exit_code == 0, done.output
    first, second = place.migrations()
    assert second > first and second.endswith("_add_invoices.sql")
    assert (place.root / "supabase" / "migrations" / second).read_text().startswith("set lock_timeout = '2s';\n")
    assert place.has("private.invoices")
    assert place.history() == [first.split("_")[0], second.split("_")[0]]


def test_what_is_not_valid_is_not_applied(place: Place) -> None:
    refused = place.apply("create table public.open_to_all (id uuid primary key);\n")
    assert refused.exit_code == 1
    assert "no-rls" in refused.stderr
    assert len(place.migrations()) == 1 and not place.has("public.open_to_all")


def test_a_failure_leaves_no_trace(place: Place) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("set session authorization postgres")
        connection.execute("create table private.taken (id uuid primary key)")
    before = place.history()
    failed = place.apply(GOOD + "create table private.taken (id uuid primary key);\n")
    assert failed.exit_code == 1, failed.output
    assert "already exists" in failed.stderr and "Nothing was changed" in failed.stderr
    assert len(place.migrations()) == 1 and place.history() == before
    assert not place.has("private.invoices"), "the statements before the one that failed are undone"


def test_a_lock_that_is_held_is_not_waited_for(place: Place) -> None:
    place.apply(GOOD)
    with psycopg.connect(place.url) as connection:
        connection.execute("lock table private.invoices")
        change = "alter table private.invoices add column note text;\n"
        for options in (["--dry-run"], []):
            failed = place.apply(change, "--lock-timeout", "200ms", *options)
            assert failed.exit_code == 1
            assert "--lock-timeout" in failed.stderr
    assert len(place.migrations()) == 2


def test_other_migrations_come_first(place: Place) -> None:
    (place.root / "supabase" / "migrations" / "20261123000002_more.sql").write_text("select 1;\n")
    refused = place.apply(GOOD)
    assert refused.exit_code == 2
    assert "20261123000002_more.sql" in refused.stderr


def test_a_version_is_later_than_all_others(place: Place) -> None:
    project = Project.load(place.root)
    assert file_name(project, "x", datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)) == "20270102030405_x.sql"
    assert file_name(project, "x", datetime(2020, 1, 1, tzinfo=UTC)) == "20261123000002_x.sql"


@pytest.mark.parametrize(
    "text",
    [
        f"begin;\n{GOOD}commit;\n",
        f"{GOOD}commit;\ncreate table private.taken (id uuid primary key);\n",
        f"{GOOD}rollback;\n",
        f"savepoint here;\n{GOOD}",
        # What silences validation does not make one transaction of two.
        f"-- groundwork: allow transaction-control because I say so\nend;\n{GOOD}",
    ],
)
def test_a_file_that_ends_the_transaction_is_refused(place: Place, text: str) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("set session authorization postgres")
        connection.execute("create table private.taken (id uuid primary key)")
    line = next(number for number, words in enumerate(text.splitlines(), 1) if words.endswith(ENDS))
    for options in (["--dry-run"], []):
        refused = place.apply(text, *options)
        assert refused.exit_code == 1, refused.output
        assert f"new.sql:{line}" in refused.stderr and "transaction" in refused.stderr
        assert not place.has("private.invoices")
    assert len(place.migrations()) == 1 and len(place.history()) == 1
    with pytest.raises(StackError, match=rf"new\.sql:{line} begins or ends a transaction"):
        compose(place.root / "new.sql", "5s")
