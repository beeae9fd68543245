"""Search by words, and by words and meaning together."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.database.library import add_chunk, call_search, hybrid, ids, keyword, vector, walk_everything
from tests.database.support import Connection, as_user, insert, refused, value


@pytest.fixture
def ada(people: Callable[..., UUID]) -> UUID:
    return people()


@pytest.fixture(params=["compared", "walked"])
def either_way(db: Connection, request: pytest.FixtureRequest) -> None:
    """Do the test once with all chunks compared, and once by the indexes of words."""
    if request.param == "walked":
        walk_everything(db)


@pytest.mark.usefixtures("either_way")
class TestWords:
    def test_the_syntax_is_that_of_web_searches(self, db: Connection, ada: UUID):
        sun = add_chunk(db, ada, "the sun is shining bright")
        moon = add_chunk(db, ada, "a bright moon, no sunshine")
        assert set(ids(keyword(db, ada, "bright"))) == {sun, moon}
        assert ids(keyword(db, ada, "bright -moon")) == [sun]
        assert ids(keyword(db, ada, '"bright moon"')) == [moon]
        assert set(ids(keyword(db, ada, "shines or sunshine"))) == {sun, moon}
        assert keyword(db, ada, "bright dark") == []

    def test_the_title_weighs_more_than_the_body(self, db: Connection, ada: UUID):
        body = add_chunk(db, ada, "about walrus", title="Animals of the sea")
        title = add_chunk(db, ada, "about animals", title="Walrus of the sea")
        found = keyword(db, ada, "walrus")
        assert ids(found) == [title, body]
        assert found[0].scores[0] > found[1].scores[0] > 0

    def test_each_collection_has_its_language(self, db: Connection, ada: UUID):
        chunks = {}
        for language in ("english", "german", "simple"):
            with as_user(db, ada):
                collection = insert(db, "document_collections", name=language, language=language, created_by=ada)
            chunks[language] = add_chunk(db, ada, "Häuser running", collection_id=collection)
        assert set(ids(keyword(db, ada, "häuser"))) == set(chunks.values())
        assert ids(keyword(db, ada, "haus")) == [chunks["german"]]
        assert ids(keyword(db, ada, "runs")) == [chunks["english"]]

    def test_words_that_say_nothing_find_nothing(self, db: Connection, ada: UUID):
        add_chunk(db, ada, "the sun")
        assert keyword(db, ada, "the") == []
        assert keyword(db, ada, "-moon") == []

    def test_a_new_title_or_text_is_found_at_once(self, db: Connection, ada: UUID):
        chunk = add_chunk(db, ada, "about animals", title="Walrus")
        with as_user(db, ada):
            db.execute("update public.documents set title = 'Penguin'")
        assert keyword(db, ada, "walrus") == []
        assert ids(keyword(db, ada, "penguin animals")) == [chunk]
        with as_user(db, ada):
            db.execute("update public.document_chunks set content = 'about birds'")
        assert keyword(db, ada, "animals") == []
        assert ids(keyword(db, ada, "penguin birds")) == [chunk]

    def test_a_new_language_or_collection_is_found_at_once(self, db: Connection, ada: UUID):
        with as_user(db, ada):
            collection = insert(db, "document_collections", name="Häuser", language="simple", created_by=ada)
        chunk = add_chunk(db, ada, "Häuser running", collection_id=collection)
        assert keyword(db, ada, "haus") == []
        with as_user(db, ada):
            db.execute("update public.document_collections set language = 'german'")
        assert ids(keyword(db, ada, "haus")) == [chunk]
        with as_user(db, ada):
            db.execute("update public.documents set collection_id = null")
        assert keyword(db, ada, "haus") == []
        assert ids(keyword(db, ada, "runs")) == [chunk]

    @pytest.mark.parametrize(
        ("text", "asked"),
        [
            ("fails with ERR_1042.", ["ERR_1042", "err_1042", "1042", '"err 1042"', "ERR-1042"]),
            ("code:ERR-1042;", ["ERR-1042", "1042"]),
            ("call getUserById() now", ["getUserById", "getuserbyid", "user", '"user by id"']),
            (
                "see src/app/main_window.py:12",
                ["src/app/main_window.py", "main_window.py", "window", "main_window"],
            ),
            ("XMLHttpRequest", ["xmlhttprequest", "request", "http"]),
            ("SKU-00042-XL", ["SKU-00042-XL", "00042"]),
            ("import numpy.linalg.norm", ["numpy.linalg.norm", "linalg", "norm"]),
            ("https://example.com/docs/setup?id=42", ["example.com", "setup", "42"]),
            ("release v2.3.1", ["v2.3.1"]),
            ("write to ada@example.com", ["ada@example.com", "ada"]),
            ("__init__ and std::vector", ["__init__", "std::vector", "vector"]),
        ],
    )
    def test_identifiers_and_their_parts_are_found(self, db: Connection, ada: UUID, text: str, asked: list[str]):
        chunk = add_chunk(db, ada, f"Something that {text} and so on")
        add_chunk(db, ada, "Something else")
        assert [(words, ids(keyword(db, ada, words))) for words in asked] == [(words, [chunk]) for words in asked]


IDENTIFIERS = st.one_of(
    st.from_regex(r"[A-Z]{2,5}[_-][0-9]{1,6}", fullmatch=True),
    st.from_regex(r"[a-z]{2,8}([A-Z][a-z]{1,6}){1,3}", fullmatch=True),
    st.from_regex(r"[a-z]{2,6}(_[a-z0-9]{2,6}){1,3}", fullmatch=True),
)


@settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    identifier=IDENTIFIERS,
    before=st.sampled_from(["", "(", "'", "see ", "x="]),
    after=st.sampled_from(["", ")", ".", ",", "()"]),
)
def test_whatever_stands_around_an_identifier_it_is_found(
    db: Connection, identifier: str, before: str, after: str
):
    found = value(
        db,
        "select private.search_vector('english', 'Title', %s) @@ q or querytree(q) in ('', 'T') "
        "from websearch_to_tsquery('english', private.without_minus(%s)) q",
        f"Some text {before}{identifier}{after} and more",
        identifier,
    )
    assert found


@pytest.mark.usefixtures("either_way")
class TestHybrid:
    def test_a_row_of_either_kind_shows_both_scores(self, db: Connection, ada: UUID):
        meant = add_chunk(db, ada, "a cat sat", vector(1))
        said = add_chunk(db, ada, "the walrus slept", vector(0, 1))
        mute = add_chunk(db, ada, "walrus without an embedding")
        found = {row.chunk_id: row.scores for row in hybrid(db, ada, "walrus", vector(1))}
        assert list(found) == [meant, *sorted([said, mute])]
        assert found[meant][:2] == (pytest.approx(1), 0)
        assert found[said][0] == pytest.approx(0)
        assert found[mute][0] == 0
        for by_meaning, by_words, combined in found.values():
            assert combined == pytest.approx(0.7 * by_meaning + 0.3 * by_words)

    def test_the_weights_decide(self, db: Connection, ada: UUID):
        meant = add_chunk(db, ada, "a cat sat", vector(1))
        said = add_chunk(db, ada, "the walrus slept", vector(0, 1))
        words_only = hybrid(db, ada, "walrus", vector(1), semantic_weight=0, keyword_weight=1)
        assert ids(words_only) == [said, meant]
        assert [row.scores[2] for row in words_only] == [words_only[0].scores[1], 0]
        assert ids(hybrid(db, ada, "walrus", vector(1), semantic_weight=1, keyword_weight=0)) == [meant, said]

    def test_words_without_an_embedding_come_before_what_says_the_opposite(self, db: Connection, ada: UUID):
        opposite = add_chunk(db, ada, "the sun is shining", vector(-1))
        words = add_chunk(db, ada, "a walrus")
        assert ids(hybrid(db, ada, "walrus", vector(1), match_count=1)) == [words]
        assert ids(hybrid(db, ada, "walrus", vector(1), match_count=2)) == [words, opposite]

    def test_equal_scores_share_a_rank(self, db: Connection, ada: UUID):
        for _ in range(3):
            add_chunk(db, ada, "the walrus slept", vector(1))
        last = add_chunk(db, ada, "a cat sat", vector(1, 1))
        found = hybrid(db, ada, "walrus", vector(1), fusion="rrf")
        first = pytest.approx(0.7 / 61 + 0.3 / 61)
        assert [row.scores[2] for row in found] == [first, first, first, pytest.approx(0.7 / 64)]
        assert found[3].chunk_id == last
        assert found[3].scores[1] == 0

    def test_by_coverage_words_of_a_question_bring_a_chunk_nearer(self, db: Connection, ada: UUID):
        none = add_chunk(db, ada, "the sun is shining", vector(1, 0.6))
        some = add_chunk(db, ada, "walruses eat clams", vector(1, 0.65))
        every = add_chunk(db, ada, "why a walrus likes to eat at night")
        question = "Why does the walrus eat at night?"
        found = {row.chunk_id: row.scores for row in hybrid(db, ada, question, vector(1), fusion="coverage")}
        assert list(found) == [some, none, every]
        assert [found[chunk][1] > 0 for chunk in (some, none, every)] == [False, False, True]
        for chunk, share in ((some, 2 / 3), (none, 0), (every, 1)):
            assert found[chunk][2] == pytest.approx(1 - (1 - found[chunk][0]) * (1 - 0.3 * share))
        for semantic_weight, keyword_weight, first in ((0, 1, every), (1, 0, none)):
            weights = {"semantic_weight": semantic_weight, "keyword_weight": keyword_weight}
            assert hybrid(db, ada, question, vector(1), fusion="coverage", **weights)[0].chunk_id == first

    def test_by_coverage_no_word_that_is_excluded_counts(self, db: Connection, ada: UUID):
        chunk = add_chunk(db, ada, "the walrus and the moon", vector(0, 1))
        for text, share in (
            ("walrus -moon", 1),
            ("moon -walrus -sun", 1),
            ("-moon", 0),
            ("the", 0),
            ("it's moon", 1),
        ):
            ((found),) = hybrid(db, ada, text, vector(1), fusion="coverage")
            assert (found.chunk_id, found.scores[2]) == (chunk, pytest.approx(0.3 * share))

    def test_an_organization_narrows_the_search(self, db: Connection, ada: UUID):
        add_chunk(db, ada, "walrus", vector(1))
        with as_user(db, ada):
            other = insert(db, "organizations", name="Other", slug=f"other-{ada.hex[:8]}", created_by=ada)
        inside = add_chunk(db, ada, "walrus", vector(1), organization_id=other)
        assert ids(hybrid(db, ada, "walrus", vector(1), filter_organization_id=other)) == [inside]
        assert ids(keyword(db, ada, "walrus", filter_organization_id=other)) == [inside]
        assert hybrid(db, ada, "walrus", vector(1), filter_organization_id=ada) == []

    def test_only_the_model_of_the_query_is_compared(self, db: Connection, ada: UUID):
        with as_user(db, ada):
            collection = insert(db, "document_collections", name="Large", embedding_model="large", created_by=ada)
        large = add_chunk(db, ada, "walrus", vector(1), collection_id=collection)
        small = add_chunk(db, ada, "walrus", vector(1))
        found = {row.chunk_id: row.scores[0] for row in hybrid(db, ada, "walrus", vector(1), query_model="large")}
        assert found == {large: pytest.approx(1), small: 0}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"query_text": ""}, "query_text is empty"),
        ({"query_text": " \n"}, "query_text is empty"),
        ({"query_text": None}, "query_text is empty"),
        ({"query_text": "x" * 10001}, "longer than"),
        ({"query_embedding": None}, "query_embedding is missing"),
        ({"query_embedding": "[1]"}, "has 1 dimensions"),
        ({"match_count": 0}, "match_count is 0"),
        ({"semantic_weight": -1}, "The weights are"),
        ({"semantic_weight": 0, "keyword_weight": 0}, "The weights are"),
        ({"keyword_weight": float("nan")}, "The weights are"),
        ({"keyword_weight": float("inf")}, "The weights are"),
        ({"fusion": "sum"}, "fusion is 'sum'"),
    ],
)
def test_what_cannot_be_answered_is_refused(db: Connection, ada: UUID, arguments: dict[str, object], says: str):
    with refused("PT400", says=says):
        call_search(
            db, ada, "hybrid_search_documents", {"query_text": "walrus", "query_embedding": vector(1), **arguments}
        )


@pytest.mark.parametrize("text", ["", "  ", None, "x" * 10001])
def test_an_empty_text_is_refused(db: Connection, ada: UUID, text: str | None):
    with refused("PT400"):
        call_search(db, ada, "keyword_search_documents", {"query_text": text})


@settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40))
def test_no_text_is_an_error_of_the_server(db: Connection, text: str):
    nobody = UUID(int=1)
    if text.strip() and value(db, "select %s ~ '[^[:space:]]'", text):
        assert call_search(db, nobody, "keyword_search_documents", {"query_text": text}) == []
        asked = "select websearch_to_tsquery('english', private.without_minus(%s))"
        assert value(
            db, f"select coalesce(bool_and(numnode(w) = 1), true) from unnest(private.words_of(({asked}))) w", text
        )
