"""Makes a migration of a SQL file and applies it, or leaves everything as it was."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

import psycopg
from pglast import ast

from groundwork.schema.findings import shown
from groundwork.schema.outside import environment
from groundwork.schema.statements import read
from groundwork.stack.errors import StackError
from groundwork.stack.migrations import failure
from groundwork.stack.project import Project, node_module

LOCK_TIMEOUT = re.compile(r"[0-9]+(ms|s|min)")
UNAVAILABLE = ("LockNotAvailable", "55P03", "canceling statement due to lock timeout")


def file_name(project: Project, name: str, now: datetime | None = None) -> str:
    """Return the name of a new migration, after all others; raise StackError for a name without letters."""
    words = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not words:
        raise StackError(f"{name!r} is no name for a migration.", "Use letters, digits and hyphens.")
    version = int((now or datetime.now(UTC)).strftime("%Y%m%d%H%M%S"))
    latest = max((int(path.name.split("_")[0]) for path in project.migrations), default=0)
    return f"{max(version, latest + 1)}_{words}.sql"


def compose(source: Path, lock_timeout: str) -> str:
    """Return the migration's text, which gives up where a lock is not to be had.

    Raises StackError for what is no time, and for a file that would end the migration's transaction.
    """
    refuse_no_time(lock_timeout)
    refuse_transaction_control(source)
    text = source.read_text(encoding="utf-8").rstrip()
    return f"set lock_timeout = '{lock_timeout}';\n\n{text}\n\nreset lock_timeout;\n"


def refuse_no_time(lock_timeout: str) -> None:
    """Raise StackError for what is no time."""
    if not LOCK_TIMEOUT.fullmatch(lock_timeout):
        raise StackError(f"{lock_timeout!r} is no time.", "Write it like 5s or 500ms.")


def refuse_transaction_control(source: Path) -> None:
    """Raise StackError for a file that begins or ends a transaction: its dry run would be none."""
    for statement in read(source, 0):
        if isinstance(statement.node, ast.TransactionStmt):
            raise StackError(
                f"{shown(source)}:{statement.line} begins or ends a transaction: {statement.text.strip()}",
                "Delete the statement: a migration is one transaction. Nothing was changed.",
            )


def refuse_pending(project: Project, url: str) -> None:
    """Raise StackError when the database lacks other migrations, or cannot be reached."""
    with connection(url) as database:
        known = database.execute(
            "select to_regclass('supabase_migrations.schema_migrations') is not null"
        ).fetchone()
        applied: set[str] = set()
        if known and known[0]:
            rows = database.execute("select version from supabase_migrations.schema_migrations").fetchall()
            applied = {str(row[0]) for row in rows}
    lacking = [path.name for path in project.migrations if path.name.split("_")[0] not in applied]
    if lacking:
        raise StackError(
            f"The database lacks {len(lacking)} migrations that are there already, the first is {lacking[0]}.",
            "Apply them first: `groundwork start` on the local stack, `supabase db push` elsewhere.",
        )


def rehearse(url: str, text: str) -> None:
    """Run the migration in a transaction and roll it back; raise StackError when the database refuses it."""
    with connection(url) as database:
        database.autocommit = False
        try:
            database.execute(text.encode())
        except psycopg.Error as error:
            raise StackError(
                "The database refuses the migration.", refusal_hint(str(error)), str(error).strip()
            ) from None
        finally:
            database.rollback()


def refusal_hint(text: str) -> str:
    """Return what to do about a refusal."""
    if any(word in text for word in UNAVAILABLE):
        return "Somebody holds the lock: try again later, or give --lock-timeout more time. Nothing was changed."
    return "Mend the file. Nothing was changed."


@contextlib.contextmanager
def connection(url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Give a connection; raise StackError when the database cannot be reached."""
    try:
        database = psycopg.connect(url, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise StackError(
            "The database cannot be reached.", "Run `groundwork start`, or check --db-url.", str(error).strip()
        ) from None
    with database:
        yield database


def apply(project: Project, source: Path, name: str, url: str, lock_timeout: str = "5s") -> Path:
    """Write the migration, let the Supabase CLI apply it, and return its path.

    Raises StackError when that fails; then the file is gone again, and the database as it was: the CLI applies a
    migration in one transaction.
    """
    text = compose(source, lock_timeout)
    refuse_pending(project, url)
    path = project.root / "supabase" / "migrations" / file_name(project, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(text)
    try:
        push(project, url, lock_timeout)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def push(project: Project, url: str, lock_timeout: str) -> None:
    """Let the Supabase CLI apply what is pending, and tell the Data API; raise StackError with what the CLI says.

    Each migration is one transaction, which gives up where a lock is not to be had.
    """
    remote = with_setting(url, f"lock_timeout={lock_timeout}")
    command = [
        str(node_module(project.root, ".bin/supabase")),
        *("db", "push", "--include-all", f"--remote={remote}", "--yes", f"--workdir={project.root}"),
    ]
    with tempfile.TemporaryDirectory(prefix="groundwork-cli-") as home:
        result = subprocess.run(
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(Path(home)),
            cwd=project.root,
        )
    if result.returncode != 0:
        told = failure(result.stdout)
        raise StackError(told.message, refusal_hint(result.stdout), told.detail)
    with connection(url) as database:
        database.execute("notify pgrst, 'reload schema'")


def with_setting(url: str, setting: str) -> str:
    """Return a database's URL with a setting for its sessions."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    query["options"] = f"{query.get('options', '')} -c {setting}".strip()
    return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))
