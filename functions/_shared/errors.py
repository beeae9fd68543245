"""The one shape of every error: `{"error": {"code", "message", "hint"}}`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus

import httpx
from flask import Response
from postgrest.exceptions import APIError
from werkzeug.exceptions import HTTPException

UNREACHABLE = ("PGRST000", "PGRST001", "PGRST002", "PGRST003")
STATUS_OF_SQLSTATE = {
    "42501": 403,
    "23503": 409,
    "23505": 409,
    "40001": 409,
    "40P01": 409,
    "55P03": 409,
    "57014": 504,
    "PGRST116": 404,
    "PGRST301": 401,
    "PGRST302": 401,
    "PGRST303": 401,
    **dict.fromkeys(UNREACHABLE, 503),
}
HINTS = {403: "Check the ids, and your role where they belong.", 413: "Send less at once."}
"""What to do about a refusal whose source has no hint of its own."""
STATUS_OF_CLASS = {"22": 400, "23": 400, "08": 503, "53": 503, "57": 503}


class FunctionError(Exception):
    """An error for the client: HTTP status, a code for programs, a message and a hint for people."""

    def __init__(
        self, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = dict(headers or {})

    def body(self) -> dict[str, dict[str, str]]:
        """Return the JSON that tells a client of the error."""
        return {"error": {"code": self.code, "message": self.message, "hint": self.hint}}


def error_response(error: FunctionError) -> Response:
    """Return the answer that tells a client of an error."""
    return Response(
        json.dumps(error.body()), status=error.status, mimetype="application/json", headers=error.headers
    )


def code_of(status: int) -> str:
    """Return the code of a status that needs no code of its own, such as not_found."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return "error"
    return re.sub(r"[^a-z]+", "_", phrase.lower()).strip("_")


def translated(error: Exception) -> FunctionError | None:
    """Return the client's view of an error of the database, of the way to it, or of HTTP; None for any other.

    What the database raises for clients (PTxyz) keeps its words; of its own errors only those that the
    client's data caused do.
    """
    if isinstance(error, FunctionError):
        return error
    if isinstance(error, APIError):
        return of_database(error)
    if isinstance(error, httpx.TransportError):
        return FunctionError(
            503, "database_unreachable", "The database does not answer.", "Try again in a moment."
        )
    if type(error).__module__ == "gunicorn.http.errors":
        # Not imported: the functions are served by others, too.
        return FunctionError(400, "bad_request", "The body is not what its headers say.", "Send it anew.")
    if isinstance(error, HTTPException):
        status = error.code or 500
        return FunctionError(status, code_of(status), error.description or error.name, HINTS.get(status, ""))
    return None


def of_database(error: APIError) -> FunctionError:
    """Return the client's view of what the Data API answered."""
    state = str(error.code or "")
    message, hint = str(error.message or "The database refused."), str(error.hint or "")
    if re.fullmatch(r"PT[45]\d\d", state):
        seconds = resets_in(error) if state == "PT429" else None
        headers = {"Retry-After": str(seconds)} if seconds else {}
        return FunctionError(int(state[2:]), code_of(int(state[2:])), message, hint, headers)
    status = STATUS_OF_SQLSTATE.get(state) or STATUS_OF_CLASS.get(state[:2], 500)
    if status == 401:  # noqa: PLR2004
        return FunctionError(401, "unauthorized", "The token is not valid here.", "Sign in again.")
    if status >= 500:  # noqa: PLR2004
        return FunctionError(status, code_of(status), "The database could not answer.", "Try again in a moment.")
    return FunctionError(status, code_of(status), message, hint or HINTS.get(status, ""))


def resets_in(error: APIError) -> int | None:
    """Return in how many seconds the last of the limits that refused resets; None where it is not said."""
    try:
        return max(seconds_until(limit["resets_at"]) for limit in json.loads(str(error.details)))
    except (ValueError, TypeError, LookupError):
        return None


def seconds_until(moment: str) -> int:
    """Return how many seconds to wait for a moment to be past."""
    return max(1, int((datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()) + 1)
