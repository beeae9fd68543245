"""Serves every handler: `functions/<name>/main.py` answers /functions/v1/<name>, as Supabase serves functions.

GET /functions/v1/openapi.json describes them all.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from flask import Flask, Request, Response, jsonify, request

from functions._shared import openapi
from functions._shared.errors import FunctionError
from functions._shared.handler import handler

Handler = Callable[[Request], Any]
FOLDER = Path(__file__).parent
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]

app = Flask("functions")
app.json.sort_keys = False  # type: ignore[attr-defined]
# Else a path with two slashes is answered by a redirect, to whichever host the request names.
app.url_map.merge_slashes = False


@cache
def modules() -> dict[str, ModuleType]:
    """Return the main.py of each folder. Its `main(request)` answers, as functions-framework takes it."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/main.py") if not path.parent.name.startswith("_"))
    return {name.replace("_", "-"): importlib.import_module(f"functions.{name}.main") for name in names}


@cache
def description() -> dict[str, Any]:
    """Return the OpenAPI document of all handlers."""
    return openapi.document({name: getattr(module, "OPENAPI", ()) for name, module in modules().items()})


@app.route("/functions/v1/", defaults={"name": "", "path": ""}, methods=METHODS)
@app.route("/functions/v1/<name>", defaults={"path": ""}, methods=METHODS)
@app.route("/functions/v1/<name>/<path:path>", methods=METHODS)
def call(name: str, path: str) -> Any:
    """Return the answer of the named handler; 404 for a name that has none."""
    if name == "openapi.json" and not path:
        return describe(request)
    module = modules().get(name)
    return module.main(request) if module is not None else unknown(request)


@handler("openapi.json", "GET")
def describe(request: Request) -> Response:  # noqa: ARG001 - it is the same for everybody
    """Return the OpenAPI document."""
    return jsonify(description())


@handler("", *METHODS)
def unknown(request: Request) -> Response:
    """Raise that there is no such function."""
    raise FunctionError(404, "function_not_found", f"There is no function {request.path!r}.", "See openapi.json.")


@app.errorhandler(404)
@app.errorhandler(405)
def outside(error: Exception) -> Any:  # noqa: ARG001
    """Return the JSON of a path outside of every function."""
    return unknown(request)
