"""What other programs say: squawk of the files, the Supabase advisors of the loaded database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from groundwork.schema.findings import Level
from groundwork.stack.database import Database
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project, node_module, program

LOCKING = {
    "adding-field-with-default",
    "adding-foreign-key-constraint",
    "adding-not-nullable-field",
    "adding-required-field",
    "adding-serial-primary-key-field",
    "changing-column-type",
    "constraint-missing-not-valid",
    "disallowed-unique-constraint",
    "require-concurrent-index-creation",
    "require-concurrent-index-deletion",
    "renaming-column",
    "renaming-table",
    "ban-drop-column",
    "ban-drop-table",
    "ban-drop-database",
    "ban-truncate-cascade",
    "transaction-nesting",
}
"""The rules of squawk about statements that lock, rewrite or lose a table. Its taste in types is not asked."""

COVERED = {
    "unindexed_foreign_keys": "foreign-key-index",
    "auth_rls_initplan": "per-row-auth",
    "no_primary_key": "no-primary-key",
    "rls_disabled_in_public": "no-rls",
    "policy_exists_rls_disabled": "no-rls",
    "rls_enabled_no_policy": "no-policy",
    "function_search_path_mutable": "function-search-path",
    "security_definer_view": "view-bypasses-rls",
    "anon_security_definer_function_executable": "definer-executable",
    "authenticated_security_definer_function_executable": "definer-executable",
    "sensitive_columns_exposed": "secret-selectable",
}
"""The advisors that a rule of our own knows the line of."""

IGNORED = {"unused_index"}
"""On an empty database every index is unused."""

LEVELS = {"ERROR": Level.error, "WARN": Level.warning, "INFO": Level.info}


class Remark(NamedTuple):
    """What squawk says about a line of a file."""

    line: int
    rule: str
    message: str
    hint: str


class Advice(NamedTuple):
    """What an advisor says about an object."""

    rule: str
    level: Level
    schema: str
    name: str
    message: str
    hint: str


def squawk(file: Path) -> list[Remark]:
    """Return what squawk says about locks; raise StackError when it cannot be run."""
    command = [str(program("squawk")), "--reporter", "json", "--pg-version", "17.0", str(file)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        rows: list[dict[str, Any]] = json.loads(result.stdout or "[]")
    except ValueError:
        raise StackError("squawk does not answer.", "Run `make install`.", result.stderr.strip()) from None
    return [
        Remark(int(row["line"]) + 1, str(row["rule_name"]), str(row["message"]), str(row["help"] or ""))
        for row in rows
        if row["rule_name"] in LOCKING
    ]


def advisors(database: Database, project: Project, home: Path) -> list[Advice]:
    """Return what the Supabase advisors say; raise StackError when the CLI cannot be run."""
    command = [
        str(node_module(project.root, ".bin/supabase")),
        "db",
        "advisors",
        f"--remote={database.url(database.admin)}",
        "--level=info",
        "--output-format=json",
        f"--workdir={project.root}",
    ]
    result = subprocess.run(
        command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=environment(home)
    )
    try:
        rows: list[dict[str, Any]] = json.loads(result.stdout).get("results", [])
    except ValueError:
        raise StackError(
            "The Supabase advisors do not answer.",
            "Look at what the Supabase CLI says below, or leave them out with --no-advisors.",
            (result.stderr or result.stdout).strip()[-2000:],
        ) from None
    return [advice(row) for row in rows if row["name"] not in IGNORED]


def environment(home: Path) -> dict[str, str]:
    """Return the environment for the Supabase CLI: our Node first, no telemetry, its files in a folder of ours."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        "SUPABASE_HOME": str(home),
        "SUPABASE_TELEMETRY_DISABLED": "1",
        "DO_NOT_TRACK": "1",
        "NO_COLOR": "1",
    }


def advice(row: dict[str, Any]) -> Advice:
    """Return one row of the advisors' answer."""
    about = row.get("metadata") or {}
    return Advice(
        str(row["name"]),
        LEVELS.get(str(row.get("level")), Level.warning),
        str(about.get("schema", "")),
        str(about.get("name", "")),
        str(row.get("detail") or row.get("title")),
        str(row.get("remediation") or ""),
    )
