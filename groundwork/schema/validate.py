"""Validates SQL files: parses them, loads them into a scratch database, and asks the rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
from pglast import ast

from groundwork.schema import bodies, catalog, load, outside, policies
from groundwork.schema.findings import Finding, Level, shown
from groundwork.schema.scratch import ScratchServer, owner_session
from groundwork.schema.statements import Statement, dotted, read, walk
from groundwork.stack.database import Database
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

CREATES_TABLE = ("CREATE TABLE", "CREATE TABLE AS", "SELECT INTO", "CREATE VIEW", "CREATE MATERIALIZED VIEW")
SOURCES = (".sql",)
REFUSED = ("load", "syntax", "transaction-control")
"""The rules about statements that were not executed."""


@dataclass
class Run:
    """The files that are validated, what they made, and what was found so far."""

    statements: list[Statement]
    database: Database
    admin: psycopg.Connection[Any]
    touched: dict[tuple[int, int], list[tuple[int, str]]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def statement_of(self, classid: int, objid: int, *, last: bool = False) -> Statement | None:
        """Return the statement that made an object, or with `last` made it anew; None for what was there."""
        known = self.touched.get((classid, objid), [])
        making = [number for number, tag in known if tag.startswith(("CREATE", "SELECT"))] or [n for n, _ in known]
        if not making:
            return None
        return self.statements[making[-1] if last else making[0]]

    def add(  # noqa: PLR0917
        self, statement: Statement, line: int, rule: str, level: Level, message: str, hint: str
    ) -> None:
        """Note a finding."""
        self.findings.append(Finding(shown(statement.file), line, rule, level, message, hint, statement.number))


def files_of(path: Path) -> list[Path]:
    """Return the files to validate, in order: a file, or a folder's SQL files; raise StackError without any."""
    if path.is_dir():
        found = sorted(item for item in path.iterdir() if item.suffix in SOURCES and item.is_file())
        if not found:
            raise StackError(f"There are no SQL files in {path}.", "Name a file, or the folder that holds them.")
        return found
    if not path.is_file():
        raise StackError(f"There is no file {path}.", "Name a SQL file, or a folder of them.")
    return [path]


def earlier(files: Sequence[Path]) -> list[Path]:
    """Return the migrations that come before the files, where these are a project's migrations; else none."""
    first = files[0].resolve()
    try:
        project = Project.find(first.parent)
    except StackError:
        return []
    known = [path.resolve() for path in project.migrations]
    return known[: known.index(first)] if first in known else []


def read_all(files: Iterable[Path]) -> list[Statement]:
    """Return the statements of all files; raise StackError for a file that cannot be read."""
    found: list[Statement] = []
    for file in files:
        try:
            found += read(file, len(found))
        except UnicodeDecodeError as error:
            raise StackError(f"{file} is not UTF-8.", "Save it as UTF-8.", str(error)) from None
        except OSError as error:
            raise StackError(f"{file} cannot be read: {error.strerror}.") from None
    return found


def validate(
    server: ScratchServer,
    files: Sequence[Path],
    before: Sequence[Path] = (),
    *,
    advisors: bool = True,
    timeout: str = load.TIMEOUT,
) -> list[Finding]:
    """Return what is wrong with the files, loaded after those `before`, silenced findings included.

    Raises StackError when it cannot be checked.
    """
    statements = read_all(files)
    try:
        with server.database() as database, owner_session(database) as connection, database.connect() as admin:
            load_earlier(connection, before)
            # Of the rules' own questions none takes long, unless the files hold something up.
            admin.execute("select set_config('statement_timeout', %s, false)", [load.TIMEOUT])
            run = Run(statements, database, admin, findings=load.load(connection, statements, timeout))
            examine(run, server, files, advisors=advisors)
    except psycopg.Error as error:
        raise StackError(
            "The scratch database could not be examined.",
            "See that the files end no sessions of others, and drop nothing that is Supabase's own.",
            str(error).strip(),
        ) from error
    return silenced(run)


def load_earlier(connection: psycopg.Connection[Any], files: Sequence[Path]) -> None:
    """Load the files that come before; raise StackError when one does not load as a whole."""
    connection.execute("select set_config('statement_timeout', %s, false)", [load.TIMEOUT])
    for file in files:
        try:
            connection.execute(file.read_bytes())
        except Exception as error:
            raise StackError(
                f"{shown(file)}, which comes before, does not load.", "Validate it first.", str(error)
            ) from error
        if connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            raise StackError(
                f"{shown(file)}, which comes before, begins a transaction and does not end it.",
                "Validate it first.",
            )


def examine(run: Run, server: ScratchServer, files: Sequence[Path], *, advisors: bool) -> None:
    """Ask all rules about what was loaded."""
    run.touched = load.touched(run.admin)
    exposed = [str(name) for name in server.project.setting("api.schemas", ["public"])]
    check_catalog(run, exposed)
    check_policies(run)
    check_bodies(run)
    check_conditions(run)
    check_locks(run, files)
    if advisors:
        check_advisors(run, server)


def check_catalog(run: Run, exposed: list[str]) -> None:
    """Ask the rules that query the catalog."""
    for rule in catalog.RULES:
        for hit in catalog.hits(run.admin, rule, exposed):
            statement = run.statement_of(hit.classid, hit.objid)
            if statement is None:
                continue
            words = {"name": hit.name, "part": hit.part or ""}
            place, line = locate(run, statement, hit)
            run.add(place, line, rule.name, rule.level, rule.message.format(**words), rule.hint.format(**words))


def locate(run: Run, statement: Statement, hit: catalog.Hit) -> tuple[Statement, int]:
    """Return the statement and line of the part of an object that a rule is about: a column or a constraint."""
    if hit.part is None:
        return statement, statement.line
    touching = [run.statements[number] for number, _ in run.touched.get((hit.classid, hit.objid), [])]
    columns = constrained_columns(run.admin, hit)
    for candidate in touching:
        line = part_line(candidate, hit.part, columns)
        if line is not None:
            return candidate, line
    return statement, statement.line


def constrained_columns(connection: psycopg.Connection[Any], hit: catalog.Hit) -> list[str]:
    """Return the columns of the constraint that a finding names; none where it names a column."""
    rows = connection.execute(
        "select a.attname from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid "
        "and a.attnum = any (k.conkey) where k.conrelid = %s and k.conname = %s order by a.attnum",
        [hit.objid, hit.part],
    ).fetchall()
    return [str(row[0]) for row in rows]


def part_line(statement: Statement, part: str, columns: list[str]) -> int | None:
    """Return the line on which a statement defines a column or constraint, or None."""
    for node in walk(statement.node):
        if isinstance(node, ast.Constraint):
            own = [item.sval for item in node.fk_attrs or ()]
            if node.conname == part or (columns and sorted(own) == sorted(columns)):
                return statement.line_at(int(node.location or 0))
        if isinstance(node, ast.ColumnDef) and node.location is not None:
            if node.colname == part:
                return statement.line_at(node.location)
            for item in node.constraints or ():
                if columns == [node.colname] and getattr(item, "pktable", None):
                    return statement.line_at(int(item.location))
    return None


def check_policies(run: Run) -> None:
    """Ask the rules about policies."""
    known = policies.policies(run.admin)
    catalog_of_policies = catalog.number(run.admin, "pg_policy")
    recursive = {policy.oid: how for policy, how in policies.recursive(run.admin)}
    for policy in known:
        statement = run.statement_of(catalog_of_policies, policy.oid, last=True)
        if statement is None:
            continue
        name = f"Policy {policy.name} of {policy.table}"
        if policy.oid in recursive:
            run.add(
                statement,
                statement.line,
                "recursive-policy",
                Level.error,
                f"{name} recurses without end: {recursive[policy.oid]}.",
                "Read the memberships in a security definer function in a schema that is not exposed.",
            )
        if policies.is_open_to_anon(policy):
            run.add(
                statement,
                statement.line,
                "open-to-anon",
                Level.warning,
                f"{name} lets in whoever has not signed in.",
                "Write `to authenticated`, or name the caller in its condition.",
            )
        if any(True for tree in policy.expressions() for _ in policies.per_row_calls(tree)):
            run.add(
                statement,
                per_row_line(statement),
                "per-row-auth",
                Level.warning,
                f"{name} asks for every row who the caller is.",
                "Write (select auth.uid()): a subquery of its own is asked once a statement.",
            )


def per_row_line(statement: Statement) -> int:
    """Return the line of the first call that is made per row."""
    for call in policies.per_row_calls(statement.node):
        return statement.line_at(int(call.location or 0))
    return statement.line


def check_bodies(run: Run) -> None:
    """Check the bodies of functions."""
    catalog_of_functions = catalog.number(run.admin, "pg_proc")
    seen = set()
    for trouble in bodies.troubles(run.admin):
        statement = run.statement_of(catalog_of_functions, trouble.function, last=True)
        if statement is None or (trouble.function, trouble.message) in seen:
            continue
        seen.add((trouble.function, trouble.message))
        run.add(
            statement,
            body_line(statement) + trouble.line - 1,
            "function-body",
            Level.error if trouble.certain else Level.info,
            f"The function {'fails' if trouble.certain else 'may fail'} when it runs: {trouble.message}.",
            trouble.hint,
        )


def check_conditions(run: Run) -> None:
    """Look for updates and deletes of every row, which Supabase refuses to whoever comes through the Data API."""
    catalog_of_functions = catalog.number(run.admin, "pg_proc")
    for trouble in bodies.unconditional(run.admin):
        statement = run.statement_of(catalog_of_functions, trouble.function, last=True)
        if statement is not None:
            run.add(
                statement,
                body_line(statement) + trouble.line - 1,
                "unsafe-update",
                Level.warning,
                f"The function {trouble.message}: Supabase refuses that in a call through the Data API.",
                "Add a condition, or `where true` where every row is meant: hosted projects load safeupdate.",
            )


def body_line(statement: Statement) -> int:
    """Return the line on which the body in a statement begins."""
    if isinstance(statement.node, ast.CreateFunctionStmt):
        for option in statement.node.options or ():
            if option.defname == "as":
                return statement.line_at(statement.text.find(str(option.arg[0].sval)[:40]))
    return statement.line


def check_locks(run: Run, files: Sequence[Path]) -> None:
    """Ask squawk about statements on tables that the files did not make themselves."""
    own = own_tables(run)
    refused = {finding.statement for finding in run.findings if finding.rule in REFUSED}
    for file in files:
        for remark in outside.squawk(file):
            for statement in run.statements:
                if statement.file != file or not statement.line <= remark.line <= statement.last_line:
                    continue
                if statement.number not in refused and not (relations(statement) and relations(statement) <= own):
                    run.add(
                        statement, remark.line, f"squawk/{remark.rule}", Level.warning, remark.message, remark.hint
                    )
                break


def own_tables(run: Run) -> set[str]:
    """Return the names of the tables and indexes that the files make."""
    found = set()
    for statement in run.statements:
        node = statement.node
        if isinstance(node, ast.CreateStmt) and node.relation:
            found.add(str(node.relation.relname))
        elif isinstance(node, ast.CreateTableAsStmt) and node.into and node.into.rel:
            found.add(str(node.into.rel.relname))
        elif isinstance(node, ast.IndexStmt) and node.idxname:
            found.add(str(node.idxname))
    return found


def relations(statement: Statement) -> set[str]:
    """Return the names of the relations that a statement changes."""
    node = statement.node
    if isinstance(node, ast.DropStmt):
        return {
            dotted(item if isinstance(item, tuple) else [item]).rsplit(".", 1)[-1] for item in node.objects or ()
        }
    relation = getattr(node, "relation", None)
    return {str(relation.relname)} if isinstance(relation, ast.RangeVar) else set()


def check_advisors(run: Run, server: ScratchServer) -> None:
    """Ask the Supabase advisors, and find the statement that made what they speak of."""
    with tempfile.TemporaryDirectory(prefix="groundwork-cli-") as home:
        said = outside.advisors(run.database, server.project, Path(home))
    places = identities(run)
    told = {(finding.statement, finding.rule) for finding in run.findings}
    for advice in said:
        number = next(
            (number for schema, name, number in places if (schema, name) == (advice.schema, advice.name)), None
        )
        if number is None:
            continue
        statement = run.statements[number]
        ours = outside.COVERED.get(advice.rule)
        if ours is not None and any(rule == ours for _, rule in told):
            continue
        if ours is not None and advice.level is Level.info:
            continue
        run.add(statement, statement.line, f"supabase/{advice.rule}", advice.level, advice.message, advice.hint)


def identities(run: Run) -> list[tuple[str, str, int]]:
    """Return schema, name and statement of every table, view and function that the files made."""
    rows = run.admin.execute(
        """
        select n.nspname, x.name, min(t.statement)
        from groundwork_scratch.touched t
        join (
            select 'pg_class'::regclass::oid as classid, oid, relname as name, relnamespace as namespace
            from pg_class
            union all
            select 'pg_proc'::regclass::oid, oid, proname, pronamespace from pg_proc
        ) x on x.classid = t.classid and x.oid = t.objid
        join pg_namespace n on n.oid = x.namespace
        where t.tag like 'CREATE%'
        group by 1, 2
        """
    ).fetchall()
    return [(str(schema), str(name), int(str(number))) for schema, name, number in rows]


def silenced(run: Run) -> list[Finding]:
    """Return the findings in the order of the files, those that a comment allows marked with its reason."""
    found = []
    used = set()
    for finding in run.findings:
        statement = run.statements[finding.statement]
        reason = ""
        for silence in statement.silences:
            if finding.rule in silence.rules and silence.reason:
                reason = silence.reason
                used.add((statement.number, silence.line, finding.rule))
        found.append(replace(finding, silenced=reason))
    found += [finding for statement in run.statements for finding in unused(statement, used)]
    order = {shown(statement.file): statement.number for statement in reversed(run.statements)}
    return sorted(set(found), key=lambda finding: (order.get(finding.file, 0), finding.line, finding.rule))


def unused(statement: Statement, used: set[tuple[int, int, str]]) -> Iterable[Finding]:
    """Yield findings about comments that silence nothing, or do not say why."""
    for silence in statement.silences:
        for rule in silence.rules:
            where = (shown(statement.file), silence.line)
            if not silence.reason:
                message = f"The comment that allows {rule} gives no reason, so it allows nothing."
                yield Finding(
                    *where, "allow-without-reason", Level.warning, message, "Add: because …", statement.number
                )
            elif (statement.number, silence.line, rule) not in used and not rule.startswith("supabase/"):
                message = f"The comment allows {rule}, which finds nothing here."
                yield Finding(*where, "allow-unused", Level.info, message, "Delete the comment.", statement.number)
