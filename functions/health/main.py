"""GET /functions/v1/health: 200 when the Data API, and the database behind it, answer; else 503."""

from __future__ import annotations

import time
from typing import Any, Literal

import httpx
from flask import Request, jsonify

from functions._shared import clients
from functions._shared.body import Answer
from functions._shared.errors import FunctionError
from functions._shared.handler import handler
from functions._shared.openapi import Operation
from functions._shared.settings import Settings

TIMEOUT = 5.0


class DatabaseHealth(Answer):
    """What the database says."""

    reachable: bool
    milliseconds: float


class Health(Answer):
    """That all is well."""

    status: Literal["ok"]
    database: DatabaseHealth


OPENAPI = [
    Operation("get", "Whether the database answers", answers={200: Health}, errors=[503], security="none"),
]


@handler("health", "GET")
def main(request: Request) -> Any:  # noqa: ARG001 - whoever asks gets the same answer
    """Return that all is well and how long the database took; raise FunctionError (503) when it is not."""
    settings = Settings.load()
    begun = time.monotonic()
    try:
        # The root of the Data API lists what the role may see, which it asks the database each time. The anon
        # key suffices: nobody has to be trusted to ask this.
        answer = clients.pool().get(
            f"{settings.url}/rest/v1/",
            headers={"apikey": settings.anon_key, "Authorization": f"Bearer {settings.anon_key}"},
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise FunctionError(
            503, "database_unreachable", "The database does not answer.", "See groundwork status."
        ) from error
    milliseconds = round((time.monotonic() - begun) * 1000, 1)
    return jsonify(status="ok", database={"reachable": True, "milliseconds": milliseconds})
