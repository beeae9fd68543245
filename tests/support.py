"""What tests of every kind need: the stack they run on, people who sign up, JavaScript that runs."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import httpx
from supabase_auth.types import User

from groundwork.stack import ports
from groundwork.stack.project import node
from supabase import Client, ClientOptions, create_client

ROOT = Path(__file__).parent.parent
PASSWORD = "correct-horse-battery"


@dataclass(frozen=True)
class Stack:
    """The running stack that the tests use."""

    api_url: str
    db_url: str
    anon_key: str
    service_role_key: str
    jwt_secret: str
    functions_url: str
    admin_db_url: str | None
    """As a superuser where the server lets one in, else None."""
    kind: str
    """`embedded`, `server` (GROUNDWORK_TEST_DB_URL) or `supabase` (GROUNDWORK_TEST_ENV_FILE)."""
    instance: str | None
    """The groundwork instance's name, None for a stack that was running already."""

    def environment(self) -> dict[str, str]:
        """Return the variables by which a program finds this stack."""
        return {
            "API_URL": self.api_url,
            "DB_URL": self.db_url,
            "ANON_KEY": self.anon_key,
            "SERVICE_ROLE_KEY": self.service_role_key,
            "JWT_SECRET": self.jwt_secret,
            "FUNCTIONS_URL": self.functions_url,
        }


def groundwork(*arguments: str, root: Path = ROOT, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the groundwork command and return what it did; the caller looks at the exit code."""
    command = [sys.executable, "-m", "groundwork", *arguments]
    settings: dict[str, object] = {
        "cwd": root,
        "capture_output": True,
        "text": True,
        "timeout": 180,
        **options,
    }
    return subprocess.run(command, check=False, **settings)  # type: ignore[call-overload,no-any-return]


def free_port() -> int:
    """Return a port that is free and whose next one is free too, outside the range of outgoing connections."""
    while True:
        port = random.randrange(20000, 32000, 2)
        if ports.is_free(port) and ports.is_free(port + 1):
            return port


@cache
def connections() -> httpx.Client:
    """Return the connections that all clients share: to make some for each takes a third of a second."""
    return httpx.Client(timeout=60, follow_redirects=True)


def client_for(stack: Stack, key: str) -> Client:
    """Return a client with a key, which keeps its session to itself."""
    options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connections())
    return create_client(stack.api_url, key, options)


def sign_up(
    stack: Stack,
    email: str | None = None,
    *,
    password: str = PASSWORD,
    data: Mapping[str, object] | None = None,
) -> tuple[Client, User]:
    """Sign somebody up and return a client that is signed in as them, and who they are."""
    client = client_for(stack, stack.anon_key)
    address = email or f"{uuid.uuid4().hex}@example.com"
    answer = client.auth.sign_up({"email": address, "password": password, "options": {"data": dict(data or {})}})
    assert answer.user is not None
    assert answer.session is not None, "a sign-up signs in at once"
    return client, answer.user


def run_node(
    script: Path | str, environment: Mapping[str, str] | None = None, *, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run JavaScript with the Node of the virtual environment: a file's path, or the text of a module.

    Returns what it did; the caller looks at the exit code. Imports are resolved in the repository.
    """
    arguments = [str(script)] if isinstance(script, Path) else ["--input-type=module", "--eval", script]
    return subprocess.run(
        [str(node()), *arguments],
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def code_blocks(document: str, language: str) -> list[str]:
    """Return the programs in a language that a Markdown text shows."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document, flags=re.MULTILINE | re.DOTALL)


def run_python(program: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a Python program's text; the caller looks at the exit code."""
    return subprocess.run(
        [sys.executable, "-c", program],
        check=False,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
