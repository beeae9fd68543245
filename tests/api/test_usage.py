"""Usage: what clients report, who sees it, the dashboard and the organization's analytics."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from supabase import Client
from tests.api.people import Company, Person, new_organization, new_person, refused, seeded
from tests.support import Stack

CALL = {"endpoint": "/chat/completions", "model_name": "gpt-4", "tokens_input": 1500, "tokens_output": 500}
SOME_ID = "7d7ad5f0-0c1c-4f4e-9a41-0d1a0f5f6c11"


def report(person: Person, organization_id: str, **values: Any) -> dict[str, Any]:
    """Let somebody report a call as the seed does."""
    return person.insert(
        "api_usage",
        **{**CALL, "cost_usd": 0.06, "user_id": person.id, "organization_id": organization_id, **values},
    )


def test_a_reported_call(company: Company) -> None:
    made = report(company.member, company.id)
    assert (made["tokens_used"], made["cost_usd"], made["reported_by_client"]) == (2000, 0.06, True)


def test_a_retry_counts_once(own_company: Company) -> None:
    company, request_id = own_company, uuid.uuid4().hex
    report(company.member, company.id, request_id=request_id)
    table = company.member.client.table("api_usage")
    again = table.insert({**CALL, "organization_id": company.id, "request_id": request_id}).execute()
    assert again.data == []
    assert len(company.member.rows("api_usage", "id", organization_id=company.id)) == 1


def test_a_known_model_gets_its_price(company: Company) -> None:
    assert report(company.member, company.id, model_name="gpt-4", cost_usd=None)["cost_usd"] == pytest.approx(
        0.075
    )
    assert (
        report(company.member, company.id, model_name=f"new-{uuid.uuid4().hex}", cost_usd=None)["cost_usd"] is None
    )


@pytest.mark.parametrize(
    "values",
    [{"tokens_input": -1}, {"tokens_output": -1}, {"tokens_cached": 1501}, {"cost_usd": -1}, {"model_name": ""}],
    ids=["input", "output", "cached", "cost", "model"],
)
def test_nonsense_is_refused(company: Company, values: dict[str, Any]) -> None:
    with refused("23514"):
        report(company.member, company.id, **values)


def test_who_may_report_for_whom(company: Company) -> None:
    for person in (company.viewer, company.stranger):
        with refused("42501"):
            report(person, company.id)
    with refused("42501"):
        report(company.member, company.id, user_id=company.owner.id)
    with refused("42501"):
        report(company.member, company.id, reported_by_client=False)


def test_the_ledger_does_not_change(company: Company) -> None:
    made = report(company.owner, company.id)
    with refused("42501"):
        company.owner.client.table("api_usage").update({"cost_usd": 0}).eq("id", made["id"]).execute()
    with refused("42501"):
        company.owner.client.table("api_usage").delete().eq("id", made["id"]).execute()


def test_people_see_their_own_usage_and_admins_all(own_company: Company) -> None:
    company = own_company
    report(company.member, company.id)
    report(company.colleague, company.id)
    seen = {
        role: len(getattr(company, role).rows("api_usage", "id", organization_id=company.id))
        for role in ("owner", "admin", "member", "colleague", "lead", "viewer", "stranger")
    }
    assert seen == {"owner": 2, "admin": 2, "member": 1, "colleague": 1, "lead": 0, "viewer": 0, "stranger": 0}


def test_the_dashboard_has_the_seeds_keys_and_counts_what_is_there(company: Company, stack: Stack) -> None:
    person = new_person(stack, "Dora Dash")
    assert person.call("get_user_dashboard") == {
        "email": person.email,
        "full_name": "Dora Dash",
        "avatar_url": None,
        "organizations": [
            {"id": person.rows("organizations", "id")[0]["id"], "name": "Dora Dash", "role": "owner"}
        ],
        "conversation_count": 0,
        "unread_count": 0,
        "document_count": 0,
        "usage_this_month": {"tokens": 0, "cost_usd": 0, "requests": 0},
    }
    company.owner.insert("organization_members", organization_id=company.id, user_id=person.id, role="member")
    conversation = person.insert("conversations", organization_id=company.id, title="Talk")
    company.admin.rows("conversations", "id", id=conversation["id"])
    person.insert("conversation_participants", conversation_id=conversation["id"], user_id=company.owner.id)
    company.owner.insert(
        "messages", conversation_id=conversation["id"], user_id=company.owner.id, content="Welcome"
    )
    person.insert("documents", organization_id=company.id, title="Notes")
    deleted = person.insert("documents", organization_id=company.id, title="Draft")
    person.call("delete_document", p_id=deleted["id"])
    report(person, company.id)
    report(person, person.rows("organizations", "id", is_personal=True)[0]["id"], cost_usd=0.01)
    dashboard = person.call("get_user_dashboard")
    assert (dashboard["conversation_count"], dashboard["unread_count"], dashboard["document_count"]) == (1, 1, 1)
    assert {row["role"] for row in dashboard["organizations"]} == {"owner", "member"}
    assert dashboard["usage_this_month"] == {"tokens": 4000, "cost_usd": 0.07, "requests": 2}


def test_the_analytics_have_the_seeds_keys_and_count_this_organization_alone(own_company: Company) -> None:
    company = own_company
    elsewhere = new_organization(company.owner)
    company.owner.insert("conversations", organization_id=elsewhere, title="Elsewhere")
    company.owner.insert("documents", organization_id=elsewhere, title="Elsewhere")
    report(company.owner, elsewhere)
    company.owner.insert("conversations", organization_id=company.id, title="Here")
    company.member.insert("documents", organization_id=company.id, title="Here")
    report(company.member, company.id)
    report(company.admin, company.id, tokens_input=500, tokens_output=500, cost_usd=0.04)
    assert company.admin.call("get_organization_analytics", p_organization_id=company.id) == {
        "name": "Company",
        "plan_type": "free",
        "member_count": 6,
        "team_count": 1,
        "total_conversations": 1,
        "total_documents": 1,
        "usage_this_month": {
            "tokens": 3000,
            "cost_usd": 0.1,
            "requests": 2,
            "by_user": {
                company.member.email: {"tokens": 2000, "cost": 0.06},
                company.admin.email: {"tokens": 1000, "cost": 0.04},
            },
        },
    }
    as_viewer = company.viewer.call("get_organization_analytics", p_organization_id=company.id)
    assert as_viewer["usage_this_month"] == {"tokens": 3000, "cost_usd": 0.1, "requests": 2, "by_user": None}
    with refused("PT404"):
        company.stranger.call("get_organization_analytics", p_organization_id=company.id)


def test_aggregating_changes_no_figure(own_company: Company, service_client: Client) -> None:
    company = own_company
    report(company.member, company.id)
    before = company.admin.call("get_organization_analytics", p_organization_id=company.id)
    for period in ("hour", "day", "week", "month"):
        service_client.rpc("aggregate_usage_summary", {"p_period": period}).execute()
    report(company.member, company.id)
    after = company.admin.call("get_organization_analytics", p_organization_id=company.id)
    assert before["usage_this_month"]["tokens"] * 2 == after["usage_this_month"]["tokens"] == 4000
    assert company.admin.rows(
        "token_usage_summary", "period,tokens_used", organization_id=company.id, period="day"
    ) == [{"period": "day", "tokens_used": 2000}]
    assert company.viewer.rows("token_usage_summary", "period", organization_id=company.id) == []


def test_quotas_are_seen_by_members_and_set_by_admins(own_company: Company) -> None:
    company = own_company
    quota = {"organization_id": company.id, "metric": "cost", "period": "month", "limit_value": 100}
    company.admin.insert("usage_quotas", **quota)
    assert company.viewer.rows("usage_quotas", "limit_value", organization_id=company.id) == [{"limit_value": 100}]
    assert company.stranger.rows("usage_quotas", "id", organization_id=company.id) == []
    for person in (company.member, company.viewer, company.stranger):
        with refused("42501"):
            person.insert("usage_quotas", **{**quota, "period": "day"})
    with refused("42501"):
        company.owner.insert("usage_quotas", **{**quota, "period": "day", "kind": "plan"})


# What an attacker with a login tries ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", SOME_ID),
        ("api_key_id", SOME_ID),
        ("reported_by_client", False),
        ("pricing_id", SOME_ID),
        ("adjusts_id", SOME_ID),
        ("adjusts_unpriced", True),
        ("adjustment_reason", "Mine"),
        ("created_at", "2020-01-01T00:00:00Z"),
        ("recorded_at", "2020-01-01T00:00:00Z"),
    ],
)
def test_no_client_says_what_the_ledger_decides(company: Company, column: str, value: object) -> None:
    with refused("42501"):
        report(company.owner, company.id, **{column: value})


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        ("record_api_usage", {"p_organization_id": "", "p_endpoint": "/x", "p_model_name": "m"}),
        ("record_api_usage_batch", {"p_calls": []}),
        ("reserve_usage", {"p_organization_id": "", "p_model_name": "m"}),
        ("settle_usage", {"p_reservation_id": "", "p_tokens_input": 0, "p_tokens_output": 0}),
        ("release_usage", {"p_reservation_id": ""}),
        ("adjust_usage", {"p_organization_id": "", "p_usage_id": "", "p_reason": "x", "p_cost_usd": -1}),
        ("reprice_usage", {"p_model_name": "gpt-4", "p_from": "2020-01-01T00:00:00Z"}),
        ("set_model_price", {"p_model_name": "gpt-4", "p_input_per_million": 0, "p_output_per_million": 0}),
        ("add_usage_credit", {"p_organization_id": "", "p_amount_usd": 1000}),
        ("require_usage_credit", {"p_organization_id": "", "p_is_required": False}),
        ("set_usage_retention", {"p_months": 1}),
        ("aggregate_usage_summary", {"p_period": "day"}),
        ("get_unpriced_models", {}),
        ("run_maintenance", {}),
        ("schedule_maintenance", {}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_client_calls_what_is_for_the_service_role(
    company: Company, function: str, arguments: dict[str, Any]
) -> None:
    named = {name: company.id if value == "" else value for name, value in arguments.items()}
    with refused("42501"):
        company.owner.call(function, **named)


def test_no_client_gets_more_than_the_plan_allows(own_company: Company, service_client: Client) -> None:
    company = own_company
    quota = {"organization_id": company.id, "metric": "tokens", "period": "day"}
    service_client.table("usage_quotas").insert({**quota, "kind": "plan", "limit_value": 100}).execute()
    reserve = {"p_organization_id": company.id, "p_model_name": "gpt-4", "p_expires_in": "1 day"}
    quotas = company.owner.client.table("usage_quotas")
    assert quotas.update({"limit_value": 10**9}).eq("organization_id", company.id).execute().data == []
    assert quotas.delete().eq("organization_id", company.id).execute().data == []
    for forged in (
        {"kind": "plan", "limit_value": 10**9},
        {"kind": "plan", "scope": "user", "limit_value": 10**9},
    ):
        with refused("42501"):
            quotas.upsert(
                {**quota, **forged}, on_conflict="organization_id,kind,scope,user_id,api_key_id,metric,period"
            ).execute()
    company.owner.insert("usage_quotas", **quota, limit_value=10**9)
    # What a client says of itself counts neither for it nor against it, whatever it says.
    report(company.owner, company.id, tokens_input=10**9, request_id="r")
    company.owner.client.table("organizations").update({"time_zone": "Asia/Tokyo"}).eq("id", company.id).execute()
    service_client.rpc("reserve_usage", {**reserve, "p_tokens_input": 100, "p_request_id": "r"}).execute()
    with refused("PT429", "quota of 100 tokens a day has 0 left"):
        service_client.rpc("reserve_usage", {**reserve, "p_tokens_input": 1}).execute()
    limits = company.member.call("explain_limits", p_organization_id=company.id)
    assert sorted((row["limit_value"], row["held"], row["has_room"]) for row in limits) == [
        (100, 100, False),
        (10**9, 100, True),
    ]


def test_nobody_sees_what_others_use(own_company: Company) -> None:
    theirs = own_company
    report(theirs.owner, theirs.id)
    for person in (theirs.stranger, theirs.member):
        for table in ("api_usage", "token_usage_summary", "usage_alerts", "usage_credits"):
            assert person.rows(table, "organization_id", organization_id=theirs.id) == []
        # By way of something else that they see.
        embedded = person.rows("user_profiles", "user_id,api_usage(id)", user_id=theirs.owner.id)
        assert [row["api_usage"] for row in embedded] in ([], [[]])
    for function in ("get_organization_analytics", "explain_limits"):
        with refused("PT404"):
            theirs.stranger.call(function, p_organization_id=theirs.id)
    span = {"p_from": "2020-01-01T00:00:00Z", "p_to": "2100-01-01T00:00:00Z"}
    with refused("PT404"):
        theirs.stranger.call("get_usage_timeseries", p_organization_id=theirs.id, **span)
    for rest in ({"p_group_by": "user"}, {"p_group_by": "api_key"}, {"p_user_id": theirs.owner.id}):
        with refused("PT403"):
            theirs.member.call("get_usage_timeseries", p_organization_id=theirs.id, **span, **rest)
    with refused("PT403"):
        theirs.member.call("explain_limits", p_organization_id=theirs.id, p_user_id=theirs.owner.id)
    for table in ("usage_counters", "usage_pending", "usage_reservations", "usage_requests", "api_usage_default"):
        with refused("PGRST106"):
            theirs.owner.client.schema("private").table(table).select("*").execute()


def test_the_seeded_month(stack: Stack) -> None:
    ada = seeded(stack, "ada@acme.example")
    (acme,) = ada.rows("organizations", "id", slug="acme")
    rows = ada.rows("api_usage", "user_id,api_key_id,cost_usd", organization_id=acme["id"])
    assert len(rows) > 300
    assert all(row["cost_usd"] is not None for row in rows)
    assert len({row["user_id"] for row in rows} - {None}) == 4
    assert any(row["api_key_id"] for row in rows)
    days = ada.rows("token_usage_summary", "period_start", organization_id=acme["id"], period="day")
    assert len({row["period_start"] for row in days}) >= 25
    linus = seeded(stack, "linus@acme.example")
    assert {row["user_id"] for row in linus.rows("api_usage", "user_id", organization_id=acme["id"])} == {linus.id}
    plans = {
        row["metric"]: row["limit_value"]
        for row in linus.rows("usage_quotas", organization_id=acme["id"], kind="plan")
    }
    assert plans == {"cost": 500, "requests": 600}
