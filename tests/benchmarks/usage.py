"""What usage costs: recording beside bare inserts, rolling up beside a bare group by, reading beside the seed."""

from __future__ import annotations

import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg

from tests.benchmarks.harness import Bench, alternate, bench_stack, seconds
from tests.database.support import as_user, create_user, insert, make_organization, value

Connection = psycopg.Connection[Any]

MODELS = [f"bench-{number}" for number in range(5)]
ENDPOINTS = ["/chat/completions", "/embeddings"]

BARE_INSERT: LiteralString = """
    insert into api_usage (
        organization_id, user_id, endpoint, model_name, tokens_input, tokens_output, cost_usd, request_id,
        reported_by_client
    ) values (%s, %s, %s, %s, %s, %s, %s, %s, false)
"""
BARE_BATCH: LiteralString = """
    insert into api_usage (
        organization_id, user_id, endpoint, model_name, tokens_input, tokens_output, cost_usd, request_id,
        reported_by_client
    )
    select
        c.organization_id, c.user_id, c.endpoint, c.model_name, c.tokens_input, c.tokens_output, 0.01,
        c.request_id, false
    from jsonb_to_recordset(%s) c (
        organization_id uuid, user_id uuid, endpoint text, model_name text, tokens_input bigint,
        tokens_output bigint, request_id text
    )
"""
RECORD: LiteralString = "select record_api_usage(%s, %s, %s, %s, %s, p_user_id => %s, p_request_id => %s)"

# Calls of the people chosen, spread over a span of time, inserted as the ledger takes them. Everybody has a model,
# and calls it in two ways.
FILL: LiteralString = """
    insert into api_usage (
        organization_id, user_id, endpoint, model_name, tokens_input, tokens_output, cost_usd, reported_by_client,
        created_at
    )
    select
        m.organization_id, m.user_id, (%(endpoints)s::text[])[1 + (n / 11) %% 2],
        (%(models)s::text[])[1 + m.number %% 5],
        100 + n %% 1900, 10 + n %% 490, (100 + n %% 1900) * 0.000001 + (10 + n %% 490) * 0.000002, false,
        %(from)s::timestamptz
            + (%(to)s::timestamptz - %(from)s::timestamptz) * ((n * 7919::bigint) %% 1000003) / 1000003.0
    from generate_series(%(first)s::int, %(last)s::int) n
    join people m on m.number = (n * 31::bigint + n / 7) %% (select count(*) from people)
"""


@dataclass
class Tenants:
    """Organizations with people, for whom calls are made up; the last one is large."""

    connection: Connection
    organizations: list[UUID]
    people: list[UUID]
    """Those of the large one, its owner first."""

    def choose(self, *organizations: UUID, share: int = 1) -> None:
        """Say whose calls are made up next: of the organizations' people one in so many."""
        self.connection.execute("drop table if exists people")
        self.connection.execute(
            "create temp table people as "
            "select organization_id, user_id, row_number() over (order by user_id) - 1 as number "
            "from organization_members where organization_id = any(%s) and hashtext(user_id::text) %% %s = 0",
            [list(organizations), share],
        )
        self.connection.execute("create unique index on people (number)")
        self.connection.execute("analyze people")

    def fill(self, bench: Bench, rows: int, title: str, start: datetime, end: datetime) -> None:
        """Put so many rows into the ledger."""
        with bench.step(title, rows) as done:
            for first in range(0, rows, 50_000):
                last = min(rows, first + 50_000)
                self.connection.execute(
                    FILL,
                    {
                        "endpoints": ENDPOINTS,
                        "models": MODELS,
                        "from": start,
                        "to": end,
                        "first": first,
                        "last": last - 1,
                    },
                )
                done(last)

    def fill_history(self, bench: Bench, *, is_long: bool) -> None:
        """Fill the ledger with months of calls, a few or ten times as many, and roll them up."""
        *some, big = self.organizations
        now = value(self.connection, "select now()")
        month = value(self.connection, "select date_trunc('month', now(), 'UTC')")
        months_ago = value(self.connection, "select date_trunc('month', now(), 'UTC') - interval '5 months'")
        self.connection.execute(
            "select private.make_usage_partition(day::date) "
            "from generate_series(%s::timestamptz, %s, interval '1 month') day",
            [months_ago, month],
        )
        self.choose(*some, big)
        self.fill(bench, bench.size(200_000), "history", months_ago, month)
        if is_long:
            self.choose(*some)
            self.fill(bench, bench.size(800_000), "more history", months_ago, month)
            self.choose(big)
            self.fill(bench, bench.size(1_000_000), "a month of one organization", month, now)
        with bench.step("rolling up the history"):
            self.connection.execute("select aggregate_usage_summary('hour')")
            self.connection.execute("select aggregate_usage_summary('month')")
            self.connection.execute("vacuum analyze")

    def record_fresh(self, rows: int) -> None:
        """Record new calls of the last hour, in which one in ten of the people is there."""
        self.choose(*self.organizations, share=10)
        self.connection.execute("drop table if exists fresh")
        self.connection.execute(FRESH, {"endpoints": ENDPOINTS, "models": MODELS, "rows": rows})
        self.connection.execute("analyze fresh")
        for first in range(0, rows, 1000):
            self.connection.execute(RECORD_FRESH, [first, first + 999])
        self.connection.execute("drop table if exists private.bench_summary")
        self.connection.execute(BARE_SUMMARY)


def make_tenants(bench: Bench, connection: Connection) -> Tenants:
    """Make twenty small organizations and a large one."""
    with bench.step("organizations and people"):
        some = [make_organization(connection, user) for user in make_people(connection, 20)]
        people = make_people(connection, bench.size(2000, 40))
        big = make_organization(connection, people[0])
        connection.execute(
            "insert into organization_members (organization_id, user_id) select %s, unnest(%s::uuid[])",
            [big, people[1:]],
        )
    return Tenants(connection, [*some, big], people)


def make_people(connection: Connection, count: int) -> list[UUID]:
    """Sign up many people at once."""
    rows = connection.execute(
        "insert into auth.users (id, email) select i, i || '@example.com' "
        "from (select gen_random_uuid() as i from generate_series(1, %s)) n returning id",
        [count],
    ).fetchall()
    return [row[0] for row in rows]


def ratio(ours: list[float], theirs: list[float]) -> float:
    """Return how many times as long ours took, as the median of the rounds."""
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def milliseconds(times: list[float]) -> str:
    return f"{statistics.median(times) * 1000:.3g} ms"


def run(bench: Bench) -> None:
    """Measure all of it."""
    with bench.connect() as connection:
        prepare(connection)
        owner = create_user(connection)
        organization = make_organization(connection, owner)
        record(bench, connection, organization, owner)
        reserve(bench, connection, organization)
        parallel(bench, connection)
        aggregate_and_read(bench, connection)


def prepare(connection: Connection) -> None:
    """Say what the models cost, and let nothing run that nobody asked for."""
    connection.prepare_threshold = 0
    for model in MODELS:
        connection.execute("select set_model_price(%s, 1, 2, null, '2020-01-01')", [model])
    connection.execute("update maintenance_jobs set is_enabled = false")


# Recording -----------------------------------------------------------------------------------------------


def record(bench: Bench, connection: Connection, organization: UUID, owner: UUID) -> None:
    """Compare recording with bare inserts into the same table."""
    calls = bench.size(200, 50)

    def bare() -> None:
        for number in range(calls):
            connection.execute(
                BARE_INSERT, [organization, owner, "/chat", MODELS[0], number, 10, 0.01, uuid4().hex]
            )

    def ours() -> None:
        for number in range(calls):
            connection.execute(RECORD, [organization, "/chat", MODELS[0], number, 10, owner, uuid4().hex])

    with bench.step("recording one by one"):
        times = alternate(12, bare, ours)
    bench.report(
        "record_vs_bare",
        1 / ratio(times[1], times[0]),
        at_least=0.5,
        note=f"{calls / statistics.median(times[1]):.0f} calls/s, bare {calls / statistics.median(times[0]):.0f}",
    )

    def rows() -> str:
        return json.dumps(
            [
                {
                    "organization_id": str(organization),
                    "user_id": str(owner),
                    "endpoint": "/chat",
                    "model_name": MODELS[number % 5],
                    "tokens_input": number,
                    "tokens_output": 10,
                    "request_id": uuid4().hex,
                }
                for number in range(1000)
            ]
        )

    batches = iter([rows() for _ in range(26)])
    with bench.step("recording in batches of 1,000"):
        times = alternate(
            12,
            lambda: connection.execute(BARE_BATCH, [next(batches)]),
            lambda: connection.execute("select record_api_usage_batch(%s)", [next(batches)]),
        )
    bench.report(
        "record_batch_vs_bare",
        1 / ratio(times[1], times[0]),
        at_least=0.5,
        note=f"{milliseconds(times[1])} a batch, bare {milliseconds(times[0])}",
    )


# Budgets -------------------------------------------------------------------------------------------------


def reserve(bench: Bench, connection: Connection, organization: UUID) -> None:
    """Compare a reservation and its settlement with the update of a single row, as an unsafe counter would be."""
    connection.execute(
        "create table private.bench_budgets (organization_id uuid primary key, spent numeric not null)"
    )
    connection.execute("insert into private.bench_budgets values (%s, 0)", [organization])
    insert(
        connection,
        "usage_quotas",
        organization_id=organization,
        kind="plan",
        metric="cost",
        period="month",
        limit_value=10**9,
    )

    def update() -> None:
        connection.execute(
            "update private.bench_budgets set spent = spent + %s where organization_id = %s", [0.01, organization]
        )

    def ours() -> None:
        row = connection.execute("select reserve_usage(%s, %s, 100, 100)", [organization, MODELS[0]]).fetchone()
        assert row is not None
        connection.execute("select settle_usage(%s, 90, 80)", [row[0]["reservation_id"]])

    with bench.step("reserving and settling"):
        times = alternate(bench.size(1500, 300), update, ours)
    bench.report(
        "reserve_settle_vs_update",
        statistics.median(times[1]) / statistics.median(times[0]),
        at_most=5,
        note=f"p50 {milliseconds(times[1])} for both calls under a budget, the update {milliseconds(times[0])}",
    )


def parallel(bench: Bench, connection: Connection) -> None:
    """Let many organizations reserve and settle at once, and look for anyone who waits for a lock."""
    people = make_people(connection, bench.size(200, 20))
    organizations = [make_organization(connection, user) for user in people]
    for organization in organizations:
        insert(
            connection,
            "usage_quotas",
            organization_id=organization,
            kind="plan",
            metric="cost",
            period="month",
            limit_value=10**9,
        )
    workers, stopped = 16, False

    def work(number: int) -> None:
        with bench.connect() as mine:
            for organization in organizations[number::workers]:
                for _ in range(10):
                    row = mine.execute(
                        "select reserve_usage(%s, %s, 100, 100)", [organization, MODELS[0]]
                    ).fetchone()
                    assert row is not None
                    mine.execute("select settle_usage(%s, 90, 80)", [row[0]["reservation_id"]])

    def watch() -> tuple[int, int]:
        looks = waits = 0
        with bench.connect() as mine:
            while not stopped:
                looks += 1
                waits += value(
                    mine,
                    "select count(*) from pg_locks where not granted and locktype <> 'extend' "
                    "and (database is null or database = (select oid from pg_database where datname "
                    "= current_database()))",
                )
                time.sleep(0.002)
        return looks, waits

    with bench.step(f"{len(organizations)} organizations at once"), ThreadPoolExecutor(workers + 1) as pool:
        watcher = pool.submit(watch)
        taken = seconds(lambda: [one.result() for one in [pool.submit(work, number) for number in range(workers)]])
        stopped = True
        looks, waits = watcher.result()
    bench.report(
        "parallel_waits",
        waits,
        at_most=0,
        note=f"{looks} looks; {len(organizations)} organizations, {len(organizations) * 10 / taken:.0f} calls/s",
    )


# Rolling up and reading ------------------------------------------------------------------------------------

# What is new, with the types that it has in the ledger, where nothing but it is read.
FRESH: LiteralString = """
    create temp table fresh as
    select
        n as number, m.organization_id, m.user_id, null::uuid as api_key_id,
        (%(endpoints)s::text[])[1 + (n / 11) %% 2] as endpoint,
        (%(models)s::text[])[1 + m.number %% 5] as model_name, false as reported_by_client,
        (100 + n %% 1900)::bigint as tokens_input, 0::bigint as tokens_cached,
        (10 + n %% 490)::bigint as tokens_output,
        (100 + n %% 1900) * 0.000001 + (10 + n %% 490) * 0.000002 as cost_usd,
        now() - interval '1 hour' + n * interval '1 hour' / %(rows)s as created_at
    from generate_series(0, %(rows)s - 1) n
    join people m on m.number = (n * 31::bigint + n / 7) %% (select count(*) from people)
"""
RECORD_FRESH: LiteralString = """
    select record_api_usage_batch((
        select jsonb_agg(to_jsonb(f) - array['number', 'reported_by_client'])
        from fresh f where f.number between %s and %s
    ))
"""
BARE_SUMMARY: LiteralString = """
    create table private.bench_summary (
        organization_id uuid, bucket timestamptz, user_id uuid, api_key_id uuid, model_name text, endpoint text,
        reported_by_client boolean, requests bigint, unpriced bigint, tokens_input bigint, tokens_cached bigint,
        tokens_output bigint, cost_usd numeric,
        unique nulls not distinct (
            organization_id, bucket, user_id, api_key_id, model_name, endpoint, reported_by_client
        )
    )
"""
BARE_GROUP_BY: LiteralString = """
    insert into private.bench_summary
    select
        organization_id, date_bin('15 minutes', created_at, '2000-01-01Z'), user_id, api_key_id, model_name,
        endpoint, reported_by_client, count(*), count(*) filter (where cost_usd is null), sum(tokens_input),
        sum(tokens_cached), sum(tokens_output), sum(cost_usd)
    from fresh group by 1, 2, 3, 4, 5, 6, 7
"""


MEASURED: dict[str, LiteralString] = {
    "hours": "select aggregate_usage_summary('hour')",
    "bare": BARE_GROUP_BY,
    "days": "select aggregate_usage_summary('month')",
}
ROUNDS = 11


def aggregate_and_read(bench: Bench, connection: Connection) -> None:
    """Roll up the same new rows in turn with a little history, on a stack of its own, and with much; then read."""
    much = make_tenants(bench, connection)
    with bench_stack("-little") as stack, psycopg.connect(stack.db_url, autocommit=True) as other:
        prepare(other)
        little = make_tenants(bench, other)
        with ThreadPoolExecutor(2) as pool:
            filling = [pool.submit(one.fill_history, bench, is_long=one is much) for one in (little, much)]
            for future in filling:
                future.result()
        for one in (stack, bench.stack):
            # What was written to fill the ledgers is not to be paid for while something is measured.
            if one.admin_db_url:
                with psycopg.connect(one.admin_db_url, autocommit=True) as admin:
                    admin.execute("checkpoint")
        of_little, of_much = roll_up(bench, little, much)
    rows = bench.size(20_000)
    bench.report(
        "aggregate_growth_10x",
        ratio(of_much["hours"], of_little["hours"]),
        at_most=1.3,
        note=f"{rows} new rows: {milliseconds(of_little['hours'])} with {bench.size(200_000)} rows of history, "
        f"{milliseconds(of_much['hours'])} with {bench.size(2_000_000)}; {ROUNDS} rounds in turn",
    )
    bench.report(
        "aggregate_vs_bare",
        ratio(of_much["hours"], of_much["bare"]),
        at_most=2,
        note=f"with {bench.size(2_000_000)} rows of history; a bare insert … select … group by of the new rows: "
        f"{milliseconds(of_much['bare'])}",
    )
    bench.report(
        "aggregate_days_vs_bare",
        ratio(of_much["days"], of_much["bare"]),
        note=f"{milliseconds(of_much['days'])} besides",
    )
    fill_conversations(bench, much)
    fill_for_seed(bench, much)
    read(bench, much)


def roll_up(bench: Bench, *places: Tenants) -> list[dict[str, list[float]]]:
    """Time in turn, in each place: to roll up new rows into hours, to group them barely, and to do the rest."""
    times: list[dict[str, list[float]]] = [{name: [] for name in MEASURED} for _ in places]
    with bench.step("rolling up new rows", ROUNDS) as done:
        for number in range(ROUNDS + 1):
            for tenants in places:
                tenants.record_fresh(bench.size(20_000))
            turn = list(zip(times, places, strict=True))
            for kept, tenants in turn if number % 2 else turn[::-1]:
                for name, statement in MEASURED.items():
                    taken = seconds(
                        lambda tenants=tenants, statement=statement: tenants.connection.execute(statement)
                    )  # type: ignore[misc]
                    # The first round warms up.
                    if number:
                        kept[name].append(taken)
            for tenants in places:
                tenants.connection.execute("vacuum private.usage_pending, private.usage_unsummed")
            done(number)
    return times


SEED_SCHEMA: LiteralString = """
    create schema seed;
    create table seed.users as select id, email::text from auth.users;
    create table seed.user_profiles as select user_id, full_name::text, avatar_url::text from public.user_profiles;
    create table seed.organizations as select id, name::text, plan_type from public.organizations;
    create table seed.organization_members as
        select organization_id, user_id, role from public.organization_members;
    create table seed.teams as select id, organization_id from public.teams;
    create table seed.conversations as select id from public.conversations;
    create table seed.conversation_participants as
        select conversation_id, user_id, last_read_at from public.conversation_participants;
    create table seed.messages as select id, conversation_id, user_id, content, created_at from public.messages;
    create table seed.documents as
        select id, organization_id, created_by, created_at, deleted_at from public.documents;
    create table seed.api_usage as
        select id, user_id, organization_id, endpoint::text, model_name::text, tokens_input, tokens_output,
            tokens_used, cost_usd::numeric, created_at
        from public.api_usage
        where organization_id = %(organization)s and created_at >= date_trunc('month', now(), 'UTC');
    alter table seed.users add primary key (id);
    alter table seed.user_profiles add primary key (user_id);
    alter table seed.organizations add primary key (id);
    alter table seed.organization_members add primary key (organization_id, user_id);
    alter table seed.teams add primary key (id);
    alter table seed.conversations add primary key (id);
    alter table seed.conversation_participants add primary key (conversation_id, user_id);
    alter table seed.messages add primary key (id);
    alter table seed.documents add primary key (id);
    alter table seed.api_usage add primary key (id);
    create index on seed.organization_members (user_id, organization_id);
    create index on seed.conversation_participants (user_id, conversation_id);
    create index on seed.messages (conversation_id, created_at desc);
    create index on seed.documents (organization_id, created_at desc);
    create index on seed.api_usage (organization_id, created_at desc) where organization_id is not null;
"""
"""The same rows in tables with the primary keys and the indexes that the seed has, and no others."""

SEED_DASHBOARD: LiteralString = """
    select u.email, up.full_name, up.avatar_url,
        (
            select jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'role', om.role) order by o.name, o.id)
            from seed.organizations o
            join seed.organization_members om on om.organization_id = o.id
            where om.user_id = u.id
        ) as organizations,
        (
            select count(distinct c.id)
            from seed.conversations c
            join seed.conversation_participants cp on cp.conversation_id = c.id
            where cp.user_id = u.id
        ) as conversation_count,
        (
            select count(*)
            from seed.messages m
            join seed.conversation_participants cp on cp.conversation_id = m.conversation_id
            where cp.user_id = u.id
              and m.created_at > coalesce(cp.last_read_at, '1970-01-01'::timestamp)
              and m.user_id != u.id
        ) as unread_count,
        (
            select count(*) from seed.documents d where d.created_by = u.id and d.deleted_at is null
        ) as document_count,
        (
            select jsonb_build_object('tokens', sum(tokens_used), 'cost_usd', sum(cost_usd), 'requests', count(*))
            from seed.api_usage
            where user_id = u.id and created_at >= date_trunc('month', now(), 'UTC')
        ) as usage_this_month
    from seed.users u
    left join seed.user_profiles up on up.user_id = u.id
    where u.id = %s
"""
SEED_ANALYTICS: LiteralString = """
    select o.name, o.plan_type,
        (select count(*) from seed.organization_members where organization_id = o.id) as member_count,
        (select count(*) from seed.teams where organization_id = o.id) as team_count,
        (
            select count(*)
            from seed.conversations c
            join seed.conversation_participants cp on cp.conversation_id = c.id
            join seed.organization_members om on om.user_id = cp.user_id
            where om.organization_id = o.id
        ) as total_conversations,
        (
            select count(*)
            from seed.documents d
            join seed.organization_members om on om.user_id = d.created_by
            where om.organization_id = o.id and d.deleted_at is null
        ) as total_documents,
        (
            -- The seed's nests an aggregate in another, which Postgres refuses: mended, and reads the same.
            select jsonb_build_object(
                'tokens', sum(usage.tokens), 'cost_usd', sum(usage.cost), 'requests', sum(usage.requests),
                'by_user',
                jsonb_object_agg(u.email, jsonb_build_object('tokens', usage.tokens, 'cost', usage.cost))
            )
            from (
                select user_id, sum(tokens_used) as tokens, sum(cost_usd) as cost, count(*) as requests
                from seed.api_usage
                where organization_id = o.id and created_at >= date_trunc('month', now(), 'UTC')
                group by user_id
            ) usage
            join seed.users u on u.id = usage.user_id
        ) as usage_this_month
    from seed.organizations o
    where o.id = %s
"""


def fill_conversations(bench: Bench, tenants: Tenants) -> None:
    """Make conversations of five with messages, and documents."""
    connection, big, people = tenants.connection, tenants.organizations[-1], tenants.people
    conversations = bench.size(4000, 20)
    messages = bench.size(200_000, 200)
    with bench.step("conversations, messages and documents"):
        connection.execute(
            """
            insert into conversations (organization_id, created_by)
            select %(big)s, (%(people)s::uuid[])[1 + n %% cardinality(%(people)s)]
            from generate_series(1, %(count)s) n
            """,
            {"big": big, "people": people, "count": conversations},
        )
        connection.execute(
            """
            insert into conversation_participants (organization_id, conversation_id, user_id, last_read_at)
            select
                %(big)s, c.id, (%(people)s::uuid[])[1 + (c.number * 13 + k * 101) %% cardinality(%(people)s)],
                now() - interval '1 hour'
            from (
                select id, row_number() over () as number from conversations where organization_id = %(big)s
            ) c
            cross join generate_series(1, 4) k
            on conflict do nothing
            """,
            {"big": big, "people": people},
        )
        connection.execute(
            """
            insert into messages (organization_id, conversation_id, user_id, content)
            select p.organization_id, p.conversation_id, p.user_id, 'Message ' || n
            from (
                select p.*, row_number() over () as number, count(*) over () as total
                from conversation_participants p where p.organization_id = %(big)s
            ) p
            join generate_series(0, %(count)s - 1) n on n %% p.total = p.number - 1
            """,
            {"big": big, "count": messages},
        )
        # Most of what was said has been read.
        connection.execute(
            """
            update conversation_participants p set last_read_at = (
                select m.created_at from messages m where m.conversation_id = p.conversation_id
                order by m.sequence desc offset 4 limit 1
            )
            where p.organization_id = %s
            """,
            [big],
        )
        connection.execute(
            """
            insert into documents (organization_id, title, content, created_by, visibility)
            select
                %(big)s, 'Document ' || n, 'Text', (%(people)s::uuid[])[1 + n %% cardinality(%(people)s)],
                'organization'
            from generate_series(1, %(count)s) n
            """,
            {"big": big, "people": people, "count": bench.size(10_000, 20)},
        )


def fill_for_seed(bench: Bench, tenants: Tenants) -> None:
    """Put what the seed's queries read into tables as the seed has them."""
    connection, big = tenants.connection, tenants.organizations[-1]
    with bench.step("the same rows as the seed has them"):
        for statement in SEED_SCHEMA.split(";"):
            if statement.strip():
                connection.execute(statement, {"organization": big} if "%(" in statement else None)
        connection.execute("select aggregate_usage_summary('month')")
        connection.execute("vacuum analyze")


def read(bench: Bench, tenants: Tenants) -> None:
    """Compare the dashboards with the seed's queries on the same rows, and their answers."""
    connection, big, people = tenants.connection, tenants.organizations[-1], tenants.people
    some = people[:: max(1, len(people) // 20)]

    def dashboard(user: UUID) -> Any:
        return value(connection, "select get_user_dashboard()")

    ours, theirs = [], []
    with bench.step("dashboards"):
        for user in some:
            with as_user(connection, user):
                mine = dashboard(user)
                ours.append(min(seconds(lambda user=user: dashboard(user)) for _ in range(3)))  # type: ignore[misc]
            query = f"select to_jsonb(s) from ({SEED_DASHBOARD}) s"
            row = connection.execute(query, [user]).fetchone()
            assert row is not None
            assert mine == row[0], f"{mine} is not {row[0]}"
            theirs.append(
                min(
                    seconds(lambda user=user: connection.execute(SEED_DASHBOARD, [user]).fetchall())
                    for _ in range(3)
                )  # type: ignore[misc]
            )
    bench.report(
        "user_dashboard_vs_seed",
        1 / ratio(ours, theirs),
        at_least=50,
        note=f"times as fast, {milliseconds(ours)}, seed {milliseconds(theirs)}, for {len(some)} people",
    )

    def analytics() -> Any:
        return value(connection, "select get_organization_analytics(%s)", big)

    with bench.step("analytics"):
        with as_user(connection, people[0]):
            mine = analytics()
        row = connection.execute(f"select to_jsonb(s) from ({SEED_ANALYTICS}) s", [big]).fetchone()
        assert row is not None
        # It counts a conversation once for each member in it.
        for key in set(mine) - {"total_conversations"}:
            assert mine[key] == row[0][key], key
        ours, theirs = [], []
        for _ in range(5):
            # In turn, for the machine is not always as fast.
            with as_user(connection, people[0]):
                ours += [seconds(analytics) for _ in range(5)]
            theirs.append(seconds(lambda: connection.execute(SEED_ANALYTICS, [big]).fetchall()))
    bench.report(
        "org_analytics_vs_seed",
        statistics.median(theirs) / statistics.median(ours),
        at_least=50,
        note=f"times as fast, {milliseconds(ours)}, seed {milliseconds(theirs)}; {len(people)} members",
    )
