"""The patterns that `groundwork schema generate` writes, from the migrations themselves.

A pattern is a set of areas, and an area is what the name of a migration begins with: `usage` is
20261123000006_usage.sql and 20261123000007_usage_rollups.sql.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from pglast.keywords import RESERVED_KEYWORDS

from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

AREAS: dict[str, tuple[str, ...]] = {
    "foundation": (),
    "user_management": ("foundation",),
    "multi_tenancy": ("user_management",),
    "chat": ("multi_tenancy",),
    "chat_generation": ("chat", "usage"),
    "rag": ("multi_tenancy",),
    "search": ("rag",),
    "ingestion": ("search",),
    "usage": ("multi_tenancy",),
    "model_calls": ("usage",),
}
"""What each area needs; whatever else is in supabase/migrations belongs to the complete schema alone."""

PATTERNS: dict[str, tuple[str, ...]] = {
    "user-management": ("user_management",),
    "multi-tenant": ("multi_tenancy",),
    "chat": ("chat",),
    "rag": ("ingestion",),
    "ai-usage": ("model_calls",),
    "complete": (),
}
"""The areas that a pattern is asked for; `complete` is everything."""

DIMENSIONS = 384
MOST_DIMENSIONS = 4000
"""More than that an HNSW index of the type halfvec does not take."""

NUMBER = re.compile(rf"\b{DIMENSIONS}\b")
"""In the migrations the number means the dimensions and nothing else; a test says so."""
MODEL = re.compile(r"'intfloat/multilingual-e5-small'")

SCHEMA = "public"
QUALIFIER = re.compile(rf"\b{SCHEMA}\.|['`]{SCHEMA}['`]")
"""The migrations name their schema before every name; the word alone is the role, of everybody."""
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
TAKEN = re.compile(
    r"pg_.*|auth|storage|extensions|private|realtime|vault|graphql|graphql_public|cron|net|supabase_.*"
)
"""Schemas that Postgres, Supabase or Groundwork have for something else."""


@dataclass(frozen=True)
class Migration:
    """A migration file, and the area it belongs to; None for one that is of no pattern."""

    path: Path
    area: str | None


def migrations(project: Project) -> list[Migration]:
    """Return the project's migrations in the order they apply; raise StackError when there are none."""
    found = [Migration(path, area_of(path)) for path in project.migrations]
    if not found:
        raise StackError(f"There are no migrations in {project.root / 'supabase' / 'migrations'}.")
    return found


def area_of(path: Path) -> str | None:
    """Return the area of a migration: the longest that its name begins with."""
    name = path.stem.split("_", 1)[-1]
    matching = [area for area in AREAS if name == area or name.startswith(f"{area}_")]
    return max(matching, key=len, default=None)


def needed(areas: tuple[str, ...]) -> set[str]:
    """Return the areas and all that they need."""
    found = set(areas)
    for area in areas:
        found |= needed(AREAS[area])
    return found


def parts(project: Project, pattern: str) -> list[Migration]:
    """Return the migrations of a pattern, in order; raise StackError for a name that is none."""
    if pattern not in PATTERNS:
        raise StackError(f"There is no pattern {pattern!r}.", f"The patterns are {', '.join(PATTERNS)}.")
    if pattern == "complete":
        return migrations(project)
    wanted = needed(PATTERNS[pattern])
    return [migration for migration in migrations(project) if migration.area in wanted]


def generate(
    project: Project,
    pattern: str,
    dimensions: int = DIMENSIONS,
    embedding_model: str | None = None,
    schema: str = SCHEMA,
) -> str:
    """Return the SQL of a pattern and of all it needs; raise StackError for what cannot be made."""
    if not 1 <= dimensions <= MOST_DIMENSIONS:
        raise StackError(
            f"{dimensions} dimensions cannot be indexed.",
            f"Give 1 to {MOST_DIMENSIONS}; most models can shorten their embeddings to that.",
        )
    if dimensions != DIMENSIONS and embedding_model is None:
        raise StackError(
            f"The default embedding model has {DIMENSIONS} dimensions.",
            "Name the model that has others, for example --embedding-model text-embedding-3-small.",
        )
    opening = opening_of(schema)
    chosen = parts(project, pattern)
    heading = (
        f"-- Groundwork, pattern {pattern}: {', '.join(part.path.stem.split('_', 1)[1] for part in chosen)}.\n"
    )
    heading += "-- Made by `groundwork schema generate`; it loads on an empty Supabase database.\n"
    bodies = [f"\n-- From {part.path.name}\n\n{part.path.read_text().rstrip()}\n" for part in chosen]
    return (
        heading
        + opening
        + QUALIFIER.sub(
            lambda found: found[0].replace(SCHEMA, schema), adapted("".join(bodies), dimensions, embedding_model)
        )
    )


def opening_of(schema: str) -> str:
    """Return what makes a schema for the tables; raise StackError for a name that will not do."""
    if schema == SCHEMA:
        return ""
    if not SCHEMA_NAME.fullmatch(schema) or schema in RESERVED_KEYWORDS:
        raise StackError(f"{schema!r} is no name for a schema.", "Use lower-case letters, digits and underscores.")
    if TAKEN.fullmatch(schema):
        raise StackError(f"The schema {schema} is for something else.", "Give it a name of its own.")
    return f"""\
-- Name the schema in api.schemas of supabase/config.toml (hosted: Settings, Data API), and to each client:
-- createClient(url, key, {{ db: {{ schema: '{schema}' }} }}). What is no client's is in the schema private.

create schema if not exists {schema};
grant usage on schema {schema} to anon, authenticated, service_role;
"""


def adapted(text: str, dimensions: int, embedding_model: str | None) -> str:
    """Return the SQL for embeddings of other dimensions, by another model."""
    if embedding_model is not None:
        text = MODEL.sub("'" + embedding_model.replace("'", "''").replace("\\", "\\\\") + "'", text)
    if dimensions != DIMENSIONS:
        text = NUMBER.sub(str(dimensions), text)
    return text
