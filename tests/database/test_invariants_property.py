"""Random organizations, roles, teams, documents and conversations, against a plain model of the design's rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.support import Connection, as_user, create_user, insert, values
from tests.support import Stack

PEOPLE = range(5)
TENANTS = range(2)
TEAMS = [(tenant, team) for tenant in TENANTS for team in range(2)]
ROLES = ("viewer", "member", "admin", "owner")
AT_LEAST = {role: set(ROLES[number:]) for number, role in enumerate(ROLES)}


@dataclass(frozen=True)
class Resource:
    """A document or collection: where it is, who made it, whom it is shared with."""

    tenant: int
    creator: int
    visibility: str
    team: int
    deleted: bool


@dataclass(frozen=True)
class Talk:
    """A conversation: where it is (None is the creator's own organization), who made it, who takes part."""

    tenant: int | None
    creator: int
    guests: frozenset[int]
    deleted: bool


@dataclass
class Model:
    """Who is what, and what there is; and the rules, in a few lines of Python."""

    roles: dict[tuple[int, int], str]
    """The role of a person in a tenant."""
    teams: dict[tuple[int, int, int], str]
    """The role of a person in a team of a tenant."""
    deleted_tenants: set[int]
    deleted_teams: set[tuple[int, int]]
    resources: list[Resource]
    talks: list[Talk]
    ids: dict[str, list[UUID]] = field(default_factory=dict)

    def role(self, person: int, tenant: int) -> str | None:
        return None if tenant in self.deleted_tenants else self.roles.get((person, tenant))

    def is_at_least(self, person: int, tenant: int, role: str) -> bool:
        return self.role(person, tenant) in AT_LEAST[role]

    def team_role(self, person: int, tenant: int, team: int) -> str | None:
        if (tenant, team) in self.deleted_teams or not self.is_at_least(person, tenant, "viewer"):
            return None
        return self.teams.get((person, tenant, team))

    def reads(self, person: int, thing: Resource) -> bool:
        if thing.deleted or not self.is_at_least(person, thing.tenant, "viewer"):
            return False
        if thing.visibility == "private":
            return person == thing.creator
        if thing.visibility == "team":
            return bool(self.team_role(person, thing.tenant, thing.team)) or self.is_at_least(
                person, thing.tenant, "admin"
            )
        return True

    def changes(self, person: int, thing: Resource) -> bool:
        if not self.reads(person, thing) or not self.is_at_least(person, thing.tenant, "member"):
            return False
        leads = thing.visibility == "team" and self.team_role(person, thing.tenant, thing.team) == "lead"
        return person == thing.creator or self.is_at_least(person, thing.tenant, "admin") or leads

    def takes_part(self, person: int, talk: Talk) -> bool:
        if talk.deleted or person not in talk.guests | {talk.creator}:
            return False
        return talk.tenant is None or self.is_at_least(person, talk.tenant, "viewer")

    def writes(self, person: int, talk: Talk) -> bool:
        return self.takes_part(person, talk) and (
            talk.tenant is None or self.is_at_least(person, talk.tenant, "member")
        )

    def colleagues(self, person: int) -> set[int]:
        return {person} | {
            other
            for other in PEOPLE
            for tenant in TENANTS
            if self.is_at_least(person, tenant, "viewer") and (other, tenant) in self.roles
        }


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Draw a world. Whoever made a thing was once allowed to; what they are now is drawn apart from that."""
    roles = draw(
        st.dictionaries(st.tuples(st.sampled_from(PEOPLE), st.sampled_from(TENANTS)), st.sampled_from(ROLES))
    )
    teams = {
        (person, tenant, team): draw(st.sampled_from(("member", "lead")))
        for person, tenant in roles
        for team in draw(st.sets(st.sampled_from((0, 1))))
    }
    resource = st.builds(
        Resource,
        tenant=st.sampled_from(TENANTS),
        creator=st.sampled_from(PEOPLE),
        visibility=st.sampled_from(("private", "team", "organization")),
        team=st.sampled_from((0, 1)),
        deleted=st.sampled_from((False, False, False, True)),
    )
    talk = st.builds(
        Talk,
        tenant=st.sampled_from((None, *TENANTS)),
        creator=st.sampled_from(PEOPLE),
        guests=st.frozensets(st.sampled_from(PEOPLE)),
        deleted=st.sampled_from((False, False, False, True)),
    )
    return Model(
        roles,
        teams,
        draw(st.sets(st.sampled_from(TENANTS), max_size=1)),
        draw(st.sets(st.sampled_from(TEAMS), max_size=1)),
        draw(st.lists(resource, min_size=1, max_size=8)),
        draw(st.lists(talk, max_size=4)),
    )


@dataclass
class Stage:
    """The people and tenants that every drawn world is played with."""

    connection: Connection
    people: list[UUID]
    tenants: list[UUID]
    teams: dict[tuple[int, int], UUID]


@pytest.fixture(scope="module")
def stage(stack: Stack) -> Iterator[Stage]:
    with psycopg.connect(stack.db_url) as connection:
        people = [create_user(connection) for _ in PEOPLE]
        tenants = [
            insert(connection, "organizations", name="Tenant", slug=f"tenant-{uuid4().hex[:12]}", created_by=None)
            for _ in TENANTS
        ]
        teams = {
            (tenant, team): insert(
                connection, "teams", organization_id=tenants[tenant], name=str(team), created_by=None
            )
            for tenant, team in TEAMS
        }
        yield Stage(connection, people, tenants, teams)
        connection.rollback()


def play(stage: Stage, model: Model) -> None:
    """Put the drawn world into the database."""
    db, now = stage.connection, "now"
    for (person, tenant), role in model.roles.items():
        insert(
            db,
            "organization_members",
            returning="role",
            organization_id=stage.tenants[tenant],
            user_id=stage.people[person],
            role=role,
        )
    for (person, tenant, team), role in model.teams.items():
        insert(
            db,
            "team_members",
            returning="role",
            team_id=stage.teams[tenant, team],
            user_id=stage.people[person],
            role=role,
        )
    model.ids = {"documents": [], "document_collections": [], "document_chunks": [], "conversations": []}
    for number, thing in enumerate(model.resources):
        columns: dict[str, Any] = {
            "organization_id": stage.tenants[thing.tenant],
            "created_by": stage.people[thing.creator],
            "visibility": thing.visibility,
            "team_id": stage.teams[thing.tenant, thing.team] if thing.visibility == "team" else None,
            "deleted_at": now if thing.deleted else None,
        }
        model.ids["document_collections"].append(insert(db, "document_collections", name=str(number), **columns))
        document = insert(db, "documents", title=str(number), **columns)
        model.ids["documents"].append(document)
        model.ids["document_chunks"].append(insert(db, "document_chunks", document_id=document, content="Text"))
    for talk in model.talks:
        place: dict[str, Any] = {} if talk.tenant is None else {"organization_id": stage.tenants[talk.tenant]}
        conversation = insert(db, "conversations", created_by=stage.people[talk.creator], **place)
        for guest in talk.guests - {talk.creator}:
            insert(
                db,
                "conversation_participants",
                returning="role",
                conversation_id=conversation,
                user_id=stage.people[guest],
            )
        insert(
            db,
            "messages",
            conversation_id=conversation,
            user_id=stage.people[talk.creator],
            content="Hi",
        )
        db.execute(
            "update public.conversations set deleted_at = %s where id = %s",
            [now if talk.deleted else None, conversation],
        )
        model.ids["conversations"].append(conversation)
    for tenant in model.deleted_tenants:
        db.execute("update public.organizations set deleted_at = now() where id = %s", [stage.tenants[tenant]])
    for key in model.deleted_teams:
        db.execute("update public.teams set deleted_at = now() where id = %s", [stage.teams[key]])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(model=models())
def test_the_database_agrees_with_the_model(stage: Stage, model: Model) -> None:
    db = stage.connection
    with db.transaction(force_rollback=True):
        play(stage, model)
        for person in PEOPLE:
            check_resources(stage, model, person)
            check_conversations(stage, model, person)
            check_organizations(stage, model, person)


def check_resources(stage: Stage, model: Model, person: int) -> None:
    db = stage.connection
    readable = [model.reads(person, thing) for thing in model.resources]
    changeable = [model.changes(person, thing) for thing in model.resources]
    updates = {
        "documents": "update public.documents set metadata = '{}' returning id",
        "document_collections": "update public.document_collections set metadata = '{}' returning id",
        "document_chunks": "update public.document_chunks set metadata = '{}' returning id",
    }
    for table, update in updates.items():
        seen = {i for i, reads in zip(model.ids[table], readable, strict=True) if reads}
        changed = {i for i, changes in zip(model.ids[table], changeable, strict=True) if changes}
        with as_user(db, stage.people[person]):
            assert set(values(db, f"select id from public.{table}")) == seen, table
            assert set(values(db, update)) == changed, table


def check_conversations(stage: Stage, model: Model, person: int) -> None:
    db = stage.connection
    talks = list(zip(model.ids["conversations"], model.talks, strict=True))
    seen = {i for i, talk in talks if model.takes_part(person, talk)}
    own = {i for i, talk in talks if talk.creator == person and model.writes(person, talk)}
    with as_user(db, stage.people[person]):
        assert set(values(db, "select id from public.conversations")) == seen
        assert set(values(db, "select conversation_id from public.messages")) == seen
        assert set(values(db, "select conversation_id from public.conversation_participants")) == seen
        assert set(values(db, "update public.conversations set title = 'T' returning id")) == own
        assert set(values(db, "update public.messages set content = 'C' returning conversation_id")) == own


def check_organizations(stage: Stage, model: Model, person: int) -> None:
    db = stage.connection
    tenants = {t for t in TENANTS if model.role(person, t)}
    teams = {stage.teams[key] for key in TEAMS if key[0] in tenants and key not in model.deleted_teams}
    with as_user(db, stage.people[person]):
        seen = set(values(db, "select id from public.organizations where not is_personal"))
        assert seen == {stage.tenants[t] for t in tenants}
        assert set(values(db, "select id from public.teams")) == teams
        profiles = set(values(db, "select user_id from public.user_profiles"))
        assert profiles == {stage.people[p] for p in model.colleagues(person)}
        members = db.execute(
            "select organization_id, user_id from public.organization_members where organization_id = any(%s)",
            [stage.tenants],
        ).fetchall()
        assert set(members) == {(stage.tenants[t], stage.people[p]) for p, t in model.roles if t in tenants}
        changed = values(db, "update public.organizations set settings = '{}' returning id")
        assert set(changed) & set(stage.tenants) == {
            stage.tenants[t] for t in tenants if model.is_at_least(person, t, "admin")
        }
