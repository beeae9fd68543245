"""The one port that clients see, with Kong's manners."""

from __future__ import annotations

import httpx
import pytest

from groundwork.stack.secrets import api_key
from tests.support import Stack, sign_up

PREFLIGHT = {
    "Origin": "http://localhost:3000",
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "apikey,authorization,content-type,x-client-info",
}


def test_the_data_api_wants_a_key(stack: Stack) -> None:
    missing = httpx.get(f"{stack.api_url}/rest/v1/user_profiles")
    assert missing.status_code == 401
    if stack.kind != "supabase":  # whose local Kong, unlike the hosted one, leaves it to PostgREST to refuse
        assert missing.json()["message"] == "No API key found in request"
    foreign = api_key("service_role", "another-secret-of-at-least-thirty-two-bytes")
    wrong = httpx.get(f"{stack.api_url}/rest/v1/user_profiles", headers={"apikey": foreign})
    assert wrong.status_code == 401


def test_the_key_alone_is_the_bearer_token(stack: Stack) -> None:
    url = f"{stack.api_url}/rest/v1/organizations?select=id&limit=1"
    service = httpx.get(url, headers={"apikey": stack.service_role_key})
    assert service.status_code == 200, service.text
    anon = httpx.get(url, headers={"apikey": stack.anon_key})
    assert anon.status_code == 401, "anon reads nothing in public"


def test_the_key_may_come_in_the_query(stack: Stack) -> None:
    answer = httpx.get(f"{stack.api_url}/rest/v1/organizations?select=id&limit=1&apikey={stack.service_role_key}")
    # Hosted Supabase takes it so, the local Kong of the Supabase CLI does not.
    assert answer.status_code == 200 or stack.kind == "supabase", answer.text


def test_a_users_token_outranks_the_key(stack: Stack) -> None:
    client, user = sign_up(stack)
    session = client.auth.get_session()
    assert session is not None
    answer = httpx.get(
        f"{stack.api_url}/rest/v1/user_profiles?select=user_id",
        headers={"apikey": stack.anon_key, "Authorization": f"Bearer {session.access_token}"},
    )
    assert answer.json() == [{"user_id": user.id}]


@pytest.mark.parametrize("schema", ["private", "auth", "storage", "extensions"])
def test_only_public_is_exposed(stack: Stack, schema: str) -> None:
    answer = httpx.get(
        f"{stack.api_url}/rest/v1/users",
        headers={"apikey": stack.service_role_key, "Accept-Profile": schema},
    )
    assert answer.status_code == 406, answer.text


@pytest.mark.parametrize("path", ["/rest/v1/user_profiles", "/auth/v1/signup", "/storage/v1/bucket"])
def test_browsers_may_ask_first(stack: Stack, path: str) -> None:
    answer = httpx.options(f"{stack.api_url}{path}", headers=PREFLIGHT)
    assert answer.status_code in (200, 204)
    assert answer.headers["Access-Control-Allow-Origin"] in ("*", PREFLIGHT["Origin"])
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    allowed = answer.headers["Access-Control-Allow-Headers"].lower()
    assert allowed == "*" or all(name in allowed for name in ("apikey", "authorization", "x-client-info"))


@pytest.mark.parametrize("path", ["/rest/v1/organizations?limit=1", "/auth/v1/user", "/storage/v1/bucket"])
def test_answers_carry_one_origin_header(stack: Stack, path: str) -> None:
    """Two of them, one from the part and one from the gateway, are refused by browsers."""
    answer = httpx.get(
        f"{stack.api_url}{path}", headers={"apikey": stack.service_role_key, "Origin": "http://localhost:3000"}
    )
    assert answer.headers.get_list("Access-Control-Allow-Origin") in (["*"], ["http://localhost:3000"])


def test_counting_rows_from_a_browser(stack: Stack) -> None:
    answer = httpx.get(
        f"{stack.api_url}/rest/v1/organizations?select=id&limit=1",
        headers={"apikey": stack.service_role_key, "Prefer": "count=exact", "Origin": "http://localhost:3000"},
    )
    assert "/" in answer.headers["Content-Range"]
    assert "content-range" in answer.headers["Access-Control-Expose-Headers"].lower()


def test_a_page_is_never_longer_than_max_rows(stack: Stack) -> None:
    answer = httpx.get(
        f"{stack.api_url}/rest/v1/organizations?select=id&limit=100000",
        headers={"apikey": stack.service_role_key},
    )
    assert len(answer.json()) <= 1000


def test_an_unknown_path_is_a_404(stack: Stack) -> None:
    assert httpx.get(f"{stack.api_url}/nonsense").status_code == 404
