"""Serves every handler: `functions/<name>/main.py` answers /functions/v1/<name>, as Supabase serves functions."""

from __future__ import annotations

import importlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Request, request
from werkzeug.exceptions import HTTPException

from functions._shared.errors import FunctionError, error_response

Handler = Callable[[Request], Any]
FOLDER = Path(__file__).parent
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

app = Flask("functions")
log = logging.getLogger("functions")


@cache
def handlers() -> dict[str, Handler]:
    """Return the handler of each folder: the `main(request)` of its main.py, as functions-framework takes it."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/main.py") if not path.parent.name.startswith("_"))
    return {name: importlib.import_module(f"functions.{name}.main").main for name in names}


@app.route("/functions/v1/", defaults={"name": "", "path": ""}, methods=METHODS)
@app.route("/functions/v1/<name>", defaults={"path": ""}, methods=METHODS)
@app.route("/functions/v1/<name>/<path:path>", methods=METHODS)
def call(name: str, path: str) -> Any:  # noqa: ARG001 - handlers read the path from the request
    """Return the answer of the named handler; 404 for a name that has none."""
    handler = handlers().get(name)
    if handler is None:
        raise FunctionError(404, "function_not_found", f"There is no function {name!r}.", "See functions/.")
    return handler(request)


@app.errorhandler(FunctionError)
def refuse(error: FunctionError) -> Any:
    """Return the JSON of an error that a handler raised on purpose."""
    return error_response(error)


@app.errorhandler(Exception)
def fail(error: Exception) -> Any:
    """Return the JSON of any other error; what happened goes to the log, not to the client."""
    if isinstance(error, HTTPException):
        code = (error.name or "error").lower().replace(" ", "_")
        return error_response(FunctionError(error.code or 500, code, error.description or error.name))
    log.error("%s %s failed", request.method, request.path, exc_info=error)
    return error_response(FunctionError(500, "internal", "The function failed.", "See the functions' log."))
