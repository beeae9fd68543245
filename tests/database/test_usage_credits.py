"""Credits: a prepaid balance that calls draw on, oldest first, in the transaction that lets them pass."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.metering import Tenant, here, make_tenant, tenant
from tests.database.support import Connection, as_service, as_user, call, refused, value

__all__ = ["here", "tenant"]


def top_up(here: Tenant, amount: object, **arguments: object) -> dict[str, Any]:
    answer: dict[str, Any] = call(
        here.connection, "add_usage_credit", p_organization_id=here.id, p_amount_usd=amount, **arguments
    )
    return answer


def spend(here: Tenant, bound: object, truth: object | None = None) -> None:
    here.settle(here.reserve(0, 0, p_cost_usd=bound), 0, 0, p_cost_usd=bound if truth is None else truth)


def left(here: Tenant) -> Decimal:
    return Decimal(value(here.connection, "select private.credit_left(%s, clock_timestamp())", here.id))


def remaining(here: Tenant) -> list[Decimal]:
    rows = here.connection.execute(
        "select remaining_usd from usage_credits where organization_id = %s order by created_at, id", [here.id]
    ).fetchall()
    return [row[0] for row in rows]


def test_a_call_passes_if_limits_and_balance_allow_it(db: Connection, here: Tenant):
    here.quota("cost", "month", 3)
    spend(here, 1)
    top_up(here, 5)
    spend(here, 1)
    with refused("PT429"), db.transaction():
        spend(here, "1.5")
    assert left(here) == 4
    db.execute("update usage_quotas set limit_value = 100")
    reservation = here.reserve(0, 0, p_cost_usd=3)
    with refused("PT402"), db.transaction():
        spend(here, "1.01")
    limit = here.limits()[0]
    assert (
        limit.items()
        >= {"kind": "credits", "limit_value": 5, "spent": 1, "held": 3, "left": 1, "resets_at": None}.items()
    )
    here.release(reservation)
    spend(here, 4)
    with refused("PT402"), db.transaction():
        spend(here, "0.000000000001")
    assert (left(here), here.spent("cost_usd")) == (0, 6)


def test_the_oldest_credit_is_drawn_on_first(db: Connection, here: Tenant):
    top_up(here, 1, p_kind="grant", p_expires_at="2100-01-01T00:00:00Z")
    top_up(here, 2)
    top_up(here, 3, p_kind="grant")
    for cost, expected in (("0.5", [0.5, 2, 3]), (1, [0, 1.5, 3]), ("1.5", [0, 0, 3]), (2, [0, 0, 1])):
        spend(here, cost)
        assert remaining(here) == expected


def test_a_grant_is_good_for_the_calls_made_before_it_expires(db: Connection, here: Tenant):
    top_up(here, 1, p_kind="grant", p_expires_at="2100-01-01T00:00:00Z")
    top_up(here, 1)
    in_time = here.reserve(0, 0, p_cost_usd=1)
    db.execute(
        "update usage_credits set expires_at = clock_timestamp() where kind = 'grant' and organization_id = %s",
        [here.id],
    )
    # What is held may turn out to be of either credit.
    with refused("PT402"), db.transaction():
        here.reserve(0, 0, p_cost_usd="0.5")
    here.settle(in_time, 0, 0, p_cost_usd="0.75")
    assert remaining(here) == [Decimal("0.25"), 1]
    assert left(here) == 1
    spend(here, 1)
    assert remaining(here) == [Decimal("0.25"), 0]
    with refused("PT402"), db.transaction():
        spend(here, "0.25")


def test_what_the_balance_does_not_cover_is_owed(db: Connection, here: Tenant):
    top_up(here, 1)
    spend(here, 1, "1.5")
    here.record(0, 0, p_cost_usd="0.25")
    assert left(here) == Decimal("-0.75")
    assert here.limits()[0]["left"] == 0
    assert top_up(here, "0.5")["left_usd"] == -0.25
    assert top_up(here, 1)["left_usd"] == 0.75
    spend(here, "0.75")


def test_a_top_up_counts_once(db: Connection, here: Tenant):
    first = top_up(here, 5, p_request_id="invoice-1")
    assert top_up(here, 5, p_request_id="invoice-1") == {**first, "added": False}
    assert left(here) == 5
    for wrong in ({"p_amount_usd": 0}, {"p_amount_usd": -1}, {"p_expires_at": "2020-01-01T00:00:00Z"}):
        with refused("PT400"), db.transaction():
            top_up(here, **{"amount": wrong.pop("p_amount_usd", 1), **wrong})


def test_reservations_from_before_the_first_credit_hold_none_of_it(db: Connection, here: Tenant):
    before = here.reserve(0, 0, p_cost_usd=3)
    top_up(here, 5)
    assert left(here) == 5
    here.release(before)
    assert left(here) == 5


def test_a_balance_can_be_required_or_not(db: Connection, here: Tenant):
    call(db, "require_usage_credit", p_organization_id=here.id)
    with refused("PT402"), db.transaction():
        spend(here, 1)
    top_up(here, 2)
    held = here.reserve(0, 0, p_cost_usd=1)
    call(db, "require_usage_credit", p_organization_id=here.id, p_is_required=False)
    spend(here, 100)
    here.settle(held, 0, 0, p_cost_usd=1)
    call(db, "require_usage_credit", p_organization_id=here.id)
    assert left(here) == 2


def test_what_was_paid_otherwise_is_not_paid_back(db: Connection, here: Tenant):
    before = here.record(0, 0, p_cost_usd=100)["id"]
    top_up(here, 5)
    after = here.record(0, 0, p_cost_usd=2)["id"]
    for usage, cost in ((before, "-100"), (before, "30"), (after, "-1")):
        call(db, "adjust_usage", p_organization_id=here.id, p_usage_id=usage, p_reason="Wrong", p_cost_usd=cost)
    here.record(0, 0, p_cost_usd=1, p_created_at="2026-01-01T00:00:00Z")
    assert left(here) == 4
    assert sum(remaining(here)) == 4


def test_a_bound_that_is_no_number_is_refused(db: Connection, here: Tenant):
    top_up(here, 5)
    for cost in ("NaN", "Infinity"):
        with refused("PT400"), db.transaction():
            here.reserve(0, 0, p_cost_usd=cost)
    assert left(here) == 5


def test_expired_reservations_give_the_balance_back(db: Connection, here: Tenant):
    top_up(here, 1)
    here.reserve(0, 0, p_cost_usd=1)
    db.execute("update private.usage_reservations set expires_at = now() where organization_id = %s", [here.id])
    assert here.limits()[0]["held"] == 0
    spend(here, 1)
    assert left(here) == 0


def test_who_sees_and_who_gives_credit(db: Connection, here: Tenant):
    with as_service(db):
        top_up(here, 5)
    member, admin = here.person(), here.person("admin")
    count = "select count(*) from usage_credits"
    with as_user(db, admin):
        assert value(db, count) == 1
    with as_user(db, member):
        assert value(db, count) == 0
    with refused("42501"), as_user(db, admin):
        top_up(here, 5)
    with refused("PT404"), as_service(db):
        call(db, "add_usage_credit", p_organization_id=member, p_amount_usd=1)
    assert (
        value(
            db,
            "select new_values ->> 'amount_usd' from organization_audit_log where table_name = "
            "'usage_credits' and organization_id = %s",
            here.id,
        )
        == "5"
    )


def test_members_see_whether_the_balance_lasts_and_no_amounts(db: Connection, here: Tenant):
    top_up(here, 5)
    here.reserve(0, 0, p_cost_usd=3)
    amounts = {"limit_value": 5, "spent": 0, "held": 3, "left": 2}
    asked = [(here.person("viewer"), False), (here.person(), False), (here.person("admin"), True)]
    for user, sees_amounts in asked:
        with as_user(db, user):
            limit = here.limit()
        expected = amounts if sees_amounts else dict.fromkeys(amounts)
        assert limit.items() >= {"kind": "credits", "has_room": True, **expected}.items()
    here.reserve(0, 0, p_cost_usd=2)
    for user, _ in asked:
        with as_user(db, user):
            assert not here.limit()["has_room"]
    # What the refused are told may be shown to them; whoever asked for them has the amounts in the detail.
    with pytest.raises(psycopg.Error) as caught, db.transaction():
        here.reserve(0, 0, p_cost_usd=4)
    assert (caught.value.sqlstate, caught.value.diag.message_primary) == (
        "PT402",
        "The prepaid balance does not cover the call, which may cost 4 US dollars",
    )
    (limit,) = json.loads(caught.value.diag.message_detail or "")
    assert limit.items() >= {"kind": "credits", "left": 0, "held": 5, "needed": 4}.items()


AMOUNTS = st.decimals(0, 5, places=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("top_up", "grant", "reserve", "settle", "release", "record", "refund")), AMOUNTS
        ),
        max_size=25,
    )
)
def test_not_a_cent_is_lost(db: Connection, steps: list[tuple[str, Decimal]]):
    with db.transaction(force_rollback=True):
        here = make_tenant(db)
        given_away, drawn, held = Decimal(0), Decimal(0), dict[str, Decimal]()
        top_up(here, 1)
        given_away += 1
        for step, amount in steps:
            if step in ("top_up", "grant") and amount:
                top_up(here, amount, p_kind=step)
                given_away += amount
            elif step == "reserve":
                if amount == 0 or given_away - drawn - sum(held.values()) >= amount:
                    held[here.reserve(0, 0, p_cost_usd=amount)["reservation_id"]] = amount
                else:
                    with refused("PT402"), db.transaction():
                        here.reserve(0, 0, p_cost_usd=amount)
            elif step in ("settle", "release") and held:
                reservation, _ = held.popitem()
                if step == "settle":
                    here.settle({"reservation_id": reservation}, 0, 0, p_cost_usd=amount)
                    drawn += amount
                else:
                    here.release({"reservation_id": reservation})
            elif step in ("record", "refund"):
                made = here.record(0, 0, p_cost_usd=amount)
                drawn += amount
                if step == "refund":
                    call(
                        db,
                        "adjust_usage",
                        p_organization_id=here.id,
                        p_usage_id=made["id"],
                        p_reason="No",
                        p_cost_usd=-amount,
                    )
                    drawn -= amount
            assert left(here) == given_away - drawn - sum(held.values())
        account = db.execute(
            "select held_usd, owed_usd from private.usage_credit_accounts where organization_id = %s", [here.id]
        ).fetchone()
        assert account is not None
        assert account[0] == sum(held.values())
        assert sum(remaining(here)) - account[1] == given_away - drawn
        assert min(remaining(here)) >= 0
        assert here.spent("cost_usd") == drawn


def test_a_balance_that_covers_so_many_calls_lets_exactly_so_many_pass(stack: Any, tenant: Tenant):
    for _ in range(6):
        top_up(tenant, "0.5")
    passed: list[int] = []
    gate = threading.Barrier(12)

    def work(number: int) -> None:
        with psycopg.connect(stack.db_url, autocommit=True) as connection:
            mine = Tenant(connection, tenant.owner, tenant.id, tenant.model)
            gate.wait(60)
            for _ in range(6):
                reservation = mine.try_to_reserve("PT402", tokens_input=0, tokens_output=0, p_cost_usd="0.1")
                if reservation:
                    passed.append(number)
                    mine.settle(reservation, 0, 0, p_cost_usd="0.1")

    with ThreadPoolExecutor(12) as pool:
        for one in [pool.submit(work, number) for number in range(12)]:
            one.result()
    assert len(passed) == 30
    assert left(tenant) == 0
    assert remaining(tenant) == [0] * 6
