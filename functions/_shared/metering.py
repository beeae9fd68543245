"""Every call to a model is reserved before it is made and settled when it is over, whatever happens in between.

A process that dies cannot settle. What its streams have used is told every second, and charged when their
reservations expire; a process that was only taken for dead says then what they really used. Whole answers, which
nobody has received then, are not charged: `groundwork doctor` tells.

Reserving and settling are the service role's alone: a client that could do it could say that it used nothing.
"""

from __future__ import annotations

import atexit
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from postgrest import SyncPostgrestClient
from postgrest.exceptions import APIError

from functions._shared import clients
from functions._shared.errors import FunctionError, of_database, seconds_until
from functions._shared.logs import log
from functions._shared.providers.completions import CompletionStream
from functions._shared.providers.usage import Usage
from functions._shared.reporter import Reporter
from functions._shared.settings import Settings

PATIENCE = 900.0
GRACE = 20.0
LONGEST_PAUSE = 10.0
SERVER_ERROR = 500
RETRY_AT_MOST = 60
RETRY_SOON = 2
REFUSALS = {"PT402": "budget_spent", "PT429": "rate_limited"}


@dataclass(frozen=True)
class Payer:
    """Who calls and who pays: an API key, or a signed-in person with the organization they name, if they do."""

    api_key: str | None = None
    scope: str | None = None
    user_id: str | None = None
    organization_id: str | None = None
    or_personally: bool = False
    """Whether the person's own organization pays where they may not spend for the one that they name."""
    was_checked: bool = False
    """Whether it is known that the organization pays: its document may be processed after the person has left."""


@dataclass(frozen=True)
class Reservation:
    """What is held for a call."""

    settings: Settings
    id: str


@cache
def database(settings: Settings) -> SyncPostgrestClient:
    """Return the client that reserves and settles, one a process."""
    return clients.service_database(settings)


def reserve(
    settings: Settings, payer: Payer, models: Sequence[str], endpoint: str, tokens: tuple[int, int]
) -> Reservation:
    """Return what is held for a call of at most these input and output tokens.

    `models` are those that may answer, first the one asked for: the bound is the dearest's.
    Raises FunctionError: 401 for a wrong key, 402 for a spent budget, 429 with Retry-After for a limit.
    """
    arguments: dict[str, Any] = {
        "p_organization_id": payer.organization_id,
        "p_user_id": payer.user_id,
        "p_model_name": models[0],
        "p_endpoint": endpoint,
        # Ours and never the client's: who could choose it could let two calls count as one.
        "p_request_id": uuid.uuid4().hex,
        "p_tokens_input": tokens[0],
        "p_tokens_output": tokens[1],
        "p_other_models": list(models[1:]),
    }
    function = "reserve_usage"
    if not payer.was_checked:
        function = "begin_model_call"
        arguments |= {"p_api_key": payer.api_key, "p_scope": payer.scope, "p_or_personally": payer.or_personally}
    try:
        held: Any = database(settings).rpc(function, arguments).execute().data
    except APIError as error:
        raise refusal(error) from error
    return Reservation(settings, str(held["reservation_id"]))


def refusal(error: APIError) -> FunctionError:
    """Return the client's view of a refused reservation, with when to come back."""
    known = of_database(error)
    if str(error.code) not in REFUSALS:
        return known
    try:
        seconds = max(map(seconds_until_room, json.loads(str(error.details))))
    except (ValueError, TypeError, LookupError):
        seconds = RETRY_AT_MOST
    headers = {"Retry-After": str(seconds)} if known.status == 429 else {}  # noqa: PLR2004
    if seconds > RETRY_AT_MOST:
        # The SDKs of OpenAI and Anthropic know this one: they need not try before the limit resets.
        headers["X-Should-Retry"] = "false"
    return FunctionError(known.status, REFUSALS[str(error.code)], known.message, known.hint, headers)


def seconds_until_room(limit: dict[str, Any]) -> int:
    """Return after how many seconds a limit that has refused a call may take it."""
    if limit["limit_value"] - limit["spent"] >= limit["needed"]:
        # What is in the way are calls under way, which use less than they hold.
        return RETRY_SOON
    return seconds_until(limit["resets_at"])


def settle(reservation: Reservation, usage: Usage, model: str | None = None) -> None:
    """Put what a call used into the ledger, as of the model that answered; where the database is away, later."""
    arguments: dict[str, Any] = {
        "p_reservation_id": reservation.id,
        "p_tokens_input": usage.tokens_input,
        "p_tokens_output": usage.tokens_output,
        "p_tokens_cached": usage.tokens_cached,
    }
    if model is not None:
        arguments["p_model_name"] = model
    send(reservation.settings, "settle_usage", arguments)


def release(reservation: Reservation) -> None:
    """Give back what is held for a call that was not made; where the database is away, as soon as it is back."""
    send(reservation.settings, "release_usage", {"p_reservation_id": reservation.id})


def send(settings: Settings, function: str, arguments: dict[str, Any]) -> None:
    """Call a function that may be called twice, now, and else again and again until the database answers."""
    if not tried(settings, function, arguments):
        outbox().put((settings, function, arguments))


def tried(settings: Settings, function: str, arguments: dict[str, Any]) -> bool:
    """Return whether there is nothing more to try: the database has answered, if only with a refusal."""
    try:
        database(settings).rpc(function, arguments).execute()
    except httpx.TransportError:
        return False
    except APIError as error:
        if of_database(error).status >= SERVER_ERROR:
            return False
        log.error("not settled", extra={"function": function, "error": str(error.code)})
    return True


def report(found: list[tuple[Reservation, CompletionStream]]) -> None:
    """Tell what streams have used up to now: what is charged if this process dies."""
    reports: Any = [
        {
            "reservation_id": held.id,
            "tokens_input": used.tokens_input,
            "tokens_output": used.tokens_output,
            "model_name": stream.model,
        }
        for held, stream in found
        if (used := stream.used) is not None
    ]
    if reports:
        database(found[0][0].settings).rpc("report_usage", {"p_reports": reports}).execute()


@cache
def reporter() -> Reporter[tuple[Reservation, CompletionStream]]:
    """Return what tells of the process's streams, until they are settled."""
    return Reporter("usage", report)


class Outbox:
    """What could not be said to the database yet. A thread says it when the database is back."""

    def __init__(self) -> None:
        self.waiting: deque[tuple[float, tuple[Settings, str, dict[str, Any]]]] = deque()
        self.wake = threading.Condition()
        self.busy = False
        threading.Thread(target=self.run, name="outbox", daemon=True).start()
        # A worker that is told to end gives what is left a last chance.
        atexit.register(self.drain, GRACE)

    def put(self, job: tuple[Settings, str, dict[str, Any]]) -> None:
        """Keep a job until it is done, but not for ever."""
        log.warning("settling later", extra={"function": job[1]})
        with self.wake:
            self.waiting.append((time.monotonic() + PATIENCE, job))
            self.wake.notify()

    def run(self) -> None:
        """Do what waits, oldest first, with growing pauses while the database is away."""
        pause = 0.2
        while True:
            with self.wake:
                while not self.waiting:
                    self.busy = False
                    self.wake.wait()
                self.busy = True
                deadline, job = self.waiting.popleft()
            if tried(*job):
                pause = 0.2
            elif time.monotonic() > deadline:
                log.error("never settled", extra={"function": job[1]})
            else:
                with self.wake:
                    self.waiting.appendleft((deadline, job))
                time.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def drain(self, seconds: float) -> bool:
        """Wait until nothing waits any more, at most so long, and return whether that is so."""
        deadline = time.monotonic() + seconds
        while (self.busy or self.waiting) and time.monotonic() < deadline:
            time.sleep(0.05)
        return not (self.busy or self.waiting)


@cache
def outbox() -> Outbox:
    """Return the process's outbox."""
    return Outbox()
