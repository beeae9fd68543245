"""Alerts: at 50, 80 and 100 per cent of a quota, once a period each, and to those who can do something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.database.metering import Tenant, here, tenant
from tests.database.support import Connection, Session, call

__all__ = ["here", "tenant"]


def alerts(db: Connection, here: Tenant) -> list[tuple[int, int]]:
    return db.execute(
        "select threshold, spent::int from usage_alerts where organization_id = %s order by "
        "limit_value, threshold",
        [here.id],
    ).fetchall()


def notifications(db: Connection, user: object) -> list[tuple[str, str]]:
    return db.execute(
        "select title, body from user_notifications where user_id = %s and type = 'usage-alert' order by title",
        [user],
    ).fetchall()


def test_each_threshold_makes_one_alert(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    for tokens, expected in (
        (49, []),
        (1, [(50, 50)]),
        (29, [(50, 50)]),
        (1, [(50, 50), (80, 80)]),
        (5, [(50, 50), (80, 80)]),
    ):
        here.record(tokens, 0)
        assert alerts(db, here) == expected
    here.settle(here.reserve(15, 0), 15, 0)
    here.record(50, 0)
    assert alerts(db, here) == [(50, 50), (80, 80), (100, 100)]


def test_one_call_may_cross_all(db: Connection, here: Tenant):
    here.quota("cost", "month", "0.001")
    here.quota("tokens", "month", 10**6)
    here.batch({"tokens_output": 600})
    assert alerts(db, here) == [(50, 0), (80, 0), (100, 0)]


def test_what_is_only_held_alerts_nobody(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    here.release(here.reserve(100, 0))
    here.reserve(100, 0)
    assert alerts(db, here) == []


def test_admins_and_owners_are_notified(db: Connection, here: Tenant):
    people = {role: here.person(role) for role in ("viewer", "member", "admin")}
    here.quota("tokens", "day", 100)
    here.quota("tokens", "month", 200, scope="user")
    here.record(60, 0, p_user_id=people["member"])
    today = db.execute("select to_char(now() at time zone 'UTC', 'YYYY-MM-DD')").fetchone()
    assert today is not None
    expected = [("50% of the daily token quota is used", f"60 of 100 tokens in the day from {today[0]}.")]
    assert notifications(db, here.owner) == notifications(db, people["admin"]) == expected
    assert notifications(db, people["viewer"]) == notifications(db, people["member"]) == []
    here.record(100, 0, p_user_id=people["member"])
    assert [title for title, _ in notifications(db, here.owner)] == [
        "100% of the daily token quota is used",
        "50% of the daily token quota is used",
        "50% of the monthly token quota is used",
        "80% of the daily token quota is used",
        "80% of the monthly token quota is used",
    ]
    assert "of one person" in notifications(db, here.owner)[2][1]


def test_a_second_crossing_is_not_news(db: Connection, here: Tenant):
    here.quota("cost", "month", 1)
    made = here.record(0, 0, p_cost_usd="0.6")
    call(db, "adjust_usage", p_organization_id=here.id, p_usage_id=made["id"], p_reason="Wrong", p_cost_usd="-0.5")
    here.record(0, 0, p_cost_usd="0.6")
    db.execute("update organizations set time_zone = 'Asia/Kolkata' where id = %s", [here.id])
    db.execute("update organizations set time_zone = 'UTC' where id = %s", [here.id])
    here.record(0, 0, p_cost_usd="0.01")
    assert [threshold for threshold, _ in alerts(db, here)] == [50]
    assert len(notifications(db, here.owner)) == 1


def test_the_next_period_alerts_anew(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    here.record(60, 0)
    for table in ("usage_alerts", "private.usage_counters"):
        db.execute(
            f"update {table} set period_start = period_start - interval '1 day' where organization_id = %s",
            [here.id],
        )
    here.record(60, 0)
    assert len(alerts(db, here)) == 2


def test_minutes_alert_nobody(db: Connection, here: Tenant):
    here.quota("requests", "minute", 1)
    here.record()
    assert alerts(db, here) == []


def test_two_calls_at_once_alert_once(tenant: Tenant, session: Callable[..., Session]):
    tenant.quota("tokens", "day", 100)
    record = "select record_api_usage(%s, '/chat', %s, 60, 0)"
    first, second = session(), session()
    first.run(record, tenant.id, tenant.model)
    waiting: Any = second.start(record, tenant.id, tenant.model)
    assert not waiting.done()
    first.commit()
    waiting.result()
    second.commit()
    assert alerts(tenant.connection, tenant) == [(50, 60), (80, 120), (100, 120)]
    assert len(notifications(tenant.connection, tenant.owner)) == 3
