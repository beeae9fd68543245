"""Calls whose maker died: what was reported of them is charged, and nothing is charged twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.database.metering import Tenant, counters_are_true, here, summaries_equal_the_ledger, tenant
from tests.database.support import Connection, Session, as_service, call, refused, value

__all__ = ["here", "tenant"]

CHARGE = "select private.settle_reported_usage()"


def report(db: Connection, reservation: dict[str, Any], tokens_input: int, tokens_output: int) -> None:
    told = {
        "reservation_id": reservation["reservation_id"],
        "tokens_input": tokens_input,
        "tokens_output": tokens_output,
    }
    with as_service(db):
        call(db, "report_usage", p_reports=json.dumps([told]))


def expire(db: Connection, here: Tenant) -> None:
    db.execute("update private.usage_reservations set expires_at = now() where organization_id = %s", [here.id])
    db.execute("select private.expire_usage_reservations()")


def test_what_was_reported_of_a_dead_call_is_charged_once(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    dead = here.reserve(100, 200)
    report(db, dead, 7, 3)
    report(db, dead, 7, 30)
    assert (here.limit()["spent"], here.limit()["held"]) == (0, 300)
    expire(db, here)
    # Something will be charged for it, so it keeps its bound until then.
    assert (here.limit()["spent"], here.limit()["held"]) == (0, 300)
    with refused("PT429"), db.transaction():
        here.reserve(701, 0)
    assert value(db, CHARGE) >= 1
    assert (here.limit()["spent"], here.limit()["held"]) == (37, 0)
    assert value(db, CHARGE) == 0
    # It was not dead after all: what it says now comes too late to be charged again.
    assert not here.settle(dead, 7, 31)["recorded"]
    assert here.spent() == 37
    counters_are_true(db, here)
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)


def test_what_nobody_reported_is_not_charged(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    here.reserve(100, 200)
    expire(db, here)
    value(db, CHARGE)
    assert here.spent() == 0
    assert (here.limit()["spent"], here.limit()["held"]) == (0, 0)


def test_a_call_that_goes_on_does_not_expire(db: Connection, here: Tenant):
    living = here.reserve(100, 200)
    soon = "update private.usage_reservations set expires_at = now() + interval '1 minute' where id = %s"
    db.execute(soon, [living["reservation_id"]])
    report(db, living, 1, 1)
    later = "select expires_at >= now() + interval '10 minutes' from private.usage_reservations where id = %s"
    assert value(db, later, living["reservation_id"])


def test_a_report_of_what_is_over_changes_nothing(db: Connection, here: Tenant):
    settled, released = here.reserve(), here.reserve()
    here.settle(settled, 1, 1)
    here.release(released)
    for one in (settled, released):
        report(db, one, 50, 50)
    expire(db, here)
    value(db, CHARGE)
    assert here.spent() == 2


def test_a_report_that_nobody_can_believe_is_not_kept(db: Connection, here: Tenant):
    dead = here.reserve(100, 200)
    report(db, dead, 7, 10**10 + 1)
    kept = "select output_reported is null from private.usage_reservations where id = %s"
    assert value(db, kept, dead["reservation_id"])


def test_a_dead_call_that_cannot_be_charged_does_not_keep_the_others(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    key = here.api_key()
    gone, other = here.reserve(100, 0, p_api_key_id=key), here.reserve(100, 0)
    for one in (gone, other):
        report(db, one, 5, 5)
    db.execute("delete from organization_api_keys where id = %s", [key])
    expire(db, here)
    assert value(db, CHARGE) >= 1
    assert (here.limit()["spent"], here.limit()["held"]) == (10, 0)
    counters_are_true(db, here)


def test_a_dead_call_is_charged_later_where_a_lock_is_in_the_way(tenant: Tenant, session: Callable[..., Session]):
    tenant.quota("tokens", "day", 1000)
    key = tenant.api_key()
    dead = tenant.reserve(100, 0, p_api_key_id=key)
    report(tenant.connection, dead, 5, 5)
    tenant.connection.execute(
        "update private.usage_reservations set expires_at = now() where organization_id = %s", [tenant.id]
    )
    first, second = session(), session()
    first.run("select * from organization_api_keys where id = %s for update", key)
    second.run("set local lock_timeout = '100ms'")
    with pytest.raises(psycopg.errors.LockNotAvailable):
        second.run(CHARGE)
    second.rollback()
    first.rollback()
    assert (tenant.limit()["spent"], tenant.limit()["held"]) == (0, 100)
    assert value(tenant.connection, CHARGE) == 1
    assert (tenant.limit()["spent"], tenant.limit()["held"]) == (10, 0)
    counters_are_true(tenant.connection, tenant)
