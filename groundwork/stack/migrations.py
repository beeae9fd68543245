"""Brings the database up to date with supabase/migrations and the seed, through the Supabase CLI."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from groundwork.stack.database import Database
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project, node_module
from groundwork.stack.secrets import write_private

LEDGER = "applied.json"
LONGEST = 40
"""How many lines of a failure are shown at once."""


@dataclass(frozen=True)
class Pending:
    """What the database lacks: migrations by file name, and seed files."""

    migrations: list[str]
    seeds: list[str]

    def __bool__(self) -> bool:
        return bool(self.migrations or self.seeds)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file, as the CLI notes it for seeds."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def pending(database: Database, project: Project) -> Pending:
    """Return what the CLI would apply. A seed is applied once; later changes of it need a reset."""
    with database.connect(database.owner) as connection:
        known = connection.execute("select to_regclass('supabase_migrations.schema_migrations')").fetchone()
        applied, seeded = set(), set()
        if known and known[0]:
            rows = connection.execute("select version from supabase_migrations.schema_migrations").fetchall()
            applied = {str(row[0]) for row in rows}
        known = connection.execute("select to_regclass('supabase_migrations.seed_files')").fetchone()
        if known and known[0]:
            rows = connection.execute("select path from supabase_migrations.seed_files").fetchall()
            seeded = {Path(str(row[0])).name for row in rows}
    return Pending(
        [path.name for path in project.migrations if path.name.split("_")[0] not in applied],
        [path.name for path in project.seeds if path.name not in seeded],
    )


def apply(instance: Instance, database: Database) -> None:
    """Let the CLI apply what is pending; raise StackError with file, statement and the database's words."""
    project = instance.project
    refuse_duplicates(project)
    command = [
        str(node_module(project.root, ".bin/supabase")),
        "db",
        "push",
        "--include-all",
        "--include-seed",
        f"--remote={database.url(database.owner)}",
        "--yes",
        f"--workdir={project.root}",
    ]
    result = subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(instance),
        cwd=project.root,
    )
    write_private(instance.log("migrations"), result.stdout)
    if result.returncode != 0:
        raise failure(result.stdout)
    remember(instance)


def refuse_duplicates(project: Project) -> None:
    """Raise StackError when two migrations have one version, which the history can hold once."""
    names: dict[str, str] = {}
    for path in project.migrations:
        version = path.name.split("_")[0]
        if version in names:
            raise StackError(
                f"{names[version]} and {path.name} have the same version.", "Give one of them another."
            )
        names[version] = path.name


def environment(instance: Instance) -> dict[str, str]:
    """Return the environment for the Supabase CLI: our Node first, no telemetry, nothing in the home folder."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "SUPABASE_HOME": str(instance.state / "cli"),
        "SUPABASE_TELEMETRY_DISABLED": "1",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
    }


def failure(output: str) -> StackError:
    """Return the error for what the CLI printed when it failed."""
    lines = [line for line in output.splitlines() if line.strip()]
    begun = [line for line in lines if re.match(r"(Applying migration|Seeding data from) ", line)]
    what = re.sub(r"(Applying migration|Seeding data from) (.*?)(\.\.\.)?$", r"\2", begun[-1]) if begun else ""
    lines = [
        line
        for line in lines[lines.index(begun[-1]) + 1 if begun else 0 :]
        if not line.startswith("Try rerunning")
    ]
    if len(lines) > LONGEST:
        lines = [*lines[:LONGEST], f"... and {len(lines) - LONGEST} more lines: groundwork logs migrations"]
    return StackError(
        f"{what} failed." if what else "The migrations could not be applied.",
        "Mend the file, then `groundwork start` (it goes on where this stopped) or `groundwork reset`.",
        "\n".join(lines),
    )


def remember(instance: Instance) -> None:
    """Note the contents of the applied files, so that later edits are noticed."""
    files = [*instance.project.migrations, *instance.project.seeds]
    ledger = {path.name: file_digest(path) for path in files}
    write_private(instance.state / LEDGER, json.dumps(ledger, indent=2))


def forget(instance: Instance) -> None:
    """Forget which contents were applied."""
    (instance.state / LEDGER).unlink(missing_ok=True)


def edited(instance: Instance) -> list[str]:
    """Return the files that were changed after they were applied."""
    try:
        ledger: dict[str, str] = json.loads((instance.state / LEDGER).read_text())
    except (FileNotFoundError, ValueError):
        return []
    files = [*instance.project.migrations, *instance.project.seeds]
    return [path.name for path in files if path.name in ledger and ledger[path.name] != file_digest(path)]
