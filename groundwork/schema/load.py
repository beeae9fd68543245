"""Loads files into a scratch database, statement by statement, and tells which do not load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import psycopg
from pglast import ast

from groundwork.schema.findings import Finding, Level, shown
from groundwork.schema.statements import Statement, first_location, walk
from groundwork.stack.errors import StackError

TIMEOUT = "60s"
"""How long one statement may take."""

UNDEFINED = {"42P01", "42703", "42704", "42883", "3F000"}
"""What the failure of one statement makes of those that build on it."""

HINTS = {
    "42803": "Aggregate in a subquery first, and then over its rows.",
    "42P17": "An index and a generated column take immutable functions alone; now() is none.",
    "42501": "Hosted Supabase runs migrations as `postgres`, which is no superuser.",
    "57014": "A migration holds its locks until it ends: do less in it.",
}

NOTE = "select set_config('groundwork.statement', %s, false), set_config('statement_timeout', %s, false)"
"""Before each statement: the files may set a timeout of their own, none above all, as pg_dump does."""

MAKERS = {
    ast.CompositeTypeStmt: "typevar",
    ast.CreateDomainStmt: "domainname",
    ast.CreateEnumStmt: "typeName",
    ast.CreateExtensionStmt: "extname",
    ast.CreateFunctionStmt: "funcname",
    ast.CreatePolicyStmt: "policy_name",
    ast.CreateRangeStmt: "typeName",
    ast.CreateRoleStmt: "role",
    ast.CreateSchemaStmt: "schemaname",
    ast.CreateSeqStmt: "sequence",
    ast.CreateStmt: "relation",
    ast.CreateTrigStmt: "trigname",
    ast.DefineStmt: "defnames",
    ast.IndexStmt: "idxname",
    ast.IntoClause: "rel",
    ast.RenameStmt: "newname",
    ast.ViewStmt: "view",
}
"""Where a node of the syntax tree has the name of what it makes."""

WRITTEN = re.compile(r"(?:^|\b(?:create|add|rename)\b)([^(;'$]*)", re.IGNORECASE)
"""Where a text that has no syntax tree says what it makes."""

MISSING = re.compile(r'"([^"]+)"|\b(?:function|procedure|aggregate|column) ([^\s()]+)')
"""What an error about something undefined says is missing: the first name in it."""


def load(
    connection: psycopg.Connection[object], statements: Sequence[Statement], timeout: str = TIMEOUT
) -> list[Finding]:
    """Execute the statements, each on its own; return the findings about those that fail.

    What fails because it names what another statement has failed to make is told of once, with the first of them.
    Raises StackError when a statement leaves no session to go on in.
    """
    found: list[Finding] = []
    lacking: set[str] = set()
    for statement in statements:
        if statement.problem:
            found.append(syntax(statement))
            lacking |= made_by(statement)
            continue
        if isinstance(statement.node, ast.TransactionStmt):
            # Not executed: what follows a `begin` without its `commit` would be there for nobody else.
            found.append(transaction_control(statement))
            continue
        try:
            connection.execute(NOTE, [str(statement.number), timeout])
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
                connection.close()
                raise StackError(
                    f"{shown(statement.file)}:{statement.line} ends or occupies its session, "
                    "so that the rest could not be checked.",
                    "Take the statement out: it has no place in a migration.",
                    str(error).strip(),
                ) from error
            if not (error.sqlstate in UNDEFINED and missing(error) & lacking):
                found.append(failure(statement, error))
            lacking |= made_by(statement)
    connection.execute("select set_config('groundwork.statement', '', false)")
    return found


def made_by(statement: Statement) -> set[str]:
    """Return the names of what a statement was to make, as far as can be told."""
    if statement.node is None or isinstance(statement.node, ast.DoStmt):
        written = " ".join(WRITTEN.findall(statement.text))
        return {(quoted or plain.lower()) for quoted, plain in re.findall(r'"([^"]+)"|(\w+)', written)}
    found = set()
    for node in walk(statement.node):
        if isinstance(node, ast.AlterTableCmd):
            # Of a new table no columns: whoever lacks them lacks the table first.
            found |= {getattr(node.def_, "colname", None), getattr(node.def_, "conname", None)}
        elif type(node) in MAKERS:
            found.add(last_name(getattr(node, MAKERS[type(node)])))
    return {str(name) for name in found if name}


def last_name(value: object) -> str | None:
    """Return the name itself of what the parser has as a relation, a list of names, or a text."""
    if isinstance(value, ast.RangeVar):
        return str(value.relname)
    if isinstance(value, tuple):
        return str(value[-1].sval) if value and isinstance(value[-1], ast.String) else None
    return value if isinstance(value, str) else None


def missing(error: psycopg.Error) -> set[str]:
    """Return the name of what an error says does not exist, whole and without its schema."""
    match = MISSING.search(error.diag.message_primary or "")
    if match is None:
        return set()
    name = str(match[1] or match[2]).removesuffix("[]")
    return {name.strip('"'), name.rsplit(".", 1)[-1].strip('"')}


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


def transaction_control(statement: Statement) -> Finding:
    """Return the finding about a statement that begins or ends a transaction."""
    return Finding(
        shown(statement.file),
        statement.line,
        "transaction-control",
        Level.error,
        "A migration is one transaction, which this statement would end, or begin anew.",
        "Delete the statement: the file is applied as a whole, or not at all.",
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
