"""Signing up, in and out through both clients."""

from __future__ import annotations

import base64
import json
import uuid
from typing import Any

import pytest
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

from tests.support import PASSWORD, Stack, client_for, run_node, sign_up


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))))


def test_a_sign_up_signs_in_at_once(stack: Stack) -> None:
    client, user = sign_up(stack, data={"full_name": "Ada"})
    answer = client.auth.get_user()
    assert answer is not None
    assert answer.user.id == user.id
    assert answer.user.user_metadata["full_name"] == "Ada"
    assert answer.user.created_at.tzinfo is not None


def test_the_token_says_who_it_is_and_what_policies_read(stack: Stack) -> None:
    client, user = sign_up(stack, data={"full_name": "Ada"})
    session = client.auth.get_session()
    assert session is not None
    found = claims(session.access_token)
    assert (found["sub"], found["role"], found["aud"]) == (user.id, "authenticated", "authenticated")
    assert found["email"] == user.email
    assert found["app_metadata"]["provider"] == "email"
    assert found["user_metadata"]["full_name"] == "Ada"
    assert found["aal"] == "aal1"
    assert found["is_anonymous"] is False
    assert found["session_id"]


def test_a_short_password_is_refused(stack: Stack) -> None:
    with pytest.raises((AuthApiError, AuthWeakPasswordError), match="at least 8 characters"):
        sign_up(stack, password="1234567")


def test_signing_in_with_the_password(stack: Stack) -> None:
    _, user = sign_up(stack)
    client = client_for(stack, stack.anon_key)
    answer = client.auth.sign_in_with_password({"email": str(user.email), "password": PASSWORD})
    assert answer.user is not None and answer.user.id == user.id
    with pytest.raises(AuthApiError, match="Invalid login credentials"):
        client.auth.sign_in_with_password({"email": str(user.email), "password": "wrong-password"})


def test_an_address_signs_up_once(stack: Stack) -> None:
    address = f"{uuid.uuid4().hex}@example.com"
    sign_up(stack, address)
    with pytest.raises(AuthApiError, match="already"):
        sign_up(stack, address)


def test_a_refreshed_session_has_all_claims(stack: Stack) -> None:
    client, user = sign_up(stack)
    before = client.auth.get_session()
    after = client.auth.refresh_session().session
    assert before is not None and after is not None
    assert after.refresh_token != before.refresh_token
    assert claims(after.access_token)["app_metadata"]["provider"] == "email"
    assert client.table("user_profiles").select("user_id").execute().data == [{"user_id": user.id}]


def test_a_user_updates_metadata_and_password(stack: Stack) -> None:
    client, user = sign_up(stack)
    updated = client.auth.update_user({"data": {"full_name": "Grace"}, "password": "another-password"})
    assert updated.user.user_metadata["full_name"] == "Grace"
    again = client_for(stack, stack.anon_key)
    again.auth.sign_in_with_password({"email": str(user.email), "password": "another-password"})


def test_signing_out_ends_the_session(stack: Stack) -> None:
    client, _ = sign_up(stack)
    session = client.auth.get_session()
    assert session is not None
    client.auth.sign_out()
    with pytest.raises(AuthApiError):
        client_for(stack, stack.anon_key).auth.refresh_session(session.refresh_token)


def test_a_suite_is_not_held_back_by_rate_limits(stack: Stack) -> None:
    for _ in range(40):
        sign_up(stack)


SUPABASE_JS = """
import { createClient } from "@supabase/supabase-js";
const { API_URL, ANON_KEY } = process.env;
const client = createClient(API_URL, ANON_KEY, { auth: { persistSession: false, autoRefreshToken: false } });
const must = ({ data, error }) => { if (error) throw error; return data; };
const email = `${crypto.randomUUID()}@example.com`, password = "correct-horse-battery";
const signUp = { email, password, options: { data: { full_name: "Ada" } } };
const { user, session } = must(await client.auth.signUp(signUp));
if (!session) throw new Error("no session");
if (must(await client.auth.getUser()).user.id !== user.id) throw new Error("getUser");
const rows = must(await client.from("user_profiles").select("user_id"));
if (rows.length !== 1 || rows[0].user_id !== user.id) throw new Error("profile");
if (must(await client.auth.updateUser({ data: { full_name: "Grace" } })).user.user_metadata.full_name !== "Grace")
  throw new Error("updateUser");
const refreshed = must(await client.auth.refreshSession());
if (refreshed.session.refresh_token === session.refresh_token) throw new Error("refresh");
must({ data: null, ...(await client.auth.signOut()) });
must(await client.auth.signInWithPassword({ email, password }));
const wrong = await client.auth.signInWithPassword({ email, password: "wrong-password" });
if (wrong.error?.code !== "invalid_credentials") throw new Error(`wrong password: ${wrong.error?.code}`);
console.log("done");
"""


def test_the_same_with_supabase_js(stack: Stack) -> None:
    result = run_node(SUPABASE_JS, stack.environment())
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "done"
