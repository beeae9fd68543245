"""Signing up, in and out, and what tokens are good for."""

from __future__ import annotations

import time
import uuid

import httpx
import jwt
import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.api.people import new_person
from tests.support import PASSWORD, Stack, client_for, sign_up


def test_a_sign_up_makes_profile_preferences_and_personal_organization(stack: Stack) -> None:
    client, user = sign_up(stack, data={"full_name": "  Ada Lovelace ", "avatar_url": "https://img.example/a.png"})
    profile = client.table("user_profiles").select("*").execute().data
    assert [(row["user_id"], row["full_name"], row["avatar_url"]) for row in profile] == [
        (user.id, "Ada Lovelace", "https://img.example/a.png")
    ]
    preferences = client.table("user_preferences").select("*").execute().data
    assert [(row["user_id"], row["theme"], row["time_zone"]) for row in preferences] == [
        (user.id, "system", "UTC")
    ]
    organizations = client.table("organizations").select("*").execute().data
    assert [(row["name"], row["is_personal"], row["plan_type"]) for row in organizations] == [
        ("Ada Lovelace", True, "free")
    ]
    members = client.table("organization_members").select("*").execute().data
    assert [(row["user_id"], row["role"]) for row in members] == [(user.id, "owner")]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"full_name": "x" * 5000},
        {"full_name": "two\nlines", "avatar_url": "javascript:alert(1)"},
        {"full_name": {"not": "a text"}},
        {"full_name": 7, "avatar_url": None},
    ],
    ids=["none", "long", "lines", "object", "number"],
)
def test_odd_metadata_does_not_stop_a_sign_up(stack: Stack, data: dict[str, object]) -> None:
    client, user = sign_up(stack, data=data)
    (profile,) = client.table("user_profiles").select("*").execute().data
    assert profile["user_id"] == user.id
    assert profile["avatar_url"] is None
    assert len(client.table("organizations").select("id").execute().data) == 1


def test_a_person_changes_their_profile_and_preferences(stack: Stack) -> None:
    person = new_person(stack)
    person.client.table("user_profiles").update({"job_title": "Engineer"}).eq("user_id", person.id).execute()
    person.client.table("user_preferences").update({"theme": "dark"}).eq("user_id", person.id).execute()
    assert person.rows("user_profiles", "job_title") == [{"job_title": "Engineer"}]
    assert person.rows("user_preferences", "theme") == [{"theme": "dark"}]


def test_an_address_signs_up_once(stack: Stack) -> None:
    person = new_person(stack)
    with pytest.raises(AuthApiError):
        client_for(stack, stack.anon_key).auth.sign_up({"email": person.email, "password": PASSWORD})


def test_a_short_password_is_refused(stack: Stack) -> None:
    with pytest.raises(AuthWeakPasswordError, match="at least 8"):
        sign_up(stack, password="seven77")


@pytest.mark.parametrize("password", ["wrong-password", PASSWORD.upper()])
def test_a_wrong_password_is_refused(stack: Stack, password: str) -> None:
    person = new_person(stack)
    with pytest.raises(AuthApiError) as caught:
        client_for(stack, stack.anon_key).auth.sign_in_with_password({"email": person.email, "password": password})
    assert caught.value.status == 400


def test_an_unknown_address_is_refused_like_a_wrong_password(stack: Stack) -> None:
    with pytest.raises(AuthApiError) as caught:
        client_for(stack, stack.anon_key).auth.sign_in_with_password(
            {"email": f"{uuid.uuid4().hex}@example.com", "password": PASSWORD}
        )
    assert (caught.value.status, caught.value.message) == (400, "Invalid login credentials")


def test_signing_in_again_gives_a_session_of_its_own(stack: Stack) -> None:
    person = new_person(stack)
    second = client_for(stack, stack.anon_key)
    answer = second.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
    assert answer.session is not None
    assert answer.session.access_token != person.token
    user = second.auth.get_user()
    assert user is not None
    assert (user.user.id, user.user.email) == (person.id, person.email)


def test_refreshing_rotates_the_tokens(stack: Stack) -> None:
    person = new_person(stack)
    before = person.client.auth.get_session()
    assert before is not None
    after = person.client.auth.refresh_session().session
    assert after is not None
    assert after.refresh_token != before.refresh_token
    assert person.rows("user_profiles", "user_id") == [{"user_id": person.id}]


def test_a_made_up_refresh_token_is_refused(stack: Stack) -> None:
    with pytest.raises(AuthApiError):
        client_for(stack, stack.anon_key).auth.refresh_session(uuid.uuid4().hex)


def test_signing_out_ends_the_session(stack: Stack) -> None:
    person = new_person(stack)
    session = person.client.auth.get_session()
    assert session is not None
    person.client.auth.sign_out()
    assert person.client.auth.get_session() is None
    with pytest.raises(AuthApiError):
        client_for(stack, stack.anon_key).auth.refresh_session(session.refresh_token)


def test_changing_the_password(stack: Stack) -> None:
    person = new_person(stack)
    person.client.auth.update_user({"password": "another-password"})
    client = client_for(stack, stack.anon_key)
    with pytest.raises(AuthApiError):
        client.auth.sign_in_with_password({"email": person.email, "password": PASSWORD})
    assert client.auth.sign_in_with_password({"email": person.email, "password": "another-password"}).session


def claims(person_id: str, **other: object) -> dict[str, object]:
    now = int(time.time())
    return {
        "sub": person_id,
        "aud": "authenticated",
        "role": "authenticated",
        "iat": now,
        "exp": now + 600,
        **other,
    }


def read_with(stack: Stack, token: str) -> httpx.Response:
    headers = {"apikey": stack.anon_key, "Authorization": f"Bearer {token}"}
    return httpx.get(f"{stack.api_url}/rest/v1/user_profiles?select=user_id", headers=headers)


def test_a_token_signed_with_the_secret_is_believed(stack: Stack) -> None:
    person = new_person(stack)
    answer = read_with(stack, jwt.encode(claims(person.id), stack.jwt_secret, "HS256"))
    assert (answer.status_code, answer.json()) == (200, [{"user_id": person.id}])


def test_a_forged_token_is_refused(stack: Stack) -> None:
    person = new_person(stack)
    for forged in (
        jwt.encode(claims(person.id), "another-secret-of-at-least-32-characters", "HS256"),
        jwt.encode(claims(person.id, role="service_role"), "another-secret-of-at-least-32-characters", "HS256"),
        jwt.encode(claims(person.id), None, "none"),
        person.token[:-4] + ("AAAA" if person.token[-4:] != "AAAA" else "BBBB"),
        "nonsense",
    ):
        answer = read_with(stack, forged)
        assert answer.status_code == 401, answer.text


def test_an_expired_token_is_refused(stack: Stack) -> None:
    person = new_person(stack)
    past = int(time.time()) - 3600
    answer = read_with(stack, jwt.encode(claims(person.id, iat=past - 60, exp=past), stack.jwt_secret, "HS256"))
    assert answer.status_code == 401, answer.text


@pytest.mark.parametrize("role", ["postgres", "supabase_admin", "supabase_auth_admin", "pg_read_all_data"])
def test_a_token_cannot_name_a_role_of_the_database(stack: Stack, role: str) -> None:
    person = new_person(stack)
    answer = read_with(stack, jwt.encode(claims(person.id, role=role), stack.jwt_secret, "HS256"))
    # 400 where the server has no such role at all.
    assert answer.status_code in (400, 401, 403), answer.text
    assert answer.json()["code"] in ("22023", "42501"), answer.text


def test_a_token_of_nobody_sees_nothing(stack: Stack) -> None:
    new_person(stack)
    answer = read_with(stack, jwt.encode(claims(str(uuid.uuid4())), stack.jwt_secret, "HS256"))
    assert (answer.status_code, answer.json()) == (200, [])
