"""`groundwork doctor`: what an operator should know about a database, with the command that mends it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.markup import escape

from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from groundwork.stack.status import context_of

FOUND, UNCHECKED = 1, 2
"""The exit codes."""

MIGRATION = "health"
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Format(StrEnum):
    """How `doctor` prints."""

    text = "text"
    json = "json"


class Severity(StrEnum):
    """How bad a finding is, the worst first."""

    error = "error"
    warning = "warning"
    info = "info"


@dataclass(frozen=True)
class Finding:
    """One thing an operator should know."""

    severity: str
    finding: str
    subject: str
    evidence: str
    remedy: str


def findings(connection: psycopg.Connection[tuple[object, ...]], project: Project) -> list[Finding]:
    """Return what is wrong with a database, the worst first, by the database's own function or by our copy of it.

    Raises StackError where there is neither.
    """
    row = connection.execute("select to_regprocedure('private.health_findings()') is not null").fetchone()
    schema = "private" if row and row[0] else "pg_temp"
    if schema == "pg_temp":
        connection.execute(
            definition(project).replace("private.health_findings", "pg_temp.health_findings").encode()
        )
    rows = connection.execute(f"select * from {schema}.health_findings()".encode()).fetchall()  # noqa: S608
    order = list(Severity)
    found = [Finding(*map(str, row)) for row in rows]
    return sorted(found, key=lambda item: (order.index(Severity(item.severity)), item.finding, item.subject))


def definition(project: Project) -> str:
    """Return the statement that makes the function, from its migration; raise StackError where that is missing."""
    for path in project.migrations:
        if path.stem.endswith(f"_{MIGRATION}"):
            text = path.read_text()
            return text[text.index("create function private.health_findings") : text.index("comment on function")]
    raise StackError(
        "The database has no private.health_findings(), and the project no migration that makes it.",
        "Run groundwork inside the repository.",
    )


def address(project: Project, name: str, db_url: str | None) -> str:
    """Return the URL of the database to look at; raise StackError when the instance was never started."""
    if db_url is not None:
        return db_url
    database = context_of(Instance(project, name)).database
    return database.url(database.owner)


def examine(project: Project, name: str, db_url: str | None) -> list[Finding]:
    """Return the findings about an instance's database or the one at a URL; raise StackError without an answer."""
    try:
        with psycopg.connect(address(project, name, db_url), autocommit=True, connect_timeout=10) as connection:
            connection.execute("set statement_timeout = '60s'")
            connection.execute("set application_name = 'groundwork doctor'")
            return findings(connection, project)
    except psycopg.OperationalError as error:
        raise StackError(
            "The database cannot be reached.", "Run `groundwork start`, or check --db-url.", str(error).strip()
        ) from None
    except psycopg.Error as error:
        if error.sqlstate is None:  # the URL does not parse, and the error repeats it, password and all
            raise StackError(
                "--db-url is no Postgres URL.", "postgresql://USER:PASSWORD@HOST:PORT/DATABASE is."
            ) from None
        raise StackError("The database could not be examined.", detail=str(error).strip()) from None


def command(
    name: Annotated[str, typer.Option("--name", help="Which instance.")] = "default",
    db_url: Annotated[
        str | None, typer.Option(help="Look at this database instead; a role with pg_monitor sees most.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.text,
    least: Annotated[Severity, typer.Option("--least", help="Leave out what is less severe.")] = Severity.info,
) -> None:
    """Tell what is wrong with a database, with the evidence and the command that mends it.

    The exit code is 0 when nothing needs mending, 1 at a warning or an error, 2 when it could not be looked at.

    Examples: `groundwork doctor`, `groundwork doctor --db-url "$DB_URL" --least warning --format json`
    """
    try:
        found = examine(Project.find(), name, db_url)
    except StackError as error:
        err.print(f"[bold red]error:[/] {escape(error.message)}")
        for line in error.detail.splitlines():
            err.print(f"  {escape(line)}")
        if error.hint:
            err.print(f"[bold]do:[/] {escape(error.hint)}")
        raise typer.Exit(UNCHECKED) from None
    order = list(Severity)
    shown = [item for item in found if order.index(Severity(item.severity)) <= order.index(least)]
    if form is Format.json:
        sys.stdout.write(json.dumps([asdict(item) for item in shown], indent=2) + "\n")
    else:
        write(shown)
    if any(item.severity != Severity.info for item in found):
        raise typer.Exit(FOUND)


def write(found: list[Finding]) -> None:
    """Print findings for people."""
    for item in found:
        out.print(
            f"[{STYLES[item.severity]}]{item.severity}[/] [cyan]{item.finding}[/] "
            f"[bold]{escape(item.subject)}[/] {escape(item.evidence)}"
        )
        out.print(f"    [dim]do:[/] {escape(item.remedy)}")
    needy = sum(item.severity != Severity.info for item in found)
    notes = len(found) - needy
    out.print(f"{needy or 'nothing'} to mend, {notes} {'note' if notes == 1 else 'notes'}")
