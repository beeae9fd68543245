# ruff: noqa: E501 - the tables are wide
"""Organizations, members, teams, invitations, API keys and the audit log.

Everybody is in their personal organization (`me@home`), whose owner they are and stay.
"""

from __future__ import annotations

from tests.database.access.table import Proposal, Table
from tests.database.world import ACME

MEMBERS = " ".join(f"{kind}@acme" for kind in ACME)


def member(person: str, organization: str, role: str) -> Proposal:
    """Propose a member of an organization."""
    return lambda world, kind: {
        "organization_id": world.id_of(organization),
        "user_id": world.people.get(kind if person == "me" else person, world.people["newcomer"]),
        "role": role,
    }


def team(organization: str) -> Proposal:
    """Propose a team."""
    return lambda world, kind: {
        "organization_id": world.id_of(organization),
        "name": "Green",
        "created_by": world.people.get(kind, world.people["owner"]),
    }


def team_member(person: str, team: str, role: str = "member") -> Proposal:
    """Propose a member of a team, leaving the organization to the database."""
    return lambda world, _: {
        "team_id": world.id_of(f"team {team}"),
        "user_id": world.people[person],
        "role": role,
    }


ORGANIZATIONS = Table(
    "organizations",
    """
    who                                              | select     | insert       | update     | delete
    anon                                             | 42501      | 42501        | 42501      | 42501
    stranger                                         | globex, me | own          | globex, me | 42501
    former                                           | me         | own          | me         | 42501
    viewer, member, lead, teammate                   | acme, me   | own          | me         | 42501
    creator, participant, spectator                  | acme, me   | own          | me         | 42501
    admin, owner                                     | acme, me   | own          | acme, me   | 42501
    service                                          | all        | all          | all        | all, @used
    """,
    # An organization with usage in the ledger can be deleted softly alone.
    groups={"used": "acme!23503 globex!23503 creator!23503"},
    insert={
        "own": lambda world, kind: {
            "name": "New",
            "slug": "new-organization",
            "created_by": world.people.get(kind, world.people["owner"]),
        },
        "somebody's": lambda world, _: {
            "name": "New",
            "slug": "new-organization",
            "created_by": world.people["newcomer"],
        },
        "id-of-my-choice": lambda world, kind: {
            "id": "99999999-9999-4999-8999-999999999999",
            "name": "New",
            "slug": "new-organization",
            "created_by": world.people.get(kind, world.people["owner"]),
        },
    },
    changes={"update": {"settings": '{"changed": true}'}},
    insert_grant="name slug logo_url time_zone settings created_by",
    update_grant="name slug logo_url time_zone settings",
)

ORGANIZATION_MEMBERS = Table(
    "organization_members",
    """
    who                              | select            | insert          | update              | promote             | delete
    anon                             | 42501             | 42501           | 42501               | 42501               | 42501
    stranger                         | @foreign          | foreign         | @foreigner          | @foreign            | @foreigner
    former                           | me@home           | -               | me@home!PT409       | me@home             | me@home!PT409
    viewer, member, lead, teammate   | @acme, me@home    | -               | me@home!PT409       | me@home             | me@acme, me@home!PT409
    creator, participant, spectator  | @acme, me@home    | -               | me@home!PT409       | me@home             | me@acme, me@home!PT409
    admin                            | @acme, me@home    | @below, me-as-viewer!23505 | @below-owner        | @promoted-by-admin  | @below-owner
    owner                            | @acme, me@home    | @below, owner, me-as-viewer!23505, me-as-owner!23505 | @by-owner           | @acme, me@home      | @by-owner
    service                          | all               | @by-service     | @all-but-last-owner | all                 | @all-but-last-owner
    """,
    groups={
        "acme": MEMBERS,
        "foreign": "me@globex me@home",
        "foreigner": "me@globex!PT409 me@home!PT409",
        "below": "viewer member admin",
        "below-owner": f"{MEMBERS.replace('owner@acme', '')} me@home!PT409",
        "promoted-by-admin": f"{MEMBERS.replace(' ', '!42501 ').replace('owner@acme!42501', '')}!42501 me@home",
        "by-owner": f"{MEMBERS.replace('owner@acme', 'owner@acme!PT409')} me@home!PT409",
        "by-service": "viewer member admin owner foreign me-as-owner me-as-viewer home-of-another!PT409 defunct",
        "all-but-last-owner": "all owner@acme!PT409 stranger@globex!PT409 "
        + " ".join(f"{kind}@home!PT409" for kind in (*ACME, "stranger", "former", "newcomer")),
    },
    insert={
        **{role: member("newcomer", "acme", role) for role in ("viewer", "member", "admin", "owner")},
        "foreign": member("newcomer", "globex", "member"),
        "me-as-owner": member("me", "acme", "owner"),
        "me-as-viewer": member("me", "acme", "viewer"),
        "home-of-another": member("viewer", "newcomer@home", "member"),
        "defunct": member("newcomer", "defunct", "member"),
    },
    changes={"update": {"role": "viewer"}, "promote": {"role": "owner"}},
    insert_grant="organization_id user_id role",
    update_grant="role",
    delete_grant=True,
)

TEAMS = Table(
    "teams",
    """
    who                                              | select    | insert  | update    | delete
    anon                                             | 42501     | 42501   | 42501     | 42501
    stranger                                         | foreign   | foreign | foreign   | 42501
    former                                           | -         | -       | -         | 42501
    viewer, member, teammate                         | red, blue | -       | -         | 42501
    creator, participant, spectator                  | red, blue | -       | -         | 42501
    lead                                             | red, blue | -       | red       | 42501
    admin, owner                                     | red, blue | acme    | red, blue | 42501
    service                                          | all       | all     | all       | all, red!23503, gone!23503
    """,
    insert={
        "acme": team("acme"),
        "foreign": team("globex"),
        "defunct": team("defunct"),
        "id-of-my-choice": lambda world, kind: {
            **team("acme")(world, kind),
            "id": "99999999-9999-4999-8999-999999999999",
        },
        "somebody's": lambda world, _: {
            "organization_id": world.ids["acme"],
            "name": "Green",
            "created_by": world.people["newcomer"],
        },
    },
    changes={"update": {"description": "changed"}},
    insert_grant="organization_id name description created_by",
    update_grant="name description",
)

TEAM_MEMBERS = Table(
    "team_members",
    """
    who                                              | select         | insert                          | update         | delete
    anon                                             | 42501          | 42501                           | 42501          | 42501
    stranger                                         | foreign        | foreign!23503                   | foreign        | foreign
    former                                           | -              | -                               | -              | -
    viewer, member                                   | lead, teammate | -                               | -              | -
    creator, participant, spectator                  | lead, teammate | -                               | -              | -
    teammate                                         | lead, teammate | -                               | -              | teammate
    lead                                             | lead, teammate | @leads                          | lead, teammate | lead, teammate
    admin, owner                                     | lead, teammate | @admins                         | lead, teammate | lead, teammate
    service                                          | all            | @admins, gone, @misfits         | all            | all
    """,
    groups={
        "admins": "red red-as-lead blue outsider!23503",
        "leads": "red red-as-lead outsider!23503 red-by-a-wrong-name!23503",
        # Refused by the foreign keys: nobody is in a team without being in its organization.
        "misfits": "foreign!23503 red-by-a-wrong-name!23503",
    },
    insert={
        "red": team_member("member", "red"),
        "red-as-lead": team_member("viewer", "red", "lead"),
        "blue": team_member("teammate", "blue"),
        "gone": team_member("teammate", "gone"),
        "outsider": team_member("newcomer", "red"),
        "foreign": team_member("member", "foreign"),
        "red-by-a-wrong-name": lambda world, _: {
            "organization_id": world.ids["globex"],
            "team_id": world.ids["team red"],
            "user_id": world.people["stranger"],
        },
    },
    changes={"update": {"role": "lead"}},
    insert_grant="organization_id team_id user_id role",
    update_grant="role",
    delete_grant=True,
)

INVITATIONS = Table(
    "organization_invitations",
    """
    who                                              | select                                                | insert | update | delete
    anon                                             | 42501                                                 | 42501  | 42501  | 42501
    stranger                                         | foreign-pending, foreign-accepted, foreign-revoked    | 42501  | 42501  | 42501
    former, viewer, member, lead, teammate           | -                                                     | 42501  | 42501  | 42501
    creator, participant, spectator                  | -                                                     | 42501  | 42501  | 42501
    admin, owner                                     | pending, accepted, revoked                            | 42501  | 42501  | 42501
    service                                          | all                                                   | all    | all    | all
    """,
    insert={
        "acme": lambda world, _: {
            "organization_id": world.ids["acme"],
            "email": "new@example.com",
            "token_hash": b"hash",
        },
    },
    changes={"update": {"expires_at": "tomorrow"}},
    select_grant="organization_id id email role team_id invited_by created_at expires_at accepted_at accepted_by revoked_at",
)

INVITATION_LIMITS = Table(
    "invitation_limits",
    """
    who                                             | select | insert    | update | delete
    anon, stranger, former, viewer, member, admin   | 42501  | 42501     | 42501  | 42501
    owner, lead, teammate, creator, participant     | 42501  | 42501     | 42501  | 42501
    spectator                                       | 42501  | 42501     | 42501  | 42501
    service                                         | all    | all!23505 | all    | 42501
    """,
    insert={
        # Every plan has its row.
        "free": lambda _, __: {
            "plan_type": "free",
            "per_day": 10**6,
            "per_member": 0,
            "to_address": 10**6,
            "to_mailbox": 10**6,
        },
    },
    changes={"update": {"per_day": 10**6}},
    select_grant="",
    service="select insert update",
    everybodys=True,
)

API_KEYS = Table(
    "organization_api_keys",
    """
    who                                              | select                        | insert | update | delete
    anon                                             | 42501                         | 42501  | 42501  | 42501
    stranger                                         | foreign-live, foreign-revoked | 42501  | 42501  | 42501
    former, viewer, member, lead, teammate           | -                             | 42501  | 42501  | 42501
    creator, participant, spectator                  | -                             | 42501  | 42501  | 42501
    admin, owner                                     | live, revoked                 | 42501  | 42501  | 42501
    service                                          | all                           | all    | all    | all
    """,
    insert={
        "acme": lambda world, _: {
            "organization_id": world.ids["acme"],
            "name": "Key",
            "key_prefix": "gw_abcdef",
            "key_hash": b"hash",
        },
    },
    changes={"update": {"name": "Changed"}},
    select_grant="organization_id id name key_prefix scopes created_by created_at last_used_at expires_at revoked_at",
)

AUDIT_LOG = Table(
    "organization_audit_log",
    """
    who                                              | select          | insert | update | delete
    anon                                             | 42501           | 42501  | 42501  | 42501
    stranger                                         | globex, me@home | 42501  | 42501  | 42501
    former, viewer, member, lead, teammate           | me@home         | 42501  | 42501  | 42501
    creator, participant, spectator                  | me@home         | 42501  | 42501  | 42501
    admin, owner                                     | acme, me@home   | 42501  | 42501  | 42501
    service                                          | all             | 42501  | 42501  | 42501
    """,
    insert={
        "acme": lambda world, _: {
            "organization_id": world.ids["acme"],
            "action": "insert",
            "table_name": "forged",
            "record": "{}",
        },
    },
    changes={"update": {"action": "delete"}},
    service="select",
)

TABLES = [
    ORGANIZATIONS,
    ORGANIZATION_MEMBERS,
    TEAMS,
    TEAM_MEMBERS,
    INVITATIONS,
    INVITATION_LIMITS,
    API_KEYS,
    AUDIT_LOG,
]
