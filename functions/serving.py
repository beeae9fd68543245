"""How gunicorn serves the functions: `gunicorn -c python:functions.serving functions.app:app`."""

from __future__ import annotations

import os
from typing import Any

bind = f"0.0.0.0:{os.environ.get('PORT', '8080')}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
# A stream holds a thread while it lasts, and a waiting thread costs next to nothing.
threads = int(os.environ.get("THREADS", "128"))
# Streams that are under way may end, and what is not settled yet is settled, before a worker does.
graceful_timeout = 60
timeout = 120
keepalive = 75
control_socket_disable = True


def post_worker_init(worker: Any) -> None:  # noqa: ARG001 - gunicorn's signature
    """Load every handler before the first request comes."""
    from functions.app import modules  # noqa: PLC0415

    modules()
