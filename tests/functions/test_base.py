"""What every handler does alike: errors, CORS, request ids, the document that describes them, who calls."""

from __future__ import annotations

import json
import logging
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from flask import Flask, Request, request
from postgrest.exceptions import APIError

from functions._shared import caller, logs
from functions._shared.body import Body, Text, parse
from functions._shared.errors import FunctionError, translated
from functions._shared.handler import handler, path_below
from functions.app import app, modules
from tests.functions.people import call, newcomer, use_stack
from tests.functions.server import functions_server
from tests.support import Stack, sign_up


class Greeting(Body):
    name: Text
    times: int = 1


@handler("greet", "POST", max_body=1000)
def greet(request: Request) -> dict[str, object]:
    body = parse(request, Greeting)
    if body.name == "trouble":
        raise RuntimeError("the secret is heron")
    return {"greeting": body.name * body.times, "below": path_below(request, "greet")}


@pytest.fixture
def alone() -> Flask:
    """A handler as functions-framework mounts it: alone, at every path."""
    server = Flask("alone")
    server.add_url_rule("/", view_func=lambda: greet(request), methods=["GET", "POST", "OPTIONS"], endpoint="root")
    return server


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b'{"name": "\\ud800"}', 400, "invalid_json"),
        (b"\xff\xfe", 400, "invalid_json"),
        (b"[]", 400, "invalid_request"),
        (b'{"name": 1}', 400, "invalid_request"),
        (b'{"name": "a\\u0000"}', 400, "invalid_request"),
        (b'{"name": "a", "nmae": "b"}', 400, "invalid_request"),
        (b'{"name": "' + b"a" * 1000 + b'"}', 413, "request_entity_too_large"),
        (b'{"name": "trouble"}', 500, "internal"),
    ],
)
def test_a_bad_body_is_a_clear_error(alone: Flask, body: bytes, status: int, code: str) -> None:
    answer = alone.test_client().post("/", data=body)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert set(answer.json["error"]) == {"code", "message", "hint"}
    assert b"heron" not in answer.data


def test_methods_cors_and_request_ids(alone: Flask) -> None:
    client = alone.test_client()
    preflight = client.options("/")
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "apikey" in preflight.headers["Access-Control-Allow-Headers"]
    refused = client.get("/")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "OPTIONS, POST")
    named = client.post("/", json={"name": "a"}, headers={"X-Request-Id": "my-own-id-1"})
    assert named.headers["X-Request-Id"] == "my-own-id-1"
    assert named.headers["Access-Control-Allow-Origin"] == "*"
    unsafe = client.post("/", json={"name": "a"}, headers={"X-Request-Id": "no good; at all"})
    assert len(unsafe.headers["X-Request-Id"]) == 32


def test_logs_are_json_with_the_request_and_without_what_was_said(alone: Flask) -> None:
    logs.configure()
    lines: list[str] = []
    output = logs.log.handlers[0]

    class Catch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            output.filter(record)
            lines.append(output.format(record))

    catch = Catch()
    logs.log.addHandler(catch)
    try:
        alone.test_client().post("/", json={"name": "trouble"}, headers={"X-Request-Id": "trouble-one"})
    finally:
        logs.log.removeHandler(catch)
    entries = [json.loads(line) for line in lines]
    assert {entry["request_id"] for entry in entries} == {"trouble-one"}
    failure = next(entry for entry in entries if entry["level"] == "ERROR")
    assert failure["error"] == "RuntimeError"
    assert any("greet" in place for place in failure["where"])
    assert "heron" not in "".join(lines)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (APIError({"code": "PT402", "message": "m", "hint": "h"}), 402, "payment_required"),
        (APIError({"code": "PT429", "message": "m", "hint": "h"}), 429, "too_many_requests"),
        (APIError({"code": "42501", "message": "m"}), 403, "forbidden"),
        (APIError({"code": "22P02", "message": "m"}), 400, "bad_request"),
        (APIError({"code": "57014", "message": "secret"}), 504, "gateway_timeout"),
        (APIError({"code": "XX000", "message": "secret"}), 500, "internal_server_error"),
        (APIError({"code": "PGRST301", "message": "m"}), 401, "unauthorized"),
        (httpx.ConnectError("secret"), 503, "database_unreachable"),
    ],
)
def test_errors_of_the_database_keep_their_meaning(error: Exception, status: int, code: str) -> None:
    known = translated(error)
    assert known is not None
    assert (known.status, known.code) == (status, code)
    assert "secret" not in known.message


def test_who_sends_much_in_vain_is_told_why(stack: Stack) -> None:
    much = b" " * 20_000_000
    with functions_server(stack, {}) as url:
        parts = urlsplit(url)
        for path, token, status in (
            ("search", "", 401),
            ("maintenance", stack.service_role_key, 413),
            ("nothing", "", 404),
            ("health", "", 405),
        ):
            head = [f"POST {parts.path}/{path} HTTP/1.1", "Host: x", f"Content-Length: {len(much)}"]
            head += [f"Authorization: Bearer {token}"] if token else []
            with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=30) as sender:
                # As most clients do it: all of it, and then a look at the answer.
                sender.sendall("\r\n".join([*head, "", ""]).encode() + much)
                assert sender.recv(4096).startswith(f"HTTP/1.1 {status} ".encode()), path
        with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=30) as garbled:
            line = f"POST {parts.path}/maintenance HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            line += f"Authorization: Bearer {stack.service_role_key}\r\n\r\nno number\r\n"
            garbled.sendall(line.encode())
            assert garbled.recv(4096).startswith(b"HTTP/1.1 400 ")
        with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=8) as silent:
            # Who sends nothing of what they announced holds nobody up.
            silent.sendall("\r\n".join([*head, "", ""]).encode())
            assert silent.recv(4096).startswith(b"HTTP/1.1 405 ")


def test_the_document_is_served_and_names_every_handler(stack: Stack) -> None:
    answer = httpx.get(f"{stack.functions_url}/openapi.json")
    assert answer.status_code == 200
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    folders = {path.split("/")[1] for path in document["paths"]}
    assert folders == set(modules())
    for reference in re.findall(r'"#/components/schemas/([^"]+)"', answer.text):
        assert reference in document["components"]["schemas"]
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)


def test_a_head_is_answered_like_a_get_without_its_body(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    use_stack(monkeypatch, stack)
    person = newcomer(stack)
    for path in ("/connections", "/openai/v1/models"):
        answer = person.call("HEAD", path)
        assert (answer.status_code, answer.data) == (200, b""), path
    assert person.call("HEAD", "/search").status_code == 405


def test_no_path_leads_to_another_host() -> None:
    for path in ("//health", "//chat/x", "/health//"):
        answer = call("GET", path, headers={"Host": "elsewhere.example"})
        assert answer.status_code == 404, path
        assert answer.json["error"]["code"]
        assert "Location" not in answer.headers


def claims_of(**changes: object) -> dict[str, object]:
    return {
        "sub": "00000000-0000-4000-8000-000000000001",
        "role": "authenticated",
        "exp": time.time() + 60,
        **changes,
    }


def token_error(stack: Stack, monkeypatch: pytest.MonkeyPatch, authorization: str | None) -> tuple[int, str]:
    monkeypatch.setenv("SUPABASE_URL", stack.api_url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.anon_key)
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", stack.service_role_key)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", stack.jwt_secret)
    headers = {"Authorization": authorization} if authorization is not None else {}
    with app.test_request_context("/", headers=headers), pytest.raises(FunctionError) as caught:
        caller.signed_in(request)
    return caught.value.status, caught.value.code


def test_only_a_user_with_a_good_token_is_signed_in(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = stack.jwt_secret

    def bearer(claims: dict[str, object], key: str = secret, algorithm: str = "HS256") -> str:
        return "Bearer " + jwt.encode(claims, key, algorithm=algorithm)

    no_expiry = claims_of()
    del no_expiry["exp"]
    cases = {
        None: "no_token",
        "": "no_token",
        "Basic abc": "no_token",
        "Bearer ": "no_token",
        "Bearer nonsense": "invalid_token",
        bearer(claims_of(), "another-secret-of-thirty-two-bytes-or-more"): "invalid_token",
        bearer(claims_of(), secret, "HS512"): "invalid_token",
        bearer(claims_of(), "", "none"): "invalid_token",
        bearer(claims_of(exp=time.time() - 60)): "expired_token",
        bearer(no_expiry): "invalid_token",
        bearer(claims_of(sub="me")): "invalid_token",
        bearer(claims_of(role="postgres")): "invalid_token",
        f"Bearer {stack.anon_key}": "not_signed_in",
        f"Bearer {stack.service_role_key}": "not_signed_in",
    }
    for authorization, code in cases.items():
        assert token_error(stack, monkeypatch, authorization) == (401, code), authorization


def test_a_caller_acts_with_their_own_token(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    client, user = sign_up(stack)
    session = client.auth.get_session()
    assert session is not None
    token_error(stack, monkeypatch, None)
    with app.test_request_context("/", headers={"Authorization": f"Bearer {session.access_token}"}):
        found = caller.signed_in(request)
    assert found.user_id == user.id
    rows = found.database.from_("organizations").select("created_by").execute().data
    assert rows == [{"created_by": user.id}]
    assert session.access_token not in repr(found)
    assert stack.service_role_key not in repr(found)
