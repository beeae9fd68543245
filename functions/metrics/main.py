"""GET /functions/v1/metrics: the state of the database for Prometheus, for the service role alone and its scraper.

The scraper has the token METRICS_TOKEN of the environment, which opens nothing else. Kinds of findings are counted
and never named: no tenant, no person and no statement is in it. `groundwork doctor` tells which they are.
"""

from __future__ import annotations

import hmac
import os
from typing import Any

from flask import Request, Response
from postgrest import SyncPostgrestClient
from prometheus_client import CollectorRegistry, Gauge
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from functions._shared import clients
from functions._shared.caller import bearer, service_role
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.openapi import Operation
from functions._shared.settings import Settings

GAUGES = {
    "findings": "What groundwork doctor finds, by severity and kind.",
    "database_bytes": "The size of the database.",
    "connections": "Connections to the database.",
    "connections_max": "Connections that the server takes.",
    "usage_pending": "Sums of usage that wait to be rolled up.",
    "usage_pending_seconds": "The age of the oldest of them.",
    "jobs_late_seconds": "How long the maintenance job that is latest has been due.",
}
LABELS = ("severity", "finding")

OPENAPI = [
    Operation(
        "get",
        "The state of the database for Prometheus; the token METRICS_TOKEN will do as well",
        answers={200: None},
        other_answers={"text/plain": {"type": "string"}},
        errors=[401, 403, 404, 503, 504],
        security="service",
    ),
]


@handler("metrics", "GET")
def main(request: Request) -> Any:
    """Return the metrics; raise FunctionError (401, 403) for anybody but the service role and the scraper."""
    database = allowed(request)
    if path_below(request, "metrics"):
        raise FunctionError(404, "not_found", "There is nothing at this path.", "GET /metrics.")
    rows: Any = database.rpc("health_metrics", {}).execute().data
    registry = CollectorRegistry()
    gauges = {
        name: Gauge(f"groundwork_{name}", text, LABELS if name == "findings" else (), registry=registry)
        for name, text in GAUGES.items()
    }
    for row in rows:
        gauge = gauges[row["metric"]]
        (gauge.labels(row["severity"], row["finding"]) if row["finding"] else gauge).set(row["value"])
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def allowed(request: Request) -> SyncPostgrestClient:
    """Return a client of the Data API for a caller who may read the metrics; raise FunctionError for others."""
    token = os.environ.get("METRICS_TOKEN")
    if token and hmac.compare_digest(bearer(request).encode(), token.encode()):
        # A scraper is no user: what it may call is this one function, which tells of no tenant.
        return clients.service_database(Settings.load())
    return service_role(request).database
