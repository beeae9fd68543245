"""The queue of documents: whose turn it is, what a claim costs when very many wait, and the collection's model."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

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

People = Callable[..., UUID]
MANY = 10_000
QUEUED = 300


class Tenant:
    """An organization whose owner queues documents."""

    def __init__(self, db: Connection, owner: UUID) -> None:
        self.db = db
        self.owner = owner
        self.id = make_organization(db, owner)
        self.made = 0

    def queue(self, documents: int) -> list[str]:
        """Queue so many documents; return their ids."""
        first, self.made = self.made, self.made + documents
        query = (
            "select public.ingest_document(p_title => 'a', p_content => 'text ' || n, p_organization_id => %s)"
            " ->> 'document_id' from generate_series(%s::int, %s::int) n"
        )
        with as_user(self.db, self.owner):
            return values(self.db, query, self.id, first + 1, self.made)


@pytest.fixture
def tenant(db: Connection, people: People) -> Callable[[], Tenant]:
    return lambda: Tenant(db, people())


def fill_up(db: Connection, hog: Tenant) -> None:
    """Queue what is lacking of ten thousand at once, as the function would: to call it for each takes a minute."""
    rows = "select n, gen_random_uuid() as id from generate_series(%s::int, %s::int) n"
    query = f"""
        with made as materialized ({rows}), documents as (
            insert into public.documents (organization_id, id, title, created_by)
            select %s, id, 'a', %s from made
        )
        insert into private.ingestions (organization_id, document_id, content_key, turn)
        select %s, id, 'url:' || n, n - 1 + (
            select min(turn) from private.ingestions where organization_id = %s
        ) from made
    """
    db.execute(query, [QUEUED + 1, MANY, hog.id, hog.owner, hog.id, hog.id])


def claim(db: Connection, *tenants: Tenant) -> dict[str, Any] | None:
    """Return the next claim of one of the tenants; what other tests left in the queue is passed over."""
    known = {str(tenant.id) for tenant in tenants}
    with as_service(db):
        while (job := call(db, "claim_ingestion")) is not None:
            if job["organization_id"] in known:
                return dict(job)
    return None


def finish(db: Connection, job: dict[str, Any]) -> None:
    with as_service(db):
        call(
            db,
            "fail_ingestion",
            p_document_id=job["document_id"],
            p_lease=job["lease"],
            p_code="no_text",
            p_message="None.",
        )


def test_ten_thousand_documents_of_one_do_not_keep_another_waiting(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    hog, guest, late = tenant(), tenant(), tenant()
    hog.queue(QUEUED)
    # As autovacuum does; plans that were made for an empty table are thrown away.
    db.execute("analyze private.ingestions")
    fill_up(db, hog)
    db.execute("analyze private.ingestions")
    (early,) = guest.queue(1)
    first = [claim(db, hog, guest) for _ in range(2)]
    assert early in [job["document_id"] for job in first if job], "the other's is first or second"
    for _ in range(50):
        job = claim(db, hog)
        assert job is not None
        finish(db, job)
    (last,) = late.queue(1)
    assert last in [job["document_id"] for job in (claim(db, hog, late), claim(db, hog, late)) if job]

    def read() -> tuple[int, int]:
        row = db.execute(
            "select seq_tup_read, idx_tup_fetch from pg_stat_xact_all_tables"
            " where relid = 'private.ingestions'::regclass"
        ).fetchone()
        assert row is not None
        return int(str(row[0])), int(str(row[1]))

    scanned, fetched = read()
    assert claim(db, hog) is not None
    hog.queue(1)
    after = read()
    assert after[0] == scanned, "nothing scans the queue"
    assert after[1] - fetched < 100


def test_organizations_take_turns_and_within_one_the_oldest_is_first(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    large, medium, small = tenants = tenant(), tenant(), tenant()
    queued = {one.id: one.queue(number) for one, number in ((large, 9), (medium, 6), (small, 3))}
    order = []
    while (job := claim(db, *tenants)) is not None:
        order.append((UUID(job["organization_id"]), job["document_id"]))
        finish(db, job)
    assert len(order) == 18
    served = [organization for organization, _ in order]
    for rounds in (1, 2, 3):
        assert Counter(served[: 3 * rounds]) == dict.fromkeys((large.id, medium.id, small.id), rounds)
    assert Counter(served[9:15]) == {large.id: 3, medium.id: 3}
    for organization, documents in queued.items():
        assert [document for one, document in order if one == organization] == documents


def test_who_comes_back_has_no_credit_and_owes_nothing(db: Connection, tenant: Callable[[], Tenant]) -> None:
    """Somebody who was away does not get all the turns that were not theirs, nor those who worked none."""
    busy, idle = tenant(), tenant()
    busy.queue(40)
    for _ in range(20):
        job = claim(db, busy)
        assert job is not None
        finish(db, job)
    idle.queue(5)
    served = []
    for _ in range(8):
        job = claim(db, busy, idle)
        assert job is not None
        served.append(UUID(job["organization_id"]))
        finish(db, job)
    assert 3 <= Counter(served)[idle.id] <= 5
    assert 3 <= Counter(served)[busy.id] <= 5


def test_what_is_deleted_leaves_the_queue(db: Connection, tenant: Callable[[], Tenant]) -> None:
    hog, guest = tenant(), tenant()
    gone = hog.queue(500)
    with as_user(db, hog.owner):
        db.execute("select public.delete_document(d::uuid) from unnest(%s::text[]) d", [gone])
    (wanted,) = guest.queue(1)
    job = claim(db, hog, guest)
    assert job is not None and job["document_id"] == wanted
    assert claim(db, hog, guest) is None
    assert value(db, "select count(*) from private.ingestions where organization_id = %s", hog.id) == 0


def test_a_document_that_waits_for_its_next_try_holds_nobody_up(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    one, other = tenant(), tenant()
    one.queue(2)
    other.queue(2)
    # All four are due at once, so whose is first is not known.
    waiting = claim(db, one, other)
    assert waiting is not None
    with as_service(db):
        outcome = call(
            db,
            "fail_ingestion",
            p_document_id=waiting["document_id"],
            p_lease=waiting["lease"],
            p_code="embeddings_unavailable",
            p_message="Down.",
            p_again=True,
        )
    assert outcome == "pending"
    claimed = []
    while (job := claim(db, one, other)) is not None:
        claimed.append(job["document_id"])
    assert len(claimed) == 3
    assert waiting["document_id"] not in claimed


# The collection's model -----------------------------------------------------------------------------------

DEFAULT, OURS = "intfloat/multilingual-e5-small", "our-model"
VECTOR = str([1.0] * 384)


class Shelf:
    """A collection that documents are ingested into."""

    def __init__(self, db: Connection, tenant: Tenant, **columns: object) -> None:
        self.db = db
        self.tenant = tenant
        with as_user(db, tenant.owner):
            self.id = insert(
                db,
                "document_collections",
                organization_id=tenant.id,
                name="C",
                created_by=tenant.owner,
                **columns,
            )

    @property
    def model(self) -> str:
        return str(value(self.db, "select embedding_model from document_collections where id = %s", self.id))

    def begin(self, model: str, text: str = "text") -> dict[str, Any]:
        """Queue a document, claim it, and plan and stage its one passage; return what finish_ingestion takes."""
        with as_user(self.db, self.tenant.owner):
            made = call(
                self.db, "ingest_document", p_title="a", p_content=f"{model} {text}", p_collection_id=self.id
            )
        chunk = {"index": 0, "key": "k", "content": text, "token_count": 1, "metadata": {}}
        with as_service(self.db):
            job = call(self.db, "claim_ingestion", p_document_id=made["document_id"])
            held = {"p_document_id": job["document_id"], "p_lease": job["lease"], "p_model": model}
            planned = json.dumps([{"key": "k", "hash": "h"}])
            assert call(self.db, "plan_ingestion", **held, p_chunks=planned) == ["k"]
            staged = json.dumps([{"key": "k", "embedding": VECTOR}])
            call(self.db, "stage_ingestion", **held, p_vectors=staged)
        return {**held, "p_chunks": json.dumps([chunk])}

    def ingest(self, model: str, text: str = "text") -> None:
        job = self.begin(model, text)
        with as_service(self.db):
            call(self.db, "finish_ingestion", **job)

    def start(self, model: str) -> None:
        with as_user(self.db, self.tenant.owner):
            call(self.db, "start_reembedding", p_collection_id=self.id, p_embedding_model=model)

    def models(self) -> list[str]:
        query = "select distinct c.embedding_model from document_chunks c join documents d on d.id = c.document_id"
        return values(self.db, f"{query} where d.collection_id = %s order by 1", self.id)


def test_an_empty_collection_of_the_default_model_takes_over_that_of_ingestion(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    shelf = Shelf(db, tenant())
    assert shelf.model == DEFAULT
    shelf.ingest(OURS)
    assert (shelf.model, shelf.models()) == (OURS, [OURS])
    with refused("PT422", says="are of our-model, and this document's would be of"):
        shelf.ingest(DEFAULT)
    assert shelf.models() == [OURS]


def test_a_model_that_somebody_named_is_kept(db: Connection, tenant: Callable[[], Tenant]) -> None:
    shelf = Shelf(db, tenant(), embedding_model="theirs")
    with refused("PT422", says="are of theirs"):
        shelf.ingest(OURS)
    assert (shelf.model, shelf.models()) == ("theirs", [])


def test_a_collection_gets_no_vectors_of_a_second_model(db: Connection, tenant: Callable[[], Tenant]) -> None:
    shelf = Shelf(db, tenant())
    shelf.ingest(DEFAULT)
    with refused("PT422", says="are of intfloat"):
        shelf.ingest(OURS)
    assert (shelf.model, shelf.models()) == (DEFAULT, [DEFAULT])


def test_while_it_is_being_changed_a_collection_takes_documents_of_both(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    shelf = Shelf(db, tenant())
    shelf.ingest(DEFAULT, "before")
    shelf.start(OURS)
    shelf.ingest(DEFAULT, "meanwhile, by a worker of the old model")
    shelf.ingest(OURS, "meanwhile, by a worker of the new one")
    late = shelf.begin(DEFAULT, "finished too late")
    with as_service(db):
        rows = db.execute("select chunk_id from next_reembedding_batch(%s)", [shelf.id]).fetchall()
        assert len(rows) == 2, "that of the new model needs nothing"
        vectors = [{"chunk_id": str(chunk), "embedding": VECTOR} for (chunk,) in rows]
        call(db, "store_reembeddings", p_collection_id=shelf.id, p_embeddings=json.dumps(vectors))
        call(db, "finish_reembedding", p_collection_id=shelf.id)
    assert (shelf.model, shelf.models()) == (OURS, [OURS])
    with refused("PT422"), as_service(db):
        call(db, "finish_ingestion", **late)
    assert shelf.models() == [OURS]


def test_a_document_and_a_change_that_finish_at_once_leave_one_model(
    session: Callable[[], Session], committed: Any
) -> None:
    owner = committed.user()
    connection = committed.connection
    one = Tenant(connection, owner)
    shelf = Shelf(connection, one)
    shelf.ingest(DEFAULT, "before")
    shelf.start(OURS)
    job = shelf.begin(DEFAULT, "meanwhile")
    with as_service(connection):
        rows = connection.execute("select chunk_id from next_reembedding_batch(%s)", [shelf.id]).fetchall()
        vectors = [{"chunk_id": str(chunk), "embedding": VECTOR} for (chunk,) in rows]
        call(connection, "store_reembeddings", p_collection_id=shelf.id, p_embeddings=json.dumps(vectors))
    ingesting, changing = session(), session()
    changing.run("select public.finish_reembedding(%s)", shelf.id)
    named = ", ".join(f"{name} => %s" for name in job)
    waiting = ingesting.start(f"select public.finish_ingestion({named})", *job.values())
    changing.commit()
    with refused("PT422"):
        waiting.result()
    ingesting.rollback()
    assert (shelf.model, shelf.models()) == (OURS, [OURS])
