"""Profiles are read by people who share an organization; everything else here is its person's alone."""

from __future__ import annotations

from tests.database.access.table import Table

COLLEAGUES = "viewer member admin owner lead teammate creator participant spectator"

PROFILES = Table(
    "user_profiles",
    """
    who                                              | select      | insert      | update | delete
    anon                                             | 42501       | 42501       | 42501  | 42501
    stranger, former                                 | me          | 42501       | me     | 42501
    viewer, member, admin, owner, lead, teammate     | @colleagues | 42501       | me     | 42501
    creator, participant, spectator                  | @colleagues | 42501       | me     | 42501
    service                                          | all         | twice!23505 | all    | 42501
    """,
    groups={"colleagues": COLLEAGUES},
    insert={"twice": lambda world, kind: {"user_id": world.people.get(kind, world.people["viewer"])}},
    changes={"update": {"full_name": "Somebody Else"}},
    update_grant="full_name avatar_url job_title bio",
    service="select insert update",
)

PREFERENCES = Table(
    "user_preferences",
    """
    who                                              | select | insert      | update | delete
    anon                                             | 42501  | 42501       | 42501  | 42501
    stranger, former                                 | me     | 42501       | me     | 42501
    viewer, member, admin, owner, lead, teammate     | me     | 42501       | me     | 42501
    creator, participant, spectator                  | me     | 42501       | me     | 42501
    service                                          | all    | twice!23505 | all    | all
    """,
    insert={"twice": lambda world, kind: {"user_id": world.people.get(kind, world.people["viewer"])}},
    changes={"update": {"theme": "dark"}},
    update_grant="theme language time_zone email_notifications push_notifications settings",
)

SESSIONS = Table(
    "user_sessions",
    """
    who                                              | select | insert      | update | delete
    anon                                             | 42501  | 42501       | 42501  | 42501
    stranger, former                                 | me     | own         | me     | me
    viewer, member, admin, owner, lead, teammate     | me     | own         | me     | me
    creator, participant, spectator                  | me     | own         | me     | me
    service                                          | all    | all         | all    | all
    """,
    insert={
        "own": lambda world, kind: {"user_id": world.people.get(kind, world.people["viewer"])},
        "somebody's": lambda world, _: {"user_id": world.people["newcomer"]},
    },
    changes={"update": {"device_name": "Telephone"}},
    insert_grant="user_id auth_session_id device_name user_agent ip_address expires_at",
    update_grant="last_active_at device_name",
    delete_grant=True,
)

CONNECTIONS = Table(
    "user_connections",
    """
    who                                              | select | insert | update | delete
    anon                                             | 42501  | 42501  | 42501  | 42501
    stranger, former                                 | me     | 42501  | 42501  | me
    viewer, member, admin, owner, lead, teammate     | me     | 42501  | 42501  | me
    creator, participant, spectator                  | me     | 42501  | 42501  | me
    service                                          | all    | own    | all    | all
    """,
    insert={
        "own": lambda world, kind: {
            "user_id": world.people.get(kind, world.people["viewer"]),
            "provider": "slack",
            "provider_account_id": "U1",
            "access_token_encrypted": "ciphertext",
            "encryption_key_id": "k1",
        },
    },
    changes={"update": {"metadata": "{}", "scopes": ["mail"]}},
    select_grant="id user_id provider provider_account_id scopes token_expires_at metadata created_at updated_at",
    delete_grant=True,
)

NOTIFICATIONS = Table(
    "user_notifications",
    """
    who                                              | select | insert | update | delete
    anon                                             | 42501  | 42501  | 42501  | 42501
    stranger, former                                 | me     | 42501  | me     | me
    viewer, member, admin, owner, lead, teammate     | me     | 42501  | me     | me
    creator, participant, spectator                  | me     | 42501  | me     | me
    service                                          | all    | own    | all    | all
    """,
    insert={
        "own": lambda world, kind: {
            "user_id": world.people.get(kind, world.people["viewer"]),
            "type": "note",
            "title": "Note",
        },
    },
    changes={"update": {"read_at": "2026-01-01T00:00:00Z"}},
    update_grant="read_at",
    delete_grant=True,
)

TABLES = [PROFILES, PREFERENCES, SESSIONS, CONNECTIONS, NOTIFICATIONS]
