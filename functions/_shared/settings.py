"""What the platform gives a function in its environment, by the names Supabase uses."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from functions._shared.errors import FunctionError


@dataclass(frozen=True)
class Settings:
    """Where the project's API is, and the keys to it."""

    url: str
    anon_key: str = field(repr=False)
    service_role_key: str = field(repr=False)
    jwt_secret: str | None = field(default=None, repr=False)
    """What HS256 tokens are signed with; None where the project signs with keys that it publishes (JWKS)."""

    @classmethod
    def load(cls) -> Settings:
        """Return the settings of the environment; raise FunctionError (500) for one that is missing."""
        url, anon_key, service_role_key = (
            variable(f"SUPABASE_{name}") for name in ("URL", "ANON_KEY", "SERVICE_ROLE_KEY")
        )
        return cls(url.rstrip("/"), anon_key, service_role_key, os.environ.get("SUPABASE_JWT_SECRET") or None)


def variable(name: str) -> str:
    """Return an environment variable; raise FunctionError (500) when it is not set."""
    value = os.environ.get(name)
    if not value:
        raise FunctionError(500, "not_configured", f"{name} is not set.", "Start the functions with groundwork.")
    return value
