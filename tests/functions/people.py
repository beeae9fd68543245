"""Calls the functions in this process, as people of an organization on the real stack."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from werkzeug.test import TestResponse

from functions.app import app
from supabase import Client
from tests.support import Stack, sign_up


@dataclass(frozen=True)
class Person:
    """Somebody who is signed in."""

    client: Client
    id: str
    email: str
    token: str

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Return a function's answer to them."""
        return call(method, path, self.token, **options)


def call(method: str, path: str, token: str | None = None, **options: Any) -> TestResponse:
    """Return a function's answer to whoever has the token."""
    headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
    return app.test_client().open(f"/functions/v1{path}", method=method, headers=headers, **options)


def newcomer(stack: Stack, email: str | None = None) -> Person:
    """Return somebody who has just signed up."""
    client, user = sign_up(stack, email)
    session = client.auth.get_session()
    assert session is not None
    return Person(client, user.id, str(user.email), session.access_token)


def found_organization(person: Person, name: str = "Acme") -> str:
    """Return the id of an organization that the person has just founded."""
    row = {"name": name, "slug": f"o-{uuid.uuid4().hex[:12]}", "created_by": person.id}
    return str(person.client.table("organizations").insert(row).execute().data[0]["id"])


def use_stack(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    """Give the functions in this process the stack's settings."""
    monkeypatch.setenv("SUPABASE_URL", stack.api_url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", stack.anon_key)
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", stack.service_role_key)
    monkeypatch.setenv("SUPABASE_JWT_SECRET", stack.jwt_secret)
