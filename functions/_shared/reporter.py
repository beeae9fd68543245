"""Tells the database every second how far this process is with what takes long, all of it in one call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

import httpx
from postgrest.exceptions import APIError

from functions._shared.logs import log

EVERY = 1.0
Item = TypeVar("Item")


class Reporter(Generic[Item]):
    """A thread that reports the items that are under way."""

    def __init__(self, name: str, report: Callable[[list[Item]], None]) -> None:
        self.report = report
        self.running: dict[str, Item] = {}
        self.lock = threading.Lock()
        self.wake = threading.Event()
        threading.Thread(target=self.run, name=name, daemon=True).start()

    def add(self, key: str, item: Item) -> None:
        """Report an item from now on."""
        with self.lock:
            self.running[key] = item
        self.wake.set()

    def remove(self, key: str) -> None:
        """Report it no more."""
        with self.lock:
            self.running.pop(key, None)

    def get(self, key: str) -> Item | None:
        """Return an item of this process that is under way."""
        with self.lock:
            return self.running.get(key)

    def run(self) -> None:
        """Report as long as there is something to report. The next report makes up for one that fails."""
        while True:
            self.wake.wait()
            time.sleep(EVERY)
            with self.lock:
                found = list(self.running.values())
                if not found:
                    self.wake.clear()
            if not found:
                continue
            try:
                self.report(found)
            except (httpx.HTTPError, APIError) as error:
                log.warning("not reported", extra={"error": type(error).__name__})
            except Exception as error:  # noqa: BLE001 - one bad report must not end those of all others
                log.error("not reported", extra={"error": type(error).__name__})
