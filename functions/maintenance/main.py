"""POST /functions/v1/maintenance: runs the maintenance that is due, for the service role alone.

Where there is no pg_cron, let any cron call it every minute. With `{"job": "…"}` it runs that one, due or not.
"""

from __future__ import annotations

from typing import Any

from flask import Request, jsonify

from functions._shared.body import Answer, Body, Text, check, parse
from functions._shared.caller import service_role
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.openapi import Operation


class MaintenanceBody(Body):
    """Which job to run; without a name those that are due."""

    job: Text | None = None


class MaintenanceRun(Answer):
    """A job that ran."""

    job: str
    row_count: int | None
    error: str | None
    seconds: float


class MaintenanceRuns(Answer):
    """The jobs that ran. One that fails does not keep the others from running."""

    runs: list[MaintenanceRun]


OPENAPI = [
    Operation(
        "post",
        "Run the maintenance that is due",
        body=MaintenanceBody,
        body_required=False,
        answers={200: MaintenanceRuns},
        errors=[400, 401, 403, 404, 413, 503, 504],
        security="service",
    ),
]


@handler("maintenance", "POST", max_body=1024)
def main(request: Request) -> Any:
    """Return what ran; raise FunctionError (401, 403) for anybody but the service role, 404 for an unknown job."""
    caller = service_role(request)
    if path_below(request, "maintenance"):
        raise FunctionError(404, "not_found", "There is nothing at this path.", "POST /maintenance.")
    has_body = bool(request.get_data(cache=True))
    wanted = parse(request, MaintenanceBody) if has_body else check({}, MaintenanceBody)
    # The caller is the service role: its own token is what the database asks for.
    runs: Any = caller.database.rpc("run_maintenance", {"p_job": wanted.job} if wanted.job else {}).execute().data
    if wanted.job is not None and not runs:
        known = caller.database.table("maintenance_jobs").select("name").eq("name", wanted.job).execute().data
        if not known:
            raise FunctionError(404, "unknown_job", f"There is no job {wanted.job!r}.", "See maintenance_jobs.")
    return jsonify(runs=runs)
