"""The services that people can connect, and OAuth 2 with them.

GROUNDWORK_CONNECTIONS names a TOML file, or holds its text:

    [github]
    authorize_url = "…"
    token_url = "…"
    account_url = "…"             # who the token belongs to
    account_id = "id"             # the field of its answer
    revoke_url = "…"              # may be left out
    client_id = "…"
    client_secret_env = "GITHUB_CLIENT_SECRET"
    scopes = ["read:user"]
    redirect_urls = ["https://app.example.com/connected"]
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from pydantic import BaseModel, ConfigDict, ValidationError

from functions._shared.errors import FunctionError

VARIABLE = "GROUNDWORK_CONNECTIONS"
TIMEOUT = 15.0


class Service(BaseModel):
    """One service."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    authorize_url: str
    token_url: str
    account_url: str
    account_id: str = "id"
    revoke_url: str | None = None
    client_id: str
    client_secret_env: str
    scopes: list[str] = []
    redirect_urls: list[str]

    def client(self, redirect_url: str | None = None, token: dict[str, Any] | None = None) -> OAuth2Client:
        """Return a client of the service, with PKCE; the caller closes it."""
        return OAuth2Client(
            client_id=self.client_id,
            client_secret=os.environ.get(self.client_secret_env, ""),
            scope=" ".join(self.scopes) or None,
            redirect_uri=redirect_url,
            code_challenge_method="S256",
            token=token,
            timeout=TIMEOUT,
            follow_redirects=False,
        )


def services() -> dict[str, Service]:
    """Return the services by their names; raise FunctionError (500) for a mistake in the configuration."""
    given = os.environ.get(VARIABLE, "").strip()
    try:
        text = given if "\n" in given or not given else Path(given).read_text(encoding="utf-8")
        return {name: Service.model_validate(section) for name, section in tomllib.loads(text).items()}
    except (OSError, ValueError) as error:
        reason = "a section is not valid" if isinstance(error, ValidationError) else str(error)
        raise FunctionError(
            500, "not_configured", f"{VARIABLE}: {reason}.", "See functions/connections."
        ) from None


def service(name: str) -> Service:
    """Return a service; raise FunctionError (404) for one that is not set up."""
    found = services().get(name)
    if found is None:
        raise FunctionError(404, "unknown_service", f"The service {name!r} is not set up.", f"See {VARIABLE}.")
    return found


@contextmanager
def asking(name: str) -> Iterator[None]:
    """Turn what goes wrong at a service into FunctionError (422 where it refuses, 502 where it fails)."""
    try:
        yield
    except AuthlibBaseError as error:
        raise FunctionError(
            422, "service_refused", f"{name} refuses: {error.error or 'no reason given'}.", "Connect anew."
        ) from error
    except (httpx.HTTPError, httpx2.HTTPError, ValueError, KeyError, TypeError) as error:
        raise FunctionError(502, "service_failed", f"{name} did not answer as it should.", "Try again.") from error


def account_of(name: str, connected: Service, client: OAuth2Client) -> str:
    """Return the id of the account at the service that the client's token belongs to; raise like `asking`."""
    with asking(name):
        answer = client.get(connected.account_url)
        answer.raise_for_status()
        return str(answer.json()[connected.account_id])


def token_of(name: str, token: dict[str, Any]) -> str:
    """Return the access token that a service gave; raise like `asking` where it gave none."""
    with asking(name):
        found = token["access_token"]
        if not isinstance(found, str) or not found:
            raise ValueError("no token")
    return str(found)


def scopes_of(token: dict[str, Any], connected: Service) -> list[str]:
    """Return what a token is good for: a service says it in words, some in a list, or it is what was asked for."""
    said = token.get("scope") or connected.scopes
    return [str(one) for one in said] if isinstance(said, list) else str(said).split()


def expiry_of(token: dict[str, Any]) -> str | None:
    """Return when a token expires, or None where that is not said, or said in a way that makes no sense."""
    moment = token.get("expires_at")
    try:
        return datetime.fromtimestamp(float(moment), UTC).isoformat() if moment else None
    except (ValueError, TypeError, OverflowError, OSError):
        return None
