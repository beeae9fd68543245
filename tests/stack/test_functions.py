"""The functions' server, through the gateway."""

from __future__ import annotations

import httpx

from tests.support import Stack


def test_health_asks_the_database(stack: Stack) -> None:
    answer = httpx.get(f"{stack.functions_url}/health")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ok"
    assert answer.json()["database"]["reachable"] is True


def test_an_unknown_function_is_a_404_in_json(stack: Stack) -> None:
    answer = httpx.get(f"{stack.functions_url}/nonsense")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "function_not_found"
    assert set(answer.json()["error"]) == {"code", "message", "hint"}


def test_a_browser_may_send_what_sdks_send_and_read_what_they_read(stack: Stack) -> None:
    asked = {
        "Origin": "http://localhost:3000",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,openai-organization,x-stainless-lang",
    }
    url = f"{stack.functions_url}/openai/v1/chat/completions"
    preflight = httpx.options(url, headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Headers"] == asked["Access-Control-Request-Headers"]
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    nonsense = httpx.options(url, headers={**asked, "Access-Control-Request-Headers": "a b; c"})
    assert "authorization" in nonsense.headers["Access-Control-Allow-Headers"]
    answer = httpx.post(url, headers={"Origin": asked["Origin"], "X-Request-Id": "asked-by-a-browser"})
    assert answer.status_code == 401
    assert answer.headers["X-Request-Id"] == "asked-by-a-browser"
    for got in (preflight, answer):
        assert got.headers.get_list("Access-Control-Allow-Origin") == ["*"]
        assert {"X-Request-Id", "Retry-After"} <= set(got.headers["Access-Control-Expose-Headers"].split(", "))
