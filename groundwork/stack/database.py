"""The database an instance uses: where it is, who administers it, who owns what the migrations make."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from groundwork.stack.errors import StackError
from groundwork.stack.secrets import derived_password

OWN_ROLES = ("authenticator", "supabase_auth_admin", "supabase_storage_admin")
SUPPORTED = (17, 18)


@dataclass(frozen=True)
class Database:
    """One database of one server, and the roles that the stack uses in it."""

    host: str
    port: int
    name: str
    admin: str
    owner: str
    passwords: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    superuser: bool = True

    def url(self, role: str) -> str:
        """Return the URL under which `role` reaches the database."""
        password = self.passwords.get(role, "")
        login = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
        query = f"?{urlencode(self.parameters)}" if self.parameters else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgresql://{login}@{host}:{self.port}/{quote(self.name, safe='')}{query}"

    def connect(self, role: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """Return an autocommitting connection, as the administrator when no role is named."""
        return psycopg.connect(self.url(role or self.admin), autocommit=True, connect_timeout=10)


def embedded(port: int, passwords: dict[str, str]) -> Database:
    """Return the database of the embedded server: laid out like a hosted project's."""
    return Database("127.0.0.1", port, "postgres", "supabase_admin", "postgres", passwords)


def given(url: str) -> Database:
    """Return the database at a URL, after looking at the server; raise StackError when it will not do."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise StackError(f"{url!r} is no Postgres URL: {error}") from None
    host = str(parts.pop("host", "") or parts.pop("hostaddr", "") or "127.0.0.1")
    if host.startswith("/"):
        raise StackError(
            "--db-url names a Unix socket, which not every part of the stack can use.",
            "Give a host and a port: postgresql://USER:PASSWORD@127.0.0.1:5432/DATABASE",
        )
    port = int(parts.pop("port", None) or 5432)
    admin = str(parts.pop("user", "postgres"))
    password = str(parts.pop("password", ""))
    name = str(parts.pop("dbname", admin))
    parameters = {key: str(value) for key, value in parts.items()}
    found = Database(host, port, name, admin, admin, {admin: password}, parameters)
    try:
        with found.connect() as connection:
            return examine(found, connection)
    except psycopg.OperationalError as error:
        raise StackError(
            f"The database at {host}:{port}/{name} cannot be reached as {admin}.",
            "Check --db-url, and that the server runs and lets this role in.",
            str(error).strip(),
        ) from None


def examine(found: Database, connection: psycopg.Connection[tuple[object, ...]]) -> Database:
    """Return the database with the facts that only the server knows; raise StackError when one will not do."""
    row = connection.execute(
        """
        select current_setting('server_version_num')::int / 10000,
               (select system_identifier::text from pg_control_system()),
               me.rolsuper, me.rolcreaterole, me.rolbypassrls,
               exists (select from pg_extension where extname = 'vector')
                 or exists (select from pg_available_extensions where name = 'vector'),
               exists (select from pg_extension where extname = 'vector'),
               (select not rolsuper and shobj_description(oid, 'pg_authid') = 'made by groundwork'
                from pg_roles where rolname = 'postgres')
        from pg_roles as me where me.rolname = current_user
        """
    ).fetchone()
    assert row is not None  # noqa: S101 - current_user has a row
    version, server, superuser, createrole, bypassrls, available, installed, usable = row
    if version not in SUPPORTED:
        raise StackError(f"The server is Postgres {version}.", "Groundwork runs on Postgres 17 and 18.")
    if not available:
        raise StackError("The server has no pgvector.", "Install the vector extension on it.")
    passwords = dict(found.passwords)
    if not superuser:
        if not (createrole and bypassrls and installed):
            raise StackError(
                f"Role {found.admin} may not set up a Supabase project.",
                "Use a superuser, or a role with CREATEROLE and BYPASSRLS that may create in the database, in "
                "which a superuser has made the extension: create schema extensions; create extension vector "
                "with schema extensions; alter schema extensions owner to ROLE;",
            )
        owner = found.admin
    else:
        # `postgres`, as on hosted Supabase, unless this server's `postgres` is somebody else's or a superuser.
        owner = "postgres" if usable or (usable is None and found.admin != "postgres") else "groundwork_owner"
    admin_password = passwords[found.admin]
    for role in (*OWN_ROLES, *([owner] if superuser else [])):
        passwords[role] = derived_password(role, admin_password, str(server))
    return Database(
        found.host,
        found.port,
        found.name,
        found.admin,
        owner,
        passwords,
        found.parameters,
        superuser=bool(superuser),
    )
