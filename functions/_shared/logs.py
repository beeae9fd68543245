"""One JSON object a line on standard error, each with the id of the request it belongs to.

What goes into a log is what the code names: never a body, a header, a token, or the text of a message.
"""

from __future__ import annotations

import logging
import re
import uuid
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

REQUEST_ID_HEADER = "X-Request-Id"
ACCEPTED = re.compile(r"[A-Za-z0-9._-]{8,100}")
request_id: ContextVar[str] = ContextVar("request_id", default="")
log = logging.getLogger("functions")


def choose_request_id(given: str | None) -> str:
    """Return the request's id, the client's own if it is one, and use it for all that is logged from here on."""
    chosen = given if given and ACCEPTED.fullmatch(given) else uuid.uuid4().hex
    request_id.set(chosen)
    return chosen


class WithRequest(logging.Filter):
    """Adds the request's id to every record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: every record is kept."""
        record.request_id = request_id.get() or None
        return True


def configure() -> None:
    """Send what is logged under `functions` to standard error as JSON. Calling it again changes nothing."""
    if log.handlers:
        return
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            ["asctime", "levelname", "message", "request_id"],
            rename_fields={"asctime": "time", "levelname": "level"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    handler.addFilter(WithRequest())
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
