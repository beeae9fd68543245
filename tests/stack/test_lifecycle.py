"""Starting, stopping, dying and healing, on a stack that these tests share and break."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time

import httpx
import psutil
import pytest

from groundwork.stack import postgres
from groundwork.stack.parts import PARTS
from groundwork.stack.process import Record, gone
from tests.stack.conftest import Checkout


def write(checkout: Checkout, body: str) -> None:
    with checkout.connect() as connection:
        connection.execute("insert into public.notes (body) values (%s)", [body])


def bodies(checkout: Checkout) -> list[object]:
    with checkout.connect() as connection:
        return [row[0] for row in connection.execute("select body from public.notes").fetchall()]


def test_status_is_zero_only_when_every_part_is_up(shared_checkout: Checkout) -> None:
    result = shared_checkout.run("status")
    assert result.returncode == 0
    for part in PARTS:
        assert any(line.startswith(part) and line.rstrip().endswith("up") for line in result.stdout.splitlines())


def test_start_twice_changes_nothing_and_is_quick(shared_checkout: Checkout) -> None:
    before = shared_checkout.instance.records()
    begun = time.monotonic()
    result = shared_checkout.start()
    assert time.monotonic() - begun < 10, "aims at 3 s, on an idle machine"
    assert shared_checkout.instance.records() == before
    assert " s: " in result.stderr, "it tells the time taken"


def test_state_is_private(shared_checkout: Checkout) -> None:
    assert stat.S_IMODE(shared_checkout.state.stat().st_mode) == 0o700
    for name in ("secrets.json", "lite.json", "postgrest.conf", "Caddyfile"):
        assert stat.S_IMODE((shared_checkout.state / name).stat().st_mode) == 0o600, name
    for log in shared_checkout.instance.logs.iterdir():
        assert not stat.S_IMODE(log.stat().st_mode) & 0o077, log


def test_everything_listens_on_this_machine_only(shared_checkout: Checkout) -> None:
    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for process in shared_checkout.processes()
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening == {("127.0.0.1", shared_checkout.port), ("127.0.0.1", shared_checkout.port + 1)}


@pytest.mark.parametrize("part", list(PARTS))
def test_a_part_that_dies_is_named_and_healed(shared_checkout: Checkout, part: str) -> None:
    psutil.Process(shared_checkout.pid(part)).kill()
    deadline = time.monotonic() + 10
    while shared_checkout.run("status").returncode == 0 and time.monotonic() < deadline:
        time.sleep(0.1)
    result = shared_checkout.run("status")
    assert result.returncode == 1
    assert f"{part} died" in result.stderr
    last = shared_checkout.instance.log(part).read_text().splitlines()[-1]
    assert last in result.stderr, "the end of its log is shown"
    assert "groundwork start" in result.stderr
    others = {name: record for name, record in shared_checkout.instance.records().items() if name != part}
    shared_checkout.start()
    assert shared_checkout.run("status").returncode == 0
    healed = shared_checkout.instance.records()
    assert {name: record for name, record in healed.items() if name != part} == others, "only it was started"


def test_a_part_that_hangs_is_named(shared_checkout: Checkout) -> None:
    process = psutil.Process(shared_checkout.pid("rest"))
    process.suspend()
    try:
        result = shared_checkout.run("status")
        assert result.returncode == 1
        assert "rest does not answer" in result.stderr
    finally:
        process.resume()


def test_after_killing_everything_committed_data_is_there(shared_checkout: Checkout) -> None:
    write(shared_checkout, "before the power cut")
    shared_checkout.kill_everything()
    shared_checkout.start()
    assert shared_checkout.run("status").returncode == 0
    assert "before the power cut" in bodies(shared_checkout)


def test_data_and_keys_survive_stop_and_start(shared_checkout: Checkout) -> None:
    write(shared_checkout, "before the stop")
    before = shared_checkout.variables()
    processes = shared_checkout.processes()
    assert shared_checkout.run("stop").returncode == 0
    assert shared_checkout.processes() == []
    assert all(gone(process) for process in processes), "workers and backends are gone too"
    down = shared_checkout.run("status")
    assert down.returncode == 1
    assert "stopped" in down.stderr
    shared_checkout.start()
    assert shared_checkout.variables() == before
    assert "before the stop" in bodies(shared_checkout)


def test_stopping_twice_is_fine(shared_checkout: Checkout) -> None:
    shared_checkout.run("stop")
    result = shared_checkout.run("stop")
    assert result.returncode == 0
    assert "was not running" in result.stderr
    shared_checkout.start()


def test_a_reused_pid_is_left_alone(shared_checkout: Checkout) -> None:
    """The recorded pid may be somebody else's by now: it has the pid, but not the start time."""
    shared_checkout.run("stop")
    bystander = psutil.Popen(["sleep", "600"])
    shared_checkout.instance.record({part: Record(bystander.pid, 1.0) for part in PARTS})
    try:
        shared_checkout.start()
        assert shared_checkout.run("stop").returncode == 0
        assert bystander.is_running() and bystander.status() != psutil.STATUS_ZOMBIE
    finally:
        bystander.kill()
        bystander.wait()
    shared_checkout.start()


def test_a_stale_pid_file_does_not_keep_postgres_from_starting(shared_checkout: Checkout) -> None:
    shared_checkout.kill_everything()
    pid_file = postgres.data_folder(shared_checkout.instance) / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    shared_checkout.start()
    assert shared_checkout.run("status").returncode == 0


def test_reset_begins_anew_with_the_same_keys(shared_checkout: Checkout) -> None:
    write(shared_checkout, "to be forgotten")
    with shared_checkout.connect() as connection:
        connection.execute("create role left_behind")
    before = shared_checkout.variables()
    result = shared_checkout.run("reset")
    assert result.returncode == 0, result.stderr
    assert " s: " in result.stderr, "it tells the time taken"
    assert shared_checkout.variables() == before
    assert bodies(shared_checkout) == []
    with shared_checkout.connect() as connection:
        assert connection.execute("select from pg_roles where rolname = 'left_behind'").rowcount == 0
    answer = httpx.get(f"{before['REST_URL']}/notes", headers={"apikey": before["ANON_KEY"]})
    assert (answer.status_code, answer.json()) == (200, [])


def test_stop_finds_its_processes_without_the_state_folder(shared_checkout: Checkout) -> None:
    (shared_checkout.state / "parts.json").unlink()
    assert shared_checkout.processes()
    shared_checkout.run("stop")
    assert shared_checkout.processes() == []
    shared_checkout.start()
    state = shared_checkout.state
    shutil.rmtree(state / "run")
    (state / "parts.json").unlink()
    (state / "instance.json").unlink()
    assert shared_checkout.run("stop", "--all").returncode == 0
    assert shared_checkout.processes() == []
    shutil.rmtree(shared_checkout.root / ".groundwork")
    shared_checkout.start()
    assert shared_checkout.run("status").returncode == 0
    assert bodies(shared_checkout) == []


def test_logs_of_one_part_and_of_all(shared_checkout: Checkout) -> None:
    one = shared_checkout.run("logs", "functions")
    assert one.returncode == 0
    assert "gunicorn" in one.stdout
    everything = shared_checkout.run("logs")
    for part in PARTS:
        assert f"{part}.log" in everything.stdout
    unknown = shared_checkout.run("logs", "nonsense")
    assert unknown.returncode == 1
    assert "postgres, rest, auth, functions, gateway" in unknown.stderr


def test_logs_can_be_followed(shared_checkout: Checkout) -> None:
    command = [sys.executable, "-m", "groundwork", "logs", "postgres", "-f", "-n", "0"]
    with subprocess.Popen(command, cwd=shared_checkout.root, stdout=subprocess.PIPE, text=True) as follower:
        assert follower.stdout is not None
        time.sleep(1.5)
        with shared_checkout.connect() as connection:
            connection.execute("do $$ begin raise log 'a line to follow'; end $$")
        for line in follower.stdout:
            if "a line to follow" in line:
                break
        else:
            pytest.fail("the line never came")
        follower.send_signal(signal.SIGINT)
