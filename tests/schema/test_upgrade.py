"""What pending migrations change is told before, and what somebody changed by hand is noticed."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from click.testing import Result
from typer.testing import CliRunner

from groundwork.cli import app
from groundwork.schema.scratch import ScratchServer
from groundwork.schema.upgrade import Change, plan
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project
from tests.schema.test_apply import Place, place

__all__ = ["place"]

SECOND = """\
create table private.invoices (id uuid primary key);
alter table private.invoices enable row level security;
create or replace function private.is_time_zone(name text) returns boolean
language sql immutable set search_path = '' as 'select true';
grant select on private.invoices to service_role;
"""


def brief(changes: list[Change]) -> list[str]:
    return [f"{change.sign} {change.kind} {change.name}" for change in changes]


@pytest.fixture
def project(place: Place) -> Project:
    (place.root / "supabase" / "migrations" / "20261123000002_invoices.sql").write_text(SECOND)
    return Project.load(place.root)


def test_the_plan_names_what_changes(place: Place, project: Project, scratch: ScratchServer) -> None:
    found = plan(project, place.url, scratch)
    assert found.pending == ["20261123000002_invoices.sql"]
    assert found.by_hand == []
    assert brief(found.changes) == [
        "+ column private.invoices.id",
        "+ constraint private.invoices invoices_pkey",
        "~ function private.is_time_zone(text)",
        "+ grant private.invoices to service_role",
        "+ index private.invoices_pkey",
        "+ table private.invoices",
    ]
    assert not place.has("private.invoices")


def test_what_was_changed_by_hand_is_noticed(place: Place, project: Project, scratch: ScratchServer) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("create table private.by_hand (id uuid primary key)")
        connection.execute("grant execute on function private.is_time_zone(text) to anon")
    found = brief(plan(project, place.url, scratch).by_hand)
    assert "+ table private.by_hand" in found
    assert "+ grant private.is_time_zone(text) to anon" in found


def test_a_database_that_is_ahead_is_refused(place: Place, project: Project, scratch: ScratchServer) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("insert into supabase_migrations.schema_migrations values ('20991231000000')")
    with pytest.raises(StackError, match="20991231000000"):
        plan(project, place.url, scratch)


def upgrade(place: Place, *options: str) -> Result:
    return CliRunner().invoke(app, ["upgrade", "--db-url", place.url, "--server", place.server, *options])


@pytest.mark.usefixtures("project")
def test_a_plan_changes_nothing_and_an_upgrade_does_what_it_says(place: Place) -> None:
    planned = upgrade(place, "--plan")
    assert planned.exit_code == 0, planned.output
    assert "+ table private.invoices" in planned.stdout and "1 migrations, 6 changes" in planned.stdout
    assert not place.has("private.invoices") and len(place.history()) == 1
    done = upgrade(place)
    assert done.exit_code == 0, done.output
    assert done.stdout == planned.stdout
    assert place.has("private.invoices") and len(place.history()) == 2
    assert "0 migrations, 0 changes" in upgrade(place).stdout


@pytest.mark.usefixtures("project")
def test_what_was_changed_by_hand_is_upgraded_only_when_told(place: Place) -> None:
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("set session authorization postgres")
        connection.execute("create function private.by_hand() returns int language sql as 'select 1'")
    refused = upgrade(place)
    assert refused.exit_code == 1, refused.output
    assert "by hand + function private.by_hand()" in refused.stderr and "--force" in refused.stderr
    assert not place.has("private.invoices") and len(place.history()) == 1
    forced = upgrade(place, "--force")
    assert forced.exit_code == 0, forced.output
    assert place.has("private.invoices") and len(place.history()) == 2


def test_a_migration_that_fails_leaves_nothing(place: Place, project: Project) -> None:
    path = project.root / "supabase" / "migrations" / "20261123000003_note.sql"
    path.write_text(
        "create table private.notes (id int primary key);\nalter table private.invoices add note text;\n"
    )
    with psycopg.connect(place.url) as connection:
        # Somebody reads what the second migration makes, and does not end: it cannot have the lock.
        first = upgrade_without(place, path)
        assert first.exit_code == 0, first.output
        connection.execute("select from private.invoices")
        refused = upgrade(place, "--lock-timeout", "200ms")
    assert refused.exit_code == 1, refused.output
    assert "--lock-timeout" in refused.stderr
    assert not place.has("private.notes"), "the statement before the one that failed is undone"
    assert len(place.history()) == 2
    assert upgrade(place).exit_code == 0
    assert place.has("private.notes")


def upgrade_without(place: Place, path: Path) -> Result:
    """Upgrade to what comes before a migration."""
    text = path.read_text()
    path.unlink()
    try:
        return upgrade(place)
    finally:
        path.write_text(text)


def test_what_is_no_time_is_refused(place: Place) -> None:
    refused = upgrade(place, "--lock-timeout", "soon; drop")
    assert refused.exit_code == 2
    assert "Write it like 5s" in refused.stderr


THINGS = """\
create table private.things (id uuid primary key, owner uuid);
alter table private.things enable row level security;
create policy things_select on private.things for select to authenticated using (owner is not null);
create view private.seen with (security_invoker = true) as select id from private.things;
create function private.stamp() returns trigger language plpgsql set search_path = '' as 'begin return new; end';
create trigger things_stamp before update on private.things for each row execute function private.stamp();
create policy things_files on storage.objects for select to authenticated using (bucket_id = 'things');
"""
RESTRICTIVE = """\
create policy things_select on private.things
as restrictive for select to authenticated using (owner is not null)
"""


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            f"drop policy things_select on private.things; {RESTRICTIVE}",
            "~ policy private.things things_select",
        ),
        ("alter view private.seen set (security_invoker = false)", "~ view private.seen"),
        ("alter view private.seen reset (security_invoker)", "~ view private.seen"),
        ("alter table private.things disable trigger things_stamp", "~ trigger private.things things_stamp"),
        ("alter table private.things enable always trigger things_stamp", "~ trigger private.things things_stamp"),
        ("grant select on private.things to public", "+ grant private.things to public"),
        ("grant update (owner) on private.things to public", "+ grant private.things.owner to public"),
        ("alter policy things_files on storage.objects using (true)", "~ policy storage.objects things_files"),
        ("drop policy things_files on storage.objects", "- policy storage.objects things_files"),
    ],
)
def test_each_change_by_hand_is_refused(place: Place, scratch: ScratchServer, change: str, told: str) -> None:
    (place.root / "supabase" / "migrations" / "20261123000002_things.sql").write_text(THINGS)
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("set session authorization postgres")
        connection.execute(THINGS)
        connection.execute("insert into supabase_migrations.schema_migrations values ('20261123000002')")
        # Of the files of others nothing is known here.
        connection.execute("create policy others on storage.objects for select to authenticated using (false)")
        assert plan(Project.load(place.root), place.url, scratch).by_hand == []
        connection.execute(change.encode())
    refused = upgrade(place)
    assert refused.exit_code == 1, refused.output
    assert refused.stderr.splitlines()[0] == f"by hand {told}"
