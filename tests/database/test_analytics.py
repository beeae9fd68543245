"""The dashboard and the organization's analytics: what the seed's queries say, and right where they are wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from tests.database.metering import Tenant, here, make_tenant
from tests.database.support import Connection, as_service, as_user, call, insert, refused, value

__all__ = ["here"]


def dashboard(db: Connection, user: UUID) -> dict[str, Any]:
    with as_user(db, user):
        answer: dict[str, Any] = value(db, "select get_user_dashboard()")
    return answer


def analytics(db: Connection, user: UUID, here: Tenant) -> dict[str, Any]:
    with as_user(db, user):
        answer: dict[str, Any] = value(db, "select get_organization_analytics(%s)", here.id)
    return answer


def email(db: Connection, user: UUID) -> str:
    return str(value(db, "select email from auth.users where id = %s", user))


def talk(db: Connection, here: Tenant, creator: UUID, *others: UUID) -> UUID:
    """Start a conversation."""
    with as_user(db, creator):
        conversation: UUID = insert(db, "conversations", organization_id=here.id, created_by=creator)
        for other in others:
            insert(
                db, "conversation_participants", returning="user_id", conversation_id=conversation, user_id=other
            )
    return conversation


def say(db: Connection, conversation: UUID, user: UUID | None, content: str = "Hello") -> UUID:
    role = "user" if user else "assistant"
    message: UUID = insert(db, "messages", conversation_id=conversation, user_id=user, content=content, role=role)
    return message


def write(db: Connection, here: Tenant, creator: UUID, **columns: object) -> UUID:
    with as_user(db, creator):
        document: UUID = insert(
            db, "documents", organization_id=here.id, title="Text", content="Text", created_by=creator, **columns
        )
    return document


def test_a_dashboard_has_the_keys_of_the_seed(db: Connection, here: Tenant):
    seen = dashboard(db, here.owner)
    assert set(seen) == {
        "email",
        "full_name",
        "avatar_url",
        "organizations",
        "conversation_count",
        "unread_count",
        "document_count",
        "usage_this_month",
    }
    assert seen["email"] == email(db, here.owner)
    assert seen["usage_this_month"] == {"tokens": 0, "cost_usd": 0, "requests": 0}
    assert {"id": str(here.id), "name": "Acme", "role": "owner"} in seen["organizations"]
    assert (seen["conversation_count"], seen["unread_count"], seen["document_count"]) == (0, 0, 0)


def test_a_dashboard_counts_what_its_reader_sees(db: Connection, here: Tenant):
    me, other = here.owner, here.person()
    first, second = talk(db, here, me, other), talk(db, here, other, me)
    talk(db, here, other)
    say(db, first, me)
    say(db, first, other)
    # The seed leaves out what has no user: the answers of an assistant.
    say(db, second, None)
    deleted = say(db, second, other)
    with as_user(db, other):
        call(db, "delete_message", p_id=deleted)
    write(db, here, me)
    write(db, here, other, visibility="organization")
    gone = write(db, here, me)
    with as_user(db, me):
        call(db, "delete_document", p_id=gone)
    seen = dashboard(db, me)
    assert (seen["conversation_count"], seen["unread_count"], seen["document_count"]) == (2, 2, 1)
    with as_user(db, me):
        call(db, "mark_conversation_read", p_conversation_id=second)
    assert dashboard(db, me)["unread_count"] == 1
    with as_user(db, other):
        call(db, "delete_conversation", p_id=second)
    assert dashboard(db, me)["conversation_count"] == 1


def test_an_organization_that_is_left_or_deleted_is_gone(db: Connection, here: Tenant):
    member = here.person()
    talk(db, here, member)
    write(db, here, member)
    here.record(p_user_id=member)
    before = dashboard(db, member)
    assert (len(before["organizations"]), before["usage_this_month"]["requests"]) == (2, 1)
    with db.transaction(force_rollback=True):
        db.execute("update organizations set deleted_at = now() where id = %s", [here.id])
        after = dashboard(db, member)
        assert (len(after["organizations"]), after["conversation_count"], after["document_count"]) == (1, 0, 0)
        assert after["usage_this_month"]["requests"] == 0
    with as_user(db, member):
        call(db, "leave_organization", p_organization_id=here.id)
    assert dashboard(db, member)["usage_this_month"]["requests"] == 0


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_the_usage_is_that_of_the_calendar_month(db: Connection, here: Tenant, is_rolled_up: bool):
    db.execute("update organizations set time_zone = 'Pacific/Kiritimati' where id = %s", [here.id])
    first = value(db, "select date_trunc('month', now(), 'Pacific/Kiritimati')")
    here.record(3, 4, p_user_id=here.owner, p_created_at=first)
    here.record(
        100, 0, p_user_id=here.owner, p_created_at=value(db, "select %s - interval '1 microsecond'", first)
    )
    if is_rolled_up:
        call(db, "aggregate_usage_summary", p_period="hour")
    here.record(10, 0, p_user_id=here.owner)
    here.record(5, 0)
    assert dashboard(db, here.owner)["usage_this_month"] == {"tokens": 17, "cost_usd": 0.000021, "requests": 2}
    assert analytics(db, here.owner, here)["usage_this_month"] == {
        "tokens": 22,
        "cost_usd": 0.000026,
        "requests": 3,
        "by_user": {email(db, here.owner): {"tokens": 17, "cost": 0.000021}},
    }


def test_analytics_count_the_organization_and_nothing_else(db: Connection, here: Tenant):
    member = here.person()
    elsewhere = make_tenant(db)
    insert(
        db,
        "organization_members",
        returning="user_id",
        organization_id=elsewhere.id,
        user_id=member,
        role="member",
    )
    # Two participants in one conversation are one conversation, and those of another organization are not ours.
    talk(db, here, here.owner, member)
    talk(db, elsewhere, member, elsewhere.owner)
    write(db, here, member)
    write(db, elsewhere, member)
    for deleted in (False, True):
        with as_user(db, here.owner):
            team = insert(db, "teams", organization_id=here.id, name=f"Team {deleted}", created_by=here.owner)
            if deleted:
                call(db, "delete_team", p_id=team)
    elsewhere.record(p_user_id=member)
    seen = analytics(db, here.owner, here)
    assert seen == {
        "name": "Acme",
        "plan_type": "free",
        "member_count": 2,
        "team_count": 1,
        "total_conversations": 1,
        "total_documents": 1,
        "usage_this_month": {"tokens": 0, "cost_usd": 0, "requests": 0, "by_user": {}},
    }


def test_who_reads_the_analytics(db: Connection, here: Tenant):
    here.record(p_user_id=here.owner)
    for role, is_told in (("viewer", False), ("member", False), ("admin", True)):
        usage = analytics(db, here.person(role), here)["usage_this_month"]
        assert usage["tokens"] == 20
        assert (usage["by_user"] is not None) == is_told
    with as_service(db):
        assert value(db, "select get_organization_analytics(%s) #> '{usage_this_month,by_user}'", here.id)
    with refused("PT404"), as_user(db, make_tenant(db).owner):
        value(db, "select get_organization_analytics(%s)", here.id)


def test_people_without_an_address_are_told_apart(db: Connection, here: Tenant):
    one, other = here.person(), here.person()
    db.execute("update auth.users set email = null where id = any(%s)", [[one, other]])
    for user in (one, other, other):
        here.record(p_user_id=user)
    by_user = analytics(db, here.owner, here)["usage_this_month"]["by_user"]
    assert {name: figures["tokens"] for name, figures in by_user.items()} == {str(one): 20, str(other): 40}


SEEDS_DASHBOARD = """
select u.email, up.full_name, up.avatar_url,
    (
        select jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'role', om.role) order by o.name, o.id)
        from organizations o join organization_members om on om.organization_id = o.id where om.user_id = u.id
    ) as organizations,
    (
        select count(distinct c.id) from conversations c
        join conversation_participants cp on cp.conversation_id = c.id where cp.user_id = u.id
    ) as conversation_count,
    (
        select count(*) from messages m join conversation_participants cp on cp.conversation_id = m.conversation_id
        where cp.user_id = u.id and m.user_id != u.id
            and m.created_at > coalesce(cp.last_read_at, '1970-01-01'::timestamp)
    ) as unread_count,
    (select count(*) from documents d where d.created_by = u.id and d.deleted_at is null) as document_count,
    (
        select jsonb_build_object('tokens', sum(tokens_used), 'cost_usd', sum(cost_usd), 'requests', count(*))
        from api_usage where user_id = u.id and created_at >= date_trunc('month', now(), 'UTC')
    ) as usage_this_month
from auth.users u left join user_profiles up on up.user_id = u.id where u.id = %s
"""


def test_the_seeds_own_query_agrees_where_it_is_right(db: Connection, here: Tenant):
    """Nothing deleted, no assistant, nobody without an account: then the seed's query is right."""
    people = [here.owner, here.person(), here.person("admin")]
    for creator in people:
        conversation = talk(db, here, creator, *people)
        for author in people:
            say(db, conversation, author)
        write(db, here, creator)
        here.record(len(people), 5, p_user_id=creator)
    call(db, "aggregate_usage_summary", p_period="hour")
    here.record(1, 1, p_user_id=people[0])
    for user in people:
        row = db.execute(f"select to_jsonb(s) from ({SEEDS_DASHBOARD}) s", [user]).fetchone()
        assert row is not None
        assert dashboard(db, user) == row[0]
    by_user = db.execute(
        "select u.email, jsonb_build_object('tokens', sum(tokens_used), 'cost', trim_scale(sum(cost_usd))) "
        "from api_usage join auth.users u on u.id = user_id where organization_id = %s group by 1",
        [here.id],
    ).fetchall()
    usage = analytics(db, people[2], here)["usage_this_month"]
    assert usage["by_user"] == dict(by_user)
    assert Decimal(str(usage["cost_usd"])) == here.spent("cost_usd")
