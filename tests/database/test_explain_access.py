"""explain_access says what the policies do, and why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from tests.database.library import add_chunk, add_document
from tests.database.support import (
    Connection,
    as_service,
    as_user,
    call,
    create_user,
    insert,
    make_organization,
    refused,
    value,
)
from tests.database.test_search_access import RANDOM, Story, stories, undone, write

TABLES = ("document_collections", "documents", "document_chunks", "document_processing_status")
People = Callable[..., UUID]


def explain(db: Connection, person: UUID, table: str, row: UUID) -> dict[str, Any]:
    """Ask as the service role."""
    with as_service(db):
        answer: dict[str, Any] = call(db, "explain_access", p_user_id=person, p_table=table, p_id=row)
    return answer


def rules(answer: dict[str, Any]) -> set[str]:
    return {reason["rule"] for reason in answer["because"]}


@RANDOM
@given(story=stories)
def test_it_says_what_the_policies_do(db: Connection, story: Story):
    db.execute("select")
    with undone(db):
        library = write(db, story)
        db.execute(
            "insert into public.document_processing_status (organization_id, document_id) "
            "select organization_id, id from public.documents where id = any(%s)",
            [library.documents],
        )
        for table in TABLES:
            key = "document_id" if table == "document_processing_status" else "id"
            rows = [
                row[0]
                for row in db.execute(
                    f"select {key} from public.{table} where organization_id = any(%s)", [library.organizations]
                ).fetchall()
            ]
            for person in library.people:
                with as_user(db, person):
                    seen = {row[0] for row in db.execute(f"select {key} from public.{table}").fetchall()}
                for row in rows:
                    answer = explain(db, person, table, row)
                    assert answer["allowed"] == (row in seen), answer
                    assert answer["because"], "a reason is given"
                    assert all(
                        reason["holds"] == answer["allowed"] and reason["says"] for reason in answer["because"]
                    )


class TestReasons:
    @pytest.fixture
    def ann(self, people: People) -> UUID:
        return people()

    @pytest.fixture
    def bob(self, people: People) -> UUID:
        return people()

    @pytest.fixture
    def place(self, db: Connection, ann: UUID, bob: UUID) -> UUID:
        return make_organization(db, ann, member=bob)

    def test_what_is_shared_with_the_organization(self, db: Connection, ann: UUID, bob: UUID, place: UUID):
        chunk = add_chunk(db, ann, "text", organization_id=place, visibility="organization")
        assert rules(explain(db, bob, "document_chunks", chunk)) == {"shared_with_organization"}
        assert rules(explain(db, create_user(db), "document_chunks", chunk)) == {"is_in_organization"}

    def test_what_is_private(self, db: Connection, ann: UUID, bob: UUID, place: UUID):
        document = add_document(db, ann, organization_id=place, visibility="private")
        assert rules(explain(db, ann, "documents", document)) == {"is_private_to_them"}
        answer = explain(db, bob, "documents", document)
        assert rules(answer) == {
            "shared_with_organization",
            "shared_with_team_of_theirs",
            "shared_with_team_and_is_admin",
            "is_private_to_them",
        }
        says = {reason["rule"]: reason["says"] for reason in answer["because"]}
        assert says["is_private_to_them"] == "The document is private to its creator, and that is not them."

    def test_what_is_shared_with_a_team(self, db: Connection, people: People, ann: UUID, bob: UUID, place: UUID):
        team = insert(db, "teams", organization_id=place, name="Red", created_by=ann)
        document = add_document(db, ann, organization_id=place, visibility="team", team_id=team)
        assert rules(explain(db, ann, "documents", document)) == {"shared_with_team_and_is_admin"}
        assert "shared_with_team_of_theirs" in rules(explain(db, bob, "documents", document))
        insert(db, "team_members", returning="role", organization_id=place, team_id=team, user_id=bob)
        answer = explain(db, bob, "documents", document)
        assert (answer["allowed"], rules(answer)) == (True, {"shared_with_team_of_theirs"})

    def test_what_is_deleted(self, db: Connection, ann: UUID, place: UUID):
        document = add_document(db, ann, organization_id=place, visibility="private")
        value(db, "select public.delete_document(%s)", document)
        assert rules(explain(db, ann, "documents", document)) == {"is_live"}

    def test_conversations_and_messages(self, db: Connection, ann: UUID, bob: UUID, place: UUID):
        with as_user(db, ann):
            talk = insert(db, "conversations", organization_id=place, created_by=ann)
            message = insert(db, "messages", conversation_id=talk, user_id=ann, content="Hello")
        for table, row in (("conversations", talk), ("messages", message)):
            assert rules(explain(db, ann, table, row)) == {"takes_part"}
            answer = explain(db, bob, table, row)
            assert (answer["allowed"], rules(answer)) == (False, {"takes_part"})


class TestWhoMayAsk:
    def test_admins_of_the_organization_and_nobody_else(self, db: Connection, people: People):
        owner, admin, member, stranger = people(), people(), people(), people()
        place = make_organization(db, owner, admin=admin, member=member)
        chunk = add_chunk(db, owner, "text", organization_id=place, visibility="organization")
        make_organization(db, stranger)
        for person in (owner, admin):
            with as_user(db, person):
                answer = call(db, "explain_access", p_user_id=member, p_table="document_chunks", p_id=chunk)
            assert answer["allowed"]
        for person in (member, stranger):
            with refused("PT404"), as_user(db, person):
                call(db, "explain_access", p_user_id=member, p_table="document_chunks", p_id=chunk)

    def test_whoever_asks_stays_who_they_are(self, db: Connection, people: People):
        owner, member = people(), people()
        place = make_organization(db, owner, member=member)
        document = add_document(db, owner, organization_id=place)
        with as_user(db, owner):
            call(db, "explain_access", p_user_id=member, p_table="documents", p_id=document)
            assert value(db, "select auth.uid()") == owner

    @pytest.mark.parametrize("table", ["organizations", "auth.users", "", None])
    def test_other_tables_are_refused(self, db: Connection, table: str | None):
        with refused("PT400"):
            explain(db, UUID(int=1), table, UUID(int=1))  # type: ignore[arg-type]

    @pytest.mark.parametrize("table", [*TABLES, "conversations", "messages"])
    def test_rows_that_are_not_there_are_not_found(self, db: Connection, table: str):
        with refused("PT404"):
            explain(db, UUID(int=1), table, UUID(int=1))
