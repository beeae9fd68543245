"""An invitation is for one address, works once, and is worth what its sender may still do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from tests.database.conftest import Committed
from tests.database.support import (
    Connection,
    Session,
    as_anon,
    as_role,
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
ACCEPT = "select public.accept_invitation(%s)"


class Invited:
    """Ann owns Acme and has invited Bob."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db = db
        self.ann, self.bob = people(full_name="Ann"), people("bob@example.com")
        self.acme = make_organization(db, self.ann)
        self.invitation = self.invite(self.ann)

    def invite(self, sender: UUID, email: str = "Bob@Example.com ", **arguments: object) -> dict[str, Any]:
        with as_user(self.db, sender):
            made: dict[str, Any] = call(
                self.db,
                "create_invitation",
                p_organization_id=self.acme,
                p_email=email,
                **arguments,
            )
        return made

    def accept(self, who: UUID, invitation: dict[str, Any] | None = None) -> dict[str, Any]:
        with as_user(self.db, who):
            joined: dict[str, Any] = call(
                self.db,
                "accept_invitation",
                p_token=(invitation or self.invitation)["token"],
            )
        return joined


@pytest.fixture
def invited(db: Connection, people: Person) -> Invited:
    return Invited(db, people)


def test_an_invitation_makes_a_member_of_the_organization_and_the_team(db: Connection, invited: Invited) -> None:
    with as_user(db, invited.ann):
        team = insert(db, "teams", organization_id=invited.acme, name="Red")
    invitation = invited.invite(invited.ann, p_role="viewer", p_team_id=team)
    assert invitation["token"].startswith("gwi_")
    assert len(invitation["token"]) >= 40
    assert invitation["email"] == "bob@example.com"

    joined = invited.accept(invited.bob, invitation)
    assert (joined["organization_id"], joined["role"]) == (str(invited.acme), "viewer")
    with as_user(db, invited.bob):
        assert values(
            db,
            "select role::text from public.organization_members where organization_id = %s and user_id = %s",
            invited.acme,
            invited.bob,
        ) == ["viewer"]
        assert values(
            db,
            "select team_id from public.team_members where user_id = %s",
            invited.bob,
        ) == [team]


def test_it_works_once(invited: Invited) -> None:
    invited.accept(invited.bob)
    with refused("PT409"):
        invited.accept(invited.bob)


def test_it_does_not_work_again_for_somebody_who_was_removed(db: Connection, invited: Invited) -> None:
    invited.accept(invited.bob)
    with as_user(db, invited.ann):
        call(db, "remove_member", p_organization_id=invited.acme, p_user_id=invited.bob)
    with refused("PT409"):
        invited.accept(invited.bob)


def test_it_is_for_one_address(db: Connection, invited: Invited, people: Person) -> None:
    with refused("PT403"):
        invited.accept(people("mallory@example.com"))
    with refused("PT403"):
        invited.accept(people(None))
    with refused("42501"), as_anon(db):
        call(db, "accept_invitation", p_token=invited.invitation["token"])
    with refused("PT401"), as_role(db, "authenticated"):
        call(db, "accept_invitation", p_token=invited.invitation["token"])
    with refused("42501"), as_service(db):
        call(db, "accept_invitation", p_token=invited.invitation["token"])


def test_an_address_is_the_same_in_capitals(db: Connection, people: Person, invited: Invited) -> None:
    zoe = people("Zoe@Example.com")
    assert invited.accept(zoe, invited.invite(invited.ann, "ZOE@example.COM"))["role"] == "member"


def test_it_expires(db: Connection, invited: Invited) -> None:
    db.execute(
        "update public.organization_invitations set created_at = now() - interval '8 days', "
        "expires_at = now() - interval '1 second'"
    )
    with refused("PT410"):
        invited.accept(invited.bob)


def test_it_can_be_withdrawn(db: Connection, invited: Invited, people: Person) -> None:
    mary = people()
    insert(
        db,
        "organization_members",
        returning="role",
        organization_id=invited.acme,
        user_id=mary,
        role="member",
    )
    with refused("PT403"), as_user(db, mary):
        call(db, "revoke_invitation", p_id=invited.invitation["id"])
    with refused("PT404"), as_user(db, invited.bob):
        call(db, "revoke_invitation", p_id=invited.invitation["id"])
    with as_user(db, invited.ann):
        call(db, "revoke_invitation", p_id=invited.invitation["id"])
        call(db, "revoke_invitation", p_id=invited.invitation["id"])
    with refused("PT404"):
        invited.accept(invited.bob)


def test_what_was_used_cannot_be_withdrawn(db: Connection, invited: Invited) -> None:
    invited.accept(invited.bob)
    with refused("PT409"), as_user(db, invited.ann):
        call(db, "revoke_invitation", p_id=invited.invitation["id"])


def test_a_new_one_kills_the_old_one(invited: Invited) -> None:
    anew = invited.invite(invited.ann)
    with refused("PT404"):
        invited.accept(invited.bob)
    assert invited.accept(invited.bob, anew)["role"] == "member"


@pytest.mark.parametrize(
    "deed",
    [
        "update public.organization_members set role = 'member' where user_id = %s and role = 'admin'",
        "delete from public.organization_members where user_id = %s and role = 'admin'",
        "delete from auth.users where id = %s",
    ],
    ids=["demoted", "removed", "account-deleted"],
)
def test_it_dies_with_the_rights_of_its_sender(
    db: Connection, invited: Invited, people: Person, deed: str
) -> None:
    eve = people()
    insert(
        db,
        "organization_members",
        returning="role",
        organization_id=invited.acme,
        user_id=eve,
        role="admin",
    )
    invitation = invited.invite(eve)
    db.execute(deed, [eve])
    with refused("PT404"):
        invited.accept(invited.bob, invitation)


def test_it_dies_with_the_organization(db: Connection, invited: Invited) -> None:
    with as_user(db, invited.ann):
        call(db, "delete_organization", p_id=invited.acme)
    with refused("PT404"):
        invited.accept(invited.bob)


def test_a_team_that_is_gone_is_left_out(db: Connection, invited: Invited) -> None:
    with as_user(db, invited.ann):
        team = insert(db, "teams", organization_id=invited.acme, name="Red")
    invitation = invited.invite(invited.ann, p_team_id=team)
    with as_user(db, invited.ann):
        call(db, "delete_team", p_id=team)
    invited.accept(invited.bob, invitation)
    assert (
        values(
            db,
            "select team_id from public.team_members where user_id = %s",
            invited.bob,
        )
        == []
    )


def test_unknown_tokens_are_all_alike(db: Connection, invited: Invited) -> None:
    for token in (
        "",
        "gwi_nonsense",
        None,
        "x" * 100_000,
        invited.invitation["token"] + "x",
    ):
        with refused("PT404"), as_user(db, invited.bob):
            call(db, "accept_invitation", p_token=token)


def test_only_admins_invite(db: Connection, invited: Invited, people: Person) -> None:
    mary, mallory = people(), people()
    insert(
        db,
        "organization_members",
        returning="role",
        organization_id=invited.acme,
        user_id=mary,
        role="member",
    )
    with refused("PT403"):
        invited.invite(mary, "somebody@example.com")
    with refused("PT404"):
        invited.invite(mallory, "somebody@example.com")
    foreign = make_organization(db, mallory)
    team = insert(db, "teams", organization_id=foreign, name="Red", created_by=mallory)
    with refused("PT404"):
        invited.invite(invited.ann, "somebody@example.com", p_team_id=team)
    with as_user(db, invited.bob):
        assert values(db, "select id from public.organization_invitations") == []


def test_the_token_is_not_kept(db: Connection, invited: Invited) -> None:
    token = invited.invitation["token"]
    row = value(
        db,
        "select to_jsonb(i)::text from public.organization_invitations i where id = %s",
        invited.invitation["id"],
    )
    log = value(
        db,
        "select string_agg(to_jsonb(l)::text, '') from public.organization_audit_log l",
    )
    assert token not in row
    assert token not in log
    assert "token_hash" not in log


# At once -------------------------------------------------------------------------------------------


@pytest.fixture
def pending(committed: Committed) -> tuple[UUID, UUID, UUID, str]:
    """Return Ann, Bob, Ann's organization, and the token of Bob's invitation, all of it committed."""
    ann = committed.user()
    bob = committed.user()
    email = value(committed.connection, "select email from auth.users where id = %s", bob)
    acme = committed.organization(ann)
    with as_user(committed.connection, ann):
        token = call(
            committed.connection,
            "create_invitation",
            p_organization_id=acme,
            p_email=email,
        )["token"]
    return ann, bob, acme, token


@pytest.mark.parametrize("level", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_it_is_accepted_once_when_it_is_accepted_twice_at_once(
    session: Callable[..., Session],
    pending: tuple[UUID, UUID, UUID, str],
    level: IsolationLevel,
) -> None:
    _, bob, _, token = pending
    first, second = session(), session(level)
    first.become(bob)
    second.become(bob)
    second.run("select count(*) from public.organizations")
    first.run(ACCEPT, token)
    waiting = second.start(ACCEPT, token)
    first.commit()
    error = waiting.exception(timeout=10)
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate in ("PT409", "40001")


def test_who_withdraws_first_wins(
    session: Callable[..., Session],
    committed: Committed,
    pending: tuple[UUID, UUID, UUID, str],
) -> None:
    ann, bob, acme, token = pending
    invitation = value(
        committed.connection,
        "select id from public.organization_invitations where organization_id = %s",
        acme,
    )
    hers, his = session(), session()
    hers.become(ann)
    his.become(bob)
    hers.run("select public.revoke_invitation(%s)", invitation)
    waiting = his.start(ACCEPT, token)
    hers.commit()
    error = waiting.exception(timeout=10)
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate == "PT404"


def test_two_invitations_of_one_address_at_once_leave_one(
    session: Callable[..., Session],
    committed: Committed,
    pending: tuple[UUID, UUID, UUID, str],
) -> None:
    ann, bob, acme, _ = pending
    email = value(committed.connection, "select email from auth.users where id = %s", bob)
    first, second = session(), session()
    for one in (first, second):
        one.become(ann)
    first.run("select public.create_invitation(%s, %s)", acme, email)
    waiting = second.start("select public.create_invitation(%s, %s)", acme, email)
    first.commit()
    assert waiting.exception(timeout=10) is None
    second.commit()
    assert (
        value(
            committed.connection,
            "select count(*) from public.organization_invitations "
            "where organization_id = %s and revoked_at is null",
            acme,
        )
        == 1
    )
