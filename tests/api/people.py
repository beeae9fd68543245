"""People as the flows know them: signed in through the API, each with their own client."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from postgrest import APIError

from supabase import Client
from tests.support import Stack, client_for, sign_up

SEED_PASSWORD = "groundwork"


@dataclass
class Person:
    """Somebody who is signed in."""

    client: Client
    id: str
    email: str

    def rows(self, table: str, columns: str = "*", **equal: Any) -> list[dict[str, Any]]:
        """Return the rows of a table that this person sees, of those with these values."""
        query = self.client.table(table).select(columns)
        for column, value in equal.items():
            query = query.eq(column, value)
        return query.execute().data

    def insert(self, table: str, **values: Any) -> dict[str, Any]:
        """Insert a row and return it."""
        return self.client.table(table).insert(values).execute().data[0]

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function of the database and return what it returned."""
        return self.client.rpc(function, arguments).execute().data

    @property
    def token(self) -> str:
        """Return the access token."""
        session = self.client.auth.get_session()
        assert session is not None
        return session.access_token


@dataclass
class Company:
    """An organization with somebody in every role, and a team that `lead` leads and `colleague` is in."""

    id: str
    owner: Person
    admin: Person
    lead: Person
    colleague: Person
    member: Person
    viewer: Person
    stranger: Person
    team_id: str


def new_person(stack: Stack, name: str = "Somebody") -> Person:
    """Sign somebody new up."""
    email = f"{name.split(maxsplit=1)[0].lower()}.{uuid.uuid4().hex[:12]}@example.com"
    client, user = sign_up(stack, email, data={"full_name": name})
    return Person(client, user.id, email)


def seeded(stack: Stack, email: str) -> Person:
    """Sign somebody of seed.sql in."""
    client = client_for(stack, stack.anon_key)
    answer = client.auth.sign_in_with_password({"email": email, "password": SEED_PASSWORD})
    assert answer.user is not None
    return Person(client, answer.user.id, email)


def new_organization(owner: Person, name: str = "Company") -> str:
    """Let somebody create an organization; return its id."""
    return owner.insert("organizations", name=name, slug=f"company-{uuid.uuid4().hex}")["id"]


ROLES = {"admin": "admin", "lead": "member", "colleague": "member", "member": "member", "viewer": "viewer"}
TEAM = {"lead": "lead", "colleague": "member"}


def new_people(stack: Stack) -> dict[str, Person]:
    """Sign up somebody for every role of a company, and a stranger to it."""
    return {role: new_person(stack, f"{role.title()} Person") for role in ("owner", *ROLES, "stranger")}


def new_company(people: dict[str, Person]) -> Company:
    """Make an organization of these people, and its team."""
    owner = people["owner"]
    organization_id = new_organization(owner)
    owner.client.table("organization_members").insert(
        [
            {"organization_id": organization_id, "user_id": people[name].id, "role": role}
            for name, role in ROLES.items()
        ]
    ).execute()
    team_id = owner.insert("teams", organization_id=organization_id, name="Team")["id"]
    owner.client.table("team_members").insert(
        [{"team_id": team_id, "user_id": people[name].id, "role": role} for name, role in TEAM.items()]
    ).execute()
    return Company(organization_id, team_id=team_id, **people)


@contextmanager
def refused(code: str, message: str = "", hint: str = "") -> Iterator[pytest.ExceptionInfo[APIError]]:
    """Expect the Data API to refuse, with this code and words in its message and hint."""
    with pytest.raises(APIError) as caught:
        yield caught
    error = caught.value
    assert error.code == code, error
    assert re.search(message, error.message or ""), error
    assert re.search(hint, error.hint or ""), error
