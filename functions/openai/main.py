"""/functions/v1/openai/v1: what OpenAI's SDKs talk to, with an organization's API key or a signed-in user's token.

    OpenAI(base_url=".../functions/v1/openai/v1", api_key="gw_…")

POST chat/completions and embeddings, GET models. Every call is reserved before it is made and settled afterwards.
A user's token pays from the organization named in X-Organization-Id (or OpenAI-Organization), else from their own.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Request, Response, jsonify

from functions._shared import embeddings, metering
from functions._shared.body import parse, uuid_of
from functions._shared.caller import bearer, signed_in
from functions._shared.errors import FunctionError, translated
from functions._shared.handler import handler, path_below
from functions._shared.logs import log
from functions._shared.metering import Payer
from functions._shared.openapi import Operation
from functions._shared.providers import router
from functions._shared.providers.config import catalogue
from functions._shared.providers.failures import ProviderError
from functions._shared.providers.usage import Usage, input_bound, output_bound
from functions._shared.settings import Settings
from functions.openai.offline import embed_offline
from functions.openai.requests import ChatRequest, EmbeddingsRequest, ListedModel, ListedModels, PassedAnswer
from functions.openai.streaming import Events

MAX_BODY = 20 * 1024 * 1024
KEY_PREFIX = "gw_"
CHAT, EMBEDDINGS = "/chat/completions", "/embeddings"
TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
}
TYPES |= {404: "invalid_request_error", 429: "rate_limit_error"}
REFUSALS = [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 502, 503, 504]
OPENAPI = [
    Operation(
        "post",
        "Complete a chat",
        path="/v1/chat/completions",
        body=ChatRequest,
        answers={200: PassedAnswer},
        other_answers={"text/event-stream": {}},
        errors=REFUSALS,
        security="key",
    ),
    Operation(
        "post",
        "Embed texts",
        path="/v1/embeddings",
        body=EmbeddingsRequest,
        answers={200: PassedAnswer},
        errors=REFUSALS,
        security="key",
    ),
    Operation(
        "get", "List the models", path="/v1/models", answers={200: ListedModels}, errors=[401, 503], security="key"
    ),
]


@handler("openai", "GET", "POST", max_body=MAX_BODY)
def main(request: Request) -> Any:
    """Return what OpenAI's API would; errors too, in the shape that its SDKs read."""
    try:
        return answered(request)
    except ProviderError as error:
        return provider_failed(error)
    except Exception as error:
        known = translated(error)
        if known is None:
            raise
        return refused(known)


def answered(request: Request) -> Any:
    """Return what the path asks for; raise FunctionError or ProviderError where there is none."""
    match (request.method, path_below(request, "openai")):
        case ("POST", "v1/chat/completions"):
            return chat(request)
        case ("POST", "v1/embeddings"):
            return embed(request)
        case ("GET", "v1/models"):
            return models(request)
    raise FunctionError(404, "not_found", "There is nothing at this path.", "The base URL ends in /openai/v1.")


def refused(error: FunctionError) -> Response:
    """Return an error of ours as OpenAI's SDKs read it."""
    kind = TYPES.get(error.status, "api_error")
    body = {"code": error.code, "message": error.message, "hint": error.hint, "type": kind, "param": None}
    response = jsonify(error=body)
    response.status_code = error.status
    response.headers.update(error.headers)
    return response


def provider_failed(error: ProviderError) -> Response:
    """Return a provider's error, in its own words where the request is at fault."""
    headers = {"Retry-After": error.retry_after} if error.retry_after else {}
    kind = error.details.get("type") or TYPES.get(error.status, "api_error")
    body = {
        "code": error.code,
        "message": error.message,
        "hint": "",
        "type": kind,
        "param": error.details.get("param"),
    }
    log.warning("provider failed", extra={"error": error.code, "status": error.status})
    response = jsonify(error=body)
    response.status_code = error.status
    response.headers.update(headers)
    return response


def payer_of(request: Request, scope: str) -> Payer:
    """Return who pays; raise FunctionError (401) without a key or token. A key is checked by the reservation."""
    token = bearer(request)
    named = request.headers.get("X-Organization-Id") or request.headers.get("OpenAI-Organization")
    organization = uuid_of(named, "The organization") if named else None
    if token.startswith(KEY_PREFIX):
        return Payer(api_key=token, scope=scope, organization_id=organization)
    return Payer(user_id=signed_in(request).user_id, organization_id=organization)


def identify(settings: Settings, payer: Payer) -> None:
    """Raise FunctionError (401) for a wrong key, where nothing is reserved that would find out."""
    if payer.api_key is not None:
        arguments = {"p_key": payer.api_key}
        # The service role's, for whoever may ask this could try keys.
        if metering.database(settings).rpc("verify_api_key", arguments).execute().data is None:
            raise FunctionError(401, "unauthorized", "The API key is not valid.", "Check the key.")


def chat(request: Request) -> Any:
    """Return the completion, whole or as a stream; raise FunctionError or ProviderError when there is none."""
    settings, payer = Settings.load(), payer_of(request, "chat:write")
    wanted = parse(request, ChatRequest)
    body = wanted.model_dump(exclude_unset=True)
    known = catalogue()
    if not known.targets(wanted.model):
        identify(settings, payer)
        raise FunctionError(
            404, "model_not_found", f"The model {wanted.model!r} is not served here.", "GET models."
        )
    most = known.max_output(wanted.model)
    if most is not None and not (wanted.max_tokens or wanted.max_completion_tokens):
        # What is reserved must bound what the provider does.
        body["max_completion_tokens"] = most
    bounds = (input_bound(body), output_bound(body, most))
    held = metering.reserve(settings, payer, known.candidates(wanted.model), CHAT, bounds)
    try:
        if wanted.stream:
            stream = router.stream(known, body)
            return Events(stream, held, wanted).response()
        answer = router.complete(known, body)
    except BaseException:
        metering.release(held)
        raise
    response = Response(answer.raw, mimetype="application/json")
    # After the client has its answer: until then the reservation holds more than the truth.
    response.call_on_close(lambda: metering.settle(held, answer.usage, answer.model))
    return response


def embed(request: Request) -> Any:
    """Return the embeddings; raise FunctionError or ProviderError when there are none."""
    settings, payer = Settings.load(), payer_of(request, "embeddings:write")
    wanted = parse(request, EmbeddingsRequest)
    body = wanted.model_dump(exclude_unset=True)
    known = catalogue()
    is_offline = wanted.model == embeddings.OFFLINE_MODEL
    if not is_offline and not known.targets(wanted.model):
        identify(settings, payer)
        raise FunctionError(
            404, "model_not_found", f"The model {wanted.model!r} is not served here.", "GET models."
        )
    bound = len(json.dumps(wanted.input, ensure_ascii=False).encode())
    candidates = [wanted.model] if is_offline else known.candidates(wanted.model)
    held = metering.reserve(settings, payer, candidates, EMBEDDINGS, (bound, 0))
    try:
        if is_offline:
            raw, usage = embed_offline(wanted)
            model = wanted.model
        else:
            answer = router.embed(known, body)
            raw, usage, model = answer.raw, answer.usage, answer.model
    except BaseException:
        metering.release(held)
        raise
    response = Response(raw, mimetype="application/json")
    used = Usage(usage.tokens_input, usage.tokens_cached, 0)
    response.call_on_close(lambda: metering.settle(held, used, model))
    return response


def models(request: Request) -> Any:
    """Return the models that the configuration names, and the one for embeddings in this process."""
    identify(Settings.load(), payer_of(request, "chat:write"))
    named = [ListedModel(id=name, owned_by=provider) for name, provider in catalogue().names()]
    offline = ListedModel(id=embeddings.OFFLINE_MODEL, owned_by="groundwork")
    return jsonify(ListedModels(data=[*named, offline]).model_dump())
