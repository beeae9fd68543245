"""The small, fast version of what `make bench PARTS=search` measures: recall and full lists, whatever the size.

The largest two are walked and share a graph with others, the rest is compared.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import numpy as np
import psycopg
import pytest
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

from tests.benchmarks.search_data import Space
from tests.database.library import call_search, ids
from tests.database.support import Connection, as_user, create_user, insert
from tests.support import Stack

SIZES = [2200, 1300, 400, 60, 60, 12, 5, 1]
QUERIES = 12


@dataclass
class Tenants:
    """Organizations with chunks, a member of each, a member of all, and what they ask."""

    db: Connection
    organizations: list[UUID]
    members: list[UUID]
    everywhere: UUID
    queries: list[str]


@pytest.fixture(scope="module")
def tenants(stack: Stack) -> Iterator[Tenants]:
    with psycopg.connect(stack.db_url) as db:
        random = np.random.default_rng(5)
        space = Space(random)
        space.topics = space.topics[:40]
        founder, everywhere = create_user(db), create_user(db)
        organizations, members = [], []
        for size in SIZES:
            members.append(create_user(db))
            # The last byte of an id decides on the graph: these are all in one.
            organization = UUID(bytes=uuid.uuid4().bytes[:15] + b"\x07")
            db.execute(
                "insert into public.organizations (id, name, slug, created_by) values (%s, 'Tenant', %s, %s)",
                [organization, f"tenant-{organization.hex}", founder],
            )
            for person in (members[-1], everywhere):
                insert(
                    db,
                    "organization_members",
                    returning="role",
                    organization_id=organization,
                    user_id=person,
                    role="viewer",
                )
            organizations.append(organization)
            numbers = np.arange(size) // 10
            fill(db, organization, founder, space.many(random.choice(40, size // 10 + 1)[numbers], numbers))
        queries = [str(vector.tolist()) for vector in space.many(random.choice(40, QUERIES), np.arange(QUERIES))]
        yield Tenants(db, organizations, members, everywhere, queries)
        db.rollback()


def fill(db: Connection, organization: UUID, founder: UUID, vectors: NDArray[np.float32]) -> None:
    """Store chunks with these embeddings, ten to a document."""
    register_vector(db)
    documents = [uuid.uuid4() for _ in range(0, len(vectors), 10)]
    into_documents = "copy public.documents (organization_id, id, title, visibility, created_by) from stdin"
    into_chunks = (
        "copy public.document_chunks "
        "(organization_id, document_id, chunk_index, content, embedding, embedding_model) "
        "from stdin with (format binary)"
    )
    with db.cursor() as cursor:
        with cursor.copy(into_documents) as copy:
            for document in documents:
                copy.write_row((organization, document, "Title", "organization", founder))
        with cursor.copy(into_chunks) as copy:
            copy.set_types(["uuid", "uuid", "int4", "text", "vector", "text"])
            for place, vector in enumerate(vectors):
                copy.write_row((organization, documents[place // 10], place % 10, "Text", vector, "model"))


def exhaustive(tenants: Tenants, person: UUID, query: str, threshold: float) -> list[UUID]:
    """Return the ten most similar of all chunks that a plain select shows."""
    with as_user(tenants.db, person):
        rows = tenants.db.execute(
            "select s.id from (select id, 1 - (embedding <=> %s::extensions.vector) as similarity "
            "from public.document_chunks) s where similarity > %s order by similarity desc, id limit 10",
            [query, threshold],
        ).fetchall()
    return [row[0] for row in rows]


@pytest.mark.parametrize("threshold", [-1, 0.9])
@pytest.mark.parametrize("place", [*range(len(SIZES)), None])
def test_recall_and_full_lists(tenants: Tenants, place: int | None, threshold: float):
    person = tenants.everywhere if place is None else tenants.members[place]
    hits, expected = 0, 0
    for query in tenants.queries:
        wanted = exhaustive(tenants, person, query, threshold)
        arguments = {"query_embedding": query, "match_threshold": threshold, "match_count": 10}
        found = ids(call_search(tenants.db, person, "search_documents", arguments))
        assert len(found) == len(wanted), "a full list"
        hits += len(set(wanted) & set(found))
        expected += len(wanted)
    assert hits >= 0.98 * expected
    if place is None or SIZES[place] <= 400:
        assert place is None or hits == expected, "few chunks are compared one by one"
