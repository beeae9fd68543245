"""What belongs to a tenant stays there: identities, pointers, and who is remembered as the creator."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from tests.database import world as worlds
from tests.database.access.table import Table
from tests.database.support import (
    Connection,
    as_service,
    as_user,
    call,
    insert,
    make_organization,
    refused,
    value,
    values,
)
from tests.database.test_access_matrix import TABLES
from tests.database.world import ACME, World
from tests.support import Stack

Person = Callable[..., UUID]


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    """Return the world; each test undoes what it does to it."""
    with psycopg.connect(stack.db_url) as connection:
        try:
            yield worlds.build(connection)
        finally:
            connection.rollback()


# Pointers ------------------------------------------------------------------------------------------


def test_children_are_tied_to_their_parent_with_the_organization(
    db: Connection,
) -> None:
    loose = values(
        db,
        """
        select c.conrelid::regclass || ' ' || c.conname
        from pg_constraint c
        join pg_attribute child on child.attrelid = c.conrelid and child.attname = 'organization_id'
        join pg_attribute parent on parent.attrelid = c.confrelid and parent.attname = 'organization_id'
        where c.contype = 'f' and c.conparentid = 0
            and not exists (
                select from unnest(c.conkey, c.confkey) k (mine, theirs)
                where k.mine = child.attnum and k.theirs = parent.attnum
            )
        """,
    )
    assert loose == []


def test_every_column_that_names_a_thing_is_a_pointer(db: Connection) -> None:
    # What points nowhere is listed here with its reason.
    known = {
        # Copied by a trigger from the message, whose key is the pointer.
        "message_reactions.conversation_id",
        # The message that an answer becomes, later, and the one that it answers; written by functions alone.
        "chat_generations.message_id",
        "chat_generations.question_id",
        "chat_generations.reservation_id",
        # Prices are global and never deleted; a correction names a row of its own organization's ledger.
        "api_usage.pricing_id",
        "api_usage.adjusts_id",
        # Made by the database alone, from the ledger.
        "token_usage_summary.organization_id",
        "token_usage_summary.user_id",
        "token_usage_summary.api_key_id",
        "token_usage_summary.series_id",
        "usage_alerts.api_key_id",
        "usage_alerts.quota_id",
        # Foreign ids of other services.
        "user_sessions.auth_session_id",
        "user_connections.provider_account_id",
        "user_connections.encryption_key_id",
        "api_usage.request_id",
        "usage_credits.request_id",
    }
    found = set(
        values(
            db,
            """
            select c.relname || '.' || a.attname
            from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname ~ '_id$'
                and not exists (
                    select from pg_constraint f
                    where f.conrelid = c.oid and f.contype = 'f' and a.attnum = any (f.conkey)
                )
            """,
        )
    )
    assert found - known == set()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_row_cannot_be_moved_to_another_tenant(world: World, table: Table) -> None:
    # Not even by the service role, for whom there are no policies.
    connection = world.connection
    columns = values(
        connection,
        "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 "
        "and attname = 'organization_id'",
        f"public.{table.name}",
    )
    for column in columns:
        for key, label in world.rows[table.name].items():
            query = sql.SQL("update public.{} set {} = %s where {}").format(
                sql.Identifier(table.name),
                sql.Identifier(column),
                sql.SQL(" and ").join(
                    sql.SQL("{} = %s").format(sql.Identifier(name)) for name in world.keys[table.name]
                ),
            )
            other = world.ids["globex" if label.startswith("newcomer") else "newcomer@home"]
            with refused("PT400", "42501"), as_service(connection):
                connection.execute(query, [other, *key])


def composite_keys(connection: Connection) -> list[tuple[str, str, str, str]]:
    """Return each pointer within a tenant: the table, its column, the table it points to and the column there."""
    return connection.execute(
        """
        select c.conrelid::regclass::text, child.attname::text, c.confrelid::regclass::text, parent.attname::text
        from pg_constraint c
        cross join unnest(c.conkey, c.confkey) k (mine, theirs)
        join pg_attribute child on child.attrelid = c.conrelid and child.attnum = k.mine
        join pg_attribute parent on parent.attrelid = c.confrelid and parent.attnum = k.theirs
        where c.contype = 'f' and c.conparentid = 0 and c.connamespace = 'public'::regnamespace
            and cardinality(c.conkey) = 2 and child.attname <> 'organization_id'
        """
    ).fetchall()


def test_no_pointer_leads_into_another_tenant(world: World) -> None:
    connection = world.connection
    pointers = composite_keys(connection)
    assert len(pointers) > 12
    for table, column, parent, parent_column in pointers:
        foreign = value(
            connection,
            sql.SQL("select {} from public.{} where organization_id = %s limit 1").format(
                sql.Identifier(parent_column), sql.Identifier(parent)
            ),
            world.ids["globex"],
        )
        assert foreign, f"Globex has no row of {parent}"
        query = sql.SQL("update public.{} set {} = %s where organization_id = %s").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        with refused("23503", "PT400", "42501"), as_service(connection):
            assert connection.execute(query, [foreign, world.ids["acme"]]).rowcount, f"Acme has no row of {table}"


# Identities ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_what_names_a_row_never_changes(world: World, table: Table) -> None:
    connection = world.connection
    present = values(
        connection,
        "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0",
        f"public.{table.name}",
    )
    named = {"organization_id", "id", "user_id", "created_by"} & set(present)
    key, label = next(iter(world.rows[table.name].items()))
    condition = sql.SQL(" and ").join(
        sql.SQL("{} = %s").format(sql.Identifier(name)) for name in world.keys[table.name]
    )
    for column in sorted(named):
        query = sql.SQL("update public.{} set {} = %s where {}").format(
            sql.Identifier(table.name), sql.Identifier(column), condition
        )
        with refused("PT400", "42501"), as_service(connection):
            changed = connection.execute(query, [world.people["newcomer"], *key])
            assert changed.rowcount == 1, f"{label} was not found"


def people_columns(connection: Connection) -> list[tuple[str, str]]:
    """Return the columns that remember a person and are nulled when the account goes."""
    return connection.execute(
        """
        select c.conrelid::regclass::text, a.attname::text
        from pg_constraint c
        join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'public.user_profiles'::regclass and c.confdeltype = 'n'
            and c.connamespace = 'public'::regnamespace and c.conparentid = 0
        """
    ).fetchall()


def test_the_creator_is_forgotten_with_the_account_and_never_before(
    world: World,
) -> None:
    connection = world.connection
    remembered = people_columns(connection)
    assert ("organizations", "created_by") in remembered
    with connection.transaction(force_rollback=True):
        for table, column in remembered:
            # A message's author and a call's caller are remembered as user_id.
            if column in ("created_by", "user_id"):
                query = sql.SQL("update public.{} set {} = null where {} is not null").format(
                    *(sql.Identifier(name) for name in (table, column, column))
                )
                with refused("PT400", "42501"), as_service(connection):
                    assert not connection.execute(query).rowcount, table

        connection.execute(
            "update public.organization_members set role = 'owner' where organization_id = %s",
            [world.ids["acme"]],
        )
        for kind in ("creator", "owner", "former"):
            connection.execute("delete from auth.users where id = %s", [world.people[kind]])
        for table, column in remembered:
            left = value(
                connection,
                sql.SQL("select count(*) from public.{} where {} = any(%s)").format(
                    sql.Identifier(table), sql.Identifier(column)
                ),
                [world.people[kind] for kind in ("creator", "owner", "former")],
            )
            assert left == 0, f"{table}.{column}"
        row = connection.execute(
            "select visibility::text, created_by, audience from public.documents where id = %s",
            [world.ids["document private"]],
        ).fetchone()
        assert row == ("private", None, None), "what was private to them is nobody's"
        assert (
            value(
                connection,
                "select content from public.messages where id = %s and user_id is null",
                world.ids["message hello"],
            )
            == "hello"
        )


def test_ids_that_name_an_audience_are_not_the_clients_to_choose(db: Connection, people: Person) -> None:
    # The id of an organization or team stands for its people. Whoever could choose it could choose an audience.
    ann = people()
    acme = make_organization(db, ann)
    with refused("42501"), as_user(db, ann):
        insert(db, "organizations", id=uuid4(), name="Mine", slug="mine-mine")
    with refused("42501"), as_user(db, ann):
        insert(db, "teams", id=uuid4(), organization_id=acme, name="Mine")


def test_what_a_client_may_name_itself_it_names_once(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    chosen = uuid4()
    with as_user(db, ann):
        assert insert(db, "documents", id=chosen, title="Mine") == chosen
    with refused("23505"), as_user(db, bob):
        insert(db, "documents", id=chosen, title="Mine too")


# What names no organization --------------------------------------------------------------------------


def test_what_names_no_organization_takes_its_parents_else_its_makers_own(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, member=bob)
    home = value(
        db,
        "select id from public.organizations where created_by = %s and is_personal",
        ann,
    )

    def organization_of(table: str, row_id: Any) -> UUID:
        found: UUID = value(
            db,
            sql.SQL("select organization_id from public.{} where id = %s").format(sql.Identifier(table)),
            row_id,
        )
        return found

    with as_user(db, ann):
        conversation = insert(db, "conversations", title="Mine")
        collection = insert(db, "document_collections", name="Mine")
        document = insert(db, "documents", title="Mine")
        assert organization_of("conversations", conversation) == home
        assert organization_of("document_collections", collection) == home
        assert organization_of("documents", document) == home

        theirs = insert(db, "conversations", title="Ours", organization_id=acme)
        message = insert(db, "messages", conversation_id=theirs, user_id=ann, content="Hi")
        shared = insert(
            db,
            "document_collections",
            name="Ours",
            organization_id=acme,
            visibility="organization",
        )
        inherited = insert(db, "documents", title="Ours", collection_id=shared)
        chunk = insert(db, "document_chunks", document_id=inherited, content="Ours")
        assert organization_of("messages", message) == acme
        assert organization_of("documents", inherited) == acme
        assert organization_of("document_chunks", chunk) == acme
        assert values(db, "select visibility::text from public.documents where id = %s", inherited) == [
            "organization"
        ]
        own = insert(db, "documents", title="My own", collection_id=shared, visibility="private")
    with as_user(db, bob):
        assert set(values(db, "select id from public.documents")) == {inherited}
    with as_user(db, ann):
        assert own in values(db, "select id from public.documents")


# Gone is gone --------------------------------------------------------------------------------------


def rows_of_acme(world: World, table: Table, kind: str) -> list[tuple[Any, ...]]:
    """Return what somebody sees of Acme in a table."""
    keys = [sql.Identifier(name) for name in world.keys[table.name]]
    column = "id" if table.name == "organizations" else "organization_id"
    with as_user(world.connection, world.people[kind]):
        return world.connection.execute(
            sql.SQL("select {} from public.{} where {} = %s").format(
                sql.SQL(", ").join(keys),
                sql.Identifier(table.name),
                sql.Identifier(column),
            ),
            [world.ids["acme"]],
        ).fetchall()


OF_TENANTS = [
    table for table in TABLES if not table.name.startswith(("user_", "maintenance_")) and not table.everybodys
]


@pytest.mark.parametrize("kind", [kind for kind in ACME if kind != "owner"])
def test_whoever_is_removed_sees_nothing_more_of_the_organization(world: World, kind: str) -> None:
    with world.connection.transaction(force_rollback=True):
        assert any(rows_of_acme(world, table, kind) for table in OF_TENANTS)
        world.connection.execute(
            "delete from public.organization_members where organization_id = %s and user_id = %s",
            [world.ids["acme"], world.people[kind]],
        )
        for table in OF_TENANTS:
            assert rows_of_acme(world, table, kind) == [], table.name
        with as_user(world.connection, world.people[kind]):
            seen = values(world.connection, "select user_id from public.user_profiles")
        assert seen == [world.people[kind]], "colleagues"


def test_a_deleted_organization_is_gone_for_everybody_in_it(world: World) -> None:
    connection = world.connection
    with connection.transaction(force_rollback=True):
        with as_user(connection, world.people["owner"]):
            call(connection, "delete_organization", p_id=world.ids["acme"])
        for kind in ACME:
            for table in OF_TENANTS:
                assert rows_of_acme(world, table, kind) == [], f"{table.name} for {kind}"
        with as_service(connection):
            assert value(
                connection,
                "select count(*) from public.documents where organization_id = %s",
                world.ids["acme"],
            )
        with refused("42501"), as_user(connection, world.people["member"]):
            insert(connection, "documents", title="Late", organization_id=world.ids["acme"])
        with refused("42501"), as_user(connection, world.people["creator"]):
            insert(
                connection,
                "messages",
                conversation_id=world.ids["talk"],
                user_id=world.people["creator"],
                content="Late",
            )


def test_whoever_comes_back_is_not_in_the_old_conversations_and_teams(
    world: World,
) -> None:
    connection, acme, kind = world.connection, world.ids["acme"], "participant"
    with connection.transaction(force_rollback=True):
        insert(
            connection,
            "team_members",
            returning="role",
            team_id=world.ids["team red"],
            user_id=world.people[kind],
        )
        for _ in range(2):
            connection.execute(
                "delete from public.organization_members where organization_id = %s and user_id = %s",
                [acme, world.people[kind]],
            )
            insert(
                connection,
                "organization_members",
                returning="role",
                organization_id=acme,
                user_id=world.people[kind],
            )
        with as_user(connection, world.people[kind]):
            assert values(connection, "select id from public.conversations") == []
            assert (
                values(
                    connection,
                    "select team_id from public.team_members where user_id = auth.uid()",
                )
                == []
            )
            assert world.ids["document team"] not in values(connection, "select id from public.documents")
