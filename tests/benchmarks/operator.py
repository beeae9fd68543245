"""The operator's day at full size: made-up data beside a bare COPY, and a backup that brings all of it back."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from groundwork.backup import TABLES, Table, connect, measure, names
from tests.benchmarks.harness import Bench, seconds
from tests.support import groundwork

Connection = psycopg.Connection[Any]
PATIENCE = 1700
"""Seconds that one command may take."""
PIECE = 1 << 20


@dataclass(frozen=True)
class Rows:
    """The rows of a table that was seeded, in a file as COPY reads them, and where a bare table takes them."""

    source: sql.Identifier
    bare: sql.Identifier
    columns: sql.Composed
    file: Path


def run(bench: Bench) -> None:
    """Seed and copy the same rows; back them up, empty the database, and restore them."""
    assert bench.stack.admin_db_url is not None, "this server lets no administrator in"
    seeding(bench, bench.stack.admin_db_url)
    restoring(bench, bench.stack.admin_db_url)


def command(bench: Bench, *words: str) -> str:
    """Run a command of groundwork on the benchmark's instance and return what it printed."""
    assert bench.stack.instance is not None
    done = groundwork(*words, "--name", bench.stack.instance, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def seeding(bench: Bench, url: str) -> None:
    """Time the command, and bare COPYs of all rows that it made: those it sent, and what followed from them."""
    size = {"usage-rows": 1_000_000, "messages": 200_000, "chunks": 100_000}
    wanted = [word for name, full in size.items() for word in (f"--{name}", str(bench.size(full)))]
    before = contents(url)
    with bench.step("groundwork seed complete"):
        ours = seconds(lambda: command(bench, "seed", "complete", *wanted))
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(url) as connection:
        with bench.step("the same rows in files"):
            made = [table for table in contents(url) if table not in before]
            files = [export(connection, table, Path(folder)) for table in made]
        rows = f"{sum(table.rows for table in made)} rows in {len(made)} tables"
        for name, indexed, later in (
            ("copy", True, False),
            ("copy_then_index", False, True),
            ("copy_unindexed", False, False),
        ):
            with bench.step(name), bare_tables(connection, files, indexed=indexed) as indexes:
                bare = seconds(lambda i=indexes if later else []: fill(connection, files, i))  # type: ignore[misc]
            bench.report(
                f"seed_vs_{name}",
                bare / ours,
                at_least=0.5 if name == "copy" else None,
                note=f"{ours:.0f} s, the bare COPY {bare:.0f} s, of {rows}",
            )


def export(connection: Connection, table: Table, folder: Path) -> Rows:
    """Write the rows of a table to a file."""
    source, columns = sql.Identifier(table.schema, table.name), names(table.columns)
    file = folder / f"{table.schema}.{table.name}"
    query = sql.SQL("copy (select {} from {}) to stdout (format binary)").format(columns, source)
    with file.open("wb") as output, connection.cursor() as cursor, cursor.copy(query) as stream:
        for block in stream:
            output.write(block)
    return Rows(source, sql.Identifier("bare", file.name), columns, file)


@contextmanager
def bare_tables(connection: Connection, files: list[Rows], *, indexed: bool) -> Iterator[list[str]]:
    """Make empty tables of the same columns and checks, and of the same indexes where wanted; yield the indexes.

    They have no triggers, no foreign keys and no policies.
    """
    connection.execute("create schema bare")
    for rows in files:
        connection.execute(sql.SQL("create table {} (like {} including all)").format(rows.bare, rows.source))
    found = connection.execute("select indexdef from pg_indexes where schemaname = 'bare'").fetchall()
    if not indexed:
        for rows in files:
            connection.execute(sql.SQL("drop table {}").format(rows.bare))
            connection.execute(
                sql.SQL("create table {} (like {} including all excluding indexes)").format(rows.bare, rows.source)
            )
    connection.commit()
    try:
        yield [str(row[0]) for row in found]
    finally:
        connection.rollback()
        connection.execute("drop schema bare cascade")
        connection.commit()


def fill(connection: Connection, files: list[Rows], indexes: list[str]) -> None:
    """Copy the rows into the bare tables, then make the indexes."""
    for rows in files:
        query = sql.SQL("copy {} ({}) from stdin (format binary)").format(rows.bare, rows.columns)
        with rows.file.open("rb") as source, connection.cursor() as cursor, cursor.copy(query) as stream:
            while block := source.read(PIECE):
                stream.write(block)
    for index in indexes:
        connection.execute(index.encode())
    connection.commit()


def restoring(bench: Bench, url: str) -> None:
    """Time a backup, an empty database and a restore; compare every table with what it was."""
    with psycopg.connect(url) as connection:
        # The stack runs, and its maintenance would write that it did.
        connection.execute("update public.maintenance_jobs set is_enabled = false")
    before = contents(url)
    times = {}
    with tempfile.TemporaryDirectory() as folder:
        said: list[str] = []
        with bench.step("groundwork backup"):
            times["backup"] = seconds(lambda: said.append(command(bench, "backup", folder)))
        archive = Path(said[0].strip())
        size = archive.stat().st_size
        with bench.step("groundwork reset"):
            times["reset"] = seconds(lambda: command(bench, "reset"))
        assert contents(url) != before, "the reset has emptied it"
        with bench.step("groundwork restore"):
            times["restore"] = seconds(lambda: command(bench, "restore", str(archive), "--yes"))
    rows = sum(table.rows for table in before)
    bench.report(
        "restore_equal",
        float(contents(url) == before),
        at_least=1,
        note=f"{rows} rows of {len(before)} tables, in an archive of {size / 2**20:.0f} MB",
    )
    for name, took in times.items():
        bench.report(f"{name}_seconds", took)


def contents(url: str) -> list[Table]:
    """Return what every table holds: the number of its rows and their checksum."""
    with connect(url) as connection:
        rows = connection.execute(TABLES).fetchall()
        return [
            Table(schema, name, columns, *measure(connection, schema, name, columns))
            for schema, name, columns in rows
        ]
