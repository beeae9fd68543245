"""Every table, every kind of person, every statement: what happens, and to which rows.

The expectations say what the design says; they stand in `access/`, a module an area. Every attempt is made as a
client would make it through the Data API, as the role and with the claims of the person, and is rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.database import world as worlds
from tests.database.access import chat, maintenance, multi_tenancy, rag, usage, user_management
from tests.database.access.table import DONE, NOOP, NOTHING, Table
from tests.database.support import Connection, values
from tests.database.world import KINDS, Key, World
from tests.support import Stack

TABLES = [
    *user_management.TABLES,
    *multi_tenancy.TABLES,
    *chat.TABLES,
    *rag.TABLES,
    *usage.TABLES,
    *maintenance.TABLES,
]
BY_NAME = {table.name: table for table in TABLES}
CASES = [
    pytest.param(table, verb, kind, id=f"{table.name}-{verb}-{kind}")
    for table in TABLES
    for verb in table.verbs()
    for kind in KINDS
]
CLIENTS = [kind for kind in KINDS if kind not in ("anon", "service")]
HOSTILE = [
    pytest.param(table, kind, id=f"{table.name}-{kind}")
    for table in TABLES
    if table.update_grant or table.delete_grant
    for kind in CLIENTS
]
UPSERTS = [
    pytest.param(table, kind, id=f"{table.name}-{kind}")
    for table in TABLES
    if table.insert_grant and table.update_grant
    for kind in CLIENTS
]


@pytest.fixture(scope="module")
def world(stack: Stack) -> Iterator[World]:
    """Return the world, in a transaction that is rolled back when the matrix is done."""
    with psycopg.connect(stack.db_url) as connection:
        try:
            yield worlds.build(connection)
        finally:
            connection.rollback()


def test_every_table_has_expectations(db: Connection) -> None:
    tables = values(
        db,
        "select relname::text from pg_class "
        "where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')",
    )
    assert sorted(tables) == sorted(BY_NAME)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_expectations_are_complete(table: Table, world: World) -> None:
    table.check()
    assert world.rows[table.name], "the world has no row of it"
    for kind in KINDS:
        for verb in table.verbs():
            table.expected(kind, verb, labels_of(world, table, verb))


@pytest.mark.parametrize(("table", "verb", "kind"), CASES)
def test_access(world: World, table: Table, verb: str, kind: str) -> None:
    expected = table.expected(kind, verb, labels_of(world, table, verb))
    if verb == "select":
        found = select(world, table, kind, expected)
    elif verb == "insert":
        found = {label: propose(world, table, kind, label) for label in expected}
    else:
        found = change(world, table, verb, kind)
    assert found == expected


@pytest.mark.parametrize(("table", "kind"), HOSTILE)
def test_statements_without_a_condition_change_no_other_rows(world: World, table: Table, kind: str) -> None:
    # Without a WHERE clause that reads the row, the policy for select has no say.
    statements: dict[str, tuple[sql.Composed, list[Any]]] = {}
    if table.update_grant:
        statements |= {verb: update_statement(table, verb) for verb in table.changes}
    if table.delete_grant:
        statements["delete"] = (
            sql.SQL("delete from public.{}").format(sql.Identifier(table.name)),
            [],
        )
    before = versions(world, table)
    for verb, (statement, parameters) in statements.items():
        expected = table.expected(kind, verb, labels_of(world, table, verb))
        with world.connection.transaction(force_rollback=True):
            with suppress(psycopg.Error), world.connection.transaction():
                world.connection.execute(identity(world, kind))
                world.connection.execute(statement, parameters)
            world.connection.execute("reset role")
            after = versions(world, table)
        touched = {world.rows[table.name].get(version[:-2], "another world's") for version in before - after}
        assert touched <= {label for label, outcome in expected.items() if outcome == DONE}


@pytest.mark.parametrize(("table", "kind"), UPSERTS)
def test_an_upsert_is_no_way_around(world: World, table: Table, kind: str) -> None:
    keys = world.keys[table.name]
    for verb, changes in table.changes.items():
        expected = table.expected(kind, verb, labels_of(world, table, verb))
        for key, label in world.rows[table.name].items():
            if expected[label] == DONE:
                continue
            row = row_of(world, table, key)
            columns = dict.fromkeys([*keys, *table.insert_grant.split()])
            given = {name: row[name] for name in columns if row[name] is not None} | dict(changes)
            statement = sql.SQL(
                "insert into public.{table} ({columns}) "
                "select {columns} from jsonb_populate_record(null::public.{table}, %s) "
                "on conflict ({keys}) do update set {changes}"
            ).format(
                table=sql.Identifier(table.name),
                columns=columns_of(list(given)),
                keys=columns_of(keys),
                changes=sql.SQL(", ").join(
                    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in changes
                ),
            )
            result = attempt(world, kind, statement, [json.dumps(given, default=str)])
            assert isinstance(result, str) or result == 0, label


@pytest.mark.parametrize("table", [t for t in TABLES if t.update_grant], ids=lambda table: table.name)
def test_every_column_that_may_be_changed_can_be(world: World, table: Table) -> None:
    # A check, a generated column or a trigger may need a right of its own, which the client then lacks.
    labels = labels_of(world, table, "update")
    who, label = next(
        (kind, label)
        for kind in CLIENTS
        for label, outcome in table.expected(kind, "update", labels).items()
        if outcome == DONE
    )
    key = next(key for key, found in world.rows[table.name].items() if found == label)
    condition = sql.SQL(" and ").join(
        sql.SQL("{} = %s").format(sql.Identifier(name)) for name in world.keys[table.name]
    )
    for column in table.update_grant.split():
        statement = sql.SQL("update public.{0} set {1} = {1} where {2}").format(
            sql.Identifier(table.name), sql.Identifier(column), condition
        )
        assert attempt(world, who, statement, key) == 1, f"{column} by {who}"


def labels_of(world: World, table: Table, verb: str) -> set[str]:
    """Return the labels that an expectation is about."""
    return set(table.insert) if verb == "insert" else set(world.rows[table.name].values())


def identity(world: World, kind: str) -> sql.Composed:
    """Return the statement that makes the connection be somebody until the end of the savepoint."""
    role = {"anon": "anon", "service": "service_role"}.get(kind, "authenticated")
    claims = {"role": role} | ({"sub": str(world.people[kind])} if kind in world.people else {})
    return sql.SQL("select set_config('request.jwt.claims', {}, true), set_config('role', {}, true)").format(
        json.dumps(claims), role
    )


def attempt(world: World, kind: str, statement: sql.Composed, parameters: Any = ()) -> list[Any] | int | str:
    """Try a statement and undo it; return its rows, else how many it touched, or the SQLSTATE of a refusal."""
    connection = world.connection
    connection.execute(sql.SQL("savepoint attempt; {}").format(identity(world, kind)))
    try:
        cursor = connection.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else cursor.rowcount
    except psycopg.Error as error:
        return str(error.sqlstate)
    finally:
        connection.execute("rollback to savepoint attempt; release savepoint attempt")


def select(world: World, table: Table, kind: str, expected: dict[str, str]) -> dict[str, str]:
    """Read the whole table, all columns of which that may be read; return what was seen of each label."""
    name = sql.Identifier(table.name)
    columns = sql.SQL("*") if table.select_grant in ("*", "") else columns_of(table.select_grant.split())
    nothing = attempt(world, kind, sql.SQL("select {} from public.{} limit 0").format(columns, name))
    if isinstance(nothing, str):
        return dict.fromkeys(expected, nothing)
    query = sql.SQL("select {} from public.{}").format(columns_of(world.keys[table.name]), name)
    rows = attempt(world, kind, query)
    assert isinstance(rows, list)
    known = world.rows[table.name]
    seen = {tuple(row) for row in rows}
    if kind != "service" and not table.everybodys:
        assert not seen - set(known), "rows that are not of this world"
    outcome: dict[str, set[str]] = {label: set() for label in expected}
    for key, label in known.items():
        outcome[label].add(DONE if key in seen else NOTHING)
    return {label: outcomes.pop() if len(outcomes) == 1 else "some of them" for label, outcomes in outcome.items()}


def propose(world: World, table: Table, kind: str, label: str) -> str:
    """Insert a proposed row, without reading it and then reading it as `Prefer: return=representation` does."""
    proposal = table.insert[label](world, kind)
    statement = sql.SQL("insert into public.{} ({}) values ({})").format(
        sql.Identifier(table.name),
        columns_of(list(proposal)),
        sql.SQL(", ").join(map(sql.Placeholder, proposal)),
    )
    blind = attempt(world, kind, statement, proposal)
    if isinstance(blind, str):
        return blind
    columns = world.keys[table.name] if table.select_grant == "*" else table.select_grant.split()
    read = attempt(
        world,
        kind,
        sql.SQL("{} returning {}").format(statement, columns_of(columns)),
        proposal,
    )
    if isinstance(read, str):
        return f"{read} when it is read"
    assert isinstance(read, list)
    assert len(read) == blind
    return DONE if blind == 1 else NOOP


def change(world: World, table: Table, verb: str, kind: str) -> dict[str, str]:
    """Update or delete every row of the world; return what happened to each label.

    All at once, and row by row where that is refused because of some of them.
    """
    statement: sql.Composed
    parameters: list[Any]
    if verb == "delete":
        statement, parameters = sql.SQL("delete from public.{}").format(sql.Identifier(table.name)), []
    else:
        statement, parameters = update_statement(table, verb)
    known, keys = world.rows[table.name], columns_of(world.keys[table.name])
    query = sql.SQL("{} where ({}) in ({}) returning {}")

    def outcomes_of(rows: list[Key]) -> dict[Key, str]:
        wanted = sql.SQL(", ").join(
            sql.SQL("({})").format(sql.SQL(", ").join(sql.Placeholder() * len(row))) for row in rows
        )
        values = [*parameters, *(part for row in rows for part in row)]
        result = attempt(world, kind, query.format(statement, keys, wanted, keys), values)
        if isinstance(result, str):
            return dict.fromkeys(rows, result)
        assert isinstance(result, list)
        touched = {tuple(row) for row in result}
        return {row: DONE if row in touched else NOTHING for row in rows}

    found = outcomes_of(list(known))
    if set(found.values()) - {DONE, NOTHING}:
        no_right = attempt(world, kind, sql.SQL("{} where false").format(statement), parameters)
        if not isinstance(no_right, str):
            found = {key: outcome for row in known for key, outcome in outcomes_of([row]).items()}
    outcome: dict[str, set[str]] = {}
    for key, label in known.items():
        outcome.setdefault(label, set()).add(found[key])
    return {label: outcomes.pop() if len(outcomes) == 1 else "some of them" for label, outcomes in outcome.items()}


def update_statement(table: Table, verb: str) -> tuple[sql.Composed, list[Any]]:
    """Return the update of the whole table that this column of the matrix is about, and its parameters."""
    changes = table.changes[verb]
    assignments = sql.SQL(", ").join(sql.SQL("{} = %s").format(sql.Identifier(name)) for name in changes)
    statement = sql.SQL("update public.{} set {}").format(sql.Identifier(table.name), assignments)
    return statement, list(changes.values())


def versions(world: World, table: Table) -> set[Key]:
    """Return the primary key of every row, with its version among them."""
    keys = columns_of(world.keys[table.name])
    name = sql.Identifier(table.name)
    rows = world.connection.execute(sql.SQL("select {}, xmin::text, ctid::text from public.{}").format(keys, name))
    return {tuple(row) for row in rows}


def row_of(world: World, table: Table, key: Key) -> dict[str, Any]:
    """Return a row as the database's owner sees it."""
    condition = sql.SQL(" and ").join(
        sql.SQL("{} = %s").format(sql.Identifier(column)) for column in world.keys[table.name]
    )
    row = world.connection.execute(
        sql.SQL("select to_jsonb(t) from public.{} t where {}").format(sql.Identifier(table.name), condition),
        key,
    ).fetchone()
    assert row is not None
    return dict(row[0])


def columns_of(names: list[str]) -> sql.Composed:
    """Return a list of columns."""
    return sql.SQL(", ").join(map(sql.Identifier, names))
