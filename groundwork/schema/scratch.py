"""Scratch databases: empty, shaped like a Supabase project's; on a server that is thrown away, or a given one."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg
from psycopg import sql

from groundwork.stack import bootstrap, lifecycle, postgres, runner
from groundwork.stack.database import Database, embedded, given
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.process import MARK, Record, alive, end, spawn
from groundwork.stack.project import Project
from groundwork.stack.secrets import Secrets

SHAPE = Path(__file__).parent / "sql" / "supabase.sql"
LEFT_OVER = re.compile(r"scratch-(\d+)")
PATIENCE = 30.0
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""What is kept on this server may be lost: nobody needs it tomorrow."""


class ScratchServer:
    """A server that makes databases shaped like a Supabase project's, one as fast as the other."""

    def __init__(self, project: Project, server: Database) -> None:
        self.project = project
        self.server = server
        self.prefix = f"tools_{os.getpid()}_{id(self):x}"
        self.numbers = itertools.count()
        self.template: Database | None = None

    @contextlib.contextmanager
    def database(self) -> Iterator[Database]:
        """Give an empty database with the roles, and the schemas of Auth and Storage; drop it at the end."""
        if self.template is None:
            self.template = self.make_template()
        made = replace(self.template, name=f"{self.prefix}_{next(self.numbers)}")
        with self.template.connect() as connection:
            connection.execute(
                sql.SQL("create database {} template {}").format(
                    sql.Identifier(made.name), sql.Identifier(self.template.name)
                )
            )
        try:
            # Grants and settings of a database are not copied with it.
            with made.connect() as connection, connection.transaction():
                bootstrap.run(made, self.project, connection)
            yield made
        finally:
            self.drop(made)

    def make_template(self) -> Database:
        """Return the database that all others are copies of; raise StackError when the server will not do."""
        name = f"{self.prefix}_template"
        with self.server.connect() as connection:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        made = replace(self.server, name=name)
        if not made.passwords.get("authenticator"):
            made = given(url_of(made))
        if not made.superuser:
            self.drop(made)
            raise StackError(f"Role {made.admin} is no superuser.", "Give --server the URL of one.")
        with made.connect() as connection, connection.transaction():
            bootstrap.run(made, self.project, connection)
            connection.execute(SHAPE.read_bytes())
            bootstrap.run_script("claims", made, connection)
            connection.execute((SHAPE.parent / "recorder.sql").read_bytes())
        return made

    def drop(self, database: Database) -> None:
        """Drop a database, whoever is connected to it."""
        with self.server.connect() as connection:
            connection.execute(
                sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database.name))
            )

    def close(self) -> None:
        """Drop the template."""
        if self.template is not None:
            self.drop(self.template)
            self.template = None


@contextlib.contextmanager
def scratch_server(server_url: str | None = None) -> Iterator[ScratchServer]:
    """Give a scratch server: the one at a URL, or an embedded one that is gone at the end.

    Raises StackError when the server cannot be started or reached.
    """
    project = surrounding_project()
    if server_url is not None:
        server = ScratchServer(project, unexamined(server_url))
        try:
            yield server
        finally:
            server.close()
        return
    sweep(project)
    instance = Instance(project, f"scratch-{os.getpid()}")
    try:
        yield ScratchServer(project, start(instance))
    finally:
        lifecycle.stop(instance, delete=True)
        (instance.state.parent / f".{instance.name}.lock").unlink(missing_ok=True)


def surrounding_project() -> Project:
    """Return the project around the current folder; outside of one, one without settings."""
    try:
        return Project.find()
    except StackError:
        return Project(Path(tempfile.gettempdir()) / f"groundwork-{os.getuid()}", {})


def unexamined(url: str) -> Database:
    """Return the database at a URL as far as the URL tells; raise StackError when there is none."""
    parts = urlsplit(url)
    user = parts.username or "postgres"
    found = Database(
        parts.hostname or "127.0.0.1",
        parts.port or 5432,
        parts.path.strip("/") or "postgres",
        user,
        user,
        {user: parts.password or ""},
    )
    try:
        found.connect().close()
    except psycopg.OperationalError as error:
        raise StackError(
            "The scratch server cannot be reached.",
            "Check --server; without it a server is started and thrown away.",
            str(error).strip(),
        ) from None
    return found


def url_of(database: Database) -> str:
    """Return the URL under which the administrator reaches a database."""
    return database.url(database.admin)


def owner_session(database: Database) -> psycopg.Connection[Any]:
    """Return a connection as the role that owns what migrations make, which may not be allowed to log in."""
    connection = database.connect()
    connection.execute(sql.SQL("set session authorization {}").format(sql.Identifier(database.owner)))
    return connection


def start(instance: Instance) -> Database:
    """Start an embedded server and return its database; raise StackError when it does not come up."""
    instance.project.root.mkdir(exist_ok=True)
    instance.make_folders()
    passwords = Secrets.generate().passwords
    postgres.make_cluster(instance, passwords["supabase_admin"])
    port = free_port()
    flags = [word for key, value in FAST.items() for word in ("-c", f"{key}={value}")]
    record = spawn(
        [*postgres.command(instance, port), *flags],
        instance.log("postgres"),
        {"PATH": os.environ.get("PATH", ""), MARK: str(instance.state)},
        postgres.data_folder(instance).parent,
        postgres.system_user(),
    )
    instance.record({"postgres": record})
    server = embedded(port, passwords)
    wait_for(server, record, instance)
    return server


def wait_for(server: Database, record: Record, instance: Instance) -> None:
    """Wait until a server lets us in; raise StackError, with the end of its log, when it does not."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            server.connect().close()
        except psycopg.OperationalError as error:
            if not alive(record) or time.monotonic() > deadline:
                raise StackError(
                    "The scratch server does not start.", detail=runner.tail(instance, "postgres")
                ) from error
            time.sleep(0.02)
        else:
            return


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def sweep(project: Project) -> None:
    """Remove the scratch servers of commands that were killed."""
    for instance in Instance.all(project):
        match = LEFT_OVER.fullmatch(instance.name)
        if match and not psutil.pid_exists(int(match[1])):
            for found in (record.process() for record in instance.records().values()):
                if found is not None:
                    end([found], runner.FAST_SHUTDOWN)
            postgres.remove_cluster(instance)
            shutil.rmtree(instance.state, ignore_errors=True)
