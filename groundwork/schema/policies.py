"""What is wrong with policies: those that recurse, are open to anon, or call auth.uid() for every row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString, NamedTuple

import psycopg
from pglast import ast
from pglast.enums import SubLinkType
from pglast.parser import ParseError, parse_sql
from psycopg import sql

from groundwork.schema import anon, bodies
from groundwork.schema.statements import dotted, walk

CALLER = {"auth.uid", "auth.jwt", "auth.role", "auth.email", "current_setting"}
COMMANDS = ("select", "insert", "update", "delete")
FAR = 12
"""How many calls of functions are followed."""

POLICIES: LiteralString = """
    select o.oid, o.polname, o.polrelid, o.polrelid::regclass::text, o.polcmd::text,
        pg_get_expr(o.polqual, o.polrelid), pg_get_expr(o.polwithcheck, o.polrelid),
        o.polroles = '{0}' or 'anon'::regrole = any (o.polroles),
        coalesce((select rolname from pg_roles where oid = o.polroles[1]), 'authenticated'),
        o.polpermissive
    from pg_policy o join pg_class c on c.oid = o.polrelid join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('auth', 'storage')
"""


class Policy(NamedTuple):
    """A policy, as the catalog has it."""

    oid: int
    name: str
    table_oid: int
    table: str
    command: str
    using: str | None
    check: str | None
    for_anon: bool
    role: str
    permissive: bool

    @property
    def reads(self) -> bool:
        """Whether the policy is asked when the table is read."""
        return self.command in ("r", "*")

    def expressions(self) -> Iterator[ast.Node]:
        """Yield the syntax trees of its expressions."""
        for text in (self.using, self.check):
            if text is not None:
                yield from parse_expression(text)


def parse_expression(text: str) -> list[ast.Node]:
    """Return the syntax tree of an expression as the catalog prints it."""
    try:
        parsed = parse_sql(f"select {text}")[0].stmt
    except ParseError:
        return []
    return [parsed] if parsed is not None else []


def policies(connection: psycopg.Connection[Any]) -> list[Policy]:
    """Return the policies on the tables that migrations made."""
    connection.execute("set search_path = ''")
    return [Policy(*row) for row in connection.execute(POLICIES).fetchall()]


def calls(tree: object) -> set[str]:
    """Return the names of the functions that a tree calls."""
    return {dotted(node.funcname).lower() for node in walk(tree) if isinstance(node, ast.FuncCall)}


def tables(tree: object) -> set[str]:
    """Return the names of the tables that a tree reads."""
    return {
        f"{node.schemaname or 'public'}.{node.relname}" for node in walk(tree) if isinstance(node, ast.RangeVar)
    }


def per_row_calls(tree: object) -> Iterator[ast.FuncCall]:
    """Yield the calls that ask who the caller is and are not alone in a subquery of their own."""
    wrapped: set[int] = set()
    for node in walk(tree):
        if isinstance(node, ast.SubLink) and node.subLinkType == SubLinkType.EXPR_SUBLINK:
            select = node.subselect
            if isinstance(select, ast.SelectStmt) and not select.fromClause and not select.whereClause:
                wrapped |= {id(inner) for inner in walk(select)}
    for node in walk(tree):
        if isinstance(node, ast.FuncCall) and id(node) not in wrapped and asks_who(node):
            yield node


def asks_who(node: ast.FuncCall) -> bool:
    """Return whether a function tells who the caller is."""
    return dotted(node.funcname).lower().removeprefix("pg_catalog.") in CALLER


def is_open_to_anon(policy: Policy) -> bool:
    """Return whether a policy lets somebody in who has not signed in, whoever they are."""
    if not policy.for_anon or not policy.permissive:
        return False
    deciding = policy.check if policy.command == "a" else policy.using
    return anon.lets_in(deciding or "true")


def recursive(connection: psycopg.Connection[Any]) -> list[tuple[Policy, str]]:
    """Return the policies that end in infinite recursion, each with how.

    The rewriter is asked about every table and command; what it cannot see, functions that run as their caller, is
    followed through their bodies.
    """
    known = policies(connection)
    found = {policy.oid: (policy, how) for policy, how in through_functions(connection, known)}
    for policy in known:
        refused = explain(connection, policy)
        for guilty in known:
            if guilty.table == refused and reads_tables(guilty):
                read = ", ".join(sorted(tables(list(guilty.expressions()))))
                found[guilty.oid] = (guilty, f"reading {guilty.table} asks it, and it reads {read}")
    return list(found.values())


def reads_tables(policy: Policy) -> bool:
    """Return whether a policy that is asked on reading has a subquery."""
    return policy.reads and bool(tables(list(policy.expressions())))


def explain(connection: psycopg.Connection[Any], policy: Policy) -> str:
    """Return the table whose policies recurse when the policy's table is used; nothing where none do."""
    column = connection.execute(
        "select attname from pg_attribute where attrelid = %s and attnum > 0 and not attisdropped "
        "and attgenerated = '' order by attnum limit 1",
        [policy.table_oid],
    ).fetchone()
    if column is None:
        return ""
    table = sql.SQL(policy.table)
    name = sql.Identifier(column[0])
    statements = (
        sql.SQL("select from {}").format(table),
        sql.SQL("insert into {} default values").format(table),
        sql.SQL("update {} set {} = {}").format(table, name, name),
        sql.SQL("delete from {}").format(table),
    )
    for statement in statements:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("set local role {}").format(sql.Identifier(policy.role)))
                connection.execute(sql.SQL("explain ") + statement)
        except psycopg.Error as error:
            message = error.diag.message_primary or ""
            if error.sqlstate == "42P17" and "infinite recursion" in message:
                short = message.rsplit('"', 2)[1]
                schema = policy.table.rsplit(".", 1)[0]
                return f"{schema}.{short}"
    return ""


def through_functions(connection: psycopg.Connection[Any], known: list[Policy]) -> Iterator[tuple[Policy, str]]:
    """Yield the policies that call a function which reads, as the caller, the policy's own table."""
    functions = bodies.reading_as_caller(connection)
    for policy in known:
        if not policy.reads:
            continue
        for name in bodies.qualified(calls(list(policy.expressions()))):
            if policy.table in reached(name, functions, known, FAR):
                yield policy, f"it calls {name}, which runs as its caller and reads {policy.table}"


def reached(name: str, functions: dict[str, tuple[set[str], set[str]]], known: list[Policy], far: int) -> set[str]:
    """Return the tables that a function reads as its caller: itself, through others, and through policies."""
    if name not in functions or far == 0:
        return set()
    own, called = functions[name]
    found = set(own)
    for other in called:
        found |= reached(other, functions, known, far - 1)
    for policy in known:
        if policy.table in own and policy.reads:
            trees = list(policy.expressions())
            found |= tables(trees)
            for other in bodies.qualified(calls(trees)):
                found |= reached(other, functions, known, far // 2)
    return found
