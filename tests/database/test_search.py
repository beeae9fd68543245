"""Search: what it finds, what it refuses, and that it finds what an exhaustive search over the visible rows would."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import numpy as np
import pytest

from tests.database.support import Connection, as_user, insert, refused, value

Vector = "np.ndarray[tuple[int], np.dtype[np.float32]]"


def vector(*leading: float) -> str:
    """Return a vector that begins with these numbers and goes on with zeros."""
    return str([*leading, *[0.0] * (384 - len(leading))])


@pytest.fixture
def ada(people: Callable[..., UUID]) -> UUID:
    return people()


def add(
    db: Connection,
    user: UUID,
    content: str,
    embedding: str | None = None,
    title: str = "A title",
    **document: object,
) -> UUID:
    """Store a document of one chunk as a person and return the chunk's id."""
    with as_user(db, user):
        document_id = insert(db, "documents", title=title, created_by=user, **document)
        chunk_id: UUID = insert(
            db, "document_chunks", document_id=document_id, content=content, chunk_index=0, embedding=embedding
        )
    return chunk_id


def semantic(db: Connection, user: UUID, query: str, *rest: object) -> list[tuple[UUID, float]]:
    with as_user(db, user):
        rows = db.execute(
            f"select chunk_id, similarity from public.search_documents(%s{', %s' * len(rest)})", [query, *rest]
        ).fetchall()
    return [(row[0], row[1]) for row in rows]


def test_the_most_similar_come_first(db: Connection, ada: UUID):
    near = add(db, ada, "near", vector(1, 0.1))
    nearer = add(db, ada, "nearer", vector(1))
    add(db, ada, "far", vector(0, 1))
    add(db, ada, "without an embedding")
    found = semantic(db, ada, vector(2))
    assert [chunk for chunk, _ in found] == [nearer, near]
    assert found[0][1] == pytest.approx(1)
    assert found[1][1] == pytest.approx(1 / np.sqrt(1.01))


def test_hybrid_search_shows_both_scores(db: Connection, ada: UUID):
    meant = add(db, ada, "a cat sat", vector(1))
    said = add(db, ada, "the walrus slept", vector(0, 1))
    with as_user(db, ada):
        rows = db.execute(
            "select chunk_id, semantic_score, keyword_score, combined_score "
            "from public.hybrid_search_documents('walrus', %s)",
            [vector(1)],
        ).fetchall()
    assert [row[0] for row in rows] == [meant, said]
    assert rows[0][2] == 0
    assert rows[1][2] > 0
    for _, by_meaning, by_words, combined in rows:
        assert combined == pytest.approx(0.7 * by_meaning + 0.3 * by_words)


@pytest.mark.parametrize(
    "arguments",
    [
        "null",
        "'[1,2,3]'",
        "array_fill(0, array[384])::extensions.vector",
        "array_fill(1, array[384])::extensions.vector, 1.5",
        "array_fill(1, array[384])::extensions.vector, 'NaN'",
        "array_fill(1, array[384])::extensions.vector, 0.5, 0",
        "array_fill(1, array[384])::extensions.vector, 0.5, 1001",
    ],
)
def test_what_cannot_be_answered_is_refused(db: Connection, ada: UUID, arguments: str):
    with refused("PT400"), as_user(db, ada):
        value(db, f"select count(*) from public.search_documents({arguments})")
