"""Changing the embedding model of a collection: the old vectors serve until the new ones are complete."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.database.library import add_chunk, add_document, ids, semantic, vector
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
        rows = db.execute(
            "select chunk_id, content from public.next_reembedding_batch(%s, %s)", [collection, size]
        ).fetchall()
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
        "failed_attempts": None,
        "error_code": None,
        "error_message": None,
        "next_attempt_at": None,
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


# The worker's part --------------------------------------------------------------------------------------


def claim(db: Connection, model: str) -> dict[str, Any] | None:
    with as_service(db):
        change: dict[str, Any] | None = call(db, "claim_reembedding", p_embedding_model=model)
    return change


def progress_of(db: Connection, user: UUID, collection: UUID) -> dict[str, Any]:
    with as_user(db, user):
        progress: dict[str, Any] = call(db, "get_reembedding", p_collection_id=collection)
    return progress


def fail(db: Connection, change: dict[str, Any], code: str) -> datetime:
    with as_service(db):
        due: datetime = call(
            db,
            "fail_reembedding",
            p_collection_id=change["collection_id"],
            p_lease=change["lease"],
            p_code=code,
            p_message="Words.",
        )
    return due


def due_now(db: Connection, collection: UUID) -> None:
    """Let the time pass until a collection is due."""
    db.execute("update private.reembeddings set run_after = now() where collection_id = %s", [collection])


def test_a_collection_is_one_workers_for_a_batch(db: Connection, ada: UUID, collection: UUID):
    add_chunk(db, ada, "one", vector(1), collection_id=collection)
    model = f"model-{uuid4().hex}"
    start(db, ada, collection, model)
    assert claim(db, "another-model") is None
    change = claim(db, model)
    assert change is not None
    assert (change["collection_id"], change["started_by"]) == (str(collection), str(ada))
    assert claim(db, model) is None, "somebody has it"
    due_now(db, collection)
    second = claim(db, model)
    assert second is not None, "whoever had it was killed"
    with refused("PT409"):
        fail(db, change, "too_late")
    vectors = [{"chunk_id": str(chunk), "embedding": vector(1)} for chunk in batch(db, collection)]
    with as_service(db):
        arguments = {
            "p_collection_id": collection,
            "p_embeddings": json.dumps(vectors),
            "p_embedding_model": model,
        }
        assert call(db, "store_reembeddings", **arguments, p_lease=change["lease"]) is None
    assert claim(db, model) is None, "what the first one made is kept, and the second has the collection still"
    with as_service(db):
        call(db, "store_reembeddings", **arguments, p_lease=second["lease"])
    assert claim(db, model) is not None


def test_a_batch_that_fails_is_tried_again_later_and_says_why(db: Connection, ada: UUID, collection: UUID):
    add_chunk(db, ada, "one", vector(1), collection_id=collection)
    start(db, ada, collection)
    waits = []
    for attempt in range(1, 12):
        due_now(db, collection)
        change = claim(db, NEW)
        assert change is not None
        waits.append((fail(db, change, "budget_spent") - value(db, "select now()")).total_seconds())
        assert claim(db, NEW) is None
        progress = progress_of(db, ada, collection)
        assert (progress["failed_attempts"], progress["error_code"]) == (attempt, "budget_spent")
        assert progress["error_message"] == "Words."
        assert datetime.fromisoformat(progress["next_attempt_at"]) > value(db, "select now()")
    assert 10 <= waits[0] <= 15
    assert all(10 * 2**n <= wait <= 15 * 2**n for n, wait in enumerate(waits[:8]))
    assert all(3600 <= wait <= 5400 for wait in waits[9:]), "an hour at most"
    due_now(db, collection)
    change = claim(db, NEW)
    assert change is not None
    with as_service(db):
        call(
            db,
            "store_reembeddings",
            p_collection_id=collection,
            p_embeddings="[]",
            p_embedding_model=NEW,
            p_lease=change["lease"],
        )
    progress = progress_of(db, ada, collection)
    assert (progress["failed_attempts"], progress["error_code"], progress["error_message"]) == (0, None, None)


def test_vectors_of_a_change_that_was_given_up_are_not_those_of_the_next(
    db: Connection, ada: UUID, collection: UUID
):
    chunk = add_chunk(db, ada, "text", vector(1), collection_id=collection)
    start(db, ada, collection, "given-up")
    with as_user(db, ada):
        call(db, "cancel_reembedding", p_collection_id=collection)
    start(db, ada, collection)
    made = json.dumps([{"chunk_id": str(chunk), "embedding": vector(1)}])
    with refused("PT409", says="new-model"), as_service(db):
        call(
            db,
            "store_reembeddings",
            p_collection_id=collection,
            p_embeddings=made,
            p_embedding_model="given-up",
        )


def test_a_batch_says_what_ingestion_embeds(db: Connection, ada: UUID, collection: UUID):
    document = add_document(db, ada, "The title", collection_id=collection)
    made = {"headings": ["One", "Two"], "key": "k"}
    for index, metadata in enumerate([made, {"headings": [], "key": "k"}, {"headings": ["One"]}, {"key": "k"}]):
        insert(
            db,
            "document_chunks",
            document_id=document,
            content="text",
            chunk_index=index,
            metadata=json.dumps(metadata),
        )
    start(db, ada, collection)
    with as_service(db):
        rows = db.execute("select * from public.next_reembedding_batch(%s)", [collection]).fetchall()
    assert [row[1:] for row in rows] == [
        ("text", "The title", headings) for headings in (["One", "Two"], [], None, None)
    ]
    vectors = [
        {"chunk_id": str(row[0]), "embedding": vector(1), "key": f"new {index}" if row[3] is not None else None}
        for index, row in enumerate(rows)
    ]
    with as_service(db):
        call(db, "store_reembeddings", p_collection_id=collection, p_embeddings=json.dumps(vectors))
    finish(db, ada, collection)
    keys = db.execute(
        "select metadata ->> 'key' from public.document_chunks where document_id = %s order by chunk_index",
        [document],
    ).fetchall()
    assert keys == [("new 0",), ("new 1",), (None,), ("k",)]


def test_what_came_in_with_the_new_model_needs_nothing(db: Connection, ada: UUID, collection: UUID):
    old = add_chunk(db, ada, "old", vector(1), collection_id=collection)
    start(db, ada, collection)
    new = add_chunk(db, ada, "new", vector(0, 1), collection_id=collection)
    db.execute("update document_chunks set embedding_model = %s where id = %s", [NEW, new])
    assert progress_of(db, ada, collection)["chunks_completed"] == 1
    assert batch(db, collection) == {old: "old"}
    store(db, collection, {old: "old"}, vector(0, 1))
    assert finish(db, ada, collection)["chunks_of_other_models"] == 0
    assert set(ids(semantic(db, ada, vector(0, 1), query_model=NEW))) == {old, new}


def test_all_are_found_whatever_was_looked_at_before(db: Connection, ada: UUID, collection: UUID):
    chunks = {add_chunk(db, ada, f"text {n}", vector(1), collection_id=collection) for n in range(9)}
    start(db, ada, collection)
    seen: set[UUID] = set()
    for _ in range(4):
        texts = batch(db, collection, 2)
        assert not seen & set(texts)
        seen |= set(texts)
        store(db, collection, texts, vector(0, 1))
    # Documents have random ids: some of the new ones are before those that were done last.
    chunks |= {add_chunk(db, ada, f"late {n}", vector(1), collection_id=collection) for n in range(9)}
    while texts := batch(db, collection, 2):
        assert not seen & set(texts)
        seen |= set(texts)
        store(db, collection, texts, vector(0, 1))
    assert seen == chunks
    finish(db, ada, collection)


@pytest.mark.parametrize("deleted", ["collection", "organization"])
def test_what_is_deleted_is_not_changed(db: Connection, ada: UUID, deleted: str):
    organization = make_organization(db, ada)
    with as_user(db, ada):
        collection = insert(db, "document_collections", organization_id=organization, name="C", created_by=ada)
    chunk = add_chunk(db, ada, "text", vector(1), collection_id=collection)
    model = f"model-{uuid4().hex}"
    start(db, ada, collection, model)
    change = claim(db, model)
    assert change is not None
    due_now(db, collection)
    with as_user(db, ada):
        call(db, f"delete_{deleted}", p_id=collection if deleted == "collection" else organization)
    assert claim(db, model) is None
    with refused("PT404"):
        store(db, collection, {chunk: "text"}, vector(0, 1))
    if deleted == "collection":
        with refused("PT409"):
            fail(db, change, "late")


def test_organizations_are_drawn_by_lot(db: Connection, people: Callable[..., UUID], ada: UUID):
    model = f"model-{uuid4().hex}"
    for user, amount in ((ada, 20), (people(), 1)):
        for number in range(amount):
            with as_user(db, user):
                collection = insert(db, "document_collections", name=f"C {number}", created_by=user)
            start(db, user, collection, model)
    organizations: Counter[str] = Counter()
    for _ in range(40):
        change = claim(db, model)
        assert change is not None
        organizations[change["organization_id"]] += 1
        due_now(db, change["collection_id"])
    assert min(organizations.values()) >= 5, "of two, each has about half"


def prepared(writer: Session, ada: UUID) -> tuple[UUID, UUID, UUID]:
    """Return a collection that is being changed, its document and its chunk."""
    writer.become(ada)
    ((collection,),) = writer.run("insert into public.document_collections (name) values ('C') returning id")
    ((document,),) = writer.run(
        "insert into public.documents (title, collection_id) values ('D', %s) returning id", collection
    )
    ((chunk,),) = writer.run(
        "insert into public.document_chunks (document_id, content) values (%s, 'before') returning id", document
    )
    writer.run("select public.start_reembedding(%s, 'new-model')", collection)
    writer.commit()
    return collection, document, chunk


STORE = "select public.store_reembeddings(%s, jsonb_build_array(jsonb_build_object("
STORE += f"'chunk_id', %s::uuid, 'content', 'before', 'embedding', '{vector(1)}')))"


def test_a_text_that_changes_while_its_vector_is_stored_needs_a_new_one(
    session: Callable[[], Session], committed: Any
):
    ada = committed.user()
    writer, worker = session(), session()
    collection, _, chunk = prepared(writer, ada)
    worker.run(STORE, collection, chunk)
    writer.become(ada)
    waiting = writer.start("update public.document_chunks set content = 'after' where id = %s", chunk)
    worker.commit()
    waiting.result()
    writer.commit()
    assert worker.run("select chunk_id from public.next_reembedding_batch(%s)", collection) == [(chunk,)]


@pytest.mark.parametrize(
    "change",
    [
        "update public.document_chunks set content = 'after' where id = %s",
        "delete from public.document_chunks where id = %s",
    ],
)
def test_a_passage_that_is_being_changed_is_neither_waited_for_nor_paid_for(
    session: Callable[[], Session], committed: Any, change: str
):
    ada = committed.user()
    writer, worker = session(), session()
    collection, _, chunk = prepared(writer, ada)
    writer.become(ada)
    writer.run(change, chunk)
    assert worker.run("select from public.next_reembedding_batch(%s)", collection) == []
    ((progress,),) = worker.run(STORE, collection, chunk)
    assert progress["chunks_completed"] == 0
    worker.commit()
    writer.commit()


def test_storing_documents_and_storing_vectors_do_not_wait_for_each_other(
    session: Callable[[], Session], committed: Any
):
    ada = committed.user()
    writer, worker = session(), session()
    collection, document, chunk = prepared(writer, ada)
    writer.become(ada)
    add = "insert into public.document_chunks (document_id, content, chunk_index) values (%s, 'more', %s)"
    writer.run(add, document, 1)
    worker.run(STORE, collection, chunk)
    writer.run(add, document, 2)
    worker.commit()
    writer.commit()
    ((progress,),) = worker.run("select public.get_reembedding(%s)", collection)
    assert (progress["chunks_total"], progress["chunks_completed"]) == (3, 1)
