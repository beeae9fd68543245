"""`groundwork schema …`: the schema's tools on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from groundwork.schema import patterns
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

app = typer.Typer(
    help="Generate, check and apply the database's schema.", no_args_is_help=True, rich_markup_mode="markdown"
)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@app.command()
def generate(
    pattern: Annotated[str, typer.Argument(help=f"One of {', '.join(patterns.PATTERNS)}.")],
    file: Annotated[Path | None, typer.Argument(help="Where to write it; standard output by default.")] = None,
    dimensions: Annotated[
        int, typer.Option(help="How many dimensions the embeddings have.")
    ] = patterns.DIMENSIONS,
    embedding_model: Annotated[
        str | None, typer.Option(help="The embeddings' model, needed where the dimensions are others.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the file.")] = False,
) -> None:
    """Write the SQL of a pattern and of all it needs.

    Examples: `groundwork schema generate chat chat.sql`,
    `groundwork schema generate rag --dimensions 1536 --embedding-model text-embedding-3-small rag.sql`
    """
    text = patterns.generate(Project.find(), pattern, dimensions, embedding_model)
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
