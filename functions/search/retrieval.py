"""Search as the caller: the passages that row level security lets them see, ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from postgrest import SyncPostgrestClient
from pydantic import Field

from functions._shared.body import Answer
from functions._shared.embeddings import Embedder, Vector, as_text
from functions.search.snippet import snippet

Mode = Literal["semantic", "keyword", "hybrid"]
LONGEST = 10_000
"""Bytes of a question that the database takes: letters of many scripts have three."""
WEIGHTS: dict[Mode, tuple[float, float, str]] = {
    "semantic": (1.0, 0.0, "weighted"),
    "hybrid": (0.7, 0.3, "coverage"),
}
"""Weights of meaning and words, and the fusion. Hardly any passage has all the words of a question: by coverage
some of them count, too."""


class Passage(Answer):
    """A passage that was found."""

    chunk_id: str
    document_id: str
    title: str
    content: str
    snippet: Annotated[str, Field(description="HTML: the best part of the passage, words of the query in <mark>.")]
    chunk_index: int
    semantic_score: Annotated[
        float,
        Field(description="The cosine of query and passage, -1 to 1; 0 in the mode keyword, which has none."),
    ]
    keyword_score: Annotated[float, Field(description="How well the words match, from 0 (not at all) up to 1.")]
    score: Annotated[float, Field(description="What the results are ordered by; comparable within one answer.")]


@dataclass(frozen=True)
class Question:
    """What is looked for: its words, and its vector by a model, None where only the words count."""

    text: str
    vector: Vector | None
    model: str

    @classmethod
    def of(cls, text: str, embedder: Embedder, mode: Mode = "hybrid") -> Question:
        """Return a question, embedded where the mode needs it; raise FunctionError when it cannot be.

        Of one that is longer than the database takes, the beginning counts.
        """
        kept = text.encode()[:LONGEST].decode(errors="ignore")
        vector = None if mode == "keyword" else embedder.embed_queries([kept])[0]
        return cls(kept, vector, embedder.model)


def retrieve(
    database: SyncPostgrestClient,
    question: Question,
    *,
    mode: Mode = "hybrid",
    limit: int = 10,
    threshold: float | None = None,
    organization_id: str | None = None,
    collection_id: str | None = None,
) -> list[Passage]:
    """Return the passages that answer a query best, best first, of those that the client's bearer may see.

    A passage below the threshold (a cosine, whose useful values depend on the model) is left out, unless it was
    found by its words. Without a vector only these count. Raises postgrest's APIError when the database refuses.
    """
    arguments: dict[str, Any] = {
        "query_text": question.text,
        "match_count": limit,
        "filter_organization_id": organization_id,
        "filter_collection_id": collection_id,
    }
    if question.vector is None or mode == "keyword":
        found: Any = database.rpc("keyword_search_documents", arguments).execute().data
        return [
            passage({**row, "semantic_score": 0, "combined_score": row["keyword_score"]}, question.text)
            for row in found
        ]
    semantic_weight, keyword_weight, fusion = WEIGHTS[mode]
    arguments |= {
        "query_embedding": as_text(question.vector),
        "semantic_weight": semantic_weight,
        "keyword_weight": keyword_weight,
        "fusion": fusion,
        "query_model": question.model,
    }
    rows: Any = database.rpc("hybrid_search_documents", arguments).execute().data
    return [passage(row, question.text) for row in rows if belongs(row, mode, threshold)]


def belongs(row: dict[str, Any], mode: Mode, threshold: float | None) -> bool:
    """Return whether a row belongs in the answer of this mode."""
    similarity, has_words = float(row["semantic_score"]), float(row["keyword_score"]) > 0
    return threshold is None or similarity >= threshold or (mode == "hybrid" and has_words)


def passage(row: dict[str, Any], query: str) -> Passage:
    """Return a row of the database as a passage of the answer."""
    return Passage(
        chunk_id=row["chunk_id"],
        document_id=row["document_id"],
        title=row["title"],
        content=row["content"],
        snippet=snippet(row["content"], query),
        chunk_index=row["chunk_index"],
        semantic_score=row["semantic_score"],
        keyword_score=row["keyword_score"],
        score=row["combined_score"],
    )
