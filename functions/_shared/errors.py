"""The one shape of every error: `{"error": {"code", "message", "hint"}}`."""

from __future__ import annotations

import json

from flask import Response


class FunctionError(Exception):
    """An error for the client: HTTP status, a code for programs, a message and a hint for people."""

    def __init__(self, status: int, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint


def error_response(error: FunctionError) -> Response:
    """Return the answer that tells a client of an error."""
    body = {"error": {"code": error.code, "message": error.message, "hint": error.hint}}
    return Response(json.dumps(body), status=error.status, mimetype="application/json")
