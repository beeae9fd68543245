"""The reference of the schema, `docs/reference.md`, written from a migrated database's own comments.

`python -m groundwork.schema.reference` prints it for the database of DB_URL, else of the default instance.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import LiteralString, NamedTuple

import psycopg
from psycopg.rows import namedtuple_row

HEADING = """\
# Reference

Everything a client may call, and what it says of itself. Written by `make reference` from the comments in the
migrations; a test fails when it is stale. A function that refuses raises `PTxyz`, which the Data API answers as
HTTP status xyz with `message` and `hint`.

The roles in brackets may execute a function: `authenticated` is a signed-in user, `service_role` the server's
own key.
"""

TABLES: LiteralString = """
    select c.oid::regclass::text as name, obj_description(c.oid) as comment,
        array(
            select format(
                '`%s` %s%s%s',
                a.attname, format_type(a.atttypid, a.atttypmod),
                case when a.attgenerated <> '' then ', generated' else '' end,
                coalesce(' — ' || col_description(c.oid, a.attnum), '')
            )
            from pg_attribute a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            order by a.attnum
        ) as columns
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v')
    order by c.relname
"""

FUNCTIONS: LiteralString = """
    select p.proname as name, pg_get_function_arguments(p.oid) as arguments,
        pg_get_function_result(p.oid) as result, obj_description(p.oid) as comment,
        array(
            select r from unnest(array['authenticated', 'service_role']) r
            where has_function_privilege(r, p.oid, 'execute')
        ) as roles
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
    order by p.proname, arguments
"""

TYPES: LiteralString = """
    select t.typname as name, obj_description(t.oid) as comment,
        case t.typtype
            when 'e' then array_to_string(
                array(select e.enumlabel from pg_enum e where e.enumtypid = t.oid order by e.enumsortorder),
                ', '
            )
            else format_type(t.typbasetype, t.typtypmod)
        end as values
    from pg_type t
    where t.typnamespace = 'public'::regnamespace and t.typtype in ('e', 'd')
        and not exists (select from pg_depend d where d.objid = t.oid and d.deptype = 'e')
    order by t.typtype desc, t.typname
"""


class Section(NamedTuple):
    """A part of the page: its title and its lines."""

    title: str
    lines: list[str]


def write(connection: psycopg.Connection) -> str:
    """Return the reference of the database's schema `public` as Markdown."""
    connection.execute("set search_path = public, extensions, pg_catalog")
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        sections = [
            Section("Functions", list(functions(cursor.execute(FUNCTIONS).fetchall()))),
            Section("Tables", list(tables(cursor.execute(TABLES).fetchall()))),
            Section("Types", list(types(cursor.execute(TYPES).fetchall()))),
        ]
    connection.execute("reset search_path")
    return HEADING + "".join(f"\n## {title}\n\n" + "\n".join(lines) + "\n" for title, lines in sections)


def functions(rows: Iterable[NamedTuple]) -> Iterable[str]:
    """Yield a heading, the signature and the comment of each function."""
    for name, arguments, result, comment, roles in rows:
        yield f"### {name}\n"
        yield f"`{name}({arguments})` returns `{result}` [{', '.join(roles)}]\n"
        yield f"{comment}\n"


def tables(rows: Iterable[NamedTuple]) -> Iterable[str]:
    """Yield a heading, the comment and the columns of each table."""
    for name, comment, columns in rows:
        yield f"### {name}\n"
        yield f"{comment}\n"
        yield "\n".join(f"- {column}" for column in columns) + "\n"


def types(rows: Iterable[NamedTuple]) -> Iterable[str]:
    """Yield a line for each enum and domain."""
    for name, comment, values in rows:
        yield f"- `{name}`: {values}{f'. {comment}' if comment else ''}"


def main() -> None:
    """Print the reference."""
    url = os.environ.get("DB_URL")
    if url is None:
        sys.exit("DB_URL is not set. do: make reference")
    with psycopg.connect(url, autocommit=True) as connection:
        sys.stdout.write(write(connection))


if __name__ == "__main__":
    main()
