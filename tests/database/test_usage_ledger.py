"""The ledger: what is recorded once, at the price of its time, and never changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.metering import Tenant, here, summaries_equal_the_ledger, tenant
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    insert,
    refused,
    value,
    values,
)

__all__ = ["here", "tenant"]

START = datetime(2025, 1, 1, tzinfo=UTC)


def ledger(db: Connection, where: Tenant, columns: str = "*") -> list[tuple[Any, ...]]:
    return db.execute(
        f"select {columns} from api_usage where organization_id = %s order by recorded_at", [where.id]
    ).fetchall()


# What a call costs -----------------------------------------------------------------------------------


def test_the_cost_is_exact_and_of_the_price_of_the_time(db: Connection, here: Tenant):
    here.price("2.5", 10, p_cached_input_per_million="1.25", p_valid_from="2026-02-01T00:00:00Z")
    before = here.record(1_000_001, 3, p_created_at="2026-01-31T23:59:59.999999Z")
    after = here.record(1_000_001, 3, p_tokens_cached=7, p_created_at="2026-02-01T00:00:00Z")
    assert before["cost_usd"] == 1.000007
    assert after["cost_usd"] == pytest.approx(float(Decimal("2.500023750000")), abs=1e-15)
    assert ledger(db, here, "cost_usd") == [(Decimal("1.000007"),), (Decimal("2.50002375"),)]


PRICES = st.decimals(0, 1000, places=6)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 400), PRICES, st.none() | PRICES, PRICES),
        min_size=1,
        max_size=5,
        unique_by=lambda c: c[0],
    ),
    calls=st.lists(
        st.tuples(st.integers(0, 400), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7)),
        min_size=1,
        max_size=6,
    ),
    batch=st.booleans(),
)
def test_any_call_costs_what_the_dated_prices_say(
    db: Connection,
    here: Tenant,
    changes: list[tuple[int, Decimal, Decimal | None, Decimal]],
    calls: list[tuple[int, int, int, int]],
    batch: bool,
):
    with db.transaction(force_rollback=True):
        db.execute("delete from model_pricing where model_name = %s", [here.model])
        for day, given_input, cached, given_output in changes:
            here.price(
                given_input, given_output, p_cached_input_per_million=cached, p_valid_from=START + timedelta(day)
            )
        expected = []
        for day, tokens_input, tokens_cached, tokens_output in calls:
            valid = [change for change in changes if change[0] <= day]
            cost = None
            if valid:
                _, price_in, price_cached, price_out = max(valid)
                part = min(tokens_cached, tokens_input)
                cost = (
                    price_in * (tokens_input - part)
                    + (price_in if price_cached is None else price_cached) * part
                    + price_out * tokens_output
                ) / 1_000_000
            expected.append(cost)
            row = {
                "tokens_input": tokens_input,
                "tokens_cached": min(tokens_cached, tokens_input),
                "tokens_output": tokens_output,
                "created_at": START + timedelta(day),
            }
            if batch:
                here.batch(row)
            else:
                here.record(**{f"p_{k}" if k in ("tokens_cached", "created_at") else k: v for k, v in row.items()})
        assert [row[0] for row in ledger(db, here, "cost_usd")] == expected


def test_an_unknown_model_has_no_cost_and_is_reported(db: Connection, here: Tenant):
    unknown = f"unknown-{uuid.uuid4().hex}"
    answer = here.record(5, 5, p_model_name=unknown)
    assert (answer["cost_usd"], answer["unpriced"], answer["recorded"]) == (None, True, True)
    here.batch({"model_name": unknown, "tokens_input": 1})
    assert db.execute(
        "select requests, organizations from get_unpriced_models() where model_name = %s", [unknown]
    ).fetchall() == [(2, 1)]
    call(db, "aggregate_usage_summary", p_period="hour")
    assert value(db, "select requests from get_unpriced_models() where model_name = %s", unknown) == 2


def test_whoever_knows_the_cost_says_it(db: Connection, here: Tenant):
    assert here.record(5, 5, p_cost_usd=Decimal("0.123456789012"))["cost_usd"] == 0.123456789012
    assert ledger(db, here, "cost_usd, pricing_id") == [(Decimal("0.123456789012"), None)]


# Once ------------------------------------------------------------------------------------------------


def test_a_retry_counts_once_a_day_later_too(db: Connection, here: Tenant):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    first = here.record(p_request_id="r", p_created_at=yesterday)
    again = here.record(99, 99, p_request_id="r")
    assert again == {**first, "recorded": False}
    assert here.batch({"request_id": "r"}, {"request_id": "s"}, {"request_id": "s"}, {})["recorded"] == 2
    assert len(ledger(db, here)) == 3


def test_a_retry_counts_once_a_year_later_too(db: Connection, here: Tenant):
    """In whatever month, after maintenance, and whichever way it comes."""
    here.quota("tokens", "day", 1000)
    first = here.record(p_request_id="r", p_created_at=datetime.now(UTC) - timedelta(days=399))
    settled = here.settle(here.reserve(p_request_id="s"))
    db.execute(
        "update private.usage_requests set claimed_at = claimed_at - interval '399 days' "
        "where organization_id = %s",
        [here.id],
    )
    db.execute("select private.ensure_usage_partitions()")
    call(db, "run_maintenance", p_job="usage-cleanup")
    assert here.record(99, 99, p_request_id="r") == {**first, "recorded": False}
    assert here.record(99, 99, p_request_id="s") == {**settled, "recorded": False}
    assert here.batch({"request_id": "r", "tokens_input": 99}, {"request_id": "s"})["duplicates"] == 2
    with refused("PT409"), db.transaction():
        here.reserve(p_request_id="s")
    assert (len(ledger(db, here)), here.limit()["spent"]) == (2, 20)


def test_a_batch_is_recorded_whole_or_not_at_all(db: Connection, here: Tenant):
    with refused("23514"), db.transaction():
        here.batch({"request_id": "a"}, {"request_id": "b", "tokens_input": -1})
    assert ledger(db, here) == []
    answer = here.batch(
        {"request_id": "a", "tokens_input": 1_000_000},
        {"request_id": "a", "tokens_input": 1_000_000},
        {"model_name": "unknown", "tokens_output": 3},
    )
    assert answer == {
        "recorded": 2,
        "duplicates": 1,
        "unpriced": 1,
        "tokens_used": 1_000_003,
        "cost_usd": 1,
        "unpriced_models": ["unknown"],
    }
    with refused("PT400"), db.transaction():
        call(db, "record_api_usage_batch", p_calls="{}")


def test_two_retries_at_once_count_once(tenant: Tenant, session: Callable[..., Session]):
    record = "select record_api_usage(%s, '/chat', %s, 1, 1, p_request_id => 'r') ->> 'recorded'"
    first, second = session(), session()
    assert first.run(record, tenant.id, tenant.model) == [("true",)]
    waiting = second.start(record, tenant.id, tenant.model)
    first.commit()
    assert waiting.result() == [("false",)]
    second.commit()
    assert len(ledger(tenant.connection, tenant)) == 1


def test_a_retry_takes_the_place_of_a_try_that_failed(tenant: Tenant, session: Callable[..., Session]):
    record = "select record_api_usage(%s, '/chat', %s, 1, 1, p_request_id => 'r') ->> 'recorded'"
    first, second = session(), session()
    first.run(record, tenant.id, tenant.model)
    waiting = second.start(record, tenant.id, tenant.model)
    first.rollback()
    assert waiting.result() == [("true",)]
    second.commit()
    assert len(ledger(tenant.connection, tenant)) == 1


def test_a_client_cannot_take_the_request_ids_of_others(db: Connection, here: Tenant):
    one, other = here.person(), here.person()
    for user in (one, other, one):
        with as_user(db, user):
            db.execute(
                "insert into api_usage (organization_id, endpoint, model_name, request_id) values "
                "(%s, '/chat', %s, 'r')",
                [here.id, here.model],
            )
    assert here.record(p_request_id="r")["recorded"]
    assert len(ledger(db, here)) == 3


def test_no_figure_of_usage_is_a_float(db: Connection):
    floats = values(
        db,
        "select format('%s.%s', c.oid::regclass, a.attname) from pg_class c "
        "join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped "
        "where c.relnamespace in ('public'::regnamespace, 'private'::regnamespace) "
        "and c.relname ~ '(usage|pricing)' and a.atttypid in ('real'::regtype, 'double precision'::regtype)",
    )
    functions = values(
        db,
        "select p.oid::regprocedure from pg_proc p where p.pronamespace in ('public'::regnamespace, "
        "'private'::regnamespace) and p.proname ~ '(usage|credit|price|limit|analytics|dashboard)' "
        "and array['real'::regtype, 'double precision'::regtype]::oid[] "
        "&& (coalesce(p.proallargtypes, p.proargtypes::oid[]) || p.prorettype)",
    )
    assert floats == functions == []


# What clients report ---------------------------------------------------------------------------------


def test_what_clients_report_counts_for_no_budget(db: Connection, here: Tenant):
    here.quota("tokens", "day", 100)
    with as_user(db, here.owner):
        row = db.execute(
            "insert into api_usage (user_id, organization_id, endpoint, model_name, tokens_input, "
            "tokens_output, cost_usd) "
            "values (auth.uid(), %s, '/chat/completions', 'gpt-4', 1500, 500, 0.06) returning *",
            [here.id],
        ).fetchone()
        assert row is not None
        assert (
            value(db, "select get_organization_analytics(%s) #>> '{usage_this_month,tokens}'", here.id) == "2000"
        )
    assert here.limit()["spent"] == 0
    assert ledger(db, here, "reported_by_client") == [(True,)]
    here.reserve(50, 50)


def test_the_service_role_records_and_reports(db: Connection, here: Tenant):
    with as_service(db):
        here.record()
        db.execute(
            "insert into api_usage (organization_id, endpoint, model_name, user_id) values (%s, '/x', 'm', %s)",
            [here.id, here.owner],
        )
    assert sorted(ledger(db, here, "reported_by_client")) == [(False,), (True,)]
    for statement in ("update api_usage set cost_usd = 0", "delete from api_usage"):
        with refused("42501"), as_service(db):
            db.execute(statement)


# For good --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    ["update api_usage set cost_usd = 0", "update api_usage set user_id = null", "delete from api_usage"],
)
def test_nobody_changes_the_ledger(db: Connection, here: Tenant, statement: str):
    here.record(p_user_id=here.owner)
    with refused("PT400"), db.transaction():
        db.execute(statement)


def test_with_an_account_the_name_goes_and_the_figures_stay(db: Connection, here: Tenant):
    user = here.person()
    here.record(p_user_id=user)
    call(db, "aggregate_usage_summary", p_period="hour")
    here.record(p_user_id=user)
    here.record()
    reservation = here.reserve(p_user_id=user)
    db.execute("delete from auth.users where id = %s", [user])
    assert here.settle(reservation)["recorded"]
    assert ledger(db, here, "user_id") == [(None,)] * 4
    call(db, "aggregate_usage_summary", p_period="day")
    summaries_equal_the_ledger(db, here)
    assert (
        value(
            db,
            "select sum(requests) from token_usage_summary where organization_id = %s and period = 'day'",
            here.id,
        )
        == 4
    )


def test_deleting_an_account_waits_for_the_calls_that_it_is_making(
    tenant: Tenant, session: Callable[..., Session]
):
    user = tenant.person()
    recorder, remover = session(), session()
    recorder.run("select record_api_usage(%s, '/chat', %s, 1, 1, p_user_id => %s)", tenant.id, tenant.model, user)
    waiting = remover.start("delete from auth.users where id = %s", user)
    assert not waiting.done()
    recorder.commit()
    waiting.result()
    remover.commit()
    call(tenant.connection, "aggregate_usage_summary", p_period="day")
    summaries_equal_the_ledger(tenant.connection, tenant)
    assert ledger(tenant.connection, tenant, "user_id") == [(None,)]


@pytest.mark.parametrize(
    "arguments",
    [
        {"tokens_input": -1},
        {"tokens_output": -1},
        {"p_tokens_cached": 11},
        {"p_cost_usd": -1},
        {"p_cost_usd": "NaN"},
        {"p_cost_usd": "0.0000000000001"},
        # So that nobody can report so many that sums run over.
        {"tokens_input": 10**10 + 1},
        {"p_model_name": "two words"},
        {"p_endpoint": ""},
        {"p_request_id": ""},
    ],
    ids=repr,
)
def test_nonsense_is_refused(db: Connection, here: Tenant, arguments: dict[str, Any]):
    with refused("23514"), db.transaction():
        here.record(**arguments)


def test_a_call_of_the_future_is_refused(db: Connection, here: Tenant):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    with refused("PT400"), db.transaction():
        here.record(p_created_at=tomorrow)
    with refused("PT400"), db.transaction():
        here.batch({"created_at": tomorrow})


def test_a_key_of_another_organization_is_refused(db: Connection, here: Tenant):
    other = insert(db, "organizations", name="Other", slug=f"o-{uuid.uuid4().hex}", created_by=here.owner)
    key = call(db, "create_api_key", p_organization_id=other, p_name="Key")["id"]
    with refused("23503"), db.transaction():
        here.record(p_api_key_id=key)
    with refused("PT404"), db.transaction():
        here.reserve(p_api_key_id=key)


# Prices ----------------------------------------------------------------------------------------------


def test_a_price_is_replaced_and_never_changed(db: Connection, here: Tenant):
    old = value(db, "select id from model_pricing where model_name = %s", here.model)
    new = here.price(5, 6)
    assert db.execute(
        "select id, superseded_at is null from model_pricing where model_name = %s order by 2", [here.model]
    ).fetchall() == [(old, False), (new, True)]
    with refused("PT400"), db.transaction():
        db.execute("update model_pricing set input_per_million = 0 where id = %s", [new])
    with refused("23514"), db.transaction():
        here.price(-1, 1)


# Partitions --------------------------------------------------------------------------------------------


def test_the_partitions_are_there_ahead_of_time(db: Connection):
    months = values(
        db,
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent "
        "= 'api_usage'::regclass",
    )
    now = value(db, "select date_trunc('month', now() at time zone 'UTC')")
    for ahead in range(4):
        month = (now.month - 1 + ahead) % 12 + 1
        assert f"api_usage_{now.year + (now.month - 1 + ahead) // 12}_{month:02}" in months


def test_a_month_without_a_partition_is_not_lost(db: Connection, here: Tenant):
    for day in ("2019-03-01T00:00:00Z", "2019-03-31T23:59:59Z", "2019-04-01T00:00:00Z"):
        here.record(p_created_at=day)
    place = "select tableoid::regclass::text from api_usage where organization_id = %s order by created_at"
    assert values(db, place, here.id) == ["private.api_usage_default"] * 3
    before = ledger(db, here)
    assert value(db, "select private.ensure_usage_partitions()") >= 2
    assert values(db, place, here.id) == ["private.api_usage_2019_03"] * 2 + ["private.api_usage_2019_04"]
    assert ledger(db, here) == before
    assert value(db, "select private.ensure_usage_partitions()") == 0
    here.record(p_created_at="2019-03-05T00:00:00Z")
    assert values(db, place, here.id).count("private.api_usage_2019_03") == 3
    call(db, "aggregate_usage_summary", p_period="day")
    summaries_equal_the_ledger(db, here)
    with refused("PT400"), db.transaction():
        db.execute("delete from private.api_usage_2019_03")


def test_partitions_are_nobodys_business(db: Connection, here: Tenant):
    here.record(p_user_id=here.owner)
    partition = value(db, "select tableoid::regclass::text from api_usage where organization_id = %s", here.id)
    for role in (as_service, lambda c: as_user(c, here.owner)):
        with refused("42501"), role(db):
            db.execute(f"select * from {partition}")
    assert value(db, "select relrowsecurity from pg_class where oid = %s::regclass", partition)


def test_another_isolation_level_is_refused(stack: Any, tenant: Tenant):
    with psycopg.connect(stack.db_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        with refused("PT400"):
            connection.execute("select record_api_usage(%s, '/chat', %s)", [tenant.id, tenant.model])
