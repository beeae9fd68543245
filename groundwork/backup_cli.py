"""`groundwork backup` and `groundwork restore` on the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from groundwork.backup import back_up, restore
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from groundwork.stack.status import context_of

err = Console(stderr=True, highlight=False, soft_wrap=True)
Name = Annotated[str, typer.Option("--name", help="Which instance.")]


def place(name: str) -> tuple[str, Path]:
    """Return the URL of an instance's database, as its administrator, and the folder of its files."""
    context = context_of(Instance(Project.find(), name))
    return context.database.url(context.database.admin), context.instance.storage


def backup_command(
    folder: Annotated[Path, typer.Argument(help="Where the archives are kept.")] = Path("backups"),
    name: Name = "default",
    keep: Annotated[int | None, typer.Option(min=1, help="Delete all but so many of the newest.")] = None,
) -> None:
    """Write the data and the stored files of a stack into an archive, and print its path.

    The keys in .env, with which tokens are encrypted, are not in it: keep them elsewhere.

    Examples: `groundwork backup`, and in a crontab
    `0 3 * * * cd /srv/product && .venv/bin/groundwork backup --keep 14`
    """
    url, storage = place(name)
    path, manifest = back_up(url, storage, folder, keep)
    sys.stdout.write(f"{path}\n")
    err.print(f"{manifest.rows} rows of {len(manifest.tables)} tables, {manifest.files} files")


def restore_command(
    file: Annotated[Path, typer.Argument(help="An archive of `groundwork backup`.")],
    name: Name = "default",
    yes: Annotated[bool, typer.Option("--yes", help="Replace all data without asking.")] = False,
) -> None:
    """Replace all data of a stack by those of an archive: all of them, checked, or none.

    Example: `groundwork restore backups/20261123T030000000000.groundwork.tar --name rehearsal --yes`
    """
    url, storage = place(name)
    if not yes:
        if not sys.stdin.isatty():
            raise StackError("This replaces all data of the stack.", "Say --yes if that is meant.")
        typer.confirm(f"Replace all data of the instance {name!r}?", abort=True)
    manifest = restore(url, storage, file)
    err.print(f"restored {manifest.rows} rows and {manifest.files} files of {escape(manifest.made_at)}")
