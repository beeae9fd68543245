"""What the catalog says: grants, row level security, policies, indexes, comments."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pglast import ast, parse_sql
from pglast.enums import ObjectType

from tests.database.access.functions import FUNCTIONS
from tests.database.access.table import Table
from tests.database.support import Connection, value, values
from tests.database.test_access_matrix import TABLES
from tests.support import ROOT

MIGRATIONS = sorted((ROOT / "supabase" / "migrations").glob("*.sql"))
TABLE_PRIVILEGES = (
    "select",
    "insert",
    "update",
    "delete",
    "truncate",
    "references",
    "trigger",
    "maintain",
)
API_ROLES = ("public", "anon", "authenticated", "service_role")

OUR_FUNCTIONS = """
    select p.oid, n.nspname || '.' || p.proname as name, p.prosecdef, p.proconfig
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
    where n.nspname in ('public', 'private')
        and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
"""
OUR_RELATIONS = """
    select c.oid, n.nspname || '.' || c.relname as name, n.nspname as schema, c.relkind, c.relrowsecurity
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'private') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
"""


# Grants --------------------------------------------------------------------------------------------


def test_anon_may_do_nothing(db: Connection) -> None:
    tables = values(
        db,
        f"select name from ({OUR_RELATIONS}) r where relkind <> 'S' and "
        "(has_table_privilege('anon', oid, %s) or has_any_column_privilege('anon', oid, %s))",
        ",".join(TABLE_PRIVILEGES),
        "select,insert,update,references",
    )
    sequences = values(
        db,
        f"select name from ({OUR_RELATIONS}) r "
        "where case when relkind = 'S' then has_sequence_privilege('anon', oid, 'usage,select,update') end",
    )
    functions = values(
        db,
        f"select name from ({OUR_FUNCTIONS}) f where has_function_privilege('anon', oid, 'execute')",
    )
    assert tables == sequences == functions == []
    assert not value(db, "select has_schema_privilege('anon', 'private', 'usage')")


def granted_columns(db: Connection, role: str, table: str, privilege: str) -> set[str]:
    """Return the columns on which the role has the privilege, by whatever way."""
    return set(
        values(
            db,
            "select attname::text from pg_attribute where attrelid = %s::regclass and attnum > 0 "
            "and not attisdropped and has_column_privilege(%s, attrelid, attnum, %s)",
            f"public.{table}",
            role,
            privilege,
        )
    )


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_clients_have_the_grants_that_are_named(db: Connection, table: Table) -> None:
    every = granted_columns(db, "postgres", table.name, "select")
    for privilege, named in (
        ("select", table.select_grant),
        ("insert", table.insert_grant),
        ("update", table.update_grant),
    ):
        expected = every if named == "*" else set(named.split())
        assert granted_columns(db, "authenticated", table.name, privilege) == expected, privilege
    others = {
        privilege
        for privilege in ("delete", "truncate", "references", "trigger", "maintain")
        if value(
            db,
            "select has_table_privilege('authenticated', %s, %s)",
            f"public.{table.name}",
            privilege,
        )
    }
    assert others == ({"delete"} if table.delete_grant else set())
    assert not granted_columns(db, "authenticated", table.name, "references")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_service_role_has_the_grants_that_are_named(db: Connection, table: Table) -> None:
    name = f"public.{table.name}"
    granted = {
        privilege
        for privilege in TABLE_PRIVILEGES
        if value(db, "select has_table_privilege('service_role', %s, %s)", name, privilege)
    }
    assert granted == set(table.service.split())
    if "insert" not in granted:
        columns = granted_columns(db, "service_role", table.name, "insert")
        assert columns == set(table.service_insert.split())
    if "update" not in granted:
        columns = granted_columns(db, "service_role", table.name, "update")
        assert columns == set(table.service_update.split())


def test_functions_of_public_are_executable_by_those_who_are_named(
    db: Connection,
) -> None:
    found = {
        name: " ".join(
            role
            for role in ("anon", "authenticated", "service_role")
            if value(db, "select has_function_privilege(%s, %s::oid, 'execute')", role, oid)
        )
        for oid, name in db.execute(
            f"select oid, split_part(name, '.', 2) from ({OUR_FUNCTIONS}) f where name like 'public.%'"
        ).fetchall()
    }
    assert found == FUNCTIONS


def test_nobody_has_the_privileges_of_public(db: Connection) -> None:
    # `public` stands for every role there is and will be; grantee 0 is how the catalog writes it.
    functions = values(
        db,
        f"select name from ({OUR_FUNCTIONS}) f join pg_proc p on p.oid = f.oid, "
        "aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where a.grantee = 0",
    )
    relations = values(
        db,
        f"select name from ({OUR_RELATIONS}) r join pg_class c on c.oid = r.oid, aclexplode(c.relacl) a "
        "where a.grantee = 0",
    )
    assert functions == relations == []
    assert not value(db, "select has_schema_privilege('public', 'private', 'usage')")


def test_what_is_in_private_is_granted_to_nobody(db: Connection) -> None:
    relations = values(
        db,
        f"select distinct name from ({OUR_RELATIONS}) r, unnest(%s::text[]) role "
        "where schema = 'private' and relkind <> 'S' "
        "and (has_table_privilege(role, oid, %s) or has_any_column_privilege(role, oid, %s))",
        ["anon", "authenticated", "service_role"],
        ",".join(TABLE_PRIVILEGES),
        "select,insert,update,references",
    )
    assert relations == []
    open_tables = values(
        db,
        f"select name from ({OUR_RELATIONS}) r where relkind in ('r', 'p') and not relrowsecurity",
    )
    assert open_tables == []
    callable_triggers = values(
        db,
        f"select distinct name from ({OUR_FUNCTIONS}) f join pg_proc p on p.oid = f.oid, unnest(%s::text[]) role "
        "where p.prorettype = 'trigger'::regtype and has_function_privilege(role, p.oid, 'execute')",
        ["anon", "authenticated", "service_role"],
    )
    assert callable_triggers == []


def test_views_are_held_to_the_policies_of_their_reader(db: Connection) -> None:
    definers = values(
        db,
        f"select name from ({OUR_RELATIONS}) r join pg_class c on c.oid = r.oid "
        "where r.relkind = 'v' and not coalesce('security_invoker=true' = any(c.reloptions), false)",
    )
    assert definers == []
    assert (
        values(
            db,
            f"select name from ({OUR_RELATIONS}) r where relkind = 'm' and schema = 'public'",
        )
        == []
    )


def test_every_object_is_revoked_before_it_is_granted() -> None:
    # Projects differ in what they grant by default. Whatever a migration makes, it first takes from everybody.
    made: set[tuple[str, str]] = set()
    revoked: set[tuple[str, str]] = set()
    for migration in MIGRATIONS:
        for raw in parse_sql(migration.read_text()):
            made |= created(raw.stmt)
            if not isinstance(raw.stmt, ast.GrantStmt):
                continue
            if raw.stmt.is_grant:
                assert objects(raw.stmt) <= revoked, f"{migration.name}: granted before it is revoked"
            elif grantees(raw.stmt) >= set(API_ROLES) and not raw.stmt.privileges:
                revoked |= objects(raw.stmt)
    assert made - revoked == set()
    assert len(made) > 100, "the migrations were not read"


def created(statement: Any) -> set[tuple[str, str]]:
    """Return what a statement makes, if that can be granted."""
    if isinstance(statement, ast.CreateFunctionStmt) and not statement.replace:
        return {("function", qualified(statement.funcname))}
    for kind, what in (
        (ast.CreateStmt, "relation"),
        (ast.ViewStmt, "view"),
        (ast.CreateSeqStmt, "sequence"),
    ):
        if isinstance(statement, kind):
            made = getattr(statement, what)
            return {("relation", f"{made.schemaname}.{made.relname}")}
    return set()


def qualified(name: Any) -> str:
    """Return a name of several parts as it is written."""
    return ".".join(part.sval for part in name)


def objects(statement: ast.GrantStmt) -> set[tuple[str, str]]:
    """Return the relations and functions that a grant or revoke is about."""
    if statement.objtype == ObjectType.OBJECT_FUNCTION:
        return {("function", qualified(item.objname)) for item in statement.objects or ()}
    if statement.objtype in (ObjectType.OBJECT_TABLE, ObjectType.OBJECT_SEQUENCE):
        return {("relation", f"{item.schemaname}.{item.relname}") for item in statement.objects or ()}
    return set()


def grantees(statement: ast.GrantStmt) -> set[str]:
    """Return the roles that a grant or revoke is about."""
    return {role.rolename or "public" for role in statement.grantees or ()}


# Row level security --------------------------------------------------------------------------------


def test_every_table_has_row_level_security_and_whoever_has_grants_a_policy(db: Connection) -> None:
    lacking = values(
        db,
        f"select name from ({OUR_RELATIONS}) r where schema = 'public' and relkind in ('r', 'p') and "
        "(not relrowsecurity or has_any_column_privilege('authenticated', oid, 'select') "
        "and not exists (select from pg_policy p where p.polrelid = r.oid))",
    )
    assert lacking == []


def test_every_policy_is_for_signed_in_people_and_one_command(db: Connection) -> None:
    policies = db.execute(
        "select tablename, policyname, roles::text[], cmd, permissive from pg_policies "
        "where schemaname in ('public', 'private')"
    ).fetchall()
    assert len(policies) > 40
    for table, policy, roles, command, permissive in policies:
        assert roles == ["authenticated"], policy
        assert command != "ALL", policy
        assert permissive == "PERMISSIVE", policy
        assert policy == f"{table}_{command.lower()}", "named by what it is for"


def test_policies_look_up_each_fact_once_a_statement(db: Connection) -> None:
    wrapped = re.compile(r"\( SELECT auth\.\w+\(\) AS \w+\)|\( SELECT private\.\w+\([^()]*\) AS \w+\)")
    per_row = re.compile(r"auth\.\w+\(|private\.\w+_ids\(|private\.audiences\(|current_setting\(")
    for policy, condition in db.execute(
        "select policyname, coalesce(qual, '') || ' ' || coalesce(with_check, '') from pg_policies "
        "where schemaname in ('public', 'private')"
    ).fetchall():
        rest = wrapped.sub("", condition)
        assert not per_row.search(rest), f"{policy}: {rest}"


# Functions -----------------------------------------------------------------------------------------


def test_every_function_sets_its_search_path(db: Connection) -> None:
    lacking = values(
        db,
        f"select name from ({OUR_FUNCTIONS}) f "
        "where not exists (select from unnest(proconfig) setting where setting like 'search_path=%')",
    )
    assert lacking == []


def test_functions_with_more_rights_are_private(db: Connection) -> None:
    exposed = values(
        db,
        f"select name from ({OUR_FUNCTIONS}) f where prosecdef and name like 'public.%'",
    )
    assert exposed == []


# Keys, indexes, comments ---------------------------------------------------------------------------


def test_every_table_has_a_primary_key(db: Connection) -> None:
    lacking = values(
        db,
        f"select name from ({OUR_RELATIONS}) r where schema = 'public' and relkind in ('r', 'p') "
        "and not exists (select from pg_constraint c where c.conrelid = r.oid and c.contype = 'p')",
    )
    assert lacking == []


def test_every_row_of_a_tenant_is_found_by_its_tenant(db: Connection) -> None:
    others = values(
        db,
        """
        select c.relname
        from pg_class c
        join pg_attribute a on a.attrelid = c.oid and a.attname = 'organization_id'
        join pg_index i on i.indrelid = c.oid and i.indisprimary
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
            and (i.indkey[0] <> a.attnum or not a.attnotnull)
        """,
    )
    assert others == []


def test_every_foreign_key_has_an_index(db: Connection) -> None:
    # An index serves when it begins with columns of the key that name its row: all of them, or those beside the
    # organization, for ids are unique.
    rows = db.execute(
        """
        select c.conrelid::regclass::text || ' ' || c.conname,
            (select array_agg(a.attname::text) from unnest(c.conkey) k join pg_attribute a
                on a.attrelid = c.conrelid and a.attnum = k),
            array(
                select (select array_agg(a.attname::text order by k.position)
                    from unnest(i.indkey::int2[]) with ordinality k (attnum, position)
                    join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum)::text
                from pg_index i
                where i.indrelid = c.conrelid
                    and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ '^\\(\\w+ IS NOT NULL\\)$')
            )
        from pg_constraint c
        where c.contype = 'f' and c.conparentid = 0
            and c.connamespace in ('public'::regnamespace, 'private'::regnamespace)
        """
    ).fetchall()
    assert len(rows) > 40
    for name, columns, indexes in rows:
        needed = set(columns) - {"organization_id"} or set(columns)
        leading = [set(index.strip("{}").split(",")[: len(columns)]) for index in indexes if index]
        shorter = [set(index.strip("{}").split(",")[: len(needed)]) for index in indexes if index]
        assert set(columns) in leading or needed in shorter, name


def test_everything_has_a_comment(db: Connection) -> None:
    tables = values(
        db,
        f"select name from ({OUR_RELATIONS}) r where obj_description(oid, 'pg_class') is null "
        "and relkind in ('r', 'p', 'v', 'm') and not exists (select from pg_inherits i where i.inhrelid = r.oid)",
    )
    functions = values(
        db,
        f"select name from ({OUR_FUNCTIONS}) f where obj_description(oid, 'pg_proc') is null",
    )
    assert tables == functions == []


def test_partitions_are_out_of_reach(db: Connection) -> None:
    partitions = db.execute(
        "select n.nspname, c.relname, c.relrowsecurity from pg_inherits i join pg_class c on c.oid = i.inhrelid "
        "join pg_namespace n on n.oid = c.relnamespace where c.relkind = 'r' and c.relispartition"
    ).fetchall()
    assert partitions
    assert {schema for schema, _, _ in partitions} == {"private"}
    assert all(protected for _, _, protected in partitions)
