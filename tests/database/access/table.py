"""How an expectation about a table is written down, and how it is read.

The matrix is a text table: a line for the people it holds for, a column for what they try.

    who             | select        | insert | update      | delete
    viewer          | organization  | -      | -           | 42501
    creator         | private, mine | own    | private     | 42501

A cell says what comes of trying it on every row of the world (or, for an insert, on every proposed row):

    -               nothing: an insert is refused (42501), other statements find no row
    42501           every row is refused with this SQLSTATE
    red, blue       these rows are read, inserted, changed or deleted; the others are like `-`
    blue!23503      this row is refused with this SQLSTATE
    blue=           the statement succeeds and does nothing
    @shared         the labels that the group `shared` stands for
    all             every row of the world, or every proposed row
    me, me@acme     in a label, `me` is whoever tries
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.database.world import KINDS, World

Proposal = Callable[[World, str], Mapping[str, Any]]
"""What to insert, given the world and the kind of person who tries."""

DONE, NOTHING, NOOP = "done", "nothing", "does nothing"
REFUSED = re.compile(r"[0-9A-Z]{5}")


@cache
def read(matrix: str) -> list[tuple[list[str], list[str]]]:
    """Return the lines of a matrix."""
    lines = []
    for line in matrix.strip().splitlines():
        who, *cells = (cell.strip() for cell in line.split("|"))
        lines.append((who.replace(",", " ").split(), cells))
    return lines


@dataclass(frozen=True)
class Table:
    """What the design says about one table.

    `insert` are the proposed rows by label. `changes` is what each column of the matrix that is no select,
    insert or delete tries to set. The grants are those of signed-in people: columns for select, insert and
    update ("*" for all, "" for none), and whether they delete. `service` are the privileges of the service role
    on the whole table, and `service_insert` the columns that it inserts where it may not all. `everybodys` are
    tables that no tenant owns.
    """

    name: str
    matrix: str
    insert: Mapping[str, Proposal] = field(default_factory=dict)
    changes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    select_grant: str = "*"
    insert_grant: str = ""
    update_grant: str = ""
    delete_grant: bool = False
    service: str = "select insert update delete"
    service_insert: str = ""
    service_update: str = ""
    everybodys: bool = False

    def verbs(self) -> list[str]:
        """Return the columns of the matrix."""
        return self.lines()[0][1]

    def lines(self) -> list[tuple[list[str], list[str]]]:
        """Return the lines of the matrix: who it is about, and the cells."""
        return read(self.matrix)

    def cell(self, kind: str, verb: str) -> str:
        """Return what is expected when this kind of person tries this."""
        header, *lines = self.lines()
        found = [cells for who, cells in lines if kind in who]
        assert len(found) == 1, f"{self.name}: {kind} stands in {len(found)} lines"
        return found[0][header[1].index(verb)]

    def check(self) -> None:
        """Assert that the matrix is complete."""
        header, *lines = self.lines()
        assert header[0] == ["who"]
        assert {"select", "insert", "update", "delete"} <= set(header[1]), self.name
        assert set(header[1]) - {"select", "insert", "delete"} == set(self.changes), self.name
        assert sorted(kind for who, _ in lines for kind in who) == sorted(KINDS), self.name
        assert all(len(cells) == len(header[1]) for _, cells in lines), self.name

    def expected(self, kind: str, verb: str, labels: set[str]) -> dict[str, str]:
        """Return what is expected for each label."""
        cell = self.cell(kind, verb)
        if REFUSED.fullmatch(cell):
            return dict.fromkeys(labels, cell)
        outcome = dict.fromkeys(labels, "42501" if verb == "insert" else NOTHING)
        for token in self.tokens(cell):
            name, _, refusal = token.rstrip("=").partition("!")
            mine = name == "me" or name.startswith("me@")
            label = kind + name[2:] if mine else name
            if name == "all":
                outcome = dict.fromkeys(labels, refusal or DONE)
                continue
            if mine and label not in labels:
                continue
            assert label in labels, f"{self.name} has no row {label!r}"
            outcome[label] = refusal or (NOOP if token.endswith("=") else DONE)
        return outcome

    def tokens(self, cell: str) -> list[str]:
        """Return the tokens of a cell, with groups spelled out."""
        tokens: list[str] = []
        for token in cell.replace(",", " ").split():
            if token == "-":
                continue
            if token.startswith("@"):
                tokens += self.tokens(self.groups[token[1:]])
            else:
                tokens.append(token)
        return tokens
