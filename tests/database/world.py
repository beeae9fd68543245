"""One world with people of every kind and rows of every kind, for the access matrix.

The organization Acme is what the matrix looks at. Globex belongs to the stranger: nothing of the one may be seen
in the other. Defunct is a deleted organization in which everybody of Acme is.

Every row has a label, by which the expectations name it. What belongs to one person is labelled with the person.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from psycopg import sql

from tests.database.support import Connection, create_user, value, values

KINDS = (
    "anon",
    "stranger",
    "former",
    "viewer",
    "member",
    "admin",
    "owner",
    "lead",
    "teammate",
    "creator",
    "participant",
    "spectator",
    "service",
)
"""Who looks at the world.

stranger      the owner of Globex, who has nothing to do with Acme
former        was a member of Acme, made things there, and was removed
lead          a member who leads the team Red
teammate      a member who is in the team Red
creator       a member who made the private and the organization's things, and the conversation Talk
participant   a member who takes part in Talk
spectator     took part in Talk as a member, wrote there, and is a viewer now
service       the service role
"""

ACME = {
    "viewer": "viewer",
    "member": "member",
    "admin": "admin",
    "owner": "owner",
    "lead": "member",
    "teammate": "member",
    "creator": "member",
    "participant": "member",
    "spectator": "viewer",
}
"""The people of Acme and their roles."""

Key = tuple[Any, ...]


@dataclass
class World:
    """The people by kind, everything else by name, and the label of every row by table and primary key."""

    connection: Connection
    people: dict[str, UUID] = field(default_factory=dict)
    ids: dict[str, UUID] = field(default_factory=dict)
    rows: dict[str, dict[Key, str]] = field(default_factory=dict)
    keys: dict[str, list[str]] = field(default_factory=dict)

    def put(self, table: str, label: str, **columns: object) -> Any:
        """Insert a row as the database's owner under a label; return its id if it has one, else its key."""
        query = sql.SQL("insert into public.{} ({}) values ({}) returning {}").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL(", ").join(map(sql.Placeholder, columns)),
            sql.SQL(", ").join(map(sql.Identifier, self.keys[table])),
        )
        adapted = {k: json.dumps(v) if isinstance(v, dict) else v for k, v in columns.items()}
        row = self.connection.execute(query, adapted).fetchone()
        assert row is not None
        self.rows[table][tuple(row)] = label
        return row[self.keys[table].index("id")] if "id" in self.keys[table] else tuple(row)

    def name(self, table: str, label: str, condition: str, *parameters: object) -> None:
        """Give a label to rows that something else made."""
        query = sql.SQL("select {} from public.{} where {}").format(
            sql.SQL(", ").join(map(sql.Identifier, self.keys[table])),
            sql.Identifier(table),
            sql.SQL(condition),
        )
        for row in self.connection.execute(query, parameters).fetchall():
            self.rows[table][tuple(row)] = label

    def id_of(self, name: str) -> UUID:
        """Return the id of a person or thing."""
        return self.people[name] if name in self.people else self.ids[name]


def primary_keys(connection: Connection) -> dict[str, list[str]]:
    """Return the columns of the primary key of each table in public."""
    rows = connection.execute(
        """
        select c.relname, array_agg(a.attname::text order by k.position)
        from pg_class c
        join pg_index i on i.indrelid = c.oid and i.indisprimary
        cross join unnest(i.indkey::int2[]) with ordinality k (attnum, position)
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        group by c.relname
        """
    ).fetchall()
    return dict(rows)


def build(connection: Connection) -> World:
    """Make the world in the connection's transaction."""
    world = World(connection, keys=primary_keys(connection))
    world.rows = {table: {} for table in world.keys}
    add_people(world)
    add_organizations(world)
    add_belongings(world)
    add_teams(world)
    add_secrets(world)
    add_conversations(world)
    add_documents(world)
    add_usage(world)
    add_maintenance(world)
    name_what_triggers_made(world)
    return world


def add_people(world: World) -> None:
    for kind in (*KINDS, "newcomer"):
        if kind not in ("anon", "service"):
            world.people[kind] = create_user(world.connection, full_name=kind.title())
    for kind, user_id in world.people.items():
        world.name("user_profiles", kind, "user_id = %s", user_id)
        world.name("user_preferences", kind, "user_id = %s", user_id)
        world.name("organizations", kind, "created_by = %s and is_personal", user_id)
        world.name(
            "organization_members",
            f"{kind}@home",
            "user_id = %s and organization_id = (select id from public.organizations where created_by = %s)",
            user_id,
            user_id,
        )
        world.ids[f"{kind}@home"] = value(
            world.connection,
            "select id from public.organizations where created_by = %s",
            user_id,
        )


def add_organizations(world: World) -> None:
    unique = uuid4().hex[:12]
    for name, owner in (
        ("acme", "owner"),
        ("globex", "stranger"),
        ("defunct", "owner"),
    ):
        world.ids[name] = world.put(
            "organizations",
            name,
            name=name.title(),
            slug=f"{name}-{unique}",
            created_by=world.people[owner],
        )
        world.name(
            "organization_members",
            f"{owner}@{name}",
            "organization_id = %s",
            world.ids[name],
        )
    for kind, role in {**ACME, "former": "member"}.items():
        if kind == "owner":
            continue
        for name in ("acme", "defunct"):
            world.put(
                "organization_members",
                f"{kind}@{name}",
                organization_id=world.ids[name],
                user_id=world.people[kind],
                role="member" if name == "acme" and kind == "spectator" else role,
            )


def add_belongings(world: World) -> None:
    """Add what a person has of their own."""
    for kind, user_id in world.people.items():
        world.put("user_sessions", kind, user_id=user_id, device_name="Laptop")
        world.put("user_notifications", kind, user_id=user_id, type="welcome", title="Welcome")
        world.put(
            "user_connections",
            kind,
            user_id=user_id,
            provider="github",
            provider_account_id=kind,
            access_token_encrypted="ciphertext",
            encryption_key_id="k1",
        )


def add_teams(world: World) -> None:
    acme, globex = world.ids["acme"], world.ids["globex"]
    for name, organization_id in (
        ("red", acme),
        ("blue", acme),
        ("gone", acme),
        ("foreign", globex),
    ):
        world.ids[f"team {name}"] = world.put(
            "teams",
            name,
            organization_id=organization_id,
            name=name.title(),
            created_by=world.people["owner"],
        )
    for kind, role in (("lead", "lead"), ("teammate", "member"), ("former", "member")):
        world.put(
            "team_members",
            kind,
            organization_id=acme,
            team_id=world.ids["team red"],
            user_id=world.people[kind],
            role=role,
        )
    world.put(
        "team_members",
        "foreign",
        organization_id=globex,
        team_id=world.ids["team foreign"],
        user_id=world.people["stranger"],
    )
    world.connection.execute(
        "update public.teams set deleted_at = now() where id = %s",
        [world.ids["team gone"]],
    )


def add_secrets(world: World) -> None:
    """Add invitations and API keys, and name the limits of invitations, which the migrations made."""
    world.name("invitation_limits", "plan", "true")
    for name, kind in (("acme", "admin"), ("globex", "stranger")):
        prefix = "" if name == "acme" else "foreign "
        for state in ("pending", "accepted", "revoked"):
            label = f"{prefix}{state}".replace(" ", "-")
            world.put(
                "organization_invitations",
                label,
                organization_id=world.ids[name],
                email=f"{state}@example.com",
                token_hash=uuid4().bytes,
                invited_by=world.people[kind],
                accepted_at="now" if state == "accepted" else None,
                revoked_at="now" if state == "revoked" else None,
            )
        for state in ("live", "revoked"):
            world.put(
                "organization_api_keys",
                f"{prefix}{state}".replace(" ", "-"),
                organization_id=world.ids[name],
                name="Key",
                key_prefix="gw_abcdef",
                key_hash=uuid4().bytes,
                created_by=world.people[kind],
                revoked_at="now" if state == "revoked" else None,
            )


def add_conversations(world: World) -> None:
    """Add Talk with its three participants, one that is deleted, one of others, and one of another tenant."""
    creators = {
        "talk": "creator",
        "gone": "creator",
        "other": "member",
        "foreign": "stranger",
    }
    for name, creator in creators.items():
        world.ids[name] = world.put(
            "conversations",
            name,
            organization_id=world.ids["globex" if name == "foreign" else "acme"],
            title=name.title(),
            created_by=world.people[creator],
        )
        world.name(
            "conversation_participants",
            f"{creator}@{name}",
            "conversation_id = %s",
            world.ids[name],
        )
    for name in ("talk", "gone"):
        for kind in ("participant", "spectator"):
            world.put(
                "conversation_participants",
                f"{kind}@{name}",
                conversation_id=world.ids[name],
                user_id=world.people[kind],
            )

    messages = {
        "hello": ("talk", "creator", "user"),
        "reply": ("talk", "participant", "user"),
        "remark": ("talk", "spectator", "user"),
        "answer": ("talk", None, "assistant"),
        "removed": ("talk", "creator", "user"),
        "gone": ("gone", "creator", "user"),
        "other": ("other", "member", "user"),
        "foreign": ("foreign", "stranger", "user"),
    }
    for label, (conversation, author, role) in messages.items():
        world.ids[f"message {label}"] = world.put(
            "messages",
            label,
            conversation_id=world.ids[conversation],
            user_id=world.people[author] if author else None,
            role=role,
            content=label,
        )
    world.connection.execute(
        "update public.messages set deleted_at = now() where id = %s",
        [world.ids["message removed"]],
    )
    world.connection.execute(
        "update public.conversations set deleted_at = now() where id = %s",
        [world.ids["gone"]],
    )
    for kind, message in (
        ("creator", "reply"),
        ("participant", "hello"),
        ("spectator", "hello"),
        ("member", "other"),
        ("stranger", "foreign"),
    ):
        world.put(
            "message_reactions",
            kind,
            message_id=world.ids[f"message {message}"],
            user_id=world.people[kind],
            reaction="👍",
        )
    for conversation, creator in creators.items():
        question = "hello" if conversation == "talk" else conversation
        world.put(
            "chat_generations",
            conversation,
            organization_id=world.ids["globex" if conversation == "foreign" else "acme"],
            conversation_id=world.ids[conversation],
            message_id=uuid4(),
            question_id=world.ids[f"message {question}"],
            user_id=world.people[creator],
        )
    for kind, conversation in (
        ("creator", "talk"),
        ("participant", "talk"),
        ("stranger", "foreign"),
    ):
        world.put(
            "typing_indicators",
            kind,
            conversation_id=world.ids[conversation],
            user_id=world.people[kind],
        )
    world.put(
        "typing_indicators",
        "expired",
        conversation_id=world.ids["talk"],
        user_id=world.people["former"],
        expires_at="yesterday",
    )


def add_documents(world: World) -> None:
    """Add collections and documents of every visibility, some of them by somebody who is gone from Acme."""
    acme, globex, red = world.ids["acme"], world.ids["globex"], world.ids["team red"]
    things: dict[str, tuple[UUID, str, str | None, UUID | None]] = {
        "private": (acme, "private", "creator", None),
        "team": (acme, "team", "former", red),
        "team-mates": (acme, "team", "teammate", red),
        "organization": (acme, "organization", "creator", None),
        "formers": (acme, "private", "former", None),
        "orphan": (acme, "private", None, None),
        "of-gone-team": (acme, "team", "former", world.ids["team gone"]),
        "gone": (acme, "organization", "creator", None),
        "foreign": (globex, "organization", "stranger", None),
        "foreign-private": (globex, "private", "stranger", None),
    }
    for label, (organization_id, visibility, creator, team_id) in things.items():
        columns = {
            "organization_id": organization_id,
            "visibility": visibility,
            "team_id": team_id,
            "created_by": world.people[creator] if creator else None,
        }
        world.ids[f"collection {label}"] = world.put("document_collections", label, name=label, **columns)
        world.ids[f"document {label}"] = world.put(
            "documents",
            label,
            title=label,
            collection_id=world.ids[f"collection {label}"],
            **columns,
        )
    world.ids["document in-private"] = world.put(
        "documents",
        "in-private",
        title="in-private",
        collection_id=world.ids["collection private"],
        visibility="organization",
        created_by=world.people["creator"],
    )
    for label in (*things, "in-private"):
        document_id = world.ids[f"document {label}"]
        world.put("document_chunks", label, document_id=document_id, content=label)
        world.put(
            "document_processing_status",
            label,
            organization_id=globex if label.startswith("foreign") else acme,
            document_id=document_id,
        )
    for table in ("documents", "document_collections"):
        world.connection.execute(
            sql.SQL("update public.{} set deleted_at = now() where id = any(%s)").format(sql.Identifier(table)),
            [[world.ids["document gone"], world.ids["collection gone"]]],
        )


def add_usage(world: World) -> None:
    """Add calls of people and of a machine, with what is made of them, and quotas of every scope."""
    acme, globex = world.ids["acme"], world.ids["globex"]
    world.put(
        "model_pricing",
        "price",
        model_name=uuid4().hex,
        input_per_million=1,
        output_per_million=2,
    )
    calls = {
        **dict.fromkeys(("member", "creator", "spectator", "former", "machine"), acme),
        "at-home": world.ids["creator@home"],
        "foreign": globex,
    }
    callers = {"machine": None, "at-home": "creator", "foreign": "stranger"}
    for label, organization_id in calls.items():
        caller = callers.get(label, label)
        call = {
            "organization_id": organization_id,
            "user_id": world.people[caller] if caller else None,
            "endpoint": "/chat/completions",
            "model_name": "gpt-4",
            "tokens_input": 10,
        }
        once = {"request_id": "once"} if label == "creator" else {}
        world.put("api_usage", label, **call, cost_usd=1, **once)
        counts = dict.fromkeys(("requests", "unpriced", "tokens_cached", "tokens_output", "cost_usd"), 0)
        world.put(
            "token_usage_summary",
            label,
            period="day",
            period_start="today",
            series_id=uuid4(),
            reported_by_client=True,
            **call,
            **counts,
        )

    key_id = value(
        world.connection,
        "select id from public.organization_api_keys where organization_id = %s and revoked_at is null",
        acme,
    )
    quotas: dict[str, dict[str, object]] = {
        "organization": {"organization_id": acme},
        "plan": {"organization_id": acme, "kind": "plan"},
        "each-person": {"organization_id": acme, "scope": "user"},
        "member": {
            "organization_id": acme,
            "scope": "user",
            "user_id": world.people["member"],
        },
        "key": {"organization_id": acme, "scope": "api_key", "api_key_id": key_id},
        "foreign": {"organization_id": globex},
    }
    for label, columns in quotas.items():
        world.ids[f"quota {label}"] = world.put(
            "usage_quotas",
            label,
            metric="tokens",
            period="day",
            limit_value=1000,
            created_by=world.people["owner"],
            **columns,
        )
    for label, organization_id in (("acme", acme), ("foreign", globex)):
        world.put(
            "usage_credits",
            label,
            organization_id=organization_id,
            kind="top_up",
            amount_usd=10,
            remaining_usd=10,
        )
    for label in ("organization", "member", "foreign"):
        subject = quotas[label]
        world.put(
            "usage_alerts",
            label,
            organization_id=subject["organization_id"],
            quota_id=world.ids[f"quota {label}"],
            scope=subject.get("scope", "organization"),
            user_id=subject.get("user_id"),
            metric="tokens",
            period="day",
            period_start="today",
            threshold=80,
            limit_value=1000,
            spent=800,
        )


def add_maintenance(world: World) -> None:
    """Name the jobs, which the migrations made, and add a run."""
    world.name("maintenance_jobs", "job", "true")
    job = value(world.connection, "select name from public.maintenance_jobs limit 1")
    world.put("maintenance_runs", "run", job=job, started_at="now", finished_at="now")


def name_what_triggers_made(world: World) -> None:
    """Turn the spectator into a viewer, remove the former member, delete Defunct; label the audit log."""
    connection, acme = world.connection, world.ids["acme"]
    connection.execute(
        "update public.organization_members set role = 'viewer' where organization_id = %s and user_id = %s",
        [acme, world.people["spectator"]],
    )
    connection.execute(
        "delete from public.organization_members where organization_id = %s and user_id = %s",
        [acme, world.people["former"]],
    )
    for table in ("organization_members", "team_members"):
        index = world.keys[table].index("organization_id")
        gone = [
            key for key in world.rows[table] if key[index] == acme and str(world.people["former"]) in map(str, key)
        ]
        for key in gone:
            del world.rows[table][key]
    connection.execute(
        "update public.organizations set deleted_at = now() where id = %s",
        [world.ids["defunct"]],
    )
    for name in ("acme", "globex", "defunct"):
        world.name("organization_audit_log", name, "organization_id = %s", world.ids[name])
    for kind in world.people:
        world.name(
            "organization_audit_log",
            f"{kind}@home",
            "organization_id = %s",
            world.ids[f"{kind}@home"],
        )
    assert values(connection, "select count(*) from public.organization_audit_log")[0] > 0
