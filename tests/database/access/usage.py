# ruff: noqa: E501 - the tables are wide
"""Everybody reads their own usage in the organizations they are in, admins read everybody's there.

The ledger, its summaries and the alerts are written by nobody but the database: a client may report its own calls, and
once only. What the plan allows (`plan`) is billing's; what the organization allows itself is its admins'.
"""

from __future__ import annotations

from typing import Any

from tests.database.access.table import Proposal, Table
from tests.database.world import World

FIGURES = "member creator spectator former machine"


def usage(organization: str | None, **columns: object) -> Proposal:
    """Propose a call of whoever tries."""
    return lambda world, kind: {
        **({"organization_id": world.id_of(organization)} if organization else {}),
        "user_id": world.people.get(kind, world.people["member"]),
        "endpoint": "/chat/completions",
        "model_name": "gpt-4",
        **columns,
    }


def used_again(world: World, kind: str) -> dict[str, Any]:
    """Propose the call that the creator has reported before."""
    return {**usage("acme", request_id="once")(world, kind), "user_id": world.people["creator"]}


def quota(organization: str, **columns: object) -> Proposal:
    """Propose a quota."""
    return lambda world, kind: {
        "organization_id": world.id_of(
            f"{kind if kind in world.people else 'newcomer'}@home" if organization == "home" else organization
        ),
        "metric": "cost",
        "period": "month",
        "limit_value": 5,
        **columns,
    }


PRICING = Table(
    "model_pricing",
    """
    who                                                        | select | insert | update | delete
    anon                                                       | 42501  | 42501  | 42501  | 42501
    stranger, former, viewer, member, admin, owner, lead       | all    | 42501  | 42501  | 42501
    teammate, creator, participant, spectator                  | all    | 42501  | 42501  | 42501
    service                                                    | all    | all    | 42501  | 42501
    """,
    insert={"new": lambda _, __: {"model_name": "new-model", "input_per_million": 1, "output_per_million": 2}},
    changes={"update": {"output_per_million": 0}},
    service="select",
    service_insert="model_name input_per_million cached_input_per_million output_per_million valid_from",
    everybodys=True,
)

API_USAGE = Table(
    "api_usage",
    """
    who                          | select               | insert                     | update | delete
    anon                         | 42501                | 42501                      | 42501  | 42501
    stranger                     | foreign              | personal, foreign          | 42501  | 42501
    former, viewer               | -                    | personal                   | 42501  | 42501
    spectator                    | spectator            | personal                   | 42501  | 42501
    member                       | member               | personal, acme             | 42501  | 42501
    lead, teammate, participant  | -                    | personal, acme             | 42501  | 42501
    creator                      | creator, at-home     | personal, acme, again=     | 42501  | 42501
    admin, owner                 | @figures             | personal, acme             | 42501  | 42501
    service                      | all                  | all, again=                | 42501  | 42501
    """,
    groups={"figures": FIGURES},
    insert={
        "personal": usage(None),
        "acme": usage("acme"),
        "foreign": usage("globex"),
        "defunct": usage("defunct"),
        "somebody's": lambda world, kind: {
            **usage("acme")(world, kind),
            "user_id": world.people["participant" if kind == "member" else "member"],
        },
        # A retry counts once, but only who may report at all learns that it is one.
        "again": used_again,
    },
    changes={"update": {"cost_usd": 0}},
    insert_grant="organization_id user_id endpoint model_name tokens_input tokens_cached tokens_output cost_usd request_id",
    service="select",
    service_insert="organization_id user_id endpoint model_name tokens_input tokens_cached tokens_output cost_usd request_id",
)

SUMMARY = Table(
    "token_usage_summary",
    """
    who                                          | select               | insert | update | delete
    anon                                         | 42501                | 42501  | 42501  | 42501
    stranger                                     | foreign              | 42501  | 42501  | 42501
    former, viewer, lead, teammate, participant  | -                    | 42501  | 42501  | 42501
    spectator                                    | spectator            | 42501  | 42501  | 42501
    member                                       | member               | 42501  | 42501  | 42501
    creator                                      | creator, at-home     | 42501  | 42501  | 42501
    admin, owner                                 | @figures             | 42501  | 42501  | 42501
    service                                      | all                  | 42501  | 42501  | 42501
    """,
    groups={"figures": FIGURES},
    insert={
        "acme": lambda world, kind: {
            "organization_id": world.ids["acme"],
            "user_id": world.people.get(kind),
            "period": "day",
            "period_start": "2026-01-01T00:00:00Z",
            "requests": 1,
        },
    },
    changes={"update": {"cost_usd": 0}},
    service="select",
)

QUOTAS = Table(
    "usage_quotas",
    """
    who                                       | select             | insert          | update    | delete
    anon                                      | 42501              | 42501           | 42501     | 42501
    stranger                                  | foreign            | home, foreign   | foreign   | foreign
    former                                    | -                  | home            | -         | -
    viewer, spectator, lead, teammate         | @everybodys        | home            | -         | -
    participant, creator                      | @everybodys        | home            | -         | -
    member                                    | @everybodys member | home            | -         | -
    admin, owner                              | @all-of-acme       | home, acme, of-a-person | @organizations | @organizations
    service                                   | all                | all             | all       | all
    """,
    groups={
        "everybodys": "organization each-person plan",
        "all-of-acme": "organization each-person plan member key",
        "organizations": "organization each-person member key",
    },
    insert={
        "home": quota("home"),
        "acme": quota("acme"),
        "of-a-person": lambda world, kind: {
            **quota("acme", scope="user")(world, kind),
            "user_id": world.people["viewer"],
        },
        "of-the-plan": quota("acme", kind="plan", metric="requests"),
        "foreign": quota("globex"),
        "defunct": quota("defunct"),
    },
    changes={"update": {"limit_value": 7}},
    insert_grant="organization_id scope user_id api_key_id metric period limit_value",
    update_grant="limit_value",
    delete_grant=True,
)

ALERTS = Table(
    "usage_alerts",
    """
    who                                                  | select               | insert | update | delete
    anon                                                 | 42501                | 42501  | 42501  | 42501
    stranger                                             | foreign              | 42501  | 42501  | 42501
    former, viewer, spectator                            | -                    | 42501  | 42501  | 42501
    lead, teammate, participant, creator                 | -                    | 42501  | 42501  | 42501
    member                                               | member               | 42501  | 42501  | 42501
    admin, owner                                         | organization, member | 42501  | 42501  | 42501
    service                                              | all                  | 42501  | 42501  | 42501
    """,
    insert={
        "acme": lambda world, _: {
            "organization_id": world.ids["acme"],
            "quota_id": world.ids["quota organization"],
            "threshold": 50,
        },
    },
    changes={"update": {"spent": 0}},
    service="select",
)

CREDITS = Table(
    "usage_credits",
    """
    who                                                  | select  | insert | update | delete
    anon                                                 | 42501   | 42501  | 42501  | 42501
    stranger                                             | foreign | 42501  | 42501  | 42501
    former, viewer, spectator, member                    | -       | 42501  | 42501  | 42501
    lead, teammate, participant, creator                 | -       | 42501  | 42501  | 42501
    admin, owner                                         | acme    | 42501  | 42501  | 42501
    service                                              | all     | 42501  | 42501  | 42501
    """,
    insert={
        "acme": lambda world, _: {
            "organization_id": world.ids["acme"],
            "kind": "grant",
            "amount_usd": 1000,
            "remaining_usd": 1000,
        },
    },
    changes={"update": {"remaining_usd": 1000}},
    service="select",
)

TABLES = [PRICING, API_USAGE, SUMMARY, QUOTAS, ALERTS, CREDITS]
