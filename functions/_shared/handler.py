"""What every handler does alike: methods, the size of the body, CORS, request ids, the log, and errors as JSON.

A handler is `main(request)` under `@handler(...)`, so it behaves the same in functions/app.py, alone under
functions-framework, and on AWS Lambda.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any

from flask import Request, Response, make_response

from functions._shared import logs
from functions._shared.errors import FunctionError, error_response, translated

PREFIX = "/functions/v1"
MAX_BODY = 1024 * 1024
CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Request-Id, Retry-After, X-Should-Retry",
}
ALLOWED_HEADERS = "authorization, x-client-info, apikey, content-type"
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Max-Age": "3600",
    "Vary": "Access-Control-Request-Headers",
}
HEADER_NAMES = re.compile(r"[A-Za-z0-9-]+(, ?[A-Za-z0-9-]+)*")
REFUSED = 400
LONGEST_READ = 10.0
LONGEST_SILENCE = 1.0
Main = Callable[[Request], Any]


def handler(name: str, *methods: str, max_body: int = MAX_BODY) -> Callable[[Main], Callable[[Request], Response]]:
    """Make a function from a request to anything Flask can answer with into a handler.

    `name` is that of its folder, `methods` those it answers (405 for others; HEAD goes with GET), `max_body`
    the largest body in bytes (413 beyond).
    """
    answered = {*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}

    def decorate(main: Main) -> Callable[[Request], Response]:
        @wraps(main)
        def answer(request: Request) -> Response:
            logs.configure()
            begun = time.monotonic()
            chosen = logs.choose_request_id(request.headers.get(logs.REQUEST_ID_HEADER))
            request.max_content_length = max_body
            request.max_form_memory_size = max_body
            method = request.method
            response = respond(main, request, answered)
            if response.status_code >= REFUSED:
                read_on(request)
            response.headers[logs.REQUEST_ID_HEADER] = chosen
            response.headers.update(CORS)
            milliseconds = round((time.monotonic() - begun) * 1000, 1)
            logs.log.info(
                "answered",
                extra={
                    "function": name,
                    "method": method,
                    "status": response.status_code,
                    "milliseconds": milliseconds,
                },
            )
            return response

        return answer

    return decorate


def respond(main: Main, request: Request, methods: set[str]) -> Response:
    """Return what a function answers, or the JSON of what went wrong; that itself goes to the log alone."""
    if request.method == "OPTIONS":
        return preflight(request)
    if request.method not in methods:
        allowed = {"Allow": ", ".join(sorted(methods))}
        message = f"{request.method} is not answered here."
        return error_response(
            FunctionError(405, "method_not_allowed", message, f"Use {allowed['Allow']}.", allowed)
        )
    if request.method == "HEAD":
        # As to a GET, and whoever serves it leaves the body out.
        request.method = "GET"
    try:
        return make_response(main(request))
    except Exception as error:  # noqa: BLE001 - whatever it is, the client gets JSON and the log the rest
        return failed(error)


def read_on(request: Request) -> None:
    """Read what is still coming and throw it away, for a while: who is sending does not look at the answer before.

    A server that closes on what was not read yet cuts the sender off, who then sees no answer at all.
    """
    source, connection = request.environ["wsgi.input"], request.environ.get("gunicorn.socket")
    if connection is None:
        # Another server sees to it itself.
        return
    end, patience = time.monotonic() + LONGEST_READ, connection.gettimeout()
    connection.settimeout(LONGEST_SILENCE)
    # A sender who stops, is gone, or sends nonsense: gunicorn ends the connection.
    with suppress(Exception):
        while time.monotonic() < end and source.read(65_536):
            pass
    connection.settimeout(patience)


def preflight(request: Request) -> Response:
    """Return what a browser asks for first: it may send any header, for the SDKs send many of their own."""
    asked = request.headers.get("Access-Control-Request-Headers", "")
    allowed = asked if HEADER_NAMES.fullmatch(asked) else ALLOWED_HEADERS
    return Response(status=204, headers={**PREFLIGHT, "Access-Control-Allow-Headers": allowed})


def failed(error: Exception) -> Response:
    """Return the answer for an error, and log it when it is ours and not the client's."""
    known = translated(error)
    if known is None:
        # Where it happened and not what it says: the words of an error may be the client's data.
        frames = traceback.extract_tb(error.__traceback__)
        where = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        logs.log.error("failed", extra={"error": type(error).__name__, "where": where})
        known = FunctionError(500, "internal", "The function failed.", "The log has more under this X-Request-Id.")
    elif known.status >= 500:  # noqa: PLR2004
        logs.log.warning("refused", extra={"error": known.code, "cause": type(error).__name__})
    return error_response(known)


def path_below(request: Request, name: str) -> str:
    """Return the path behind the handler's own, without slashes around it, wherever the handler is mounted."""
    path = request.path
    for prefix in (f"{PREFIX}/{name}", f"/{name}"):
        if path == prefix or path.startswith(f"{prefix}/"):
            path = path[len(prefix) :]
            break
    return path.strip("/")
