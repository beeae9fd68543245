"""Chunks: what is filled in for them, and the document that one without makes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.database.library import add_chunk, add_document, ids, keyword, vector
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    insert,
    make_organization,
    refused,
    value,
)

People = Callable[..., UUID]


@pytest.fixture
def ada(people: People) -> UUID:
    return people()


def store(
    db: Connection, user: UUID, content: str, metadata: dict[str, object] | None = None, **columns: object
) -> UUID:
    """Store a chunk as a vector store does, which knows of no documents, and return its document."""
    with as_user(db, user):
        document_id: UUID = insert(
            db,
            "document_chunks",
            returning="document_id",
            content=content,
            metadata=json.dumps(metadata or {}),
            **columns,
        )
    return document_id


def upsert(db: Connection, user: UUID, chunk: UUID, content: str) -> None:
    """Store a chunk under an id as PostgREST does for an upsert."""
    with as_user(db, user):
        db.execute(
            "insert into public.document_chunks (id, content, embedding, metadata) values (%s, %s, %s, '{}') "
            "on conflict (organization_id, id) do update set id = excluded.id, content = excluded.content, "
            "embedding = excluded.embedding, metadata = excluded.metadata",
            [chunk, content, vector(1)],
        )


class TestWithoutADocument:
    def test_it_makes_a_private_one_of_its_own(self, db: Connection, ada: UUID):
        document = store(db, ada, "First line\nand more")
        title, visibility, creator, personal = db.execute(
            "select d.title, d.visibility, d.created_by, o.is_personal from public.documents d "
            "join public.organizations o on o.id = d.organization_id where d.id = %s",
            [document],
        ).fetchone()  # type: ignore[misc]
        assert (title, visibility, creator, personal) == ("First line", "private", ada, True)

    @pytest.mark.parametrize(
        ("metadata", "title"),
        [
            ({"title": "A title", "source": "a.pdf"}, "A title"),
            ({"source": "a.pdf"}, "a.pdf"),
            ({"file_name": "b.txt", "title": ""}, "b.txt"),
            ({"title": "two\n lines "}, "two lines"),
            ({"title": " "}, "Untitled"),
            ({"title": "x" * 300}, "x" * 200),
            ({"title": 7}, "7"),
        ],
    )
    def test_it_is_titled_by_its_metadata(
        self, db: Connection, ada: UUID, metadata: dict[str, object], title: str
    ):
        document = store(db, ada, "Text", metadata)
        assert value(db, "select title from public.documents where id = %s", document) == title

    def test_it_goes_where_its_metadata_says(self, db: Connection, ada: UUID):
        organization = make_organization(db, ada)
        with as_user(db, ada):
            collection = insert(
                db,
                "document_collections",
                organization_id=organization,
                name="C",
                visibility="organization",
                created_by=ada,
            )
        place = "select organization_id, collection_id, visibility::text from public.documents where id = %s"
        into = store(db, ada, "Text", {"collection_id": str(collection)})
        assert db.execute(place, [into]).fetchone() == (organization, collection, "organization")
        beside = store(db, ada, "Text", {"organization_id": str(organization), "collection_id": "not an id"})
        assert db.execute(place, [beside]).fetchone() == (organization, None, "private")
        named = store(db, ada, "Text", organization_id=organization)
        assert db.execute(place, [named]).fetchone() == (organization, None, "private")

    def test_it_is_made_with_the_rights_of_the_caller(self, db: Connection, people: People, ada: UUID):
        organization = make_organization(db, ada)
        viewer, stranger = people(), people()
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=organization,
            user_id=viewer,
            role="viewer",
        )
        with as_user(db, ada):
            collection = insert(
                db,
                "document_collections",
                organization_id=organization,
                name="C",
                visibility="organization",
                created_by=ada,
            )
        for person in (viewer, stranger):
            with refused("42501"):
                store(db, person, "Text", {"collection_id": str(collection)})
            with refused("42501"):
                store(db, person, "Text", {"organization_id": str(organization)})
        assert value(db, "select count(*) from public.documents where organization_id = %s", organization) == 0

    def test_stored_again_it_keeps_its_document(self, db: Connection, ada: UUID):
        chunk = uuid.uuid4()
        upsert(db, ada, chunk, "text of the sun")
        upsert(db, ada, chunk, "text of the moon")
        with as_user(db, ada):
            assert db.execute("select content from public.document_chunks").fetchall() == [("text of the moon",)]
            assert value(db, "select count(*) from public.documents") == 1
        assert ids(keyword(db, ada, "moon")) == [chunk]

    def test_it_takes_its_document_along(self, db: Connection, ada: UUID):
        made = store(db, ada, "Text")
        own = add_document(db, ada)
        with as_user(db, ada):
            insert(db, "document_chunks", document_id=own, content="Text")
            db.execute("delete from public.document_chunks")
            assert [row[0] for row in db.execute("select id from public.documents").fetchall()] == [own]
        assert value(db, "select deleted_at is not null from public.documents where id = %s", made)

    def test_nobody_overwrites_what_is_somebody_else_s(self, db: Connection, people: People, ada: UUID):
        chunk = uuid.uuid4()
        upsert(db, ada, chunk, "hers")
        other = people()
        upsert(db, other, chunk, "his")
        stored = db.execute("select content from public.document_chunks where id = %s", [chunk]).fetchall()
        assert sorted(stored) == [("hers",), ("his",)]

    def test_a_viewer_does_not_overwrite(self, db: Connection, people: People, ada: UUID):
        viewer = people()
        organization = make_organization(db, ada, viewer=viewer)
        chunk = add_chunk(db, ada, "text", organization_id=organization, visibility="organization")
        with refused("42501"):
            upsert(db, viewer, chunk, "other")

    def test_the_service_role_says_where(self, db: Connection, ada: UUID):
        organization = make_organization(db, ada)
        with refused("23502"), as_service(db):
            insert(db, "document_chunks", content="nowhere")
        with as_service(db):
            insert(db, "document_chunks", content="somewhere", organization_id=organization)


def test_two_who_store_the_same_chunk_make_one_document(session: Callable[[], Session], committed: Any):
    ada = committed.user()
    first, second = session(), session()
    chunk = uuid.uuid4()
    statement = (
        "insert into public.document_chunks (id, content) values (%s, %s) "
        "on conflict (organization_id, id) do update set content = excluded.content"
    )
    first.become(ada)
    first.run(statement, chunk, "first")
    second.become(ada)
    with refused("PT409"):
        second.run(statement, chunk, "second")
    second.rollback()
    first.commit()
    second.become(ada)
    second.run(statement, chunk, "second")
    second.commit()
    stored = committed.connection.execute(
        "select c.content, count(*) over () from public.documents d "
        "left join public.document_chunks c on c.document_id = d.id where d.created_by = %s",
        [ada],
    ).fetchall()
    assert stored == [("second", 1)]


def test_a_chunk_and_a_new_title_do_not_miss_each_other(session: Callable[[], Session], committed: Any):
    ada = committed.user()
    first, second = session(), session()
    first.become(ada)
    ((document,),) = first.run("insert into public.documents (title) values ('Walrus') returning id")
    first.commit()
    first.become(ada)
    first.run("update public.documents set title = 'Penguin' where id = %s", document)
    second.become(ada)
    waiting = second.start(
        "insert into public.document_chunks (document_id, content) values (%s, 'text')", document
    )
    first.commit()
    waiting.result()
    second.commit()
    second.become(ada)
    assert second.run("select title from public.keyword_search_documents('penguin')") == [("Penguin",)]
    assert second.run("select title from public.keyword_search_documents('walrus')") == []


def test_a_chunk_stays_where_it_is(db: Connection, ada: UUID):
    chunk = add_chunk(db, ada, "text")
    other = add_document(db, ada)
    for column, new in {"id": uuid.uuid4(), "document_id": other, "organization_id": uuid.uuid4()}.items():
        with refused("PT400"), as_user(db, ada):
            db.execute(f"update public.document_chunks set {column} = %s where id = %s", [new, chunk])


def test_sharing_a_document_touches_no_chunk(db: Connection, ada: UUID):
    """However long the document: the chunks have no access rule of their own."""
    chunk = add_chunk(db, ada, "text", vector(1))
    before = value(db, "select xmin::text || ctid::text from public.document_chunks where id = %s", chunk)
    with as_user(db, ada):
        db.execute("update public.documents set visibility = 'organization', title = 'New'")
    assert value(db, "select xmin::text || ctid::text from public.document_chunks where id = %s", chunk) == before


def test_every_bucket_has_its_graph_and_its_words(db: Connection):
    """An organization without one would have no index at all."""
    for table, method in (("public.document_chunks", "hnsw"), ("private.chunk_words", "gin")):
        predicates = db.execute(
            "select pg_get_expr(i.indpred, i.indrelid) from pg_index i join pg_class c on c.oid = i.indexrelid "
            "join pg_am m on m.oid = c.relam where i.indrelid = %s::regclass and m.amname = %s",
            [table, method],
        ).fetchall()
        buckets = sorted(int(predicate.rsplit("= ", 1)[1].rstrip(")")) for (predicate,) in predicates)
        assert buckets == list(range(32))
