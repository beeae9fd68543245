"""What has to be done now and then: seen by the service role alone, which may only change the schedule."""

from __future__ import annotations

from tests.database.access.table import Table

JOBS = Table(
    "maintenance_jobs",
    """
    who                                             | select | insert | update | delete
    anon, stranger, former, viewer, member, admin   | 42501  | 42501  | 42501  | 42501
    owner, lead, teammate, creator, participant     | 42501  | 42501  | 42501  | 42501
    spectator                                       | 42501  | 42501  | 42501  | 42501
    service                                         | all    | 42501  | all    | 42501
    """,
    insert={
        "command": lambda _, __: {
            "name": "mine",
            "description": "Mine",
            "schedule": "* * * * *",
            "command": "select 1",
        },
    },
    changes={"update": {"is_enabled": False}},
    select_grant="",
    service="select",
    service_update="schedule is_enabled",
)

RUNS = Table(
    "maintenance_runs",
    """
    who                                             | select | insert | update | delete
    anon, stranger, former, viewer, member, admin   | 42501  | 42501  | 42501  | 42501
    owner, lead, teammate, creator, participant     | 42501  | 42501  | 42501  | 42501
    spectator                                       | 42501  | 42501  | 42501  | 42501
    service                                         | all    | 42501  | 42501  | 42501
    """,
    insert={"forged": lambda _, __: {"job": "mine", "started_at": "now", "finished_at": "now"}},
    changes={"update": {"row_count": 0}},
    select_grant="",
    service="select",
)

TABLES = [JOBS, RUNS]
