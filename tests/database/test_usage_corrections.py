"""Corrections: further rows that refer to what they correct, and totals that follow."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.database.metering import Tenant, counters_are_true, here, summaries_equal_the_ledger
from tests.database.support import Connection, as_service, call, refused, value

__all__ = ["here"]

BEFORE = "2026-01-01T00:00:00Z"


def adjust(db: Connection, here: Tenant, usage: Any, **arguments: object) -> dict[str, Any]:
    answer: dict[str, Any] = call(
        db, "adjust_usage", p_organization_id=here.id, p_usage_id=usage, p_reason="Test", **arguments
    )
    return answer


def reprice(db: Connection, here: Tenant, **arguments: object) -> dict[str, Any]:
    answer: dict[str, Any] = call(db, "reprice_usage", p_model_name=here.model, p_from=BEFORE, **arguments)
    return answer


def totals(db: Connection, here: Tenant) -> tuple[int, int, int, Decimal]:
    """Return requests, unpriced calls, tokens and cost of all times, as they are read."""
    row = db.execute(
        "select coalesce(sum(requests), 0), coalesce(sum(unpriced), 0), coalesce(sum(tokens_used), "
        "0), coalesce(sum(cost_usd), 0) "
        "from get_usage_timeseries(%s, '2020-01-01Z', now() + interval '1 day', 'month')",
        [here.id],
    ).fetchone()
    assert row is not None
    return row


@pytest.mark.parametrize("rolled_up", [None, "hour", "day"])
def test_every_total_follows_a_correction(db: Connection, here: Tenant, rolled_up: str | None):
    here.quota("cost", "month", 100)
    here.quota("tokens", "day", 10**6)
    usage = here.record(100, 100, p_cost_usd=2)["id"]
    here.record(1, 1, p_cost_usd=1, p_created_at="2026-02-01T00:00:00Z")
    old = value(db, "select id from api_usage where organization_id = %s and cost_usd = 1", here.id)
    if rolled_up:
        call(db, "aggregate_usage_summary", p_period=rolled_up)
    answer = adjust(db, here, usage, p_cost_usd="-0.5", p_tokens_input=-40, p_request_id="fix")
    assert answer.items() >= {"cost_usd": -0.5, "tokens_used": -40, "recorded": True}.items()
    assert adjust(db, here, usage, p_cost_usd="-0.5", p_tokens_input=-40, p_request_id="fix") == {
        **answer,
        "recorded": False,
    }
    # The id of another row is a mistake, and not a correction that is there already.
    with refused("PT409"), db.transaction():
        adjust(db, here, old, p_cost_usd="0.25", p_request_id="fix")
    adjust(db, here, old, p_cost_usd="0.25")
    assert totals(db, here) == (2, 0, 162, Decimal("2.75"))
    # A period that is over has no budget any more.
    assert [limit["spent"] for limit in here.limits()] == [1.5, 160]
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)
    counters_are_true(db, here)
    assert value(
        db,
        "select sum(cost_usd) from token_usage_summary where organization_id = %s and period = 'day' "
        "and period_start = '2026-02-01Z'",
        here.id,
    ) == Decimal("1.25")


def test_a_correction_refers_to_a_call(db: Connection, here: Tenant):
    usage = here.record()["id"]
    correction = adjust(db, here, usage, p_cost_usd=1)["id"]
    row = db.execute(
        "select adjusts_id, adjustment_reason, reported_by_client, created_at = (select created_at "
        "from api_usage where id = %s) "
        "from api_usage where id = %s",
        [usage, correction],
    ).fetchone()
    assert row == (value(db, "select %s::uuid", usage), "Test", False, True)
    with refused("PT400"), db.transaction():
        adjust(db, here, correction, p_cost_usd=1)
    with refused("PT404"), db.transaction():
        adjust(db, here, here.id, p_cost_usd=1)
    with refused("23514"), db.transaction():
        call(db, "adjust_usage", p_organization_id=here.id, p_usage_id=usage, p_reason=None, p_cost_usd=1)


def test_what_a_client_reported_is_corrected_without_counting_for_budgets(db: Connection, here: Tenant):
    here.quota("cost", "month", 100)
    usage = value(
        db,
        "insert into api_usage (organization_id, user_id, endpoint, model_name, cost_usd) values "
        "(%s, %s, '/x', 'm', 5) returning id",
        here.id,
        here.owner,
    )
    adjust(db, here, usage, p_cost_usd=-4)
    assert totals(db, here)[3] == 1
    assert here.limit()["spent"] == 0


def test_a_price_that_was_wrong(db: Connection, here: Tenant):
    here.quota("cost", "month", 100)
    here.price(10, 20, p_valid_from="2026-03-01T00:00:00Z")
    here.record(10**6, 0, p_created_at="2026-02-01T00:00:00Z")
    here.record(10**6, 0, p_created_at="2026-03-02T00:00:00Z")
    here.record(0, 10**6)
    here.record(0, 10**6, p_cost_usd=7)
    assert totals(db, here)[3] == 1 + 10 + 20 + 7
    here.price(4, 8, p_valid_from="2026-03-01T00:00:00Z")
    with as_service(db):
        assert reprice(db, here) == {"corrected": 2, "cost_usd": -18}
        assert reprice(db, here) == {"corrected": 0, "cost_usd": 0}
    assert totals(db, here) == (4, 0, 4 * 10**6, 1 + 4 + 8 + 7)
    assert here.limit()["spent"] == 8 + 7
    # A row that was corrected before is corrected by what is still wrong.
    here.price("4.5", 8, p_valid_from="2026-03-01T00:00:00Z")
    assert reprice(db, here, p_reason="Once more") == {"corrected": 1, "cost_usd": 0.5}
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)
    counters_are_true(db, here)
    with refused("PT400"), db.transaction():
        reprice(db, here, p_to="2020-01-01T00:00:00Z")


def test_what_somebody_granted_stands_beside_the_price(db: Connection, here: Tenant):
    here.price(1, 1, p_valid_from="2026-03-01T00:00:00Z")
    usage = here.record(1_000_000, 0)["id"]
    adjust(db, here, usage, p_cost_usd="-0.5")
    assert reprice(db, here)["corrected"] == 0
    # Tokens that were wrong are priced, whatever was said of their cost.
    adjust(db, here, usage, p_tokens_input=1_000_000, p_cost_usd="0.25")
    assert reprice(db, here) == {"corrected": 1, "cost_usd": 0.75}
    assert totals(db, here)[3] == Decimal("1.5")
    assert reprice(db, here)["corrected"] == 0


def test_a_price_that_comes_late(db: Connection, here: Tenant):
    here.model += "-new"
    here.record(10**6, 0)
    here.record(0, 10**6, p_created_at="2026-02-01T00:00:00Z")
    here.record(10**6, 0, p_created_at="2026-01-15T00:00:00Z")
    assert totals(db, here) == (3, 3, 3 * 10**6, 0)
    here.price(1, 2, p_valid_from="2026-02-01T00:00:00Z")
    assert reprice(db, here) == {"corrected": 2, "cost_usd": 3}
    assert totals(db, here) == (3, 1, 3 * 10**6, 3)
    call(db, "aggregate_usage_summary", p_period="month")
    summaries_equal_the_ledger(db, here)
    assert value(db, "select requests from get_unpriced_models() where model_name = %s", here.model) == 1
    # By hand, the first correction that names a cost is the one that gives it.
    old = value(db, "select id from api_usage where organization_id = %s and created_at = '2026-01-15Z'", here.id)
    adjust(db, here, old, p_tokens_input=1)
    assert totals(db, here)[1] == 1
    adjust(db, here, old, p_cost_usd=1)
    adjust(db, here, old, p_cost_usd=1)
    assert totals(db, here) == (3, 0, 3 * 10**6 + 1, 5)
    assert not value(db, "select count(*) from get_unpriced_models() where model_name = %s", here.model)


def test_one_organization_alone_is_priced_anew(db: Connection, here: Tenant):
    here.record(10**6, 0)
    here.price(3, 3)
    assert reprice(db, here, p_organization_id=here.owner) == {"corrected": 0, "cost_usd": 0}
    assert reprice(db, here, p_organization_id=here.id) == {"corrected": 1, "cost_usd": 2}


def test_the_balance_follows_a_correction(db: Connection, here: Tenant):
    call(db, "add_usage_credit", p_organization_id=here.id, p_amount_usd=1)
    usage = here.record(0, 0, p_cost_usd="1.5")["id"]
    left = "select private.credit_left(%s, clock_timestamp())"
    assert value(db, left, here.id) == Decimal("-0.5")
    adjust(db, here, usage, p_cost_usd="-0.75")
    assert value(db, left, here.id) == Decimal("0.25")
    assert value(
        db, "select amount_usd from usage_credits where kind = 'refund' and organization_id = %s", here.id
    ) == Decimal("0.25")
    adjust(db, here, usage, p_cost_usd="0.25")
    assert value(db, left, here.id) == 0
