"""Little projects with stacks of their own, to be broken and mended."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest

from groundwork.stack import postgres
from groundwork.stack.instance import Instance
from groundwork.stack.process import belonging_to
from groundwork.stack.project import Project
from tests.support import ROOT, free_port, groundwork


def has_pg_cron() -> bool:
    """Return whether the tests run on a server with pg_cron."""
    server = os.environ.get("GROUNDWORK_TEST_DB_URL")
    if server is None:
        return False
    with psycopg.connect(server) as connection:
        return connection.execute("select current_setting('cron.database_name', true)").fetchone() != (None,)


collect_ignore = [] if has_pg_cron() else ["test_pg_cron.py"]

NOTES = """
create table public.notes (id bigint generated always as identity primary key, body text not null);
alter table public.notes enable row level security;
grant select, insert on public.notes to anon;
create policy notes_all on public.notes for all to anon using (true) with check (true);
"""


@dataclass
class Checkout:
    """A project folder with one migration, and the command to run in it."""

    root: Path
    port: int = field(default_factory=free_port)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run groundwork; the caller looks at the exit code."""
        return groundwork(*arguments, root=self.root)

    def begin(self, *arguments: str) -> subprocess.Popen[str]:
        """Run groundwork in the background."""
        command = [sys.executable, "-m", "groundwork", *arguments]
        return subprocess.Popen(command, cwd=self.root, stderr=subprocess.PIPE, text=True)

    def start(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Start the stack and fail when that fails."""
        ports = (
            [] if "--name" in arguments or (self.state / "instance.json").exists() else ["--port", str(self.port)]
        )
        result = self.run("start", *ports, *arguments)
        assert result.returncode == 0, result.stderr
        return result

    @property
    def state(self) -> Path:
        return self.root / ".groundwork" / "default"

    @property
    def instance(self) -> Instance:
        return Instance(Project.load(self.root))

    def variables(self, *arguments: str) -> dict[str, str]:
        """Return what `status -o json` prints."""
        result = self.run("status", "-o", "json", *arguments)
        assert result.returncode == 0, result.stderr
        return dict(json.loads(result.stdout))

    def pid(self, part: str) -> int:
        """Return the recorded process of a part."""
        return self.instance.records()[part].pid

    def processes(self) -> list[psutil.Process]:
        """Return every process of the stack, children included."""
        heads = belonging_to(self.state, postgres.data_folder(self.instance))
        return list({p.pid: p for head in heads for p in [head, *head.children(recursive=True)]}.values())

    def kill_everything(self) -> None:
        """Kill every process at once, as a power cut would."""
        victims = self.processes()
        assert len(victims) > 5
        for victim in victims:
            victim.kill()
        psutil.wait_procs(victims, timeout=10)

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Return an autocommitting connection as the migrations' role."""
        return psycopg.connect(self.variables()["DB_URL"], autocommit=True)

    def migrate(self, version: int, sql: str) -> Path:
        """Write a migration."""
        path = self.root / "supabase" / "migrations" / f"{version}_m{version}.sql"
        path.write_text(sql)
        return path


def make_checkout(root: Path) -> Checkout:
    """Make a project with the repository's configuration, programs and functions, and one small migration."""
    (root / "supabase" / "migrations").mkdir(parents=True)
    shutil.copy(ROOT / "supabase" / "config.toml", root / "supabase")
    for name in ("node_modules", "functions"):
        (root / name).symlink_to(ROOT / name)
    checkout = Checkout(root)
    checkout.migrate(1, NOTES)
    return checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """Return a project of the test's own, whose processes and data are gone afterwards."""
    made = make_checkout(tmp_path / "project")
    yield made
    groundwork("stop", "--all", "--delete", root=made.root)
    assert made.processes() == []


@pytest.fixture(scope="module")
def shared_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Return a running project that the tests of one module share; each leaves it running."""
    made = make_checkout(tmp_path_factory.mktemp("shared") / "project")
    made.start()
    yield made
    groundwork("stop", "--all", "--delete", root=made.root)


def as_root() -> bool:
    """Return whether the tests run as root."""
    return os.geteuid() == 0
