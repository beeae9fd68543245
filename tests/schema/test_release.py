"""From the last release to what came later: with data in it, and clients that go on writing."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest
from typer.testing import CliRunner

from groundwork.cli import app
from groundwork.schema.scratch import ScratchServer
from groundwork.seed.bulk import Size, seed
from groundwork.stack.database import Database
from groundwork.stack.project import Project
from tests.schema.conftest import Api
from tests.schema.released import FOLDER, edited, git, last_tag, migrations_of
from tests.support import ROOT

Serve = Callable[[Database], AbstractContextManager[Api]]

LATER = """\
alter table public.messages add column pinned_at timestamptz;
grant select (pinned_at), update (pinned_at) on public.messages to authenticated;
comment on column public.messages.pinned_at is 'Since when the message is pinned.';

create table public.message_labels (
    organization_id uuid not null,
    message_id uuid not null,
    label text not null,
    primary key (organization_id, message_id, label),
    foreign key (organization_id, message_id) references public.messages (organization_id, id) on delete cascade
);
alter table public.message_labels enable row level security;
revoke all on public.message_labels from public, anon, authenticated, service_role;
grant select on public.message_labels to authenticated;
create policy message_labels_select on public.message_labels
    for select to authenticated
    using (exists (select from public.messages m where m.id = message_labels.message_id));

-- A backfill, as a later version may need it.
update public.messages m set pinned_at = m.created_at where m.sequence = 1;
"""
"""What the next release might bring, where none is there yet."""


def test_no_released_migration_was_edited() -> None:
    assert edited(ROOT) == []


def test_an_edited_migration_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    for name in ("1_one.sql", "2_two.sql", "3_three.sql"):
        (folder / name).write_text("select 1;\n")
    identity = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, *identity, "commit", "--quiet", "--message", "Begin")
    assert last_tag(tmp_path) is None
    (folder / "1_one.sql").write_text("select 2;\n")
    assert edited(tmp_path) == [], "until the first release they are edited in place"
    for version in ("v0.9.0", "v0.10.0"):
        git(tmp_path, "add", ".")
        git(tmp_path, *identity, "commit", "--quiet", "--allow-empty", "--message", version)
        git(tmp_path, "tag", version)
    assert last_tag(tmp_path) == "v0.10.0"
    (folder / "4_four.sql").write_text("select 4;\n")
    assert edited(tmp_path) == [], "a new one is no edited one"
    (folder / "1_one.sql").write_text("select 3;\n")
    (folder / "2_two.sql").unlink()
    assert edited(tmp_path) == ["1_one.sql", "2_two.sql"]


@contextmanager
def released(tmp_path: Path, scratch: ScratchServer) -> Iterator[tuple[Project, Database]]:
    """Give a project with what came after the last release, and a database that has the release with data in it.

    Before the first release that is the schema of today, and what came after it is made up.
    """
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    shutil.copy(ROOT / "supabase" / "config.toml", tmp_path / "supabase")
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    today = {path.name: path.read_text() for path in Project.load(ROOT).migrations}
    tag = last_tag(ROOT)
    base = migrations_of(ROOT, tag) if tag else today
    for name, text in (today | {"20991231000000_later.sql": LATER}).items():
        (folder / name).write_text(text)
    with scratch.database() as database:
        with database.connect() as connection:
            connection.execute("set session authorization postgres")  # the role that the CLI becomes
            for text in base.values():
                connection.execute(text.encode())
            connection.execute(
                "create schema supabase_migrations; create table supabase_migrations.schema_migrations "
                "(version text primary key, statements text[], name text)"
            )
            for name in base:
                connection.execute(
                    "insert into supabase_migrations.schema_migrations (version) values (%s)", [name.split("_")[0]]
                )
        with psycopg.connect(database.url(database.admin), autocommit=True) as session:
            seed(session, "complete", Size(3, 400, 60, 2000), lambda _table, _count: None)
        yield Project.load(tmp_path), database


class Writer(threading.Thread):
    """Somebody who chats through the Data API without a pause, and notes every answer."""

    def __init__(self, api: Api) -> None:
        super().__init__()
        self.api = api
        self.answers: list[httpx.Response] = []
        self.done = threading.Event()
        self.user = api.sign_up()
        with api.client(self.user) as client:
            self.conversation = client.post("/conversations", json={"title": "On"}).json()[0]["id"]

    def run(self) -> None:
        with self.api.client(self.user) as client:
            while not self.done.is_set():
                number = len(self.answers)
                row = {"conversation_id": self.conversation, "user_id": str(self.user), "content": str(number)}
                self.answers.append(client.post("/messages?select=content,sequence", json=row, timeout=30))

    def stop(self) -> None:
        self.done.set()
        self.join()


def kept(database: Database) -> list[tuple[object, ...]]:
    """Return what an upgrade must not change: counts and sums by organization, but for the writer's own."""
    with database.connect() as connection:
        return connection.execute(
            """
            select o.id, o.name,
                (select count(*) from public.messages m where m.organization_id = o.id),
                (select md5(string_agg(m.content, '|' order by m.id)) from public.messages m
                    where m.organization_id = o.id),
                (select count(*) from public.document_chunks c where c.organization_id = o.id),
                (select sum(u.cost_usd) from public.api_usage u where u.organization_id = o.id),
                (select sum(s.cost_usd) from public.token_usage_summary s where s.organization_id = o.id)
            from public.organizations o
            where o.slug like '%-1-%'
            order by o.id
            """
        ).fetchall()


def test_a_release_is_upgraded_while_a_client_writes(
    scratch: ScratchServer, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with released(tmp_path, scratch) as (project, database), serve(database) as api:
        before = kept(database)
        assert len(before) == 3
        monkeypatch.chdir(project.root)
        writer = Writer(api)
        writer.start()
        try:
            url, server = database.url(database.admin), scratch.server.url(scratch.server.admin)
            begun = len(writer.answers)
            done = CliRunner().invoke(app, ["upgrade", "--db-url", url, "--server", server])
            ended = len(writer.answers)
            while len(writer.answers) < ended + 5 and writer.is_alive():
                time.sleep(0.01)
        finally:
            writer.stop()
        assert done.exit_code == 0, done.output
        assert "+ column public.messages.pinned_at" in done.output
        assert ended > begun, "somebody wrote meanwhile"
        refused = [answer.text for answer in writer.answers if answer.status_code != 201]
        assert refused == []
        numbers = [(answer.json()[0]["sequence"], answer.json()[0]["content"]) for answer in writer.answers]
        assert numbers == [(number + 1, str(number)) for number in range(len(numbers))], (
            "none was lost, none twice"
        )
        assert kept(database) == before
        with api.client(writer.user) as client:
            first = client.get("/messages?sequence=eq.1&select=content,pinned_at").json()
            assert first[0]["pinned_at"] is not None, "what is new is there, and the Data API knows of it"
            assert client.get("/message_labels").json() == []
        again = CliRunner().invoke(app, ["upgrade", "--db-url", url, "--server", server])
        assert again.exit_code == 0, again.output
        assert "0 migrations, 0 changes" in again.output
