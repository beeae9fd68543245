"""Checks the bodies of functions, which Postgres itself looks at only when they run."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, LiteralString, NamedTuple

import psycopg
from pglast import ast, parse_plpgsql
from pglast.parser import ParseError, parse_sql
from psycopg import sql

from groundwork.schema.statements import dotted, walk

SCHEMA = "groundwork_bodies"
TRIGGER_VARIABLES = {
    "tg_name": "name", "tg_when": "text", "tg_level": "text", "tg_op": "text", "tg_relid": "oid",
    "tg_relname": "name", "tg_table_name": "name", "tg_table_schema": "name", "tg_nargs": "integer",
    "tg_argv": "text[]",
}  # fmt: skip
ALWAYS = {"found": "boolean", "sqlstate": "text", "sqlerrm": "text"}
TELLING = {
    "42703": "", "42P01": "", "42883": "", "42803": "Aggregate in a subquery first, and then over its rows.",
    "42804": "", "42601": "", "42704": "", "42846": "", "42P18": "", "42P10": "", "42809": "", "42P20": "",
}  # fmt: skip
"""The errors that a statement has whatever its variables hold, with what to do."""

FUNCTIONS: LiteralString = """
    select p.oid, p.oid::regproc::text, l.lanname, coalesce(p.prosrc, ''), pg_get_functiondef(p.oid), p.prosecdef,
        (select t.tgrelid::regclass::text from pg_trigger t where t.tgfoid = p.oid order by t.tgrelid limit 1),
        p.proargnames,
        array(
            select format_type(x.t, null)
            from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality x (t, i) order by i
        ),
        p.proargmodes::text[], format_type(p.prorettype, null), p.proretset, p.prorettype = 'trigger'::regtype,
        array(
            select distinct x.name from pg_trigger t, unnest(array[t.tgoldtable, t.tgnewtable]) x (name)
            where t.tgfoid = p.oid and x.name is not null
        )::text[]
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
    where l.lanname in ('sql', 'plpgsql') and p.prokind in ('f', 'p') and n.nspname !~ '^pg_'
        and n.nspname not in ('information_schema', 'auth', 'storage', 'extensions', 'groundwork_scratch')
        and not exists (
            select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
        )
"""

DECLARED = re.compile(
    r"^\s*(?:declare\s+)?(\w+)\s+(?:constant\s+)?(.+?)\s*(?:collate\s+\S+\s*)?(?:not\s+null\s*)?(?::=|=|default\b|;|$)",
    re.IGNORECASE,
)


class Function(NamedTuple):
    """A function, as the catalog has it."""

    oid: int
    name: str
    language: str
    source: str
    definition: str
    definer: bool
    relation: str | None
    arguments: list[str] | None
    types: list[str]
    modes: list[str] | None
    returns: str
    returns_set: bool
    is_trigger: bool
    transition_tables: list[str]


class Trouble(NamedTuple):
    """What is wrong in a body: the line counted from where the body begins, and what to do."""

    function: int
    line: int
    message: str
    hint: str
    certain: bool


class Query(NamedTuple):
    """A statement or expression of a body."""

    line: int
    text: str
    is_expression: bool


def functions(connection: psycopg.Connection[Any]) -> list[Function]:
    """Return the functions that migrations made, each with a table whose trigger it is."""
    connection.execute("set search_path = ''")
    rows = connection.execute(FUNCTIONS).fetchall()
    return [Function(*row) for row in rows]


def troubles(connection: psycopg.Connection[Any]) -> Iterator[Trouble]:
    """Yield what is wrong in the bodies of all functions, by plpgsql_check where the server has it."""
    known = functions(connection)
    checker = connection.execute("select from pg_available_extensions where name = 'plpgsql_check'").fetchone()
    if checker is not None:
        connection.execute("create extension if not exists plpgsql_check with schema extensions")
    connection.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(SCHEMA)))
    for function in known:
        yield from revalidate(connection, function)
        if function.language != "plpgsql" or (function.is_trigger and function.relation is None):
            continue
        if checker is not None:
            yield from by_extension(connection, function)
        else:
            yield from by_statement(connection, function)


def revalidate(connection: psycopg.Connection[Any], function: Function) -> Iterator[Trouble]:
    """Yield the error of a function that Postgres' own check refuses now that everything is loaded."""
    validator = "fmgr_sql_validator" if function.language == "sql" else "plpgsql_validator"
    try:
        with connection.transaction():
            settings(connection, function)
            connection.execute(
                sql.SQL("select pg_catalog.{}({})").format(sql.Identifier(validator), sql.Literal(function.oid))
            )
    except psycopg.Error as error:
        at = int(error.diag.internal_position or 1) - 1
        line = 1 + function.source.count("\n", 0, at)
        yield Trouble(function.oid, line, error.diag.message_primary or str(error), "", certain=True)


def settings(connection: psycopg.Connection[Any], function: Function) -> None:
    """Set for the transaction what the function's definition sets, its search_path above all."""
    row = connection.execute("select proconfig from pg_proc where oid = %s", [function.oid]).fetchone()
    path = [
        item.split("=", 1)[1] for item in (row[0] if row and row[0] else []) if item.startswith("search_path=")
    ]
    connection.execute(
        "select set_config('search_path', %s, true)", [path[0] if path else '"$user", public, extensions']
    )


def by_extension(connection: psycopg.Connection[Any], function: Function) -> Iterator[Trouble]:
    """Yield what plpgsql_check says."""
    row = connection.execute(
        "select max(tgoldtable), max(tgnewtable) from pg_trigger where tgfoid = %s", [function.oid]
    ).fetchone()
    old, new = row or (None, None)
    rows = connection.execute(
        "select lineno, level, message, coalesce(hint, ''), coalesce(query, ''), coalesce(position, 1) "
        "from extensions.plpgsql_check_function_tb("
        "%s::oid::regprocedure, coalesce(%s::regclass, 0), fatal_errors => false, extra_warnings => false, "
        "performance_warnings => false, oldtable => %s, newtable => %s)",
        [function.oid, function.relation, old, new],
    ).fetchall()
    for line, level, message, hint, query, position in rows:
        if level in ("error", "warning"):
            within = query.count("\n", 0, max(position - 1, 0))
            yield Trouble(function.oid, (line or 1) + within, message, hint, certain=level == "error")


def by_statement(connection: psycopg.Connection[Any], function: Function) -> Iterator[Trouble]:
    """Yield the errors of the body's statements, each checked as the body of an SQL function of its own."""
    try:
        parsed = parse(connection, function)
    except (ParseError, ValueError) as error:
        yield Trouble(function.oid, 1, str(error.args[0]), "", certain=True)
        return
    variables, unknown = variables_of(function, parsed)
    temporary = re.search(r"\bcreate\s+(temp|temporary|table)\b", function.source, re.IGNORECASE) is not None
    for query in queries(parsed):
        if any(re.search(rf"\b{re.escape(name)}\b", query.text, re.IGNORECASE) for name in unknown):
            continue
        made = as_function(function, variables, query)
        refusal = attempt(connection, function, made)
        if refusal is None or refusal.sqlstate not in TELLING or (temporary and refusal.sqlstate == "42P01"):
            continue
        yield Trouble(
            function.oid,
            query.line + line_within(made.as_string(connection), refusal),
            refusal.diag.message_primary or str(refusal),
            refusal.diag.message_hint or TELLING[refusal.sqlstate],
            certain=True,
        )


def parse(connection: psycopg.Connection[Any], function: Function) -> list[dict[str, Any]]:
    """Return the parsed body; raise ParseError when it has a mistake of syntax.

    The parser stands alone and knows no types but Postgres' own: those that the body declares are replaced.
    """
    rows = connection.execute(
        "select c.oid::regclass::text from pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'c', 'f')"
    ).fetchall()
    composite = {row[0] for row in rows}
    parameters = []
    modes = function.modes or ["i"] * len(function.types)
    for number, mode in enumerate(modes):
        name = (function.arguments or [])[number] if number < len(function.arguments or []) else ""
        word = {"o": "out ", "t": "out ", "b": "inout "}.get(mode, "")
        kind = "record" if function.types[number] in composite and not word else "text"
        parameters.append(f'{word}"{name}" {kind}' if name else f"{word}{kind}")
    outs = sum(mode in "otb" for mode in modes)
    returns = "trigger" if function.is_trigger else "void" if function.returns == "void" else "text"
    if outs > 1 or (function.returns == "record" and not outs):
        returns = "record"
    words = (
        f"create function f({', '.join(parameters)}) returns {'setof ' if function.returns_set else ''}{returns}"
    )
    body = plain_types(function.source, composite)
    parsed: list[dict[str, Any]] = parse_plpgsql(f"{words} language plpgsql as {quoted(body)}")
    return parsed


def plain_types(source: str, composite: set[str]) -> str:
    """Return a body whose declarations of types that only the database knows are of types the parser knows."""
    lines = source.split("\n")
    declaring = False
    complete = True
    for number, line in enumerate(lines):
        word = line.strip().lower()
        if word.startswith("--"):
            continue
        if re.match(r"declare\b", word):
            declaring = True
        elif re.match(r"begin\b", word):
            declaring = False
        match = DECLARED.match(line) if declaring and complete else None
        complete = re.search(r"(;|^declare)\s*(--.*)?$", word) is not None or not word
        if match is not None and "." in match[2]:
            kind = match[2].strip()
            plain = (
                "text[]" if "[" in kind else "record" if kind in composite or kind.endswith("%rowtype") else "text"
            )
            lines[number] = line[: match.start(2)] + plain + line[match.end(2) :]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """Return a text in dollar quotes that it does not contain."""
    tag = "$body$"
    while tag in text:
        tag = tag[:-1] + "x$"
    return f"{tag}{text}{tag}"


def line_within(made: str, error: psycopg.Error) -> int:
    """Return how many lines below the first one of a body the mistake is; `made` has it from its first line."""
    position = int(error.diag.statement_position or error.diag.internal_position or 1)
    text = error.diag.internal_query or made
    return text.count("\n", 0, position - 1)


def as_function(function: Function, variables: dict[str, str], query: Query) -> sql.Composed:
    """Return the definition of an SQL function: its body the statement, its parameters the variables."""
    used = {
        name: kind
        for name, kind in variables.items()
        if re.search(rf"(?<![\w$]){re.escape(name)}\b", query.text, re.IGNORECASE)
    }
    statement = f"select {query.text}" if query.is_expression else query.text
    parameters = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in used.items()
    )
    short = function.name.rsplit(".", 1)[-1].strip('"')
    return sql.SQL("create function {}.{}({}) returns void language sql as {}").format(
        sql.Identifier(SCHEMA), sql.Identifier(short), parameters, sql.Literal(statement)
    )


def attempt(connection: psycopg.Connection[Any], function: Function, made: sql.Composed) -> psycopg.Error | None:
    """Return the error that Postgres has with a definition, or None."""
    try:
        with connection.transaction(force_rollback=True):
            if function.relation:
                for name in function.transition_tables:
                    like = sql.SQL("create temp table {} as select * from {} with no data")
                    connection.execute(like.format(sql.Identifier(name), sql.SQL(function.relation)))
            settings(connection, function)
            connection.execute(made)
    except psycopg.Error as error:
        return error
    return None


def variables_of(function: Function, parsed: list[dict[str, Any]]) -> tuple[dict[str, str], set[str]]:
    """Return the variables by type, and the names of those whose type only running tells."""
    found = dict(ALWAYS)
    unknown: set[str] = set()
    pairs = zip(function.arguments or [], function.types, strict=False)
    found |= {name: kind for name, kind in pairs if name}
    if function.is_trigger:
        found |= TRIGGER_VARIABLES
        if function.relation:
            found |= {"new": function.relation, "old": function.relation}
    lines = function.definition.splitlines()
    offset = next((number for number, line in enumerate(lines) if re.search(r"\$function\$", line)), 0)
    for item in every(parsed, "PLpgSQL_var", "PLpgSQL_rec"):
        name, line = item.get("refname", ""), item.get("lineno")
        if not name or name in found or line is None:
            if name and name not in found and name != "*internal*":
                unknown.add(name)
            continue
        written = lines[offset + line - 1] if offset + line - 1 < len(lines) else ""
        match = DECLARED.match(written)
        known = item.get("datatype", {}).get("PLpgSQL_type", {}).get("typname", "")
        kind = match[2] if match and match[1].lower() == name.lower() else known
        if not kind or kind.lower() == "record" or "%" in kind or "cursor" in kind.lower():
            unknown.add(name)
        else:
            found[name] = kind
    return found, unknown


def every(tree: object, *kinds: str) -> Iterator[dict[str, Any]]:
    """Yield the nodes of these kinds, in the order of the text."""
    if isinstance(tree, list):
        for item in tree:
            yield from every(item, *kinds)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key in kinds:
                yield value
            yield from every(value, *kinds)


def queries(tree: object, line: int = 1) -> Iterator[Query]:
    """Yield the statements and expressions of a parsed body, each with the line of what it belongs to."""
    if isinstance(tree, list):
        for item in tree:
            yield from queries(item, line)
    elif isinstance(tree, dict):
        here = int(tree.get("lineno", line))
        for key, value in tree.items():
            if key == "PLpgSQL_expr":
                yield query_of(value, here)
            elif key not in ("datums", "target", "PLpgSQL_row"):
                yield from queries(value, here)


def query_of(expression: dict[str, Any], line: int) -> Query:
    """Return one expression as what can be checked; of an assignment, its right side."""
    text = expression.get("query", "")
    mode = expression.get("parseMode", 0)
    if mode == 2:  # noqa: PLR2004 - RAW_PARSE_PLPGSQL_EXPR
        return Query(line, text, is_expression=True)
    if mode > 2:  # noqa: PLR2004 - RAW_PARSE_PLPGSQL_ASSIGN1 and after
        return Query(line, re.split(r":=|=", text, maxsplit=1)[-1], is_expression=True)
    return Query(line, text, is_expression=False)


def trees(connection: psycopg.Connection[Any], function: Function) -> Iterator[tuple[int, str, object]]:
    """Yield the statements and expressions of a body: the line each begins on, its text and its syntax tree.

    Raises ParseError or ValueError for a body that does not parse.
    """
    if function.language == "sql":
        yield 1, function.source, parse_sql(function.source)
        return
    for query in queries(parse(connection, function)):
        text = f"select {query.text}" if query.is_expression else query.text
        yield query.line, text, parse_sql(text)


def unconditional(connection: psycopg.Connection[Any]) -> Iterator[Trouble]:
    """Yield each update and delete without a condition, also in text that a body executes."""
    for function in functions(connection):
        try:
            statements = list(trees(connection, function))
        except (ParseError, ValueError):
            continue
        for line, text, tree in statements:
            for dynamic in executed(tree):
                with contextlib.suppress(ParseError):
                    statements.append((line, dynamic, parse_sql(dynamic)))
            for node in walk(tree):
                if (
                    isinstance(node, (ast.UpdateStmt, ast.DeleteStmt))
                    and node.whereClause is None
                    and node.relation
                ):
                    verb = "updates" if isinstance(node, ast.UpdateStmt) else "deletes"
                    below = text.count("\n", 0, node.relation.location or 0)
                    message = f"{verb} every row of {node.relation.relname}"
                    yield Trouble(function.oid, line + below, message, "", certain=True)


def executed(tree: object) -> Iterator[str]:
    """Yield the strings in a tree that are an update or delete, with names where format() puts them."""
    for node in walk(tree):
        if isinstance(node, ast.A_Const) and isinstance(node.val, ast.String):
            text = str(node.val.sval)
            if re.match(r"\s*(update|delete)\s", text, re.IGNORECASE):
                yield re.sub(r"%(\d+\$)?[IsL]", "x", text)


def reading_as_caller(connection: psycopg.Connection[Any]) -> dict[str, tuple[set[str], set[str]]]:
    """Return the tables that each function reads and the functions it calls, where it runs as its caller."""
    found = {}
    for function in functions(connection):
        if function.definer:
            continue
        try:
            found_trees = [tree for _, _, tree in trees(connection, function)]
        except (ParseError, ValueError):
            continue
        read = {
            f"{node.schemaname or 'public'}.{node.relname}"
            for node in walk(found_trees)
            if isinstance(node, ast.RangeVar)
        }
        called = {dotted(node.funcname).lower() for node in walk(found_trees) if isinstance(node, ast.FuncCall)}
        found[function.name] = (read, qualified(called))
    return found


def qualified(names: set[str]) -> set[str]:
    """Return the names of functions with their schema, public where none is written."""
    return {name if "." in name else f"public.{name}" for name in names}
