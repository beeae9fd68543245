# ruff: noqa: E501 - the tables are wide
"""Collections, documents and chunks are read by their audience, and changed by their creator, an admin or a lead.

`private` and `organization` are the creator's, `team` was made by somebody who has left and is Red's, `team-mates` is
Red's and was made by the teammate, `of-gone-team` belonged to a team that was deleted: admins may share it anew.
`in-private` is shared with the organization, though the collection that it lies in is private to the creator.
Nobody sees what is private to somebody who has left (`formers`), or whose account is gone (`orphan`).
"""

from __future__ import annotations

from typing import Any

from tests.database.access.table import Proposal, Table
from tests.database.world import World

FOREIGN = "foreign foreign-private"
COLLECTION_GROUPS = {
    "red": "organization team team-mates",
    "admins": "organization team team-mates of-gone-team",
    "foreigners": FOREIGN,
}
SHARED = "organization in-private"
GROUPS = {
    "shared": SHARED,
    "own": f"{SHARED} private",
    "red": f"{SHARED} team team-mates",
    "admins": f"{SHARED} team team-mates of-gone-team",
    "foreigners": FOREIGN,
}


def creator(world: World, kind: str) -> dict[str, Any]:
    """Return the created_by of whoever tries, or of somebody for the service role."""
    return {"created_by": world.people.get(kind, world.people["creator"])}


def collection(visibility: str | None, organization: str | None = "acme", team: str | None = None) -> Proposal:
    """Propose a collection."""
    return lambda world, kind: {
        "name": "New",
        **creator(world, kind),
        **({"organization_id": world.id_of(organization)} if organization else {}),
        **({"visibility": visibility} if visibility else {}),
        **({"team_id": world.id_of(f"team {team}")} if team else {}),
    }


def document(
    visibility: str | None, organization: str | None = "acme", team: str | None = None, into: str | None = None
) -> Proposal:
    """Propose a document."""
    return lambda world, kind: {
        "title": "New",
        **creator(world, kind),
        **({"organization_id": world.id_of(organization)} if organization else {}),
        **({"visibility": visibility} if visibility else {}),
        **({"team_id": world.id_of(f"team {team}")} if team else {}),
        **({"collection_id": world.id_of(f"collection {into}")} if into else {}),
    }


def chunk(document: str, **columns: str) -> Proposal:
    """Propose a chunk of a document, leaving the organization to the database."""
    return lambda world, _: {
        "document_id": world.id_of(f"document {document}"),
        "content": "New",
        "chunk_index": 7,
        **{name: world.id_of(other) for name, other in columns.items()},
    }


COLLECTIONS = Table(
    "document_collections",
    """
    who                                    | select                | insert               | update                | share                 | delete
    anon                                   | 42501                 | 42501                | 42501                 | 42501                 | 42501
    stranger                               | @foreigners           | personal, foreign    | @foreigners           | @foreigners           | 42501
    former                                 | -                     | personal             | -                     | -                     | 42501
    viewer, spectator                      | organization          | personal             | -                     | -                     | 42501
    member, participant                    | organization          | @mine                | -                     | -                     | 42501
    creator                                | organization, private | @mine                | organization, private | organization, private | 42501
    teammate                               | @red                  | @mine, red           | team-mates            | team-mates            | 42501
    lead                                   | @red                  | @mine, red           | team, team-mates      | @refused-lead         | 42501
    admin, owner                           | @admins               | @mine, red, blue, gone-team | @admins        | @admins               | 42501
    service                                | all                   | all, foreign-team!23503 | all                | all, gone             | all
    """,
    groups={
        **COLLECTION_GROUPS,
        "mine": "personal private organization",
        # A lead manages what is the team's, and cannot take it out of the team.
        "refused-lead": "team!42501 team-mates!42501",
    },
    insert={
        "personal": collection(None, None),
        "private": collection("private"),
        "organization": collection("organization"),
        "red": collection("team", team="red"),
        "blue": collection("team", team="blue"),
        "gone-team": collection("team", team="gone"),
        "foreign": collection("organization", "globex"),
        "foreign-team": collection("team", team="foreign"),
        "defunct": collection("private", "defunct"),
        "somebody's": lambda world, _: {
            "name": "New",
            "organization_id": world.ids["acme"],
            "created_by": world.people["newcomer"],
        },
    },
    changes={"update": {"description": "Changed"}, "share": {"visibility": "organization"}},
    insert_grant="organization_id id name description visibility team_id language embedding_model metadata created_by",
    update_grant="name description visibility team_id language metadata",
)

DOCUMENTS = Table(
    "documents",
    """
    who                  | select                | insert                   | update                | share                 | hide                               | delete
    anon                 | 42501                 | 42501                    | 42501                 | 42501                 | 42501                              | 42501
    stranger             | @foreigners           | @foreigns                | @foreigners           | @foreigners           | @foreigners                        | 42501
    former               | -                     | personal                 | -                     | -                     | -                                  | 42501
    viewer, spectator    | @shared               | personal                 | -                     | -                     | -                                  | 42501
    member, participant  | @shared               | @mine                    | -                     | -                     | -                                  | 42501
    creator              | @own                  | @mine, into-private      | @own                  | @own                  | @own                               | 42501
    teammate             | @red                  | @mine, red, into-team    | team-mates            | team-mates            | team-mates                         | 42501
    lead                 | @red                  | @mine, red, into-team    | team, team-mates      | @refused-lead         | @refused-lead                      | 42501
    admin, owner         | @admins               | @mine, red, into-team, blue, gone-team | @admins | @admins               | @refused-admin                     | 42501
    service              | all                   | @service                 | all                   | all                   | all                                | all
    """,
    groups={
        **GROUPS,
        "mine": "personal private organization into-organization",
        "foreigns": "personal foreign into-foreign-private",
        # A lead manages what is the team's, and cannot take it out of the team.
        "refused-lead": "team!42501 team-mates!42501",
        # An admin manages what they see, and cannot hide it from themselves in somebody's private things.
        "refused-admin": "organization!42501 in-private!42501 team!42501 team-mates!42501 of-gone-team!42501",
        "service": "all foreign-team!23503 into-foreign!23503",
    },
    insert={
        "personal": document(None, None),
        "private": document("private"),
        "organization": document("organization"),
        "red": document("team", team="red"),
        "blue": document("team", team="blue"),
        "gone-team": document("team", team="gone"),
        "foreign": document("organization", "globex"),
        "foreign-team": document("team", team="foreign"),
        "defunct": document("private", "defunct"),
        "into-organization": document(None, None, into="organization"),
        "into-team": document(None, None, into="team"),
        "into-private": document(None, None, into="private"),
        "into-gone": document("organization", into="gone"),
        "into-foreign": document("private", into="foreign"),
        "into-foreign-private": document(None, None, into="foreign-private"),
        "somebody's": lambda world, _: {
            "title": "New",
            "organization_id": world.ids["acme"],
            "created_by": world.people["newcomer"],
        },
    },
    changes={
        "update": {"title": "Changed"},
        "share": {"visibility": "organization"},
        "hide": {"visibility": "private"},
    },
    insert_grant="organization_id id collection_id title content source_url mime_type visibility team_id metadata created_by",
    update_grant="collection_id title content source_url mime_type visibility team_id metadata",
)

CHUNKS = Table(
    "document_chunks",
    """
    who                  | select                | insert                | update                | delete
    anon                 | 42501                 | 42501                 | 42501                 | 42501
    stranger             | @foreigners           | foreign, foreign-in-acme!23503 | @foreigners  | @foreigners
    former               | -                     | -                     | -                     | -
    viewer, spectator    | @shared               | -                     | -                     | -
    member, participant  | @shared               | -                     | -                     | -
    creator              | @own                  | @own, in-globex!23503 | @own                  | @own
    teammate             | @red                  | team-mates            | team-mates            | team-mates
    lead                 | @red                  | team, team-mates      | team, team-mates      | team, team-mates
    admin, owner         | @admins               | @admins, in-globex!23503 | @admins            | @admins
    service              | all                   | all, in-globex!23503, foreign-in-acme!23503 | all | all
    """,
    groups=GROUPS,
    insert={
        **{
            label: chunk(label)
            for label in (
                "private",
                "team",
                "team-mates",
                "organization",
                "of-gone-team",
                "formers",
                "orphan",
                "gone",
                "foreign",
                "in-private",
            )
        },
        "in-globex": chunk("organization", organization_id="globex"),
        "foreign-in-acme": chunk("foreign", organization_id="acme"),
    },
    changes={"update": {"content": "Changed"}},
    insert_grant="organization_id id document_id chunk_index content embedding embedding_model token_count metadata",
    # The columns that never change are for an upsert, which sets every column that it names.
    update_grant="organization_id id document_id chunk_index content embedding embedding_model token_count metadata",
    delete_grant=True,
)

PROCESSING = Table(
    "document_processing_status",
    """
    who                  | select                | insert      | update | delete
    anon                 | 42501                 | 42501       | 42501  | 42501
    stranger             | @foreigners           | 42501       | 42501  | 42501
    former               | -                     | 42501       | 42501  | 42501
    viewer, spectator    | @shared               | 42501       | 42501  | 42501
    member, participant  | @shared               | 42501       | 42501  | 42501
    creator              | @own                  | 42501       | 42501  | 42501
    teammate             | @red                  | 42501       | 42501  | 42501
    lead                 | @red                  | 42501       | 42501  | 42501
    admin, owner         | @admins               | 42501       | 42501  | 42501
    service              | all                   | twice!23505 | all    | all
    """,
    groups=GROUPS,
    insert={
        "twice": lambda world, _: {
            "organization_id": world.ids["acme"],
            "document_id": world.ids["document organization"],
        },
    },
    changes={"update": {"status": "failed"}},
)

TABLES = [COLLECTIONS, DOCUMENTS, CHUNKS, PROCESSING]
