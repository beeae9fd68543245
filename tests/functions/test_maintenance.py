"""Maintenance through HTTP, for any cron."""

from __future__ import annotations

import pytest

from tests.functions.people import call, newcomer, use_stack
from tests.support import Stack


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    use_stack(monkeypatch, stack)


def test_what_is_due_runs(stack: Stack) -> None:
    answer = call("POST", "/maintenance", stack.service_role_key)
    assert answer.status_code == 200, answer.json
    assert all(run["error"] is None for run in answer.json["runs"])


def test_one_job_runs_by_its_name(stack: Stack) -> None:
    answer = call("POST", "/maintenance", stack.service_role_key, json={"job": "generations"})
    assert [run["job"] for run in answer.json["runs"]] == ["generations"]
    assert answer.json["runs"][0]["error"] is None
    unknown = call("POST", "/maintenance", stack.service_role_key, json={"job": "nonsense"})
    assert (unknown.status_code, unknown.json["error"]["code"]) == (404, "unknown_job")


def test_only_the_service_role_may(stack: Stack) -> None:
    assert call("POST", "/maintenance").status_code == 401
    assert call("POST", "/maintenance", stack.anon_key).status_code == 403
    assert newcomer(stack).call("POST", "/maintenance").status_code == 403
    assert call("GET", "/maintenance", stack.service_role_key).status_code == 405
    assert call("POST", "/maintenance", stack.service_role_key, json={"nonsense": 1}).status_code == 400
