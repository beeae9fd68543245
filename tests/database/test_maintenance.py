"""Maintenance: the jobs, their schedules, their records; and what the jobs of usage do."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.metering import Tenant, here, make_tenant, summary_by
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    create_user,
    insert,
    refused,
    value,
    values,
)

__all__ = ["here"]


def run(db: Connection, job: str | None = None) -> list[dict[str, Any]]:
    report: list[dict[str, Any]] = call(db, "run_maintenance", p_job=job)
    return report


# Schedules -----------------------------------------------------------------------------------------------

NUMBERS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


@st.composite
def fields(draw: st.DrawFn, lowest: int, highest: int) -> str:
    """Return a field of a schedule."""
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        first = draw(st.integers(lowest, highest))
        last = draw(st.integers(first, highest))
        step = draw(st.integers(1, 30))
        parts.append(
            draw(
                st.sampled_from(
                    (f"{first}", f"{first}-{last}", f"{first}-{last}/{step}", f"*/{step}", f"{first}/{step}")
                )
            )
        )
    return draw(st.sampled_from(("*", ",".join(parts))))


def meant(field: str, lowest: int, highest: int) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = lowest if first == "*" else int(first)
        end = highest if first == "*" or (step and not last) else int(last or first)
        found.update(range(start, end + 1, int(step or 1)))
    return found


def is_due(schedule: list[str], moment: datetime) -> bool:
    """Return what cron would say of this minute."""
    minutes, hours, days, months, weekdays = (
        meant(field, *bounds) for field, bounds in zip(schedule, NUMBERS, strict=True)
    )
    day, weekday = moment.day in days, moment.isoweekday() % 7 in weekdays
    right_day = (day and weekday) if "*" in (schedule[2], schedule[4]) else (day or weekday)
    return moment.minute in minutes and moment.hour in hours and moment.month in months and right_day


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    schedule=st.tuples(*(fields(*bounds) for bounds in NUMBERS)).map(list),
    minutes=st.integers(0, 3 * 365 * 24 * 60),
)
def test_the_next_time_is_crons(db: Connection, schedule: list[str], minutes: int):
    after = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, seconds=minutes % 60)
    text = " ".join(schedule)
    if not value(db, "select private.is_cron_schedule(%s)", text):
        # The 31st of February.
        assert not any(
            is_due(["*", "*", *schedule[2:]], datetime(2024, 1, 1, tzinfo=UTC) + timedelta(day))
            for day in range(366)
        )
        return
    moment = value(db, "select private.next_cron_time(%s, %s)", text, after)
    assert moment > after
    assert is_due(schedule, moment)
    # None before it, as far as can be looked in a moment.
    step = after.replace(second=0, microsecond=0) + timedelta(minutes=1)
    for _ in range(1500):
        if step >= moment:
            break
        assert not is_due(schedule, step), step
        step += timedelta(minutes=1)


@pytest.mark.parametrize(
    "schedule",
    [
        "",
        "* * * *",
        "60 * * * *",
        "* * 0 * *",
        "* * * 13 *",
        "a * * * *",
        "5-1 * * * *",
        "*/0 * * * *",
        "0 0 31 2 *",
        "@daily",
    ],
)
def test_what_is_no_schedule_is_refused(db: Connection, schedule: str):
    with refused("23514"), db.transaction():
        db.execute("update maintenance_jobs set schedule = %s where name = 'sessions'", [schedule])


# Jobs ----------------------------------------------------------------------------------------------------


def test_everything_periodic_is_there_and_works(db: Connection):
    db.execute("update maintenance_jobs set next_run_at = now() - interval '1 day'")
    with as_service(db):
        report = run(db)
    assert {one["job"]: one["error"] for one in report} == dict.fromkeys(
        [
            "invitations",
            "runs",
            "sessions",
            "typing-indicators",
            "usage-cleanup",
            "usage-daily",
            "usage-hourly",
            "usage-monthly",
            "usage-partitions",
            "usage-reservations",
            "usage-retention",
            "usage-unsettled",
            "usage-weekly",
        ]
    ) | {one["job"]: None for one in report}
    assert len(report) >= 12
    assert run(db) == []
    for job in values(db, "select name from maintenance_jobs"):
        assert [one["job"] for one in run(db, job)] == [job]
    row = db.execute(
        "select finished_at >= started_at, row_count >= 0, error from maintenance_runs where job = 'sessions' "
        "order by started_at desc limit 1"
    ).fetchone()
    assert row == (True, True, None)


@pytest.mark.parametrize(
    ("job", "longest"),
    [
        ("sessions", timedelta(days=1)),
        ("typing-indicators", timedelta(minutes=5)),
        ("usage-hourly", timedelta(hours=1)),
        ("usage-daily", timedelta(days=1)),
        ("usage-monthly", timedelta(days=31)),
        ("usage-partitions", timedelta(days=1)),
        ("usage-reservations", timedelta(minutes=1)),
        ("invitations", timedelta(days=1)),
    ],
)
def test_jobs_run_as_often_as_is_asked_for(db: Connection, job: str, longest: timedelta):
    moments = values(
        db,
        "with recursive t (at, n) as (select now(), 0 union all select private.next_cron_time(j.schedule, t.at), "
        "t.n + 1 from t, maintenance_jobs j where j.name = %s and t.n < 14) "
        "select at from t where n > 0 order by n",
        job,
    )
    assert max(later - earlier for earlier, later in pairwise(moments)) <= longest


def test_a_job_runs_when_it_is_due(db: Connection):
    name = insert(
        db,
        "maintenance_jobs",
        returning="name",
        name="test",
        description="Test",
        schedule="*/5 * * * *",
        command="select 7::bigint",
    )
    assert {"job": "test", "row_count": 7, "error": None}.items() <= next(
        one for one in run(db) if one["job"] == name
    ).items()
    next_run = value(db, "select next_run_at from maintenance_jobs where name = 'test'")
    assert next_run == value(db, "select private.next_cron_time('*/5 * * * *', clock_timestamp())")
    assert not [one for one in run(db) if one["job"] == name]
    db.execute("update maintenance_jobs set next_run_at = now(), is_enabled = true where name = 'test'")
    db.execute("update maintenance_jobs set is_enabled = false where name = 'test'")
    db.execute("update maintenance_jobs set next_run_at = now() where name = 'test'")
    assert not [one for one in run(db) if one["job"] == name]
    assert run(db, "test")
    assert run(db, "no such job") == []


def test_a_job_that_fails_leaves_a_record_and_does_not_keep_the_others(db: Connection):
    for name, command in (
        ("first", "select 1 / 0"),
        ("second", "select no_such_function()"),
        ("third", "select 3::bigint"),
    ):
        insert(
            db,
            "maintenance_jobs",
            returning="name",
            name=name,
            description="Test",
            schedule="* * * * *",
            command=command,
            place=1,
        )
    report = {one["job"]: one for one in run(db)}
    assert report["first"]["error"] == "22012: division by zero"
    assert report["second"]["error"].startswith("42883: ")
    assert report["third"]["row_count"] == 3
    assert values(db, "select error from maintenance_runs where job = 'first'") == ["22012: division by zero"]
    assert value(db, "select next_run_at > now() from maintenance_jobs where name = 'first'")


def test_a_job_may_take_longer_than_a_call_to_the_data_api(db: Connection):
    settings = value(db, "select proconfig from pg_proc where oid = 'public.run_maintenance'::regproc")
    assert "statement_timeout=30min" in settings


def test_two_at_once_do_no_harm(stack: Any, session: Callable[..., Session]):
    first, second = session(), session()
    job = "usage-retention"
    assert [one["job"] for one in first.run("select run_maintenance(%s)", job)[0][0]] == [job]
    waiting = second.start("select run_maintenance(%s)", job)
    assert waiting.done()
    assert waiting.result() == [([],)]
    first.rollback()
    second.rollback()


def test_the_service_role_may_reschedule_and_no_more(db: Connection):
    with as_service(db):
        db.execute("update maintenance_jobs set schedule = '0 4 * * *' where name = 'sessions'")
    planned = value(db, "select next_run_at from maintenance_jobs where name = 'sessions'")
    assert planned == value(db, "select private.next_cron_time('0 4 * * *', now())")
    for statement in ("update maintenance_jobs set command = 'select 1'", "delete from maintenance_jobs"):
        with refused("42501"), as_service(db):
            db.execute(statement)
    user = create_user(db)
    for function in ("run_maintenance()", "schedule_maintenance()"):
        with refused("42501"), as_user(db, user):
            db.execute(f"select {function}")


# pg_cron ---------------------------------------------------------------------------------------------------

FAKE_CRON = """
create schema cron;
create table cron.job (
    jobid bigint generated always as identity, jobname text, schedule text, command text,
    username name default current_user
);
create table cron.job_run_details (command text, end_time timestamptz);
create function cron.schedule(name text, at text, what text) returns bigint language sql as
    'delete from cron.job where jobname = name;
    insert into cron.job (jobname, schedule, command) values (name, at, what) returning jobid';
create function cron.unschedule(id bigint) returns boolean language sql as
    'delete from cron.job where jobid = id returning true';
"""


def test_pg_cron_is_told_of_every_job(db: Connection):
    """Against the extension where this database has it, else against something of its shape."""
    if not value(db, "select to_regprocedure('cron.schedule(text, text, text)') is not null"):
        assert value(db, "select schedule_maintenance()") == 0
        db.execute(FAKE_CRON)
        with as_service(db):
            assert value(db, "select schedule_maintenance()") == value(db, "select count(*) from maintenance_jobs")
    told = "select jobname, schedule, command from cron.job where jobname like 'groundwork-%' order by jobname"
    jobs = (
        "select 'groundwork-' || name, schedule, format('select public.run_maintenance(%L)', name) "
        "from maintenance_jobs"
    )
    assert db.execute(told).fetchall() == db.execute(jobs + " order by name::text").fetchall()
    db.execute("update maintenance_jobs set schedule = '7 7 * * *' where name = 'sessions'")
    db.execute("update maintenance_jobs set is_enabled = false where name = 'runs'")
    db.execute("delete from maintenance_jobs where name = 'invitations'")
    assert db.execute(told).fetchall() == db.execute(jobs + " where is_enabled order by name::text").fetchall()
    db.execute(
        "insert into cron.job_run_details (command, end_time) values ('select "
        "public.run_maintenance(''x'')', now() - interval '8 days')"
    )
    assert run(db, "runs")[0]["row_count"] == 1


def test_what_is_due_runs_by_itself(stack: Any):
    """By the local stack's worker, or by pg_cron: nobody here asks for it."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        runs = "select count(*) from maintenance_runs where job = 'usage-reservations' and error is null"
        before = value(connection, runs)
        connection.execute("update maintenance_jobs set next_run_at = now() where name = 'usage-reservations'")
        deadline = time.monotonic() + 90
        while value(connection, runs) == before and time.monotonic() < deadline:
            time.sleep(0.5)
        assert value(connection, runs) > before


# Retention -----------------------------------------------------------------------------------------------


def old_usage(here: Tenant) -> None:
    """Record a call in each of 30 months until now, and roll up half of them."""
    for month in range(30):
        here.record(1, 0, p_created_at=value(here.connection, "select now() - make_interval(months => %s)", month))
        if month in (10, 20):
            call(here.connection, "aggregate_usage_summary", p_period="hour" if month == 10 else "day")
    here.connection.execute("select private.ensure_usage_partitions()")


def months_of(here: Tenant) -> int:
    return int(value(here.connection, "select count(*) from api_usage where organization_id = %s", here.id))


def partitions(db: Connection) -> int:
    return int(value(db, "select count(*) from pg_inherits where inhparent = 'api_usage'::regclass"))


def test_the_ledger_is_kept_for_ever_unless_somebody_says_otherwise(db: Connection, here: Tenant):
    old_usage(here)
    assert value(db, "select private.apply_usage_retention()") == 0
    assert months_of(here) == 30


def test_what_nobody_keeps_is_dropped_and_the_summaries_stay(db: Connection, here: Tenant):
    old_usage(here)
    before = partitions(db)
    with as_service(db):
        call(db, "set_usage_retention", p_months=12)
    assert run(db, "usage-retention")[0]["error"] is None
    assert months_of(here) == 13
    assert partitions(db) <= before - 17
    assert len(summary_by(db, here, "month")) == 30
    call(db, "aggregate_usage_summary", p_period="day")
    assert len(summary_by(db, here, "month")) == 30
    assert value(db, "select private.apply_usage_retention()") == 0
    # What comes late for a month that is gone is not lost, and goes with the next run.
    here.record(1, 0, p_created_at=value(db, "select now() - interval '20 months'"))
    db.execute("select private.ensure_usage_partitions()")
    assert value(db, "select private.apply_usage_retention()") == 1
    (late,) = [row for row in summary_by(db, here, "month") if row[6] == 2]
    assert late


def test_organizations_keep_for_as_long_as_they_want(db: Connection, here: Tenant):
    shorter, longer = make_tenant(db), make_tenant(db)
    for one in (here, shorter, longer):
        old_usage(one)
    with as_service(db):
        call(db, "set_usage_retention", p_months=12)
        call(db, "set_usage_retention", p_months=3, p_organization_id=shorter.id)
        call(db, "set_usage_retention", p_months=24, p_organization_id=longer.id)
    db.execute("select private.apply_usage_retention()")
    assert [months_of(one) for one in (here, shorter, longer)] == [13, 4, 25]
    with as_service(db):
        call(db, "set_usage_retention", p_months=None, p_organization_id=longer.id)
    db.execute("select private.apply_usage_retention()")
    assert [months_of(one) for one in (here, shorter, longer)] == [13, 4, 13]
    with refused("PT404"), as_service(db):
        call(db, "set_usage_retention", p_months=3, p_organization_id=here.owner)


def test_a_month_can_be_detached_to_be_archived(db: Connection, here: Tenant):
    old_usage(here)
    name = value(db, "select private.usage_partition_name((now() at time zone 'UTC')::date - 400)")
    assert value(db, "select private.drop_usage_month((now() at time zone 'UTC')::date - 400, detach => true)")
    assert value(db, f"select count(*) from private.{name} where organization_id = %s", here.id) == 1
    assert months_of(here) == 29
    assert len(summary_by(db, here, "month")) == 30
    assert not value(db, "select private.drop_usage_month('1999-01-01')")


# Cleaning up -----------------------------------------------------------------------------------------------


def test_what_is_over_is_cleaned_up(db: Connection, here: Tenant):
    here.quota("requests", "minute", 100)
    here.quota("tokens", "day", 1000)
    open_one, closed, old = here.reserve(), here.reserve(), here.reserve(p_request_id="r")
    here.settle(closed)
    here.settle(old)
    db.execute(
        "update private.usage_reservations set closed_at = now() - interval '8 days' where id = %s",
        [old["reservation_id"]],
    )
    db.execute(
        "update private.usage_requests set claimed_at = now() - interval '401 days' where organization_id = %s",
        [here.id],
    )
    db.execute(
        "insert into private.usage_counters select organization_id, quota_id, subject_id, "
        "period_start - interval '70 days', 5, 0 "
        "from private.usage_counters where organization_id = %s",
        [here.id],
    )
    assert run(db, "usage-cleanup")[0]["row_count"] >= 4
    left = values(db, "select id::text from private.usage_reservations where organization_id = %s", here.id)
    assert sorted(left) == sorted(one["reservation_id"] for one in (open_one, closed))
    assert value(db, "select count(*) from private.usage_counters where organization_id = %s", here.id) == 2


def test_old_invitations_go_and_accepted_ones_stay(db: Connection, here: Tenant):
    for name in ("old", "late", "accepted"):
        call(db, "create_invitation", p_organization_id=here.id, p_email=f"{name}@example.com")
    db.execute(
        "update organization_invitations set created_at = now() - interval '50 days', expires_at = "
        "now() - interval '31 days' where email like 'old@%'"
    )
    db.execute(
        "update organization_invitations set created_at = now() - interval '50 days', expires_at = "
        "now() - interval '29 days' where email like 'late@%'"
    )
    db.execute(
        "update organization_invitations set created_at = now() - interval '50 days', expires_at = "
        "now() - interval '31 days', "
        "accepted_at = now() - interval '40 days' where email like 'accepted@%'"
    )
    assert run(db, "invitations")[0]["row_count"] == 1
    left = values(
        db, "select email::text from organization_invitations where organization_id = %s order by email", here.id
    )
    assert left == ["accepted@example.com", "late@example.com"]


def test_counts_of_invitations_go_with_their_day(db: Connection, here: Tenant):
    db.execute("delete from private.invitation_counts")
    with as_user(db, here.owner):
        call(db, "create_invitation", p_organization_id=here.id, p_email="guest@example.com")
    db.execute(
        "update private.invitation_counts set day = day - case kind when 'mailbox' then 2 else 1 end "
        "where kind in ('mailbox', 'person')"
    )
    assert run(db, "invitations")[0]["row_count"] == 1
    left = values(db, "select kind from private.invitation_counts order by kind")
    assert left == ["organization", "organization to address", "person", "person to address"]
