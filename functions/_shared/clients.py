"""Supabase clients that share one pool of connections a process."""

from __future__ import annotations

from functools import cache

import httpx
from postgrest import SyncPostgrestClient
from storage3 import SyncStorageClient

from functions._shared.settings import Settings

SECONDS = 30.0


@cache
def pool(seconds: float | None = None) -> httpx.Client:
    """Return the process's connections. Made at first use, so after a server forked its workers.

    Where something takes longer than others may, there are connections that wait for so many seconds.
    """
    timeout = httpx.Timeout(seconds or SECONDS, connect=5.0)
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=32, keepalive_expiry=20)
    return httpx.Client(timeout=timeout, limits=limits, trust_env=False, follow_redirects=False)


def database(settings: Settings, key: str, token: str, seconds: float | None = None) -> SyncPostgrestClient:
    """Return a client of the Data API that acts as the token's bearer."""
    return SyncPostgrestClient(
        f"{settings.url}/rest/v1",
        headers={"apikey": key, "Authorization": f"Bearer {token}"},
        # Not pool(None), which would be another one.
        http_client=pool(seconds) if seconds else pool(),
    )


def storage(settings: Settings, key: str, token: str) -> SyncStorageClient:
    """Return a client of Storage that acts as the token's bearer."""
    return SyncStorageClient(
        f"{settings.url}/storage/v1/",
        headers={"apikey": key, "Authorization": f"Bearer {token}"},
        http_client=pool(),
    )


def service_database(settings: Settings, seconds: float | None = None) -> SyncPostgrestClient:
    """Return a client that row level security does not hold: say at the call why the caller's own cannot do it."""
    return database(settings, settings.service_role_key, settings.service_role_key, seconds)


def service_storage(settings: Settings) -> SyncStorageClient:
    """Return a client of Storage that no policy holds: say at the call why the caller's own cannot do it."""
    return storage(settings, settings.service_role_key, settings.service_role_key)
