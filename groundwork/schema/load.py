"""Loads files into a scratch database, statement by statement, and tells which do not load."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from pglast import ast

from groundwork.schema.findings import Finding, Level, shown
from groundwork.schema.statements import Statement, first_location

UNDEFINED = {"42P01", "42703", "42704", "42883", "3F000", "25P02"}
"""What the failure of one statement makes of those that build on it."""

HINTS = {
    "42803": "Aggregate in a subquery first, and then over its rows.",
    "42P17": "An index and a generated column take immutable functions alone; now() is none.",
    "42501": "Hosted Supabase runs migrations as `postgres`, which is no superuser.",
}


def load(connection: psycopg.Connection[object], statements: Sequence[Statement]) -> list[Finding]:
    """Execute the statements, each on its own; return the findings about those that fail.

    What fails because another statement has failed is told of once, with the first of them.
    """
    found: list[Finding] = []
    for statement in statements:
        if statement.problem:
            found.append(syntax(statement))
            continue
        note = "select set_config('groundwork.statement', %s, false)"
        try:
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.INERROR:
                connection.execute(note, [str(statement.number)])
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            if not (found and error.sqlstate in UNDEFINED):
                found.append(failure(statement, error))
    if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
        connection.execute("rollback")
    connection.execute("select set_config('groundwork.statement', '', false)")
    return found


def syntax(statement: Statement) -> Finding:
    """Return the finding about a statement that Postgres' parser refuses."""
    return Finding(
        shown(statement.file),
        statement.line_at(statement.problem_at),
        "syntax",
        Level.error,
        f"Does not parse: {statement.problem}.",
        "A comma or a semicolon is missing nearby, or a word is misspelt.",
        statement.number,
    )


def failure(statement: Statement, error: psycopg.Error) -> Finding:
    """Return the finding about a statement that the database refuses."""
    hint = HINTS.get(error.sqlstate or "", "") or error.diag.message_hint or ""
    return Finding(
        shown(statement.file),
        statement.line_at(position(statement, error)),
        "load",
        Level.error,
        f"Does not load: {error.diag.message_primary or error}.",
        hint,
        statement.number,
    )


def position(statement: Statement, error: psycopg.Error) -> int:
    """Return where in the statement the database saw the mistake, as far as it says."""
    if error.diag.statement_position:
        return int(error.diag.statement_position) - 1
    if isinstance(statement.node, ast.IndexStmt) and "predicate" in (error.diag.message_primary or ""):
        return first_location(statement.node.whereClause)
    return 0


def touched(connection: psycopg.Connection[Any]) -> dict[tuple[int, int], list[tuple[int, str]]]:
    """Return, by catalog and object, which statements made or changed it, by which command."""
    rows = connection.execute(
        "select classid, objid, statement, tag from groundwork_scratch.touched order by statement"
    ).fetchall()
    found: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for classid, objid, statement, tag in rows:
        found.setdefault((int(str(classid)), int(str(objid))), []).append((int(str(statement)), str(tag)))
    return found
