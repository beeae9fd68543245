"""A backup is restored into another stack, which then does all that the first one did."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

from groundwork.seed.bulk import Size, seed
from tests.conftest import own_database, own_stack
from tests.support import PASSWORD, ROOT, Stack, client_for, groundwork, sign_up

Connection = psycopg.Connection[Any]
TEXT = b"# Otters\n\nOtters hold hands while they sleep."


@pytest.fixture(scope="module")
def fresh(stack: Stack) -> Iterator[Stack]:
    """Return a second stack, with nothing in it but the development data."""
    start = contextmanager(own_stack)
    if stack.kind == "server":
        with (
            own_database(os.environ["GROUNDWORK_TEST_DB_URL"], "_fresh") as url,
            start("server", url, "-fresh") as other,
        ):
            yield other
    else:
        with start("embedded", None, "-fresh") as other:
            yield other


@pytest.fixture(scope="module")
def person(stack: Stack) -> dict[str, str]:
    """Return somebody with a stored file: their address, its path, and the id of its document."""
    client, user = sign_up(stack)
    session = client.auth.get_session()
    assert session is not None
    answer = httpx.post(
        f"{stack.functions_url}/ingest",
        headers={"Authorization": f"Bearer {session.access_token}"},
        files={"file": ("otters.md", TEXT, "text/markdown")},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    document = answer.json()["document_id"]
    row = client.table("documents").select("storage_path").eq("id", document).execute().data[0]
    return {"email": str(user.email), "document": document, "path": row["storage_path"]}


@pytest.fixture(scope="module")
def restored(
    stack: Stack, fresh: Stack, person: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Stack:
    """Return the second stack, with what the first one had."""
    assert stack.instance is not None and fresh.instance is not None
    assert person["path"], "their file is among it"
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        seed(connection, "complete", Size(4, 200, 40, 1000), lambda _table, _count: None, 906)
        # The stack runs, and its maintenance would write that it did.
        connection.execute("update public.maintenance_jobs set is_enabled = false")
    try:
        saved = groundwork("backup", str(tmp_path_factory.mktemp("backups")), "--name", stack.instance)
        assert saved.returncode == 0, saved.stderr
    finally:
        with psycopg.connect(stack.db_url, autocommit=True) as connection:
            connection.execute("update public.maintenance_jobs set is_enabled = true")
    done = groundwork("restore", saved.stdout.strip(), "--name", fresh.instance, "--yes")
    assert done.returncode == 0, done.stderr
    return fresh


def sums(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return of each table about usage the number of rows and the sum of every number, by organization."""
    tables = connection.execute(
        """
        select c.oid::regclass::text,
            array(
                select a.attname from pg_attribute a join pg_type t on t.oid = a.atttypid
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and t.typcategory = 'N'
                order by a.attname
            )
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', 'private') and c.relkind in ('r', 'p') and not c.relispartition
            and c.relname ~ 'usage' and exists (
                select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organization_id'
            )
        order by 1
        """
    ).fetchall()
    found = {}
    for table, numbers in tables:
        query = sql.SQL("select organization_id, count(*){} from {} group by 1 order by 1").format(
            sql.SQL("").join(sql.SQL(", sum({})").format(sql.Identifier(name)) for name in numbers),
            sql.SQL(table),
        )
        found[table] = connection.execute(query).fetchall()
    return found


def test_every_sum_of_usage_is_what_it_was(stack: Stack, restored: Stack) -> None:
    with psycopg.connect(stack.db_url) as one, psycopg.connect(restored.db_url) as other:
        before, after = sums(one), sums(other)
    assert before == after
    assert {"api_usage", "token_usage_summary", "private.usage_base", "usage_quotas"} <= before.keys()
    assert sum(row[1] for row in before["api_usage"]) >= 1000


def test_people_sign_in_with_their_password_and_have_their_files(restored: Stack, person: dict[str, str]) -> None:
    client = client_for(restored, restored.anon_key)
    client.auth.sign_in_with_password({"email": person["email"], "password": PASSWORD})
    rows = client.table("documents").select("id").execute().data
    assert [row["id"] for row in rows] == [person["document"]]
    assert client.storage.from_("documents").download(person["path"]) == TEXT
    stranger, _ = sign_up(restored)
    assert stranger.table("documents").select("id").execute().data == []


def test_what_is_new_comes_after_what_was_restored(restored: Stack) -> None:
    with psycopg.connect(restored.db_url) as connection:
        rows = connection.execute(
            "select format('%I.%I', schemaname, sequencename), last_value from pg_sequences "
            "where schemaname in ('public', 'private') and last_value is not null"
        ).fetchall()
        for name, last in rows:
            following = connection.execute("select nextval(%s)", [name]).fetchone()
            assert following is not None and following[0] > last


@pytest.mark.timeout(900)
def test_the_access_matrix_holds_there(restored: Stack, tmp_path: Path) -> None:
    file = tmp_path / "restored.env"
    file.write_text("".join(f"{key}={value}\n" for key, value in restored.environment().items()))
    environment = {key: value for key, value in os.environ.items() if key != "GROUNDWORK_TEST_DB_URL"}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "-p",
            "no:cacheprovider",
            "tests/database/test_access_matrix.py",
        ],
        check=False,
        cwd=ROOT,
        env={**environment, "GROUNDWORK_TEST_ENV_FILE": str(file)},
        capture_output=True,
        text=True,
        timeout=800,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout
