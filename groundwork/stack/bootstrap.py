"""Makes an empty database what a Supabase project's database is before its first migration."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from groundwork.stack.database import OWN_ROLES, Database
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project
from groundwork.stack.secrets import LOGIN_ROLES

API_ROLES = ("anon", "authenticated", "service_role")
FOLDER = Path(__file__).parent / "sql"
RACES = (
    psycopg.errors.DuplicateObject,
    psycopg.errors.UniqueViolation,
    psycopg.errors.InternalError_,
    psycopg.errors.DeadlockDetected,
)
"""What two instances that set up one server at the same moment may run into; the second try finds it done."""


def auto_expose(project: Project) -> bool:
    """Return whether what migrations make in public is granted to the API roles by default.

    GROUNDWORK_AUTO_EXPOSE=1 or 0 overrides config.toml, so that a suite can run under both.
    """
    override = os.environ.get("GROUNDWORK_AUTO_EXPOSE")
    if override in ("0", "1"):
        return override == "1"
    return bool(project.setting("api.auto_expose_new_tables", True))


def scripts(database: Database, project: Project) -> list[str]:
    """Return the names of the scripts that this database needs, in order."""
    exposure = "exposed" if auto_expose(project) else "unexposed"
    if not database.superuser:
        return ["roles", "database", exposure]
    return ["roles", "owner", "database", "extensions", "reload", exposure]


def digest(database: Database, project: Project) -> str:
    """Return a mark of all that setting up consists of, to be compared with what was done."""
    texts = [(FOLDER / f"{name}.sql").read_text() for name in [*scripts(database, project), "claims"]]
    return "groundwork " + hashlib.sha256("\n".join([database.owner, *texts]).encode()).hexdigest()[:16]


def is_done(database: Database, project: Project) -> bool:
    """Return whether the database was set up by this very version."""
    with database.connect() as connection:
        row = connection.execute(
            "select obj_description(oid, 'pg_namespace') from pg_namespace where nspname = 'extensions'"
        ).fetchone()
    return row is not None and row[0] == digest(database, project)


def bootstrap(database: Database, project: Project) -> None:
    """Set the database up; safe to run again, and beside other instances on the same server."""
    for attempt in range(5):
        try:
            with database.connect() as connection, connection.transaction():
                run(database, project, connection)
                break
        except RACES:
            if attempt == 4:  # noqa: PLR2004
                raise
            time.sleep(0.2 * (attempt + 1))
    set_passwords(database)


def run(database: Database, project: Project, connection: psycopg.Connection[Any]) -> None:
    """Run the scripts in the connection's transaction."""
    connection.execute("select set_config('createrole_self_grant', 'set, inherit', true)")
    connection.execute("set local client_min_messages = error")
    for script in scripts(database, project):
        run_script(script, database, connection)


def run_script(script: str, database: Database, connection: psycopg.Connection[Any]) -> None:
    """Run one script; its text is ours, and what is filled in is quoted by psycopg."""
    names = {
        "owner": sql.Identifier(database.owner),
        "owner_name": sql.Literal(database.owner),
        "database": sql.Identifier(database.name),
    }
    connection.execute(sql.SQL((FOLDER / f"{script}.sql").read_text()).format(**names))


def finish(database: Database, project: Project) -> None:
    """Complete what Auth and Storage made, and note that the database is set up, by this version.

    Raises StackError unless they made their tables and the helpers that policies use.
    """
    with database.connect() as connection, connection.transaction():
        row = connection.execute(
            """
            select to_regclass('auth.users') is not null and to_regclass('auth.refresh_tokens') is not null
               and to_regclass('storage.buckets') is not null and to_regclass('storage.objects') is not null
               and to_regprocedure('storage.foldername(text)') is not null
            """
        ).fetchone()
        if row is None or not row[0]:
            raise StackError("Auth and Storage did not make their tables.", "See `groundwork logs postgres`.")
        run_script("claims", database, connection)
        note = sql.SQL("comment on schema extensions is {}")
        connection.execute(note.format(sql.Literal(digest(database, project))))


def template_name(database: Database, project: Project) -> str:
    """Return the name of the database that is kept as this version set it up, for resets."""
    return digest(database, project).replace(" ", "_")


def keep_template(database: Database, project: Project) -> None:
    """Keep a copy of the freshly set up database; only where the whole server is ours."""
    name = sql.Identifier(template_name(database, project))
    with maintenance(database) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(database.name)))


def restore_template(database: Database, project: Project) -> bool:
    """Replace the database by the kept copy and remove roles that migrations made; return whether there is one."""
    template = template_name(database, project)
    name = sql.Identifier(database.name)
    with maintenance(database) as connection:
        if not connection.execute("select 1 from pg_database where datname = %s", [template]).fetchone():
            return False
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        connection.execute(sql.SQL("create database {} template {}").format(name, sql.Identifier(template)))
        remove_foreign_roles(connection)
    bootstrap(database, project)  # what belongs to a database but is not copied with it: its grants and settings
    finish(database, project)
    return True


def remove_foreign_roles(connection: psycopg.Connection[Any]) -> None:
    """Drop the roles that are not ours and forget settings of those that are; one that is in use stays."""
    rows = connection.execute("select rolname from pg_roles where oid >= 16384").fetchall()
    for (role,) in rows:
        if role in LOGIN_ROLES or role in API_ROLES:
            connection.execute(sql.SQL("alter role {} reset all").format(sql.Identifier(role)))
        else:
            with contextlib.suppress(psycopg.errors.DependentObjectsStillExist):
                connection.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


def maintenance(database: Database) -> psycopg.Connection[Any]:
    """Return a connection to the server beside the database itself."""
    return replace(database, name="template1").connect()


def set_passwords(database: Database) -> None:
    """Give the roles that log in their passwords, unless these already let them in.

    Raises StackError when a role was made by somebody else, whose password is not ours to change.
    """
    roles = [*OWN_ROLES, *([database.owner] if database.owner != database.admin else [])]
    for role in roles:
        if lets_in(database, role):
            continue
        with database.connect() as connection:
            if has_password_of_others(connection, role, database):
                raise StackError(
                    f"Role {role} exists on the server, was not made by groundwork, and has another password.",
                    f"Use a server of its own, or: comment on role {role} is 'made by groundwork' to let "
                    "groundwork set its password.",
                )
            connection.execute(
                sql.SQL("alter role {} with password {}").format(
                    sql.Identifier(role), sql.Literal(database.passwords[role])
                )
            )
        if not lets_in(database, role):
            raise StackError(
                f"The server does not let role {role} log in to {database.name}.",
                "Allow password authentication for it in the server's pg_hba.conf.",
            )


def has_password_of_others(connection: psycopg.Connection[Any], role: str, database: Database) -> bool:
    """Return whether a role has a password that groundwork did not give it, as far as we may know."""
    passwords = "pg_authid" if database.superuser else "pg_roles"
    row = connection.execute(
        sql.SQL(
            "select rolpassword is not null and shobj_description(oid, 'pg_authid') is distinct from {} "
            "from {} where rolname = {}"
        ).format(sql.Literal("made by groundwork"), sql.Identifier(passwords), sql.Literal(role))
    ).fetchone()
    return bool(row and row[0])


def lets_in(database: Database, role: str) -> bool:
    """Return whether the server lets a role in with the password we hold."""
    try:
        database.connect(role).close()
    except psycopg.OperationalError:
        return False
    return True


def empty(database: Database) -> None:
    """Drop everything that the bootstrap, the parts and the migrations made."""
    doomed = ["public", "private", "auth", "storage", "supabase_migrations"]
    if database.superuser:
        doomed.append("extensions")
    with database.connect() as connection, connection.transaction():
        connection.execute("set local client_min_messages = error")
        if database.superuser:
            # Its schema belongs to it, and goes with it alone.
            connection.execute("drop extension if exists pg_cron")
        connection.execute("drop publication if exists supabase_realtime")
        for schema in doomed:
            connection.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(schema)))
        connection.execute("create schema public authorization pg_database_owner")
        if not database.superuser:  # who could not make the extensions again
            connection.execute("comment on schema extensions is null")
