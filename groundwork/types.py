"""The types of the schema for clients, TypeScript and Python, as the Supabase CLI generates them."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from groundwork.stack import migrations
from groundwork.stack.errors import StackError
from groundwork.stack.instance import Instance
from groundwork.stack.migrations import environment
from groundwork.stack.project import node_module

FILES = {"typescript": "supabase/types/database.ts", "python": "supabase/types/database.py"}
FIRST_LINES = {"typescript": "export type Json", "python": "from __future__ import annotations"}
"""What comes before them is a notice, such as that the connection has no TLS."""


def generate(instance: Instance, language: str, db_url: str) -> str:
    """Return the types of the database's public schema; raise StackError when the CLI does not make them."""
    root = instance.project.root
    command = [
        str(node_module(root, ".bin/supabase")),
        *("gen", "types", "--lang", language, "--schema", "public"),
        *(f"--remote={db_url}", "--yes", f"--workdir={root}"),
    ]
    ran = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment(instance), cwd=root, timeout=120
    )
    if ran.returncode != 0 or FIRST_LINES[language] not in ran.stdout:
        raise StackError(f"The Supabase CLI made no types for {language}.", detail=ran.stderr or ran.stdout)
    text = ran.stdout[ran.stdout.index(FIRST_LINES[language]) :].strip() + "\n"
    return formatted(instance, text) if language == "typescript" else complete(text)


def formatted(instance: Instance, text: str) -> str:
    """Return TypeScript as the formatter that the CLI recommends lays it out."""
    command = [str(node_module(instance.project.root, ".bin/oxfmt")), "--stdin-filepath", "database.ts"]
    ran = subprocess.run(
        command, check=False, input=text, capture_output=True, text=True, env=environment(instance), timeout=60
    )
    if ran.returncode != 0:
        raise StackError("The types could not be formatted.", "Run `make install`.", ran.stderr)
    return ran.stdout


def complete(text: str) -> str:
    """Return Python in which every name is defined: the CLI leaves types of Postgres such as inet out.

    PostgREST writes those as text.
    """
    lacking = sorted(
        set(re.findall(r"\bPgCatalog\w+", text)) - set(re.findall(r"^(PgCatalog\w+)", text, re.MULTILINE))
    )
    imports = "from pydantic import BaseModel, Field, JsonValue\n"
    if imports not in text:
        raise StackError("The Supabase CLI's types for Python begin otherwise than expected.")
    return text.replace(imports, imports + "".join(f"\n{name}: TypeAlias = str\n" for name in lacking), 1)


def write(instance: Instance, db_url: str) -> list[Path]:
    """Write the types into the project and return the files.

    Raises StackError when migrations were edited since the database got them: its types would be old ones.
    """
    seeds = [path.name for path in instance.project.seeds]
    if edited := [name for name in migrations.edited(instance) if name not in seeds]:
        raise StackError(f"The database has an older version of {', '.join(edited)}.", "Run `groundwork reset`.")
    written = []
    for language, name in FILES.items():
        path = instance.project.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generate(instance, language, db_url))
        written.append(path)
    return written
