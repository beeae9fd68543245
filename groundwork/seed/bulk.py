"""Development data of any size: the same for the same seed, loaded by COPY, with every trigger at work.

Each table is a stream of rows that is made while the database takes those before.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from psycopg import sql

from groundwork.embedding import DIMENSIONS, MODEL
from groundwork.indexes import built_after
from groundwork.stack.errors import StackError

BATCH = 2_000
"""How many rows are sent to the database at once."""

PASSWORD = "$2a$10$tYlbyFNM4X0yyIKBy9I7e.B7PxF8XEpLAb77xLJ.Bu4gDnz4nSutC"  # noqa: S105 - bcrypt of `groundwork`
FIRST = (
    "Ada",
    "Alan",
    "Barbara",
    "Claude",
    "Donald",
    "Edsger",
    "Frances",
    "Grace",
    "Hedy",
    "Ida",
    "Joan",
    "Katherine",
)
LAST = (
    "Bell",
    "Byron",
    "Church",
    "Dahl",
    "Engel",
    "Floyd",
    "Goldberg",
    "Hamming",
    "Iverson",
    "Jennings",
    "Keller",
)
TRADES = ("Analytics", "Bakery", "Clinic", "Design", "Energy", "Freight", "Gardens", "Hotels", "Insurance", "Labs")
TEXT = (
    "the plan for next week is that we ship search first because customers ask for it and then look at budgets "
    "again while the team writes the guide about roles teams and documents so nobody has to ask where things live "
    "please read the report before the meeting it says what changed who decided and what it costs every month"
)
WORDS = TEXT.split()
ENDPOINTS = ("/chat/completions", "/embeddings", "/responses")
MODELS = (("gpt-4", 30.0, 60.0), ("gpt-4o-mini", 0.15, 0.6), ("claude-sonnet", 3.0, 15.0))
ROLES = ("owner", "admin", "member", "member", "member", "viewer")
Say = Callable[[str, int], None]
Row = tuple[object, ...]


@dataclass(frozen=True)
class Size:
    """How much of what."""

    organizations: int = 20
    messages: int = 2_000
    chunks: int = 1_000
    usage_rows: int = 10_000


PATTERNS: dict[str, tuple[str, ...]] = {
    "user-management": (),
    "multi-tenant": ("tenancy",),
    "chat": ("tenancy", "chat"),
    "rag": ("tenancy", "rag"),
    "ai-usage": ("tenancy", "usage"),
    "complete": ("tenancy", "chat", "rag", "usage"),
}
"""What is seeded besides people."""


class Seeder:
    """Makes the rows. Everything follows from the seed, the sizes and the day."""

    def __init__(self, size: Size, seed: int, day: datetime) -> None:
        self.size = size
        self.seed = seed
        self.day = day
        self.random = np.random.default_rng(seed)
        self.organizations = self.ids(size.organizations)
        self.people = self.ids(size.organizations * len(ROLES))
        self.conversations = self.ids(max(1, size.messages // 40))
        self.documents = self.ids(max(1, size.chunks // 8))

    def ids(self, count: int) -> list[UUID]:
        """Return so many uuids of version 4."""
        return [UUID(bytes=self.random.bytes(16), version=4) for _ in range(count)]

    def text(self, least: int, most: int) -> str:
        """Return some words."""
        picked = self.random.integers(0, len(WORDS), int(self.random.integers(least, most)))
        return " ".join(WORDS[index] for index in picked)

    def time(self, share: float) -> datetime:
        """Return a moment of the last 28 days."""
        return self.day - timedelta(days=28 * (1 - share))

    def home(self, number: int) -> int:
        """Return the number of the organization that the thing of this number belongs to: a few have most."""
        return int(number**2 * 2654435761 % 2**32 / 2**32 * self.size.organizations) if number else 0

    def members(self, organization: int) -> list[UUID]:
        """Return the people of an organization, in the order of ROLES."""
        return self.people[organization * len(ROLES) : (organization + 1) * len(ROLES)]

    def users(self) -> Iterator[Row]:
        """Yield the people who signed up."""
        for number, user in enumerate(self.people):
            name = f"{FIRST[number % len(FIRST)]} {LAST[number // len(FIRST) % len(LAST)]}"
            email = f"person{number}@seed{self.seed}.example"
            about = json.dumps({"sub": str(user), "email": email, "email_verified": True, "full_name": name})
            at = self.day - timedelta(days=60)
            yield (
                *(user, "authenticated", "authenticated", email, PASSWORD, at),
                *('{"provider": "email", "providers": ["email"]}', about),
                *("",) * 8,
                *(at, at),
            )

    def identities(self) -> Iterator[Row]:
        """Yield what Auth keeps beside each person, so that they can sign in."""
        for number, user in enumerate(self.people):
            about = json.dumps({"sub": str(user), "email": f"person{number}@seed{self.seed}.example"})
            yield user, user, "email", str(user), about

    def organization_rows(self) -> Iterator[Row]:
        """Yield the organizations."""
        for number, organization in enumerate(self.organizations):
            name = f"{LAST[number % len(LAST)]} {TRADES[number // len(LAST) % len(TRADES)]}"
            slug = f"{name.lower().replace(' ', '-')}-{self.seed}-{number}"
            yield organization, name, slug, self.members(number)[0], self.day - timedelta(days=59)

    def member_rows(self) -> Iterator[Row]:
        """Yield the memberships but those of the owners, who are members by having made the organization."""
        for number, organization in enumerate(self.organizations):
            for user, role in list(zip(self.members(number), ROLES, strict=True))[1:]:
                yield organization, user, role

    def conversation_rows(self) -> Iterator[Row]:
        """Yield the conversations."""
        for number, conversation in enumerate(self.conversations):
            home = self.home(number)
            yield (
                *(self.organizations[home], conversation, self.text(2, 6).capitalize()),
                *(self.members(home)[0], self.time(0)),
            )

    def participant_rows(self) -> Iterator[Row]:
        """Yield who takes part, besides the creators."""
        for number, conversation in enumerate(self.conversations):
            home = self.home(number)
            for user in self.members(home)[1:3]:
                yield self.organizations[home], conversation, user

    def message_rows(self) -> Iterator[Row]:
        """Yield the messages, one conversation after the other."""
        count = self.size.messages
        for number in range(count):
            place = number * len(self.conversations) // count
            home = self.home(place)
            user = self.members(home)[number % 3]
            yield (
                *(self.organizations[home], self.conversations[place], user, self.text(4, 40)),
                self.time((number * len(self.conversations) % count) / count),
            )

    def document_rows(self) -> Iterator[Row]:
        """Yield the documents."""
        for number, document in enumerate(self.documents):
            home = self.home(number)
            yield (
                *(self.organizations[home], document, self.text(2, 7).capitalize()),
                *("organization", self.members(home)[number % 4], self.time(0.5)),
            )

    def chunk_rows(self) -> Iterator[Row]:
        """Yield the passages with vectors of length 1, in clusters, as those of texts are."""
        centres = self.random.standard_normal((64, DIMENSIONS), dtype=np.float32)
        per_document = -(-self.size.chunks // len(self.documents))
        for begin in range(0, self.size.chunks, BATCH):
            count = min(BATCH, self.size.chunks - begin)
            noise = self.random.standard_normal((count, DIMENSIONS), dtype=np.float32)
            vectors = centres[self.random.integers(0, len(centres), count)] + 0.7 * noise
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            wire = vectors.astype(">f4")
            for offset in range(count):
                place, index = divmod(begin + offset, per_document)
                words = self.text(40, 60)
                yield (
                    *(self.organizations[self.home(place)].bytes, self.documents[place].bytes),
                    *(struct.pack(">i", index), words.encode()),
                    *(struct.pack(">HH", DIMENSIONS, 0) + wire[offset].tobytes(), MODEL.encode()),
                )

    def usage_rows(self) -> Iterator[Row]:
        """Yield the calls to models, as the service role records them."""
        count = self.size.usage_rows
        for begin in range(0, count, BATCH):
            many = min(BATCH, count - begin)
            tokens = self.random.integers(50, 4000, (many, 2)).tolist()
            picked = self.random.integers(0, 2**31, many).tolist()
            for offset in range(many):
                number = begin + offset
                pick = picked[offset]
                home = self.home(pick % 997)
                model, price_in, price_out = MODELS[pick % len(MODELS)]
                used_in, used_out = tokens[offset]
                cost = f"{(used_in * price_in + used_out * price_out) / 1e6:.8f}"
                yield (
                    *(self.organizations[home], self.people[home * len(ROLES) + pick % 5], ENDPOINTS[pick % 3]),
                    *(model, used_in, used_out, cost, "f", self.time(number / count)),
                )


USERS = (
    "id aud role email encrypted_password email_confirmed_at raw_app_meta_data raw_user_meta_data "
    "confirmation_token recovery_token email_change email_change_token_new email_change_token_current "
    "phone_change phone_change_token reauthentication_token created_at updated_at"
)


def seed(  # noqa: PLR0917
    connection: psycopg.Connection[Any],
    pattern: str,
    size: Size,
    say: Say,
    number: int = 1,
    day: datetime | None = None,
) -> dict[str, int]:
    """Load the data of a pattern in one transaction and return how many rows each table got.

    Raises StackError for an unknown pattern, for sizes that are none, and for a database that lacks the tables or
    has the data already.
    """
    if pattern not in PATTERNS:
        raise StackError(f"There is no pattern {pattern!r}.", f"The patterns are {', '.join(PATTERNS)}.")
    if size.organizations < 1 or min(size.messages, size.chunks, size.usage_rows) < 0:
        raise StackError("That many cannot be made.", "Give at least one organization, and nothing below zero.")
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    seeder = Seeder(size, number, day or today)
    loads = list(plan(seeder, PATTERNS[pattern]))
    done: dict[str, int] = {}
    try:
        with connection.transaction():
            for table, columns, rows, binary in loads:
                if table == "public.api_usage":
                    make_partitions(connection, seeder)
                with built_after(connection, costly(connection, table, size)):
                    done[table] = copy(connection, table, columns.split(), rows, say, binary=binary)
            if "public.api_usage" in done:
                for period in ("hour", "day", "week", "month"):
                    connection.execute("select public.aggregate_usage_summary(%s)", [period])
    except psycopg.errors.UniqueViolation as error:
        raise StackError(
            f"The database has the data of --seed {number} already.",
            "Give another --seed, or begin anew with `groundwork reset`.",
            error.diag.message_detail or "",
        ) from None
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise StackError(
            f"The database lacks what the pattern {pattern} needs.",
            "Apply its migrations first.",
            str(error).strip(),
        ) from None
    connection.execute("analyze")
    return done


def plan(seeder: Seeder, areas: tuple[str, ...]) -> Iterator[tuple[str, str, Iterator[Row], bool]]:
    """Yield each table with its columns and rows, and whether these are in Postgres' binary format."""
    yield "auth.users", USERS, seeder.users(), False
    yield "auth.identities", "id user_id provider provider_id identity_data", seeder.identities(), False
    if "tenancy" in areas:
        yield "public.organizations", "id name slug created_by created_at", seeder.organization_rows(), False
        yield "public.organization_members", "organization_id user_id role", seeder.member_rows(), False
    if "chat" in areas and seeder.size.messages:
        columns = "organization_id id title created_by created_at"
        yield "public.conversations", columns, seeder.conversation_rows(), False
        columns = "organization_id conversation_id user_id"
        yield "public.conversation_participants", columns, seeder.participant_rows(), False
        columns = "organization_id conversation_id user_id content created_at"
        yield "public.messages", columns, seeder.message_rows(), False
    if "rag" in areas and seeder.size.chunks:
        columns = "organization_id id title visibility created_by created_at"
        yield "public.documents", columns, seeder.document_rows(), False
        columns = "organization_id document_id chunk_index content embedding embedding_model"
        yield "public.document_chunks", columns, seeder.chunk_rows(), True
    if "usage" in areas and seeder.size.usage_rows:
        columns = (
            "organization_id user_id endpoint model_name tokens_input tokens_output cost_usd reported_by_client"
        )
        yield "public.api_usage", f"{columns} created_at", seeder.usage_rows(), False


def costly(connection: psycopg.Connection[Any], table: str, size: Size) -> list[str]:
    """Return the tables whose indexes are faster built anew: those of passages, where most of them are new."""
    if table != "public.document_chunks":
        return []
    query = "select count(*) < %(n)s from (select from public.document_chunks limit %(n)s) c"
    row = connection.execute(query, {"n": size.chunks}).fetchone()
    return [table, "private.chunk_words"] if row and row[0] else []


def make_partitions(connection: psycopg.Connection[Any], seeder: Seeder) -> None:
    """Make the ledger's partitions for the months of the data."""
    for month in {seeder.time(share).date().replace(day=1) for share in (0.0, 0.5, 1.0)}:
        connection.execute("select private.make_usage_partition(%s)", [month])


def copy(
    connection: psycopg.Connection[Any],
    table: str,
    columns: list[str],
    rows: Iterator[Row],
    say: Say,
    *,
    binary: bool,
) -> int:
    """Send rows to a table and return how many they were."""
    statement = sql.SQL("copy {} ({}) from stdin{}").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(" (format binary)" if binary else ""),
    )
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        if binary:
            stream.write(b"PGCOPY\n\xff\r\n\x00" + struct.pack(">ii", 0, 0))
        for count, block in blocks(rows, binary=binary):
            stream.write(block)
            say(table, count)
        if binary:
            stream.write(struct.pack(">h", -1))
    return count


def blocks(rows: Iterator[Row], *, binary: bool) -> Iterator[tuple[int, bytes]]:
    """Yield rows as COPY reads them, many at once, with how many there were so far."""
    count = 0
    parts: list[bytes] = []
    lines: list[str] = []
    for count, row in enumerate(rows, 1):
        if binary:
            parts.append(struct.pack(">h", len(row)))
            parts += [struct.pack(">i", len(field)) + field for field in row if isinstance(field, bytes)]
        else:
            lines.append("\t".join(map(str, row)))
        if count % BATCH == 0:
            yield count, written(parts, lines)
            parts, lines = [], []
    if parts or lines:
        yield count, written(parts, lines)


def written(parts: list[bytes], lines: list[str]) -> bytes:
    """Return one block. No text of ours has a tab or a line break, and only JSON has a backslash."""
    return b"".join(parts) if parts else ("\n".join(lines) + "\n").replace("\\", "\\\\").encode()
