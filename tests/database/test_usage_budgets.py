"""Budgets: held before the call, settled after it, and never overspent, whoever calls at once."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.metering import (
    Tenant,
    counters,
    counters_are_true,
    erase_organizations,
    here,
    make_tenant,
    tenant,
)
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    make_organization,
    refused,
    value,
)

__all__ = ["here", "tenant"]


def refusal(attempt: Callable[[], object], sqlstate: str) -> dict[str, Any]:
    """Expect a refusal and return the first limit that its detail names, with the message."""
    with pytest.raises(psycopg.Error) as caught:
        attempt()
    assert caught.value.sqlstate == sqlstate, caught.value
    diagnosis = caught.value.diag
    assert diagnosis.message_detail
    assert diagnosis.message_hint
    limit: dict[str, Any] = json.loads(diagnosis.message_detail)[0]
    return {**limit, "message": diagnosis.message_primary}


def within_a_minute() -> None:
    """Wait where the minute is nearly over, so that what follows is of one minute."""
    while time.time() % 60 > 55:
        time.sleep(0.2)


def refused_by(db: Connection, attempt: Callable[[], object], sqlstate: str) -> dict[str, Any]:
    """Expect a refusal in a transaction that goes on."""
    with db.transaction(force_rollback=True):
        return refusal(attempt, sqlstate)


# One call ------------------------------------------------------------------------------------------------


def test_a_bound_is_held_and_replaced_by_the_truth(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    with as_service(db):
        reservation = here.reserve(100, 200)
        assert (reservation["tokens"], reservation["cost_usd"], reservation["reserved"]) == (300, 0.0005, True)
        assert (here.limit()["spent"], here.limit()["held"], here.limit()["left"]) == (0, 300, 700)
        usage = here.settle(reservation, 90, 50)
        assert usage.items() >= {"tokens_used": 140, "cost_usd": 0.00019, "recorded": True}.items()
        assert (here.limit()["spent"], here.limit()["held"], here.limit()["left"]) == (140, 0, 860)
        # A retry changes nothing.
        assert here.settle(reservation, 1, 1) == {**usage, "recorded": False}
        assert not here.release(reservation)
    assert here.spent() == 140


def test_what_was_not_called_is_given_back(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    reservation = here.reserve(50, 50)
    refused_by(db, here.reserve, "PT429")
    assert here.release(reservation)
    assert not here.release(reservation)
    here.reserve(50, 50)
    with refused("PT404"), db.transaction():
        here.release({"reservation_id": uuid4()})
    with refused("PT404"), db.transaction():
        here.settle({"reservation_id": uuid4()})


def test_the_truth_may_be_above_the_bound(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    reservation = here.reserve(40, 50)
    here.settle(reservation, 90, 30)
    limit = here.limit()
    assert (limit["spent"], limit["held"], limit["left"]) == (120, 0, 0)
    assert refused_by(db, here.reserve, "PT402")["spent"] == 120


def test_a_refusal_says_which_limit_what_is_left_and_when_it_resets(db: Connection, here: Tenant):
    quota = here.quota("tokens", "day", 100)
    here.settle(here.reserve(30, 0), 30, 0)
    here.reserve(50, 0)
    limit = refused_by(db, lambda: here.reserve(20, 1), "PT429")
    tomorrow = value(db, "select date_trunc('day', now(), 'UTC') + interval '1 day'")
    assert (
        limit.items()
        >= {
            "quota_id": str(quota),
            "kind": "plan",
            "scope": "organization",
            "metric": "tokens",
            "period": "day",
            "limit_value": 100,
            "spent": 30,
            "held": 50,
            "left": 20,
            "needed": 21,
            "is_spent": False,
        }.items()
    )
    assert datetime.fromisoformat(limit["resets_at"]) == tomorrow
    assert "100 tokens a day has 20 left until" in limit["message"]
    assert tomorrow.strftime("%Y-%m-%dT%H:%M:%SZ") in limit["message"]
    here.reserve(20, 0)


def test_a_budget_that_is_spent_is_a_matter_of_payment(db: Connection, here: Tenant):
    here.quota("cost", "month", "0.001")
    here.settle(here.reserve(0, 500), 0, 500)
    limit = refused_by(db, lambda: here.reserve(1, 0), "PT402")
    assert (limit["metric"], limit["left"], limit["is_spent"]) == ("cost", 0, True)


def test_requests_per_minute(db: Connection, here: Tenant):
    within_a_minute()
    here.quota("requests", "minute", 2)
    here.settle(here.reserve())
    here.reserve()
    limit = refused_by(db, here.reserve, "PT429")
    reset = datetime.fromisoformat(limit["resets_at"])
    assert timedelta(0) < reset - datetime.now(UTC) <= timedelta(minutes=1)
    # As if a minute had gone by.
    db.execute("update private.usage_counters set period_start = period_start - interval '1 minute'")
    here.reserve()


def test_all_limits_that_match_apply_together(db: Connection, here: Tenant):
    ann, bob, key = here.person(), here.person(), here.api_key()
    here.quota("tokens", "month", 1000)
    here.quota("tokens", "day", 300, scope="user")
    here.quota("tokens", "day", 100, scope="user", user_id=bob)
    here.quota("requests", "day", 2, scope="api_key", api_key_id=key)
    here.quota("cost", "day", "0.01", kind="organization")

    def attempt(tokens: int, user: UUID | None = None, api_key: UUID | None = None) -> Callable[[], object]:
        return lambda: here.settle(here.reserve(tokens, 0, p_user_id=user, p_api_key_id=api_key), tokens, 0)

    attempt(300, ann)()
    assert refused_by(db, attempt(1, ann), "PT402")["limit_value"] == 300
    assert refused_by(db, attempt(101, bob), "PT429")["limit_value"] == 100
    attempt(100, bob)()
    attempt(300, None, key)()
    attempt(1, None, key)()
    assert refused_by(db, attempt(1, None, key), "PT429")["scope"] == "api_key"
    assert refused_by(db, attempt(300), "PT429")["limit_value"] == 1000
    assert refused_by(db, lambda: here.reserve(1, 0, p_cost_usd="0.02"), "PT429")["kind"] == "organization"
    assert len(here.limits(user_id=bob, api_key_id=key)) == 5
    counters_are_true(db, here)


def test_an_admin_cannot_raise_what_the_plan_allows(db: Connection, here: Tenant):
    plan, admin = here.quota("tokens", "day", 100), here.person("admin")
    with as_user(db, admin):
        assert db.execute("update usage_quotas set limit_value = 1000 where id = %s", [plan]).rowcount == 0
        assert db.execute("delete from usage_quotas where id = %s", [plan]).rowcount == 0
        db.execute(
            "insert into usage_quotas (organization_id, metric, period, limit_value) values (%s, "
            "'tokens', 'day', 1000)",
            [here.id],
        )
    with refused("42501"), as_user(db, admin):
        db.execute("update usage_quotas set kind = 'organization' where id = %s", [plan])
    assert refused_by(db, lambda: here.reserve(101, 0), "PT429")["kind"] == "plan"
    with as_user(db, admin):
        db.execute("update usage_quotas set limit_value = 50 where kind = 'organization'")
    assert refused_by(db, lambda: here.reserve(51, 0), "PT429")["kind"] == "organization"
    changes = (
        "select action from organization_audit_log where organization_id = %s and table_name = 'usage_quotas'"
    )
    assert sorted(row[0] for row in db.execute(changes, [here.id])) == ["insert", "insert", "update"]


def test_a_cost_that_cannot_be_bounded_is_refused(db: Connection, here: Tenant):
    here.reserve(p_model_name="unknown")
    here.quota("cost", "month", 1)
    with refused("PT400"), db.transaction():
        here.reserve(p_model_name="unknown")
    here.settle(here.reserve(p_model_name="unknown", p_cost_usd="0.5"), p_cost_usd="0.25")
    assert here.limit()["spent"] == 0.25


@pytest.mark.parametrize(
    "arguments",
    [{"tokens_input": -1}, {"p_cost_usd": -1}, {"p_expires_in": "0 seconds"}, {"p_expires_in": "2 days"}],
    ids=repr,
)
def test_bounds_that_make_no_sense_are_refused(db: Connection, here: Tenant, arguments: dict[str, Any]):
    with refused("PT400"), db.transaction():
        here.reserve(**arguments)


def test_no_organization_no_reservation(db: Connection, here: Tenant):
    for organization in (uuid4(), here.id):
        db.execute("update organizations set deleted_at = now() where id = %s", [organization])
        with refused("PT404"), db.transaction():
            here.reserve(p_organization_id=organization)


# Retries -------------------------------------------------------------------------------------------------


def test_a_request_is_reserved_once(db: Connection, here: Tenant):
    here.quota("requests", "day", 10)
    first = here.reserve(p_request_id="r")
    assert here.reserve(p_request_id="r") == {**first, "reserved": False}
    assert here.limit()["held"] == 1
    here.release(first)
    second = here.reserve(p_request_id="r")
    assert second["reserved"]
    here.settle(second)
    with refused("PT409"), db.transaction():
        here.reserve(p_request_id="r")
    assert not here.record(p_request_id="r")["recorded"]
    assert (here.limit()["spent"], here.limit()["held"]) == (1, 0)


def test_two_reservations_of_a_request_at_once_are_one(tenant: Tenant, session: Callable[..., Session]):
    tenant.quota("requests", "day", 10)
    reserve = "select reserve_usage(%s, %s, 1, 1, p_request_id => 'r') ->> 'reservation_id'"
    first, second = session(), session()
    made = first.run(reserve, tenant.id, tenant.model)
    waiting = second.start(reserve, tenant.id, tenant.model)
    assert not waiting.done()
    first.commit()
    assert waiting.result() == made
    second.commit()
    assert tenant.limit()["held"] == 1
    counters_are_true(tenant.connection, tenant)


def test_a_request_that_was_recorded_beside_its_reservation_counts_once(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    reservation = here.reserve(30, 30, p_request_id="r")
    recorded = here.record(10, 10, p_request_id="r")
    assert here.settle(reservation, 20, 20) == {**recorded, "recorded": False}
    assert (here.limit()["spent"], here.limit()["held"]) == (20, 0)


# Expiry --------------------------------------------------------------------------------------------------


def overdue(db: Connection, here: Tenant) -> None:
    db.execute("update private.usage_reservations set expires_at = now() where organization_id = %s", [here.id])


def test_what_is_never_settled_expires_by_itself(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    first, second = here.reserve(40, 0), here.reserve(60, 0)
    overdue(db, here)
    # Nobody has come by yet, and still it is told and reserved as it is.
    assert (here.limit()["held"], here.limit()["left"]) == (0, 100)
    third = here.reserve(100, 0)
    assert third["reserved"]
    counters_are_true(db, here)
    assert not here.release(first)
    # The call was made after all: it counts, as one that nobody reserved.
    assert here.settle(second, 50, 0)["recorded"]
    here.settle(third, 100, 0)
    assert (here.limit()["spent"], here.limit()["held"]) == (150, 0)
    counters_are_true(db, here)


def test_a_period_that_is_over_refuses_nothing(db: Connection, here: Tenant):
    here.quota("tokens", "minute", 100)
    here.reserve(100, 0)
    here.record(100, 0)
    # All of that an hour ago, and more than the minute's limit then.
    db.execute(
        "update private.usage_reservations set created_at = created_at - interval '1 hour', "
        "expires_at = now() - interval '30 minutes' where organization_id = %s",
        [here.id],
    )
    db.execute(
        "update private.usage_counters set period_start = period_start - interval '1 hour' "
        "where organization_id = %s",
        [here.id],
    )
    assert here.reserve(100, 0)["reserved"]
    with refused("PT429"), db.transaction():
        here.reserve(1, 0)


def test_a_limit_that_changes_while_a_call_is_refused_is_told_as_that(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    arguments = (here.id, here.owner, None, "now", 10, 0)
    with refused("PT429"), db.transaction():
        db.execute("select private.refuse_usage(%s, %s, %s, %s, %s, %s)", arguments)


def test_maintenance_gives_back_what_has_expired(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    here.quota("requests", "minute", 100, scope="user")
    for _ in range(5):
        here.reserve(20, 0, p_user_id=here.owner)
    overdue(db, here)
    assert value(db, "select private.expire_usage_reservations()") >= 5
    assert not any(row[4] for row in counters(db, here))
    counters_are_true(db, here)


# Periods -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Kiritimati", "Asia/Beirut"])
def test_periods_are_those_of_the_organizations_calendar(db: Connection, here: Tenant, zone: str):
    db.execute("update organizations set time_zone = %s where id = %s", [zone, here.id])
    here.quota("tokens", "day", 10)
    here.quota("tokens", "month", 20)
    day, month = here.limits()
    now = value(db, "select now() at time zone %s", zone)
    expected = value(db, "select (%s::date + 1)::timestamp at time zone %s", now.date(), zone)
    assert datetime.fromisoformat(day["resets_at"]) == expected
    expected = value(
        db, "select (date_trunc('month', %s::timestamp) + interval '1 month') at time zone %s", now, zone
    )
    assert datetime.fromisoformat(month["resets_at"]) == expected


@pytest.mark.parametrize(
    ("zone", "period", "at", "resets_at"),
    [
        ("Asia/Kolkata", "day", "2026-02-28T18:29:59Z", "2026-02-28T18:30:00Z"),
        ("Asia/Kolkata", "month", "2026-02-28T18:30:00Z", "2026-03-31T18:30:00Z"),
        # A day of 23 hours, and one of 25.
        ("America/New_York", "day", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"),
        ("America/New_York", "day", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"),
        ("America/New_York", "month", "2026-03-31T12:00:00Z", "2026-04-01T04:00:00Z"),
        # A clock that goes back by half an hour, one that skips midnight, and one that has it twice.
        ("Australia/Lord_Howe", "day", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z"),
        ("Asia/Beirut", "day", "2026-03-28T12:00:00Z", "2026-03-28T22:00:00Z"),
        ("Asia/Beirut", "day", "2026-03-28T22:00:00Z", "2026-03-29T21:00:00Z"),
        ("Atlantic/Azores", "day", "2025-10-26T00:30:00Z", "2025-10-27T01:00:00Z"),
        ("UTC", "minute", "2026-03-08T05:00:59Z", "2026-03-08T05:01:00Z"),
    ],
)
def test_a_limit_resets_when_its_calendar_says(  # noqa: PLR0917
    db: Connection, here: Tenant, zone: str, period: str, at: str, resets_at: str
):
    db.execute("update organizations set time_zone = %s where id = %s", [zone, here.id])
    here.quota("requests", period, 10)
    told = value(db, "select resets_at from private.limits_state(%s, null, null, %s)", here.id, at)
    assert told == datetime.fromisoformat(resets_at)


def test_a_call_of_an_earlier_period_counts_there(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    here.quota("tokens", "month", 1000)
    before = value(db, "select greatest(date_trunc('month', now(), 'UTC'), now() - interval '1 day')")
    here.record(30, 0, p_created_at=before)
    here.record(5, 0, p_created_at=value(db, "select date_trunc('month', now(), 'UTC') - interval '1 second'"))
    today = before.date() == datetime.now(UTC).date()
    assert [limit["spent"] for limit in here.limits()] == [30 if today else 0, 30]


def test_another_time_zone_moves_what_is_spent_and_held(db: Connection, here: Tenant):
    here.quota("tokens", "day", 10**6)
    here.quota("tokens", "month", 10**7, scope="user")
    for hours in range(0, 60, 3):
        here.record(
            2**hours % 977, 0, p_created_at=datetime.now(UTC) - timedelta(hours=hours), p_user_id=here.owner
        )
    call(db, "aggregate_usage_summary", p_period="hour")
    here.record(7, 0)
    reservation = here.reserve(100, 0, p_user_id=here.owner)
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"):
        db.execute("update organizations set time_zone = %s where id = %s", [zone, here.id])
        for limit, period in zip(here.limits(user_id=here.owner), ("day", "month"), strict=True):
            expected = value(
                db,
                "select coalesce(sum(tokens_used), 0) from api_usage where organization_id = %s "
                "and created_at >= date_trunc(%s, now(), %s) and (user_id is not null or %s = 'day')",
                here.id,
                period,
                zone,
                period,
            )
            assert (limit["spent"], limit["held"]) == (expected, 100), (zone, period)
    here.settle(reservation, 1, 0)
    assert {limit["held"] for limit in here.limits(user_id=here.owner)} == {0}
    counters_are_true(db, here)


def test_a_new_quota_counts_what_the_period_has_seen(db: Connection, here: Tenant):
    within_a_minute()
    here.record(30, 0, p_user_id=here.owner)
    call(db, "aggregate_usage_summary", p_period="hour")
    here.record(20, 0)
    reservation = here.reserve(10, 0, p_user_id=here.owner)
    here.quota("tokens", "day", 60)
    here.quota("tokens", "day", 61, scope="user")
    here.quota("requests", "minute", 62)
    state = [(limit["spent"], limit["held"]) for limit in here.limits(user_id=here.owner)]
    assert state == [(50, 10), (30, 10), (2, 1)]
    refused_by(db, lambda: here.reserve(1, 0), "PT429")
    here.settle(reservation, 5, 0)
    state = [(limit["spent"], limit["held"]) for limit in here.limits(user_id=here.owner)]
    assert state == [(55, 0), (35, 0), (3, 0)]


def test_a_new_quota_counts_nothing_that_clients_report(db: Connection, here: Tenant):
    within_a_minute()
    for period in ("day", "hour", None):
        # Rolled up to the end, half way, and not yet.
        with as_user(db, here.owner):
            db.execute(
                "insert into api_usage (organization_id, endpoint, model_name, tokens_input, cost_usd) "
                "values (%s, '/chat', 'm', 1000, 5)",
                [here.id],
            )
        here.record(10, 0)
        if period:
            call(db, "aggregate_usage_summary", p_period=period)
    here.quota("tokens", "day", 100)
    here.quota("tokens", "month", 101, scope="user")
    here.quota("requests", "minute", 102)
    assert [limit["spent"] for limit in here.limits(user_id=here.owner)] == [30, 0, 3]


def test_a_new_quota_waits_for_the_calls_that_are_being_recorded(tenant: Tenant, session: Callable[..., Session]):
    recorder, admin, next_recorder = session(), session(), session()
    record = "select record_api_usage(%s, '/chat', %s, 30, 0)"
    recorder.run(record, tenant.id, tenant.model)
    setting = admin.start(
        "insert into usage_quotas (organization_id, metric, period, limit_value) values (%s, 'tokens', 'day', 50)",
        tenant.id,
    )
    assert not setting.done()
    waiting = next_recorder.start(record, tenant.id, tenant.model)
    recorder.commit()
    setting.result()
    admin.commit()
    waiting.result()
    next_recorder.commit()
    assert tenant.limit()["spent"] == 60
    counters_are_true(tenant.connection, tenant)


# Anything, against a plain model ---------------------------------------------------------------------------

REFUSED = ("PT402", "PT429")
AMOUNTS = st.integers(0, 60)
WHO = st.integers(0, 2)
STEPS = st.one_of(
    st.tuples(st.just("reserve"), AMOUNTS, WHO),
    st.tuples(st.just("settle"), AMOUNTS, st.integers(0, 20)),
    st.tuples(st.just("release"), AMOUNTS, st.integers(0, 20)),
    st.tuples(st.just("record"), AMOUNTS, WHO),
    st.tuples(st.just("expire"), AMOUNTS, st.integers(0, 20)),
    st.tuples(st.just("limit"), st.integers(0, 300), st.integers(0, 2)),
    st.tuples(st.just("rollup"), AMOUNTS, WHO),
)


class Model:
    """A tenant with three quotas, and what is held and spent of it, in a few lines of Python."""

    def __init__(self, db: Connection, limits: tuple[int, int, int]) -> None:
        self.db, self.here, self.limits = db, make_tenant(db), list(limits)
        self.people: list[UUID | None] = [None, self.here.owner, self.here.person()]
        self.quotas = [
            self.here.quota("tokens", "day", limits[0]),
            self.here.quota("tokens", "month", limits[1], scope="user"),
            self.here.quota("requests", "day", limits[2]),
        ]
        self.held: dict[str, tuple[int, int]] = {}
        """Tokens and person of each open reservation."""
        self.spent: list[tuple[int, int]] = []

    def used(self, who: int | None = None) -> tuple[int, int]:
        """Return tokens and requests, of one person or of all."""
        rows = [row for row in (*self.held.values(), *self.spent) if who is None or row[1] == who]
        return sum(tokens for tokens, _ in rows), len(rows)

    def fits(self, amount: int, who: int) -> bool:
        tokens, requests = self.used()
        of_person = not who or self.used(who)[0] + amount <= self.limits[1]
        return of_person and tokens + amount <= self.limits[0] and requests < self.limits[2]

    def some(self, number: int) -> str | None:
        return [*self.held][number % len(self.held)] if self.held else None

    def reserve(self, amount: int, who: int) -> None:
        if self.fits(amount, who):
            made = self.here.reserve(amount, 0, p_user_id=self.people[who])
            self.held[made["reservation_id"]] = (amount, who)
        else:
            with refused(*REFUSED), self.db.transaction():
                self.here.reserve(amount, 0, p_user_id=self.people[who])

    def record(self, amount: int, who: int) -> None:
        self.here.record(amount, 0, p_user_id=self.people[who])
        self.spent.append((amount, who))

    def settle(self, amount: int, number: int) -> None:
        if some := self.some(number):
            self.here.settle({"reservation_id": some}, amount, 0)
            self.spent.append((amount, self.held.pop(some)[1]))

    def release(self, _: int, number: int) -> None:
        if some := self.some(number):
            assert self.here.release({"reservation_id": some})
            self.held.pop(some)

    def expire(self, _: int, number: int) -> None:
        if some := self.some(number):
            self.db.execute("update private.usage_reservations set expires_at = now() where id = %s", [some])
            self.held.pop(some)

    def limit(self, amount: int, number: int) -> None:
        self.limits[number] = amount
        self.db.execute("update usage_quotas set limit_value = %s where id = %s", [amount, self.quotas[number]])

    def rollup(self, *_: int) -> None:
        call(self.db, "aggregate_usage_summary", p_period="hour")

    def agrees(self) -> None:
        told = {UUID(row["quota_id"]): row for row in self.here.limits(user_id=self.people[2])}
        for quota, total in zip(self.quotas, (self.used()[0], self.used(2)[0], self.used()[1]), strict=True):
            assert told[quota]["spent"] + told[quota]["held"] == total
            assert told[quota]["left"] == max(told[quota]["limit_value"] - total, 0)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=1, max_size=25),
    limits=st.tuples(st.integers(0, 300), st.integers(0, 150), st.integers(0, 12)),
)
def test_any_sequence_of_calls_does_what_a_plain_model_does(
    db: Connection, steps: list[tuple[str, int, int]], limits: tuple[int, int, int]
):
    with db.transaction(force_rollback=True):
        model = Model(db, limits)
        for step, amount, number in steps:
            getattr(model, step)(amount, number)
            model.agrees()
        counters_are_true(db, model.here)
        assert model.here.spent() == sum(tokens for tokens, _ in model.spent)


# Everybody at once -----------------------------------------------------------------------------------------

WORKERS = 64
CALLS = 150
PRICE = Decimal("0.0007")
"""Of a call of 100 tokens in and 300 out."""


def hammer(url: str, work: Callable[[Connection, int], None], workers: int = WORKERS) -> None:
    """Run the work of that many sessions, which begin together."""
    gate = threading.Barrier(workers)

    def run(number: int) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            gate.wait(60)
            work(connection, number)

    with ThreadPoolExecutor(workers) as pool:
        for one in [pool.submit(run, number) for number in range(workers)]:
            one.result()


def room(tenant: Tenant) -> int:
    """Return how many more sessions the server lets in, up to the number of workers."""
    free = value(
        tenant.connection,
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int "
        "- current_setting('reserved_connections')::int - (select count(*) from pg_stat_activity "
        "where backend_type = 'client backend')",
    )
    return min(WORKERS, int(free) - 4)


def test_a_budget_that_fits_so_many_calls_lets_exactly_so_many_pass(stack: Any, tenant: Tenant):
    tenant.quota("cost", "month", PRICE * CALLS)
    tenant.quota("tokens", "day", 400 * CALLS + 399)
    passed: list[int] = []
    turned_away: list[int] = []

    def work(connection: Connection, number: int) -> None:
        mine = Tenant(connection, tenant.owner, tenant.id, tenant.model)
        for _ in range(2 * CALLS // WORKERS + 1):
            reservation = mine.try_to_reserve(*REFUSED, tokens_input=100, tokens_output=300)
            if reservation:
                passed.append(number)
                mine.settle(reservation, 100, 300)
            else:
                turned_away.append(number)

    workers = room(tenant)
    assert workers == WORKERS or stack.kind != "embedded"
    hammer(stack.db_url, work, workers)
    assert len(passed) == CALLS
    assert len(turned_away) == workers * (2 * CALLS // WORKERS + 1) - CALLS
    assert tenant.spent("cost_usd") == PRICE * CALLS
    assert tenant.limits()[0]["left"] == 0
    counters_are_true(tenant.connection, tenant)
    assert refusal(lambda: tenant.reserve(1, 0), "PT402")["spent"] == float(PRICE * CALLS)


def test_workers_that_are_killed_do_not_unbalance_the_budget(stack: Any, tenant: Tenant):
    tenant.quota("cost", "month", PRICE * CALLS)
    tenant.quota("requests", "day", 10 * CALLS, scope="user")
    passed: list[int] = []

    def work(_: Connection, number: int) -> None:
        chance = random.Random(number)
        for _ in range(2 * CALLS // WORKERS + 1):
            connection = psycopg.connect(stack.db_url)
            mine = Tenant(connection, tenant.owner, tenant.id, tenant.model)
            fate = chance.choice(("reserve", "reserved", "settle", "live", "live", "live"))
            reservation = mine.try_to_reserve(
                *REFUSED, tokens_input=100, tokens_output=300, p_user_id=tenant.owner
            )
            if reservation and fate != "reserve":
                connection.commit()
            if reservation and fate in ("settle", "live"):
                mine.settle(reservation, 100, 300)
            if reservation and fate == "live":
                connection.commit()
                passed.append(number)
            elif reservation:
                # Killed in the middle of reserving, of the call, or of settling.
                pid = connection.info.backend_pid
                with psycopg.connect(stack.db_url, autocommit=True) as killer:
                    killer.execute("select pg_terminate_backend(%s, 10000)", [pid])
            connection.close()

    hammer(stack.db_url, work, min(16, room(tenant) // 3))
    assert tenant.spent("cost_usd") == PRICE * len(passed)
    assert len(passed) <= CALLS
    counters_are_true(tenant.connection, tenant)
    # What the killed ones held comes back when it expires: then the budget can be spent to the end.
    overdue(tenant.connection, tenant)
    for _ in range(CALLS - len(passed)):
        tenant.settle(tenant.reserve(100, 300), 100, 300)
    assert tenant.spent("cost_usd") == PRICE * CALLS
    refusal(lambda: tenant.reserve(100, 300), "PT402")
    counters_are_true(tenant.connection, tenant)


def test_workers_killed_outright_do_not_unbalance_the_budget(stack: Any, tenant: Tenant):
    """Processes that die by SIGKILL, between any two instructions, and never say goodbye to the server."""
    calls = 4 * CALLS
    tenant.quota("cost", "month", PRICE * calls)
    name = f"worker-{tenant.id}"
    sessions = "select count(*) from pg_stat_activity where application_name = %s"
    processes = multiprocessing.get_context("fork")
    # Without a lock, which a dead one could hold.
    go = processes.RawValue("b", 0)

    def work() -> None:
        with psycopg.connect(stack.db_url, autocommit=True, application_name=name) as connection:
            mine = Tenant(connection, tenant.owner, tenant.id, tenant.model)
            while not go.value:
                time.sleep(0.01)
            while reservation := mine.try_to_reserve(*REFUSED, tokens_input=100, tokens_output=300):
                mine.settle(reservation, 100, 300)

    workers = [processes.Process(target=work) for _ in range(room(tenant))]
    for worker in workers:
        worker.start()
    while value(tenant.connection, sessions, name) < len(workers):
        time.sleep(0.05)
    go.value = 1
    chance = random.Random(1)
    for worker in workers[::2]:
        time.sleep(chance.random() * 0.01)
        worker.kill()
    for worker in workers:
        worker.join(120)
    killed = sum(worker.exitcode == -signal.SIGKILL for worker in workers)
    assert killed > 0
    assert [worker.exitcode for worker in workers].count(0) == len(workers) - killed
    # What a dead one had sent is still done.
    while value(tenant.connection, sessions, name):
        time.sleep(0.05)
    limit = tenant.limit()
    spent, held = Decimal(str(limit["spent"])), Decimal(str(limit["held"]))
    assert spent + held == PRICE * calls
    assert tenant.spent("cost_usd") == spent
    counters_are_true(tenant.connection, tenant)
    left = int(held / PRICE)
    assert 0 < left <= killed
    overdue(tenant.connection, tenant)
    for _ in range(left):
        tenant.settle(tenant.reserve(100, 300), 100, 300)
    assert tenant.spent("cost_usd") == PRICE * calls
    refusal(lambda: tenant.reserve(100, 300), "PT402")


@pytest.mark.parametrize("most", [100, 200], ids=["bounds hold", "bounds are broken"])
def test_what_is_overspent_is_what_calls_take_beyond_their_bounds(stack: Any, tenant: Tenant, most: int):
    limit, beyond = 5000, list[int]()
    tenant.quota("tokens", "day", limit)

    def work(connection: Connection, number: int) -> None:
        mine, chance = Tenant(connection, tenant.owner, tenant.id, tenant.model), random.Random(number)
        while reservation := mine.try_to_reserve(*REFUSED, tokens_input=100, tokens_output=0):
            truth = chance.randrange(most + 1)
            mine.settle(reservation, truth, 0)
            beyond.append(max(truth - 100, 0))

    hammer(stack.db_url, work, min(16, room(tenant)))
    assert limit - 100 < tenant.spent() <= limit + sum(beyond)
    assert tenant.limit()["spent"] == tenant.spent()
    counters_are_true(tenant.connection, tenant)


def test_many_subjects_at_once_do_not_wait_in_a_circle(stack: Any, tenant: Tenant):
    """Every statement touches several counters, in whatever order its caller names them."""
    people = [tenant.owner, *(tenant.person() for _ in range(3))]
    keys = [tenant.api_key() for _ in range(2)]
    for scope in ("organization", "user", "api_key"):
        for metric, period in (("tokens", "day"), ("cost", "month"), ("requests", "minute")):
            tenant.quota(metric, period, 10**9, scope=scope)

    def work(connection: Connection, number: int) -> None:
        chance = random.Random(number)
        mine = Tenant(connection, tenant.owner, tenant.id, tenant.model)
        for _ in range(12):
            who = {"p_user_id": chance.choice(people), "p_api_key_id": chance.choice(keys)}
            step = chance.randrange(4)
            if step == 0:
                mine.settle(mine.reserve(**who))
            elif step == 1:
                mine.reserve(**who, p_expires_in="1 second")
            elif step == 2:
                mine.batch(
                    *(
                        {"user_id": chance.choice(people), "api_key_id": chance.choice(keys), "tokens_input": 1}
                        for _ in range(5)
                    )
                )
            else:
                connection.execute("select private.expire_usage_reservations()")

    hammer(stack.db_url, work, min(12, room(tenant)))
    time.sleep(1)
    tenant.reserve()
    counters_are_true(tenant.connection, tenant)


EVERYTHING = """
    select
        settle_usage((reserve_usage(o, %(model)s, 1, 1) ->> 'reservation_id')::uuid, 1, 1),
        release_usage((reserve_usage(o, %(model)s, 1, 1) ->> 'reservation_id')::uuid),
        record_api_usage(o, '/chat', %(model)s, 1, 1, p_user_id => %(user)s), reserve_usage(o, %(model)s, 1, 1)
    from unnest(%(organizations)s::uuid[]) o
"""


def test_two_hundred_organizations_do_not_wait_for_each_other(stack: Any, tenant: Tenant):
    """Each is reserved, settled and recorded for in a transaction that stays open while the next ones are."""
    made = [
        Tenant(tenant.connection, tenant.owner, make_organization(tenant.connection, tenant.owner), tenant.model)
        for _ in range(200)
    ]
    sessions = [psycopg.connect(stack.db_url) for _ in range(8)]
    try:
        for one in made:
            one.quota("tokens", "day", 10**6)
            call(one.connection, "add_usage_credit", p_organization_id=one.id, p_amount_usd=1)
        for number, connection in enumerate(sessions):
            # Whoever has to wait for a lock fails.
            connection.execute("set lock_timeout = '1ms'")
            organizations = [one.id for one in made[number :: len(sessions)]]
            connection.execute(
                EVERYTHING, {"model": tenant.model, "user": tenant.owner, "organizations": organizations}
            )
        for connection in sessions:
            connection.commit()
        for one in made:
            counters_are_true(one.connection, one)
            assert (one.spent(), one.limits()[1]["spent"], one.limits()[1]["held"]) == (4, 4, 2)
    finally:
        for connection in sessions:
            connection.close()
        erase_organizations(tenant.connection, [one.id for one in made])


@pytest.mark.parametrize(
    "statement",
    [
        (
            "insert into api_usage (organization_id, endpoint, model_name, request_id) "
            "select %(id)s, '/chat', %(model)s, n::text from generate_series(1, 50) n"
        ),
        (
            "insert into usage_quotas (organization_id, metric, period, limit_value) "
            "values (%(id)s, 'tokens', 'day', 0)"
        ),
        "update organizations set time_zone = 'Asia/Kolkata' where id = %(id)s",
        (
            "select explain_limits(%(id)s), get_usage_timeseries(%(id)s, '2020-01-01', now()), "
            "get_organization_analytics(%(id)s), get_user_dashboard()"
        ),
    ],
    ids=["reporting", "limiting", "moving", "reading"],
)
def test_no_client_keeps_another_organization_waiting(
    stack: Any, tenant: Tenant, session: Callable[..., Session], statement: str
):
    """Not even with a transaction that stays open, as no client of the Data API can have one."""
    other = make_tenant(tenant.connection)
    try:
        other.quota("tokens", "day", 10**6)
        hostile = session()
        hostile.become(tenant.owner)
        hostile.connection.execute(statement, {"id": tenant.id, "model": tenant.model})  # type: ignore[call-overload]
        with psycopg.connect(stack.db_url) as victim:
            victim.execute("set lock_timeout = '1ms'")
            victim.execute(EVERYTHING, {"model": other.model, "user": other.owner, "organizations": [other.id]})
            with as_user(victim, other.owner):
                victim.execute(
                    "insert into api_usage (organization_id, endpoint, model_name, request_id) "
                    "values (%s, '/chat', 'm', '1')",
                    [other.id],
                )
                assert len(Tenant(victim, other.owner, other.id, other.model).limits()) == 1
            victim.commit()
        hostile.rollback()
    finally:
        other.erase()


# Explaining ------------------------------------------------------------------------------------------------


def test_who_may_ask_about_whom(db: Connection, here: Tenant):
    member, admin, key = here.person(), here.person("admin"), here.api_key()
    here.quota("tokens", "day", 100)
    here.quota("tokens", "day", 90, scope="user")
    here.quota("tokens", "day", 80, scope="api_key")
    here.record(10, 0, p_user_id=member)
    with as_user(db, member):
        assert [limit["spent"] for limit in here.limits()] == [10, 10]
        assert [limit["spent"] for limit in here.limits(user_id=member)] == [10, 10]
    for arguments in ({"user_id": admin}, {"api_key_id": key}):
        with refused("PT403"), as_user(db, member):
            here.limits(**arguments)
    with as_user(db, admin):
        assert [limit["spent"] for limit in here.limits(user_id=member, api_key_id=key)] == [0, 10, 10]
    with refused("PT404"), as_user(db, make_tenant(db).owner):
        here.limits()
    with as_service(db):
        assert len(here.limits()) == 1


def test_an_organization_that_comes_back_is_counted_anew(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    reservation = here.reserve(100, 0)
    db.execute("update organizations set deleted_at = now() where id = %s", [here.id])
    here.settle(reservation, 30, 0)
    here.record(20, 0)
    db.execute("update organizations set deleted_at = null where id = %s", [here.id])
    assert (here.limit()["spent"], here.limit()["held"]) == (50, 0)
