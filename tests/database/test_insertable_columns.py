"""Every column that a client may give can be given, and what is nonsense is refused by name.

A check or a domain may call a function that the client may not execute, and then no value is good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from tests.database import world as worlds
from tests.database.support import as_user, insert, refused
from tests.database.test_access_matrix import TABLES
from tests.database.world import World
from tests.support import Stack

VECTOR = "[" + ",".join(["1"] + ["0"] * 383) + "]"
TOO_LONG = "x" * 201


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    """Return the world; each test undoes what it does to it."""
    with psycopg.connect(stack.db_url) as connection:
        try:
            yield worlds.build(connection)
        finally:
            connection.rollback()


WHOLE: dict[str, tuple[str, Callable[[World], dict[str, Any]]]] = {
    "user_sessions": (
        "viewer",
        lambda w: {
            "user_id": w.people["viewer"],
            "auth_session_id": uuid4(),
            "device_name": "Laptop",
            "user_agent": "Mozilla/5.0",
            "ip_address": "2001:db8::1",
            "expires_at": "tomorrow",
        },
    ),
    "organizations": (
        "viewer",
        lambda w: {
            "name": "New",
            "slug": "a-slug-of-its-own",
            "logo_url": "https://example.com/logo.png",
            "time_zone": "Asia/Kolkata",
            "settings": "{}",
            "created_by": w.people["viewer"],
        },
    ),
    "organization_members": (
        "admin",
        lambda w: {"organization_id": w.ids["acme"], "user_id": w.people["newcomer"], "role": "admin"},
    ),
    "teams": (
        "admin",
        lambda w: {
            "organization_id": w.ids["acme"],
            "name": "Green",
            "description": "The green ones",
            "created_by": w.people["admin"],
        },
    ),
    "team_members": (
        "lead",
        lambda w: {
            "organization_id": w.ids["acme"],
            "team_id": w.ids["team red"],
            "user_id": w.people["member"],
            "role": "member",
        },
    ),
    "conversations": (
        "member",
        lambda w: {
            "organization_id": w.ids["acme"],
            "id": uuid4(),
            "title": "New",
            "type": "assistant",
            "metadata": '{"topic": 1}',
            "created_by": w.people["member"],
        },
    ),
    "conversation_participants": (
        "creator",
        lambda w: {
            "organization_id": w.ids["acme"],
            "conversation_id": w.ids["talk"],
            "user_id": w.people["member"],
        },
    ),
    "messages": (
        "creator",
        lambda w: {
            "organization_id": w.ids["acme"],
            "id": uuid4(),
            "conversation_id": w.ids["talk"],
            "user_id": w.people["creator"],
            "role": "user",
            "content": "Hi",
            "metadata": '{"draft": false}',
        },
    ),
    "message_reactions": (
        "creator",
        lambda w: {
            "message_id": w.ids["message hello"],
            "user_id": w.people["creator"],
            "reaction": "🎉",
        },
    ),
    "typing_indicators": (
        "creator",
        lambda w: {
            "organization_id": w.ids["acme"],
            "conversation_id": w.ids["talk"],
            "user_id": w.people["creator"],
        },
    ),
    "document_collections": (
        "lead",
        lambda w: {
            "organization_id": w.ids["acme"],
            "id": uuid4(),
            "name": "New",
            "description": "All that is new",
            "visibility": "team",
            "team_id": w.ids["team red"],
            "language": "german",
            "embedding_model": "intfloat/multilingual-e5-small",
            "metadata": "{}",
            "created_by": w.people["lead"],
        },
    ),
    "documents": (
        "lead",
        lambda w: {
            "organization_id": w.ids["acme"],
            "id": uuid4(),
            "collection_id": w.ids["collection team"],
            "title": "New",
            "content": "Text",
            "source_url": "https://example.com/new.html",
            "mime_type": "text/html",
            "visibility": "team",
            "team_id": w.ids["team red"],
            "metadata": "{}",
            "created_by": w.people["lead"],
        },
    ),
    "document_chunks": (
        "lead",
        lambda w: {
            "organization_id": w.ids["acme"],
            "id": uuid4(),
            "document_id": w.ids["document team"],
            "chunk_index": 5,
            "content": "Text",
            "embedding": VECTOR,
            "embedding_model": "intfloat/multilingual-e5-small",
            "token_count": 1,
            "metadata": "{}",
        },
    ),
    "api_usage": (
        "member",
        lambda w: {
            "organization_id": w.ids["acme"],
            "user_id": w.people["member"],
            "endpoint": "/embeddings",
            "model_name": "intfloat/multilingual-e5-small",
            "tokens_input": 10,
            "tokens_cached": 1,
            "tokens_output": 0,
            "cost_usd": "0.0001",
            "request_id": "request-1",
        },
    ),
    "usage_quotas": (
        "admin",
        lambda w: {
            "organization_id": w.ids["acme"],
            "scope": "user",
            "user_id": w.people["viewer"],
            "api_key_id": None,
            "metric": "cost",
            "period": "month",
            "limit_value": "9.99",
        },
    ),
}
NONSENSE: list[tuple[str, str, Any]] = [
    ("organizations", "name", ""),
    ("organizations", "name", " padded "),
    ("organizations", "name", "two\nlines"),
    ("organizations", "name", TOO_LONG),
    ("organizations", "slug", "Not A Slug"),
    ("organizations", "slug", "-"),
    ("organizations", "slug", "a--b"),
    ("organizations", "logo_url", "javascript:alert(1)"),
    ("organizations", "logo_url", "data:text/html,hi"),
    ("organizations", "time_zone", "Mars/Olympus"),
    ("organizations", "time_zone", "XYZ+3"),
    ("organizations", "settings", "[]"),
    ("organizations", "settings", '{"a": "' + "x" * 70_000 + '"}'),
    ("user_sessions", "expires_at", "yesterday"),
    ("user_sessions", "expires_at", "infinity"),
    ("user_sessions", "device_name", TOO_LONG),
    ("teams", "name", ""),
    ("teams", "description", "x" * 2001),
    ("conversations", "title", ""),
    ("conversations", "metadata", '"text"'),
    ("messages", "content", " \n\t"),
    ("messages", "content", "x" * 200_001),
    ("messages", "metadata", "7"),
    ("message_reactions", "reaction", ""),
    ("message_reactions", "reaction", "two words"),
    ("message_reactions", "reaction", "x" * 33),
    ("document_collections", "name", ""),
    ("document_collections", "language", "klingon"),
    ("document_collections", "embedding_model", "drop table"),
    ("documents", "title", "   "),
    ("documents", "title", "x" * 501),
    ("documents", "source_url", "file:///etc/passwd"),
    ("documents", "mime_type", "nonsense"),
    ("document_chunks", "chunk_index", -1),
    ("document_chunks", "content", ""),
    ("document_chunks", "token_count", -1),
    ("document_chunks", "embedding", "[1,2,3]"),
    ("document_chunks", "embedding", "[" + ",".join(["0"] * 384) + "]"),
    ("api_usage", "tokens_input", -1),
    ("api_usage", "tokens_cached", 11),
    ("api_usage", "cost_usd", -1),
    ("api_usage", "cost_usd", "NaN"),
    ("api_usage", "endpoint", ""),
    ("api_usage", "model_name", "no model"),
    ("usage_quotas", "limit_value", -1),
    ("usage_quotas", "limit_value", "NaN"),
    ("usage_quotas", "limit_value", "Infinity"),
]


def test_every_table_that_clients_insert_into_is_here() -> None:
    assert set(WHOLE) == {table.name for table in TABLES if table.insert_grant}


@pytest.mark.parametrize("table", [table for table in TABLES if table.insert_grant], ids=lambda table: table.name)
def test_a_client_may_give_every_column_that_is_granted(world: World, table: Any) -> None:
    kind, proposal = WHOLE[table.name]
    columns = proposal(world)
    assert set(columns) == set(table.insert_grant.split())
    with world.connection.transaction(force_rollback=True), as_user(world.connection, world.people[kind]):
        assert insert(world.connection, table.name, returning=world.keys[table.name][0], **columns)


@pytest.mark.parametrize(
    ("table", "column", "nonsense"),
    NONSENSE,
    ids=[f"{table}-{column}-{str(value)[:12]!r}" for table, column, value in NONSENSE],
)
def test_nonsense_is_refused(world: World, table: str, column: str, nonsense: Any) -> None:
    kind, proposal = WHOLE[table]
    columns = {**proposal(world), column: nonsense}
    with refused("23514", "22000", "22003", "22P02"), as_user(world.connection, world.people[kind]):
        insert(world.connection, table, returning=world.keys[table][0], **columns)
