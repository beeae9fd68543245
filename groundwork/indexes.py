"""Indexes that cost more to keep than to build: for a bulk load they are built at its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import sql

COSTLY: LiteralString = """
    select n.nspname, c.relname, pg_get_indexdef(c.oid)
    from pg_index i
    join pg_class c on c.oid = i.indexrelid
    join pg_class t on t.oid = i.indrelid
    join pg_namespace n on n.oid = t.relnamespace
    join pg_am m on m.oid = c.relam
    where concat(n.nspname, '.', t.relname) = any (%s)
        and m.amname in ('hnsw', 'ivfflat', 'gin') and c.relkind = 'i'
    order by c.oid
"""


@contextmanager
def built_after(connection: psycopg.Connection[Any], tables: list[str]) -> Iterator[None]:
    """Drop the tables' indexes of vectors and words, and build them again at the end, in the same transaction."""
    found = connection.execute(COSTLY, [tables]).fetchall()
    for schema, name, _ in found:
        connection.execute(sql.SQL("drop index {}").format(sql.Identifier(schema, name)))
    yield
    connection.execute("set local maintenance_work_mem = '256MB'")
    for _, _, definition in found:
        connection.execute(definition)
