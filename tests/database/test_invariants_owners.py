"""An organization never loses its last owner, and nobody raises their own role; against races too."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import IsolationLevel

from tests.database.conftest import Committed
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    create_user,
    insert,
    make_organization,
    refused,
    value,
    values,
)

OpenSession = Callable[..., Session]
Person = Callable[..., UUID]
DEMOTE = "update public.organization_members set role = 'member' where organization_id = %s and user_id = %s"
REMOVE = "delete from public.organization_members where organization_id = %s and user_id = %s"
CLOSE = "delete from auth.users where id = %s"


def role_of(db: Connection, organization_id: UUID, user_id: UUID) -> str | None:
    role: str | None = value(
        db,
        "select role::text from public.organization_members where organization_id = %s and user_id = %s",
        organization_id,
        user_id,
    )
    return role


def owners(db: Connection, organization_id: UUID) -> list[UUID]:
    return values(
        db,
        "select user_id from public.organization_members where organization_id = %s and role = 'owner'",
        organization_id,
    )


def sqlstate(future: Future[list[Any]]) -> str | None:
    """Return how a statement that had to wait was refused."""
    error = future.exception(timeout=10)
    assert isinstance(error, psycopg.Error), error
    return error.sqlstate


# The last owner ------------------------------------------------------------------------------------


def test_the_last_owner_stays(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, admin=bob)

    for attempt in (
        lambda: call(db, "leave_organization", p_organization_id=acme),
        lambda: call(db, "remove_member", p_organization_id=acme, p_user_id=ann),
        lambda: call(
            db,
            "change_member_role",
            p_organization_id=acme,
            p_user_id=ann,
            p_role="admin",
        ),
        lambda: db.execute(DEMOTE, [acme, ann]),
        lambda: db.execute(REMOVE, [acme, ann]),
        lambda: db.execute("delete from public.organization_members"),
        lambda: db.execute("update public.organization_members set role = 'viewer'"),
    ):
        with refused("PT409"), as_user(db, ann):
            attempt()
    with refused("PT409"), as_service(db):
        db.execute(DEMOTE, [acme, ann])
    with refused("PT409"), db.transaction():
        db.execute(CLOSE, [ann])
    assert owners(db, acme) == [ann]


def test_two_owners_cannot_both_go_in_one_statement(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, owner=bob)

    for statement in (
        "update public.organization_members set role = 'member' where organization_id = %s",
        "delete from public.organization_members where organization_id = %s",
    ):
        with refused("PT409"), as_user(db, ann):
            db.execute(statement, [acme])
    assert len(owners(db, acme)) == 2


def test_an_owner_leaves_once_there_is_another(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, viewer=bob)
    with as_user(db, ann):
        call(
            db,
            "change_member_role",
            p_organization_id=acme,
            p_user_id=bob,
            p_role="owner",
        )
        call(db, "leave_organization", p_organization_id=acme)
    assert owners(db, acme) == [bob]


def test_an_account_whose_organizations_have_another_owner_can_be_deleted(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, owner=bob)
    db.execute(CLOSE, [ann])
    assert owners(db, acme) == [bob]


def test_an_account_takes_with_it_what_nobody_else_is_in(db: Connection, people: Person) -> None:
    ann = people()
    alone = make_organization(db, ann)
    db.execute(CLOSE, [ann])
    assert values(
        db,
        "select deleted_at is not null from public.organizations where id = %s",
        alone,
    ) == [True]
    assert (
        values(
            db,
            "select user_id from public.organization_members where organization_id = %s",
            alone,
        )
        == []
    )


def test_a_deleted_organization_holds_nobody(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, member=bob)
    with as_user(db, ann):
        call(db, "delete_organization", p_id=acme)
    db.execute(CLOSE, [ann])
    assert value(db, "select count(*) from auth.users where id = %s", ann) == 0


# Two owners at once --------------------------------------------------------------------------------

LEVELS = [
    IsolationLevel.READ_COMMITTED,
    IsolationLevel.REPEATABLE_READ,
    IsolationLevel.SERIALIZABLE,
]


@pytest.mark.parametrize("second_level", LEVELS, ids=lambda level: level.name.lower())
@pytest.mark.parametrize("first_level", LEVELS, ids=lambda level: level.name.lower())
@pytest.mark.parametrize("statement", [DEMOTE, REMOVE], ids=["demote", "remove"])
def test_two_owners_who_act_on_each_other_at_once(
    committed: Committed,
    session: OpenSession,
    statement: str,
    first_level: IsolationLevel,
    second_level: IsolationLevel,
) -> None:
    ann, bob = committed.user(), committed.user()
    acme = committed.organization(ann, owner=bob)
    first, second = session(first_level), session(second_level)
    first.become(ann)
    second.become(bob)
    # Both have seen that there are two owners.
    for one in (first, second):
        assert one.run("select count(*) from public.organization_members where role = 'owner'")[0][0] >= 2

    first.run(statement, acme, bob)
    waiting = second.start(statement, acme, ann)
    first.commit()

    # Bob is an owner no more: he is refused, changes nothing, or has to begin anew (40001).
    error = waiting.exception(timeout=10)
    assert error is None or sqlstate(waiting) in ("PT409", "42501", "40001")
    second.rollback() if error else second.commit()
    assert owners(committed.connection, acme) == [ann]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name.lower())
@pytest.mark.parametrize(
    "query",
    [
        "select public.leave_organization(%s)",
        "select public.transfer_ownership(%s, %s)",
    ],
)
def test_two_owners_who_step_down_at_once(
    committed: Committed, session: OpenSession, query: str, level: IsolationLevel
) -> None:
    ann, bob, cleo = committed.user(), committed.user(), committed.user()
    acme = committed.organization(ann, owner=bob, member=cleo)
    first, second = session(), session(level)
    for one, person in ((first, ann), (second, bob)):
        one.become(person)
        one.run("select count(*) from public.organization_members")
    parameters = [acme, cleo][: query.count("%s")]

    first.run(query, *parameters)
    waiting = second.start(query, *parameters)
    first.commit()

    if "leave" in query:
        assert sqlstate(waiting) in ("PT409", "40001")
        second.rollback()
        assert owners(committed.connection, acme) == [bob]
    else:
        second.rollback() if waiting.exception(timeout=10) else second.commit()
        assert cleo in owners(committed.connection, acme)


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name.lower())
def test_two_owners_who_delete_their_accounts_at_once(
    committed: Committed, session: OpenSession, level: IsolationLevel
) -> None:
    ann, bob, cleo = committed.user(), committed.user(), committed.user()
    acme = committed.organization(ann, owner=bob, member=cleo)
    first, second = session(), session(level)
    second.run("select count(*) from public.organization_members")

    first.run(CLOSE, ann)
    waiting = second.start(CLOSE, bob)
    first.commit()

    assert sqlstate(waiting) in ("PT409", "40001")
    second.rollback()
    assert owners(committed.connection, acme) == [bob]


@pytest.mark.parametrize("level", LEVELS, ids=lambda level: level.name.lower())
def test_one_owner_leaves_while_the_other_deletes_their_account(
    committed: Committed, session: OpenSession, level: IsolationLevel
) -> None:
    ann, bob, cleo = committed.user(), committed.user(), committed.user()
    acme = committed.organization(ann, owner=bob, member=cleo)
    first, second = session(), session(level)
    second.run("select count(*) from public.organization_members")

    first.become(ann)
    first.run("select public.leave_organization(%s)", acme)
    waiting = second.start(CLOSE, bob)
    first.commit()

    assert sqlstate(waiting) in ("PT409", "40001")
    second.rollback()
    assert owners(committed.connection, acme) == [bob]


# Roles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "member", "admin"])
def test_nobody_raises_their_own_role(db: Connection, people: Person, role: str) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, **{role: bob})
    higher = {
        "viewer": ["member", "admin", "owner"],
        "member": ["admin", "owner"],
        "admin": ["owner"],
    }[role]

    for wanted in higher:
        update = "update public.organization_members set role = %s where organization_id = %s and user_id = %s"
        again = (
            "insert into public.organization_members (organization_id, user_id, role) values (%s, %s, %s) "
            "on conflict (organization_id, user_id) do update set role = excluded.role"
        )
        for statement, parameters in (
            (update, [wanted, acme, bob]),
            (again, [acme, bob, wanted]),
        ):
            try:
                with as_user(db, bob):
                    db.execute(statement, parameters)
            except psycopg.Error as error:
                assert error.sqlstate == "42501", error  # noqa: PT017
            assert role_of(db, acme, bob) == role
        with refused("PT403"), as_user(db, bob):
            call(
                db,
                "change_member_role",
                p_organization_id=acme,
                p_user_id=bob,
                p_role=wanted,
            )
        with refused("PT403"), as_user(db, bob):
            call(db, "transfer_ownership", p_organization_id=acme, p_user_id=bob)


def test_an_admin_makes_no_owner_of_anybody(db: Connection, people: Person) -> None:
    ann, bob, cleo, dora = people(), people(), people(), people("dora@example.com")
    acme = make_organization(db, ann, admin=bob, member=cleo)

    with refused("PT403"), as_user(db, bob):
        call(
            db,
            "change_member_role",
            p_organization_id=acme,
            p_user_id=cleo,
            p_role="owner",
        )
    with refused("PT403"), as_user(db, bob):
        call(
            db,
            "change_member_role",
            p_organization_id=acme,
            p_user_id=ann,
            p_role="member",
        )
    with refused("PT403"), as_user(db, bob):
        call(db, "remove_member", p_organization_id=acme, p_user_id=ann)
    with refused("42501"), as_user(db, bob):
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=acme,
            user_id=dora,
            role="owner",
        )
    with refused("PT400"), as_user(db, bob):
        call(
            db,
            "create_invitation",
            p_organization_id=acme,
            p_email="dora@example.com",
            p_role="owner",
        )
    with as_user(db, bob):
        assert db.execute(DEMOTE, [acme, ann]).rowcount == 0
        assert db.execute(REMOVE, [acme, ann]).rowcount == 0
    assert owners(db, acme) == [ann]


def test_an_invitation_does_not_raise_a_member(db: Connection, people: Person) -> None:
    ann, bob = people(), people("bob@example.com")
    acme = make_organization(db, ann)
    with as_user(db, ann):
        token = call(
            db,
            "create_invitation",
            p_organization_id=acme,
            p_email="bob@example.com",
            p_role="admin",
        )["token"]
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=acme,
            user_id=bob,
            role="viewer",
        )
    with as_user(db, bob):
        assert call(db, "accept_invitation", p_token=token)["role"] == "viewer"
    assert role_of(db, acme, bob) == "viewer"


def test_a_member_of_a_team_does_not_make_themselves_its_lead(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, member=bob)
    team = insert(db, "teams", organization_id=acme, name="Red", created_by=ann)
    insert(db, "team_members", returning="role", team_id=team, user_id=bob)
    with as_user(db, bob):
        assert db.execute("update public.team_members set role = 'lead'").rowcount == 0


def test_a_viewer_manages_nothing_even_as_the_lead_of_a_team(db: Connection, people: Person) -> None:
    ann, bob, cleo = people(), people(), people()
    acme = make_organization(db, ann, viewer=[bob, cleo])
    team = insert(db, "teams", organization_id=acme, name="Red", created_by=ann)
    insert(db, "team_members", returning="role", team_id=team, user_id=bob, role="lead")
    document = insert(
        db,
        "documents",
        organization_id=acme,
        title="Plan",
        visibility="team",
        team_id=team,
        created_by=ann,
    )
    with as_user(db, bob):
        assert values(db, "select id from public.documents") == [document]
        assert db.execute("update public.documents set title = 'Mine'").rowcount == 0
        assert db.execute("update public.teams set name = 'Mine'").rowcount == 0
    with refused("42501"), as_user(db, bob):
        insert(db, "team_members", returning="role", team_id=team, user_id=cleo)
    with refused("PT403"), as_user(db, bob):
        call(db, "delete_document", p_id=document)


def test_a_role_that_was_lowered_binds_in_the_very_next_statement(db: Connection, people: Person) -> None:
    ann, bob = people(), people()
    acme = make_organization(db, ann, member=bob)
    with as_user(db, bob):
        insert(
            db,
            "documents",
            organization_id=acme,
            title="One",
            visibility="organization",
        )
    db.execute(
        "update public.organization_members set role = 'viewer' where organization_id = %s and user_id = %s",
        [acme, bob],
    )
    with refused("42501"), as_user(db, bob):
        insert(db, "documents", organization_id=acme, title="Two")
    with as_user(db, bob):
        assert db.execute("update public.documents set title = 'Changed'").rowcount == 0
        assert values(db, "select title from public.documents") == ["One"]
    db.execute(REMOVE, [acme, bob])
    with as_user(db, bob):
        assert values(db, "select title from public.documents") == []
        assert values(db, "select name::text from public.organizations where id = %s", acme) == []


def test_removal_binds_within_a_transaction_that_is_under_way(committed: Committed, session: OpenSession) -> None:
    ann, bob = committed.user(), committed.user()
    acme = committed.organization(ann, member=bob)
    his = session()
    his.become(bob)
    assert his.run("select count(*) from public.organizations where id = %s", acme) == [(1,)]
    committed.connection.execute(REMOVE, [acme, bob])
    assert his.run("select count(*) from public.organizations where id = %s", acme) == [(0,)]


# Personal organizations ------------------------------------------------------------------------------


def test_everybody_has_one_personal_organization_and_is_alone_in_it(db: Connection, people: Person) -> None:
    ann, bob = people(full_name="Ann"), people("bob@example.com")
    home, name, role = db.execute(
        "select o.id, o.name, m.role from public.organizations o "
        "join public.organization_members m on m.organization_id = o.id where m.user_id = %s",
        [ann],
    ).fetchall()[0]
    assert (name, role) == ("Ann", "owner")

    attempts: tuple[Callable[[], object], ...] = (
        lambda: insert(
            db,
            "organization_members",
            returning="role",
            organization_id=home,
            user_id=bob,
            role="viewer",
        ),
        lambda: call(db, "create_invitation", p_organization_id=home, p_email="bob@example.com"),
        lambda: call(db, "delete_organization", p_id=home),
        lambda: call(db, "leave_organization", p_organization_id=home),
    )
    for attempt in attempts:
        with refused("PT409"), as_user(db, ann):
            attempt()
    with refused("PT404"), as_user(db, ann):
        call(db, "transfer_ownership", p_organization_id=home, p_user_id=bob)
    with refused("PT409"), as_service(db):
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=home,
            user_id=bob,
            role="viewer",
        )
    with refused("23505"), as_service(db):
        insert(
            db,
            "organizations",
            name="Second",
            slug="second-home",
            is_personal=True,
            created_by=ann,
        )
    with refused("42501"), as_user(db, ann):
        insert(db, "organizations", name="Second", slug="second-home", is_personal=True)
    with refused("PT400"), as_service(db):
        db.execute("update public.organizations set is_personal = false where id = %s", [home])


def test_an_invitation_to_a_personal_organization_lets_nobody_in(db: Connection, people: Person) -> None:
    ann, bob = people(), people("bob@example.com")
    home = value(db, "select id from public.organizations where created_by = %s", ann)
    db.execute(
        "insert into public.organization_invitations (organization_id, email, token_hash) "
        "values (%s, 'bob@example.com', sha256('t'))",
        [home],
    )
    with refused("PT409"), as_user(db, bob):
        call(db, "accept_invitation", p_token="t")


def test_a_personal_organization_goes_with_its_account(db: Connection) -> None:
    ann = create_user(db)
    home = value(db, "select id from public.organizations where created_by = %s", ann)
    db.execute(CLOSE, [ann])
    row = db.execute(
        "select deleted_at is not null, created_by from public.organizations where id = %s",
        [home],
    ).fetchone()
    assert row == (True, None)
