"""The secrets of an instance: made once, kept with mode 0600, never printed but by `status`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

HEADER = {"alg": "HS256", "typ": "JWT"}
TEN_YEARS = 10 * 365 * 24 * 3600
LOGIN_ROLES = ("supabase_admin", "postgres", "authenticator", "supabase_auth_admin", "supabase_storage_admin")


@dataclass(frozen=True)
class Secrets:
    """The JWT secret, the two API keys signed with it, and the passwords of the roles that log in."""

    jwt_secret: str
    anon_key: str
    service_role_key: str
    passwords: dict[str, str] = field(default_factory=dict)

    @classmethod
    def generate(cls) -> Secrets:
        """Return fresh secrets."""
        secret = secrets.token_urlsafe(48)
        return cls(
            jwt_secret=secret,
            anon_key=api_key("anon", secret),
            service_role_key=api_key("service_role", secret),
            passwords={role: secrets.token_urlsafe(24) for role in LOGIN_ROLES},
        )

    @classmethod
    def load(cls, path: Path) -> Secrets | None:
        """Return the secrets kept at `path`, or None when there are none that can be read."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self, path: Path) -> None:
        """Write the secrets to `path`, readable by their owner only."""
        write_private(path, json.dumps(asdict(self), indent=2))


def api_key(role: str, secret: str) -> str:
    """Return a JWT that lets its bearer act as `role`."""
    now = int(time.time())
    claims = {"iss": "groundwork", "role": role, "iat": now, "exp": now + TEN_YEARS}
    return sign(claims, secret)


def sign(claims: dict[str, object], secret: str) -> str:
    """Return the claims as a JWT signed with HS256."""
    parts = [encode(json.dumps(part, separators=(",", ":")).encode()) for part in (HEADER, claims)]
    signature = hmac.digest(secret.encode(), ".".join(parts).encode(), "sha256")
    return ".".join([*parts, encode(signature)])


def encode(data: bytes) -> str:
    """Return bytes in the base64 of JWTs."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def derived_password(role: str, admin_password: str, server: str) -> str:
    """Return the password of `role` on a server that several instances share.

    Roles belong to the server, not to a database, so all instances must agree on their passwords without
    knowing of each other: what they share is the administrator's password and the server's identity.
    """
    key = hashlib.scrypt(admin_password.encode(), salt=server.encode(), n=2**14, r=8, p=1)
    return hmac.new(key, role.encode(), "sha256").hexdigest()


def write_private(path: Path, text: str) -> None:
    """Replace the file at `path` in one step by one that only its owner can read."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)
