"""Scratch databases for the tests of the schema tools, and a Data API in front of one."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from psycopg import sql

from groundwork.schema.scratch import ScratchServer, scratch_server
from groundwork.stack.database import Database
from groundwork.stack.parts import postgrest
from groundwork.stack.secrets import sign
from tests.support import ROOT, free_port


@pytest.fixture(scope="session")
def scratch() -> Iterator[ScratchServer]:
    """Return a scratch server: the tests' own, or the one of GROUNDWORK_TEST_DB_URL."""
    with scratch_server(os.environ.get("GROUNDWORK_TEST_DB_URL")) as server:
        yield server


@dataclass
class Api:
    """A Data API in front of a scratch database, and people who use it."""

    url: str
    secret: str
    database: Database

    def sign_up(self) -> UUID:
        """Make a user, as Auth does."""
        user_id = uuid4()
        with self.database.connect() as connection:
            connection.execute(
                "insert into auth.users (id, email) values (%s, %s)", [user_id, f"{user_id}@example.com"]
            )
        return user_id

    def client(self, user_id: UUID | None = None, role: str = "authenticated") -> httpx.Client:
        """Return a client that is signed in."""
        claims = {"role": role, "exp": int(time.time()) + 600} | ({"sub": str(user_id)} if user_id else {})
        headers = {
            "Authorization": f"Bearer {sign(claims, self.secret)}",
            "Prefer": "return=representation",
        }
        return httpx.Client(base_url=self.url, headers=headers)


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[Database], object]:
    """Return a context manager that puts PostgREST in front of a database."""

    @contextmanager
    def serving(database: Database, schema: str = "public") -> Iterator[Api]:
        port, secret = free_port(), secrets.token_urlsafe(40)
        settings = {
            "db-uri": database.url(database.admin),
            "db-schemas": schema,
            "db-extra-search-path": f"{schema},extensions",
            "db-anon-role": "anon",
            "db-pool": 4,
            "jwt-secret": secret,
            "server-host": "127.0.0.1",
            "server-port": port,
            "log-level": "error",
        }
        configuration = tmp_path / f"postgrest-{port}.conf"
        configuration.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
        process = subprocess.Popen(
            [str(postgrest(ROOT)), str(configuration)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        api = Api(f"http://127.0.0.1:{port}", secret, database)
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    if httpx.get(api.url).status_code < 500:
                        break
                except httpx.TransportError:
                    pass
                assert process.poll() is None and time.monotonic() < deadline, "PostgREST does not come up"
                time.sleep(0.05)
            yield api
        finally:
            process.terminate()
            process.wait(10)

    return serving


def table_exists(database: Database, name: str) -> bool:
    """Return whether a table is there."""
    with database.connect() as connection:
        row = connection.execute(sql.SQL("select to_regclass({})").format(sql.Literal(name))).fetchone()
    return row is not None and row[0] is not None
