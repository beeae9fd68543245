"""Calls whose maker died: what was reported of them is charged, and nothing is charged twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from tests.database.metering import Tenant, counters_are_true, here, summaries_equal_the_ledger, tenant
from tests.database.support import Connection, Session, as_service, call, refused, value

__all__ = ["here", "tenant"]

CHARGE = "select private.settle_reported_usage()"


def report(
    db: Connection, reservation: dict[str, Any], tokens_input: int, tokens_output: int, **more: object
) -> None:
    told = {
        "reservation_id": reservation["reservation_id"],
        "tokens_input": tokens_input,
        "tokens_output": tokens_output,
        **more,
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
    counters_are_true(db, here)
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)


def test_who_was_not_dead_after_all_says_what_the_call_really_used(db: Connection, here: Tenant):
    here.quota("tokens", "day", 1000)
    call(db, "add_usage_credit", p_organization_id=here.id, p_amount_usd=1)
    call(db, "require_usage_credit", p_organization_id=here.id)
    silent, dead = here.reserve(100, 200), here.reserve(100, 200)
    for one in (silent, dead):
        report(db, one, 7, 30)
    expire(db, here)
    assert value(db, CHARGE) == 2
    # What is not sure itself corrects nothing.
    assert not here.settle(silent, 8, 40, p_is_estimate=True)["recorded"]
    assert here.spent() == 74
    truth = here.settle(silent, 8, 40, p_tokens_cached=4)
    assert truth.items() >= {"tokens_used": 48, "cost_usd": 0.000088, "recorded": True}.items()
    assert here.settle(silent, 9, 50) == {**truth, "recorded": False}
    # One that used what was reported needs no correction.
    assert not here.settle(dead, 7, 30)["recorded"]
    assert (here.spent(), here.spent("cost_usd")) == (85, Decimal("0.000155"))
    assert value(db, "select count(*) from api_usage where organization_id = %s", here.id) == 3
    (tokens, credit) = sorted(here.limits(), key=lambda limit: limit["kind"] == "credits")
    assert (tokens["spent"], tokens["held"]) == (85, 0)
    assert Decimal(str(credit["left"])) == 1 - Decimal("0.000155")
    counters_are_true(db, here)
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)


@pytest.mark.parametrize("repriced", ["before the truth", "after it", "only then priced"])
def test_the_truth_and_a_new_price_come_in_any_order(db: Connection, here: Tenant, repriced: str):
    if repriced == "only then priced":
        here.model = f"unpriced-{here.id}"
    held = here.reserve(100, 200)
    report(db, held, 10, 20)
    expire(db, here)
    value(db, CHARGE)

    def reprice() -> None:
        here.price(3, 5, p_valid_from="2021-01-01T00:00:00Z")
        call(db, "reprice_usage", p_model_name=here.model, p_from="2021-01-01T00:00:00Z")

    if repriced == "before the truth":
        reprice()
    assert here.settle(held, 10, 30)["recorded"]
    if repriced != "before the truth":
        reprice()
    assert here.spent("cost_usd") == Decimal("0.00018")
    counters_are_true(db, here)


def test_a_dead_call_is_charged_as_of_the_model_that_answered(db: Connection, here: Tenant):
    call(
        db,
        "set_model_price",
        p_model_name=f"dear-{here.id}",
        p_input_per_million=10,
        p_output_per_million=20,
        p_valid_from="2020-01-01T00:00:00Z",
    )
    held = here.reserve(100, 200, p_other_models=[f"dear-{here.id}"])
    assert held["cost_usd"] == 0.005
    report(db, held, 1, 2, model_name=f"dear-{here.id}")
    report(db, held, 10, 20)
    expire(db, here)
    assert value(db, CHARGE) == 1
    ledger = "select model_name, cost_usd from api_usage where organization_id = %s"
    assert db.execute(ledger, [here.id]).fetchall() == [(f"dear-{here.id}", Decimal("0.0005"))]


def test_the_bound_of_a_call_is_that_of_the_dearest_model_that_may_answer(db: Connection, here: Tenant):
    assert here.reserve(100, 200, p_other_models=[])["cost_usd"] == 0.0005
    assert here.reserve(100, 200, p_other_models=[here.model])["cost_usd"] == 0.0005
    # Where no cost is limited a model without a price is no reason to refuse, and its bound is what is known.
    assert here.reserve(100, 200, p_other_models=["nobody-knows"])["cost_usd"] == 0.0005
    here.quota("cost", "day", 1)
    with refused("PT400", says="nobody-knows"), db.transaction():
        here.reserve(100, 200, p_other_models=["nobody-knows"])
    assert here.reserve(100, 200, p_other_models=["nobody-knows"], p_cost_usd="0.5")["cost_usd"] == 0.5


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
