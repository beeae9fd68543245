"""The tenants, documents and chunks that searches are measured on: seeded, skewed, clustered."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector

Connection = psycopg.Connection[Any]
Vectors = NDArray[np.float32]
Progress = Callable[[int], None]

DIMENSIONS = 384
TOPICS = 500
VOCABULARY = 20_000
CHUNKS_PER_DOCUMENT = 5
VISIBILITIES = ("organization", "team", "private")
SHARES = (0.8, 0.15, 0.05)


@dataclass
class Tenants:
    """What was made: the organizations, largest first, and who searches in them."""

    organizations: list[uuid.UUID]
    sizes: list[int]
    owners: list[uuid.UUID]
    members: list[uuid.UUID]
    """One ordinary member of each organization, in its team."""
    teams: list[uuid.UUID]
    several: dict[int, list[uuid.UUID]] = field(default_factory=dict)
    """People who are members of 5 and of 50 organizations."""
    interests: list[NDArray[np.int64]] = field(default_factory=list)
    """The topics that each organization writes about: a tenth of them, which others write about too."""


@dataclass(frozen=True)
class Chunk:
    """A chunk to be made: where it belongs, the number of its document among all, and what it is about."""

    organization: uuid.UUID
    document: uuid.UUID
    number: int
    index: int
    topic: int


def sizes(chunks: int, organizations: int) -> list[int]:
    """Return the number of chunks of each organization: one has a fifth of all, the rest follow a power law."""
    largest = chunks // 5
    weights = 1 / np.arange(1, organizations) ** 1.15
    rest = np.maximum(1, (weights / weights.sum() * (chunks - largest)).astype(int))
    rest[0] += chunks - largest - int(rest.sum())
    return [largest, *sorted((int(size) for size in rest), reverse=True)]


class Texts:
    """Texts of words by Zipf's law, half of them of the topic; one in fifty has an identifier of its own."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        syllables = [
            "ba",
            "co",
            "di",
            "fu",
            "ga",
            "he",
            "ki",
            "lo",
            "mu",
            "na",
            "pe",
            "ri",
            "so",
            "tu",
            "ve",
            "wa",
        ]
        self.words = np.array(
            [
                "".join(syllables[int(c, 16)] for c in f"{number * 2654435761 % 2**32:08x}"[:4])
                for number in range(VOCABULARY)
            ]
        )
        frequencies = 1 / np.arange(1, VOCABULARY + 1) ** 1.05
        self.common = frequencies / frequencies.sum()
        self.topical = [self.random.choice(VOCABULARY, 200, replace=False) for _ in range(TOPICS)]
        self.identifiers = 0

    def many(self, topics: NDArray[np.int64], words: int = 100) -> list[str]:
        """Return a text for each topic."""
        drawn = self.random.choice(VOCABULARY, (len(topics), words), p=self.common)
        places = np.minimum(self.random.geometric(0.03, (len(topics), words)) - 1, 199)
        texts = []
        for row, topic in enumerate(topics):
            own = self.topical[topic][places[row]]
            chosen = self.words[np.where(np.arange(words) % 2, own, drawn[row])]
            if self.random.random() < 0.02:
                self.identifiers += 1
                chosen[words // 2] = f"ERR_{self.identifiers}"
            texts.append(" ".join(chosen))
        return texts


class Space:
    """Embeddings like those of a real model, fitted to multilingual-e5-small in variance, nearness and dimension.

    It was asked for 2,624 docstrings: median cosine 0.82, nearest neighbour at 0.42, tenth at 0.5.
    """

    TOPIC, DOCUMENT = 0.4, 0.05
    """What of the variance is between topics and between a topic's documents; the rest is between their chunks."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random
        variance = 1 / (np.arange(DIMENSIONS) + 25) ** 1.2
        self.spread = np.sqrt(0.22 * variance / variance.sum())
        self.mean = random.normal(size=DIMENSIONS)
        self.mean /= np.linalg.norm(self.mean)
        self.topics = random.normal(size=(TOPICS, DIMENSIONS))

    def many(self, topics: NDArray[np.int64], documents: NDArray[np.int64]) -> Vectors:
        """Return an embedding of length 1 for each chunk, by its topic and the number of its document."""
        _, places = np.unique(documents, return_inverse=True)
        own = self.random.normal(size=(int(places.max()) + 1, DIMENSIONS))[places]
        rest = self.random.normal(size=(len(topics), DIMENSIONS))
        mixed = (
            np.sqrt(self.TOPIC) * self.topics[topics]
            + np.sqrt(self.DOCUMENT) * own
            + np.sqrt(1 - self.TOPIC - self.DOCUMENT) * rest
        )
        points = self.mean + self.spread * mixed
        return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def identifiers(random: np.random.Generator, amount: int) -> list[uuid.UUID]:
    """Return random ids, the same for the same seed."""
    return [uuid.UUID(bytes=random.bytes(16), version=4) for _ in range(amount)]


def sign_in(connection: Connection, user: uuid.UUID) -> None:
    """Let the connection be a signed-in user's from now on."""
    connection.execute(
        "select set_config('request.jwt.claims', %s, false), set_config('role', 'authenticated', false)",
        [json.dumps({"sub": str(user), "role": "authenticated"})],
    )


def make_people(connection: Connection, people: list[uuid.UUID]) -> None:
    """Sign people up."""
    with connection.cursor() as cursor, cursor.copy("copy auth.users (id, email) from stdin") as copy:
        for person in people:
            copy.write_row((person, f"{person.hex}@example.com"))


def make_tenants(connection: Connection, chunks: int, organizations: int, seed: int) -> Tenants:
    """Make organizations, a team and two people in each, and people who are in several."""
    random = np.random.default_rng(seed)
    tenants = Tenants(
        identifiers(random, organizations),
        sizes(chunks, organizations),
        identifiers(random, organizations),
        identifiers(random, organizations),
        identifiers(random, organizations),
    )
    tenants.several = {5: identifiers(random, 10), 50: identifiers(random, 5)}
    tenants.interests = [random.choice(TOPICS, TOPICS // 10, replace=False) for _ in range(organizations)]
    make_people(connection, [*tenants.owners, *tenants.members, *tenants.several[5], *tenants.several[50]])
    with connection.cursor() as cursor:
        with cursor.copy("copy public.organizations (id, name, slug, created_by) from stdin") as copy:
            for number, (organization, owner) in enumerate(
                zip(tenants.organizations, tenants.owners, strict=True)
            ):
                copy.write_row((organization, f"Tenant {number}", f"tenant-{number}", owner))
        with cursor.copy("copy public.organization_members (organization_id, user_id, role) from stdin") as copy:
            for organization, member in zip(tenants.organizations, tenants.members, strict=True):
                copy.write_row((organization, member, "member"))
            for amount, people in tenants.several.items():
                for person in people:
                    for place in random.choice(organizations, min(amount, organizations), replace=False):
                        copy.write_row((tenants.organizations[place], person, "member"))
        with cursor.copy("copy public.teams (organization_id, id, name) from stdin") as copy:
            for organization, team in zip(tenants.organizations, tenants.teams, strict=True):
                copy.write_row((organization, team, "Team"))
        with cursor.copy("copy public.team_members (organization_id, team_id, user_id) from stdin") as copy:
            for organization, team, member in zip(
                tenants.organizations, tenants.teams, tenants.members, strict=True
            ):
                copy.write_row((organization, team, member))
    return tenants


def fill(
    connection: Connection,
    tenants: Tenants,
    amounts: list[int],
    seed: int,
    progress: Progress,
    *,
    batch: int = 5000,
) -> None:
    """Add so many chunks to each organization, in documents of five, in an order that mixes the tenants."""
    register_vector(connection)
    random = np.random.default_rng(seed)
    space, texts = Space(np.random.default_rng(7)), Texts(np.random.default_rng(seed))
    documents = [
        (place, min(CHUNKS_PER_DOCUMENT, amount - first))
        for place, amount in enumerate(amounts)
        for first in range(0, amount, CHUNKS_PER_DOCUMENT)
    ]
    random.shuffle(documents)
    pending: list[Chunk] = []
    rows: list[tuple[object, ...]] = []
    for number, (place, amount) in enumerate(documents):
        topic = int(random.choice(tenants.interests[place]))
        document = identifiers(random, 1)[0]
        visibility = VISIBILITIES[random.choice(3, p=SHARES)]
        team = tenants.teams[place] if visibility == "team" else None
        rows.append(
            (tenants.organizations[place], document, f"Topic {topic}", visibility, team, tenants.owners[place])
        )
        pending += [Chunk(tenants.organizations[place], document, number, index, topic) for index in range(amount)]
        if len(pending) >= batch or number == len(documents) - 1:
            write(connection, rows, pending, (space, texts, random))
            progress(len(pending))
            rows, pending = [], []


def write(
    connection: Connection,
    documents: list[tuple[object, ...]],
    chunks: list[Chunk],
    makers: tuple[Space, Texts, np.random.Generator],
) -> None:
    """Store documents and their chunks."""
    space, texts, random = makers
    topics = np.array([chunk.topic for chunk in chunks])
    vectors = space.many(topics, np.array([chunk.number for chunk in chunks]))
    contents = texts.many(topics)
    with connection.cursor() as cursor:
        with cursor.copy(
            "copy public.documents (organization_id, id, title, visibility, team_id, created_by) from stdin"
        ) as copy:
            for document in documents:
                copy.write_row(document)
        with cursor.copy(
            "copy public.document_chunks (organization_id, id, document_id, chunk_index, content, embedding, "
            "embedding_model) from stdin with (format binary)"
        ) as copy:
            copy.set_types(["uuid", "uuid", "uuid", "int4", "text", "vector", "text"])
            for chunk, content, vector, name in zip(
                chunks, contents, vectors, identifiers(random, len(chunks)), strict=True
            ):
                copy.write_row((chunk.organization, name, chunk.document, chunk.index, content, vector, "bench"))
