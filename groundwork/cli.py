"""The `groundwork` command."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groundwork import backup_cli, doctor
from groundwork import types as typegen
from groundwork.schema import cli as schema
from groundwork.seed import cli as seeding
from groundwork.stack import lifecycle, status
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.parts import PARTS, Context
from groundwork.stack.project import Project

app = typer.Typer(
    help="The whole backend on this machine, without Docker.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

app.add_typer(schema.app, name="schema")
app.command("doctor")(doctor.command)
app.command("seed")(seeding.command)
app.command("upgrade")(schema.upgrade)
app.command("backup")(backup_cli.backup_command)
app.command("restore")(backup_cli.restore_command)

Name = Annotated[str, typer.Option("--name", help="Which instance; several run side by side.")]


class Output(StrEnum):
    """How `status` prints."""

    pretty = "pretty"
    env = "env"
    json = "json"


def main() -> None:
    """Run the command; an error a person can mend is printed without a traceback, and the exit code is 1."""
    try:
        app()
    except StackError as error:
        err.print(f"[bold red]error:[/] {escape(error.message)}")
        if error.detail:
            err.print(escape("\n".join(f"  {line}" for line in error.detail.splitlines())))
        if error.hint:
            err.print(f"[bold]do:[/] {escape(error.hint)}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def instance_of(name: str) -> Instance:
    """Return the named instance of the project around the current folder."""
    return Instance(Project.find(), name)


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Give a function that tells what is being done: beside a spinner in a terminal, else line by line."""
    if not err.is_terminal:
        yield lambda text: err.print(escape(text))
        return
    with err.status("starting") as spinner:

        def say(text: str) -> None:
            err.print(f"[dim]{escape(text)}[/]")
            spinner.update(escape(text))

        yield say


@app.command()
def start(
    name: Name = "default",
    port: Annotated[
        int | None,
        typer.Option(help="The API's port; the database takes the next one. [default: config.toml]"),
    ] = None,
    db_url: Annotated[
        str | None, typer.Option(help="Use this Postgres 17 or 18 database instead of the embedded one.")
    ] = None,
) -> None:
    """Start the stack, heal what died, apply new migrations.

    Examples: `groundwork start`, beside it `groundwork start --name rehearsal --port 56321`, and on a server of
    your own `groundwork start --db-url postgresql://USER:PASSWORD@127.0.0.1:5432/DATABASE`
    """
    begun = time.monotonic()
    with progress() as say:
        context = lifecycle.start(instance_of(name), port, db_url, say)
    summary(context, "is up", begun)


@app.command()
def stop(
    name: Name = "default",
    everything: Annotated[bool, typer.Option("--all", help="Stop every instance of this checkout.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="Also delete the database, files and keys.")] = False,
) -> None:
    """Stop the stack; its data stays.

    Examples: `groundwork stop`, `groundwork stop --all`, `groundwork stop --name rehearsal --delete`
    """
    project = Project.find()
    for instance in lifecycle.instances(project) if everything else [Instance(project, name)]:
        begun = time.monotonic()
        count = lifecycle.stop(instance, delete=delete)
        done = f"stopped {count} parts" if count else "was not running"
        err.print(f"{instance.name}: {done}{', deleted' if delete else ''} ({time.monotonic() - begun:.1f} s)")


@app.command()
def reset(name: Name = "default") -> None:
    """Empty the database, then migrate and seed it.

    Examples: `groundwork reset`, `groundwork reset --name rehearsal`
    """
    begun = time.monotonic()
    with progress() as say:
        context = lifecycle.reset(instance_of(name), say)
    summary(context, "is reset", begun)


@app.command("status")
def show_status(
    name: Name = "default",
    output: Annotated[Output, typer.Option("--output", "-o", help="How to print.")] = Output.pretty,
) -> None:
    """Tell what runs and how to reach it; the exit code is 0 only when every part works.

    Examples: `groundwork status`, `groundwork status -o json`, and for a shell
    `eval "$(groundwork status -o env)"`
    """
    context = status.context_of(instance_of(name))
    states = status.states(context)
    variables = status.variables(context)
    if output is Output.env:
        sys.stdout.write("".join(f"{key}={quote(value)}\n" for key, value in variables.items()))
    elif output is Output.json:
        sys.stdout.write(json.dumps(variables, indent=2) + "\n")
    else:
        print_states(states)
        print_variables(variables)
    troubled = [state for state in states if not state.up]
    for state in troubled:
        err.print(f"[bold red]{state.part.name}[/] {escape(state.trouble)}")
        if state.log:
            err.print(escape("\n".join(f"  {line}" for line in state.log.splitlines())))
    if troubled:
        err.print("[bold]do:[/] groundwork start")
        raise typer.Exit(1)


@app.command()
def logs(
    part: Annotated[str | None, typer.Argument(help=f"One of {', '.join(PARTS)}, migrations.")] = None,
    name: Name = "default",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on printing what is written.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many lines of each log.")] = 50,
) -> None:
    """Print the logs of one part, or of all.

    Examples: `groundwork logs`, `groundwork logs functions --follow`, `groundwork logs postgres --lines 200`
    """
    instance = instance_of(name)
    known = [*PARTS, "migrations"]
    if part is not None and part not in known:
        raise StackError(f"There is no part {part!r}.", f"The parts are {', '.join(known)}.")
    paths = [instance.log(item) for item in ([part] if part else known)]
    paths = [path for path in paths if path.exists()]
    if not paths:
        raise StackError(f"The instance {name!r} has no such log.", "Run `groundwork start`.")
    command = ["tail", "-n", str(lines), *(["-F"] if follow else []), *map(str, paths)]
    if follow:
        os.execvp(command[0], command)  # noqa: S606
    subprocess.run(command, check=True)


@app.command()
def demo(name: Name = "default") -> None:
    """Do the ten steps of an AI product's first day, as signed-in users, and show what came back.

    It starts the stack if it is not running. To use another stack, set API_URL and ANON_KEY in the environment,
    as `status -o env` prints them.

    Examples: `groundwork demo`, `groundwork demo --name rehearsal`
    """
    from groundwork import demo as demonstration  # noqa: PLC0415

    variables = demonstration.from_environment()
    if variables is None:
        with progress() as say:
            variables = status.variables(lifecycle.start(instance_of(name), None, None, say))
    demonstration.run(variables)


@app.command()
def types(name: Name = "default") -> None:
    """Write the TypeScript and Python types of the schema into supabase/types, as the Supabase CLI makes them.

    Examples: `groundwork types`, `groundwork types --name rehearsal`
    """
    with progress() as say:
        context = lifecycle.start(instance_of(name), None, None, say)
        for path in typegen.write(context.instance, context.database.url(context.database.owner)):
            say(f"wrote {path.relative_to(context.instance.project.root)}")


def summary(context: Context, what: str, begun: float) -> None:
    """Tell that the stack is there, where, and how long it took."""
    err.print(
        f"[bold green]{context.instance.name} {what}[/] in {time.monotonic() - begun:.1f} s: "
        f"API {context.api_url}, database 127.0.0.1:{context.settings.db_port}"
        if context.settings.db_url is None
        else f"[bold green]{context.instance.name} {what}[/] in {time.monotonic() - begun:.1f} s: "
        f"API {context.api_url}, database {context.database.host}:{context.database.port}/{context.database.name}"
    )


def print_states(states: list[status.State]) -> None:
    """Print a line for each part."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for state in states:
        mark = "[green]up[/]" if state.up else "[red]down[/]"
        table.add_row(state.part.name, state.part.title, mark)
    out.print(table)


def print_variables(variables: dict[str, str]) -> None:
    """Print the variables for people."""
    out.print()
    for key, value in variables.items():
        out.print(f"[dim]{key}[/] {escape(value)}")


def quote(value: str) -> str:
    """Return a value that both a shell and a dotenv parser read back: in double quotes where that is safe."""
    return f'"{value}"' if not set(value) & set('"\\$`!\n') else shlex.quote(value)
