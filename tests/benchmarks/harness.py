"""What the benchmarks share: a database of their own, figures with bars, bench.json and the documentation."""

from __future__ import annotations

import json
import os
import platform
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.conftest import own_database, own_stack
from tests.support import ROOT, Stack

RESULTS = ROOT / "bench.json"
DOCUMENT = ROOT / "docs" / "benchmarks.md"


@dataclass(frozen=True)
class Figure:
    """A measured figure, and what it has to reach."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None
    note: str = ""

    @property
    def bar(self) -> str:
        """Return what the figure is held to."""
        if self.at_least is not None:
            return f"≥ {self.at_least:g}"
        return "" if self.at_most is None else f"≤ {self.at_most:g}"

    @property
    def holds(self) -> bool:
        """Return whether the bar is reached."""
        return (self.at_least is None or self.value >= self.at_least) and (
            self.at_most is None or self.value <= self.at_most
        )


@dataclass
class Bench:
    """One run of one part: the stack it runs on, how large, and what it has found."""

    part: str
    stack: Stack
    scale: float
    console: Console
    progress: Progress
    figures: list[Figure] = field(default_factory=list)

    def connect(self) -> psycopg.Connection[Any]:
        """Return a connection as the migrations' role that commits each statement."""
        return psycopg.connect(self.stack.db_url, autocommit=True)

    def size(self, full: int, least: int = 1) -> int:
        """Return a number of rows at this scale."""
        return max(least, round(full * self.scale))

    def report(
        self,
        name: str,
        value: float,
        *,
        at_least: float | None = None,
        at_most: float | None = None,
        note: str = "",
    ) -> None:
        """Keep a figure, by the name it has in bench.json after the part's own."""
        figure = Figure(f"{self.part}.{name}", value, at_least, at_most, note)
        self.figures.append(figure)
        mark = "" if not figure.bar else " [green]ok[/]" if figure.holds else " [red]missed[/]"
        self.console.print(f"  {figure.name} {figure.value:.4g} {figure.bar}{mark}  [dim]{note}[/]")

    @contextmanager
    def step(self, title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Show that something is under way; yield what says how far it is."""
        task = self.progress.add_task(title, total=total)
        try:
            yield lambda done: self.progress.update(task, completed=done)
        finally:
            self.progress.remove_task(task)


@contextmanager
def bench_stack(suffix: str = "") -> Iterator[Stack]:
    """Start a stack for the benchmarks alone; on the server at GROUNDWORK_TEST_DB_URL where that is set.

    A part that needs a second one gives that a suffix, such as -more.
    """
    start = contextmanager(own_stack)
    if server := os.environ.get("GROUNDWORK_TEST_DB_URL"):
        with own_database(server, suffix.replace("-", "_")) as url, start("server", url, suffix) as stack:
            yield stack
    else:
        with start("embedded", None, suffix) as stack:
            yield stack


@contextmanager
def part_of(name: str, stack: Stack, scale: float) -> Iterator[Bench]:
    """Yield what a part reports to."""
    console = Console()
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bench(name, stack, scale, console, progress)


def seconds(action: Callable[[], object]) -> float:
    """Return how long something takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def alternate(rounds: int, *actions: Callable[[], object]) -> list[list[float]]:
    """Time the actions in turn, so that whatever else the machine does is shared; return the times of each."""
    times: list[list[float]] = [[] for _ in actions]
    for number in range(rounds + 1):
        for kept, action in zip(times, actions, strict=True):
            taken = seconds(action)
            # The first round warms up.
            if number:
                kept.append(taken)
    return times


def machine(stack: Stack) -> list[str]:
    """Return what the figures were measured on."""
    with psycopg.connect(stack.db_url) as connection:
        row = connection.execute(
            "select current_setting('server_version'), "
            "(select extversion from pg_extension where extname = 'vector'), current_setting('fsync'), "
            "current_setting('shared_buffers')"
        ).fetchone()
    assert row is not None
    info = open("/proc/cpuinfo").read() if os.path.exists("/proc/cpuinfo") else ""  # noqa: PTH110, PTH123, SIM115
    model = re.search(r"model name\s*: (.*)", info)
    return [
        f"{os.cpu_count()} cores, {model[1].strip() if model else platform.processor()}",
        f"{platform.system()} {platform.release()}",
        f"PostgreSQL {row[0]} with pgvector {row[1]}, fsync {row[2]}, shared_buffers {row[3]}",
        f"Python {platform.python_version()}, psycopg {psycopg.__version__}",
    ]


def table_of(figures: list[Figure]) -> Table:
    """Return the table that stands at the end."""
    table = Table("figure", "value", "bar", "", "note")
    for figure in figures:
        mark = "" if not figure.bar else "[green]ok[/]" if figure.holds else "[red]missed[/]"
        table.add_row(figure.name, f"{figure.value:.4g}", figure.bar, mark, figure.note)
    return table


def keep(figures: list[Figure]) -> None:
    """Put the figures into bench.json, where those of other parts stay."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    results |= {figure.name: round(figure.value, 4) for figure in figures}
    RESULTS.write_text(json.dumps(dict(sorted(results.items())), indent=2) + "\n")


def document(part: str, figures: list[Figure], facts: list[str]) -> None:
    """Put the figures of a part into the documentation, between its markers."""
    lines = [f"Measured on {time.strftime('%Y-%m-%d')}: {'; '.join(facts)}.", ""]
    lines += ["| figure | value | bar | note |", "| --- | --- | --- | --- |"]
    lines += [f"| `{one.name}` | {one.value:.4g} | {one.bar} | {one.note} |" for one in figures]
    begin, end = f"<!-- bench:{part} -->", f"<!-- /bench:{part} -->"
    text = DOCUMENT.read_text() if DOCUMENT.exists() else "# Benchmarks\n"
    if begin not in text:
        text += f"\n## {part.capitalize()}\n\n{begin}\n{end}\n"
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    DOCUMENT.write_text(f"{before}{begin}\n" + "\n".join(lines) + f"\n{end}{after}")
