"""Processes that outlive the command which started them, and how to be sure which ones are ours.

A pid alone says nothing: the system gives it to somebody else once the process is gone. A record therefore
holds the start time too, and every process carries its instance's folder in its environment, so that it can be
found even when the record is lost.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MARK = "GROUNDWORK_INSTANCE"
CLOCK_TOLERANCE = 0.005
LOG_MARK = "--- started"
"""Begins the line that separates one run of a part from the one before."""


@dataclass(frozen=True)
class Record:
    """A process we started: enough to tell it from any later process with its pid."""

    pid: int
    created: float

    def process(self) -> psutil.Process | None:
        """Return the process while it lives, else None."""
        try:
            process = psutil.Process(self.pid)
            same = abs(birth(self.pid) - self.created) < CLOCK_TOLERANCE
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def birth(pid: int) -> float:
    """Return when a process was started, on a clock that does not move; raise NoSuchProcess when it is gone.

    On Linux psutil adds the time of the boot, which shifts whenever the system's clock is set.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (FileNotFoundError, ProcessLookupError):
        return psutil.Process(pid).create_time()


def spawn(
    command: list[str],
    log: Path,
    environment: Mapping[str, str],
    folder: Path,
    user: str | None = None,
) -> Record:
    """Start a command in its own session, its output appended to `log`, and return its record."""
    options: dict[str, object] = {"user": user, "group": user, "extra_groups": []} if user else {}
    with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:  # noqa: PTH123
        output.write(f"{LOG_MARK} {time.strftime('%Y-%m-%d %H:%M:%S')} {Path(command[0]).name}\n".encode())
        output.flush()
        child = subprocess.Popen(  # type: ignore[call-overload]
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            umask=0o077,
            **options,
        )
    children[child.pid] = child
    return Record(child.pid, birth(child.pid))


children: dict[int, subprocess.Popen[bytes]] = {}
"""What this very command started: polled, so that a child that dies at once is no zombie of ours."""


def alive(record: Record) -> bool:
    """Return whether the recorded process lives."""
    if record.pid in children:
        children[record.pid].poll()
    return record.process() is not None


def belonging_to(state: Path, data: Path | None) -> list[psutil.Process]:
    """Return every living process of the instance in folder `state`, whose database is in `data`."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and not gone(process) and claimed(process, state, data):
                found.append(process)
    return found


def claimed(process: psutil.Process, state: Path, data: Path | None) -> bool:
    """Return whether a process carries the instance's mark or serves its database."""
    return serves(process, data) or process.environ().get(MARK) == str(state)


def serves(process: psutil.Process, data: Path | None) -> bool:
    """Return whether a process is the Postgres server of the cluster in `data`."""
    return data is not None and process.cmdline()[1:3] == ["-D", str(data)]


def marks() -> set[str]:
    """Return the state folders of all instances that have a living process."""
    found = set()
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if not gone(process):
                found.add(process.environ().get(MARK, ""))
    return found - {""}


def serving(data: Path) -> list[psutil.Process]:
    """Return the living Postgres server of the cluster in `data`, if any."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if serves(process, data) and not gone(process):
                found.append(process)
    return found


def gone(process: psutil.Process) -> bool:
    """Return whether a process has ended, be it only that nobody has collected its exit code yet."""
    if process.pid in children:
        children[process.pid].poll()
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def end(processes: Iterable[psutil.Process], first: signal.Signals, patience: float = 10.0) -> None:
    """Ask processes to end with signal `first`; kill those of them, and of their children, that do not in time."""
    heads = list(processes)
    everyone = {member.pid: member for process in heads for member in family(process)}
    for process in heads:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    for process in wait(everyone.values(), patience):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait(everyone.values(), 5.0)


def family(process: psutil.Process) -> list[psutil.Process]:
    """Return a process and all its descendants."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [process, *process.children(recursive=True)]
    return []


def wait(processes: Iterable[psutil.Process], patience: float) -> list[psutil.Process]:
    """Wait until processes are gone, at most `patience` seconds; return those that are not."""
    deadline = time.monotonic() + patience
    left = [process for process in processes if not gone(process)]
    while left and time.monotonic() < deadline:
        time.sleep(0.01)
        left = [process for process in left if not gone(process)]
    return left
