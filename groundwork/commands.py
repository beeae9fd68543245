"""The table of commands in the README, from what `--help` says: `python -m groundwork.commands` writes it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from groundwork.cli import app
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

BEGIN, END = "<!-- commands -->", "<!-- /commands -->"


def table() -> str:
    """Return the table: each command with its arguments and options, and its first sentence."""
    rows = [f"| `{usage}` | {what} |" for usage, what in commands(typer.main.get_command(app), "groundwork")]
    return "\n".join(["| command | what it does |", "| --- | --- |", *rows])


def commands(command: Any, path: str) -> Iterator[tuple[str, str]]:
    """Yield usage and first sentence of a command, or of all that a group has."""
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from commands(inner, f"{path} {name}")
        return
    words = [path]
    for parameter in command.params:
        if parameter.param_type_name == "option":
            if not parameter.hidden and parameter.name != "help":
                words.append(f"[{max(parameter.opts, key=len)}]")
        else:
            name = (parameter.name or "").upper()
            words.append(name if parameter.required else f"[{name}]")
    text = " ".join((command.help or "").split("\n\n")[0].split())
    yield " ".join(words), text.replace("|", "\\|")


def replaced(readme: str) -> str:
    """Return a README with the table between its two marks; raise StackError where they are missing."""
    pattern = re.compile(f"{BEGIN}.*{END}", re.DOTALL)
    if not pattern.search(readme):
        raise StackError(f"README.md has no {BEGIN} … {END}.", "Put these two lines where the table belongs.")
    return pattern.sub(lambda _: f"{BEGIN}\n{table()}\n{END}", readme)


def main() -> None:
    """Write the table into the README around the current folder."""
    path: Path = Project.find().root / "README.md"
    path.write_text(replaced(path.read_text()))
    sys.stdout.write(f"wrote {path}\n")


if __name__ == "__main__":
    main()
