"""/functions/v1/api-keys: the keys of an organization for machines, for its admins.

GET ?organization_id= lists them, POST makes one and shows it this once, DELETE /{id} revokes one at once. The
database decides on each with the caller's own token.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Request, Response, jsonify
from pydantic import Field

from functions._shared.body import Answer, Body, Text, parse, uuid_of
from functions._shared.caller import Caller, signed_in
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.openapi import Operation, parameter

COLUMNS = "id,organization_id,name,key_prefix,scopes,created_by,created_at,last_used_at,expires_at,revoked_at"


class NewApiKey(Body):
    """What a key is to be."""

    organization_id: UUID
    name: Text
    scopes: list[Text] | None = Field(default=None, max_length=50)
    expires_at: datetime | None = None


class MadeApiKey(Answer):
    """A key that was made. `key` is shown this once."""

    id: UUID
    key: str
    organization_id: UUID
    name: str
    key_prefix: str
    scopes: list[str] | None
    expires_at: datetime | None
    created_at: datetime


class ApiKey(Answer):
    """A key as it is listed: never the key itself."""

    id: UUID
    organization_id: UUID
    name: str
    key_prefix: str
    scopes: list[str] | None
    created_by: UUID | None
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None


class ApiKeys(Answer):
    """An organization's keys, newest first."""

    api_keys: list[ApiKey]


ORGANIZATION = {
    **parameter("organization_id", "query", {"type": "string", "format": "uuid"}, "Whose keys"),
    "required": True,
}
ID = parameter("id", "path", {"type": "string", "format": "uuid"}, "The key")
REFUSALS = [400, 401, 403, 404, 503]
OPENAPI = [
    Operation("get", "List the keys", answers={200: ApiKeys}, errors=REFUSALS, parameters=[ORGANIZATION]),
    Operation("post", "Make a key", body=NewApiKey, answers={201: MadeApiKey}, errors=[*REFUSALS, 413]),
    Operation("delete", "Revoke a key", path="/{id}", answers={204: None}, errors=REFUSALS, parameters=[ID]),
]


@handler("api-keys", "GET", "POST", "DELETE")
def main(request: Request) -> Any:
    """Return what the method asks for; raise FunctionError when the database refuses it."""
    caller = signed_in(request)
    below = path_below(request, "api-keys")
    if request.method == "DELETE":
        caller.database.rpc("revoke_api_key", {"p_id": uuid_of(below, "The id")}).execute()
        return Response(status=204)
    if below:
        raise FunctionError(
            404, "not_found", "There is nothing at this path.", "DELETE /api-keys/{id} revokes a key."
        )
    return make(request, caller) if request.method == "POST" else listed(request, caller)


def make(request: Request, caller: Caller) -> Any:
    """Return the key that was made."""
    wanted = parse(request, NewApiKey)
    arguments: dict[str, Any] = {
        "p_organization_id": str(wanted.organization_id),
        "p_name": wanted.name,
        "p_scopes": wanted.scopes,
        "p_expires_at": wanted.expires_at.isoformat() if wanted.expires_at else None,
    }
    made = caller.database.rpc("create_api_key", arguments).execute()
    return jsonify(made.data), 201


def listed(request: Request, caller: Caller) -> Any:
    """Return the keys that the caller may see: an admin's, none for anybody else."""
    organization = uuid_of(request.args.get("organization_id", ""), "organization_id")
    query = caller.database.table("organization_api_keys").select(COLUMNS).eq("organization_id", organization)
    return jsonify(api_keys=query.order("created_at", desc=True).execute().data)
