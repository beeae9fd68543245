"""Made-up data: the same for the same seed, complete or absent, usable by those who are in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest

from groundwork.seed.bulk import Seeder, Size, blocks, plan, seed
from groundwork.stack.errors import StackError
from tests.support import Stack, client_for

SIZE = Size(organizations=3, messages=200, chunks=50, usage_rows=500)
DAY = datetime(2026, 11, 1, tzinfo=UTC)
AREAS = ("tenancy", "chat", "rag", "usage")
Connection = psycopg.Connection[tuple[object, ...]]


def everything(number: int) -> bytes:
    loads = plan(Seeder(SIZE, number, DAY), AREAS)
    return b"".join(block for _, _, rows, binary in loads for _, block in blocks(rows, binary=binary))


def silent(table: str, count: int) -> None:
    pass


def count(db: Connection, table: str) -> int:
    row = db.execute(f"select count(*) from {table}".encode()).fetchone()
    assert row is not None
    return int(str(row[0]))


def test_the_same_seed_makes_the_same_data() -> None:
    assert everything(1) == everything(1)
    assert everything(1) != everything(2)


def test_everything_is_loaded_with_its_consequences(db: Connection) -> None:
    before = {
        table: count(db, table) for table in ("public.messages", "public.api_usage", "private.usage_pending")
    }
    done = seed(db, "complete", SIZE, silent, 901)
    assert done["public.messages"] == 200 and done["public.document_chunks"] == 50
    assert count(db, "public.messages") == before["public.messages"] + 200
    assert count(db, "public.api_usage") == before["public.api_usage"] + 500
    assert count(db, "private.usage_pending") == 0
    row = db.execute(
        "select count(*) from public.conversations c join public.organizations o on o.id = c.organization_id "
        "where o.slug like '%-901-%' and c.last_sequence <> "
        "(select count(*) from public.messages m where m.conversation_id = c.id)"
    ).fetchone()
    assert row == (0,)
    sums = db.execute(
        "with ours as (select id from public.organizations where slug like '%-901-%') select "
        "(select sum(u.cost_usd) from public.api_usage u where u.organization_id in (select id from ours)), "
        "(select sum(s.cost_usd) from public.token_usage_summary s "
        "where s.period = 'month' and s.organization_id in (select id from ours))"
    ).fetchone()
    assert sums is not None and sums[0] is not None and sums[0] == sums[1]


def test_a_second_time_is_refused_and_leaves_nothing(db: Connection) -> None:
    seed(db, "multi-tenant", SIZE, silent, 902)
    before = count(db, "auth.users")
    with pytest.raises(StackError, match="--seed 902"):
        seed(db, "complete", SIZE, silent, 902)
    assert count(db, "auth.users") == before


def test_a_pattern_seeds_what_it_needs_alone(db: Connection) -> None:
    assert set(seed(db, "rag", SIZE, silent, 903)) == {
        "auth.users",
        "auth.identities",
        "public.organizations",
        "public.organization_members",
        "public.documents",
        "public.document_chunks",
    }


def test_what_cannot_be_made_is_refused(db: Connection) -> None:
    with pytest.raises(StackError, match="There is no pattern"):
        seed(db, "kitchen", SIZE, silent)
    with pytest.raises(StackError, match="That many"):
        seed(db, "chat", Size(organizations=0), silent)


@pytest.fixture
def seeded(stack: Stack) -> Iterator[None]:
    """Commit a small data set, and erase it at the end."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        seed(connection, "chat", SIZE, silent, 904)
        try:
            yield
        finally:
            connection.execute("delete from public.organizations where slug like '%-904-%'")
            connection.execute("delete from auth.users where email like '%@seed904.example'")


@pytest.mark.usefixtures("seeded")
def test_the_people_in_it_can_sign_in_and_see_their_messages(stack: Stack) -> None:
    client = client_for(stack, stack.anon_key)
    client.auth.sign_in_with_password({"email": "person0@seed904.example", "password": "groundwork"})
    assert len(client.table("messages").select("id").limit(5).execute().data) == 5
