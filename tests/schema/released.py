"""The last release of a repository: its tag, and what its migrations were."""

from __future__ import annotations

import subprocess
from pathlib import Path

FOLDER = "supabase/migrations"


def git(root: Path, *words: str) -> str:
    """Return what git says."""
    return subprocess.run(["git", "-C", str(root), *words], check=True, capture_output=True, text=True).stdout


def last_tag(root: Path) -> str | None:
    """Return the newest tag of a version that is in the history; None before the first release."""
    found = git(root, "tag", "--list", "v[0-9]*", "--merged", "HEAD", "--sort=-version:refname").split()
    return found[0] if found else None


def migrations_of(root: Path, tag: str) -> dict[str, str]:
    """Return the migrations that a tag holds, by file name, in order."""
    names = git(root, "ls-tree", "-r", "--name-only", tag, "--", FOLDER).splitlines()
    return {Path(name).name: git(root, "show", f"{tag}:{name}") for name in sorted(names) if name.endswith(".sql")}


def edited(root: Path) -> list[str]:
    """Return the released migrations that are not what they were."""
    tag = last_tag(root)
    if tag is None:
        return []
    folder = root / FOLDER
    return [
        name
        for name, text in migrations_of(root, tag).items()
        if not (folder / name).is_file() or (folder / name).read_text() != text
    ]
