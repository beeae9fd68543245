"""What is out of reach: everything for anon, three schemas for everybody, what is not granted for anybody."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from tests.api.people import Person, new_person
from tests.support import Stack

TABLES = """
    select c.relname from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'f') order by 1
"""
COLUMNS = """
    select a.attname from pg_attribute a
    where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum limit 1
"""
FUNCTIONS = """
    select p.proname, array(
        select p.proargnames[n] from generate_series(1, p.pronargs) n
    ), has_function_privilege('authenticated', p.oid, 'execute')
    from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prorettype <> 'trigger'::regtype
    order by 1
"""


@pytest.fixture(scope="module")
def person(stack: Stack) -> Person:
    """Return somebody who is signed in and in no organization but their own."""
    return new_person(stack)


def headers(stack: Stack, token: str | None = None) -> dict[str, str]:
    """Return the headers of a request with the anon key, or by somebody who is signed in."""
    return {"apikey": stack.anon_key, "Authorization": f"Bearer {token or stack.anon_key}"}


def test_anon_reads_and_writes_no_table(stack: Stack, db: psycopg.Connection[Any]) -> None:
    tables = [row[0] for row in db.execute(TABLES)]
    assert len(tables) > 20
    with httpx.Client(base_url=f"{stack.api_url}/rest/v1", headers=headers(stack)) as http:
        for table in tables:
            (column,) = db.execute(COLUMNS, [f"public.{table}"]).fetchone() or ("id",)
            filtered = f"/{table}?{column}=not.is.null"
            answers = {
                "select": http.get(f"/{table}"),
                "count": http.head(f"/{table}", headers={"Prefer": "count=exact"}),
                "insert": http.post(f"/{table}", json={}, headers={"Prefer": "return=minimal"}),
                "upsert": http.post(f"/{table}", json={}, headers={"Prefer": "resolution=merge-duplicates"}),
                "update": http.patch(filtered, json={column: None}),
                "delete": http.delete(filtered),
            }
            for what, answer in answers.items():
                assert answer.status_code == 401, f"{what} {table}: {answer.status_code} {answer.text}"
                if what != "count":
                    assert answer.json()["code"] == "42501", f"{what} {table}: {answer.text}"


def test_anon_calls_no_function(stack: Stack, db: psycopg.Connection[Any]) -> None:
    functions = db.execute(FUNCTIONS).fetchall()
    assert len(functions) > 20
    with httpx.Client(base_url=f"{stack.api_url}/rest/v1/rpc", headers=headers(stack)) as http:
        for name, arguments, _ in functions:
            answer = http.post(f"/{name}", json=dict.fromkeys(arguments))
            assert answer.status_code == 401, f"{name}: {answer.status_code} {answer.text}"
            assert answer.json()["code"] == "42501", f"{name}: {answer.text}"


def test_functions_for_the_service_role_are_refused_to_people(
    stack: Stack, db: psycopg.Connection[Any], person: Person
) -> None:
    functions = [row for row in db.execute(FUNCTIONS) if not row[2]]
    assert {"verify_api_key", "cleanup_expired_sessions", "aggregate_usage_summary"} <= {
        row[0] for row in functions
    }
    with httpx.Client(base_url=f"{stack.api_url}/rest/v1/rpc", headers=headers(stack, person.token)) as http:
        for name, arguments, _ in functions:
            answer = http.post(f"/{name}", json=dict.fromkeys(arguments))
            assert answer.status_code == 403, f"{name}: {answer.status_code} {answer.text}"
            assert answer.json()["code"] == "42501", f"{name}: {answer.text}"


def test_the_description_shows_anon_nothing(stack: Stack) -> None:
    answer = httpx.get(f"{stack.api_url}/rest/v1/", headers=headers(stack))
    if answer.status_code == 200:  # hosted Supabase has begun to refuse it altogether
        assert set(answer.json()["paths"]) == {"/"}
        assert answer.json().get("definitions", {}) == {}
    else:
        assert answer.status_code in (401, 403)


@pytest.mark.parametrize(
    "schema", ["private", "auth", "extensions", "storage", "supabase_migrations", "pg_catalog"]
)
@pytest.mark.parametrize("role", ["anon", "person", "service_role"])
def test_other_schemas_are_not_served(stack: Stack, person: Person, schema: str, role: str) -> None:
    token = {"anon": None, "person": person.token, "service_role": stack.service_role_key}[role]
    key = stack.service_role_key if role == "service_role" else stack.anon_key
    sent = {**headers(stack, token), "apikey": key}
    for table in ("users", "usage_base", "objects"):
        answer = httpx.get(f"{stack.api_url}/rest/v1/{table}", headers={**sent, "Accept-Profile": schema})
        assert answer.status_code == 406, answer.text
    answer = httpx.post(
        f"{stack.api_url}/rest/v1/rpc/organization_ids", headers={**sent, "Content-Profile": schema}, json={}
    )
    assert answer.status_code == 406, answer.text


def test_without_a_key_nobody_comes_in(stack: Stack) -> None:
    for path in ("rest/v1/organizations", "rest/v1/rpc/get_user_dashboard", "auth/v1/user"):
        answer = httpx.get(f"{stack.api_url}/{path}")
        assert answer.status_code in (401, 403), f"{path}: {answer.status_code} {answer.text}"


def test_an_insert_after_a_head_arrives(stack: Stack, person: Person) -> None:
    """PostgREST closes the connection after a HEAD without saying so; the gateway must not use it again."""
    with httpx.Client(base_url=f"{stack.api_url}/rest/v1", headers=headers(stack, person.token)) as http:
        for number in range(40):
            counted = http.head("/conversations", headers={"Prefer": "count=exact"})
            assert counted.headers["Content-Range"].endswith(f"/{number}")
            assert http.post("/conversations", json={"title": "Talk"}).status_code == 201


def test_passwords_and_hashes_cannot_be_embedded(stack: Stack, person: Person) -> None:
    for query in (
        "user_profiles?select=user_id,users(encrypted_password)",
        "organizations?select=id,organization_api_keys(key_hash)",
        "organizations?select=id,organization_invitations(*)",
        "user_profiles?select=user_id,user_connections(access_token_encrypted)",
    ):
        answer = httpx.get(f"{stack.api_url}/rest/v1/{query}", headers=headers(stack, person.token))
        assert answer.status_code in (400, 403, 404), f"{query}: {answer.text}"
        assert "secret" not in answer.text
