"""/functions/v1/chat: an assistant that answers from the caller's documents.

POST asks: it retrieves under the caller's rights, streams the answer where `stream` is true, and stores question
and answer. GET /{message_id} resumes a stream or gives the finished answer, DELETE /{message_id} ends it. An
answer goes on when its reader leaves.
"""

from __future__ import annotations

import uuid
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import Request, Response, jsonify
from pydantic import Field

from functions._shared import metering
from functions._shared.body import Answer, Body, Text, parse, uuid_of
from functions._shared.caller import Caller, signed_in
from functions._shared.embeddings import embedder
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.metering import Payer, Reservation
from functions._shared.openapi import Operation, parameter
from functions._shared.paid import paid_by
from functions._shared.providers import router
from functions._shared.providers.completions import CompletionStream
from functions._shared.providers.config import catalogue
from functions._shared.providers.failures import ProviderError
from functions._shared.providers.usage import input_bound, output_bound
from functions.chat import generation as generations
from functions.chat.events import live, resumed, streamed
from functions.chat.generation import Generation
from functions.chat.prompt import citations_of, messages_of, quoted, stored
from functions.search.retrieval import Passage, Question, retrieve

PASSAGES = 6
OUTPUT = 2_048
ENDPOINT = "/chat"
COLUMNS = "message_id,conversation_id,status,content,usage,error"
Status = Literal["running", "completed", "cancelled", "failed"]


class ChatBody(Body):
    """What is asked."""

    message: Annotated[Text, Field(min_length=1, max_length=100_000, pattern=r"\S")]
    conversation_id: UUID | None = None
    organization_id: UUID | None = None
    collection_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=10)
    model: Annotated[Text, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$")] | None = None
    stream: bool = False


class Citation(Answer):
    """A passage that the answer is based on."""

    document_id: UUID
    chunk_id: UUID
    title: str
    quote: str


class AssistantMessage(Answer):
    """The answer."""

    id: UUID
    content: str
    citations: list[Citation]


class ChatUsage(Answer):
    """What the answer took."""

    model: str | None = None
    tokens_input: int | None = None
    tokens_cached: int | None = None
    tokens_output: int | None = None
    cost_usd: float | None = None


class ChatAnswer(Answer):
    """A whole answer."""

    conversation_id: UUID
    status: Status
    message: AssistantMessage
    usage: ChatUsage


ID = parameter("message_id", "path", {"type": "string", "format": "uuid"}, "The answer")
EVENTS: dict[str, dict[str, Any]] = {"text/event-stream": {}}
REFUSALS = [400, 401, 403, 404, 503]
OPENAPI = [
    Operation(
        "post",
        "Ask the assistant",
        body=ChatBody,
        answers={200: ChatAnswer},
        other_answers=EVENTS,
        errors=[*REFUSALS, 402, 409, 413, 422, 429, 502, 504],
    ),
    Operation(
        "get",
        "Come back to an answer",
        path="/{message_id}",
        answers={200: ChatAnswer},
        other_answers=EVENTS,
        errors=REFUSALS,
        parameters=[ID],
    ),
    Operation(
        "delete", "End an answer", path="/{message_id}", answers={202: None}, errors=REFUSALS, parameters=[ID]
    ),
]


@handler("chat", "POST", "GET", "DELETE")
def main(request: Request) -> Any:
    """Return what the method asks for; raise FunctionError where it cannot be done."""
    caller = signed_in(request)
    below = path_below(request, "chat")
    try:
        match (request.method, below):
            case ("POST", ""):
                return ask(caller, parse(request, ChatBody))
            case ("GET", message_id) if message_id:
                wants_events = "text/event-stream" in request.headers.get("Accept", "")
                return come_back(caller, uuid_of(message_id, "The id"), wants_events=wants_events)
            case ("DELETE", message_id) if message_id:
                return cancel(caller, uuid_of(message_id, "The id"))
    except ProviderError as error:
        raise FunctionError(error.status, error.code, error.message, "Ask again.") from error
    raise FunctionError(404, "not_found", "There is nothing at this path.", "See openapi.json.")


def ask(caller: Caller, wanted: ChatBody) -> Any:
    """Return the answer, or its stream."""
    context = context_of(caller, wanted)
    model = model_of(wanted)
    passages = found(caller, wanted, context)
    citations = citations_of(passages)
    messages = messages_of(context["messages"], wanted.message, passages)
    body: dict[str, Any] = {"model": model, "messages": messages}
    held: Reservation | None = None
    stream: CompletionStream | None = None
    try:
        if model is not None:
            body["max_completion_tokens"] = output = output_bound({}, catalogue().max_output(model) or OUTPUT)
            bounds = (input_bound(body), output)
            payer, candidates = payer_of(caller, context), catalogue().candidates(model)
            held = metering.reserve(caller.settings, payer, candidates, ENDPOINT, bounds)
            stream = router.stream(catalogue(), body)
        question = asked(caller, wanted, context)
        # After a fallback it is not the model that was asked for that answers, and is to be paid.
        message_id = start(caller, question, stream.model if stream is not None else None, citations, held)
    except BaseException:
        if stream is not None:
            stream.close()
        if held is not None:
            metering.release(held)
        raise
    generation = Generation(caller.settings, message_id, stream, held, "" if model else quoted(passages))
    head = {"conversation_id": question["conversation_id"], "message_id": message_id}
    if wanted.stream:
        response = streamed(live(generation, head, citations))
        response.call_on_close(generation.go_on_alone)
        return response
    generation.drain()
    if generation.error is not None:
        raise FunctionError(502, generation.error["code"], generation.error["message"], "Ask again.")
    message = {"id": message_id, "content": generation.content, "citations": citations}
    return whole(question["conversation_id"], generation.status, message, generation.usage)


def whole(conversation_id: str, status: str, message: dict[str, Any], usage: dict[str, Any]) -> Response:
    """Return the JSON of an answer."""
    return jsonify(conversation_id=conversation_id, status=status, message=message, usage=usage)


def context_of(caller: Caller, wanted: ChatBody) -> dict[str, Any]:
    """Return what was said before and where; raise FunctionError (404) where that is not the caller's to see.

    Raises postgrest's APIError (42501) where they may not write: before anything is reserved, or anybody asked.
    """
    arguments: dict[str, Any] = {
        "p_conversation_id": str(wanted.conversation_id) if wanted.conversation_id else None,
        "p_organization_id": str(wanted.organization_id) if wanted.organization_id else None,
    }
    context: Any = caller.database.rpc("chat_context", arguments).execute().data
    if wanted.conversation_id is None and context["payer_id"] is None:
        raise FunctionError(
            404, "not_found", "There is no such organization among yours.", "Check organization_id."
        )
    return dict(context)


def payer_of(caller: Caller, context: dict[str, Any]) -> Payer:
    """Return who pays for an answer."""
    return Payer(user_id=caller.user_id, organization_id=context["payer_id"])


def model_of(wanted: ChatBody) -> str | None:
    """Return the model to ask, or None where there is none; raise FunctionError (404) for an unknown one."""
    model = wanted.model or catalogue().default_model
    if model is not None and catalogue().targets(model):
        return model
    if wanted.model is not None:
        raise FunctionError(
            404, "model_not_found", f"The model {wanted.model!r} is not served here.", "Name another."
        )
    return None


def found(caller: Caller, wanted: ChatBody, context: dict[str, Any]) -> list[Passage]:
    """Return the best passages for the caller, of the conversation's organization unless that is personal."""
    organization = None if context["is_personal"] else context["organization_id"]
    model = paid_by(payer_of(caller, context), embedder(), caller.settings, ENDPOINT)
    question = Question.of(wanted.message[:4_000], model)
    collections: list[str | None] = [str(one) for one in wanted.collection_ids or []]
    passages: list[Passage] = []
    for collection in collections or [None]:
        passages += retrieve(
            caller.database,
            question,
            limit=PASSAGES,
            organization_id=organization,
            collection_id=collection,
        )
    return sorted(passages, key=lambda passage: passage.score, reverse=True)[:PASSAGES]


def asked(caller: Caller, wanted: ChatBody, context: dict[str, Any]) -> dict[str, Any]:
    """Return where the question was written to, with the caller's own rights."""
    title = " ".join(wanted.message.split())[:80]
    arguments: dict[str, Any] = {
        "p_content": wanted.message,
        "p_conversation_id": str(wanted.conversation_id) if wanted.conversation_id else None,
        "p_organization_id": context["organization_id"],
        "p_title": "".join(sign for sign in title if sign.isprintable()).strip() or None,
    }
    written: Any = caller.database.rpc("ask_assistant", arguments).execute().data
    return dict(written)


def start(
    caller: Caller,
    question: dict[str, Any],
    model: str | None,
    citations: list[dict[str, Any]],
    held: Reservation | None,
) -> str:
    """Return the id of the answer that is begun."""
    message_id = str(uuid.uuid4())
    row = {
        "organization_id": question["organization_id"],
        "message_id": message_id,
        "conversation_id": question["conversation_id"],
        "question_id": question["message_id"],
        "user_id": caller.user_id,
        "model_name": model,
        "citations": stored(citations),
        "reservation_id": held.id if held else None,
    }
    # The service role's, for the row says what was reserved: a client could name another's reservation.
    metering.database(caller.settings).table("chat_generations").insert(row).execute()
    return message_id


def come_back(caller: Caller, message_id: str, *, wants_events: bool) -> Any:
    """Return the stream of an answer from its beginning, or the answer as far as it is."""

    def read() -> dict[str, Any]:
        table = caller.database.table("chat_generations")
        rows: Any = table.select(COLUMNS).eq("message_id", message_id).execute().data
        if not rows:
            raise FunctionError(404, "not_found", "There is no such answer among yours.", "Check the id.")
        return dict(rows[0])

    def text_of() -> str:
        rows: Any = caller.database.table("messages").select("content").eq("id", message_id).execute().data
        return str(rows[0]["content"]) if rows else ""

    row = read()
    # Not what was cited then: only what the caller may read now.
    citations: Any = caller.database.rpc("get_citations", {"p_message_id": message_id}).execute().data
    if wants_events:
        return streamed(resumed(row, citations, read, text_of))
    content = row["content"] if row["status"] == "running" else text_of()
    message = {"id": message_id, "content": content, "citations": citations}
    return whole(row["conversation_id"], row["status"], message, row["usage"])


def cancel(caller: Caller, message_id: str) -> Response:
    """Ask for the end of an answer; whichever process generates it sees that within a second."""
    caller.database.rpc("cancel_generation", {"p_message_id": message_id}).execute()
    generations.cancel(message_id)
    return Response(status=202)
