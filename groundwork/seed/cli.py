"""`groundwork seed`: development data of any size."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import psycopg
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from groundwork.doctor import address
from groundwork.seed.bulk import PATTERNS, Size, seed
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

err = Console(stderr=True, highlight=False, soft_wrap=True)


def command(  # noqa: PLR0917
    pattern: Annotated[str, typer.Argument(help=f"One of {', '.join(PATTERNS)}.")] = "complete",
    organizations: Annotated[int, typer.Option(help="How many organizations, of six people each.")] = 20,
    messages: Annotated[int, typer.Option(help="How many messages, in conversations of about 40.")] = 2_000,
    chunks: Annotated[int, typer.Option(help="How many passages, in documents of about 8.")] = 1_000,
    usage_rows: Annotated[int, typer.Option(help="How many calls to models, over 28 days.")] = 10_000,
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same data.")] = 1,
    name: Annotated[str, typer.Option("--name", help="Which instance.")] = "default",
    db_url: Annotated[str | None, typer.Option(help="Fill this database instead.")] = None,
) -> None:
    """Load made-up data of any size, in one transaction. Everybody in it has the password `groundwork`.

    Examples: `groundwork seed chat --messages 100000`,
    `groundwork seed complete --organizations 1000 --usage-rows 1000000 --seed 7`
    """
    url = address(Project.find(), name, db_url)
    size = Size(organizations, messages, chunks, usage_rows)
    begun = time.monotonic()
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=10) as connection, shown() as progress:
            tasks: dict[str, object] = {}

            def say(table: str, count: int) -> None:
                if table not in tasks:
                    tasks[table] = progress.add_task(table, total=None)
                progress.update(tasks[table], completed=count)  # type: ignore[arg-type]

            done = seed(connection, pattern, size, say, number)
    except psycopg.OperationalError as error:
        raise StackError(
            "The database cannot be reached.", "Run `groundwork start`, or check --db-url.", str(error).strip()
        ) from None
    took = time.monotonic() - begun
    rows = sum(done.values())
    for table, count in done.items():
        sys.stdout.write(f"{table} {count}\n")
    err.print(f"{rows} rows in {took:.1f} s, {rows / took:.0f} a second")


def shown() -> Progress:
    """Return the progress bars, which are silent where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=err, disable=not err.is_terminal)
