"""A backup is restored as it was, row by row and file by file, or nothing is changed."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import psycopg
import pytest

from groundwork.backup import SEQUENCES, TABLES, back_up, connect, measure, restore, written
from groundwork.seed.bulk import Size, seed
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.project import Project
from tests.support import ROOT, Stack, sign_up

Sums = dict[tuple[str, str], tuple[int, str]]


@pytest.fixture
def url(stack: Stack) -> str:
    assert stack.admin_db_url is not None, "this server lets no administrator in"
    return stack.admin_db_url


@pytest.fixture
def storage(stack: Stack, tmp_path: Path) -> Path:
    """Return the folder of the stack's files; where it is not ours to reach, one with a file."""
    if stack.instance is not None:
        return Instance(Project.load(ROOT), stack.instance).storage
    folder = tmp_path / "storage"
    folder.mkdir()
    return folder


def sums(url: str) -> Sums:
    with connect(url) as connection:
        rows = connection.execute(TABLES).fetchall()
        return {(schema, name): measure(connection, schema, name, columns) for schema, name, columns in rows}


def files(storage: Path) -> dict[str, bytes]:
    return {str(path.relative_to(storage)): path.read_bytes() for path in storage.rglob("*") if path.is_file()}


def test_what_was_saved_comes_back(stack: Stack, url: str, storage: Path, tmp_path: Path) -> None:
    client, user = sign_up(stack)
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        seed(connection, "complete", Size(2, 100, 20, 300), lambda _table, _count: None, 905)
    (storage / "kept").mkdir(exist_ok=True)
    (storage / "kept" / "note.txt").write_text("a stored file")
    before, stored = sums(url), files(storage)
    path, manifest = back_up(url, storage, tmp_path / "backups")
    assert manifest.files == len(stored) and manifest.rows == sum(rows for rows, _ in before.values())

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("delete from public.messages")
        connection.execute("update public.organizations set name = 'Another name'")
    (storage / "kept" / "note.txt").write_text("overwritten")
    (storage / "kept" / "later.txt").write_text("made later")
    sign_up(stack)
    assert sums(url) != before

    restore(url, storage, path)
    assert sums(url) == before
    assert files(storage) == stored
    rows = client.table("user_profiles").select("user_id").execute().data
    assert rows == [{"user_id": user.id}], "whoever had signed in still is, and sees what they saw"
    shutil.rmtree(storage / "kept")


def test_a_damaged_archive_changes_nothing(url: str, tmp_path: Path) -> None:
    path, _ = back_up(url, None, tmp_path)
    before = sums(url)
    broken = tmp_path / "broken.tar"
    with tarfile.open(path) as source, tarfile.open(broken, "w") as target:
        for member in source.getmembers():
            data = source.extractfile(member)
            if member.name == "tables/auth.users.copy.z":
                member.size, data = 0, None
            target.addfile(member, data)
    with pytest.raises(StackError, match=r"auth\.users came back as 0 rows"):
        restore(url, None, broken)
    assert sums(url) == before
    (tmp_path / "text.tar").write_text("no archive")
    with pytest.raises(StackError, match="cannot be read"):
        restore(url, None, tmp_path / "text.tar")


def link_outside() -> tarfile.TarInfo:
    link = tarfile.TarInfo("storage/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return link


@pytest.mark.parametrize("hostile", [tarfile.TarInfo("storage/../../escaped"), link_outside()])
def test_an_archive_that_reaches_outside_is_refused(
    url: str, storage: Path, tmp_path: Path, hostile: tarfile.TarInfo
) -> None:
    path, _ = back_up(url, storage, tmp_path / "backups")
    with tarfile.open(path, "a") as archive:
        archive.addfile(hostile)
    before, stored = sums(url), files(storage)
    with pytest.raises(StackError, match="lead elsewhere"):
        restore(url, storage, path)
    assert sums(url) == before
    assert files(storage) == stored
    assert not (storage.parent.parent / "escaped").exists()


def sequences(url: str) -> dict[str, int]:
    with connect(url) as connection:
        return dict(connection.execute(SEQUENCES).fetchall())


def test_what_cannot_be_replaced_changes_nothing(stack: Stack, url: str, tmp_path: Path) -> None:
    path, _ = back_up(url, None, tmp_path / "backups")
    sign_up(stack)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create sequence private.ailing; select nextval('private.ailing')")
        try:
            with_sequence, _ = back_up(url, None, tmp_path / "backups")
            connection.execute("select nextval('private.ailing')")
            before, counted = sums(url), sequences(url)
            (tmp_path / "storage").write_text("no folder")
            for archive in (path, with_sequence):
                with pytest.raises(StackError, match=r"stored files cannot be replaced.*\n.*Nothing was changed"):
                    restore(url, tmp_path / "storage", archive)
                assert sums(url) == before
                assert sequences(url) == counted
        finally:
            connection.execute("drop sequence private.ailing")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["backups", "storage"]


FAILS_TO_COMMIT = """\
create function private.ailing() returns trigger language plpgsql as $$ begin raise exception 'not today'; end $$;
create constraint trigger ailing after insert on public.organizations deferrable initially deferred
    for each row execute function private.ailing();
alter table public.organizations enable always trigger ailing;
"""
FAILS_TO_ANALYZE = """\
create function private.ailing(text) returns text language plpgsql immutable as $$
begin
    if current_query() = 'analyze' then
        raise exception 'not today';
    end if;
    return $1;
end $$;
create index ailing on public.organizations (private.ailing(name));
"""


def test_files_come_back_when_the_rows_do_not(stack: Stack, url: str, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    (storage / "kept").mkdir(parents=True)
    (storage / "kept" / "note.txt").write_text("saved")
    path, _ = back_up(url, storage, tmp_path / "backups")
    sign_up(stack)
    (storage / "kept" / "note.txt").write_text("changed")
    (storage / "later.txt").write_text("made later")
    before, stored = sums(url), files(storage)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FAILS_TO_COMMIT)
        try:
            with pytest.raises(StackError, match="nothing was changed"):
                restore(url, storage, path)
        finally:
            connection.execute("drop function private.ailing() cascade")
    assert sums(url) == before
    assert files(storage) == stored
    assert sorted(item.name for item in tmp_path.iterdir()) == ["backups", "storage"]


def test_what_fails_after_all_was_restored_says_so(stack: Stack, url: str, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    storage.mkdir()
    (storage / "note.txt").write_text("saved")
    path, _ = back_up(url, storage, tmp_path / "backups")
    before = sums(url)
    sign_up(stack)
    (storage / "note.txt").write_text("changed")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FAILS_TO_ANALYZE)
        try:
            with pytest.raises(StackError, match="Everything was restored") as caught:
                restore(url, storage, path)
        finally:
            connection.execute("drop function private.ailing(text) cascade")
    assert "not today" in caught.value.detail and "nothing was changed" not in str(caught.value).lower()
    assert sums(url) == before
    assert files(storage) == {"note.txt": b"saved"}


def test_another_schema_is_refused(url: str, tmp_path: Path) -> None:
    path, _ = back_up(url, None, tmp_path)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create table private.ailing (id uuid primary key)")
        try:
            with pytest.raises(StackError) as caught:
                restore(url, None, path)
        finally:
            connection.execute("drop table private.ailing")
    assert "private.ailing" in caught.value.detail


def test_the_oldest_archives_are_deleted(url: str, tmp_path: Path) -> None:
    paths = [back_up(url, None, tmp_path, keep=2)[0] for _ in range(3)]
    assert sorted(tmp_path.iterdir()) == paths[1:]
    assert all(path.stat().st_mode & 0o077 == 0 for path in paths[1:])


def test_a_backup_that_is_killed_leaves_nothing_that_looks_like_one(
    stack: Stack, url: str, tmp_path: Path
) -> None:
    assert stack.instance is not None
    good, _ = back_up(url, None, tmp_path)
    command = [
        sys.executable,
        "-m",
        "groundwork",
        "backup",
        str(tmp_path),
        "--name",
        stack.instance,
        "--keep",
        "1",
    ]
    with psycopg.connect(url) as connection:
        connection.execute("lock table public.organizations")  # it waits there, with half of the tables written
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while connection.execute("select from pg_locks where not granted").fetchone() is None:
            assert process.poll() is None, "it has not to wait"
            time.sleep(0.05)
        process.kill()
        process.wait()
    (part,) = tmp_path.glob("*.part")
    assert sorted(tmp_path.iterdir()) == sorted([good, part]), "nothing was rotated for one that failed"
    with pytest.raises(StackError, match=r"is no archive|cannot be read"):
        restore(url, None, part)
    under_way, other = tmp_path / "20991231T235959000000.groundwork.part", tmp_path / "download.part"
    other.write_text("somebody else's")
    with written(under_way):
        last, _ = back_up(url, None, tmp_path, keep=1)
        assert sorted(tmp_path.iterdir()) == [last, under_way, other], "those of a living one and of others stay"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_an_archive_that_was_cut_off_is_refused(url: str, tmp_path: Path, share: float) -> None:
    path, _ = back_up(url, None, tmp_path)
    before = sums(url)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole.rstrip(b"\0")) * share)])
    with pytest.raises(StackError, match=r"is no archive|cannot be read"):
        restore(url, None, path)
    assert sums(url) == before


def test_a_folder_that_cannot_be_written_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(StackError, match="cannot be written"):
        back_up(url, None, tmp_path / "file")


def test_the_schedule_in_the_documentation_works(stack: Stack, tmp_path: Path) -> None:
    assert stack.instance is not None
    text = (ROOT / "docs" / "operating.md").read_text()
    (line,) = re.findall(r"^0 3 \* \* \* (.*)$", text, re.MULTILINE)
    (started,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    for command in (line, started):
        here = command.replace("/srv/product", str(ROOT)).replace(" backups ", f" {tmp_path} ")
        done = subprocess.run(
            ["/bin/sh", "-c", f"{here} --name {stack.instance}"],
            check=False, cwd=ROOT, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert Path(done.stdout.strip()).parent == tmp_path
    assert len(list(tmp_path.iterdir())) == 2
