"""API keys: shown once, verified by the service role, revoked at once, and never readable."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from supabase import Client
from tests.api.people import Company, refused
from tests.support import Stack

COLUMNS = "id,name,key_prefix,scopes,created_by,last_used_at,expires_at,revoked_at"
SEEDED_KEY = "gw_development-only-key-of-acme-000000000000000"


def test_a_key_lives_from_making_to_revoking(company: Company, service_client: Client) -> None:
    made = company.admin.call(
        "create_api_key", p_organization_id=company.id, p_name="Website", p_scopes=["chat:write", "search:read"]
    )
    assert made["key"].startswith("gw_")
    assert made["key"].startswith(made["key_prefix"])
    (row,) = company.admin.rows("organization_api_keys", COLUMNS, id=made["id"])
    assert (row["name"], row["created_by"], row["last_used_at"]) == ("Website", company.admin.id, None)

    verified = service_client.rpc("verify_api_key", {"p_key": made["key"]}).execute().data
    assert (verified["api_key_id"], verified["organization_id"]) == (made["id"], company.id)
    assert verified["scopes"] == ["chat:write", "search:read"]
    (row,) = company.admin.rows("organization_api_keys", COLUMNS, id=made["id"])
    assert row["last_used_at"] is not None
    in_scope = (
        service_client.rpc("verify_api_key", {"p_key": made["key"], "p_scope": "search:read"}).execute().data
    )
    assert in_scope == verified
    outside = service_client.rpc("verify_api_key", {"p_key": made["key"], "p_scope": "admin"}).execute().data
    assert outside is None

    company.owner.call("revoke_api_key", p_id=made["id"])
    company.owner.call("revoke_api_key", p_id=made["id"])
    assert service_client.rpc("verify_api_key", {"p_key": made["key"]}).execute().data is None


def test_a_key_that_expired_or_never_was_is_not_verified(company: Company, service_client: Client) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=1)
    made = company.admin.call(
        "create_api_key", p_organization_id=company.id, p_name="Short", p_expires_at=soon.isoformat()
    )
    table = service_client.table("organization_api_keys")
    table.update({"expires_at": "2020-01-01T00:00:00Z"}).eq("id", made["id"]).execute()
    for key in (made["key"], made["key"][:-1], "", "gw_nonsense"):
        assert service_client.rpc("verify_api_key", {"p_key": key}).execute().data is None
    with refused("PT400", "in the past"):
        company.admin.call(
            "create_api_key", p_organization_id=company.id, p_name="Old", p_expires_at="2020-01-01T00:00:00Z"
        )


@pytest.mark.parametrize("scopes", [[], ["Has Space"], ["x" * 65], ["ok", None]])
def test_scopes_make_sense(company: Company, scopes: list[str | None]) -> None:
    with refused("PT400", "scopes"):
        company.admin.call("create_api_key", p_organization_id=company.id, p_name="Odd", p_scopes=scopes)


@pytest.mark.parametrize("columns", ["*", "key_hash", "id,key_hash"])
def test_the_hash_is_not_for_clients(company: Company, columns: str) -> None:
    for person in (company.owner, company.admin, company.viewer, company.stranger):
        with refused("42501"):
            person.rows("organization_api_keys", columns)


def test_nor_can_it_be_filtered_or_ordered_by(company: Company) -> None:
    table = company.owner.client.table("organization_api_keys")
    with refused("42501"):
        table.select("id").like("key_hash", "\\\\x%").execute()
    with refused("42501"):
        company.owner.client.table("organization_api_keys").select("id").order("key_hash").execute()


def test_keys_are_for_admins(company: Company) -> None:
    made = company.admin.call("create_api_key", p_organization_id=company.id, p_name="Admins'")
    for person in (company.member, company.lead, company.viewer):
        assert person.rows("organization_api_keys", COLUMNS) == []
        with refused("PT403"):
            person.call("create_api_key", p_organization_id=company.id, p_name="Mine")
        with refused("PT403"):
            person.call("revoke_api_key", p_id=made["id"])
    with refused("PT404"):
        company.stranger.call("create_api_key", p_organization_id=company.id, p_name="Mine")
    with refused("PT404"):
        company.stranger.call("revoke_api_key", p_id=made["id"])


def test_verifying_is_for_the_service_role(company: Company) -> None:
    with refused("42501"):
        company.owner.call("verify_api_key", p_key="gw_nonsense")


def test_clients_write_no_keys_themselves(company: Company) -> None:
    with refused("42501"):
        company.owner.insert("organization_api_keys", organization_id=company.id, name="Mine", key_prefix="gw_")
    with refused("42501"):
        company.owner.client.table("organization_api_keys").update({"revoked_at": None}).eq(
            "organization_id", company.id
        ).execute()


def test_a_deleted_organization_has_no_keys(own_company: Company, service_client: Client) -> None:
    company = own_company
    made = company.owner.call("create_api_key", p_organization_id=company.id, p_name="Doomed")
    company.owner.call("delete_organization", p_id=company.id)
    assert service_client.rpc("verify_api_key", {"p_key": made["key"]}).execute().data is None


def test_the_seeded_key(stack: Stack, service_client: Client) -> None:
    verified = service_client.rpc("verify_api_key", {"p_key": SEEDED_KEY, "p_scope": "search:read"}).execute().data
    assert verified["name"] == "Website assistant"


def test_tokens_of_connections_are_not_for_clients(company: Company, service_client: Client) -> None:
    person = company.member
    service_client.table("user_connections").insert(
        {
            "user_id": person.id,
            "provider": "github",
            "provider_account_id": company.id,
            "access_token_encrypted": "sealed",
            "encryption_key_id": "k1",
        }
    ).execute()
    assert person.rows("user_connections", "provider,provider_account_id", provider_account_id=company.id) == [
        {"provider": "github", "provider_account_id": company.id}
    ]
    for columns in ("*", "access_token_encrypted", "refresh_token_encrypted", "encryption_key_id"):
        with refused("42501"):
            person.rows("user_connections", columns)
    assert company.owner.rows("user_connections", "id", user_id=person.id) == []
    gone = person.client.table("user_connections").delete().eq("provider_account_id", company.id)
    # The deleted row comes back by `select *`, which is refused; a client asks for none.
    with refused("42501"):
        gone.execute()
    headers = {"Prefer": "return=minimal"}
    person.client.postgrest.session.delete(
        f"{person.client.rest_url}/user_connections?provider_account_id=eq.{company.id}",
        headers={**person.client.options.headers, "Authorization": f"Bearer {person.token}", **headers},
    ).raise_for_status()
    assert person.rows("user_connections", "id", provider_account_id=company.id) == []
