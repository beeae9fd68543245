"""Everything the README shows is run, and every command and file it names exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, Stack, code_blocks, run_node, run_python

README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return code_blocks(README, language)


def test_the_python_of_the_first_minute(stack: Stack):
    (program,) = blocks("python")
    done = run_python(program, stack.environment())
    assert done.returncode == 0, done.stderr
    assert "'name': 'Acme'" in done.stdout
    assert "The lamp of the lighthouse turns" in done.stdout


def test_the_javascript_of_the_first_minute(stack: Stack):
    (program,) = blocks("js")
    done = run_node(program, stack.environment())
    assert done.returncode == 0, done.stderr
    assert "Acme" in done.stdout


def test_the_shell_of_the_first_minute(stack: Stack, tmp_path: Path):
    """The variables reach the program, whatever is in their values."""
    if stack.instance is None:
        # Another stack's variables come from its own command.
        assert stack.environment()["API_URL"].startswith("http")
        return
    (shell,) = (block for block in blocks("sh") if "first.py" in block)
    (tmp_path / "first.py").write_text("import os; print(os.environ['API_URL'], os.environ['ANON_KEY'])")
    script = shell.replace("groundwork status", f"groundwork status --name {stack.instance}")
    script = script.replace("first.py", str(tmp_path / "first.py"))
    script = script.replace(".venv/bin/python", sys.executable)
    script = script.replace(".venv/bin/groundwork", f"{sys.executable} -m groundwork")
    done = subprocess.run(
        ["bash", "-euc", script], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [stack.api_url, stack.anon_key]


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ((?:[a-z0-9-]+ ?)+)", README))))
def test_every_make_target_exists(target: str):
    makefile = (ROOT / "Makefile").read_text()
    for name in target.split():
        assert re.search(rf"^{name}:", makefile, flags=re.MULTILINE), f"make {name}"


def test_every_link_leads_somewhere():
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link


def test_every_table_it_names_exists(stack: Stack):
    import psycopg

    with psycopg.connect(stack.db_url) as connection:
        there = {
            row[0]
            for row in connection.execute(
                """
                select relname from pg_class
                where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
                """
            )
        }
    section = README.split("## What is in it")[1].split("###")[0]
    rows = [line.split("|")[3] for line in section.splitlines() if line.startswith("|")][2:]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named <= there, named - there
    # The table of the README is complete.
    assert there <= named, there - named
