"""Who reads a document reads its chunks: at once, and against races with a change of who that is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from psycopg import IsolationLevel

from tests.database.conftest import Committed
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    insert,
    make_organization,
    refused,
    value,
    values,
)

Person = Callable[..., UUID]
CHUNKS = "select content from public.document_chunks where document_id = %s order by content"
VECTOR = "[" + ",".join(["1"] + ["0"] * 383) + "]"


class Library:
    """Ann, a member of Acme, shares a document with everybody there; Bob is one of them, Zoe owns Acme."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db = db
        self.zoe, self.ann, self.bob = people(), people(), people()
        self.acme = make_organization(db, self.zoe, member=[self.ann, self.bob])
        with as_user(db, self.ann):
            self.document = insert(
                db, "documents", organization_id=self.acme, title="Plan", visibility="organization"
            )
            insert(
                db, "document_chunks", document_id=self.document, content="One", embedding=VECTOR, chunk_index=0
            )

    def share(self, visibility: str, team: UUID | None = None) -> None:
        with as_user(self.db, self.ann):
            self.db.execute(
                "update public.documents set visibility = %s, team_id = %s where id = %s",
                [visibility, team, self.document],
            )

    def seen_by(self, person: UUID) -> list[Any]:
        with as_user(self.db, person):
            titles = values(self.db, "select title from public.documents where id = %s", self.document)
            chunks = values(self.db, CHUNKS, self.document)
            status = values(
                self.db,
                "select 1 from public.document_processing_status where document_id = %s",
                self.document,
            )
            found = values(
                self.db, "select content from public.search_documents(%s::extensions.vector, 0.5)", VECTOR
            )
        assert bool(titles) == bool(chunks) == bool(found), "the document, its chunks and search say the same"
        assert titles or not status
        return chunks


@pytest.fixture
def library(db: Connection, people: Person) -> Library:
    return Library(db, people)


def test_chunks_follow_their_document_at_once(db: Connection, library: Library) -> None:
    zoe, ann, bob = library.zoe, library.ann, library.bob
    assert [library.seen_by(person) for person in (zoe, ann, bob)] == [["One"]] * 3
    library.share("private")
    assert [library.seen_by(person) for person in (zoe, ann, bob)] == [[], ["One"], []]
    with as_user(db, zoe):
        team = insert(db, "teams", organization_id=library.acme, name="Red")
        insert(db, "team_members", returning="role", team_id=team, user_id=ann)
    library.share("team", team)
    assert [library.seen_by(person) for person in (zoe, ann, bob)] == [["One"], ["One"], []]
    with as_user(db, zoe):
        insert(db, "team_members", returning="role", team_id=team, user_id=bob)
    assert library.seen_by(bob) == ["One"]
    with as_user(db, zoe):
        call(db, "delete_team", p_id=team)
    assert [library.seen_by(person) for person in (zoe, ann, bob)] == [["One"], [], []]
    with as_user(db, zoe):
        db.execute("update public.documents set visibility = 'organization' where id = %s", [library.document])
    assert library.seen_by(bob) == ["One"]
    with as_user(db, ann):
        call(db, "delete_document", p_id=library.document)
    assert [library.seen_by(person) for person in (zoe, ann, bob)] == [[], [], []]
    with as_service(db):
        assert values(db, CHUNKS, library.document) == ["One"], "kept, for the service role alone"


def test_a_new_chunk_of_a_private_document_is_private(db: Connection, library: Library) -> None:
    library.share("private")
    with as_user(db, library.ann):
        insert(db, "document_chunks", document_id=library.document, content="Two", chunk_index=1)
    with as_service(db):
        insert(db, "document_chunks", document_id=library.document, content="Three", chunk_index=2)
    assert library.seen_by(library.bob) == []
    assert library.seen_by(library.ann) == ["One", "Three", "Two"]


def test_nobody_chunks_what_they_may_not_change(db: Connection, library: Library, people: Person) -> None:
    mallory = people()
    for person in (library.bob, mallory):
        with refused("42501"), as_user(db, person):
            insert(db, "document_chunks", document_id=library.document, content="Poison", chunk_index=9)
        with as_user(db, person):
            assert db.execute("update public.document_chunks set content = 'Poison'").rowcount == 0
            assert db.execute("delete from public.document_chunks").rowcount == 0
    with as_user(db, library.zoe):
        insert(db, "document_chunks", document_id=library.document, content="Note", chunk_index=9)


def test_a_document_is_put_only_into_collections_that_one_sees(
    db: Connection, library: Library, people: Person
) -> None:
    mallory = people()
    with as_user(db, library.bob):
        private = insert(db, "document_collections", organization_id=library.acme, name="Bob's")
        shared = insert(
            db, "document_collections", organization_id=library.acme, name="Ours", visibility="organization"
        )
    with as_user(db, mallory):
        foreign = insert(db, "document_collections", name="Mallory's")
    move = "update public.documents set collection_id = %s where id = %s"
    for collection in (private, foreign):
        with refused("42501"), as_user(db, library.ann):
            db.execute(move, [collection, library.document])
        with refused("42501"), as_user(db, library.ann):
            insert(db, "documents", title="In", collection_id=collection)
        with refused("42501"), as_user(db, library.ann):
            insert(db, "documents", title="In", collection_id=collection, organization_id=library.acme)
    with as_user(db, library.ann):
        assert db.execute(move, [shared, library.document]).rowcount == 1
        assert db.execute(move, [None, library.document]).rowcount == 1
    with refused("23503"), as_service(db):
        db.execute(move, [foreign, library.document])


def test_a_shared_document_in_a_private_collection_can_be_changed_by_admins(
    db: Connection, library: Library
) -> None:
    with as_user(db, library.ann):
        own = insert(db, "document_collections", organization_id=library.acme, name="Ann's")
        db.execute("update public.documents set collection_id = %s where id = %s", [own, library.document])
    with as_user(db, library.zoe):
        assert db.execute("update public.documents set title = 'Changed'").rowcount == 1
        assert db.execute("update public.documents set collection_id = null").rowcount == 1
    with refused("42501"), as_user(db, library.zoe):
        db.execute("update public.documents set collection_id = %s", [own])


def test_a_name_tells_nothing_of_a_collection_that_one_does_not_see(db: Connection, library: Library) -> None:
    with as_user(db, library.bob):
        insert(db, "document_collections", organization_id=library.acme, name="Layoffs")
    with as_user(db, library.ann):
        insert(db, "document_collections", organization_id=library.acme, name="Layoffs")
    with refused("23505"), as_user(db, library.ann):
        insert(db, "document_collections", organization_id=library.acme, name="LAYOFFS")


@pytest.mark.parametrize("level", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
@pytest.mark.parametrize("chunk_first", [True, False], ids=["chunk-first", "change-first"])
def test_a_chunk_that_is_written_while_its_document_turns_private(
    committed: Committed, session: Callable[..., Session], level: IsolationLevel, *, chunk_first: bool
) -> None:
    ann, bob = committed.user(), committed.user()
    acme = committed.organization(ann, member=bob)
    with as_user(committed.connection, ann):
        document = insert(
            committed.connection, "documents", organization_id=acme, title="Plan", visibility="organization"
        )
    writer, changer = session(level), session(level)
    for one in (writer, changer):
        one.become(ann)
        one.run("select count(*) from public.documents")
    write = ("insert into public.document_chunks (document_id, content) values (%s, 'Secret')", document)
    change = ("update public.documents set visibility = 'private' where id = %s", document)

    steps = [(writer, write), (changer, change)]
    (first, before), (second, after) = steps if chunk_first else steps[::-1]
    first.run(*before)
    waiting = second.start(*after)
    first.commit()
    second.rollback() if waiting.exception(timeout=10) else second.commit()

    with as_user(committed.connection, bob):
        visible = values(committed.connection, "select visibility::text from public.documents")
        assert values(committed.connection, CHUNKS, document) == (["Secret"] if visible and chunk_first else [])
    assert value(committed.connection, "select count(*) from public.documents where id = %s", document) == 1
