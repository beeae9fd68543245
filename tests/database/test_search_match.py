"""match_documents, as LangChain and LlamaIndex.TS call it; tests/api calls it through them."""

from __future__ import annotations

import json
from collections.abc import Callable
from uuid import UUID

import pytest

from tests.database.library import add_document, vector
from tests.database.support import Connection, as_user, insert, refused, value


@pytest.fixture
def ada(people: Callable[..., UUID]) -> UUID:
    return people()


@pytest.fixture
def chunks(db: Connection, ada: UUID) -> dict[str, UUID]:
    """Three chunks with metadata, by name."""
    document = add_document(db, ada)
    with as_user(db, ada):
        return {
            name: insert(
                db,
                "document_chunks",
                document_id=document,
                chunk_index=index,
                content=name,
                embedding=vector(1, index),
                metadata=json.dumps({"source": name, "kind": {"of": "text", "page": index}}),
            )
            for index, name in enumerate(["first", "second", "third"])
        }


def test_it_returns_what_the_packages_read(db: Connection, ada: UUID, chunks: dict[str, UUID]):
    with as_user(db, ada):
        cursor = db.execute("select * from public.match_documents(%s)", [vector(1)])
        rows = cursor.fetchall()
    assert [column.name for column in cursor.description or []] == [
        "id",
        "content",
        "metadata",
        "embedding",
        "similarity",
    ]
    assert [row[0] for row in rows] == list(chunks.values())
    assert rows[0][1:3] == ("first", {"source": "first", "kind": {"of": "text", "page": 0}})
    assert rows[0][3].startswith("[1,0,0")
    assert rows[0][4] == pytest.approx(1)


def test_with_a_count_the_embedding_is_an_array(db: Connection, ada: UUID, chunks: dict[str, UUID]):
    with as_user(db, ada):
        assert value(db, "select embedding from public.match_documents(%s, 1)", vector(1)) == [1, *[0] * 383]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ({}, ["first", "second", "third"]),
        (None, ["first", "second", "third"]),
        ({"source": "second"}, ["second"]),
        ({"kind": {"of": "text"}}, ["first", "second", "third"]),
        ({"kind": {"page": 2}}, ["third"]),
        ({"source": "nowhere"}, []),
    ],
)
def test_the_metadata_contain_the_filter(
    db: Connection, ada: UUID, chunks: dict[str, UUID], wanted: dict[str, object] | None, names: list[str]
):
    with as_user(db, ada):
        rows = db.execute(
            "select content from public.match_documents(%s, 10, %s)",
            [vector(1), None if wanted is None else json.dumps(wanted)],
        ).fetchall()
    assert [row[0] for row in rows] == names


def test_the_count_limits(db: Connection, ada: UUID, chunks: dict[str, UUID]):
    with as_user(db, ada):
        assert value(db, "select count(*) from public.match_documents(%s, 2)", vector(1)) == 2


@pytest.mark.parametrize("arguments", ["'[1]'", "null", "%(v)s, 0", "%(v)s, 5, '[]'", "%(v)s, 5, '\"text\"'"])
def test_what_cannot_be_answered_is_refused(db: Connection, ada: UUID, arguments: str):
    with refused("PT400"), as_user(db, ada):
        db.execute(f"select * from public.match_documents({arguments})", {"v": vector(1)})
