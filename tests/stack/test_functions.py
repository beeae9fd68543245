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
