"""Changing the embedding model of a collection: the old vectors serve until the new ones are complete."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.database.library import add_chunk, ids, semantic, vector
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
)

OLD, NEW = "intfloat/multilingual-e5-small", "new-model"


@pytest.fixture
def ada(people: Callable[..., UUID]) -> UUID:
    return people()


@pytest.fixture
def collection(db: Connection, ada: UUID) -> UUID:
    with as_user(db, ada):
        collection_id: UUID = insert(db, "document_collections", name="Handbook", created_by=ada)
    return collection_id


def start(db: Connection, user: UUID, collection: UUID, model: str = NEW) -> dict[str, Any]:
    with as_user(db, user):
        progress: dict[str, Any] = call(
            db, "start_reembedding", p_collection_id=collection, p_embedding_model=model
        )
    return progress


def batch(db: Connection, collection: UUID, size: int = 100) -> dict[UUID, str]:
    with as_service(db):
        rows = db.execute("select * from public.next_reembedding_batch(%s, %s)", [collection, size]).fetchall()
    return dict(rows)


def store(db: Connection, collection: UUID, texts: dict[UUID, str], embedding: str) -> dict[str, Any]:
    vectors = [
        {"chunk_id": str(chunk), "content": content, "embedding": json.loads(embedding)}
        for chunk, content in texts.items()
    ]
    with as_service(db):
        progress: dict[str, Any] = call(
            db, "store_reembeddings", p_collection_id=collection, p_embeddings=json.dumps(vectors)
        )
    return progress


def finish(db: Connection, user: UUID, collection: UUID) -> dict[str, Any]:
    with as_user(db, user):
        progress: dict[str, Any] = call(db, "finish_reembedding", p_collection_id=collection)
    return progress


def test_the_vectors_change_at_once_when_the_last_one_is_there(db: Connection, ada: UUID, collection: UUID):
    chunks = [add_chunk(db, ada, f"text {number}", vector(1), collection_id=collection) for number in range(3)]
    other = add_chunk(db, ada, "elsewhere", vector(1))

    progress = start(db, ada, collection)
    assert (progress["embedding_model"], progress["new_embedding_model"]) == (OLD, NEW)
    assert (progress["chunks_total"], progress["chunks_completed"]) == (3, 0)

    first = batch(db, collection, 2)
    progress = store(db, collection, first, vector(0, 1))
    assert (progress["chunks_total"], progress["chunks_completed"]) == (3, 2)
    assert set(batch(db, collection)) == set(chunks) - set(first)
    assert set(ids(semantic(db, ada, vector(1)))) == {*chunks, other}
    assert semantic(db, ada, vector(0, 1)) == []
    with refused("PT409"):
        finish(db, ada, collection)

    store(db, collection, batch(db, collection), vector(0, 1))
    assert batch(db, collection) == {}
    progress = finish(db, ada, collection)
    assert progress == {
        "collection_id": str(collection),
        "embedding_model": NEW,
        "new_embedding_model": None,
        "started_at": None,
        "chunks_total": 3,
        "chunks_completed": 0,
        "chunks_of_other_models": 0,
    }
    assert ids(semantic(db, ada, vector(1))) == [other]
    assert set(ids(semantic(db, ada, vector(0, 1), query_model=NEW))) == set(chunks)
    with refused("PT409"):
        finish(db, ada, collection)


def test_what_is_stored_meanwhile_is_waited_for(db: Connection, ada: UUID, collection: UUID):
    add_chunk(db, ada, "text", vector(1), collection_id=collection)
    start(db, ada, collection)
    store(db, collection, batch(db, collection), vector(0, 1))
    late = add_chunk(db, ada, "late", vector(1), collection_id=collection)
    with refused("PT409"):
        finish(db, ada, collection)
    assert batch(db, collection) == {late: "late"}


def test_a_text_that_changed_needs_a_new_vector(db: Connection, ada: UUID, collection: UUID):
    chunk = add_chunk(db, ada, "before", vector(1), collection_id=collection)
    start(db, ada, collection)
    texts = batch(db, collection)
    store(db, collection, texts, vector(0, 1))
    with as_user(db, ada):
        db.execute("update public.document_chunks set content = 'after' where id = %s", [chunk])
    assert batch(db, collection) == {chunk: "after"}
    assert store(db, collection, texts, vector(0, 1))["chunks_completed"] == 0


def test_a_change_can_be_given_up(db: Connection, ada: UUID, collection: UUID):
    chunk = add_chunk(db, ada, "text", vector(1), collection_id=collection)
    start(db, ada, collection)
    store(db, collection, batch(db, collection), vector(0, 1))
    with refused("PT409"):
        start(db, ada, collection, "a-third")
    with as_user(db, ada):
        call(db, "cancel_reembedding", p_collection_id=collection)
        progress = call(db, "get_reembedding", p_collection_id=collection)
    assert (progress["new_embedding_model"], progress["chunks_completed"]) == (None, 0)
    assert ids(semantic(db, ada, vector(1), query_model=OLD)) == [chunk]
    assert start(db, ada, collection, "a-third")["chunks_completed"] == 0


def test_it_needs_another_model(db: Connection, ada: UUID, collection: UUID):
    with refused("PT409"):
        start(db, ada, collection, OLD)
    with refused("42501"), as_user(db, ada):
        db.execute("update public.document_collections set embedding_model = 'other'")


def test_vectors_of_another_model_that_came_in_are_mended(db: Connection, ada: UUID, collection: UUID):
    chunk = add_chunk(db, ada, "moved here", vector(-1), collection_id=collection)
    db.execute("update document_chunks set embedding_model = 'another' where id = %s", [chunk])
    assert start(db, ada, collection, OLD)["chunks_of_other_models"] == 1
    store(db, collection, batch(db, collection), vector(1))
    assert finish(db, ada, collection)["chunks_of_other_models"] == 0
    assert ids(semantic(db, ada, vector(1), query_model=OLD)) == [chunk]
    with refused("PT409"):
        start(db, ada, collection, OLD)


def test_vectors_of_another_length_are_refused(db: Connection, ada: UUID, collection: UUID):
    add_chunk(db, ada, "text", vector(1), collection_id=collection)
    start(db, ada, collection)
    with refused("22000"):
        store(db, collection, batch(db, collection), "[1,2]")


def test_who_may(db: Connection, people: Callable[..., UUID], ada: UUID):
    viewer, stranger, admin = people(), people(), people()
    organization = make_organization(db, ada, viewer=viewer, admin=admin)
    with as_user(db, ada):
        collection = insert(
            db,
            "document_collections",
            organization_id=organization,
            name="C",
            visibility="organization",
            created_by=ada,
        )
    with refused("PT403"):
        start(db, viewer, collection)
    with refused("PT404"):
        start(db, stranger, collection)
    start(db, admin, collection)
    with as_user(db, viewer):
        assert call(db, "get_reembedding", p_collection_id=collection)["new_embedding_model"] == NEW
    for function in ("get_reembedding", "cancel_reembedding", "finish_reembedding"):
        with refused("PT404"), as_user(db, stranger):
            call(db, function, p_collection_id=collection)
    for function in ("cancel_reembedding", "finish_reembedding"):
        with refused("PT403"), as_user(db, viewer):
            call(db, function, p_collection_id=collection)


def test_a_chunk_that_is_being_stored_is_not_missed(session: Callable[[], Session], committed: Any):
    ada = committed.user()
    writer, switcher = session(), session()
    writer.become(ada)
    ((collection,),) = writer.run("insert into public.document_collections (name) values ('C') returning id")
    ((document,),) = writer.run(
        "insert into public.documents (title, collection_id) values ('D', %s) returning id", collection
    )
    writer.run("select public.start_reembedding(%s, 'new-model')", collection)
    writer.commit()

    writer.become(ada)
    writer.run("insert into public.document_chunks (document_id, content) values (%s, 'late')", document)
    switcher.become(ada)
    waiting = switcher.start("select public.finish_reembedding(%s)", collection)
    writer.commit()
    with pytest.raises(Exception, match="1 chunks have no vector"):
        waiting.result()
    switcher.rollback()
    assert (
        value(
            committed.connection,
            "select embedding_model from public.document_collections where id = %s",
            collection,
        )
        == OLD
    )
