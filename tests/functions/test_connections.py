"""Connections: OAuth with a real server, tokens that only the server can read, keys that change."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet

from functions.connections.vault import Vault
from tests.functions.oauth_server import OAuthServer, oauth_server
from tests.functions.people import Person, call, newcomer, use_stack
from tests.support import Stack

BACK = "https://app.example.com/connected"
FIRST, SECOND = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Iterator[OAuthServer]:
    use_stack(monkeypatch, stack)
    with oauth_server() as server:
        monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"first:{FIRST}")
        monkeypatch.setenv("SHELF_SECRET", "hush")
        monkeypatch.setenv(
            "GROUNDWORK_CONNECTIONS",
            f"""
[shelf]
authorize_url = "{server.url}/authorize"
token_url = "{server.url}/token"
account_url = "{server.url}/account"
revoke_url = "{server.url}/revoke"
client_id = "groundwork"
client_secret_env = "SHELF_SECRET"
scopes = ["read"]
redirect_urls = ["{BACK}"]
""",
        )
        yield server


@pytest.fixture(scope="module")
def person(stack: Stack) -> Person:
    return newcomer(stack)


def connect(service: OAuthServer, person: Person, account: str = "42") -> dict[str, Any]:
    begun = person.call("POST", "/connections/shelf/authorize", json={"redirect_url": BACK})
    assert begun.status_code == 200, begun.json
    code, state = service.consent(begun.json["url"], account)
    made = person.call("POST", "/connections/shelf/exchange", json={"code": code, "state": state})
    assert made.status_code == 201, made.json
    return dict(made.json)


def row_of(stack: Stack, identity: str) -> dict[str, Any]:
    with psycopg.connect(stack.db_url, row_factory=psycopg.rows.dict_row) as connection:
        row = connection.execute("select * from user_connections where id = %s", [identity]).fetchone()
    assert row
    return row


def test_an_account_is_connected_and_its_tokens_are_encrypted(
    stack: Stack, service: OAuthServer, person: Person
) -> None:
    made = connect(service, person)
    assert made["provider_account_id"] == "42"
    assert made["scopes"] == ["read"]
    row = row_of(stack, made["id"])
    token = Vault.load().open(row["access_token_encrypted"], "access", person.id, "shelf")
    assert service.access[token] == "42"
    assert token not in str(row)
    listed = person.call("GET", "/connections").json["connections"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert "encrypted" not in str(listed)
    assert connect(service, person)["id"] == made["id"]


def test_a_state_is_good_for_its_person_alone(stack: Stack, service: OAuthServer, person: Person) -> None:
    begun = person.call("POST", "/connections/shelf/authorize", json={"redirect_url": BACK})
    code, state = service.consent(begun.json["url"])
    other = newcomer(stack)
    stolen = other.call("POST", "/connections/shelf/exchange", json={"code": code, "state": state})
    assert (stolen.status_code, stolen.json["error"]["code"]) == (409, "cannot_decrypt")
    forged = person.call("POST", "/connections/shelf/exchange", json={"code": code, "state": "forged"})
    assert forged.status_code == 409


def test_a_code_is_good_once(service: OAuthServer, person: Person) -> None:
    begun = person.call("POST", "/connections/shelf/authorize", json={"redirect_url": BACK})
    code, state = service.consent(begun.json["url"])
    given = {"code": code, "state": state}
    assert person.call("POST", "/connections/shelf/exchange", json=given).status_code == 201
    again = person.call("POST", "/connections/shelf/exchange", json=given)
    assert (again.status_code, again.json["error"]["code"]) == (422, "service_refused")


def test_a_token_is_refreshed_once_however_many_ask(stack: Stack, service: OAuthServer, person: Person) -> None:
    made = connect(service, person, "refreshed")
    before = row_of(stack, made["id"])
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(person.call, "POST", f"/connections/{made['id']}/refresh") for _ in range(4)]
        codes = sorted(one.result().status_code for one in asked)
    assert codes[0] == 200
    assert set(codes) <= {200, 409}
    after = row_of(stack, made["id"])
    assert after["access_token_encrypted"] != before["access_token_encrypted"]
    assert after["metadata"] == {}
    assert person.call("POST", f"/connections/{made['id']}/refresh").status_code == 200


def test_a_service_that_fails_takes_nothing_away(stack: Stack, service: OAuthServer, person: Person) -> None:
    made = connect(service, person, "failing")
    service.broken = True
    assert person.call("POST", f"/connections/{made['id']}/refresh").status_code in (422, 502)
    service.broken = False
    assert person.call("POST", f"/connections/{made['id']}/refresh").status_code == 200


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"access_token": None}, 502),
        ({"expires_in": 3600}, 502),
        ({"access_token": "t", "expires_in": 1e300}, 200),
        ({"access_token": "t", "expires_at": "soon"}, 200),
    ],
)
def test_a_service_that_says_nonsense_takes_nothing_away(
    stack: Stack, service: OAuthServer, person: Person, said: dict[str, object], status: int
) -> None:
    made = connect(service, person)
    before = row_of(stack, made["id"])
    service.override = {**said, "refresh_token": "r", "token_type": "Bearer"}
    refreshed = person.call("POST", f"/connections/{made['id']}/refresh")
    assert refreshed.status_code == status, refreshed.json
    after = row_of(stack, made["id"])
    kept = after["access_token_encrypted"] == before["access_token_encrypted"]
    assert kept == (status != 200)
    token = Vault.load().open(after["access_token_encrypted"], "access", person.id, "shelf")
    assert token == "t" or kept


def test_a_list_of_scopes_is_one(service: OAuthServer, person: Person) -> None:
    service.scope = ["read", "write"]
    assert connect(service, person)["scopes"] == ["read", "write"]


def test_a_connection_that_goes_while_it_is_refreshed_is_gone(service: OAuthServer, person: Person) -> None:
    made = connect(service, person)
    with ThreadPoolExecutor(1) as pool:
        service.pause = 1.5
        refreshed = pool.submit(person.call, "POST", f"/connections/{made['id']}/refresh")
        time.sleep(0.5)
        assert person.call("DELETE", f"/connections/{made['id']}").status_code == 204
        assert (refreshed.result().status_code, refreshed.result().json["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("state", ["", "x" * 50, "\u2603"])
def test_a_forged_state_is_refused(service: OAuthServer, person: Person, state: str) -> None:
    refused = person.call("POST", "/connections/shelf/exchange", json={"code": "c", "state": state})
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "cannot_decrypt")


def test_another_persons_connection_is_out_of_reach(stack: Stack, service: OAuthServer, person: Person) -> None:
    made = connect(service, person, "mine")
    stranger = newcomer(stack)
    assert stranger.call("POST", f"/connections/{made['id']}/refresh").status_code == 404
    assert stranger.call("DELETE", f"/connections/{made['id']}").status_code == 404
    assert stranger.call("GET", "/connections").json == {"connections": []}


def test_disconnecting_tells_the_service(stack: Stack, service: OAuthServer, person: Person) -> None:
    made = connect(service, person, "leaving")
    assert person.call("DELETE", f"/connections/{made['id']}").status_code == 204
    assert len(service.revoked) == 1
    assert person.call("DELETE", f"/connections/{made['id']}").status_code == 404


def test_keys_are_rotated_while_everything_runs(
    stack: Stack, service: OAuthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [newcomer(stack) for _ in range(4)]
    made = [connect(service, one, f"rotating-{number}")["id"] for number, one in enumerate(people)]
    monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"second:{SECOND},first:{FIRST}")
    assert people[0].call("POST", "/connections/rotate").status_code == 403

    def use(one: Person, identity: str) -> set[int]:
        return {one.call("POST", f"/connections/{identity}/refresh").status_code for _ in range(5)}

    with ThreadPoolExecutor(4) as pool:
        used = [pool.submit(use, one, identity) for one, identity in zip(people, made, strict=True)]
        rotations = [call("POST", "/connections/rotate", stack.service_role_key)]
        while not all(one.done() for one in used) or rotations[-1].json["rotated"]:
            rotations.append(call("POST", "/connections/rotate", stack.service_role_key))
    assert {answer.status_code for answer in rotations} == {200}
    # Whoever asks while the row is encrypted anew is told to come again, and loses nothing.
    assert set().union(*(one.result() for one in used)) <= {200, 409}
    monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"second:{SECOND}")
    for number, (one, identity) in enumerate(zip(people, made, strict=True)):
        row = row_of(stack, identity)
        assert row["encryption_key_id"] == "second"
        token = Vault.load().open(row["access_token_encrypted"], "access", one.id, "shelf")
        assert service.access[token] == f"rotating-{number}"
        # A refresh token is good once: this one is the newest.
        assert one.call("POST", f"/connections/{identity}/refresh").status_code == 200


def test_a_refresh_token_that_is_not_repeated_is_kept_also_after_a_change_of_keys(
    stack: Stack, service: OAuthServer, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = connect(service, person, "terse")
    service.gives_refresh = False
    assert connect(service, person, "terse")["id"] == made["id"]
    monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"second:{SECOND},first:{FIRST}")
    assert connect(service, person, "terse")["id"] == made["id"]
    monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"second:{SECOND}")
    row = row_of(stack, made["id"])
    assert row["encryption_key_id"] == "second"
    kept = Vault.load().open(row["refresh_token_encrypted"], "refresh", person.id, "shelf")
    assert service.refresh[kept] == "terse"
    assert person.call("POST", f"/connections/{made['id']}/refresh").status_code == 200
    other = connect(service, person, "silent")
    assert row_of(stack, other["id"])["refresh_token_encrypted"] is None
    refused = person.call("POST", f"/connections/{other['id']}/refresh")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "no_refresh_token")
    monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"first:{FIRST}")
    assert connect(service, person, "terse")["id"] == made["id"], (
        "though its refresh token cannot be read any more"
    )
    assert row_of(stack, made["id"])["refresh_token_encrypted"] is None


def test_a_token_moved_to_another_row_does_not_open(stack: Stack, service: OAuthServer, person: Person) -> None:
    made = connect(service, person, "moved")
    thief = newcomer(stack)
    stolen = connect(service, thief, "thief")
    sealed = row_of(stack, made["id"])["refresh_token_encrypted"]
    with psycopg.connect(stack.db_url) as connection:
        connection.execute(
            "update user_connections set refresh_token_encrypted = %s where id = %s", [sealed, stolen["id"]]
        )
    assert thief.call("POST", f"/connections/{stolen['id']}/refresh").status_code == 409


def test_what_is_not_set_up_is_told(service: OAuthServer, person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    assert person.call("POST", "/connections/other/authorize", json={"redirect_url": BACK}).status_code == 404
    elsewhere = {"redirect_url": "https://evil.example.com"}
    assert person.call("POST", "/connections/shelf/authorize", json=elsewhere).status_code == 400
    monkeypatch.delenv("CONNECTIONS_ENCRYPTION_KEYS")
    assert person.call("POST", "/connections/shelf/authorize", json={"redirect_url": BACK}).status_code == 501
