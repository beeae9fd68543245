"""Who calls: the bearer of the token, and clients that act with that token and nothing more."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any
from urllib.error import HTTPError

import jwt
from flask import Request
from postgrest import SyncPostgrestClient
from storage3 import SyncStorageClient

from functions._shared import clients
from functions._shared.errors import FunctionError
from functions._shared.settings import Settings

ASYMMETRIC = ["ES256", "RS256", "EdDSA"]
LEEWAY = 5


@dataclass(frozen=True)
class Caller:
    """The bearer of a verified token."""

    settings: Settings
    token: str = field(repr=False)
    role: str
    user_id: str | None
    claims: dict[str, Any] = field(repr=False)

    @property
    def is_service(self) -> bool:
        """Whether the caller is the service role."""
        return self.role == "service_role"

    @cached_property
    def database(self) -> SyncPostgrestClient:
        """A client of the Data API that row level security holds as it holds the caller."""
        return clients.database(self.settings, self.settings.anon_key, self.token)

    @cached_property
    def storage(self) -> SyncStorageClient:
        """A client of Storage that the policies hold as they hold the caller."""
        return clients.storage(self.settings, self.settings.anon_key, self.token)


def bearer(request: Request) -> str:
    """Return the token of the Authorization header; raise FunctionError (401) when there is none."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise FunctionError(
            401, "no_token", "There is no token.", "Send the signed-in user's: Authorization: Bearer <token>."
        )
    return token.strip()


def signed_in(request: Request) -> Caller:
    """Return the signed-in user who calls; raise FunctionError (401) when the token is not a user's."""
    caller = anyone(request)
    if caller.user_id is None:
        raise FunctionError(
            401, "not_signed_in", "The token is not a signed-in user's.", "Sign in, then call with that session."
        )
    return caller


def service_role(request: Request) -> Caller:
    """Return the caller if it is the service role; raise FunctionError (401, 403) for anybody else."""
    caller = anyone(request)
    if not caller.is_service:
        raise FunctionError(403, "forbidden", "Only the service role may call this.", "Use the service role key.")
    return caller


def anyone(request: Request) -> Caller:
    """Return the bearer of the request's token, the anon key's and the service role's included.

    Raises FunctionError (401) when there is none, or it is forged, malformed or expired.
    """
    settings = Settings.load()
    token = bearer(request)
    claims = verify(token, settings)
    role = str(claims.get("role", ""))
    if role not in ("anon", "authenticated", "service_role"):
        raise FunctionError(401, "invalid_token", "The token has no role of this project.", "Sign in again.")
    return Caller(settings, token, role, user_of(claims) if role == "authenticated" else None, claims)


def user_of(claims: dict[str, Any]) -> str:
    """Return the user of a token; raise FunctionError (401) when it names none."""
    try:
        return str(uuid.UUID(str(claims.get("sub"))))
    except ValueError:
        raise FunctionError(401, "invalid_token", "The token names no user.", "Sign in again.") from None


def verify(token: str, settings: Settings) -> dict[str, Any]:
    """Return the claims of a token; raise FunctionError (401) unless the project signed it and it is in date."""
    try:
        algorithm = str(jwt.get_unverified_header(token).get("alg"))
        claims: dict[str, Any] = jwt.decode(
            token,
            signing_key(token, algorithm, settings),
            algorithms=[algorithm],
            leeway=LEEWAY,
            options={"require": ["exp"], "verify_aud": False},
        )
    except jwt.ExpiredSignatureError:
        raise FunctionError(
            401, "expired_token", "The token has expired.", "Refresh the session and call again."
        ) from None
    except jwt.PyJWTError:
        raise FunctionError(401, "invalid_token", "The token is not valid here.", "Sign in again.") from None
    return claims


def signing_key(token: str, algorithm: str, settings: Settings) -> Any:
    """Return what a token of this algorithm is to be verified with.

    The secret is for HS256 alone and the published keys never are, so that neither can be taken for the other.
    Raises jwt.PyJWTError when there is none, FunctionError (503) when the published keys cannot be read.
    """
    if algorithm == "HS256" and settings.jwt_secret is not None:
        return settings.jwt_secret
    if algorithm not in ASYMMETRIC:
        raise jwt.InvalidAlgorithmError
    try:
        return published_keys(settings.url).get_signing_key_from_jwt(token).key
    except jwt.PyJWKClientConnectionError as error:
        if isinstance(error.__context__, HTTPError):
            # The project publishes none.
            raise jwt.InvalidKeyError from None
        raise FunctionError(
            503, "keys_unreachable", "The project's signing keys cannot be read.", "Try again in a moment."
        ) from error


@cache
def published_keys(url: str) -> jwt.PyJWKClient:
    """Return the project's public signing keys, read from Auth when first needed and kept five minutes."""
    return jwt.PyJWKClient(f"{url}/auth/v1/.well-known/jwks.json", cache_jwk_set=True, lifespan=300, timeout=5)
