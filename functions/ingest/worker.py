"""Drains the queue of documents: `python -m functions.ingest.worker`, for as long as the stack runs.

A long document it gives back after a slice while others wait; what is slow to read, or to swap in, goes on beside
others.
Between documents it makes the vectors of collections whose embedding model is being changed to its own.
Beside it, in a thread of its own, it runs the maintenance that is due, as pg_cron does where that is installed.
Touches the file that INGEST_HEARTBEAT names as long as it works. Ends on SIGTERM, giving back what it has begun.
"""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from pathlib import Path

import httpx
from postgrest.exceptions import APIError
from storage3.utils import StorageException

from functions._shared import logs
from functions._shared.embeddings import Embedder, embedder
from functions._shared.settings import Settings
from functions.ingest.queue import Job, Queue
from functions.ingest.reembed import reembed
from functions.ingest.work import SLICE_SECONDS, Turn, process
from functions.maintenance import local

IDLE_SECONDS = 0.5
TROUBLE_SECONDS = 5.0
REMOVAL_SECONDS = 15.0
BEAT_SECONDS = 2.0
LOOK_SECONDS = 2.0
"""How long after no collection was due one is looked for again."""
SHARE = 4.0
"""While documents wait, they are worked on for so many times as long as a batch of a collection takes.

And those that are not long for so many times as long as a slice of a long one.
"""
BATCH_SECONDS = 5.0
"""How long the first batch is taken to last."""
ASIDE = 2
"""How many documents may be read, or swapped in, beside the one that is processed: a hostile one may take 3 GB."""
ASIDE_SECONDS = 5.0
"""How long that takes before others are processed meanwhile."""
ASIDE_LOOK_SECONDS = 0.25
END_SECONDS = 10.0
"""How long one that is told to stop waits for those beside: where that is too short, their leases run out."""
TROUBLE = (APIError, StorageException, httpx.HTTPError)
"""What a database that restarts looks like from here, or a Storage that is away."""


class Worker:
    """One loop over the queue, until it is told to stop."""

    def __init__(self, queue: Queue, model: Embedder, deadline: float = math.inf) -> None:
        self.queue = queue
        self.model = model
        self.deadline = deadline
        self.stop = threading.Event()
        self.aside: list[threading.Thread] = []
        self.short_seconds = 0.0
        self.slice_seconds = SLICE_SECONDS
        self.removed = 0.0
        self.documents = 0
        self.vectors = 0
        self.looked = -LOOK_SECONDS
        self.document_seconds = 0.0
        self.batch_seconds = BATCH_SECONDS

    def run(self) -> None:
        """Process documents as they come, change collections, and remove files that are not needed any more."""
        while not self.stop.is_set():
            try:
                busy = self.step()
                pause = 0.0 if busy else IDLE_SECONDS
            except TROUBLE as error:
                logs.log.warning("waiting", extra={"error": type(error).__name__})
                pause = TROUBLE_SECONDS
            self.stop.wait(pause)
        for one in self.aside:
            one.join(END_SECONDS)

    def step(self) -> bool:
        """Process one document, or a slice of it, else one batch of a collection; return whether there was one.

        The batch comes first where documents have had their share.
        """
        if time.monotonic() - self.removed > REMOVAL_SECONDS:
            self.removed = time.monotonic()
            try:
                self.queue.remove_files()
            except TROUBLE as error:
                # They come again, and documents wait for nothing of it.
                logs.log.warning("files not removed", extra={"error": type(error).__name__})
        first = self.document_seconds > SHARE * self.batch_seconds
        return (first and self.reembed()) or self.ingest() or self.reembed()

    def ingest(self) -> bool:
        """Process one document, or a slice of it, if there is one; return whether there was.

        Those that are not long come first, until they have had their share.
        """
        long_first = self.short_seconds > SHARE * self.slice_seconds
        begun = time.monotonic()
        job = self.queue.claim(long_first=long_first)
        if job is None:
            return False
        self.attend(job)
        seconds = time.monotonic() - begun
        self.document_seconds += seconds
        if job.is_long:
            self.slice_seconds, self.short_seconds = seconds, 0.0
        else:
            # Asked for first, no long one was there.
            self.short_seconds = seconds + (0.0 if long_first else self.short_seconds)
        return True

    def attend(self, job: Job) -> None:
        """Process a document until it is done, has given way, or is put aside."""
        turn = Turn(self.stop.is_set, gives_way=True, deadline=self.deadline)
        thread = threading.Thread(target=self.process, args=(job, turn), daemon=True)
        thread.start()
        while thread.is_alive():
            thread.join(ASIDE_LOOK_SECONDS)
            if turn.slow_seconds() < ASIDE_SECONDS:
                continue
            if not self.is_full():
                if turn.put_aside():
                    self.aside.append(thread)
                    return
            else:
                turn.is_dropped = True

    def process(self, job: Job, turn: Turn) -> None:
        """Process a document in a thread of its own."""
        logs.choose_request_id(None)
        if process(self.queue, job, self.model, turn) != "begun":
            self.documents += 1

    def is_full(self) -> bool:
        """Return whether no more documents may be put aside."""
        self.aside = [one for one in self.aside if one.is_alive()]
        return len(self.aside) >= ASIDE

    def reembed(self) -> bool:
        """Make one batch of a collection that is being changed, if there is one; return whether there was."""
        begun = time.monotonic()
        if begun - self.looked < LOOK_SECONDS:
            return False
        logs.choose_request_id(None)
        count = reembed(self.queue, self.model)
        self.document_seconds = 0.0
        if count is None:
            self.looked = time.monotonic()
            return False
        self.vectors += count
        self.batch_seconds = time.monotonic() - begun
        return True


def drain(queue: Queue, model: Embedder, seconds: float) -> tuple[int, int]:
    """Do what is due until nothing is or the time is up; return how many documents and new vectors that were.

    A document that is not done by then is given back.
    """
    deadline = time.monotonic() + seconds
    worker = Worker(queue, model, deadline)
    while time.monotonic() < deadline:
        if worker.step():
            continue
        if not any(one.is_alive() for one in worker.aside):
            break
        time.sleep(IDLE_SECONDS)
    for one in worker.aside:
        one.join()
    return worker.documents, worker.vectors


def beat(path: Path, stop: threading.Event) -> None:
    """Touch a file every other second, so that others see that this process lives."""
    while not stop.wait(BEAT_SECONDS):
        path.touch()


def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logs.configure()
    settings = Settings.load()
    worker = Worker(Queue(settings), embedder())
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: worker.stop.set())
    if heartbeat := os.environ.get("INGEST_HEARTBEAT"):
        path = Path(heartbeat)
        path.touch()
        threading.Thread(target=beat, args=(path, worker.stop), daemon=True).start()
    threading.Thread(target=local.run, args=(settings, worker.stop), daemon=True).start()
    worker.run()


if __name__ == "__main__":
    main()
