"""Errors: the HTTP status that a client sees, and a message and a hint that say what to do."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.api.people import Company, Person
from tests.support import Stack


def headers(stack: Stack, person: Person) -> dict[str, str]:
    """Return the headers of a request by somebody."""
    return {"apikey": stack.anon_key, "Authorization": f"Bearer {person.token}"}


def call(stack: Stack, person: Person, function: str, **arguments: Any) -> httpx.Response:
    """Call a function over HTTP and return the answer."""
    return httpx.post(f"{stack.api_url}/rest/v1/rpc/{function}", headers=headers(stack, person), json=arguments)


def test_statuses(stack: Stack, company: Company) -> None:
    nobody = str(uuid.uuid4())
    here = {"p_organization_id": company.id}
    cases: list[tuple[int, httpx.Response]] = [
        (400, call(stack, company.admin, "create_api_key", **here, p_name="Key", p_scopes=[])),
        (403, call(stack, company.member, "create_api_key", **here, p_name="Key")),
        (404, call(stack, company.stranger, "create_api_key", **here, p_name="Key")),
        (404, call(stack, company.owner, "delete_document", p_id=nobody)),
        (404, call(stack, company.owner, "remove_member", **here, p_user_id=nobody)),
        (409, call(stack, company.owner, "leave_organization", **here)),
        (404, call(stack, company.owner, "accept_invitation", p_token="gwi_nonsense")),
    ]
    for status, answer in cases:
        assert answer.status_code == status, answer.text
        body = answer.json()
        assert body["code"] == f"PT{status}"
        assert len(body["message"]) > 10
        assert len(body["hint"]) > 5


def test_an_expired_invitation_is_gone(stack: Stack, own_company: Company, service_client: Any) -> None:
    company = own_company
    made = company.admin.call("create_invitation", p_organization_id=company.id, p_email=company.stranger.email)
    past = {"created_at": "2020-01-01T00:00:00Z", "expires_at": "2020-01-02T00:00:00Z"}
    service_client.table("organization_invitations").update(past).eq("id", made["id"]).execute()
    answer = call(stack, company.stranger, "accept_invitation", p_token=made["token"])
    assert (answer.status_code, answer.json()["code"]) == (410, "PT410")


@pytest.mark.parametrize(
    ("table", "values", "code"),
    [
        ("organizations", {"name": "No address"}, "23502"),
        ("organizations", {"name": " ", "slug": "blank-name"}, "23514"),
        ("organizations", {"name": "x" * 201, "slug": "long-name"}, "23514"),
        ("documents", {"title": ""}, "23514"),
        ("documents", {"title": "x", "source_url": "javascript:alert(1)"}, "23514"),
        ("documents", {"title": "x", "visibility": "public"}, "22P02"),
        ("documents", {"title": "x", "collection_id": "7"}, "22P02"),
        ("documents", {"title": "x", "nonsense": 1}, "PGRST204"),
    ],
)
def test_what_does_not_fit(stack: Stack, company: Company, table: str, values: dict[str, Any], code: str) -> None:
    answer = httpx.post(f"{stack.api_url}/rest/v1/{table}", headers=headers(stack, company.owner), json=values)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text


def test_an_unknown_table_is_not_found(stack: Stack, company: Company) -> None:
    answer = httpx.get(f"{stack.api_url}/rest/v1/nonsense", headers=headers(stack, company.owner))
    assert answer.status_code == 404


@pytest.mark.parametrize("column", ["organization_id", "created_by", "id"])
def test_immutable_columns_are_refused(stack: Stack, company: Company, column: str) -> None:
    document = company.owner.insert("documents", organization_id=company.id, title="Here")
    address = f"{stack.api_url}/rest/v1/documents?id=eq.{document['id']}"
    change = {column: company.member.id}
    as_owner = httpx.patch(address, headers=headers(stack, company.owner), json=change)
    assert (as_owner.status_code, as_owner.json()["code"]) == (403, "42501"), as_owner.text
    service = {"apikey": stack.service_role_key, "Authorization": f"Bearer {stack.service_role_key}"}
    as_service = httpx.patch(address, headers=service, json=change)
    assert (as_service.status_code, as_service.json()["code"]) == (400, "PT400"), as_service.text
    assert "cannot be changed" in as_service.json()["message"]
