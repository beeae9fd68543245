"""What pending migrations change in a database, as a difference of catalogs, before anything is applied."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg

from groundwork.schema.apply import connection
from groundwork.schema.scratch import ScratchServer, owner_session
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project

CATALOG: LiteralString = """
    with mine as (
        select oid, nspname from pg_namespace where nspname in ('public', 'private')
    ),
    relations as (
        select c.oid, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.reloptions,
            format('%I.%I', n.nspname, c.relname) as name
        from pg_class c join mine n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
    ),
    routines as (
        select p.oid, p.proacl, p.proowner, p.oid::regprocedure::text as name
        from pg_proc p join mine n on n.oid = p.pronamespace where p.prokind in ('f', 'p')
    )
    select case r.relkind when 'v' then 'view' when 'm' then 'view' else 'table' end, r.name,
        case when r.relkind in ('v', 'm') then concat_ws(
                ' ', pg_get_viewdef(r.oid),
                (select 'with ' || string_agg(o, ', ' order by o) from unnest(r.reloptions) o)
            )
            when r.relrowsecurity then 'row level security' else 'no row level security' end
    from relations r
    union all
    select 'column', format('%s.%I', r.name, a.attname), concat_ws(
            ' ', format_type(a.atttypid, a.atttypmod), case when a.attnotnull then 'not null' end,
            case when a.attgenerated <> '' then 'generated' end, pg_get_expr(d.adbin, d.adrelid)
        )
    from relations r join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    union all
    select 'constraint', format('%s %I', r.name, k.conname), pg_get_constraintdef(k.oid)
    from relations r join pg_constraint k on k.conrelid = r.oid and k.contype in ('p', 'u', 'f', 'c', 'x')
    union all
    select 'index', i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
    from relations r join pg_index i on i.indrelid = r.oid
    union all
    select 'trigger', format('%s %I', t.tgrelid::regclass, t.tgname), concat_ws(
            ' ', pg_get_triggerdef(t.oid),
            case t.tgenabled when 'D' then 'disabled' when 'R' then 'on a replica' when 'A' then 'always' end
        )
    from pg_trigger t join pg_proc p on p.oid = t.tgfoid join mine n on n.oid = p.pronamespace
        join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and not c.relispartition
    union all
    select 'policy', format('%s %I', r.name, o.polname), concat_ws(
            ' ', case when not o.polpermissive then 'restrictive' end, o.polcmd,
            array(select x::regrole::text from unnest(o.polroles) x order by 1)::text,
            pg_get_expr(o.polqual, o.polrelid), 'check ' || pg_get_expr(o.polwithcheck, o.polrelid)
        )
    from (
            select oid, name from relations
            union all
            select to_regclass('storage.objects')::oid, 'storage.objects'
        ) r
        join pg_policy o on o.polrelid = r.oid
    union all
    select 'function', f.name, pg_get_functiondef(f.oid) from routines f
    union all
    select 'type', t.oid::regtype::text, concat_ws(
            ' ', format_type(t.typbasetype, t.typtypmod),
            (
                select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
                from pg_enum e where e.enumtypid = t.oid
            ),
            (
                select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname)
                from pg_constraint k where k.contypid = t.oid
            )
        )
    from pg_type t join mine n on n.oid = t.typnamespace where t.typtype in ('e', 'd')
    union all
    select 'grant', format(
            '%s to %s', r.name, case x.grantee when 0 then 'public' else x.grantee::regrole::text end
        ), string_agg(x.privilege_type, ', ' order by x.privilege_type)
    from relations r, aclexplode(r.relacl) x where x.grantee <> r.relowner group by 1, 2
    union all
    select 'grant', format(
            '%s.%I to %s', r.name, a.attname, case x.grantee when 0 then 'public' else x.grantee::regrole::text end
        ), string_agg(x.privilege_type, ', ' order by x.privilege_type)
    from relations r join pg_attribute a on a.attrelid = r.oid and not a.attisdropped, aclexplode(a.attacl) x
    where x.grantee <> r.relowner group by 1, 2
    union all
    select 'grant', concat(f.name, ' to ', case x.grantee when 0 then 'public' else x.grantee::regrole::text end),
        'EXECUTE'
    from routines f, aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) x where x.grantee <> f.proowner
"""

Catalog = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Change:
    """One object that differs: `+` is new, `-` is gone, `~` is another than before."""

    sign: str
    kind: str
    name: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Plan:
    """What would be applied, what that changes, and what somebody has changed by hand."""

    pending: list[str]
    changes: list[Change]
    by_hand: list[Change]


def plan(project: Project, url: str, scratch: ScratchServer) -> Plan:
    """Return what the project's pending migrations would change in a database.

    Raises StackError when the database cannot be reached, or has migrations that the project lacks.
    """
    with connection(url) as database:
        history = database.execute(
            "select to_regclass('supabase_migrations.schema_migrations') is not null"
        ).fetchone()
        query = "select version from supabase_migrations.schema_migrations"
        rows = database.execute(query).fetchall() if history and history[0] else []
        applied = {str(row[0]) for row in rows}
        present = catalog(database)
    versions = {path.name.split("_")[0]: path for path in project.migrations}
    if foreign := sorted(applied - versions.keys()):
        raise StackError(
            f"The database has migrations that this checkout lacks: {', '.join(foreign)}.",
            "Check out the version that has them.",
        )
    done = [path for version, path in versions.items() if version in applied]
    pending = [path for version, path in versions.items() if version not in applied]
    with scratch.database() as copy, owner_session(copy) as session:
        run(session, done)
        expected = catalog(session)
        run(session, pending)
        planned = catalog(session)
    names = [path.name for path in pending]
    known = {key: definition for key, definition in present.items() if key in expected or not is_of_storage(key)}
    return Plan(names, difference(expected, planned), difference(expected, known))


def is_of_storage(key: tuple[str, str]) -> bool:
    """Return whether an object is a policy on stored files, which are not the migrations' alone."""
    kind, name = key
    return kind == "policy" and name.startswith("storage.objects ")


def run(session: psycopg.Connection[Any], files: list[Path]) -> None:
    """Execute migrations; raise StackError for one that fails."""
    for path in files:
        try:
            session.execute(path.read_bytes())
        except psycopg.Error as error:
            raise StackError(
                f"{path.name} fails on an empty database.",
                "Run `groundwork schema validate` on it.",
                str(error).strip(),
            ) from None


def catalog(session: psycopg.Connection[Any]) -> Catalog:
    """Return the definition of every object that migrations make, by kind and name."""
    row = session.execute("select current_setting('search_path')").fetchone()
    session.execute("set search_path = ''")
    rows = session.execute(CATALOG).fetchall()
    session.execute("select set_config('search_path', %s, false)", [row[0] if row else ""])
    return {(str(kind), str(name)): str(definition or "") for kind, name, definition in rows}


def difference(before: Catalog, after: Catalog) -> list[Change]:
    """Return what differs between two catalogs, by kind and name."""
    found = []
    for kind, name in sorted(before.keys() | after.keys()):
        old, new = before.get((kind, name)), after.get((kind, name))
        if old is None:
            found.append(Change("+", kind, name, after=new or ""))
        elif new is None:
            found.append(Change("-", kind, name, before=old))
        elif old != new:
            found.append(Change("~", kind, name, old, new))
    return found
