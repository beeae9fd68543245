"""Documents to search in, and what a search of them should find: an exhaustive one, written another way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from tests.database.support import Connection, as_user, insert

DIMENSIONS = 384


def vector(*leading: float) -> str:
    """Return a vector that begins with these numbers and goes on with zeros."""
    return str([*leading, *[0.0] * (DIMENSIONS - len(leading))])


def written(numbers: Sequence[float] | np.ndarray[Any, Any]) -> str:
    """Return numbers as Postgres reads a vector."""
    return "[" + ",".join(f"{number:.7g}" for number in numbers) + "]"


def add_document(db: Connection, user: UUID, title: str = "A title", **columns: object) -> UUID:
    """Store a document as a person."""
    with as_user(db, user):
        document_id: UUID = insert(db, "documents", title=title, created_by=user, **columns)
    return document_id


def add_chunk(
    db: Connection,
    user: UUID,
    content: str,
    embedding: str | None = None,
    title: str = "A title",
    **columns: object,
) -> UUID:
    """Store a document of one chunk as a person and return the chunk's id."""
    document_id = add_document(db, user, title, **columns)
    with as_user(db, user):
        chunk_id: UUID = insert(
            db, "document_chunks", document_id=document_id, content=content, embedding=embedding
        )
    return chunk_id


@dataclass(frozen=True)
class Found:
    """A row of an answer."""

    chunk_id: UUID
    document_id: UUID
    title: str
    content: str
    chunk_index: int
    scores: tuple[float, ...]


def semantic(db: Connection, user: UUID, query: str, **arguments: object) -> list[Found]:
    """Search by meaning as a person."""
    return call_search(db, user, "search_documents", {"query_embedding": query, **arguments})


def hybrid(db: Connection, user: UUID, text: str, query: str, **arguments: object) -> list[Found]:
    """Search by meaning and words as a person."""
    arguments = {"query_text": text, "query_embedding": query, **arguments}
    return call_search(db, user, "hybrid_search_documents", arguments)


def keyword(db: Connection, user: UUID, text: str, **arguments: object) -> list[Found]:
    """Search by words as a person."""
    return call_search(db, user, "keyword_search_documents", {"query_text": text, **arguments})


def call_search(db: Connection, user: UUID, function: str, arguments: dict[str, object]) -> list[Found]:
    """Call a function of search as a person, by the names of its arguments."""
    named = ", ".join(f"{name} => %({name})s" for name in arguments)
    with as_user(db, user):
        rows = db.execute(f"select * from public.{function}({named})", arguments).fetchall()
    return [Found(*row[:5], scores=tuple(row[5:])) for row in rows]


def ids(found: Sequence[Found]) -> list[UUID]:
    """Return the chunks that were found, in their order."""
    return [row.chunk_id for row in found]


def walk_everything(db: Connection) -> None:
    """Let the rest of the transaction search as if there were a great many chunks: by graphs, and looking up no
    more vectors than it must."""
    change(
        db, "search_scope", "compared_at_most constant integer := 800", "compared_at_most constant integer := -1"
    )
    change(db, "contenders", "few constant integer := 500", "few constant integer := 0")


def change(db: Connection, function: str, before: str, after: str) -> None:
    """Change a helper of search for the rest of the transaction."""
    query = (
        "select pg_get_functiondef(oid) from pg_proc where pronamespace = 'private'::regnamespace and proname = %s"
    )
    ((definition,),) = db.execute(query, [function]).fetchall()
    assert before in definition
    db.execute(definition.replace(before, after))
