"""Semantic search: what it finds, in which order, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest

from tests.database.library import add_chunk, add_document, call_search, ids, semantic, vector, walk_everything
from tests.database.support import Connection, as_service, as_user, insert, make_organization, refused, value

People = Callable[..., UUID]


@pytest.fixture
def ada(people: People) -> UUID:
    return people()


@pytest.fixture(params=["compared", "walked"])
def either_way(db: Connection, request: pytest.FixtureRequest) -> None:
    """Do the test once with all chunks compared, and once by the graphs of vectors."""
    if request.param == "walked":
        walk_everything(db)


@pytest.mark.usefixtures("either_way")
def test_the_most_similar_come_first(db: Connection, ada: UUID):
    near = add_chunk(db, ada, "near", vector(1, 0.1), title="Near by")
    nearer = add_chunk(db, ada, "nearer", vector(1))
    add_chunk(db, ada, "far", vector(0, 1))
    add_chunk(db, ada, "without an embedding")
    first, second = semantic(db, ada, vector(2))
    assert (first.chunk_id, first.scores) == (nearer, (pytest.approx(1),))
    assert (second.chunk_id, second.scores) == (near, (pytest.approx(1 / 1.01**0.5),))
    assert (second.title, second.content, second.chunk_index) == ("Near by", "near", 0)


@pytest.mark.usefixtures("either_way")
def test_equally_similar_chunks_keep_one_order(db: Connection, ada: UUID):
    chunks = [add_chunk(db, ada, f"copy {number}", vector(1)) for number in range(6)]
    assert ids(semantic(db, ada, vector(1))) == sorted(chunks)
    assert ids(semantic(db, ada, vector(1), match_count=2)) == sorted(chunks)[:2]


@pytest.mark.usefixtures("either_way")
def test_a_threshold_cuts_the_list(db: Connection, ada: UUID):
    same = add_chunk(db, ada, "same", vector(1))
    across = add_chunk(db, ada, "across", vector(0, 1))
    against = add_chunk(db, ada, "against", vector(-1))
    assert ids(semantic(db, ada, vector(1))) == [same]
    assert ids(semantic(db, ada, vector(1), match_threshold=-0.5)) == [same, across]
    assert ids(semantic(db, ada, vector(-1), match_threshold=0.9)) == [against]
    assert semantic(db, ada, vector(0, 0, 1), match_threshold=0.9) == []


@pytest.mark.usefixtures("either_way")
def test_a_collection_narrows_the_search(db: Connection, ada: UUID):
    with as_user(db, ada):
        collection = insert(db, "document_collections", name="Handbook", created_by=ada)
    inside = add_chunk(db, ada, "inside", vector(1), collection_id=collection)
    outside = add_chunk(db, ada, "outside", vector(1))
    assert sorted(ids(semantic(db, ada, vector(1)))) == sorted([inside, outside])
    assert ids(semantic(db, ada, vector(1), filter_collection_id=collection)) == [inside]
    assert semantic(db, ada, vector(1), filter_collection_id=ada) == []


@pytest.mark.usefixtures("either_way")
def test_what_is_revoked_is_gone_in_the_next_statement(db: Connection, people: People, ada: UUID):
    guest = people()
    organization = make_organization(db, ada, viewer=guest)
    shared = add_chunk(db, ada, "shared", vector(1), organization_id=organization, visibility="organization")
    assert ids(semantic(db, guest, vector(1))) == [shared]

    with as_user(db, ada):
        db.execute("update public.documents set visibility = 'private'")
    assert semantic(db, guest, vector(1)) == []
    with as_user(db, ada):
        db.execute("update public.documents set visibility = 'organization'")
    assert ids(semantic(db, guest, vector(1))) == [shared]

    with as_user(db, ada):
        value(db, "select public.remove_member(%s, %s)", organization, guest)
    assert semantic(db, guest, vector(1)) == []
    assert ids(semantic(db, ada, vector(1))) == [shared]

    with as_user(db, ada):
        value(db, "select public.delete_document(id) from public.documents")
    assert semantic(db, ada, vector(1)) == []


@pytest.mark.usefixtures("either_way")
def test_a_crowd_of_strangers_changes_nothing(db: Connection, people: People, ada: UUID):
    mine = [add_chunk(db, ada, "mine", vector(1, 0.5)) for _ in range(3)]
    before = semantic(db, ada, vector(1))
    crowd = people()
    document = add_document(db, crowd)
    with as_user(db, crowd):
        db.execute(
            "insert into public.document_chunks (document_id, chunk_index, content, embedding) "
            "select %s, number, 'nearer', %s from generate_series(1, 300) number",
            [document, vector(1)],
        )
    # In the same graph as hers, which is named by the last digits of the organization's id.
    assert semantic(db, ada, vector(1)) == before
    assert sorted(ids(before)) == sorted(mine)


def test_the_service_role_finds_what_is_live(db: Connection, people: People, ada: UUID):
    mine = add_chunk(db, ada, "mine", vector(1))
    other = people()
    theirs = add_chunk(db, other, "theirs", vector(1))
    gone = add_chunk(db, ada, "gone", vector(1))
    value(db, "select public.delete_document(document_id) from public.document_chunks where id = %s", gone)
    with as_service(db):
        found = db.execute("select chunk_id from public.search_documents(%s, 0.9, 1000)", [vector(1)]).fetchall()
    assert {row[0] for row in found} & {mine, theirs, gone} == {mine, theirs}


def test_a_walk_is_never_shorter_than_what_there_is(db: Connection, ada: UUID):
    """A filter that few chunks pass ends the walk before the list is full: then all are compared."""
    walk_everything(db)
    document = add_document(db, ada)
    with as_user(db, ada):
        db.execute(
            "insert into public.document_chunks (document_id, chunk_index, content, embedding, metadata) "
            "select %s, number, 'text', ('[' || number || ',1' || repeat(',0', 382) || ']')::extensions.vector, "
            "case when number %% 100 = 0 then '{\"rare\": true}' else '{}' end::jsonb "
            "from generate_series(1, 400) number",
            [document],
        )
        found = db.execute(
            "select metadata from public.match_documents(%s, 10, '{\"rare\": true}')", [vector(0, 1)]
        ).fetchall()
    assert found == [({"rare": True},)] * 4


def test_settings_are_left_as_they_were(db: Connection, ada: UUID):
    walk_everything(db)
    add_chunk(db, ada, "text", vector(1))
    db.execute("set local hnsw.ef_search = 77")
    semantic(db, ada, vector(1))
    for setting, expected in {
        "hnsw.ef_search": "77",
        "hnsw.iterative_scan": "off",
        "enable_sort": "on",
        "enable_seqscan": "on",
        "plan_cache_mode": "auto",
    }.items():
        assert value(db, "select current_setting(%s)", setting) == expected


class TestModels:
    def test_a_chunk_takes_the_model_of_its_collection(self, db: Connection, ada: UUID):
        with as_user(db, ada):
            collection = insert(
                db, "document_collections", name="Handbook", embedding_model="large", created_by=ada
            )
        chunk = add_chunk(db, ada, "text", vector(1), collection_id=collection)
        alone = add_chunk(db, ada, "text", vector(1))
        models = "select embedding_model from public.document_chunks where id = %s"
        assert value(db, models, chunk) == "large"
        assert value(db, models, alone) == "intfloat/multilingual-e5-small"

    def test_only_the_model_of_the_query_is_compared(self, db: Connection, ada: UUID):
        with as_user(db, ada):
            collection = insert(
                db, "document_collections", name="Handbook", embedding_model="large", created_by=ada
            )
        large = add_chunk(db, ada, "text", vector(1), collection_id=collection)
        small = add_chunk(db, ada, "text", vector(1))
        assert sorted(ids(semantic(db, ada, vector(1)))) == sorted([large, small])
        assert ids(semantic(db, ada, vector(1), query_model="large")) == [large]

    def test_a_model_of_which_there_is_nothing_is_refused(self, db: Connection, ada: UUID):
        assert semantic(db, ada, vector(1), query_model="unheard-of") == []
        with as_user(db, ada):
            collection = insert(
                db, "document_collections", name="Handbook", embedding_model="large", created_by=ada
            )
        add_chunk(db, ada, "text", vector(1), collection_id=collection)
        add_chunk(db, ada, "text", vector(1))
        with refused("PT400"):
            semantic(db, ada, vector(1), query_model="unheard-of")
        with refused("PT400"):
            semantic(
                db, ada, vector(1), query_model="intfloat/multilingual-e5-small", filter_collection_id=collection
            )
        assert semantic(db, ada, vector(-1), query_model="large") == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"query_embedding": None}, "query_embedding is missing"),
        ({"query_embedding": "[1,2,3]"}, "query_embedding has 3 dimensions"),
        ({"query_embedding": vector(0)}, "query_embedding is zero"),
        ({"query_embedding": vector(1), "match_threshold": 1.5}, "match_threshold is 1.5"),
        ({"query_embedding": vector(1), "match_threshold": float("nan")}, "match_threshold is NaN"),
        ({"query_embedding": vector(1), "match_count": 0}, "match_count is 0"),
        ({"query_embedding": vector(1), "match_count": 1001}, "match_count is 1001"),
    ],
)
def test_what_cannot_be_answered_is_refused(db: Connection, ada: UUID, arguments: dict[str, object], says: str):
    with refused("PT400", says=says):
        call_search(db, ada, "search_documents", arguments)


def test_a_vector_with_nan_is_refused(db: Connection, ada: UUID):
    with refused("22000", "22003", "22P02"):
        semantic(db, ada, vector(1).replace("0.0", "NaN", 1))


def test_null_means_the_default(db: Connection, ada: UUID):
    chunk = add_chunk(db, ada, "text", vector(1))
    found = semantic(db, ada, vector(1), match_threshold=None, match_count=None, filter_collection_id=None)
    assert ids(found) == [chunk]


def test_a_vector_without_direction_is_not_stored(db: Connection, ada: UUID):
    with refused("23514"):
        add_chunk(db, ada, "text", vector(0))
