"""The search functions run with more rights than their caller, and find what the policies let the caller see.

People, roles, teams, sharing and what happens to them later are drawn at random. Every search is compared with
one that looks at every row that a plain `select` gives the same person, on which the policies alone decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.library import hybrid, keyword, semantic, vector, walk_everything
from tests.database.support import Connection, as_user, create_user, insert, make_organization, value

ROLES = ("viewer", "member", "admin", "owner")
LANGUAGES = ("english", "german", "simple")
# Few directions and few words, so that ties are common.
DIRECTIONS = [vector(1), vector(1, 1), vector(0, 1), vector(1, 0, 1), vector(-1), None]
WORDS = ("running", "runs", "Häuser", "Haus", "the", "ERR_1042", "getUserById", "walrus")
TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
ASKED = ("run", "haus or walrus", '"err 1042"', "getUserById -walrus", "the", "-walrus", "1042")
MODELS = ("small", "large")

people = st.integers(0, 3)
organizations = st.integers(0, 1)
documents = st.integers(0, 7)


@dataclass(frozen=True)
class Doc:
    owner: int
    organization: int
    visibility: str
    collection: int | None
    title: str
    chunks: tuple[tuple[str, int, str], ...]


chunks = st.tuples(TEXTS, st.integers(0, 5), st.sampled_from(MODELS))
docs = st.builds(
    Doc,
    owner=people,
    organization=organizations,
    visibility=st.sampled_from(["private", "team", "organization"]),
    collection=st.none() | st.integers(0, 2),
    title=TEXTS,
    chunks=st.lists(chunks, min_size=1, max_size=3).map(tuple),
)
EVENTS = {
    "role": "update public.organization_members set role = %(role)s "
    "where organization_id = %(organization)s and user_id = %(person)s",
    "leave": "delete from public.organization_members "
    "where organization_id = %(organization)s and user_id = %(person)s",
    "join team": "insert into public.team_members (organization_id, team_id, user_id) "
    "select m.organization_id, %(team)s, m.user_id from public.organization_members m "
    "where m.organization_id = %(organization)s and m.user_id = %(person)s on conflict do nothing",
    "leave team": "delete from public.team_members where team_id = %(team)s and user_id = %(person)s",
    "delete team": "select public.delete_team(%(team)s)",
    "delete organization": "select public.delete_organization(%(organization)s)",
    "share": "update public.documents d set visibility = %(visibility)s, "
    "team_id = (select t.id from public.teams t where t.organization_id = d.organization_id) "
    "where id = %(document)s",
    "delete document": "select public.delete_document(%(document)s)",
    "rename": "update public.documents set title = %(text)s where id = %(document)s",
    "rewrite": "update public.document_chunks set content = %(text)s where document_id = %(document)s",
    "move": "update public.documents d set collection_id = (select c.id from public.document_collections c "
    "where c.id = %(collection)s and c.organization_id = d.organization_id) where id = %(document)s",
    "take out": "update public.documents set collection_id = null where id = %(document)s",
    "speak": "update public.document_collections set language = %(language)s where id = %(collection)s",
    "delete collection": "select public.delete_collection(%(collection)s)",
}
"""What may happen to the rows once they stand, as statements of the migrations' role."""

events = st.fixed_dictionaries(
    {
        "what": st.sampled_from(sorted(EVENTS)),
        "organization": organizations,
        "person": people,
        "document": documents,
        "collection": st.integers(0, 2),
        "role": st.sampled_from(ROLES),
        "visibility": st.sampled_from(["private", "team", "organization"]),
        "text": TEXTS,
        "language": st.sampled_from(LANGUAGES),
    }
)


@dataclass(frozen=True)
class Story:
    roles: tuple[tuple[str | None, ...], ...]
    leads: tuple[tuple[str | None, ...], ...]
    languages: tuple[str, ...]
    documents: tuple[Doc, ...]
    events: tuple[dict[str, Any], ...]
    questions: tuple[tuple[str, int], ...]


def table(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[tuple[Any, ...], ...]]:
    """Draw a value for each person in each organization."""
    return st.tuples(*[st.tuples(*[values] * 4)] * 2)


stories = st.builds(
    Story,
    roles=table(st.none() | st.sampled_from(ROLES)),
    leads=table(st.none() | st.sampled_from(["member", "lead"])),
    languages=st.tuples(*[st.sampled_from(LANGUAGES)] * 3),
    documents=st.lists(docs, min_size=2, max_size=8).map(tuple),
    events=st.lists(events, max_size=4).map(tuple),
    questions=st.lists(st.tuples(st.sampled_from(ASKED), st.integers(0, 4)), min_size=2, max_size=2).map(tuple),
)


@dataclass
class Library:
    """A story as it was written into the database, by the migrations' role, past the policies."""

    db: Connection
    people: list[UUID]
    organizations: list[UUID]
    teams: list[UUID]
    collections: list[UUID]
    questions: tuple[tuple[str, int], ...]
    documents: list[UUID] = field(default_factory=list)

    def add(self, doc: Doc) -> None:
        """Store a document with its chunks."""
        collection = None if doc.collection is None else self.collections[doc.collection]
        # Two collections are in the first organization, the third is in the second.
        organization = doc.organization if doc.collection is None else int(doc.collection == 2)
        document = insert(
            self.db,
            "documents",
            organization_id=self.organizations[organization],
            title=doc.title,
            visibility=doc.visibility,
            team_id=self.teams[organization] if doc.visibility == "team" else None,
            collection_id=collection,
            created_by=self.people[doc.owner],
        )
        for index, (content, direction, model) in enumerate(doc.chunks):
            insert(
                self.db,
                "document_chunks",
                document_id=document,
                content=content,
                chunk_index=index,
                embedding=DIRECTIONS[direction],
                embedding_model=model,
            )
        self.documents.append(document)

    def happen(self, event: dict[str, Any]) -> None:
        """Let something happen, if it can: what is deleted, say, is not deleted again."""
        rows = {
            "organization": self.organizations[event["organization"]],
            "team": self.teams[event["organization"]],
            "person": self.people[event["person"]],
            "document": self.documents[event["document"] % len(self.documents)],
            "collection": self.collections[event["collection"]],
        }
        try:
            with self.db.transaction():
                self.db.execute(EVENTS[event["what"]], {**event, **rows})
        except psycopg.Error as error:
            if error.sqlstate not in {"PT404", "PT409"}:
                raise


def write(db: Connection, story: Story) -> Library:
    """Write a story into the database."""
    founder = create_user(db)
    everybody = [create_user(db) for _ in range(4)]
    places = [make_organization(db, founder) for _ in range(2)]
    teams = [insert(db, "teams", organization_id=place, name="Team", created_by=founder) for place in places]
    for place, team, roles, leads in zip(places, teams, story.roles, story.leads, strict=True):
        for person, role, lead in zip(everybody, roles, leads, strict=True):
            if role is not None:
                insert(
                    db, "organization_members", returning="role", organization_id=place, user_id=person, role=role
                )
                if lead is not None:
                    insert(
                        db,
                        "team_members",
                        returning="role",
                        organization_id=place,
                        team_id=team,
                        user_id=person,
                        role=lead,
                    )
    collections = [
        insert(
            db,
            "document_collections",
            organization_id=places[number == 2],
            name=f"Collection {number}",
            visibility="organization",
            language=language,
            created_by=founder,
        )
        for number, language in enumerate(story.languages)
    ]
    library = Library(db, [*everybody, founder], places, teams, collections, story.questions)
    for doc in story.documents:
        library.add(doc)
    for event in story.events:
        library.happen(event)
    return library


@dataclass(frozen=True)
class Row:
    """A chunk that a person sees, and how it compares with the question."""

    chunk_id: UUID
    document_id: UUID
    title: str
    content: str
    chunk_index: int
    collection_id: UUID | None
    organization_id: UUID
    model: str | None
    similarity: float | None
    keyword: float | None
    share: float


def visible(db: Connection, person: UUID, query: str, text: str) -> list[Row]:
    """Return every chunk that a plain select gives a person, with both scores worked out from the tables."""
    with as_user(db, person):
        rows = db.execute(
            "select c.id, c.document_id, d.title, c.content, c.chunk_index, d.collection_id, c.organization_id, "
            "c.embedding_model, 1 - (c.embedding operator(extensions.<=>) %s::extensions.vector) "
            "from public.document_chunks c join public.documents d on d.id = c.document_id",
            [query],
        ).fetchall()
    scores = value(
        db,
        "select jsonb_object_agg(s.id, jsonb_build_array("
        "case when s.words @@ s.query and querytree(s.query) not in ('', 'T') "
        "then ts_rank(s.words, s.query, 32)::double precision end, "
        "(select coalesce(avg((a.lexeme = any (tsvector_to_array(s.words)))::integer), 0) "
        "from unnest(s.asked) a))) "
        "from (select c.id, websearch_to_tsquery(l.language::regconfig, private.without_minus(%s)) as query, "
        "to_tsvector(l.language::regconfig, private.without_minus(%s)) as asked, "
        "private.search_vector(l.language, d.title, c.content) as words "
        "from public.document_chunks c join public.documents d on d.id = c.document_id "
        "left join public.document_collections k on k.id = d.collection_id "
        "cross join lateral (select coalesce(k.language::text, 'english') as language) l where c.id = any(%s)) s",
        text,
        # The words that are looked for.
        re.sub(r"-\S+|\bor\b", "", text),
        [row[0] for row in rows],
    )
    return [Row(*row, *scores[str(row[0])]) for row in rows]


def check(db: Connection, library: Library, person: UUID, *, exact: bool) -> None:
    """Compare what a person finds with what they should find, by every kind of search."""
    for text, direction in library.questions:
        query = DIRECTIONS[direction]
        assert query is not None
        rows = visible(db, person, query, text)
        check_semantic(db, library, person, query, rows, exact=exact)
        check_models(db, library, person, rows)
        check_words(db, library, person, (text, query), rows, exact=exact)


def check_semantic(
    db: Connection, library: Library, person: UUID, query: str, rows: list[Row], *, exact: bool
) -> None:
    for threshold, amount, collection, model, organization in [
        (-1, 1000, None, None, None),
        (0.5, 3, None, None, None),
        (-1, 2, library.collections[0], None, None),
        (-1, 4, None, "small", None),
        (-1, 3, None, None, library.organizations[0]),
    ]:
        expected = [
            (row.similarity, row.chunk_id)
            for row in rows
            if row.similarity is not None
            and row.similarity > threshold
            and collection in (None, row.collection_id)
            and model in (None, row.model)
            and organization in (None, row.organization_id)
        ]
        if model and not expected and any(row.similarity is not None for row in rows):
            continue  # the search says that nothing is of this model, see test_search
        expected.sort(key=lambda pair: (-pair[0], pair[1]))
        found = semantic(
            db,
            person,
            query,
            match_threshold=threshold,
            match_count=amount,
            filter_collection_id=collection,
            query_model=model,
            filter_organization_id=organization,
        )
        got = [(row.scores[0], row.chunk_id) for row in found]
        if exact:
            assert got == expected[:amount]
        else:
            # Of many that are equally similar a walk may take others.
            assert [similarity for similarity, _ in got] == [similarity for similarity, _ in expected[:amount]]
            assert set(got) <= set(expected)
    similar = sorted(row.similarity for row in rows if row.similarity is not None)[::-1]
    with as_user(db, person):
        matched = db.execute(
            "select m.id, m.similarity from public.match_documents(%s::extensions.vector, 5) m", [query]
        ).fetchall()
    assert [row[1] for row in matched] == similar[:5]
    assert {row[0] for row in matched} <= {row.chunk_id for row in rows}


def check_models(db: Connection, library: Library, person: UUID, rows: list[Row]) -> None:
    """Compare what a search misses by its model with what a person sees."""
    for model, organization, collection in (
        ("small", None, None),
        ("small", library.organizations[0], None),
        ("unheard-of", None, library.collections[0]),
    ):
        expected = {
            str(row.model)
            for row in rows
            if row.similarity is not None
            and row.model != model
            and organization in (None, row.organization_id)
            and collection in (None, row.collection_id)
        }
        with as_user(db, person):
            found = value(db, "select public.other_embedding_models(%s, %s, %s)", model, organization, collection)
        assert found == sorted(expected)


def check_words(
    db: Connection, library: Library, person: UUID, asked: tuple[str, str], rows: list[Row], *, exact: bool
) -> None:
    text, query = asked
    for organization, collection in (
        (None, None),
        (library.organizations[0], None),
        (None, library.collections[0]),
    ):
        kept = [
            row
            for row in rows
            if organization in (None, row.organization_id) and collection in (None, row.collection_id)
        ]
        filters = {"filter_organization_id": organization, "filter_collection_id": collection}
        expected = sorted(
            ((row.keyword, row.chunk_id) for row in kept if row.keyword is not None),
            key=lambda pair: (-pair[0], pair[1]),
        )
        found = keyword(db, person, text, match_count=4, **filters)
        assert [(row.scores[0], row.chunk_id) for row in found] == expected[:4]

        both = sorted(
            (
                (
                    0.7 * (row.similarity or 0) + 0.3 * (row.keyword or 0),
                    row.similarity or 0,
                    row.keyword or 0,
                    row.chunk_id,
                )
                for row in kept
                if row.similarity is not None or row.keyword is not None
            ),
            key=lambda row: (-row[0], row[3]),
        )
        for amount in (1000, 2):
            found = hybrid(db, person, text, query, match_count=amount, **filters)
            got = [(row.scores[2], row.scores[0], row.scores[1], row.chunk_id) for row in found]
            if exact:
                assert got == [(pytest.approx(row[0]), *row[1:]) for row in both[:amount]]
            else:
                assert [row[0] for row in got] == pytest.approx([row[0] for row in both[:amount]])
                assert {row[1:] for row in got} <= {row[1:] for row in both}
        by_meaning = rank({row.chunk_id: row.similarity for row in kept if row.similarity is not None})
        by_words = rank({row.chunk_id: row.keyword for row in kept if row.keyword is not None})
        fused = {
            chunk: 0.7 / (60 + by_meaning[chunk] if chunk in by_meaning else float("inf"))
            + 0.3 / (60 + by_words[chunk] if chunk in by_words else float("inf"))
            for chunk in {*by_meaning, *by_words}
        }
        found = hybrid(db, person, text, query, match_count=5, fusion="rrf", **filters)
        scores = {row.chunk_id: (row.similarity or 0, row.keyword or 0) for row in kept}
        assert [row.scores[2] for row in found] == pytest.approx(sorted(fused.values(), reverse=True)[:5])
        assert {row.chunk_id: row.scores for row in found} == {
            row.chunk_id: (*scores[row.chunk_id], pytest.approx(fused[row.chunk_id])) for row in found
        }
        covered = {
            row.chunk_id: 1 - (1 - (row.similarity or 0)) * (1 - 0.3 * row.share)
            for row in kept
            if row.similarity is not None or row.keyword is not None
        }
        found = hybrid(db, person, text, query, match_count=5, fusion="coverage", **filters)
        assert [row.scores[2] for row in found] == pytest.approx(sorted(covered.values(), reverse=True)[:5])
        assert {row.chunk_id: row.scores for row in found} == {
            row.chunk_id: (*scores[row.chunk_id], pytest.approx(covered[row.chunk_id])) for row in found
        }


def rank(scores: dict[UUID, float]) -> dict[UUID, int]:
    """Return the place of each by its score, from 1; the same for those with the same score."""
    return {chunk: 1 + sum(other > score for other in scores.values()) for chunk, score in scores.items()}


@contextmanager
def undone(db: Connection) -> Iterator[None]:
    """Undo what is done within."""
    with db.transaction(force_rollback=True):
        yield


RANDOM = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RANDOM
@given(story=stories)
def test_search_finds_what_a_select_shows(db: Connection, story: Story):
    db.execute("select")
    with undone(db):
        library = write(db, story)
        for person in library.people:
            check(db, library, person, exact=True)


@RANDOM
@given(story=stories)
def test_a_walk_finds_what_a_select_shows(db: Connection, story: Story):
    db.execute("select")
    with undone(db):
        walk_everything(db)
        library = write(db, story)
        for person in library.people:
            check(db, library, person, exact=False)
