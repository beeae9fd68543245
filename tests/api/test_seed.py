"""seed.sql: everybody signs in, each sees their own, its vectors are those of its texts, and it may run again."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import psycopg
import pytest

from groundwork import embedding
from groundwork.seed import vectors
from tests.api.people import Person, seeded
from tests.support import ROOT, Stack

SEED = (ROOT / "seed.sql").read_text()
# Who is in which organization, as the table at the top of seed.sql says.
PEOPLE = {
    "ada@acme.example": {"acme": "owner"},
    "grace@acme.example": {"acme": "admin"},
    "linus@acme.example": {"acme": "member"},
    "margaret@acme.example": {"acme": "member", "nimbus": "member"},
    "alan@acme.example": {"acme": "member"},
    "vera@acme.example": {"acme": "viewer"},
    "nora@nimbus.example": {"nimbus": "owner"},
    "ned@nimbus.example": {"nimbus": "admin"},
    "nina@nimbus.example": {"nimbus": "member"},
    "vic@nimbus.example": {"nimbus": "viewer"},
    "bea@bakery.example": {"corner-bakery": "owner"},
    "ben@bakery.example": {"corner-bakery": "member"},
    "sam@stranger.example": {},
}


@pytest.mark.parametrize("email", PEOPLE)
def test_everybody_signs_in_and_is_where_they_should_be(stack: Stack, email: str) -> None:
    person = seeded(stack, email)
    memberships = person.rows(
        "organization_members", "role,organizations!inner(slug,is_personal)", user_id=person.id
    )
    assert {
        row["organizations"]["slug"]: row["role"] for row in memberships if not row["organizations"]["is_personal"]
    } == PEOPLE[email]
    assert person.rows("organizations", "is_personal", is_personal=True) == [{"is_personal": True}]
    (profile,) = person.rows("user_profiles", "full_name", user_id=person.id)
    assert profile["full_name"].split()[0].lower() == email.partition("@")[0]


def test_the_table_at_the_top_names_everybody() -> None:
    head = SEED[: SEED.index("-- People ---")]
    assert set(re.findall(r"\w+@\w+\.example", head)) == {*PEOPLE, "carol@acme.example"}


def test_the_plans_differ(stack: Stack) -> None:
    plans = {
        row["plan_type"]
        for email in ("ada@acme.example", "nora@nimbus.example", "bea@bakery.example")
        for row in seeded(stack, email).rows("organizations", "plan_type", is_personal=False)
    }
    assert plans == {"team", "pro", "free"}


def test_there_are_documents_of_every_visibility(stack: Stack) -> None:
    ada, margaret = seeded(stack, "ada@acme.example"), seeded(stack, "margaret@acme.example")

    def visibilities(person: Person) -> set[str]:
        return {row["visibility"] for row in person.rows("documents", "visibility")}

    assert visibilities(ada) == visibilities(margaret) == {"private", "team", "organization"}


def test_the_vectors_are_those_of_the_texts() -> None:
    """When this fails, a text of seed.sql was changed: run `python -m groundwork.seed.vectors`."""
    texts = vectors.passages(SEED)
    section = SEED[SEED.index(vectors.BEGIN) :]
    rows = re.findall(r"^    \((\d+), (\d+), (\d+), '(\[[^]]+\])'\),?$", section, re.MULTILINE)
    assert [(int(row[0]), int(row[1])) for row in rows] == [(text.document, text.index) for text in texts]
    written = np.array([json.loads(re.sub(r"(?<=[\[,])(-?)\.", r"\g<1>0.", row[3])) for row in rows])
    fresh = np.array(embedding.of_passages([text.content for text in texts]))
    # Processors differ in the last digits.
    assert (written * fresh).sum(axis=1).min() > 0.999
    assert [int(row[2]) for row in rows] == [embedding.token_count(text.content) for text in texts]


def test_it_may_run_again(db: psycopg.Connection[Any]) -> None:
    def count() -> list[Any]:
        return [
            db.execute(f"select count(*) from {table}").fetchone()  # type: ignore[arg-type]
            for table in ("auth.users", "auth.identities", "public.organizations", "public.organization_members",
                          "public.conversations", "public.messages", "public.documents", "public.document_chunks")
        ]  # fmt: skip

    before = count()
    db.execute(SEED)  # type: ignore[arg-type]
    assert count() == before


def test_somebody_who_signed_up_before_keeps_their_account(db: psycopg.Connection[Any]) -> None:
    """The seed finds people by their address: with other ids its rows belong to who is there."""
    people = SEED[SEED.index("insert into auth.users") : SEED.index("insert into auth.identities")]
    moved = people.replace("0a000000-0000-4000-8000", "0a000000-0000-4000-9000")
    db.execute(moved)  # type: ignore[arg-type]
    assert db.execute(
        "select count(*) from auth.users where id::text like '0a000000-0000-4000-9000-%'"
    ).fetchone() == (0,)


def test_people_are_as_hosted_auth_reads_them(stack: Stack) -> None:
    """Auth scans these columns into types that hold no null, and looks people up by the nil instance."""
    with psycopg.connect(stack.admin_db_url or stack.db_url) as connection:
        connection.execute("alter table auth.users add column if not exists instance_id uuid")
        connection.execute("alter table auth.users add column if not exists is_super_admin boolean")
        start = SEED.index("do $$")
        connection.execute(SEED[start : SEED.index("$$;", start) + 3])  # type: ignore[arg-type]
        rows = connection.execute(
            """
            select distinct instance_id::text, is_super_admin, aud, role, is_sso_user, confirmation_token,
                recovery_token, email_change, email_change_token_new, email_change_token_current, phone_change,
                phone_change_token, reauthentication_token, email_confirmed_at is not null,
                left(encrypted_password, 7)
            from auth.users where id::text like '0a000000-0000-4000-8000-0000000000__'
            """
        ).fetchall()
        connection.rollback()
    nil = "00000000-0000-0000-0000-000000000000"
    assert rows == [(nil, False, "authenticated", "authenticated", False, *[""] * 8, True, "$2a$10$")]
