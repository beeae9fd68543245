"""Tenants whose usage is committed, so that sessions can race over it, and what the ledger says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.support import Connection, call, create_user, insert, make_organization, value

PERIODS = ("hour", "day", "week", "month")

SERIES = "user_id, api_key_id, model_name::text, endpoint::text, reported_by_client"
MEASURES: LiteralString = """
    sum(case when adjusts_id is null then 1 else 0 end)::bigint,
    sum(case when adjusts_unpriced then -1 when adjusts_id is null and cost_usd is null then 1 else 0 end)::bigint,
    sum(tokens_input)::bigint, sum(tokens_cached)::bigint, sum(tokens_output)::bigint, coalesce(sum(cost_usd), 0)
"""

ERASED = (
    "private.usage_pending",
    "private.usage_unsummed",
    "private.usage_months",
    "private.usage_base",
    "public.token_usage_summary",
    "private.usage_counters",
    "private.usage_reservations",
    "private.usage_requests",
    "public.usage_alerts",
    "public.usage_credits",
    "private.usage_credit_accounts",
)


@dataclass
class Tenant:
    """An organization with an owner and usage of its own."""

    connection: Connection
    owner: UUID
    id: UUID
    model: str
    people: list[UUID] = field(default_factory=list)

    def quota(self, metric: str, period: str, limit: object, **columns: object) -> UUID:
        """Set a quota of the plan."""
        made: UUID = insert(
            self.connection,
            "usage_quotas",
            **{
                "organization_id": self.id,
                "kind": "plan",
                "metric": metric,
                "period": period,
                "limit_value": limit,
                **columns,
            },
        )
        return made

    def record(self, tokens_input: int = 10, tokens_output: int = 10, **arguments: object) -> dict[str, Any]:
        """Record a call."""
        answer: dict[str, Any] = call(
            self.connection,
            "record_api_usage",
            **{
                "p_organization_id": self.id,
                "p_endpoint": "/chat",
                "p_model_name": self.model,
                "p_tokens_input": tokens_input,
                "p_tokens_output": tokens_output,
                **arguments,
            },
        )
        return answer

    def batch(self, *calls: dict[str, object]) -> dict[str, Any]:
        """Record calls together."""
        given = [
            {"organization_id": self.id, "endpoint": "/chat", "model_name": self.model, **one} for one in calls
        ]
        answer: dict[str, Any] = call(
            self.connection, "record_api_usage_batch", p_calls=json.dumps(given, default=str)
        )
        return answer

    def reserve(self, tokens_input: int = 10, tokens_output: int = 10, **arguments: object) -> dict[str, Any]:
        """Reserve a call."""
        answer: dict[str, Any] = call(
            self.connection,
            "reserve_usage",
            **{
                "p_organization_id": self.id,
                "p_model_name": self.model,
                "p_tokens_input": tokens_input,
                "p_tokens_output": tokens_output,
                **arguments,
            },
        )
        return answer

    def settle(
        self, reservation: dict[str, Any], tokens_input: int = 10, tokens_output: int = 10, **arguments: object
    ) -> dict[str, Any]:
        """Settle a reservation."""
        answer: dict[str, Any] = call(
            self.connection,
            "settle_usage",
            p_reservation_id=reservation["reservation_id"],
            p_tokens_input=tokens_input,
            p_tokens_output=tokens_output,
            **arguments,
        )
        return answer

    def try_to_reserve(self, *sqlstates: str, **arguments: Any) -> dict[str, Any] | None:
        """Reserve a call, or return None where it is refused with one of these SQLSTATEs."""
        try:
            return self.reserve(**arguments)
        except psycopg.Error as error:
            if error.sqlstate not in sqlstates:
                raise
            return None

    def release(self, reservation: dict[str, Any]) -> bool:
        """Release a reservation."""
        return bool(call(self.connection, "release_usage", p_reservation_id=reservation["reservation_id"]))

    def price(self, input_price: object, output_price: object, **arguments: object) -> UUID:
        """Set the price of the tenant's model."""
        made: UUID = call(
            self.connection,
            "set_model_price",
            **{
                "p_model_name": self.model,
                "p_input_per_million": input_price,
                "p_output_per_million": output_price,
                "p_valid_from": "2020-01-01T00:00:00Z",
                **arguments,
            },
        )
        return made

    def limits(self, **arguments: object) -> list[dict[str, Any]]:
        """Return what explain_limits says, smallest limit first."""
        rows = self.connection.execute(
            "select to_jsonb(l) from public.explain_limits(%s, %s, %s) l order by l.limit_value, l.quota_id",
            [self.id, arguments.get("user_id"), arguments.get("api_key_id")],
        ).fetchall()
        return [row[0] for row in rows]

    def limit(self, **arguments: object) -> dict[str, Any]:
        """Return what explain_limits says of the only limit there is."""
        (one,) = self.limits(**arguments)
        return one

    def person(self, role: str = "member") -> UUID:
        """Sign somebody up and make them a member."""
        user = create_user(self.connection)
        self.people.append(user)
        insert(
            self.connection,
            "organization_members",
            returning="user_id",
            organization_id=self.id,
            user_id=user,
            role=role,
        )
        return user

    def api_key(self) -> UUID:
        """Make an API key."""
        return UUID(call(self.connection, "create_api_key", p_organization_id=self.id, p_name="Key")["id"])

    def spent(self, measure: str = "tokens_used") -> Decimal:
        """Return the sum of what was recorded."""
        query = f"select coalesce(sum({measure}), 0) from api_usage where organization_id = %s"
        return Decimal(value(self.connection, f"{query} and not reported_by_client", self.id))

    def zone(self) -> str:
        return str(value(self.connection, "select time_zone from organizations where id = %s", self.id))

    def erase(self) -> None:
        """Take away the tenant with all it has used."""
        with self.connection.transaction():
            erase_organizations(self.connection, [self.id])
            self.connection.execute("delete from model_pricing where model_name = %s", [self.model])
            users = [self.owner, *self.people]
            slugs = ["personal-" + user.hex for user in users]
            self.connection.execute(
                "delete from api_usage u using organizations o where o.id = u.organization_id and "
                "o.slug = any(%s)",
                [slugs],
            )
            self.connection.execute("delete from organizations where slug = any(%s)", [slugs])
            self.connection.execute("delete from auth.users where id = any(%s)", [users])


def erase_organizations(connection: Connection, organizations: list[UUID]) -> None:
    """Take away organizations with all they have used."""
    with connection.transaction():
        connection.execute("select set_config('groundwork.ledger_maintenance', 'on', true)")
        connection.execute("delete from api_usage where organization_id = any(%s)", [organizations])
        for table in ERASED:
            connection.execute(f"delete from {table} where organization_id = any(%s)", [organizations])
        connection.execute("delete from organizations where id = any(%s)", [organizations])


def make_tenant(connection: Connection) -> Tenant:
    """Make a tenant whose model costs 1 dollar a million tokens in and 2 out."""
    owner = create_user(connection)
    tenant = Tenant(connection, owner, make_organization(connection, owner), f"model-{uuid4().hex}")
    tenant.price(1, 2)
    return tenant


@pytest.fixture
def here(db: Connection) -> Tenant:
    """Return a tenant within the test's transaction."""
    return make_tenant(db)


@pytest.fixture
def tenant(stack: Any) -> Iterator[Tenant]:
    """Return a tenant that other sessions see too; it is erased after the test."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        made = make_tenant(connection)
        try:
            yield made
        finally:
            made.erase()


Row = tuple[Any, ...]


def ledger_by(connection: Connection, tenant: Tenant, period: str) -> list[Row]:
    """Return a plain group by of the ledger, in the organization's time zone."""
    query = f"""
        select date_trunc('{period}', created_at, %s) as period_start, {SERIES}, {MEASURES}
        from api_usage where organization_id = %s group by 1, 2, 3, 4, 5, 6
    """
    return ordered(connection.execute(query, [tenant.zone(), tenant.id]).fetchall())  # type: ignore[arg-type]


def summary_by(connection: Connection, tenant: Tenant, period: str) -> list[Row]:
    """Return what the summary of the period holds."""
    query = f"""
        select period_start, {SERIES}, requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd
        from token_usage_summary where organization_id = %s and period = %s
    """
    return ordered(connection.execute(query, [tenant.id, period]).fetchall())  # type: ignore[arg-type]


def ordered(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=repr)


def summaries_equal_the_ledger(connection: Connection, tenant: Tenant) -> None:
    """Check every summary against the ledger, to the last digit."""
    for period in PERIODS:
        assert summary_by(connection, tenant, period) == ledger_by(connection, tenant, period), period
    base = connection.execute(
        f"select bucket, {SERIES}, requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd "
        "from private.usage_base where organization_id = %s",
        [tenant.id],
    ).fetchall()
    ledger = connection.execute(
        f"select date_bin('15 minutes', created_at, '2000-01-01Z'), {SERIES}, {MEASURES} "
        "from api_usage where organization_id = %s group by 1, 2, 3, 4, 5, 6",
        [tenant.id],
    ).fetchall()
    assert ordered(base) == ordered(ledger)
    months = connection.execute(
        "select month_start, user_id, requests, tokens, cost_usd from private.usage_months where "
        "organization_id = %s",
        [tenant.id],
    ).fetchall()
    ledger = connection.execute(
        "select date_trunc('month', created_at, %s), user_id, count(*) filter (where adjusts_id is null), "
        "sum(tokens_used)::bigint, coalesce(sum(cost_usd), 0) from api_usage where organization_id = "
        "%s group by 1, 2",
        [tenant.zone(), tenant.id],
    ).fetchall()
    assert ordered(months) == ordered(ledger)


def series_equal_the_ledger(connection: Connection, tenant: Tenant, start: datetime, end: datetime) -> None:
    """Check what is read, rolled up or not, against the ledger."""
    for period in PERIODS:
        read = connection.execute(
            "select bucket_start, group_key, requests, unpriced, tokens_used, cost_usd "
            "from get_usage_timeseries(%s, %s, %s, %s, 'model')",
            [tenant.id, start, end, period],
        ).fetchall()
        query = f"""
            select b, model_name::text, r, u, i + o, c from (
                select date_trunc('{period}', created_at, %s) as b, model_name, {MEASURES}
                from api_usage where organization_id = %s group by 1, 2
            ) l (b, model_name, r, u, i, cached, o, c)
        """
        assert ordered(read) == ordered(connection.execute(query, [tenant.zone(), tenant.id]).fetchall()), period  # type: ignore[arg-type]


def counters(connection: Connection, tenant: Tenant) -> list[Row]:
    """Return what is counted for the tenant's quotas, without counters that say nothing."""
    return connection.execute(
        "select quota_id, subject_id, period_start, spent, held from private.usage_counters "
        "where organization_id = %s and (spent <> 0 or held <> 0) order by 1, 2, 3",
        [tenant.id],
    ).fetchall()


def counters_are_true(connection: Connection, tenant: Tenant) -> None:
    """Check the counters of the current periods against a new count."""
    before = counters(connection, tenant)
    connection.execute("select private.rebuild_usage_counters(%s)", [tenant.id])
    assert before == counters(connection, tenant)
