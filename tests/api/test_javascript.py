"""The flows of javascript/ through supabase-js, a test each. All of them run in one Node."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.support import Stack, run_node

FOLDER = Path(__file__).parent / "javascript"
FLOWS = [
    f"{file.name.removesuffix('.flows.mjs')}/{name}"
    for file in sorted(FOLDER.glob("*.flows.mjs"))
    for name in re.findall(r"^export async function (\w+)", file.read_text(), re.MULTILINE)
]


@pytest.fixture(scope="module")
def outcomes(stack: Stack) -> dict[str, str | None]:
    """Return the error of every flow, None where there was none."""
    ran = run_node(FOLDER / "run.mjs", stack.environment(), timeout=120)
    assert ran.returncode == 0, ran.stderr
    results = [json.loads(line) for line in ran.stdout.splitlines() if line.startswith("{")]
    return {result["flow"]: result["error"] for result in results}


def test_every_flow_ran(outcomes: dict[str, str | None]) -> None:
    assert len(FLOWS) > 25
    assert sorted(outcomes) == sorted(FLOWS)


@pytest.mark.parametrize("flow", FLOWS)
def test_flow(outcomes: dict[str, str | None], flow: str) -> None:
    error = outcomes[flow]
    if error is not None:
        pytest.fail(error, pytrace=False)
