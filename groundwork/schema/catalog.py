# ruff: noqa: S608, S105 - the queries are put together from constants, some of which name secrets
"""The rules that ask a loaded database's catalog."""

from __future__ import annotations

from typing import Any, LiteralString, NamedTuple

import psycopg

from groundwork.schema.findings import Level

MINE: LiteralString = """
    n.nspname not in ('information_schema', 'auth', 'storage', 'extensions', 'realtime', 'vault')
    and n.nspname !~ '^(pg|groundwork)_'
"""
"""The schemas that migrations make things in."""

SECRET: LiteralString = (
    "(password|passwd|secret|(private|signing|encryption|api|service|webhook)_key|access_token|refresh_token|"
    "(^|_)token$|token_hash|key_hash|_encrypted$|^encrypted_|credential|card_number|(^|_)ssn($|_))"
)
NO_SECRET: LiteralString = "_(id|ids|at|name|hint|prefix|type|scope|scopes)$"


class Hit(NamedTuple):
    """An object that breaks a rule: its place in the catalog, its name, and the part of it that does."""

    classid: int
    objid: int
    name: str
    part: str | None


class Rule(NamedTuple):
    """A rule: the query for the objects that break it, what is then said, and what is to be done."""

    name: str
    level: Level
    query: LiteralString
    message: str
    hint: str


TABLE: LiteralString = "'pg_class'::regclass::oid, c.oid, c.oid::regclass::text"
FUNCTION: LiteralString = "'pg_proc'::regclass::oid, p.oid, p.oid::regprocedure::text"
TABLES: LiteralString = (
    "from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p') and " + MINE
)
FUNCTIONS: LiteralString = (
    "from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang "
    "where l.lanname in ('sql', 'plpgsql') and "
    + MINE
    + " and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid "
    "and d.deptype = 'e')"
)
CLIENT_MAY: LiteralString = """
    exists (
        select from unnest(array['anon', 'authenticated']) r (name),
            unnest(array['select', 'insert', 'update', 'delete']) may (what)
        where has_schema_privilege(r.name, n.oid, 'usage')
            and case when may.what = 'delete' then has_table_privilege(r.name, c.oid, may.what)
                else has_any_column_privilege(r.name, c.oid, may.what) end
    )
"""

RULES = (
    Rule(
        "no-rls",
        Level.error,
        f"select {TABLE}, null {TABLES} and not c.relrowsecurity "
        f"and (n.nspname = any (%(exposed)s) or {CLIENT_MAY})",
        "Table {name} has no row level security: whoever has a grant reads every row.",
        "alter table {name} enable row level security;",
    ),
    Rule(
        "no-policy",
        Level.warning,
        f"select {TABLE}, null {TABLES} and c.relrowsecurity and n.nspname = any (%(exposed)s) and {CLIENT_MAY} "
        "and not exists (select from pg_policy o where o.polrelid = c.oid)",
        "Table {name} has grants to clients and no policy, so they find it empty and cannot write.",
        "Write its policies, or: revoke all on {name} from anon, authenticated;",
    ),
    Rule(
        "no-primary-key",
        Level.warning,
        f"select {TABLE}, null {TABLES} and not c.relispartition and not exists (select from pg_index i "
        "where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null "
        "and (i.indisprimary or i.indnullsnotdistinct or not exists (select from pg_attribute a "
        "where a.attrelid = c.oid and a.attnum = any (i.indkey::int2[]) and not a.attnotnull)))",
        "Table {name} has no primary key.",
        "Give it one: rows without a key cannot be replicated, nor updated one by one.",
    ),
    Rule(
        "foreign-key-index",
        Level.warning,
        "select 'pg_class'::regclass::oid, c.oid, c.oid::regclass::text, k.conname "
        f"{TABLES.replace('from pg_class c', 'from pg_constraint k join pg_class c on c.oid = k.conrelid')} "
        "and k.contype = 'f' and k.conparentid = 0 and not exists (select from pg_index i "
        "where i.indrelid = c.oid and ((i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey "
        "or (i.indkey[0] = any (k.conkey[2:]) and i.indisunique)) "
        "and (i.indpred is null or pg_get_expr(i.indpred, c.oid) ~ "
        """'^[("]*[a-z_0-9]+"? IS NOT NULL\\)?( AND \\("?[a-z_0-9]+"? IS NOT NULL\\))*\\)?$'))""",
        "Foreign key {part} of {name} has no index: deleting what it refers to reads the whole table.",
        "Create an index that begins with the foreign key's columns.",
    ),
    Rule(
        "blocks-account-deletion",
        Level.warning,
        "select 'pg_class'::regclass::oid, c.oid, c.oid::regclass::text, k.conname "
        f"{TABLES.replace('from pg_class c', 'from pg_constraint k join pg_class c on c.oid = k.conrelid')} "
        "and k.contype = 'f' and k.conparentid = 0 and k.confrelid = 'auth.users'::regclass "
        "and k.confdeltype in ('a', 'r')",
        "Foreign key {part} of {name} keeps accounts from being deleted.",
        "Add `on delete cascade`, or `on delete set null` where the row outlives the person.",
    ),
    Rule(
        "secret-selectable",
        Level.error,
        "select 'pg_class'::regclass::oid, c.oid, c.oid::regclass::text, a.attname "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid "
        "and a.attnum > 0 and not a.attisdropped join pg_type t on t.oid = a.atttypid "
        f"where c.relkind in ('r', 'p', 'v', 'm') and {MINE} "
        "and (t.typcategory in ('S', 'U') or t.typname = 'bytea' or (t.typcategory = 'A' and exists ("
        "select from pg_type e where e.oid = t.typelem "
        "and (e.typcategory = 'S' or e.typname in ('bytea', 'json', 'jsonb'))))) "
        f"and a.attname ~ '{SECRET}' "
        f"and a.attname !~ '{NO_SECRET}' and t.typname not in ('uuid', 'vector') "
        "and exists (select from unnest(array['anon', 'authenticated']) r (name) "
        "where has_schema_privilege(r.name, n.oid, 'usage') "
        "and has_column_privilege(r.name, c.oid, a.attnum, 'select'))",
        "Column {part} of {name} looks like a secret, and clients may select it.",
        "revoke select on {name} from anon, authenticated; then grant select on the other columns by name.",
    ),
    Rule(
        "view-bypasses-rls",
        Level.error,
        f"select {TABLE}, null from pg_class c join pg_namespace n on n.oid = c.relnamespace "
        f"where c.relkind = 'v' and {MINE} and {CLIENT_MAY} and not exists (select from unnest(c.reloptions) o "
        "where o in ('security_invoker=true', 'security_invoker=on', 'security_invoker=1'))",
        "View {name} reads its tables with its owner's rights, past their policies.",
        "alter view {name} set (security_invoker = true);",
    ),
    Rule(
        "function-search-path",
        Level.warning,
        f"select {FUNCTION}, null {FUNCTIONS} and p.prosqlbody is null and not exists ("
        "select from unnest(p.proconfig) o where o ~ '^search_path=')",
        "Function {name} sets no search_path: the caller's decides which tables and operators it means.",
        "Add `set search_path = ''` and qualify the names in its body.",
    ),
    Rule(
        "definer-executable",
        Level.error,
        f"select {FUNCTION}, null {FUNCTIONS} and p.prosecdef "
        "and p.prorettype not in ('trigger'::regtype, 'event_trigger'::regtype) and ("
        "(has_schema_privilege('anon', n.oid, 'usage') and has_function_privilege('anon', p.oid, 'execute')) or "
        "(has_schema_privilege('authenticated', n.oid, 'usage') and exists (select from aclexplode("
        "coalesce(p.proacl, acldefault('f', p.proowner))) x where x.grantee = 0)))",
        "Function {name} is security definer, and anybody may execute it.",
        "revoke execute on function {name} from public, anon; then grant it by name.",
    ),
)


def hits(connection: psycopg.Connection[Any], rule: Rule, exposed: list[str]) -> list[Hit]:
    """Return the objects of a loaded database that break a rule."""
    connection.execute("set search_path = ''")
    rows = connection.execute(rule.query, {"exposed": exposed}).fetchall()
    return [Hit(int(str(a)), int(str(b)), str(c), None if d is None else str(d)) for a, b, c, d in rows]


def number(connection: psycopg.Connection[Any], catalog: str) -> int:
    """Return the oid of a system catalog, by which objects are told apart."""
    row = connection.execute("select %s::regclass::oid", [f"pg_catalog.{catalog}"]).fetchone()
    return int(str(row[0])) if row else 0
