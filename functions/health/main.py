"""GET /functions/v1/health: 200 when the Data API, and the database behind it, answer; else 503."""

from __future__ import annotations

import time
from typing import Any

import httpx
from flask import Request, jsonify

from functions._shared.errors import FunctionError
from functions._shared.settings import Settings

TIMEOUT = 5.0


def main(request: Request) -> Any:
    """Return that all is well and how long the database took; raise FunctionError (503) when it is not."""
    if request.method not in ("GET", "HEAD"):
        raise FunctionError(405, "method_not_allowed", "Only GET is answered here.")
    settings = Settings.load()
    begun = time.monotonic()
    try:
        # The root of the Data API lists what the role may see, which it asks the database each time.
        answer = httpx.get(
            f"{settings.url}/rest/v1/",
            headers={
                "apikey": settings.service_role_key,
                "Authorization": f"Bearer {settings.service_role_key}",
            },
            timeout=TIMEOUT,
            trust_env=False,
        )
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise FunctionError(
            503, "database_unreachable", "The database does not answer.", "See groundwork status."
        ) from error
    milliseconds = round((time.monotonic() - begun) * 1000, 1)
    return jsonify(status="ok", database={"reachable": True, "milliseconds": milliseconds})
