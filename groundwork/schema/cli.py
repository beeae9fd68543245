"""`groundwork schema …`: the schema's tools on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from groundwork.schema import patterns
from groundwork.schema.findings import Format, fails, write
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

app = typer.Typer(
    help="Generate, check and apply the database's schema.", no_args_is_help=True, rich_markup_mode="markdown"
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)
FOUND, UNCHECKED = 1, 2
"""The exit codes of `validate`."""

Server = Annotated[
    str | None, typer.Option("--server", help="Make the scratch database on this server, not on one of its own.")
]
LockTimeout = Annotated[str, typer.Option(help="Give up when a lock takes longer than this.")]


@app.command()
def generate(  # noqa: PLR0917
    pattern: Annotated[str, typer.Argument(help=f"One of {', '.join(patterns.PATTERNS)}.")],
    file: Annotated[Path | None, typer.Argument(help="Where to write it; standard output by default.")] = None,
    dimensions: Annotated[
        int, typer.Option(help="How many dimensions the embeddings have.")
    ] = patterns.DIMENSIONS,
    embedding_model: Annotated[
        str | None, typer.Option(help="The embeddings' model, needed where the dimensions are others.")
    ] = None,
    schema: Annotated[
        str, typer.Option(help="The schema of the tables and functions that clients use.")
    ] = patterns.SCHEMA,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write the SQL of a pattern and of all it needs.

    With --schema it stands beside what is in `public` already. There is no prefix for names: clients, the handlers
    in functions/ and the generated types call tables and functions by the names they have.

    Examples: `groundwork schema generate chat chat.sql`,
    `groundwork schema generate rag --dimensions 1536 --embedding-model text-embedding-3-small rag.sql`,
    `groundwork schema generate ai-usage --schema metering metering.sql`
    """
    text = patterns.generate(Project.find(), pattern, dimensions, embedding_model, schema)
    if file is None:
        sys.stdout.write(text)
        return
    if file.exists() and not force:
        raise StackError(f"{file} exists.", "Give another name, or --force to replace it.")
    try:
        file.write_text(text)
    except OSError as error:
        raise StackError(f"{file} cannot be written: {error.strerror}.") from error
    err.print(f"wrote {escape(str(file))}: {text.count(chr(10))} lines, pattern {pattern}")


@app.command()
def validate(
    path: Annotated[Path, typer.Argument(help="A SQL file, or a folder whose files are loaded in order.")],
    form: Annotated[Format, typer.Option("--format", "-f", help="How to print.")] = Format.text,
    after: Annotated[
        Path | None,
        typer.Option(help="A file or folder to load first. [default: the earlier migrations, for a migration]"),
    ] = None,
    server: Server = None,
    advisors: Annotated[bool, typer.Option(help="Also ask the Supabase advisors.")] = True,
) -> None:
    """Check SQL files: parse them, load them into a scratch database, and ask the rules.

    The exit code is 0 when nothing is wrong, 1 at a warning or worse, 2 when it could not be checked.
    A comment before a statement silences a rule: `-- groundwork: allow no-primary-key because it is a queue`.

    Examples: `groundwork schema validate supabase/migrations`,
    `groundwork schema validate new-feature.sql --after supabase/migrations --format github`
    """
    from groundwork.schema.scratch import scratch_server  # noqa: PLC0415 - the parser takes a while to load
    from groundwork.schema.validate import earlier, files_of, validate  # noqa: PLC0415

    try:
        files = files_of(path)
        before = files_of(after) if after else earlier(files)
        with scratch_server(server) as scratch:
            findings = validate(scratch, files, before, advisors=advisors)
    except StackError as error:
        complain(error)
        raise typer.Exit(UNCHECKED) from None
    write(findings, len(files), form, out)
    if fails(findings):
        raise typer.Exit(FOUND)


@app.command()
def apply(  # noqa: PLR0917
    file: Annotated[Path, typer.Argument(help="The SQL file.")],
    name: Annotated[str, typer.Argument(help="What the migration is called, such as add-invoices.")],
    instance: Annotated[str, typer.Option("--name", help="Which instance.")] = "default",
    db_url: Annotated[str | None, typer.Option(help="Apply it to this database instead.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run it in a transaction that is rolled back, and write nothing.")
    ] = False,
    lock_timeout: LockTimeout = "5s",
    server: Server = None,
) -> None:
    """Make a migration of a SQL file and apply it: validated first, all or nothing.

    The exit code is 0 when it is applied; 1 when validation finds a warning or the database refuses it, and
    nothing was changed; 2 when it could not be checked.

    Examples: `groundwork schema apply invoices.sql add-invoices --dry-run`,
    `groundwork schema apply invoices.sql add-invoices --db-url "$DB_URL" --lock-timeout 2s`
    """
    from groundwork.doctor import address  # noqa: PLC0415 - like the parser, it takes a while to load
    from groundwork.schema import apply as applying  # noqa: PLC0415
    from groundwork.schema.scratch import scratch_server  # noqa: PLC0415
    from groundwork.schema.validate import files_of, validate  # noqa: PLC0415

    try:
        project = Project.find()
        url = address(project, instance, db_url)
        files = files_of(file)
        applying.refuse_no_time(lock_timeout)
        applying.refuse_pending(project, url)
        with scratch_server(server) as scratch:
            findings = validate(scratch, files, project.migrations, advisors=False)
    except StackError as error:
        complain(error)
        raise typer.Exit(UNCHECKED) from None
    write(findings, len(files), Format.text, err)
    if fails(findings):
        raise typer.Exit(FOUND)
    try:
        if dry_run:
            applying.rehearse(url, applying.compose(file, lock_timeout))
            err.print("the database takes it; nothing was changed")
        else:
            path = applying.apply(project, file, name, url, lock_timeout)
            err.print(f"applied {escape(path.name)}")
    except StackError as error:
        complain(error)
        raise typer.Exit(FOUND) from None


def complain(error: StackError) -> None:
    """Print an error with what to do."""
    err.print(f"[bold red]error:[/] {escape(error.message)}")
    if error.detail:
        err.print(escape("\n".join(f"  {line}" for line in error.detail.splitlines())))
    if error.hint:
        err.print(f"[bold]do:[/] {escape(error.hint)}")


def upgrade(  # noqa: PLR0917
    plan: Annotated[bool, typer.Option("--plan", help="Only tell what would change.")] = False,
    instance: Annotated[str, typer.Option("--name", help="Which instance.")] = "default",
    db_url: Annotated[str | None, typer.Option(help="Look at this database instead.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Go on although something was changed by hand.")] = False,
    lock_timeout: LockTimeout = "5s",
    server: Server = None,
) -> None:
    """Apply the pending migrations; with --plan, only tell what they would change in the catalog.

    It refuses where the database is not what its migrations make of it: somebody changed it by hand.
    Clients may go on writing: each migration is a transaction that gives up where it would make them wait long.
    The exit code is 0 when all is well, 1 when it refuses, 2 when it could not be found out.

    Examples: `groundwork upgrade --plan`, `groundwork upgrade --db-url "$DB_URL"`
    """
    from groundwork.doctor import address  # noqa: PLC0415
    from groundwork.schema import apply as applying  # noqa: PLC0415
    from groundwork.schema import upgrade as upgrading  # noqa: PLC0415
    from groundwork.schema.scratch import scratch_server  # noqa: PLC0415

    try:
        project = Project.find()
        url = address(project, instance, db_url)
        applying.refuse_no_time(lock_timeout)
        with scratch_server(server) as scratch:
            found = upgrading.plan(project, url, scratch)
    except StackError as error:
        complain(error)
        raise typer.Exit(UNCHECKED) from None
    for change in found.by_hand:
        err.print(f"[yellow]by hand[/] {change.sign} {change.kind} {escape(change.name)}")
    if found.by_hand and not force:
        complain(StackError("The database was changed by hand.", "Put that into a migration, or give --force."))
        raise typer.Exit(FOUND)
    for name in found.pending:
        out.print(f"[bold]{escape(name)}[/]")
    for change in found.changes:
        colour = {"+": "green", "-": "red", "~": "yellow"}[change.sign]
        out.print(f"[{colour}]{change.sign}[/] {change.kind} {escape(change.name)}")
    out.print(f"{len(found.pending)} migrations, {len(found.changes)} changes")
    if found.pending and not plan:
        try:
            applying.push(project, url, lock_timeout)
        except StackError as error:
            complain(error)
            raise typer.Exit(FOUND) from None
        err.print("applied")
