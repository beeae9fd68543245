"""`groundwork demo`: every step works, again and again, and a failure is told and ends it."""

from __future__ import annotations

import os
import re

import pytest

from groundwork import demo
from groundwork.stack.errors import StackError
from tests.support import Stack, free_port, groundwork

TEN_STEPS = [
    "Sign up",
    "Create an organization",
    "Add a team member",
    "Create a conversation",
    "Add participants",
    "Send a message",
    "Upload a document",
    "Create chunks with embeddings",
    "Search by meaning",
    "Track usage",
]


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment, with these variables and no others that name a stack."""
    kept = {name: value for name, value in os.environ.items() if name not in ("API_URL", "ANON_KEY")}
    return {**kept, **variables}


def test_every_step_works_and_again(stack: Stack) -> None:
    variables = environment(API_URL=stack.api_url, ANON_KEY=stack.anon_key)
    for _ in range(2):
        ran = groundwork("demo", env=variables)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        titles = re.findall(r"^ *(\d+) (.+)$", ran.stdout, re.MULTILINE)
        assert [int(number) for number, _ in titles] == list(range(1, 14))
        assert [title for _, title in titles[:10]] == TEN_STEPS
        assert "a stranger who asks the same finds nothing" in ran.stdout
        assert "All 13 steps work" in ran.stdout
        assert "\x1b" not in ran.stdout, "plain text where there is no terminal"
        assert ran.stderr == ""


def test_it_starts_nothing_where_a_stack_is_named(stack: Stack) -> None:
    port = free_port()
    ran = groundwork("demo", env=environment(API_URL=f"http://127.0.0.1:{port}", ANON_KEY=stack.anon_key))
    assert ran.returncode == 1
    assert "Step 1 (Sign up) failed" in ran.stderr
    assert "groundwork status" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_wrong_key_is_told(stack: Stack) -> None:
    ran = groundwork("demo", env=environment(API_URL=stack.api_url, ANON_KEY=stack.anon_key[:-5] + "AAAAA"))
    assert ran.returncode == 1
    assert "Step 1 (Sign up) failed" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_half_a_stack_is_told(stack: Stack) -> None:
    ran = groundwork("demo", env=environment(API_URL=stack.api_url))
    assert ran.returncode == 1
    assert "API_URL is set and ANON_KEY is not" in ran.stderr


def test_what_comes_back_is_looked_at(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A step that returns something else than it should stops the demo, with the steps after it undone."""
    monkeypatch.setattr(demo, "QUESTION", "What do penguins eat?")
    monkeypatch.setattr(demo, "PASSAGES", ["Our AI product needs real-time chat", "Penguins eat fish and krill."])
    with pytest.raises(StackError, match=r"Step 9 \(Search by meaning\) failed: expected: the passage about chat"):
        demo.run({"API_URL": stack.api_url, "ANON_KEY": stack.anon_key})
    assert "10 Track usage" not in capsys.readouterr().out
