"""The summaries: each row of the ledger counts once, whenever it arrives and whoever sums it up."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.metering import (
    PERIODS,
    Tenant,
    here,
    ledger_by,
    make_tenant,
    series_equal_the_ledger,
    summaries_equal_the_ledger,
    summary_by,
    tenant,
)
from tests.database.support import Connection, Session, as_user, call, refused, value

__all__ = ["here", "tenant"]

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana")


def aggregate(connection: Connection, period: str = "day") -> int:
    return int(call(connection, "aggregate_usage_summary", p_period=period))


# Random histories --------------------------------------------------------------------------------------

MOMENTS = st.integers(0, 400 * 24 * 60).map(lambda minutes: LONG_AGO + timedelta(minutes=minutes))
CALLS = st.fixed_dictionaries(
    {
        "created_at": MOMENTS,
        "tokens_input": st.integers(0, 10**9),
        "tokens_output": st.integers(0, 10**9),
        "user": st.integers(0, 2),
        "endpoint": st.sampled_from(("/chat", "/embeddings")),
        "is_known": st.booleans(),
        "request_id": st.none() | st.sampled_from("abcdef"),
    }
)
STEPS = st.one_of(
    st.tuples(st.just("record"), CALLS),
    st.tuples(st.just("report"), CALLS),
    st.tuples(st.just("batch"), st.lists(CALLS, max_size=5)),
    st.tuples(st.just("aggregate"), st.sampled_from(("hour", "day", "week", "month"))),
    st.tuples(st.just("adjust"), st.decimals(-5, 5, places=12)),
    st.tuples(st.just("reprice"), st.decimals(0, 5, places=6)),
    st.tuples(st.just("zone"), st.sampled_from(ZONES)),
    st.tuples(st.just("leave"), st.none()),
    st.tuples(st.just("partition"), st.none()),
)


class History:
    """A tenant to which things happen."""

    def __init__(self, db: Connection) -> None:
        self.db, self.tenant = db, make_tenant(db)
        self.people: list[Any] = [None, self.tenant.owner, self.tenant.person()]

    def row(self, given_call: dict[str, Any]) -> dict[str, Any]:
        row = {
            key: given_call[key]
            for key in ("created_at", "tokens_input", "tokens_output", "endpoint", "request_id")
        }
        return {
            **row,
            "user_id": self.people[given_call["user"]],
            "model_name": self.tenant.model if given_call["is_known"] else "unheard-of",
        }

    def record(self, given_call: dict[str, Any]) -> None:
        row = self.row(given_call)
        counts = row.pop("tokens_input"), row.pop("tokens_output")
        self.tenant.record(*counts, **{f"p_{k}": v for k, v in row.items()})

    def batch(self, calls: list[dict[str, Any]]) -> None:
        self.tenant.batch(*map(self.row, calls))

    def report(self, given_call: dict[str, Any]) -> None:
        row = {**self.row(given_call), "organization_id": self.tenant.id}
        marks = ", ".join(["%s"] * len(row))
        self.db.execute(f"insert into api_usage ({', '.join(row)}) values ({marks})", [*row.values()])

    def aggregate(self, period: str) -> None:
        aggregate(self.db, period)

    def adjust(self, cost: Decimal) -> None:
        query = "select id from api_usage where organization_id = %s and adjusts_id is null limit 1"
        if some := value(self.db, query, self.tenant.id):
            call(
                self.db,
                "adjust_usage",
                p_organization_id=self.tenant.id,
                p_usage_id=some,
                p_reason="Test",
                p_cost_usd=cost,
            )

    def reprice(self, price: Decimal) -> None:
        self.tenant.price(price, price)
        call(self.db, "reprice_usage", p_model_name=self.tenant.model, p_from=LONG_AGO)

    def zone(self, name: str) -> None:
        self.db.execute("update organizations set time_zone = %s where id = %s", [name, self.tenant.id])

    def leave(self, _: None) -> None:
        if self.people[2]:
            self.db.execute("delete from auth.users where id = %s", [self.people[2]])
            self.people[2] = None

    def partition(self, _: None) -> None:
        self.db.execute("select private.ensure_usage_partitions()")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=12))
def test_after_any_history_every_summary_equals_the_ledger(db: Connection, steps: list[tuple[str, Any]]):
    with db.transaction(force_rollback=True):
        history = History(db)
        for step, given_value in steps:
            getattr(history, step)(given_value)
        # What is read is true before it is rolled up, and after.
        series_equal_the_ledger(db, history.tenant, LONG_AGO, datetime.now(UTC) + timedelta(days=1))
        aggregate(db)
        summaries_equal_the_ledger(db, history.tenant)
        series_equal_the_ledger(db, history.tenant, LONG_AGO, datetime.now(UTC) + timedelta(days=1))
        assert not value(
            db, "select count(*) from private.usage_pending where organization_id = %s", history.tenant.id
        )


# Everything at once ------------------------------------------------------------------------------------


def record_at_random(url: str, tenant: Tenant, people: list[Any], seed: int) -> None:
    """Record late and early, once and again; some transactions stay open for a while, some are given up."""
    chance = random.Random(seed)
    with psycopg.connect(url) as connection:
        writer = Tenant(connection, tenant.owner, tenant.id, tenant.model)
        for number in range(25):
            late = datetime.now(UTC) - timedelta(minutes=chance.randrange(90 * 24 * 60))
            who = chance.choice(people)
            if chance.random() < 0.5:
                request = f"{chance.randrange(40)}"
                writer.record(chance.randrange(1000), 1, p_user_id=who, p_created_at=late, p_request_id=request)
            else:
                writer.batch(*({"tokens_input": number, "user_id": who, "created_at": late} for _ in range(3)))
            fate = chance.random()
            if fate < 0.2:
                connection.rollback()
            elif fate < 0.7:
                connection.commit()


def aggregate_at_random(url: str, tenant: Tenant, seed: int) -> None:
    """Aggregate again and again; some runs are given up, some killed before they commit."""
    chance = random.Random(seed)
    for _ in range(12):
        connection = psycopg.connect(url)
        aggregate(connection, chance.choice(PERIODS))
        fate = chance.random()
        if fate < 0.2:
            connection.rollback()
        elif fate < 0.4:
            tenant.connection.execute("select pg_terminate_backend(%s, 5000)", [connection.info.backend_pid])
        else:
            connection.commit()
        connection.close()


def test_recording_and_aggregating_at_once(stack: Any, tenant: Tenant):
    tenant.connection.execute("update organizations set time_zone = 'Asia/Kolkata' where id = %s", [tenant.id])
    people = [tenant.owner, tenant.person(), None]
    with ThreadPoolExecutor(7) as pool:
        work = [pool.submit(record_at_random, stack.db_url, tenant, people, seed) for seed in range(4)]
        work += [pool.submit(aggregate_at_random, stack.db_url, tenant, 100 + seed) for seed in range(3)]
        for one in work:
            one.result()
    now = datetime.now(UTC)
    series_equal_the_ledger(tenant.connection, tenant, now - timedelta(days=120), now + timedelta(days=1))
    aggregate(tenant.connection)
    assert ledger_by(tenant.connection, tenant, "month")
    summaries_equal_the_ledger(tenant.connection, tenant)


def test_a_row_of_a_transaction_that_is_still_open_counts_when_it_commits(
    tenant: Tenant, session: Callable[..., Session]
):
    slow = session()
    slow.run("select record_api_usage(%s, '/chat', %s, 1, 1)", tenant.id, tenant.model)
    tenant.record()
    aggregate(tenant.connection)
    summaries_equal_the_ledger(tenant.connection, tenant)
    slow.commit()
    now = datetime.now(UTC)
    series_equal_the_ledger(tenant.connection, tenant, now - timedelta(days=40), now)
    aggregate(tenant.connection)
    summaries_equal_the_ledger(tenant.connection, tenant)
    (row,) = summary_by(tenant.connection, tenant, "month")
    assert row[6] == 2


def test_a_second_copy_waits_and_recording_does_not(tenant: Tenant, session: Callable[..., Session]):
    tenant.record()
    first, second, writer = session(), session(), session()
    first.run("select aggregate_usage_summary('hour')")
    waiting = second.start("select aggregate_usage_summary('hour')")
    assert not waiting.done()
    assert writer.start("select record_api_usage(%s, '/chat', %s, 1, 1)", tenant.id, tenant.model).done()
    writer.commit()
    first.commit()
    waiting.result()
    second.commit()
    aggregate(tenant.connection)
    summaries_equal_the_ledger(tenant.connection, tenant)


def test_rows_are_handled_once(db: Connection, here: Tenant):
    aggregate(db)
    here.record()
    assert [aggregate(db, "hour"), aggregate(db, "hour")] == [1, 0]
    assert summary_by(db, here, "hour") == ledger_by(db, here, "hour")
    assert summary_by(db, here, "month") == []
    assert [aggregate(db, "week"), aggregate(db, "month")] == [1, 0]
    summaries_equal_the_ledger(db, here)


# Calendars -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "moment", "day", "month"),
    [
        ("Asia/Kolkata", "2026-02-28T18:29:59Z", "2026-02-27T18:30:00Z", "2026-01-31T18:30:00Z"),
        ("Asia/Kolkata", "2026-02-28T18:30:00Z", "2026-02-28T18:30:00Z", "2026-02-28T18:30:00Z"),
        ("America/New_York", "2026-03-09T03:59:59Z", "2026-03-08T05:00:00Z", "2026-03-01T05:00:00Z"),
        ("America/New_York", "2026-03-09T04:00:00Z", "2026-03-09T04:00:00Z", "2026-03-01T05:00:00Z"),
    ],
)
def test_days_and_months_are_the_organizations(  # noqa: PLR0917
    db: Connection, here: Tenant, zone: str, moment: str, day: str, month: str
):
    db.execute("update organizations set time_zone = %s where id = %s", [zone, here.id])
    here.record(p_created_at=moment)
    aggregate(db)
    starts = "select period_start from token_usage_summary where organization_id = %s and period = %s"
    assert value(db, starts, here.id, "day") == datetime.fromisoformat(day)
    assert value(db, starts, here.id, "month") == datetime.fromisoformat(month)


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", "2025-03-09"),
        ("America/New_York", "2025-11-02"),
        ("Australia/Lord_Howe", "2025-04-05"),
        ("Australia/Lord_Howe", "2025-10-04"),
        ("Asia/Beirut", "2025-03-29"),
        ("Atlantic/Azores", "2025-10-26"),
        ("America/Havana", "2020-11-01"),
        ("Asia/Kolkata", "2025-04-01"),
    ],
)
def test_days_on_which_clocks_change_add_up(db: Connection, here: Tenant, zone: str, day: str):
    """Of 23 or 25 hours, 23.5 or 24.5, and those whose midnight comes twice or never."""
    db.execute("update organizations set time_zone = %s where id = %s", [zone, here.id])
    first = datetime.fromisoformat(f"{day}T00:00:00Z") - timedelta(hours=14)
    moments = [first + timedelta(minutes=7 * number) for number in range(52 * 60 // 7)]
    here.batch(*({"tokens_input": n, "created_at": moment} for n, moment in enumerate(moments)))
    series = "select bucket_start, requests, tokens_used from get_usage_timeseries(%s, %s, %s, %s) order by 1"

    def read() -> list[list[Any]]:
        # From each of the moments on, as the ledger has it and as it is read.
        return [
            db.execute(series, [here.id, moment, moments[-1] + timedelta(days=1), period]).fetchall()
            for period in PERIODS
            for moment in moments[:: len(moments) // 25]
        ]

    def ledger() -> list[list[Any]]:
        query = """
            select * from (
                select date_trunc(%(period)s, created_at, %(zone)s) as bucket, count(*), sum(tokens_used)::bigint
                from api_usage where organization_id = %(id)s group by 1
            ) b where bucket >= date_trunc(%(period)s, %(from)s::timestamptz, %(zone)s) order by 1
        """
        return [
            db.execute(query, {"id": here.id, "zone": zone, "period": period, "from": moment}).fetchall()
            for period in PERIODS
            for moment in moments[:: len(moments) // 25]
        ]

    expected = ledger()
    assert read() == expected
    aggregate(db, "hour")
    assert read() == expected
    aggregate(db, "day")
    assert read() == expected
    summaries_equal_the_ledger(db, here)


# Reading -----------------------------------------------------------------------------------------------


def test_who_is_deleted_is_forgotten_in_an_hour_that_midnight_repeats(db: Connection, here: Tenant):
    db.execute("update organizations set time_zone = 'America/Havana' where id = %s", [here.id])
    person = here.person()
    for at in ("2025-11-02T04:20:00Z", "2025-11-02T12:00:00Z"):
        here.record(p_user_id=person, p_created_at=at)
    aggregate(db, "month")
    db.execute("delete from auth.users where id = %s", [person])
    aggregate(db, "month")
    named = "select count(*) from private.usage_base where organization_id = %s and user_id is not null"
    assert value(db, named, here.id) == 0
    summaries_equal_the_ledger(db, here)


def series(db: Connection, here: Tenant, *rest: object) -> list[tuple[Any, ...]]:
    marks = ", %s" * len(rest)
    return db.execute(
        f"select group_key, requests, tokens_used, cost_usd from get_usage_timeseries(%s, now() - "
        f"interval '1 day', now(){marks})",
        [here.id, *rest],
    ).fetchall()


def test_what_is_read_can_be_told_apart(db: Connection, here: Tenant):
    user, key = here.person(), here.api_key()
    here.record(p_user_id=user)
    here.record(p_api_key_id=key, p_endpoint="/embeddings")
    aggregate(db)
    here.record(p_user_id=user)
    cost = Decimal("0.00003")
    assert series(db, here, "month") == [(None, 3, 60, cost * 3)]
    assert series(db, here, "month", "model") == [(here.model, 3, 60, cost * 3)]
    assert series(db, here, "month", "user") == [(str(user), 2, 40, cost * 2), (None, 1, 20, cost)]
    assert series(db, here, "month", "endpoint") == [("/chat", 2, 40, cost * 2), ("/embeddings", 1, 20, cost)]
    assert series(db, here, "month", "api_key") == [(str(key), 1, 20, cost), (None, 2, 40, cost * 2)]
    assert series(db, here, "month", "endpoint", user) == [("/chat", 2, 40, cost * 2)]


def test_members_read_totals_and_themselves(db: Connection, here: Tenant):
    viewer, member, admin = here.person("viewer"), here.person(), here.person("admin")
    here.record(p_user_id=member)
    for user in (viewer, member, admin):
        with as_user(db, user):
            assert len(series(db, here, "day")) == 1
            assert len(series(db, here, "day", "model")) == 1
            assert len(series(db, here, "day", "user", user)) == (user == member)
    for user in (viewer, member):
        for rest in (("day", "user"), ("day", "api_key"), ("day", "model", admin)):
            with refused("PT403"), as_user(db, user):
                series(db, here, *rest)
    with as_user(db, admin):
        assert len(series(db, here, "day", "user")) == len(series(db, here, "day", "model", member)) == 1


def test_whole_buckets_are_read(db: Connection, here: Tenant):
    here.record(p_created_at="2025-05-05T10:20:00Z")
    here.record(p_created_at="2025-05-05T11:59:59Z")
    here.record(p_created_at="2025-05-05T12:00:00Z")
    read = "select bucket_start from get_usage_timeseries(%s, '2025-05-05 10:40Z', '2025-05-05 11:01Z', 'hour')"
    hours = [datetime(2025, 5, 5, hour, tzinfo=UTC) for hour in (10, 11)]
    assert [row[0] for row in db.execute(read, [here.id])] == hours
    aggregate(db)
    assert [row[0] for row in db.execute(read, [here.id])] == hours
    with refused("PT400"), db.transaction():
        db.execute("select get_usage_timeseries(%s, now(), now())", [here.id])
