"""API keys, secrets that nobody reads, and the audit log that nobody writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from tests.database.support import (
    Connection,
    as_service,
    as_user,
    call,
    insert,
    make_organization,
    refused,
    value,
    values,
)

Person = Callable[..., UUID]


class Keyed:
    """Ann owns Acme, of which Bob is a member; it has an API key."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db = db
        self.ann, self.bob = people(), people()
        self.acme = make_organization(db, self.ann, member=self.bob)
        self.key = self.make(self.ann)

    def make(self, who: UUID, **arguments: object) -> dict[str, Any]:
        arguments = {"p_organization_id": self.acme, "p_name": "CI", **arguments}
        with as_user(self.db, who):
            made: dict[str, Any] = call(self.db, "create_api_key", **arguments)
        return made

    def verify(self, key: str | None, scope: str | None = None) -> dict[str, Any] | None:
        with as_service(self.db):
            found: dict[str, Any] | None = call(self.db, "verify_api_key", p_key=key, p_scope=scope)
        return found


@pytest.fixture
def keyed(db: Connection, people: Person) -> Keyed:
    return Keyed(db, people)


# API keys ------------------------------------------------------------------------------------------


def test_a_key_is_good_until_it_is_revoked(db: Connection, keyed: Keyed) -> None:
    key = keyed.key
    assert key["key"].startswith(key["key_prefix"])
    assert len(key["key"]) >= 40
    found = keyed.verify(key["key"])
    assert found is not None
    assert (found["api_key_id"], found["organization_id"]) == (
        key["id"],
        str(keyed.acme),
    )

    with as_user(db, keyed.ann):
        call(db, "revoke_api_key", p_id=key["id"])
        call(db, "revoke_api_key", p_id=key["id"])
    assert keyed.verify(key["key"]) is None


def test_what_is_no_key_is_no_key(keyed: Keyed) -> None:
    for wrong in (
        "",
        "gw_",
        keyed.key["key"][:-1],
        keyed.key["key"] + "x",
        keyed.key["key_prefix"],
        None,
    ):
        assert keyed.verify(wrong) is None


def test_a_key_has_its_scopes_and_no_others(keyed: Keyed) -> None:
    limited = keyed.make(keyed.ann, p_scopes=["chat:write", "search"])
    assert keyed.verify(limited["key"], "search") is not None
    assert keyed.verify(limited["key"], "chat:read") is None
    assert keyed.verify(limited["key"], "chat") is None
    assert keyed.verify(keyed.key["key"], "anything") is not None, "no scopes are all scopes"


def test_a_key_expires(db: Connection, keyed: Keyed) -> None:
    expiring = keyed.make(keyed.ann, p_expires_at="tomorrow")
    assert keyed.verify(expiring["key"]) is not None
    db.execute(
        "update public.organization_api_keys set expires_at = now() where id = %s",
        [expiring["id"]],
    )
    assert keyed.verify(expiring["key"]) is None


def test_a_key_dies_with_its_organization(db: Connection, keyed: Keyed) -> None:
    with as_user(db, keyed.ann):
        call(db, "delete_organization", p_id=keyed.acme)
    assert keyed.verify(keyed.key["key"]) is None


def test_a_key_outlives_its_maker(db: Connection, keyed: Keyed, people: Person) -> None:
    zoe = people()
    insert(
        db,
        "organization_members",
        returning="role",
        organization_id=keyed.acme,
        user_id=zoe,
        role="admin",
    )
    key = keyed.make(zoe)
    db.execute("delete from auth.users where id = %s", [zoe])
    found = keyed.verify(key["key"])
    assert found is not None
    assert found["created_by"] is None


def test_its_last_use_is_noted_to_the_minute(db: Connection, keyed: Keyed) -> None:
    query = f"select last_used_at from public.organization_api_keys where id = '{keyed.key['id']}'"
    assert value(db, query) is None
    keyed.verify(keyed.key["key"], "")
    assert value(db, query) is not None
    db.execute("update public.organization_api_keys set last_used_at = now() - interval '30 seconds'")
    keyed.verify(keyed.key["key"])
    assert value(db, f"select ({query}) = now() - interval '30 seconds'")
    db.execute("update public.organization_api_keys set last_used_at = now() - interval '2 minutes'")
    keyed.verify(keyed.key["key"])
    assert value(db, f"select ({query}) = now()")
    log = values(
        db,
        "select action from public.organization_audit_log "
        "where table_name = 'organization_api_keys' and organization_id = %s",
        keyed.acme,
    )
    assert log == ["insert"], "being used is no deed"


def test_only_admins_make_and_revoke_keys(db: Connection, keyed: Keyed, people: Person) -> None:
    with refused("PT403"):
        keyed.make(keyed.bob)
    with refused("PT404"):
        keyed.make(people())
    with refused("PT403"), as_user(db, keyed.bob):
        call(db, "revoke_api_key", p_id=keyed.key["id"])
    with refused("PT404"), as_user(db, people()):
        call(db, "revoke_api_key", p_id=keyed.key["id"])
    with refused("42501"), as_user(db, keyed.ann):
        call(db, "verify_api_key", p_key=keyed.key["key"])
    mistakes: list[dict[str, Any]] = [
        {"p_expires_at": "yesterday"},
        {"p_scopes": []},
        {"p_scopes": ["No Scope"]},
    ]
    for wrong in mistakes:
        with refused("PT400"):
            keyed.make(keyed.ann, **wrong)


def test_a_key_cannot_be_swapped(db: Connection, keyed: Keyed) -> None:
    with refused("PT400"), as_service(db):
        db.execute("update public.organization_api_keys set key_hash = sha256('mine')")


# Secrets -------------------------------------------------------------------------------------------

SECRETS = {
    "organization_api_keys": ["key_hash"],
    "organization_invitations": ["token_hash"],
    "user_connections": [
        "access_token_encrypted",
        "refresh_token_encrypted",
        "encryption_key_id",
    ],
}


@pytest.mark.parametrize(
    ("table", "column"),
    [(table, column) for table, columns in SECRETS.items() for column in columns],
)
def test_secrets_are_not_selectable(db: Connection, keyed: Keyed, table: str, column: str) -> None:
    for query in (
        f"select {column} from public.{table}",
        f"select * from public.{table}",
        f"select t from public.{table} t",
        f"select to_jsonb(t) from public.{table} t",
        f"select 1 from public.{table} where {column} is not null",
        f"select 1 from public.{table} order by {column}",
        f"select count({column}) from public.{table}",
    ):
        with refused("42501"), as_user(db, keyed.ann):
            db.execute(query)


def test_a_key_is_shown_once_and_not_kept(db: Connection, keyed: Keyed) -> None:
    row = value(db, "select to_jsonb(k)::text from public.organization_api_keys k where id = %s", keyed.key["id"])
    log = value(
        db,
        "select string_agg(to_jsonb(l)::text, '') from public.organization_audit_log l",
    )
    assert keyed.key["key"] not in row
    assert keyed.key["key"] not in log
    assert "key_hash" not in log


# The audit log -------------------------------------------------------------------------------------


def entries(db: Connection, organization_id: UUID) -> list[tuple[Any, ...]]:
    return db.execute(
        "select action, table_name, actor_id from public.organization_audit_log "
        "where organization_id = %s order by created_at",
        [organization_id],
    ).fetchall()


def test_every_deed_is_written_down(db: Connection, people: Person) -> None:
    ann, bob = people(), people("bob@example.com")
    with as_user(db, ann):
        acme = insert(db, "organizations", name="Acme", slug="acme-audited", created_by=ann)
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=acme,
            user_id=bob,
        )
        call(
            db,
            "change_member_role",
            p_organization_id=acme,
            p_user_id=bob,
            p_role="admin",
        )
    with as_user(db, bob):
        team = insert(db, "teams", organization_id=acme, name="Red")
        insert(db, "team_members", returning="role", team_id=team, user_id=ann)
        invitation = call(db, "create_invitation", p_organization_id=acme, p_email="cleo@example.com")
        call(db, "revoke_invitation", p_id=invitation["id"])
        key = call(db, "create_api_key", p_organization_id=acme, p_name="CI")
        call(db, "revoke_api_key", p_id=key["id"])
    with as_user(db, ann):
        call(db, "remove_member", p_organization_id=acme, p_user_id=bob)
        call(db, "delete_team", p_id=team)
    with as_service(db):
        db.execute("update public.organizations set plan_type = 'pro' where id = %s", [acme])

    assert entries(db, acme) == [
        ("insert", "organizations", ann),
        ("insert", "organization_members", ann),
        ("insert", "organization_members", ann),
        ("update", "organization_members", ann),
        ("insert", "teams", bob),
        ("insert", "team_members", bob),
        ("insert", "organization_invitations", bob),
        ("update", "organization_invitations", bob),
        ("insert", "organization_api_keys", bob),
        ("update", "organization_api_keys", bob),
        ("delete", "organization_members", ann),
        ("delete", "team_members", ann),
        ("update", "teams", ann),
        ("update", "organizations", None),
    ]
    old, new = db.execute(
        "select old_values, new_values from public.organization_audit_log "
        "where organization_id = %s and action = 'update' and table_name = 'organization_members'",
        [acme],
    ).fetchall()[0]
    assert (old, new) == ({"role": "member"}, {"role": "admin"})


def test_nothing_is_written_for_nothing(db: Connection, people: Person) -> None:
    ann = people()
    acme = make_organization(db, ann)
    before = entries(db, acme)
    with as_user(db, ann):
        db.execute("update public.organizations set name = name where id = %s", [acme])
    assert entries(db, acme) == before


def test_nobody_writes_the_log(db: Connection, keyed: Keyed) -> None:
    statements = (
        (
            "insert into public.organization_audit_log (organization_id, action, table_name, record) "
            "select organization_id, 'delete', 'forged', '{}' from public.organization_audit_log limit 1"
        ),
        "update public.organization_audit_log set actor_id = null",
        "delete from public.organization_audit_log",
        "truncate public.organization_audit_log",
    )
    for statement in statements:
        with refused("42501"), as_user(db, keyed.ann):
            db.execute(statement)
        with refused("42501"), as_service(db):
            db.execute(statement)


def test_the_log_forgets_a_deleted_account_and_keeps_the_deed(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, admin=bob)
    with as_user(db, bob):
        insert(db, "teams", organization_id=acme, name="Red")
    db.execute("delete from auth.users where id = %s", [bob])
    assert ("insert", "teams", None) in entries(db, acme)
    assert ("delete", "organization_members", None) in entries(db, acme)
