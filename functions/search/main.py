"""POST /functions/v1/search: the passages of the caller's documents that answer a query best."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from flask import Request
from pydantic import Field

from functions._shared.body import Answer, Body, Text, parse
from functions._shared.caller import signed_in
from functions._shared.embeddings import embedder
from functions._shared.handler import handler
from functions._shared.metering import Payer
from functions._shared.openapi import Operation
from functions._shared.paid import paid_by
from functions.search.retrieval import Mode, Passage, Question, retrieve


class SearchBody(Body):
    """What to look for, and where."""

    query: Annotated[Text, Field(min_length=1, max_length=4000, pattern=r"\S")]
    mode: Mode = "hybrid"
    limit: Annotated[int, Field(ge=1, le=100)] = 10
    threshold: Annotated[
        float | None,
        Field(ge=-1, le=1, description="The least semantic_score; useful values depend on the model."),
    ] = None
    organization_id: UUID | None = None
    collection_id: UUID | None = None


class SearchAnswer(Answer):
    """What was found, best first."""

    results: list[Passage]
    mode: Mode
    model: Annotated[
        str, Field(description="The model of the embeddings, which are compared in the modes semantic and hybrid.")
    ]
    other_models: Annotated[
        list[str],
        Field(
            description="Models of passages that were not compared by meaning, being of another than `model`:"
            " start_reembedding changes a collection."
        ),
    ]


OPENAPI = [
    Operation(
        "post",
        "Search the caller's documents",
        body=SearchBody,
        answers={200: SearchAnswer},
        errors=[400, 401, 402, 413, 429, 502, 503, 504],
    )
]


@handler("search", "POST", max_body=64 * 1024)
def main(request: Request) -> Any:
    """Return the best passages; raise FunctionError for a bad body or token, or a provider that fails."""
    caller = signed_in(request)
    body = parse(request, SearchBody)
    organization_id = str(body.organization_id) if body.organization_id else None
    # Everybody may search what they may read; who may not spend for its organization pays themselves.
    payer = Payer(user_id=caller.user_id, organization_id=organization_id, or_personally=True)
    model = paid_by(payer, embedder(), caller.settings, "/search")
    collection_id = str(body.collection_id) if body.collection_id else None
    results = retrieve(
        caller.database,
        Question.of(body.query, model, body.mode),
        mode=body.mode,
        limit=body.limit,
        threshold=body.threshold,
        organization_id=organization_id,
        collection_id=collection_id,
    )
    others: Any = []
    if body.mode != "keyword":
        arguments: dict[str, Any] = {
            "query_model": model.model,
            "filter_organization_id": organization_id,
            "filter_collection_id": collection_id,
        }
        others = caller.database.rpc("other_embedding_models", arguments).execute().data
    return SearchAnswer(results=results, mode=body.mode, model=model.model, other_models=others).model_dump()
