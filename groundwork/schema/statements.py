"""SQL files taken apart: statements with their lines, and the comments that silence a rule."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pglast import ast
from pglast.parser import ParseError, parse_sql, scan, split

ALLOW = re.compile(
    r"groundwork:\s*allow\s+([a-z0-9/_-]+(?:\s*,\s*[a-z0-9/_-]+)*)(?:\s+because\s+(\S.*))?", re.DOTALL
)
COMMENTS = ("SQL_COMMENT", "C_COMMENT")


@dataclass(frozen=True)
class Silence:
    """A comment `groundwork: allow RULE because REASON`; without a reason it silences nothing."""

    rules: tuple[str, ...]
    reason: str
    line: int


@dataclass
class Statement:
    """One statement of a file: its text without the comments before it, where it begins, and its syntax tree."""

    number: int
    file: Path
    text: str
    line: int
    node: ast.Node | None = None
    problem: str = ""
    problem_at: int = 0
    silences: list[Silence] = field(default_factory=list)

    def line_at(self, position: int) -> int:
        """Return the line in the file of a position in the statement's text."""
        return self.line + self.text.count("\n", 0, max(position, 0))

    @property
    def last_line(self) -> int:
        """The line on which the statement ends."""
        return self.line_at(len(self.text))


def read(file: Path, first_number: int) -> list[Statement]:
    """Return the statements of a file, numbered from `first_number`; those that do not parse say why.

    Raises OSError or UnicodeDecodeError when the file cannot be read.
    """
    text = file.read_text(encoding="utf-8").removeprefix("\ufeff")
    found: list[Statement] = []
    for part in slices(text):
        raw = text[part]
        offset = part.start + lead(raw)
        statement = Statement(
            first_number + len(found), file, text[offset : part.stop], 1 + text.count("\n", 0, offset)
        )
        try:
            parsed = parse_sql(statement.text)
        except ParseError as error:
            statement.problem = str(error.args[0])
            statement.problem_at = int(error.args[1]) if len(error.args) > 1 else 0
        else:
            if not parsed:
                continue
            statement.node = parsed[0].stmt
        found.append(statement)
    give_silences(text, found)
    return found


def slices(text: str) -> list[slice]:
    """Return where the statements are."""
    try:
        return list(split(text, with_parser=True, only_slices=True))
    except ParseError:
        try:
            return list(split(text, with_parser=False, only_slices=True))
        except ParseError:  # an unterminated string or comment
            return [slice(0, len(text))]


def lead(raw: str) -> int:
    """Return where the first word is that is no comment."""
    try:
        return next((token.start for token in scan(raw) if token.name not in COMMENTS), len(raw))
    except ParseError:
        return len(raw) - len(raw.lstrip())


def give_silences(text: str, found: list[Statement]) -> None:
    """Give each comment that silences a rule to its statement: that on its line, else the next one."""
    try:
        comments = [token for token in scan(text) if token.name in COMMENTS]
    except ParseError:
        return
    for comment in comments:
        line = 1 + text.count("\n", 0, comment.start)
        silence = silence_of(text[comment.start : comment.end + 1], line)
        owner = next((statement for statement in found if line <= statement.last_line), None)
        if silence and owner:
            owner.silences.append(silence)


def silence_of(comment: str, line: int) -> Silence | None:
    """Return what a comment silences, if it is written for that."""
    match = ALLOW.search(comment)
    if match is None:
        return None
    rules = tuple(rule.strip() for rule in match[1].split(","))
    return Silence(rules, (match[2] or "").removesuffix("*/").strip(), line)


def walk(node: object) -> Iterator[ast.Node]:
    """Yield a syntax tree's nodes, from the root down."""
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from walk(item)
    elif isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from walk(getattr(node, name))


def first_location(node: object) -> int:
    """Return the leftmost position that a tree's nodes know of, or -1."""
    places = [int(getattr(item, "location", -1) or -1) for item in walk(node)]
    return min((place for place in places if place >= 0), default=-1)


def dotted(names: object) -> str:
    """Return a qualified name, such as auth.uid, from the parser's list of strings."""
    return ".".join(str(item.sval) for item in names or () if hasattr(item, "sval"))  # type: ignore[attr-defined]
