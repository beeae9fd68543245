"""`groundwork backup` and `groundwork restore`: the data of a stack and its stored files, in one archive.

An archive holds every table as COPY writes it, read in one snapshot, with its number of rows and a checksum. The
schema is not in it: that is the migrations, whose versions are. A restore replaces all data in one transaction,
which ends only when every number and checksum is that of the archive.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import json
import os
import re
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, LiteralString

import psycopg
from psycopg import sql

from groundwork.indexes import built_after
from groundwork.stack.errors import StackError

FORMAT = 1
SUFFIX = ".groundwork.tar"
PART = ".part"
"""What an archive is called before it is whole: never taken for one, and deleted where its backup was killed."""
OWN_PART = re.compile(rf"[0-9]{{8}}T[0-9]{{12}}{re.escape(SUFFIX.removesuffix('.tar') + PART)}")
PIECE = 1 << 20

TABLES: LiteralString = """
    select n.nspname, c.relname,
        array(
            select a.attname from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
            order by a.attnum
        )
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('auth', 'storage', 'public', 'private')
        and c.relkind in ('r', 'p') and not c.relispartition
        and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by 1, 2
"""
SEQUENCES: LiteralString = """
    select format('%I.%I', schemaname, sequencename), last_value from pg_sequences
    where schemaname in ('auth', 'storage', 'public', 'private') and last_value is not null
"""


@dataclass(frozen=True)
class Table:
    """A table in an archive: what was read of it, and what it came to."""

    schema: str
    name: str
    columns: list[str]
    rows: int
    checksum: str

    @property
    def member(self) -> str:
        """The name of its file in the archive."""
        return f"tables/{self.schema}.{self.name}.copy.z"


@dataclass(frozen=True)
class Manifest:
    """What an archive says of itself."""

    format: int
    made_at: str
    versions: list[str]
    sequences: dict[str, int]
    tables: list[Table]
    files: int

    @property
    def rows(self) -> int:
        """How many rows all tables have together."""
        return sum(table.rows for table in self.tables)


def back_up(url: str, storage: Path | None, folder: Path, keep: int | None = None) -> tuple[Path, Manifest]:
    """Write an archive into a folder, then delete all but the newest `keep`; return its path and what it holds.

    Raises StackError when the database cannot be read or the folder not be written.
    """
    now = datetime.now(UTC)
    path = folder / f"{now:%Y%m%dT%H%M%S%f}{SUFFIX}"
    part = path.with_suffix(PART)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        sweep(folder)
        with connect(url) as connection, written(part) as file, tarfile.open(fileobj=file, mode="w") as archive:
            connection.execute("set transaction isolation level repeatable read, read only")
            tables = [read_table(connection, archive, *row) for row in connection.execute(TABLES).fetchall()]
            sequences = {name: int(value) for name, value in connection.execute(SEQUENCES).fetchall()}
            files = add_files(archive, storage)
            manifest = Manifest(FORMAT, now.isoformat(), versions(connection), sequences, tables, files)
            add(archive, "manifest.json", json.dumps(asdict(manifest), indent=1).encode())
        part.rename(path)
    except OSError as error:
        raise StackError(f"{folder} cannot be written: {error}.", "Give another folder.") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    for old in sorted(folder.glob(f"*{SUFFIX}"))[: -keep if keep else 0]:
        old.unlink()
    return path, manifest


@contextlib.contextmanager
def written(part: Path) -> Iterator[IO[bytes]]:
    """Give a file that nobody else reads, locked as long as it is written, and on the disk at the end."""
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
        file.flush()
        os.fsync(file.fileno())


def sweep(folder: Path) -> None:
    """Delete what backups that were killed have left behind, and nobody else's files."""
    for part in [path for path in folder.glob(f"*{PART}") if OWN_PART.fullmatch(path.name)]:
        with part.open("rb") as file, contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            part.unlink()


@contextlib.contextmanager
def connect(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Give a connection in a transaction; raise StackError for what the database refuses."""
    try:
        with psycopg.connect(url, connect_timeout=10, application_name="groundwork backup") as connection:
            connection.execute("set datestyle = iso; set extra_float_digits = 3; set timezone = 'UTC'")
            connection.execute("set search_path = pg_catalog, extensions, public; set statement_timeout = 0")
            connection.commit()
            yield connection
    except psycopg.OperationalError as error:
        raise StackError(
            "The database cannot be reached, or a lock not be had.", "Run `groundwork start`.", str(error).strip()
        ) from None
    except psycopg.Error as error:
        raise StackError("The database refused; nothing was changed.", detail=str(error).strip()) from None


def versions(connection: psycopg.Connection[Any]) -> list[str]:
    """Return the versions of the migrations that a database has."""
    row = connection.execute("select to_regclass('supabase_migrations.schema_migrations') is not null").fetchone()
    if row is None or not row[0]:
        return []
    rows = connection.execute("select version from supabase_migrations.schema_migrations order by 1").fetchall()
    return [str(row[0]) for row in rows]


def read_table(
    connection: psycopg.Connection[Any], archive: tarfile.TarFile, schema: str, name: str, columns: list[str]
) -> Table:
    """Add a table to the archive and return what it came to."""
    table = Table(schema, name, columns, *measure(connection, schema, name, columns))
    query = sql.SQL("copy (select {} from {}) to stdout").format(names(columns), sql.Identifier(schema, name))
    with tempfile.TemporaryFile() as spool:
        packer = zlib.compressobj(1)
        with connection.cursor() as cursor, cursor.copy(query) as stream:
            for block in stream:
                spool.write(packer.compress(block))
        spool.write(packer.flush())
        entry = tarfile.TarInfo(table.member)
        entry.size, entry.mtime = spool.tell(), int(time.time())
        spool.seek(0)
        archive.addfile(entry, spool)
    return table


def measure(connection: psycopg.Connection[Any], schema: str, name: str, columns: list[str]) -> tuple[int, str]:
    """Return how many rows a table has, and a checksum of them in whatever order."""
    query = sql.SQL(
        "select count(*), coalesce(sum(hashtextextended(row({})::text, 0)::numeric), 0)::text from {}"
    ).format(names(columns), sql.Identifier(schema, name))
    row = connection.execute(query).fetchone()
    return (int(row[0]), str(row[1])) if row else (0, "0")


def names(columns: list[str]) -> sql.Composed:
    """Return columns as SQL lists them."""
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    """Add a small file to the archive."""
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime = len(data), int(time.time())
    archive.addfile(entry, io.BytesIO(data))


def add_files(archive: tarfile.TarFile, storage: Path | None) -> int:
    """Add the stored files and return how many there are. One that is deleted meanwhile is left out."""
    count = 0
    for path in sorted(storage.rglob("*")) if storage and storage.is_dir() else []:
        if path.is_file() and not path.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                archive.add(path, f"storage/{path.relative_to(storage or path)}", recursive=False)
                count += 1
    return count


def restore(url: str, storage: Path | None, path: Path) -> Manifest:
    """Replace all data by that of an archive and return what it holds.

    Raises StackError when the archive is none or is of another schema, and when what was loaded is not what was
    saved; then nothing was changed. Raises it also when all was restored, but not all be tidied up, and says so.
    """
    try:
        with tarfile.open(path) as archive, connect(url) as connection:
            manifest = read_manifest(archive, path)
            refuse_other_schema(connection, manifest)
            load(connection, archive, manifest)
            with replaced_files(archive, path, storage):
                connection.commit()
            analyze(connection)
    except (OSError, tarfile.TarError, zlib.error) as error:
        raise StackError(
            f"{path} cannot be read: {error}.", "Nothing was changed; use another archive."
        ) from error
    return manifest


def analyze(connection: psycopg.Connection[Any]) -> None:
    """Let the planner know what was restored; raise StackError when it cannot be told."""
    try:
        connection.execute("analyze")
        connection.commit()
    except psycopg.Error as error:
        raise StackError(
            "Everything was restored, but the planner knows nothing of it: analyze failed.",
            "Mend what Postgres says below, then run in the database: analyze;",
            str(error).strip(),
        ) from error


def read_manifest(archive: tarfile.TarFile, path: Path) -> Manifest:
    """Return what an archive says of itself; raise StackError when it is none of ours, or is not complete."""
    try:
        member = archive.extractfile("manifest.json")
        kept: dict[str, Any] = json.load(member) if member else {}
        tables = [Table(**table) for table in kept.pop("tables")]
        manifest = Manifest(tables=tables, **kept)
    except (KeyError, ValueError, TypeError):
        raise StackError(f"{path} is no archive of `groundwork backup`.", "Name a file that it wrote.") from None
    if manifest.format != FORMAT:
        raise StackError(f"{path} is of format {manifest.format}.", f"This version reads format {FORMAT}.")
    return manifest


def refuse_other_schema(connection: psycopg.Connection[Any], manifest: Manifest) -> None:
    """Raise StackError when the database's schema is not that of the archive."""
    here = versions(connection)
    found = {(schema, name): columns for schema, name, columns in connection.execute(TABLES).fetchall()}
    saved = {(table.schema, table.name): table.columns for table in manifest.tables}
    if here != manifest.versions or found != saved:
        differing = sorted(set(here) ^ set(manifest.versions))
        changed = sorted(f"{schema}.{name}" for schema, name in found.keys() | saved.keys()
                         if found.get((schema, name)) != saved.get((schema, name)))  # fmt: skip
        raise StackError(
            "The database's schema is another than the archive's.",
            "Check out the version that the archive was made with, `groundwork reset`, restore, and migrate then.",
            f"migrations that only one of them has: {', '.join(differing) or 'none'}\n"
            f"tables that differ: {', '.join(changed) or 'none'}",
        )


def load(connection: psycopg.Connection[Any], archive: tarfile.TarFile, manifest: Manifest) -> None:
    """Replace the rows of all tables; raise StackError when they are not those that were saved."""
    connection.execute("set local lock_timeout = '10s'")
    connection.execute(
        "set local session_replication_role = replica"
    )  # triggers and foreign keys have had their say
    everything = sql.SQL(", ").join(sql.Identifier(table.schema, table.name) for table in manifest.tables)
    connection.execute(sql.SQL("truncate {} cascade").format(everything))
    with built_after(connection, [f"{table.schema}.{table.name}" for table in manifest.tables]):
        for table in manifest.tables:
            fill(connection, archive, table)
    for name, value in manifest.sequences.items():
        # Alone, setval() would stay where the restore is undone; what it does to a sequence made anew does not.
        row = connection.execute("select format('alter sequence %%s restart', %s::regclass)", [name]).fetchone()
        connection.execute(str(row[0] if row else "").encode())
        connection.execute("select setval(%s::regclass, %s)", [name, value])


def fill(connection: psycopg.Connection[Any], archive: tarfile.TarFile, table: Table) -> None:
    """Load the rows of a table; raise StackError when they are not those that were saved."""
    query = sql.SQL("copy {} ({}) from stdin").format(
        sql.Identifier(table.schema, table.name), names(table.columns)
    )
    member = archive.extractfile(table.member)
    unpacker = zlib.decompressobj()
    with connection.cursor() as cursor, cursor.copy(query) as stream:
        while member and (block := member.read(PIECE)):
            stream.write(unpacker.decompress(block))
        stream.write(unpacker.flush())
    loaded = measure(connection, table.schema, table.name, table.columns)
    if loaded != (table.rows, table.checksum):
        raise StackError(
            f"{table.schema}.{table.name} came back as {loaded[0]} rows, the archive says {table.rows}.",
            "The archive is damaged. Nothing was changed; use another one.",
        )


def unpack(archive: tarfile.TarFile, path: Path, folder: Path) -> None:
    """Put the stored files below a folder; raise StackError for an archive that would reach outside of it."""
    members = [item for item in archive.getmembers() if item.name.startswith("storage/")]
    # Python has the filter from 3.11.4 on; before it only this keeps them inside.
    if not all(item.isfile() and ".." not in PurePosixPath(item.name).parts for item in members):
        raise StackError(
            f"{path} has stored files that are none or lead elsewhere.",
            "Nothing was changed; use another archive.",
        )
    archive.extraction_filter = getattr(tarfile, "data_filter", None)
    archive.extractall(folder, members)  # noqa: S202 - checked above, and filtered where Python can


@contextlib.contextmanager
def replaced_files(archive: tarfile.TarFile, path: Path, storage: Path | None) -> Iterator[None]:
    """Put the archive's files in the place of the present ones, which come back when the block fails.

    The new ones are on the disk before an old one moves, and the old ones are deleted at the very end. Raises
    StackError when the files cannot be replaced; then they are as they were.
    """
    folder = Path(tempfile.mkdtemp(prefix="restore-", dir=storage.parent if storage else None))
    fresh, old = folder / "storage", folder / "before"
    moved: list[tuple[Path, Path]] = []
    try:
        unpack(archive, path, folder)
        if storage is not None:
            fresh.mkdir(exist_ok=True)
            old.mkdir()
            swap(fresh, storage, old, moved)
        yield
    except BaseException:
        put_back(moved, folder)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise StackError(
            f"Everything was restored, but the files of before are still there: {error}.",
            f"Delete {folder}, and run in the database: analyze;",
        ) from error


def swap(fresh: Path, storage: Path, old: Path, moved: list[tuple[Path, Path]]) -> None:
    """Move the present files to one folder and the new ones to their place, noting each move.

    Raises StackError when one cannot be moved.
    """
    try:
        storage.mkdir(mode=0o700, exist_ok=True)
        for source, target in ((storage, old), (fresh, storage)):
            for item in sorted(source.iterdir()):
                move(item, target / item.name)
                moved.append((target / item.name, item))
    except OSError as error:
        raise StackError(
            f"The stored files cannot be replaced: {error}.", f"Nothing was changed; look at {storage}."
        ) from error


def put_back(moved: list[tuple[Path, Path]], folder: Path) -> None:
    """Move files back to where they were, the last one first; raise StackError where that fails, too."""
    try:
        for now, before in reversed(moved):
            move(now, before)
    except OSError as error:
        raise StackError(
            f"The database is as it was, but some stored files could not be put back: {error}.",
            f"Those of before are in {folder / 'before'}: move them back.",
        ) from error


def move(source: Path, target: Path) -> None:
    """Move a file or folder to a path where there is none; raise OSError where that cannot be."""
    if target.exists():  # whoever uploads at this moment may have made it
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    shutil.move(source, target)
