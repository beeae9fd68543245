"""OpenAI and every server that speaks its protocol (Azure, vLLM, Ollama, …), through the official SDK.

The request and the answer pass through as they are: the SDK brings keys, connections, time limits and retries. Its
models of the answers are left aside, so that what a server adds of its own reaches the client.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import httpx2

from functions._shared.providers.completions import Chunk, Completion, CompletionStream
from functions._shared.providers.config import Provider
from functions._shared.providers.failures import ProviderError, nonsense, of_sdk
from functions._shared.providers.usage import Usage, embedding_estimate, input_estimate

if TYPE_CHECKING:  # the SDK takes seconds to load: who needs it loads it
    import openai

DONE = "[DONE]"


@cache
def client(provider: Provider) -> openai.OpenAI:
    """Return the provider's client, one a process, which keeps its connections."""
    import openai  # noqa: PLC0415

    timeout = httpx2.Timeout(provider.timeout, connect=provider.connect_timeout)
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=64, keepalive_expiry=30)
    return openai.OpenAI(
        api_key=provider.api_key,
        base_url=provider.base_url,
        timeout=timeout,
        max_retries=provider.max_retries,
        http_client=httpx2.Client(timeout=timeout, limits=limits, trust_env=provider.base_url is None),
    )


def ask(provider: Provider, path: str, body: Mapping[str, Any], *, stream: bool = False) -> httpx2.Response:
    """Return the provider's answer to a request; raise ProviderError when it refuses or fails."""
    import openai  # noqa: PLC0415

    try:
        if stream:
            # With this type the SDK hands out the open response, and not a stream of its own models.
            opened = client(provider).post(
                path, cast_to=httpx2.Response, body=dict(body), stream=True, stream_cls=openai.Stream[Any]
            )
            return cast("httpx2.Response", opened)
        return client(provider).post(path, cast_to=httpx2.Response, body=dict(body))
    except (openai.OpenAIError, httpx2.HTTPError) as error:
        raise of_sdk(error, provider.name) from error


def object_of(response: httpx2.Response, provider: Provider) -> dict[str, Any]:
    """Return the JSON object that a provider answered; raise ProviderError when it is none."""
    try:
        data = json.loads(response.content)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise nonsense(provider.name)
    return data


def are_objects(values: object) -> bool:
    """Return whether a JSON value is a list of objects."""
    return isinstance(values, list) and all(isinstance(one, dict) for one in values)


def is_answer(data: Mapping[str, Any]) -> bool:
    """Return whether an answer has the shape of a completion."""
    choices = data.get("choices")
    return are_objects(choices) and all(isinstance(one.get("message"), dict | None) for one in choices or [])


def is_chunk(data: Mapping[str, Any]) -> bool:
    """Return whether an event has the shape of a chunk, as far as anybody here looks into it."""
    choices = data.get("choices") or []
    if not are_objects(choices) or not all(isinstance(one.get("delta"), dict | None) for one in choices):
        return False
    calls = [(one.get("delta") or {}).get("tool_calls") or [] for one in choices]
    return all(
        are_objects(one) and all(isinstance(call.get("function"), dict | None) for call in one) for one in calls
    )


def complete(provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:
    """Return the answer to a chat request; raise ProviderError when there is none."""
    response = ask(provider, "/chat/completions", {**body, "model": model})
    data = object_of(response, provider)
    if not is_answer(data):
        raise nonsense(provider.name, "answered without choices")
    told = told_in(data)
    is_told = told.tokens_input or told.tokens_output
    return Completion(response.content, data, told if is_told else estimated(body, data), provider.name, model)


def told_in(data: Mapping[str, Any]) -> Usage:
    """Return what an answer says that it used, nothing where it does not say."""
    usage = data.get("usage")
    return Usage.of_openai(usage if isinstance(usage, dict) else {})


def estimated(body: Mapping[str, Any], data: Mapping[str, Any]) -> Usage:
    """Return about what an answer used, for a server that does not say."""
    written = sum(len(json.dumps(choice.get("message") or "")) for choice in data["choices"])
    return Usage(input_estimate(body), 0, max(1, written // 4), exact=False)


def embed(provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:
    """Return the answer to an embeddings request; raise ProviderError when there is none."""
    response = ask(provider, "/embeddings", {**body, "model": model})
    data = object_of(response, provider)
    if not are_objects(data.get("data")):
        raise nonsense(provider.name, "answered without embeddings")
    usage = told_in(data)
    if not usage.tokens_input:
        usage = Usage(embedding_estimate(body.get("input")), exact=False)
    return Completion(response.content, data, usage, provider.name, model)


def stream(provider: Provider, model: str, body: Mapping[str, Any]) -> CompletionStream:
    """Open a chat stream; raise ProviderError when it does not begin."""
    options = {**(body.get("stream_options") or {}), "include_usage": True}
    if provider.continuous_usage:
        options["continuous_usage_stats"] = True
    asked = {**body, "model": model, "stream": True, "stream_options": options}
    return PassedOn(ask(provider, "/chat/completions", asked, stream=True), body, provider.name, model)


class PassedOn(CompletionStream):
    """A stream of server-sent events that are OpenAI's chunks already."""

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks, but for those of usage alone; raise ProviderError if the stream breaks off."""
        try:
            for line in self.response.iter_lines():
                if not line.startswith("data:"):
                    continue
                data = line[5:].strip()
                if data == DONE:
                    self.finished = True
                    return
                chunk = self.read(data)
                if chunk.get("choices"):
                    yield chunk
        except httpx2.TimeoutException as error:
            raise ProviderError(504, "provider_timeout", f"The provider {self.provider} fell silent.") from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise self.broken() from error
        raise self.broken()

    def read(self, data: str) -> Chunk:
        """Return an event's chunk, its usage taken out, its tokens counted; raise ProviderError for nonsense."""
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError):
            chunk = None
        if not isinstance(chunk, dict):
            raise nonsense(self.provider, "streamed nonsense")
        if "error" in chunk:
            raise ProviderError(502, "provider_failed", f"The provider {self.provider} failed in the middle.")
        if not is_chunk(chunk):
            raise nonsense(self.provider, "streamed nonsense")
        usage = chunk.pop("usage", None)
        if isinstance(usage, dict):
            self.reported = Usage.of_openai(usage)
        self.count(chunk)
        try:
            return self.halves.mended(chunk, data)
        except RecursionError as error:
            raise nonsense(self.provider, "streamed nonsense") from error

    def broken(self) -> ProviderError:
        """Return the error of a stream that ended before it was whole."""
        return ProviderError(502, "provider_broke_off", f"The provider {self.provider} broke off.")
