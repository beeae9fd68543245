"""What pending migrations change is told before, and what somebody changed by hand is noticed."""

from __future__ import annotations

import psycopg
import pytest

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
