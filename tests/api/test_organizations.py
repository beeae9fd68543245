"""Organizations: creating, joining by invitation, roles, leaving, teams, and who is told of what."""

from __future__ import annotations

import uuid

import pytest

from tests.api.people import Company, new_organization, new_person, refused, seeded
from tests.support import Stack


def test_whoever_creates_an_organization_owns_it(stack: Stack) -> None:
    person = new_person(stack)
    slug = f"acme-{uuid.uuid4().hex}"
    made = person.insert("organizations", name="Acme", slug=slug, created_by=person.id)
    assert (made["name"], made["slug"], made["plan_type"], made["is_personal"]) == ("Acme", slug, "free", False)
    assert person.rows("organization_members", "user_id,role", organization_id=made["id"]) == [
        {"user_id": person.id, "role": "owner"}
    ]


def test_a_slug_is_given_once(stack: Stack) -> None:
    first, second = new_person(stack), new_person(stack)
    slug = f"acme-{uuid.uuid4().hex}"
    first.insert("organizations", name="Acme", slug=slug)
    with refused("23505"):
        second.insert("organizations", name="Acme", slug=slug)


@pytest.mark.parametrize("slug", ["A", "Acme", "acme_corp", "-acme", "acme--corp", "a" * 64, "ac me"])
def test_a_slug_is_safe_in_an_address(company: Company, slug: str) -> None:
    with refused("23514"):
        company.owner.insert("organizations", name="Acme", slug=slug)


def test_nobody_chooses_their_plan(company: Company) -> None:
    with refused("42501"):
        company.owner.insert("organizations", name="Acme", slug=f"acme-{uuid.uuid4().hex}", plan_type="enterprise")
    with refused("42501"):
        company.owner.client.table("organizations").update({"plan_type": "enterprise"}).eq(
            "id", company.id
        ).execute()


def test_nobody_creates_in_the_name_of_another(company: Company) -> None:
    with refused("42501"):
        company.owner.insert(
            "organizations", name="Acme", slug=f"acme-{uuid.uuid4().hex}", created_by=company.stranger.id
        )


def test_an_admin_renames_the_organization_and_a_member_does_not(company: Company) -> None:
    table = company.admin.client.table("organizations")
    assert table.update({"name": "Renamed"}).eq("id", company.id).execute().data[0]["name"] == "Renamed"
    ignored = company.member.client.table("organizations").update({"name": "Mine"}).eq("id", company.id).execute()
    assert ignored.data == []
    assert company.owner.rows("organizations", "name", id=company.id) == [{"name": "Renamed"}]


def test_a_stranger_sees_nothing_of_it(company: Company) -> None:
    stranger = company.stranger
    assert stranger.rows("organizations", "id", id=company.id) == []
    for table in ("organization_members", "teams", "team_members", "conversations", "documents", "api_usage"):
        assert stranger.rows(table, "organization_id", organization_id=company.id) == [], table
    for table in ("organization_invitations", "organization_api_keys", "organization_audit_log"):
        assert stranger.rows(table, "id", organization_id=company.id) == [], table


def test_colleagues_see_each_others_profiles_and_strangers_do_not(company: Company) -> None:
    assert company.viewer.rows("user_profiles", "full_name", user_id=company.owner.id) == [
        {"full_name": "Owner Person"}
    ]
    assert company.stranger.rows("user_profiles", "full_name", user_id=company.owner.id) == []
    assert company.owner.rows("user_preferences", "user_id", user_id=company.viewer.id) == []


def test_an_invitation_is_accepted_once_by_whom_it_is_for(own_company: Company, stack: Stack) -> None:
    company, guest = own_company, new_person(stack, "Guest Person")
    made = company.admin.call(
        "create_invitation",
        p_organization_id=company.id,
        p_email=guest.email.upper(),
        p_role="member",
        p_team_id=company.team_id,
    )
    assert made["email"] == guest.email
    assert made["token"].startswith("gwi_")
    pending = company.admin.rows("organization_invitations", "id,email,accepted_at", organization_id=company.id)
    assert pending == [{"id": made["id"], "email": guest.email, "accepted_at": None}]

    with refused("PT403", "another e-mail address"):
        company.stranger.call("accept_invitation", p_token=made["token"])
    joined = guest.call("accept_invitation", p_token=made["token"])
    assert (joined["organization_id"], joined["role"], joined["team_id"]) == (
        company.id,
        "member",
        company.team_id,
    )
    assert len(guest.rows("organizations", "id", id=company.id)) == 1
    assert guest.rows("team_members", "role", user_id=guest.id) == [{"role": "member"}]
    with refused("PT409", "used already"):
        guest.call("accept_invitation", p_token=made["token"])
    with refused("PT409", "member already"):
        company.admin.call("create_invitation", p_organization_id=company.id, p_email=guest.email)


def test_invitations_are_for_admins_to_make_and_withdraw(own_company: Company, stack: Stack) -> None:
    company, guest = own_company, new_person(stack)
    for person in (company.member, company.viewer, company.lead):
        with refused("PT403", "needs the role admin"):
            person.call("create_invitation", p_organization_id=company.id, p_email=guest.email)
    with refused("PT404"):
        company.stranger.call("create_invitation", p_organization_id=company.id, p_email=guest.email)
    with refused("PT400", "as owner"):
        company.owner.call("create_invitation", p_organization_id=company.id, p_email=guest.email, p_role="owner")

    first = company.admin.call("create_invitation", p_organization_id=company.id, p_email=guest.email)
    second = company.admin.call("create_invitation", p_organization_id=company.id, p_email=guest.email)
    with refused("PT404", "withdrawn"):
        guest.call("accept_invitation", p_token=first["token"])
    company.admin.call("revoke_invitation", p_id=second["id"])
    with refused("PT404", "withdrawn"):
        guest.call("accept_invitation", p_token=second["token"])
    assert guest.rows("organizations", "id", id=company.id) == []


def test_the_hash_of_an_invitation_is_not_for_clients(company: Company) -> None:
    for columns in ("*", "token_hash", "id,token_hash"):
        with refused("42501"):
            company.owner.rows("organization_invitations", columns)


def test_roles_change_at_once(own_company: Company) -> None:
    company = own_company
    with refused("PT403"):
        company.member.call(
            "change_member_role", p_organization_id=company.id, p_user_id=company.member.id, p_role="admin"
        )
    company.admin.call(
        "change_member_role", p_organization_id=company.id, p_user_id=company.viewer.id, p_role="member"
    )
    company.viewer.insert("conversations", organization_id=company.id, title="Now I may")
    company.admin.call(
        "change_member_role", p_organization_id=company.id, p_user_id=company.viewer.id, p_role="viewer"
    )
    with refused("42501"):
        company.viewer.insert("conversations", organization_id=company.id, title="Now I may not")
    with refused("PT403", "Only an owner"):
        company.admin.call(
            "change_member_role", p_organization_id=company.id, p_user_id=company.admin.id, p_role="owner"
        )


def test_removal_takes_effect_in_the_next_request(own_company: Company) -> None:
    company, member = own_company, own_company.member
    document = company.owner.insert(
        "documents", organization_id=company.id, title="Shared", visibility="organization"
    )
    conversation = company.owner.insert("conversations", organization_id=company.id, title="Us")
    company.owner.insert("conversation_participants", conversation_id=conversation["id"], user_id=member.id)
    assert len(member.rows("documents", "id", id=document["id"])) == 1
    assert len(member.rows("conversations", "id", id=conversation["id"])) == 1

    company.admin.call("remove_member", p_organization_id=company.id, p_user_id=member.id)
    assert member.rows("documents", "id", id=document["id"]) == []
    assert member.rows("conversations", "id", id=conversation["id"]) == []
    assert member.rows("organizations", "id", id=company.id) == []
    with refused("42501"):
        member.insert("messages", conversation_id=conversation["id"], user_id=member.id, content="Still here?")

    company.admin.insert("organization_members", organization_id=company.id, user_id=member.id)
    assert len(member.rows("documents", "id", id=document["id"])) == 1
    assert member.rows("conversations", "id", id=conversation["id"]) == []


def test_an_organization_keeps_an_owner(own_company: Company) -> None:
    company = own_company
    with refused("PT409", "last one", "transfer_ownership"):
        company.owner.call("leave_organization", p_organization_id=company.id)
    with refused("PT409"):
        company.owner.call(
            "change_member_role", p_organization_id=company.id, p_user_id=company.owner.id, p_role="member"
        )
    with refused("PT409"):
        company.owner.client.table("organization_members").delete().eq("organization_id", company.id).eq(
            "user_id", company.owner.id
        ).execute()
    company.owner.call("transfer_ownership", p_organization_id=company.id, p_user_id=company.admin.id)
    roles = {
        row["user_id"]: row["role"]
        for row in company.viewer.rows("organization_members", organization_id=company.id)
    }
    assert (roles[company.admin.id], roles[company.owner.id]) == ("owner", "admin")
    company.owner.call("leave_organization", p_organization_id=company.id)
    assert company.owner.rows("organizations", "id", id=company.id) == []


def test_deleting_an_organization_is_for_owners_and_takes_all_with_it(own_company: Company) -> None:
    company = own_company
    company.owner.insert("documents", organization_id=company.id, title="Shared", visibility="organization")
    with refused("PT403"):
        company.admin.call("delete_organization", p_id=company.id)
    company.owner.call("delete_organization", p_id=company.id)
    for person in (company.owner, company.admin, company.viewer):
        assert person.rows("organizations", "id", id=company.id) == []
        assert person.rows("documents", "id", organization_id=company.id) == []
    with refused("PT404"):
        company.owner.call("delete_organization", p_id=company.id)


def test_a_personal_organization_is_for_one(stack: Stack, company: Company) -> None:
    person = new_person(stack)
    (own,) = person.rows("organizations", "id", is_personal=True)
    with refused("PT409", "one member"):
        person.insert("organization_members", organization_id=own["id"], user_id=company.owner.id)
    with refused("PT409", "goes with its account"):
        person.call("delete_organization", p_id=own["id"])


def test_teams_are_made_by_admins_and_run_by_their_leads(own_company: Company) -> None:
    company = own_company
    for person in (company.member, company.lead, company.viewer):
        with refused("42501"):
            person.insert("teams", organization_id=company.id, name="Mine")
    team = company.admin.insert("teams", organization_id=company.id, name="Second")
    company.admin.insert("team_members", team_id=team["id"], user_id=company.member.id, role="lead")
    company.member.insert("team_members", team_id=team["id"], user_id=company.viewer.id)
    with refused("42501"):
        company.colleague.insert("team_members", team_id=team["id"], user_id=company.colleague.id)
    with refused("23503"):
        company.member.insert("team_members", team_id=team["id"], user_id=company.stranger.id)
    renamed = company.member.client.table("teams").update({"name": "Third"}).eq("id", team["id"]).execute()
    assert [row["name"] for row in renamed.data] == ["Third"]
    with refused("PT403"):
        company.member.call("delete_team", p_id=team["id"])
    company.admin.call("delete_team", p_id=team["id"])
    assert company.member.rows("teams", "id", id=team["id"]) == []


def test_the_audit_log_tells_admins_who_did_what(own_company: Company) -> None:
    company = own_company
    company.admin.call(
        "change_member_role", p_organization_id=company.id, p_user_id=company.viewer.id, p_role="member"
    )
    log = (
        company.admin.client.table("organization_audit_log")
        .select("*")
        .eq("organization_id", company.id)
        .order("created_at", desc=True)
        .limit(1)
        .execute()
        .data
    )
    assert [
        (row["actor_id"], row["action"], row["table_name"], row["record"], row["old_values"], row["new_values"])
        for row in log
    ] == [
        (
            company.admin.id,
            "update",
            "organization_members",
            {"user_id": company.viewer.id},
            {"role": "viewer"},
            {"role": "member"},
        )
    ]
    for person in (company.member, company.viewer, company.stranger):
        assert person.rows("organization_audit_log", "id", organization_id=company.id) == []
    with refused("42501"):
        company.owner.insert("organization_audit_log", organization_id=company.id, action="insert", table_name="x")
    with refused("42501"):
        company.owner.client.table("organization_audit_log").delete().eq("organization_id", company.id).execute()


def test_the_seeded_invitation_and_roles(stack: Stack) -> None:
    ada = seeded(stack, "ada@acme.example")
    roles = {
        row["user_profiles"]["full_name"]: row["role"]
        for row in ada.rows(
            "organization_members",
            "role,organizations!inner(slug),user_profiles!organization_members_user_id_fkey(full_name)",
            **{"organizations.slug": "acme"},
        )
    }
    assert roles["Ada Lovelace"] == "owner"
    assert roles["Grace Hopper"] == "admin"
    assert roles["Vera Rubin"] == "viewer"
    emails = [row["email"] for row in ada.rows("organization_invitations", "email")]
    assert "carol@acme.example" in emails


def test_two_organizations_do_not_mix(stack: Stack) -> None:
    person = new_person(stack)
    first, second = new_organization(person), new_organization(person)
    team = person.insert("teams", organization_id=first, name="Team")
    with refused("23503"):
        person.insert("documents", organization_id=second, title="Mixed", visibility="team", team_id=team["id"])
