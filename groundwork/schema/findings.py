"""What validation finds, and the three ways it is printed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

from rich.console import Console
from rich.markup import escape


class Level(IntEnum):
    """How bad a finding is: errors and warnings fail the command."""

    info = 0
    warning = 1
    error = 2


class Format(StrEnum):
    """How findings are printed."""

    text = "text"
    json = "json"
    github = "github"


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong: where, by which rule, what to do, and what it was silenced with."""

    file: str
    line: int
    rule: str
    level: Level
    message: str
    hint: str = ""
    statement: int = field(default=-1, compare=False)
    silenced: str = field(default="", compare=False)


STYLES = {Level.error: "bold red", Level.warning: "yellow", Level.info: "dim"}
COMMANDS = {Level.error: "error", Level.warning: "warning", Level.info: "notice"}


def fails(findings: Iterable[Finding]) -> bool:
    """Return whether a finding is a warning or worse, and not silenced."""
    return any(finding.level >= Level.warning and not finding.silenced for finding in findings)


def shown(path: Path) -> str:
    """Return a path as a person would write it here."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def write(findings: list[Finding], files: int, form: Format, console: Console) -> None:
    """Print the findings; the silenced ones are counted, and listed in JSON alone."""
    open_ones = [finding for finding in findings if not finding.silenced]
    if form is Format.json:
        rows = [{**asdict(finding), "level": finding.level.name} for finding in findings]
        for row in rows:
            row.pop("statement")
        console.out(json.dumps(rows, indent=2), highlight=False)
    elif form is Format.github:
        for finding in open_ones:
            console.out(annotation(finding), highlight=False)
    else:
        write_text(open_ones, console)
        silenced = len(findings) - len(open_ones)
        console.print(summary(open_ones, files, silenced))


def write_text(findings: list[Finding], console: Console) -> None:
    """Print a finding as a line, and what to do about it below."""
    for finding in findings:
        place = f"{escape(finding.file)}:{finding.line}"
        style = STYLES[finding.level]
        console.print(
            f"[bold]{place}[/] [{style}]{finding.level.name}[/] [cyan]{finding.rule}[/] {escape(finding.message)}"
        )
        if finding.hint:
            console.print(f"    [dim]do:[/] {escape(finding.hint)}")


def summary(findings: list[Finding], files: int, silenced: int) -> str:
    """Return the last line: how many of what."""
    count = {level: sum(finding.level is level for finding in findings) for level in Level}
    what = f"{count[Level.error]} errors, {count[Level.warning]} warnings, {count[Level.info]} notes"
    return f"{files} {'file' if files == 1 else 'files'}: {what}" + (f", {silenced} silenced" if silenced else "")


def annotation(finding: Finding) -> str:
    """Return a finding as GitHub's runner reads it."""

    def quoted(text: str, characters: str) -> str:
        for character in characters:
            text = text.replace(character, f"%{ord(character):02X}")
        return text

    place = f"file={quoted(finding.file, '%:,')},line={finding.line},title={quoted(finding.rule, '%:,')}"
    text = finding.message + (f" Do: {finding.hint}" if finding.hint else "")
    return f"::{COMMANDS[finding.level]} {place}::{quoted(text, '%' + chr(13) + chr(10))}"
