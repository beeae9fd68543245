"""The document's ten steps and queries, as written there, by signed-in people."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.database.support import (
    Connection,
    as_role,
    as_service,
    as_user,
    call,
    insert,
    make_organization,
    refused,
    values,
)

Person = Callable[..., UUID]
DOCUMENT = (Path(__file__).parent / "complete-ai-application-schema.sql").read_text()
SECTIONS = {
    title: text.strip()
    for title, text in re.findall(r"^-- ## ([^\n]+)\n(.*?)(?=^-- ## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
}
STEPS = {
    int(number): text.strip()
    for number, text in re.findall(
        r"^-- (\d+)\. [^\n]+\n(.*?)(?=^-- \d+\. |\Z)", SECTIONS["Data Flow Example"], re.MULTILINE | re.DOTALL
    )
}
EMBEDDING = "[" + ",".join(["1"] + ["0"] * 383) + "]"
CLOSE_BY = "[" + ",".join(["0.9", "0.1"] + ["0"] * 382) + "]"


class Day:
    """Ann's first day, step by step; `ids` are what the document's placeholders stand for."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db = db
        self.ann, self.bob = people("ann@example.com", full_name="Ann"), people("bob@example.com")
        self.ids: dict[str, object] = {
            "user-id": self.bob,
            "other-user-id": self.bob,
            "embedding-vector": EMBEDDING,
            "query-embedding": CLOSE_BY,
            "search-query": "real-time chat",
        }

    def fill_in(self, text: str) -> str:
        return re.sub(r"<([a-z-]+)>", lambda match: str(self.ids[match[1]]), text)

    def take(self, number: int) -> Any:
        """Take a step of the document as Ann; return the first column of what it returns."""
        # A slug is there once, and the development data may have taken it.
        statement = self.fill_in(STEPS[number]).replace("'acme-ai'", "'acme-ai-first-day'")
        with as_user(self.db, self.ann):
            cursor = self.db.execute(statement)
            return cursor.fetchall() if cursor.description else cursor.rowcount

    def make_collection(self) -> None:
        with as_user(self.db, self.ann):
            self.ids["collection-id"] = insert(self.db, "document_collections", name="Requirements")

    def take_all(self) -> None:
        self.ids["org-id"] = self.take(2)[0][0]
        self.take(3)
        self.ids["conv-id"] = self.take(4)[0][0]
        self.take(5)
        self.take(6)
        self.make_collection()
        self.ids["doc-id"] = self.take(7)[0][0]
        self.take(8)
        self.take(10)


@pytest.fixture
def day(db: Connection, people: Person) -> Day:
    return Day(db, people)


def test_the_ten_steps(db: Connection, day: Day) -> None:
    # 1. The Auth server has signed Ann up.
    with as_user(db, day.ann):
        assert values(db, "select full_name::text from public.user_profiles") == ["Ann"]
        assert values(db, "select theme from public.user_preferences") == ["system"]

    day.ids["org-id"] = day.take(2)[0][0]
    assert day.take(3) == 1
    with as_user(db, day.bob):
        assert values(db, "select name::text from public.organizations where id = %s", day.ids["org-id"]) == [
            "Acme AI Corp"
        ]

    day.ids["conv-id"] = day.take(4)[0][0]
    assert day.take(5) == 1, "Bob; Ann takes part already"
    assert day.take(5) == 0, "again"
    assert day.take(6) == 1
    with as_user(db, day.bob):
        assert values(db, "select content from public.messages") == ["Hello team!"]

    day.make_collection()
    day.ids["doc-id"] = day.take(7)[0][0]
    assert day.take(8) == 1
    found = day.take(9)
    assert [(row[1], row[2], row[3], row[4]) for row in found] == [
        (day.ids["doc-id"], "Product Requirements", "Our AI product needs real-time chat", 0)
    ]
    assert found[0][5] == pytest.approx(0.9 / (0.81 + 0.01) ** 0.5)
    with as_user(db, day.bob):
        assert db.execute(day.fill_in(STEPS[9])).fetchall() == [], "private to Ann"

    assert day.take(10) == 1
    with as_user(db, day.ann):
        usage = db.execute("select tokens_used, cost_usd from public.api_usage").fetchall()
    assert [(int(tokens), float(cost)) for tokens, cost in usage] == [(2000, 0.06)]


@pytest.mark.parametrize("number", [2, 4, 6, 7, 8, 10])
def test_no_step_works_signed_out(db: Connection, day: Day, number: int) -> None:
    day.take_all()
    with refused("42501"), as_role(db, "anon"):
        db.execute(day.fill_in(STEPS[number]))


def test_the_dashboard_says_what_the_documents_query_says(db: Connection, day: Day) -> None:
    day.take_all()
    insert(db, "messages", conversation_id=day.ids["conv-id"], user_id=day.bob, content="Hello Ann!")
    # The query reads auth.users, which no client may: it is the database owner's, asked about Ann.
    with refused("42501"), as_user(db, day.ann):
        db.execute(SECTIONS["User Dashboard Stats"])
    db.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps({"sub": str(day.ann)})])
    cursor = db.execute(SECTIONS["User Dashboard Stats"])
    assert cursor.description is not None
    expected = dict(zip([column.name for column in cursor.description], cursor.fetchall()[0], strict=True))
    db.execute("select set_config('request.jwt.claims', '', true)")

    with as_user(db, day.ann):
        dashboard = call(db, "get_user_dashboard")
    assert set(expected) <= set(dashboard)
    for key in ("email", "full_name", "avatar_url", "conversation_count", "unread_count", "document_count"):
        assert dashboard[key] == expected[key], key
    assert expected["unread_count"] == 1
    assert {(o["id"], o["role"]) for o in dashboard["organizations"]} == {
        (o["id"], o["role"]) for o in expected["organizations"]
    }
    for key, amount in expected["usage_this_month"].items():
        assert float(dashboard["usage_this_month"][key]) == float(amount), key


def test_the_analytics_have_the_keys_of_the_documents_query(db: Connection, day: Day) -> None:
    day.take_all()
    query = SECTIONS["Organization Analytics"]
    # As written it cannot run: it sums a column that its subquery does not have.
    with refused("42703"), db.transaction():
        db.execute(day.fill_in(query))
    with as_user(db, day.ann):
        analytics = call(db, "get_organization_analytics", p_organization_id=day.ids["org-id"])
    # What is named at the end of a line that closes a column, not within one.
    columns = {"name", "plan_type", *re.findall(r"^    (?:\(.*)?\) as (\w+),?$", query, re.MULTILINE)}
    assert len(columns) == 7
    assert columns <= set(analytics)
    assert {"tokens", "cost_usd", "requests", "by_user"} <= set(analytics["usage_this_month"])
    assert (analytics["name"], analytics["plan_type"], analytics["member_count"]) == ("Acme AI Corp", "free", 2)
    assert set(analytics["usage_this_month"]["by_user"]) == {"ann@example.com"}


def test_the_hybrid_search_of_the_document_runs_under_the_policies(db: Connection, day: Day) -> None:
    day.take_all()
    with as_user(db, day.ann):
        rows = db.execute(day.fill_in(SECTIONS["RAG Search with Context"])).fetchall()
    assert [(row[1], row[4]) for row in rows] == [(day.ids["doc-id"], 0)]
    with as_user(db, day.bob):
        assert db.execute(day.fill_in(SECTIONS["RAG Search with Context"])).fetchall() == []


def test_the_regular_tasks(db: Connection, people: Person) -> None:
    tasks = re.findall(r"^select .+;$", SECTIONS["Regular Tasks"], re.MULTILINE)
    assert len(tasks) == 5
    for task in tasks:
        with as_service(db):
            done = db.execute(task).fetchone()
            assert done is not None
            assert isinstance(done[0], int)
        with refused("42501"), as_user(db, people()):
            db.execute(task)


def test_the_health_checks(db: Connection) -> None:
    checks = [check for check in SECTIONS["Health Checks"].split(";") if check.strip()]
    assert len(checks) == 3
    for check in checks:
        assert db.execute(check).fetchall()


# Those on auth.users and on a subquery aside: the one is not ours, the other cannot be.
INDEXES = {
    "idx_org_members_user_org": "organization_members USING btree (user_id, organization_id)",
    "idx_conv_participants_user_conv": "conversation_participants USING btree (user_id, conversation_id)",
    "idx_messages_conv_created": "messages USING btree (conversation_id, created_at DESC)",
    "idx_documents_org_created": "documents USING btree (organization_id, created_at DESC)",
    "idx_api_usage_org_created": (
        "ONLY public.api_usage USING btree (organization_id, created_at DESC) WHERE (organization_id IS NOT NULL)"
    ),
}


@pytest.mark.parametrize("name", INDEXES)
def test_the_critical_indexes_exist(db: Connection, name: str) -> None:
    found = values(db, "select indexdef from pg_indexes where schemaname = 'public' and indexname = %s", name)
    assert len(found) == 1
    assert found[0].endswith(INDEXES[name])


def test_what_others_get_wrong(db: Connection, people: Person) -> None:
    # The templates behind the document fail at each of these with infinite recursion, or let nobody do them.
    ann, bob = people(), people()
    with as_user(db, ann):
        acme = insert(db, "organizations", name="Acme", slug="acme-no-recursion", created_by=ann)
        talk = insert(db, "conversations", title="Talk", organization_id=acme)
        document = insert(db, "documents", title="Plan", organization_id=acme)
        insert(db, "document_chunks", document_id=document, content="Plan", embedding=EMBEDDING)
    other = make_organization(db, bob)
    with as_user(db, ann):
        assert values(db, "select id from public.conversations") == [talk]
        assert set(values(db, "select id from public.organizations where not is_personal")) == {acme}
    with as_service(db):
        db.execute("select public.aggregate_usage_summary('hour')")
    assert other != acme
