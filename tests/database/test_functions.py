"""Each function for clients: what it does, and each refusal that its comment announces."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database import world as worlds
from tests.database.access.functions import FUNCTIONS
from tests.database.support import (
    Connection,
    as_anon,
    as_role,
    as_service,
    as_user,
    call,
    insert,
    refused,
    value,
    values,
)
from tests.database.world import World
from tests.support import Stack


@pytest.fixture(scope="module")
def whole(stack: Stack) -> Iterator[World]:
    """Return the world of the access matrix."""
    with psycopg.connect(stack.db_url) as connection:
        try:
            yield worlds.build(connection)
        finally:
            connection.rollback()


@pytest.fixture
def world(whole: World) -> Iterator[World]:
    """Return the world; what a test does to it is undone."""
    with whole.connection.transaction(force_rollback=True):
        yield whole


def as_kind(world: World, kind: str) -> AbstractContextManager[Connection]:
    """Be somebody of the world."""
    return as_service(world.connection) if kind == "service" else as_user(world.connection, world.people[kind])


Arguments = Callable[[World], dict[str, Any]]


@dataclass(frozen=True)
class Refusal:
    """Who is refused what, and how."""

    function: str
    sqlstate: str
    kind: str
    arguments: Arguments
    first: Callable[[World], object] = lambda _: None

    def __str__(self) -> str:
        return f"{self.function}-{self.sqlstate}-{self.kind}"


def of_acme(**others: Any) -> Arguments:
    """Name the organization Acme, and people by their kind."""
    return lambda world: {
        "p_organization_id": world.ids["acme"],
        **{name: world.people[other] if name == "p_user_id" else other for name, other in others.items()},
    }


def of(name: str) -> Arguments:
    """Name a thing of the world as p_id."""
    return lambda world: {"p_id": world.ids[name]}


def row(table: str, label: str) -> Arguments:
    """Name a row of the world as p_id, by its label."""

    def arguments(world: World) -> dict[str, Any]:
        key = next(key for key, found in world.rows[table].items() if found == label)
        return {"p_id": key[world.keys[table].index("id")]}

    return arguments


def promote(kind: str) -> Callable[[World], object]:
    """Make somebody an owner of Acme beforehand."""
    return lambda world: world.connection.execute(
        "update public.organization_members set role = 'owner' where organization_id = %s and user_id = %s",
        [world.ids["acme"], world.people[kind]],
    )


def forbid_invitations(world: World) -> None:
    """Let no organization send any invitation."""
    world.connection.execute("update public.invitation_limits set per_day = 0, per_member = 0")


def unknown(_: World) -> dict[str, Any]:
    return {"p_id": uuid4()}


NOBODY = uuid4()
MAIL = "somebody@example.com"
REFUSALS = [
    # Invitations; accepting one has a module of its own
    Refusal("create_invitation", "PT400", "owner", of_acme(p_email=MAIL, p_role="owner")),
    Refusal("create_invitation", "PT403", "member", of_acme(p_email=MAIL)),
    Refusal("create_invitation", "PT403", "lead", of_acme(p_email=MAIL)),
    Refusal("create_invitation", "PT404", "stranger", of_acme(p_email=MAIL)),
    Refusal("create_invitation", "PT404", "former", of_acme(p_email=MAIL)),
    Refusal("create_invitation", "PT404", "admin", of_acme(p_email=MAIL, p_team_id=NOBODY)),
    Refusal("create_invitation", "PT429", "admin", of_acme(p_email=MAIL), forbid_invitations),
    Refusal("revoke_invitation", "PT403", "viewer", row("organization_invitations", "pending")),
    Refusal("revoke_invitation", "PT404", "stranger", row("organization_invitations", "pending")),
    Refusal("revoke_invitation", "PT404", "admin", unknown),
    Refusal("revoke_invitation", "PT404", "service", unknown),
    Refusal("revoke_invitation", "PT409", "admin", row("organization_invitations", "accepted")),
    # Roles
    Refusal("change_member_role", "PT403", "member", of_acme(p_user_id="member", p_role="admin")),
    Refusal("change_member_role", "PT403", "admin", of_acme(p_user_id="admin", p_role="owner")),
    Refusal("change_member_role", "PT403", "admin", of_acme(p_user_id="owner", p_role="member")),
    Refusal("change_member_role", "PT404", "stranger", of_acme(p_user_id="member", p_role="viewer")),
    Refusal("change_member_role", "PT404", "owner", of_acme(p_user_id="stranger", p_role="viewer")),
    Refusal("change_member_role", "PT409", "owner", of_acme(p_user_id="owner", p_role="admin")),
    Refusal("change_member_role", "PT409", "service", of_acme(p_user_id="owner", p_role="admin")),
    Refusal("remove_member", "PT403", "member", of_acme(p_user_id="viewer")),
    Refusal("remove_member", "PT403", "admin", of_acme(p_user_id="owner")),
    Refusal("remove_member", "PT404", "stranger", of_acme(p_user_id="viewer")),
    Refusal("remove_member", "PT404", "stranger", of_acme(p_user_id="stranger")),
    Refusal("remove_member", "PT404", "admin", of_acme(p_user_id="stranger")),
    Refusal("remove_member", "PT409", "owner", of_acme(p_user_id="owner")),
    Refusal("leave_organization", "PT404", "stranger", of_acme()),
    Refusal("leave_organization", "PT404", "former", of_acme()),
    Refusal("leave_organization", "PT409", "owner", of_acme()),
    Refusal("transfer_ownership", "PT400", "owner", of_acme(p_user_id="owner")),
    Refusal("transfer_ownership", "PT403", "admin", of_acme(p_user_id="admin")),
    Refusal("transfer_ownership", "PT404", "stranger", of_acme(p_user_id="stranger")),
    Refusal("transfer_ownership", "PT404", "owner", of_acme(p_user_id="stranger")),
    # API keys
    Refusal("create_api_key", "PT400", "admin", of_acme(p_name="CI", p_expires_at="yesterday")),
    Refusal("create_api_key", "PT400", "admin", of_acme(p_name="CI", p_scopes=["not a scope"])),
    Refusal("create_api_key", "PT403", "lead", of_acme(p_name="CI")),
    Refusal("create_api_key", "PT404", "stranger", of_acme(p_name="CI")),
    Refusal("revoke_api_key", "PT403", "member", row("organization_api_keys", "live")),
    Refusal("revoke_api_key", "PT404", "stranger", row("organization_api_keys", "live")),
    Refusal("revoke_api_key", "PT404", "admin", unknown),
    # Deleting
    Refusal("delete_organization", "PT403", "admin", of("acme")),
    Refusal("delete_organization", "PT404", "stranger", of("acme")),
    Refusal("delete_organization", "PT404", "owner", of("defunct")),
    Refusal("delete_organization", "PT404", "service", of("defunct")),
    Refusal("delete_organization", "PT409", "owner", of("owner@home")),
    Refusal("delete_team", "PT403", "lead", of("team red")),
    Refusal("delete_team", "PT403", "member", of("team red")),
    Refusal("delete_team", "PT404", "stranger", of("team red")),
    Refusal("delete_team", "PT404", "admin", of("team gone")),
    Refusal("delete_team", "PT404", "admin", of("team foreign")),
    Refusal("delete_conversation", "PT403", "participant", of("talk")),
    Refusal("delete_conversation", "PT403", "spectator", of("talk")),
    Refusal("delete_conversation", "PT404", "owner", of("talk")),
    Refusal("delete_conversation", "PT404", "stranger", of("talk")),
    Refusal("delete_conversation", "PT404", "creator", of("gone")),
    Refusal("delete_conversation", "PT404", "service", of("gone")),
    Refusal("delete_message", "PT403", "participant", of("message hello")),
    Refusal("delete_message", "PT403", "spectator", of("message remark")),
    Refusal("delete_message", "PT404", "owner", of("message hello")),
    Refusal("delete_message", "PT404", "creator", of("message removed")),
    Refusal("delete_message", "PT404", "creator", of("message foreign")),
    Refusal("delete_document", "PT403", "member", of("document organization")),
    Refusal("delete_document", "PT403", "viewer", of("document organization")),
    Refusal("delete_document", "PT403", "teammate", of("document team")),
    Refusal("delete_document", "PT404", "owner", of("document private")),
    Refusal("delete_document", "PT404", "member", of("document team")),
    Refusal("delete_document", "PT404", "stranger", of("document organization")),
    Refusal("delete_document", "PT404", "creator", of("document gone")),
    Refusal("delete_document", "PT404", "former", of("document formers")),
    Refusal("delete_collection", "PT403", "member", of("collection organization")),
    Refusal("delete_collection", "PT403", "teammate", of("collection team")),
    Refusal("delete_collection", "PT404", "owner", of("collection private")),
    Refusal("delete_collection", "PT404", "stranger", of("collection organization")),
    Refusal("delete_collection", "PT404", "creator", of("collection gone")),
    # Chat
    Refusal("set_typing", "42501", "spectator", lambda world: {"p_conversation_id": world.ids["talk"]}),
    Refusal("set_typing", "42501", "owner", lambda world: {"p_conversation_id": world.ids["talk"]}),
    Refusal("set_typing", "42501", "creator", lambda world: {"p_conversation_id": world.ids["gone"]}),
    Refusal("mark_conversation_read", "PT404", "owner", lambda world: {"p_conversation_id": world.ids["talk"]}),
    Refusal("mark_conversation_read", "PT404", "creator", lambda world: {"p_conversation_id": world.ids["gone"]}),
    Refusal("mark_conversation_read", "PT404", "creator", lambda _: {"p_conversation_id": NOBODY}),
]


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_refusals(world: World, refusal: Refusal) -> None:
    refusal.first(world)
    with refused(refusal.sqlstate), as_kind(world, refusal.kind):
        call(world.connection, refusal.function, **refusal.arguments(world))


def test_every_refusal_that_a_comment_announces_is_tested(db: Connection) -> None:
    # accept_invitation has a module of its own, and so have search, usage, analytics, ingestion and maintenance.
    tested = {
        function: {r.sqlstate for r in REFUSALS if r.function == function}
        for function in {refusal.function for refusal in REFUSALS}
    }
    for function, sqlstates in tested.items():
        comment = value(db, "select obj_description(%s::regproc, 'pg_proc')", f"public.{function}")
        announced = set(re.findall(r"\b(PT\d{3}|42501)\b", comment))
        announced -= {"PT409"} if function == "create_invitation" else set()
        assert announced <= sqlstates, function


def test_things_that_one_may_not_see_are_refused_as_if_they_did_not_exist(world: World) -> None:
    things = {
        "delete_organization": world.ids["acme"],
        "delete_team": world.ids["team red"],
        "delete_conversation": world.ids["talk"],
        "delete_message": world.ids["message hello"],
        "delete_document": world.ids["document private"],
        "delete_collection": world.ids["collection private"],
        "revoke_api_key": row("organization_api_keys", "live")(world)["p_id"],
        "revoke_invitation": row("organization_invitations", "pending")(world)["p_id"],
    }
    for function, thing in things.items():
        answers = set()
        for identity in (thing, NOBODY):
            with pytest.raises(psycopg.Error) as caught, as_user(world.connection, world.people["stranger"]):
                call(world.connection, function, p_id=identity)
            diagnosis = caught.value.diag
            answers.add((diagnosis.sqlstate, diagnosis.message_primary, diagnosis.message_hint))
        assert len(answers) == 1, function


# What they do --------------------------------------------------------------------------------------


def role_in_acme(world: World, kind: str) -> str | None:
    role: str | None = value(
        world.connection,
        "select role::text from public.organization_members where organization_id = %s and user_id = %s",
        world.ids["acme"],
        world.people[kind],
    )
    return role


@pytest.mark.parametrize(
    ("actor", "target", "role"),
    [
        ("admin", "viewer", "member"),
        ("admin", "member", "admin"),
        ("admin", "admin", "member"),
        ("owner", "viewer", "owner"),
        ("owner", "admin", "owner"),
        ("service", "viewer", "owner"),
    ],
)
def test_change_member_role(world: World, actor: str, target: str, role: str) -> None:
    with as_kind(world, actor):
        call(
            world.connection,
            "change_member_role",
            p_organization_id=world.ids["acme"],
            p_user_id=world.people[target],
            p_role=role,
        )
    assert role_in_acme(world, target) == role


@pytest.mark.parametrize(
    ("actor", "target"), [("admin", "lead"), ("owner", "admin"), ("viewer", "viewer"), ("service", "member")]
)
def test_remove_member(world: World, actor: str, target: str) -> None:
    with as_kind(world, actor):
        call(
            world.connection,
            "remove_member",
            p_organization_id=world.ids["acme"],
            p_user_id=world.people[target],
        )
    assert role_in_acme(world, target) is None
    assert (
        values(
            world.connection,
            "select team_id from public.team_members where user_id = %s",
            world.people[target],
        )
        == []
    )


@pytest.mark.parametrize("kind", ["viewer", "member", "admin", "lead", "participant"])
def test_leave_organization(world: World, kind: str) -> None:
    with as_kind(world, kind):
        call(world.connection, "leave_organization", p_organization_id=world.ids["acme"])
    assert role_in_acme(world, kind) is None


@pytest.mark.parametrize("heir", ["viewer", "admin"])
def test_transfer_ownership(world: World, heir: str) -> None:
    with as_kind(world, "owner"):
        call(
            world.connection,
            "transfer_ownership",
            p_organization_id=world.ids["acme"],
            p_user_id=world.people[heir],
        )
    assert (role_in_acme(world, heir), role_in_acme(world, "owner")) == ("owner", "admin")


def test_transfer_ownership_by_the_service_role_adds_an_owner(world: World) -> None:
    with as_service(world.connection):
        call(
            world.connection,
            "transfer_ownership",
            p_organization_id=world.ids["acme"],
            p_user_id=world.people["member"],
        )
    assert (role_in_acme(world, "member"), role_in_acme(world, "owner")) == ("owner", "owner")


@pytest.mark.parametrize(
    ("function", "actor", "table", "thing"),
    [
        ("delete_organization", "owner", "organizations", "acme"),
        ("delete_organization", "service", "organizations", "acme"),
        ("delete_team", "admin", "teams", "team red"),
        ("delete_team", "service", "teams", "team red"),
        ("delete_conversation", "creator", "conversations", "talk"),
        ("delete_conversation", "service", "conversations", "talk"),
        ("delete_message", "creator", "messages", "message hello"),
        ("delete_message", "creator", "messages", "message reply"),
        ("delete_message", "participant", "messages", "message reply"),
        ("delete_message", "service", "messages", "message answer"),
        ("delete_document", "creator", "documents", "document private"),
        ("delete_document", "creator", "documents", "document organization"),
        ("delete_document", "teammate", "documents", "document team-mates"),
        ("delete_document", "lead", "documents", "document team"),
        ("delete_document", "admin", "documents", "document of-gone-team"),
        ("delete_document", "service", "documents", "document orphan"),
        ("delete_collection", "creator", "document_collections", "collection private"),
        ("delete_collection", "lead", "document_collections", "collection team"),
        ("delete_collection", "admin", "document_collections", "collection organization"),
        ("delete_collection", "service", "document_collections", "collection formers"),
    ],
)
def test_deleting(world: World, function: str, actor: str, table: str, thing: str) -> None:
    query = f"select deleted_at is not null from public.{table} where id = %s"
    assert value(world.connection, query, world.ids[thing]) is False
    with as_kind(world, actor):
        call(world.connection, function, p_id=world.ids[thing])
    assert value(world.connection, query, world.ids[thing]) is True, "kept for the service role"
    if actor != "service":
        with as_kind(world, actor):
            assert value(world.connection, query, world.ids[thing]) is None


def test_a_deleted_message_takes_its_reactions_with_it(world: World) -> None:
    with as_kind(world, "creator"):
        call(world.connection, "delete_message", p_id=world.ids["message hello"])
    with as_service(world.connection):
        assert (
            values(
                world.connection,
                "select user_id from public.message_reactions where message_id = %s",
                world.ids["message hello"],
            )
            == []
        )


def test_a_deleted_team_leaves_what_was_shared_with_it_to_admins(world: World) -> None:
    with as_kind(world, "admin"):
        call(world.connection, "delete_team", p_id=world.ids["team red"])
    query = "select title from public.documents where id = %s"
    for kind, expected in (("lead", []), ("teammate", []), ("admin", ["team"]), ("owner", ["team"])):
        with as_kind(world, kind):
            assert values(world.connection, query, world.ids["document team"]) == expected
            assert values(world.connection, "select 1 from public.team_members") == []


def test_a_collections_documents_stay_unless_they_are_to_go(world: World) -> None:
    collection = world.ids["collection organization"]
    with as_kind(world, "member"):
        own = insert(world.connection, "documents", title="Mine", collection_id=collection, visibility="private")
    query = "select id from public.documents where id = any(%s) and collection_id is not distinct from %s"
    both = [own, world.ids["document organization"]]

    with world.connection.transaction(force_rollback=True):
        with as_kind(world, "creator"):
            call(world.connection, "delete_collection", p_id=collection)
            assert values(world.connection, query, both, None) == both[1:]
        with as_kind(world, "member"):
            assert set(values(world.connection, query, both, None)) == set(both)

    with as_kind(world, "creator"):
        call(world.connection, "delete_collection", p_id=collection, p_with_documents=True)
        assert values(world.connection, query, both, None) == []
    with as_kind(world, "member"):
        assert values(world.connection, query, both, None) == [own], "what is private to another stays"


def test_cleanup_expired_sessions(world: World) -> None:
    connection = world.connection
    connection.execute(
        "update public.user_sessions set created_at = now() - interval '2 days', expires_at = now() "
        "where user_id = %s",
        [world.people["viewer"]],
    )
    with as_service(connection):
        assert call(connection, "cleanup_expired_sessions") >= 1
        assert call(connection, "cleanup_expired_sessions") == 0
    with as_kind(world, "viewer"):
        assert values(connection, "select id from public.user_sessions") == []
    with as_kind(world, "member"):
        assert len(values(connection, "select id from public.user_sessions")) == 1


def test_set_typing_says_so_and_takes_it_back(world: World) -> None:
    query = "select user_id from public.typing_indicators where user_id = %s"
    for is_typing in (False, True, False):
        with as_kind(world, "participant"):
            call(
                world.connection,
                "set_typing",
                p_conversation_id=world.ids["talk"],
                p_is_typing=is_typing,
            )
        with as_kind(world, "creator"):
            seen = values(world.connection, query, world.people["participant"])
        assert bool(seen) is is_typing


def test_mark_conversation_read_tells_the_position(world: World) -> None:
    with as_kind(world, "spectator"):
        read = call(world.connection, "mark_conversation_read", p_conversation_id=world.ids["talk"], p_sequence=2)
    assert read["conversation_id"] == str(world.ids["talk"])
    assert read["last_read_sequence"] == 2
    assert read["last_read_at"]


# Sign-up -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "name", "avatar"),
    [
        (
            {"full_name": "Ann Lee", "avatar_url": "https://example.com/a.png"},
            "Ann Lee",
            "https://example.com/a.png",
        ),
        ({"name": "  Bob\n "}, "Bob", None),
        ({"full_name": "x" * 500}, "x" * 200, None),
        ({"full_name": "", "avatar_url": "javascript:alert(1)"}, None, None),
        ({"full_name": {"not": "text"}, "avatar_url": 7}, '{"not": "text"}', None),
        ({}, None, None),
    ],
)
def test_a_sign_up_never_fails_over_its_metadata(
    db: Connection, people: Callable[..., UUID], metadata: dict[str, Any], name: str | None, avatar: str | None
) -> None:
    ann = people(**metadata)
    with as_user(db, ann):
        profile = db.execute("select full_name, avatar_url from public.user_profiles").fetchall()
        preferences = db.execute("select theme, language, time_zone from public.user_preferences").fetchall()
        home = db.execute("select name, is_personal from public.organizations").fetchall()
    assert profile == [(name, avatar)]
    assert preferences == [("system", "en", "UTC")]
    assert home == [(name or "Personal", True)]


# Nonsense ------------------------------------------------------------------------------------------

ACTED_UPON = re.compile(r"(PT4\d\d|42501|22\w{3}|23\w{3}) ")
"""What a client can act on: our own refusals, missing rights, and values that are not valid."""


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_breaks_on_nothing_or_nonsense(world: World, function: str) -> None:
    connection = world.connection
    signatures = connection.execute(
        "select p.pronargs, array(select format_type(t, null) from unnest(p.proargtypes) t) from pg_proc p "
        "where p.pronamespace = 'public'::regnamespace and p.proname = %s",
        [function],
    ).fetchall()
    assert signatures
    identities: tuple[Callable[[], AbstractContextManager[Connection]], ...] = (
        lambda: as_user(connection, world.people["admin"]),
        lambda: as_user(connection, world.people["viewer"]),
        lambda: as_role(connection, "authenticated"),
        lambda: as_user(connection, NOBODY),
        lambda: as_service(connection),
    )
    refusals: list[str] = []
    for count, types in signatures:
        nonsense = [str(NOBODY) if kind == "uuid" else None for kind in types]
        for arguments in ([None] * count, nonsense):
            placeholders = ", ".join(f"%s::{kind}" for kind in types)
            for identity in identities:
                try:
                    with identity():
                        connection.execute(f"select * from public.{function}({placeholders})", arguments)
                except psycopg.Error as error:
                    refusals.append(f"{error.sqlstate} for {arguments}: {error}")
            with refused("42501"), as_anon(connection):
                connection.execute(f"select * from public.{function}({placeholders})", arguments)
    assert [refusal for refusal in refusals if not ACTED_UPON.match(refusal)] == []
