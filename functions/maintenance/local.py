"""Runs the maintenance that is due, for as long as the stack runs: what pg_cron does where it is installed."""

from __future__ import annotations

import threading

import httpx
from postgrest.exceptions import APIError

from functions._shared import clients
from functions._shared.logs import log
from functions._shared.settings import Settings

SECONDS = 20.0


def run(settings: Settings, stop: threading.Event) -> None:
    """Ask the database every few seconds to run what is due, until it is told to stop."""
    # The service role: nobody else may.
    database = clients.service_database(settings)
    while not stop.wait(SECONDS):
        try:
            database.rpc("run_maintenance", {}).execute()
        except (APIError, httpx.HTTPError) as error:
            # What failed is in maintenance_runs; this is a database that restarts, or has no such function.
            log.warning("maintenance waits", extra={"error": type(error).__name__})
