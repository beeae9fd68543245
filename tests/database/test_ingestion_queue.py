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


# Giving way ------------------------------------------------------------------------------------------------

MODEL = "a-model"


def give_way(db: Connection, job: dict[str, Any], **more: Any) -> bool:
    with as_service(db):
        held = {"p_document_id": job["document_id"], "p_lease": job["lease"], "p_model": MODEL}
        return bool(call(db, "yield_ingestion", **held, **more))


def claimed(db: Connection, *tenants: Tenant, long_first: bool = False) -> dict[str, Any]:
    """Return the next claim of one of the tenants, by a worker that prefers the long or the others."""
    known = {str(tenant.id) for tenant in tenants}
    while True:
        with as_service(db):
            job = call(db, "claim_ingestion", p_long_first=long_first)
        assert job is not None, "nothing is due"
        if job["organization_id"] in known:
            return dict(job)


def nobody_else(db: Connection) -> None:
    """Let nothing be due of what other tests left."""
    db.execute("update private.ingestions set run_after = 'infinity' where state = 'pending'")
    db.execute("update private.ingestions set leased_until = 'infinity' where state = 'processing'")
    db.execute("update private.reembeddings set run_after = 'infinity'")


def test_what_gave_way_goes_behind_all_that_is_not_long(db: Connection, tenant: Callable[[], Tenant]) -> None:
    nobody_else(db)
    hog, guest = tenant(), tenant()
    (long,) = hog.queue(1)
    job = claimed(db, hog)
    small = guest.queue(3)
    own = hog.queue(2)
    assert give_way(db, job)
    later = guest.queue(1)
    order = [claimed(db, hog, guest)["document_id"] for _ in range(7)]
    assert sorted(order[:6]) == sorted([*small, *own, *later])
    assert order[6] == long


def test_what_is_long_by_its_text_or_file_goes_behind_others(db: Connection, tenant: Callable[[], Tenant]) -> None:
    nobody_else(db)
    hogs = [tenant() for _ in range(4)]
    sources: list[dict[str, Any]] = [
        {"p_content": "a" * 100_001},
        {"p_content": "a" * 100_000},
        {"p_storage_path": f"{hogs[2].id}/a.pdf", "p_file_hash": "a" * 64},
        {"p_storage_path": f"{hogs[3].id}/a.pdf", "p_file_hash": "a" * 64},
    ]
    for hog, size in ((hogs[2], 2 * 1024**2 + 1), (hogs[3], 2 * 1024**2)):
        row = [f"{hog.id}/a.pdf", str(hog.owner), json.dumps({"size": size})]
        db.execute(
            "insert into storage.objects (bucket_id, name, owner_id, metadata) values ('documents', %s, %s, %s)",
            row,
        )
    for hog, source in zip(hogs, sources, strict=True):
        with as_user(db, hog.owner):
            call(db, "ingest_document", p_title="a", p_organization_id=hog.id, **source)
    guest = tenant()
    guest.queue(1)
    jobs = [claimed(db, *hogs, guest) for _ in range(5)]
    order = [job["organization_id"] for job in jobs]
    assert sorted(order[3:]) == sorted([str(hogs[0].id), str(hogs[2].id)])
    assert [job["is_long"] for job in jobs] == [False] * 3 + [True] * 2


def test_a_worker_may_prefer_what_is_long(db: Connection, tenant: Callable[[], Tenant]) -> None:
    nobody_else(db)
    hog, guest = tenant(), tenant()
    (long,) = hog.queue(1)
    job = claimed(db, hog)
    small = guest.queue(2)
    assert give_way(db, job)
    order = [claimed(db, hog, guest, long_first=True)["document_id"] for _ in range(3)]
    assert order == [long, *small]


def test_organizations_take_turns_among_what_is_long(db: Connection, tenant: Callable[[], Tenant]) -> None:
    """One with three long documents gets as much as one with one."""
    nobody_else(db)
    many, few = tenant(), tenant()
    documents = [*many.queue(3), *few.queue(1)]
    jobs = [claimed(db, many, few) for _ in documents]
    for job in jobs:
        assert give_way(db, job, p_always=True)
    served = []
    for _ in range(24):
        job = claimed(db, many, few)
        served.append(job)
        assert give_way(db, job)
    assert Counter(job["document_id"] for job in served) == dict(zip(documents, (4, 4, 4, 12), strict=True)), (
        "and its documents take turns, too"
    )
    assert {job["attempts"] for job in served} == {1}, "to give way is no try"


def test_where_nobody_waits_none_gives_way(db: Connection, tenant: Callable[[], Tenant]) -> None:
    nobody_else(db)
    one = tenant()
    one.queue(1)
    with as_service(db):
        job = dict(call(db, "claim_ingestion", p_lease_seconds=1))
    lease = "select leased_until from private.ingestions where document_id = %s"
    before = value(db, lease, job["document_id"])
    assert not give_way(db, job)
    assert value(db, lease, job["document_id"]) > before, "the lease is renewed"
    Shelf(db, one).start(OURS)
    assert not give_way(db, job), "the collection is another model's"
    Shelf(db, tenant()).start(MODEL)
    assert give_way(db, job), "a collection waits"
    with refused("PT409"):
        give_way(db, job)


def test_what_was_read_is_kept_until_the_document_is_done_or_another(
    db: Connection, tenant: Callable[[], Tenant]
) -> None:
    one = tenant()
    (document,) = one.queue(1)
    kept = "select count(*) from private.ingestion_texts where document_id = %s"

    def begin() -> dict[str, Any]:
        job = claimed(db, one)
        assert give_way(db, job, p_text="Read.", p_title="Page", p_always=True)
        again = claimed(db, one)
        assert (again["is_long"], again["source"]) == (True, {"text": "Read.", "title": "Page"})
        return again

    finish(db, begin())
    assert value(db, kept, document) == 0
    with as_user(db, one.owner):
        call(db, "ingest_document", p_title="a", p_content="anew", p_document_id=document)
    begin()
    assert value(db, kept, document) == 1
    with as_user(db, one.owner):
        call(db, "ingest_document", p_title="a", p_content="other", p_document_id=document)
    assert value(db, kept, document) == 0
    job = claimed(db, one)
    assert (job["is_long"], job["source"], job["content"]) == (False, None, "other")


def test_a_document_is_sent_again_while_it_is_begun(db: Connection, tenant: Callable[[], Tenant]) -> None:
    one = tenant()
    (document,) = one.queue(1)
    assert give_way(db, claimed(db, one), p_always=True)
    with as_user(db, one.owner):
        again = call(db, "ingest_document", p_title="a", p_content="text 1", p_organization_id=one.id)
    expected = {"document_id": document, "status": "processing", "created": False, "takes_source": False}
    assert again == expected
    assert claimed(db, one)["is_long"], "it goes on"


def test_a_failed_file_takes_one_of_another_type_in_one_call(db: Connection, tenant: Callable[[], Tenant]) -> None:
    one = tenant()

    def send(name: str, type_: str) -> dict[str, Any]:
        path = f"{one.id}/{name}"
        db.execute(
            "insert into storage.objects (bucket_id, name, owner_id) values ('documents', %s, %s)"
            " on conflict do nothing",
            [path, str(one.owner)],
        )
        with as_user(db, one.owner):
            arguments = {"p_storage_path": path, "p_file_hash": "a" * 64, "p_mime_type": type_}
            return dict(call(db, "ingest_document", p_title="a", p_organization_id=one.id, **arguments))

    first = send("a.txt", "text/plain")
    finish(db, claimed(db, one))
    same = send("b.txt", "text/plain")
    assert (same["document_id"], same["takes_source"]) == (first["document_id"], False)
    finish(db, claimed(db, one))
    other = send("c.pdf", "application/pdf")
    assert (other["document_id"], other["status"], other["takes_source"]) == (
        first["document_id"],
        "pending",
        True,
    )
    job = claimed(db, one)
    assert (job["mime_type"], job["storage_path"]) == ("application/pdf", f"{one.id}/c.pdf")
    late = send("d.txt", "text/plain")
    assert (late["status"], late["takes_source"]) == ("processing", False), "what is under way stays"


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
        # In one transaction: the worker of the stack must not claim it first.
        with self.db.transaction():
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


def test_new_content_that_comes_during_the_swap_is_no_deadlock(
    session: Callable[[], Session], committed: Any
) -> None:
    owner = committed.user()
    job = Shelf(committed.connection, Tenant(committed.connection, owner)).begin(DEFAULT, "before")
    ingesting, sending = session(), session()
    sending.run("select from documents where id = %s for update", job["p_document_id"])
    named = ", ".join(f"{name} => %s" for name in job)
    waiting = ingesting.start(f"select public.finish_ingestion({named})", *job.values())
    sending.become(owner)
    sending.run("select ingest_document(null, p_document_id => %s, p_content => 'after')", job["p_document_id"])
    sending.commit()
    with refused("PT409"):
        waiting.result()
    ingesting.rollback()


def test_a_plan_and_a_swap_of_one_document_at_once_are_no_deadlock(
    session: Callable[[], Session], committed: Any
) -> None:
    # As when a worker that was taken for dead comes back: the plan takes the empty collection over.
    owner = committed.user()
    job = Shelf(committed.connection, Tenant(committed.connection, owner)).begin(DEFAULT)
    swapping, planning = session(), session()
    collection = value(
        committed.connection, "select collection_id from documents where id = %s", job["p_document_id"]
    )
    swapping.run("select from document_collections where id = %s for share", collection)
    plan = "select public.plan_ingestion(%s, %s, %s, '[]')"
    waiting = planning.start(plan, job["p_document_id"], job["p_lease"], OURS)
    named = ", ".join(f"{name} => %s" for name in job)
    swapping.run(f"select public.finish_ingestion({named})", *job.values())
    swapping.commit()
    with refused("PT409"):
        waiting.result()
    planning.rollback()


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
