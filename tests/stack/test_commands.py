"""What the commands say of themselves: in the README, in --help, and to the shell that completes them."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from groundwork.commands import replaced, table
from tests.support import ROOT, groundwork


def test_the_readme_has_every_command() -> None:
    readme = (ROOT / "README.md").read_text()
    assert readme == replaced(readme), "write it anew: .venv/bin/python -m groundwork.commands"
    assert "`groundwork schema validate PATH " in table()


def every_command() -> list[str]:
    return re.findall(r"^\| `groundwork ((?:[a-z]+ ?)+)", table(), re.MULTILINE)


@pytest.mark.parametrize("command", [words.strip() for words in every_command()])
def test_help_comes_with_examples(command: str) -> None:
    asked = groundwork(*command.split(), "--help", env={**os.environ, "COLUMNS": "200"})
    assert asked.returncode == 0, asked.stderr
    assert f"groundwork {command}" in asked.stdout.partition("Example")[2]


def test_the_shell_completes_commands() -> None:
    words = {"COMP_WORDS": "groundwork schema va", "COMP_CWORD": "2", "_GROUNDWORK_COMPLETE": "complete_bash"}
    asked = subprocess.run(
        [sys.executable, "-c", "import sys; sys.argv[0] = 'groundwork'; from groundwork.cli import main; main()"],
        check=False,
        cwd=ROOT,
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert asked.stdout.split() == ["validate"], asked.stderr
