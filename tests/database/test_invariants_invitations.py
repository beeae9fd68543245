"""An invitation is for one address, works once, and is worth what its sender may still do."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

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


# How many ------------------------------------------------------------------------------------------

TO_ADDRESS, TO_MAILBOX, PER_DAY = 5, 10, 100


class Senders:
    """People who invite with organizations of their own."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db, self.people = db, people

    def founder(self, organizations: int = 1, plan: str = "free") -> tuple[UUID, *tuple[UUID, ...]]:
        """Return somebody, and the organizations that they have founded."""
        founder = self.people()
        founded = [make_organization(self.db, founder) for _ in range(organizations)]
        self.db.execute("update public.organizations set plan_type = %s where id = any(%s)", [plan, founded])
        return founder, *founded

    def send(self, sender: UUID, organization: UUID, email: str = "victim@example.com") -> UUID:
        """Return the id of an invitation."""
        with as_user(self.db, sender):
            return UUID(call(self.db, "create_invitation", p_organization_id=organization, p_email=email)["id"])

    def refusal(
        self, sender: UUID, organization: UUID, email: str = "victim@example.com"
    ) -> tuple[str | None, ...]:
        """Return the words with which an invitation is refused."""
        with pytest.raises(psycopg.Error) as caught:
            self.send(sender, organization, email)
        said = caught.value.diag
        assert said.sqlstate == "PT429"
        resets_at = datetime.fromisoformat(json.loads(said.message_detail or "")[0]["resets_at"])
        assert timedelta(0) < resets_at - datetime.now(UTC) <= timedelta(days=1)
        return said.message_primary, said.message_hint, said.message_detail


@pytest.fixture
def senders(db: Connection, people: Person) -> Senders:
    return Senders(db, people)


def test_an_address_is_not_invited_again_and_again(senders: Senders) -> None:
    ann, acme, globex = senders.founder(2)
    for organization in (acme, globex, acme, acme, acme):
        senders.send(ann, organization)
    senders.refusal(ann, acme)
    senders.refusal(ann, globex)
    senders.send(ann, acme, "somebody-else@example.com")


def test_withdrawing_or_deleting_the_account_is_no_way_around(db: Connection, senders: Senders) -> None:
    ann, acme = senders.founder()
    eve = senders.people()
    insert(db, "organization_members", returning="role", organization_id=acme, user_id=eve, role="admin")
    for _ in range(TO_ADDRESS):
        invitation = senders.send(eve, acme)
        with as_user(db, eve):
            call(db, "revoke_invitation", p_id=invitation)
    db.execute("delete from auth.users where id = %s", [eve])
    assert values(db, "select id from public.organization_invitations where organization_id = %s", acme) == []
    senders.refusal(ann, acme)


def test_a_mailbox_is_not_flooded_by_many_and_who_sent_is_not_told(senders: Senders) -> None:
    for _ in range(2):
        founder, organization = senders.founder()
        for _ in range(TO_ADDRESS):
            senders.send(founder, organization)
        own = senders.refusal(founder, organization)
    ann, acme = senders.founder()
    assert senders.refusal(ann, acme) == own
    senders.refusal(ann, acme, "Victim+news@Example.com")
    senders.send(*senders.founder(plan="pro"))


def test_what_is_refused_is_not_counted(db: Connection, senders: Senders) -> None:
    ann, acme = senders.founder()
    for _ in range(TO_ADDRESS):
        senders.send(ann, acme)
    before = values(db, "select (kind, subject, count)::text from private.invitation_counts order by 1")
    senders.refusal(ann, acme)
    with refused("PT403", "PT404"):
        senders.send(senders.people(), acme)
    assert values(db, "select (kind, subject, count)::text from private.invitation_counts order by 1") == before


def test_a_team_is_invited_on_one_day_and_the_world_is_not(db: Connection, senders: Senders) -> None:
    ann, acme, globex = senders.founder(2)
    for number in range(PER_DAY + 1):
        # One more, for Ann is a member.
        senders.send(ann, acme, f"{number}@example.com")
    assert "The organization has" in str(senders.refusal(ann, acme, "last@example.com")[0])
    assert "You have" in str(senders.refusal(ann, globex, "last@example.com")[0])
    for _ in range(3):
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=acme,
            user_id=senders.people(),
            role="viewer",
        )
    for number in range(3):
        senders.send(ann, acme, f"later-{number}@example.com")
    senders.refusal(ann, acme, "last@example.com")


def test_the_next_day_is_a_new_one(db: Connection, senders: Senders) -> None:
    ann, acme = senders.founder()
    for _ in range(TO_ADDRESS):
        senders.send(ann, acme)
    senders.refusal(ann, acme)
    db.execute("update private.invitation_counts set day = day - 1")
    senders.send(ann, acme)


def test_an_operator_sets_the_limits_of_a_plan(db: Connection, senders: Senders) -> None:
    with as_service(db):
        db.execute("update public.invitation_limits set per_day = 2, per_member = 0 where plan_type = 'team'")
    ann, acme = senders.founder(plan="team")
    for number in range(2):
        senders.send(ann, acme, f"{number}@example.com")
    senders.refusal(ann, acme)
    senders.send(*senders.founder())
    # A plan of the product's own has what free has, until somebody gives it limits.
    db.execute("delete from public.invitation_limits where plan_type = 'team'")
    senders.send(ann, acme)


def test_the_service_role_is_not_limited_and_takes_nothing_from_others(db: Connection, senders: Senders) -> None:
    ann, acme = senders.founder()
    with as_service(db):
        for _ in range(TO_MAILBOX + 1):
            call(db, "create_invitation", p_organization_id=acme, p_email="victim@example.com")
    senders.send(ann, acme)


@pytest.mark.parametrize(
    ("address", "mailbox"),
    [
        ("Ann@Example.com", "ann@example.com"),
        ("ann+a+b@example.com.", "ann@example.com"),
        ("an.n+x@googlemail.com", "ann@gmail.com"),
        ("an.n@example.com", "an.n@example.com"),
        ("+ann@example.com", "+ann@example.com"),
    ],
)
def test_a_mailbox_has_many_addresses(db: Connection, address: str, mailbox: str) -> None:
    assert value(db, "select private.mailbox(%s)", address) == mailbox


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


@pytest.mark.parametrize("level", [IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ])
def test_the_last_one_of_a_day_is_sent_once(
    session: Callable[..., Session], committed: Committed, level: IsolationLevel
) -> None:
    create = "select public.create_invitation(%s, %s)"
    email = f"{uuid4().hex}@example.com"
    founders = [committed.user() for _ in range(4)]
    organizations = [committed.organization(founder) for founder in founders]
    for founder, organization, count in zip(founders, organizations, (4, 5, 0, 0), strict=True):
        for _ in range(count):
            with as_user(committed.connection, founder):
                committed.connection.execute(create, [organization, email])
    first, second = session(), session(level)
    first.become(founders[2])
    second.become(founders[3])
    second.run("select count(*) from public.organizations")
    first.run(create, organizations[2], email)
    waiting = second.start(create, organizations[3], email)
    first.commit()
    error = waiting.exception(timeout=10)
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate in ("PT429", "40001")
    second.rollback()
    second.become(founders[3])
    with refused("PT429"):
        second.run(create, organizations[3], email)
