"""What the Supabase CLI says of the migrated and seeded database: its advisors, and its linter of functions."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

from groundwork.stack.project import node_module
from tests.support import ROOT, Stack


@pytest.fixture
def supabase(tmp_path: Path) -> Any:
    """Return a function that runs the Supabase CLI and returns what it answers in JSON."""
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "SUPABASE_HOME": str(tmp_path),
        "SUPABASE_TELEMETRY_DISABLED": "1",
        "DO_NOT_TRACK": "1",
    }

    def run(*arguments: str) -> dict[str, Any]:
        command = [str(node_module(ROOT, ".bin/supabase")), *arguments, "--output-format", "json"]
        ran = subprocess.run(
            command, check=False, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120
        )
        assert ran.stdout, ran.stderr
        return json.loads(ran.stdout)

    return run


@pytest.mark.parametrize("kind", ["security", "performance"])
def test_the_advisors_find_nothing(stack: Stack, supabase: Any, kind: str) -> None:
    answer = supabase("db", "advisors", f"--remote={stack.db_url}", "--type", kind, "--level", "warn")
    assert [(finding["name"], finding["detail"]) for finding in answer["results"]] == []


def test_the_advisors_look(stack: Stack, supabase: Any) -> None:
    """Tables of `private` have no policies by design, which the advisors mention: so they look at all."""
    answer = supabase("db", "advisors", f"--remote={stack.db_url}", "--type", "security", "--level", "info")
    assert "rls_enabled_no_policy" in {finding["name"] for finding in answer["results"]}


def test_the_linter_finds_nothing(stack: Stack, supabase: Any, db: psycopg.Connection[Any]) -> None:
    """Where plpgsql_check is installed; elsewhere the CLI must say that it is lacking, and that alone."""
    arguments = ("db", "lint", f"--remote={stack.admin_db_url or stack.db_url}")
    answer = supabase(*arguments, "--schema", "public,private", "--level", "warning")
    if db.execute("select 1 from pg_available_extensions where name = 'plpgsql_check'").fetchone():
        found = answer["results"] or []
        assert [(one["function"], issue["message"]) for one in found for issue in one["issues"]] == []
    else:
        assert 'extension "plpgsql_check" is not available' in answer["error"]["message"]


def test_every_function_fits_the_schema_as_it_became(db: psycopg.Connection[Any]) -> None:
    """Postgres reads each once more: none names what a later migration renamed or dropped."""
    functions = db.execute(
        """
        select p.oid::regprocedure::text, pg_get_functiondef(p.oid)
        from pg_proc p
        join pg_language l on l.oid = p.prolang
        where p.pronamespace in ('public'::regnamespace, 'private'::regnamespace)
            and l.lanname in ('sql', 'plpgsql')
        """
    ).fetchall()
    assert len(functions) > 100
    db.execute("set local check_function_bodies = on")
    for name, definition in functions:
        try:
            db.execute(definition)
        except psycopg.Error as error:
            pytest.fail(f"{name}: {error}")
