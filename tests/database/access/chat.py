"""A conversation is seen by its participants, whoever else they are; a viewer among them writes nothing in it.

A viewer may take themselves out of what they are in, and keeps their read position.
"""

from __future__ import annotations

from typing import Any

from tests.database.access.table import Proposal, Table
from tests.database.world import World


def mine(world: World, kind: str) -> dict[str, Any]:
    """Return the user_id of whoever tries, or of somebody for the service role."""
    return {"user_id": world.people.get(kind, world.people["participant"])}


def conversation(organization: str | None, creator: str = "me") -> Proposal:
    """Propose a conversation."""
    return lambda world, kind: {
        **({"organization_id": world.id_of(organization)} if organization else {}),
        "title": "New",
        "created_by": world.people.get(kind if creator == "me" else creator, world.people["creator"]),
    }


def participant(person: str, conversation: str, organization: str | None = None) -> Proposal:
    """Propose somebody for a conversation."""
    return lambda world, kind: {
        **({"organization_id": world.id_of(organization)} if organization else {}),
        "conversation_id": world.id_of(conversation),
        "user_id": world.people.get(kind if person == "me" else person, world.people["admin"]),
    }


def message(conversation: str, **columns: object) -> Proposal:
    """Propose a message of whoever tries."""
    return lambda world, kind: {
        "conversation_id": world.id_of(conversation),
        **mine(world, kind),
        "content": "Hi",
        **columns,
    }


def reaction(message: str) -> Proposal:
    """Propose a reaction of whoever tries."""
    return lambda world, kind: {
        "message_id": world.id_of(f"message {message}"),
        **mine(world, kind),
        "reaction": "🎉",
    }


CONVERSATIONS = Table(
    "conversations",
    """
    who                           | select  | insert              | update  | delete
    anon                          | 42501   | 42501               | 42501   | 42501
    stranger                      | foreign | personal, foreign   | foreign | 42501
    former, viewer                | -       | personal            | -       | 42501
    spectator                     | talk    | personal            | -       | 42501
    admin, owner, lead, teammate  | -       | personal, acme      | -       | 42501
    member                        | other   | personal, acme      | other   | 42501
    participant                   | talk    | personal, acme      | -       | 42501
    creator                       | talk    | personal, acme      | talk    | 42501
    service                       | all     | all                 | all     | all
    """,
    insert={
        "personal": conversation(None),
        "acme": conversation("acme"),
        "foreign": conversation("globex"),
        "defunct": conversation("defunct"),
        "home-of-another": conversation("newcomer@home"),
        "somebody's": conversation("acme", "newcomer"),
    },
    changes={"update": {"title": "Changed"}},
    insert_grant="organization_id id title type metadata created_by",
    update_grant="title metadata",
)

PARTICIPANTS = Table(
    "conversation_participants",
    """
    who                           | select   | insert                        | update         | delete
    anon                          | 42501    | 42501                         | 42501          | 42501
    stranger                      | @foreign | me-to-foreign=, wrong!23503   | @foreign       | @foreign
    former, viewer                | -        | -                             | -              | -
    admin, owner, lead, teammate  | -        | -                             | -              | -
    member                        | @other   | -                             | @other         | @other
    spectator                     | @talk    | -                             | spectator@talk | spectator@talk
    participant                   | @talk    | @adds        | participant@talk | participant@talk
    creator                       | @talk    | @adds        | creator@talk   | @talk
    service                       | all      | @service                      | all            | all
    """,
    groups={
        "talk": "creator@talk participant@talk spectator@talk",
        "foreign": "stranger@foreign",
        "other": "member@other",
        "service": "colleague me-to-talk me-to-foreign outsider gone wrong!23503 outsider-by-my-home!23503",
        # The foreign key refuses an organization that is not the conversation's.
        "adds": "me-to-talk= colleague outsider-by-my-home!23503",
    },
    insert={
        "colleague": participant("viewer", "talk"),
        "outsider": participant("newcomer", "talk"),
        "me-to-talk": participant("me", "talk"),
        "me-to-foreign": participant("me", "foreign"),
        "gone": participant("admin", "gone"),
        "wrong": participant("stranger", "foreign", "stranger@home"),
        "outsider-by-my-home": lambda world, kind: {
            "organization_id": world.id_of(f"{kind if kind in world.people else 'creator'}@home"),
            "conversation_id": world.ids["talk"],
            "user_id": world.people["owner"],
        },
    },
    changes={"update": {"last_read_at": "2026-01-01T00:00:00Z"}},
    insert_grant="organization_id conversation_id user_id",
    update_grant="last_read_at",
    delete_grant=True,
)

MESSAGES = Table(
    "messages",
    """
    who                           | select  | insert   | update  | delete
    anon                          | 42501   | 42501    | 42501   | 42501
    stranger                      | foreign | foreign  | foreign | 42501
    former, viewer                | -       | -        | -       | 42501
    admin, owner, lead, teammate  | -       | -        | -       | 42501
    member                        | other   | -        | other   | 42501
    spectator                     | @talk   | -        | -       | 42501
    participant                   | @talk   | @talks   | reply   | 42501
    creator                       | @talk   | @talks   | hello   | 42501
    service                       | all     | all, wrong-organization!23503 | all | all
    """,
    groups={"talk": "hello reply remark answer", "talks": "talk wrong-organization!23503"},
    insert={
        "talk": message("talk"),
        "foreign": message("foreign"),
        "gone": message("gone"),
        "somebody's": lambda world, _: {
            "conversation_id": world.ids["talk"],
            "user_id": world.people["member"],
            "content": "Hi",
        },
        "assistant": message("talk", role="assistant", user_id=None),
        "wrong-organization": lambda world, kind: {
            **message("talk")(world, kind),
            "organization_id": world.ids["globex"],
        },
    },
    changes={"update": {"content": "Changed"}},
    insert_grant="organization_id id conversation_id user_id role content metadata",
    update_grant="content metadata",
)

REACTIONS = Table(
    "message_reactions",
    """
    who                           | select   | insert    | update | delete
    anon                          | 42501    | 42501     | 42501  | 42501
    stranger                      | stranger | foreign   | 42501  | stranger
    former, viewer                | -        | -         | 42501  | -
    admin, owner, lead, teammate  | -        | -         | 42501  | -
    member                        | member   | -         | 42501  | member
    spectator                     | @talk    | -         | 42501  | -
    participant                   | @talk    | talk      | 42501  | participant
    creator                       | @talk    | talk      | 42501  | creator
    service                       | all      | talk, foreign, somebody's, removed, gone | all!PT400 | all
    """,
    groups={"talk": "creator participant spectator"},
    insert={
        "talk": reaction("answer"),
        "foreign": reaction("foreign"),
        "removed": reaction("removed"),
        "gone": reaction("gone"),
        "somebody's": lambda world, _: {
            "message_id": world.ids["message answer"],
            "user_id": world.people["viewer"],
            "reaction": "🎉",
        },
    },
    changes={"update": {"reaction": "🎈"}},
    insert_grant="message_id user_id reaction",
    delete_grant=True,
)

TYPING = Table(
    "typing_indicators",
    """
    who                           | select   | insert                    | update | delete
    anon                          | 42501    | 42501                     | 42501  | 42501
    stranger                      | stranger | foreign                   | 42501  | stranger
    former, viewer                | -        | -                         | 42501  | -
    admin, owner, lead, teammate  | -        | -                         | 42501  | -
    member                        | -        | -                         | 42501  | -
    spectator                     | @talk    | -                         | 42501  | -
    participant                   | @talk    | talk                      | 42501  | participant
    creator                       | @talk    | talk                      | 42501  | creator
    service                       | all      | talk, foreign, somebody's, gone | all | all
    """,
    groups={"talk": "creator participant"},
    insert={
        "talk": lambda world, kind: {"conversation_id": world.ids["talk"], **mine(world, kind)},
        "foreign": lambda world, kind: {"conversation_id": world.ids["foreign"], **mine(world, kind)},
        "gone": lambda world, kind: {"conversation_id": world.ids["gone"], **mine(world, kind)},
        "somebody's": lambda world, _: {
            "conversation_id": world.ids["talk"],
            "user_id": world.people["spectator"],
        },
    },
    changes={"update": {"expires_at": "2030-01-01T00:00:00Z"}},
    insert_grant="organization_id conversation_id user_id",
    delete_grant=True,
)

GENERATIONS = Table(
    "chat_generations",
    """
    who                             | select  | insert | update | delete
    anon                            | 42501   | 42501  | 42501  | 42501
    stranger                        | foreign | 42501  | 42501  | 42501
    former, viewer                  | -       | 42501  | 42501  | 42501
    admin, owner, lead, teammate    | -       | 42501  | 42501  | 42501
    member                          | other   | 42501  | 42501  | 42501
    spectator, participant, creator | talk    | 42501  | 42501  | 42501
    service                         | all     | talk   | all    | all
    """,
    insert={
        "talk": lambda world, kind: {
            "organization_id": world.ids["acme"],
            "conversation_id": world.ids["talk"],
            "message_id": world.ids["message answer"],
            "question_id": world.ids["message hello"],
            **mine(world, kind),
        },
    },
    changes={"update": {"content": "Changed"}},
    select_grant=(
        "organization_id message_id conversation_id question_id user_id model_name status content citations usage "
        "error cancel_requested_at created_at finished_at"
    ),
)

TABLES = [CONVERSATIONS, PARTICIPANTS, MESSAGES, REACTIONS, TYPING, GENERATIONS]
