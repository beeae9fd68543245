"""An instance: one running copy of the stack, and the folder that holds all it keeps."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from groundwork.stack.errors import StackError
from groundwork.stack.process import Record
from groundwork.stack.project import Project
from groundwork.stack.secrets import write_private

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
LONGEST_SOCKET_PATH = 100
"""Unix allows 107 bytes on Linux and 103 on macOS for the whole path."""


@dataclass(frozen=True)
class Settings:
    """What an instance remembers of the options it was started with."""

    api_port: int
    db_port: int
    db_url: str | None = None


class Instance:
    """The folder of one instance and what is in it. Making the object touches nothing on disk."""

    def __init__(self, project: Project, name: str = "default") -> None:
        if not NAME.fullmatch(name):
            raise StackError(
                f"{name!r} is no name for an instance.",
                "Use up to 40 lower-case letters, digits, - and _, beginning with a letter or digit.",
            )
        self.project = project
        self.name = name
        self.state = project.root / ".groundwork" / name

    @staticmethod
    def all(project: Project) -> list[Instance]:
        """Return every instance of a project that has a folder."""
        folder = project.root / ".groundwork"
        names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
        return [Instance(project, name) for name in names if NAME.fullmatch(name)]

    @property
    def secrets_file(self) -> Path:
        """Where the secrets are kept."""
        return self.state / "secrets.json"

    @property
    def logs(self) -> Path:
        """The folder of the parts' logs."""
        return self.state / "logs"

    @property
    def storage(self) -> Path:
        """The folder of the files that Storage keeps."""
        return self.state / "storage"

    @property
    def run(self) -> Path:
        """The folder of the sockets: in the state folder, unless its path is too long for a socket."""
        own = self.state / "run"
        if len(os.fsencode(own)) <= LONGEST_SOCKET_PATH - len("/functions.sock"):
            return own
        digest = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"groundwork-{os.getuid()}-{digest}"

    def log(self, part: str) -> Path:
        """Return the log of a part."""
        return self.logs / f"{part}.log"

    def exists(self) -> bool:
        """Return whether the instance was ever started."""
        return self.state.is_dir()

    def make_folders(self) -> None:
        """Make the folders, private to their owner; raise StackError when somebody else's are in the way."""
        for folder in (self.state.parent, self.state, self.logs, self.storage, self.run):
            folder.mkdir(mode=0o700, exist_ok=True)
            if folder.stat().st_uid != os.getuid() or folder.is_symlink():
                raise StackError(
                    f"{folder} belongs to another user.",
                    "Run groundwork as that user, remove the folder, or use another checkout.",
                )
            if folder != self.state.parent:
                folder.chmod(0o700)

    def settings(self) -> Settings | None:
        """Return what the instance remembers, or None when it was never started."""
        try:
            return Settings(**json.loads((self.state / "instance.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def remember(self, settings: Settings) -> None:
        """Keep the settings for the next command."""
        write_private(self.state / "instance.json", json.dumps(asdict(settings), indent=2))

    def records(self) -> dict[str, Record]:
        """Return the recorded process of each part that was started."""
        try:
            kept = json.loads((self.state / "parts.json").read_text())
            return {part: Record(**record) for part, record in kept.items()}
        except (FileNotFoundError, ValueError, TypeError):
            return {}

    def record(self, records: dict[str, Record]) -> None:
        """Keep the processes of the parts."""
        kept = {part: asdict(record) for part, record in records.items()}
        write_private(self.state / "parts.json", json.dumps(kept, indent=2))

    @contextlib.contextmanager
    def lock(self, patience: float = 300.0) -> Iterator[None]:
        """Hold the instance for one command at a time; raise StackError when another holds it too long.

        The lock is a file beside the state folder, so that it outlives the folder's removal.
        """
        self.state.parent.mkdir(mode=0o700, exist_ok=True)
        path = self.state.parent / f".{self.name}.lock"
        deadline = time.monotonic() + patience
        with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "w") as file:  # noqa: PTH123
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StackError(
                            f"Another groundwork command has been busy with {self.name!r} for {patience:.0f} s.",
                            "Wait for it, or end it.",
                        ) from None
                    time.sleep(0.05)
            yield
