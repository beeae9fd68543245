"""/functions/v1/connections: connects a person's accounts at other services by OAuth 2.

POST /{service}/authorize gives the address to open, POST /{service}/exchange takes the code it came back with,
POST /{id}/refresh gets a new token, GET lists them, DELETE /{id} removes one, and at the service too where it can.
POST /rotate (service role) encrypts with the newest key what an older one encrypted.

The tokens never leave the server: they are written and read with the service role, for no client role may select
them and none may insert a connection, and only where the caller is whose connection it is.
"""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Request, Response, jsonify
from postgrest.types import ReturnMethod

from functions._shared import clients
from functions._shared.body import Answer, Body, Text, parse, uuid_of
from functions._shared.caller import Caller, service_role, signed_in
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.logs import log
from functions._shared.openapi import Operation, parameter
from functions.connections.services import account_of, asking, expiry_of, scopes_of, service, token_of
from functions.connections.vault import Vault

COLUMNS = "id,provider,provider_account_id,scopes,token_expires_at,created_at,updated_at"
SECRETS = f"{COLUMNS},user_id,metadata,access_token_encrypted,refresh_token_encrypted,encryption_key_id"
STATE_SECONDS = 600
LEASE = "refreshing_until"
LEASE_SECONDS = 60
BATCH = 500
TRIES = 5


class Connect(Body):
    """Where the service is to send the person back to."""

    redirect_url: Text


class Authorization(Answer):
    """The address for the person to open."""

    url: str


class Code(Body):
    """What the service sent the person back with."""

    code: Text
    state: Text


class Connection(Answer):
    """A connected account."""

    id: UUID
    provider: str
    provider_account_id: str
    scopes: list[str]
    token_expires_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Connections(Answer):
    """The caller's connected accounts."""

    connections: list[Connection]


class Rotated(Answer):
    """How many connections were encrypted anew, and how many could not be."""

    rotated: int
    failed: int


SERVICE = parameter("service", "path", {"type": "string"}, "The name of the service")
ID = parameter("id", "path", {"type": "string", "format": "uuid"}, "The connection")
REFUSALS = [400, 401, 404, 503]
OUTSIDE = [*REFUSALS, 409, 413, 422, 501, 502]
OPENAPI = [
    Operation("get", "List the connections", answers={200: Connections}, errors=REFUSALS),
    Operation(
        "post",
        "Begin to connect an account",
        path="/{service}/authorize",
        body=Connect,
        answers={200: Authorization},
        errors=OUTSIDE,
        parameters=[SERVICE],
    ),
    Operation(
        "post",
        "Connect the account",
        path="/{service}/exchange",
        body=Code,
        answers={201: Connection},
        errors=OUTSIDE,
        parameters=[SERVICE],
    ),
    Operation(
        "post", "Get a new token", path="/{id}/refresh", answers={200: Connection}, errors=OUTSIDE, parameters=[ID]
    ),
    Operation("delete", "Disconnect", path="/{id}", answers={204: None}, errors=REFUSALS, parameters=[ID]),
    Operation(
        "post",
        "Encrypt anew what an older key encrypted",
        path="/rotate",
        answers={200: Rotated},
        errors=[401, 403, 501, 503],
        security="service",
    ),
]


@handler("connections", "GET", "POST", "DELETE")
def main(request: Request) -> Any:
    """Return what the path and the method ask for; raise FunctionError where it cannot be done."""
    match [request.method, *path_below(request, "connections").split("/")]:
        case ["POST", "rotate"]:
            return rotate(service_role(request))
        case ["GET", ""]:
            caller = signed_in(request)
            rows = caller.database.table("user_connections").select(COLUMNS).order("created_at").execute()
            return jsonify(connections=rows.data)
        case ["POST", name, "authorize"]:
            return authorize(request, signed_in(request), name)
        case ["POST", name, "exchange"]:
            return exchange(request, signed_in(request), name)
        case ["POST", identity, "refresh"]:
            return refresh(signed_in(request), uuid_of(identity, "The id"))
        case ["DELETE", identity]:
            return disconnect(signed_in(request), uuid_of(identity, "The id"))
    raise FunctionError(404, "not_found", "There is nothing at this path.", "See openapi.json.")


def authorize(request: Request, caller: Caller, name: str) -> Any:
    """Return the address to open. Its state is sealed: it says whose it is and holds the PKCE verifier."""
    wanted, connected, vault = parse(request, Connect), service(name), Vault.load()
    if wanted.redirect_url not in connected.redirect_urls:
        raise FunctionError(400, "redirect_not_allowed", "This redirect_url is not set up.", "Use one that is.")
    verifier = secrets.token_urlsafe(48)
    state = vault.seal(json.dumps([verifier, wanted.redirect_url]), "state", str(caller.user_id), name)
    with connected.client(wanted.redirect_url) as client:
        url, _ = client.create_authorization_url(connected.authorize_url, state=state, code_verifier=verifier)
    return jsonify(url=url)


def exchange(request: Request, caller: Caller, name: str) -> Any:
    """Return the connection that was made, or made anew."""
    given, connected, vault = parse(request, Code), service(name), Vault.load()
    sealed = vault.open(given.state, "state", str(caller.user_id), name, seconds=STATE_SECONDS)
    verifier, redirect_url = json.loads(sealed)
    with connected.client(redirect_url) as client:
        with asking(name):
            token = client.fetch_token(connected.token_url, code=given.code, code_verifier=verifier)
        account = account_of(name, connected, client)
    row = {
        "user_id": caller.user_id,
        "provider": name,
        "provider_account_id": account,
        "scopes": scopes_of(token, connected),
        **sealed_tokens(vault, token, str(caller.user_id), name),
    }
    made = stored(caller, vault, row)
    return jsonify({column: made[column] for column in COLUMNS.split(",")}), 201


def stored(caller: Caller, vault: Vault, row: dict[str, Any]) -> dict[str, Any]:
    """Return the connection as it is stored now; raise FunctionError (409) where others change it all the time.

    A refresh token that the service does not repeat is kept, and encrypted with the key that the row names.
    """
    # Clients may not insert connections; the user is the caller.
    table = clients.service_database(caller.settings).table("user_connections")
    conflict = "user_id,provider,provider_account_id"
    for _ in range(TRIES):
        made: Any
        if "refresh_token_encrypted" in row:
            made = table.upsert(row, on_conflict=conflict).execute().data
        elif known := known_as(caller, row):
            columns = {**row, "refresh_token_encrypted": sealed_anew(vault, known)}
            # Of a refresh token that changed since it was read, the newest is to be kept.
            change = table.update(columns).eq("id", known["id"]).eq("updated_at", known["updated_at"])
            made = change.execute().data
        else:
            made = table.upsert(row, on_conflict=conflict, ignore_duplicates=True).execute().data
        if made:
            return dict(made[0])
    raise FunctionError(409, "busy", "The connection is being changed already.", "Connect anew in a moment.")


def known_as(caller: Caller, row: dict[str, Any]) -> dict[str, Any] | None:
    """Return the connection that there is of a person's account, with its secrets, or None."""
    query = clients.service_database(caller.settings).table("user_connections").select(SECRETS)
    for column in ("user_id", "provider", "provider_account_id"):
        query = query.eq(column, row[column])
    found: Any = query.execute().data
    return dict(found[0]) if found else None


def sealed_anew(vault: Vault, known: dict[str, Any]) -> str | None:
    """Return a connection's refresh token encrypted with the newest key, None where there is none to be read."""
    owner = (known["user_id"], known["provider"])
    try:
        sealed = known["refresh_token_encrypted"]
        return vault.seal(vault.open(sealed, "refresh", *owner), "refresh", *owner) if sealed else None
    except FunctionError:
        # Its key is gone: it could never be used again.
        return None


def sealed_tokens(vault: Vault, token: dict[str, Any], user_id: str, name: str) -> dict[str, Any]:
    """Return the columns that hold a token, the refresh token's only where the service gave one.

    Raises FunctionError (502) where the service gave no token at all.
    """
    columns = {
        "access_token_encrypted": vault.seal(token_of(name, token), "access", user_id, name),
        "token_expires_at": expiry_of(token),
        "encryption_key_id": vault.key_id,
    }
    if token.get("refresh_token"):
        columns["refresh_token_encrypted"] = vault.seal(str(token["refresh_token"]), "refresh", user_id, name)
    return columns


def own(caller: Caller, identity: str) -> dict[str, Any]:
    """Return the caller's connection with its secrets; raise FunctionError (404) where it is not theirs."""
    table = clients.service_database(caller.settings).table("user_connections")
    found: Any = table.select(SECRETS).eq("id", identity).eq("user_id", caller.user_id).execute().data
    if not found:
        raise FunctionError(404, "not_found", "There is no such connection among yours.", "Check the id.")
    row: dict[str, Any] = found[0]
    return row


def refresh(caller: Caller, identity: str) -> Any:
    """Return the connection with a new token; of two at once one wins, for a refresh token is good once."""
    row, vault = own(caller, identity), Vault.load()
    name = row["provider"]
    connected = service(name)
    if not row["refresh_token_encrypted"]:
        raise FunctionError(409, "no_refresh_token", f"{name} gave no refresh token.", "Connect anew.")
    old = vault.open(row["refresh_token_encrypted"], "refresh", row["user_id"], name)
    lease(caller, row)
    columns: dict[str, Any] = {"metadata": row["metadata"]}
    try:
        with connected.client() as client, asking(name):
            token = client.refresh_token(connected.token_url, refresh_token=old)
        columns |= sealed_tokens(vault, token, row["user_id"], name)
        if "refresh_token_encrypted" not in columns:
            columns["refresh_token_encrypted"] = vault.seal(old, "refresh", row["user_id"], name)
    finally:
        table = clients.service_database(caller.settings).table("user_connections")
        made: Any = table.update(columns).eq("id", identity).execute().data
    if not made:
        raise FunctionError(404, "not_found", "The connection is gone.", "It was removed meanwhile.")
    return jsonify({column: made[0][column] for column in COLUMNS.split(",")})


def lease(caller: Caller, row: dict[str, Any]) -> None:
    """Take the right to refresh for a while; raise FunctionError (409) where somebody else has it."""
    now = datetime.now(UTC)
    until = row["metadata"].get(LEASE)
    busy = FunctionError(409, "refreshing", "It is being refreshed already.", "Read the connection in a moment.")
    if until and datetime.fromisoformat(until) > now:
        raise busy
    row["metadata"].pop(LEASE, None)
    ends = (now + timedelta(seconds=LEASE_SECONDS)).isoformat()
    table = clients.service_database(caller.settings).table("user_connections")
    taken = table.update({"metadata": {**row["metadata"], LEASE: ends}})
    # Whoever changed the row since it was read came first.
    if not taken.eq("id", row["id"]).eq("updated_at", row["updated_at"]).execute().data:
        raise busy


def disconnect(caller: Caller, identity: str) -> Any:
    """Delete the connection with the caller's own rights, and tell the service as well as one can."""
    row = own(caller, identity)
    try:
        connected = service(row["provider"])
        if connected.revoke_url:
            token = Vault.load().open(row["access_token_encrypted"], "access", row["user_id"], row["provider"])
            with connected.client() as client, asking(row["provider"]):
                client.revoke_token(connected.revoke_url, token=token)
    except FunctionError as error:
        log.warning("not revoked at the service", extra={"service": row["provider"], "error": error.code})
    # Nothing returned, for it would be every column, and the tokens are not the caller's to select.
    table = caller.database.table("user_connections")
    table.delete(returning=ReturnMethod.minimal).eq("id", identity).execute()
    return Response(status=204)


def rotate(caller: Caller) -> Any:
    """Return how many connections were encrypted anew; one that changed meanwhile waits for the next call."""
    vault, rotated, failed = Vault.load(), 0, 0
    table = clients.service_database(caller.settings).table("user_connections")
    query = table.select(SECRETS).neq("encryption_key_id", vault.key_id).order("id").limit(BATCH)
    rows: Any = query.execute().data
    while rows:
        for row in rows:
            owner = (row["user_id"], row["provider"])
            columns: dict[str, Any] = {"encryption_key_id": vault.key_id}
            try:
                for column, kind in (("access_token_encrypted", "access"), ("refresh_token_encrypted", "refresh")):
                    if row[column]:
                        columns[column] = vault.seal(vault.open(row[column], kind, *owner), kind, *owner)
            except FunctionError:
                failed += 1
                continue
            unchanged = table.update(columns).eq("id", row["id"]).eq("updated_at", row["updated_at"])
            rotated += len(unchanged.execute().data)
        rows = query.gt("id", rows[-1]["id"]).execute().data if len(rows) == BATCH else []
    log.info("rotated", extra={"rotated": rotated, "failed": failed, "at": datetime.now(UTC).isoformat()})
    return jsonify(rotated=rotated, failed=failed)
