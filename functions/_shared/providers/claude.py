"""Anthropic, through its official SDK: OpenAI's requests and answers here, its Messages API there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import httpx2

from functions._shared.providers.compatible import object_of
from functions._shared.providers.completions import Chunk, Completion, CompletionStream
from functions._shared.providers.config import Provider
from functions._shared.providers.failures import ProviderError, nonsense, of_sdk
from functions._shared.providers.translation import FINISH, message_of, request_of
from functions._shared.providers.usage import Usage, count_of

if TYPE_CHECKING:  # the SDK takes seconds to load: who needs it loads it
    import anthropic

MISSHAPEN = (AttributeError, TypeError, ValueError)
"""What reading an answer raises where it has another shape than it must have."""


@cache
def client(provider: Provider) -> anthropic.Anthropic:
    """Return the provider's client, one a process, which keeps its connections."""
    import anthropic  # noqa: PLC0415

    timeout = httpx2.Timeout(provider.timeout, connect=provider.connect_timeout)
    limits = httpx2.Limits(max_connections=1000, max_keepalive_connections=64, keepalive_expiry=30)
    return anthropic.Anthropic(
        api_key=provider.api_key,
        base_url=provider.base_url,
        timeout=timeout,
        max_retries=provider.max_retries,
        http_client=httpx2.Client(timeout=timeout, limits=limits, trust_env=provider.base_url is None),
    )


def ask(provider: Provider, body: Mapping[str, Any], *, stream: bool = False) -> httpx2.Response:
    """Return the provider's answer to a request; raise ProviderError when it refuses or fails."""
    import anthropic  # noqa: PLC0415

    try:
        if stream:
            # With this type the SDK hands out the open response, and not a stream of its own models.
            opened = client(provider).post(
                "/v1/messages",
                cast_to=httpx2.Response,
                body=dict(body),
                stream=True,
                stream_cls=anthropic.Stream[Any],
            )
            return cast("httpx2.Response", opened)
        return client(provider).post("/v1/messages", cast_to=httpx2.Response, body=dict(body))
    except (anthropic.AnthropicError, httpx2.HTTPError) as error:
        raise of_sdk(error, provider.name) from error


def complete(provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:
    """Return the answer to a chat request; raise ProviderError when there is none."""
    answer = object_of(ask(provider, request_of(body, model)), provider)
    if not isinstance(answer.get("content"), list):
        raise nonsense(provider.name, "answered without content")
    try:
        usage, message = usage_of(answer.get("usage") or {}), message_of(answer["content"])
    except MISSHAPEN as error:
        raise nonsense(provider.name) from error
    data = {
        "id": str(answer.get("id")),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": str(answer.get("model") or model),
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": FINISH.get(str(answer.get("stop_reason")), "stop"),
            }
        ],
        "usage": usage.to_openai(),
    }
    return Completion(json.dumps(data).encode(), data, usage, provider.name, model)


def embed(provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:  # noqa: ARG001 - the protocol's
    """Raise ProviderError: Anthropic has no embeddings."""
    raise ProviderError(400, "not_supported", f"The provider {provider.name} makes no embeddings.")


def stream(provider: Provider, model: str, body: Mapping[str, Any]) -> CompletionStream:
    """Open a chat stream; raise ProviderError when it does not begin."""
    response = ask(provider, {**request_of(body, model), "stream": True}, stream=True)
    return Translated(response, body, provider.name, model)


def usage_of(usage: Mapping[str, Any]) -> Usage:
    """Return the usage of Anthropic's object: what came from the cache or went into it is input, too."""
    read = count_of(usage.get("cache_read_input_tokens"))
    written = count_of(usage.get("cache_creation_input_tokens"))
    total = count_of(usage.get("input_tokens")) + read + written
    return Usage(total, read, count_of(usage.get("output_tokens")))


class Translated(CompletionStream):
    """A stream of Anthropic's events as OpenAI's chunks."""

    def __init__(self, response: httpx2.Response, body: Mapping[str, Any], provider: str, model: str) -> None:
        super().__init__(response, body, provider, model)
        self.head: dict[str, Any] = {}
        self.began: Usage | None = None
        self.calls: dict[int, int] = {}

    def chunks(self) -> Iterator[Chunk]:
        """Yield the chunks; raise ProviderError if the stream breaks off."""
        try:
            for line in self.response.iter_lines():
                if line.startswith("data:"):
                    for chunk in self.translated(self.event(line[5:])):
                        self.count(chunk)
                        yield self.halves.mended(chunk, line)
                if self.finished:
                    return
        except httpx2.TimeoutException as error:
            raise ProviderError(504, "provider_timeout", f"The provider {self.provider} fell silent.") from error
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            raise ProviderError(502, "provider_broke_off", f"The provider {self.provider} broke off.") from error
        raise ProviderError(502, "provider_broke_off", f"The provider {self.provider} broke off.")

    def event(self, data: str) -> Mapping[str, Any]:
        """Return an event; raise ProviderError for nonsense and for an error that the provider sent."""
        try:
            event = json.loads(data)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            raise nonsense(self.provider, "streamed nonsense")
        if event.get("type") == "error":
            raise ProviderError(502, "provider_failed", f"The provider {self.provider} failed in the middle.")
        return event

    def translated(self, event: Mapping[str, Any]) -> list[Chunk]:
        """Return the chunks that an event stands for; raise ProviderError where it is misshapen."""
        try:
            return list(self.translate(event))
        except MISSHAPEN as error:
            raise nonsense(self.provider, "streamed nonsense") from error

    def translate(self, event: Mapping[str, Any]) -> Iterator[Chunk]:
        """Yield the chunks that an event stands for, none for those that OpenAI's protocol does not know."""
        kind = event.get("type")
        if kind == "message_start":
            message = event.get("message") or {}
            self.began = usage_of(message.get("usage") or {})
            self.head = {"id": str(message.get("id")), "model": str(message.get("model") or self.model)}
            yield self.chunk({"role": "assistant", "content": ""})
        elif kind == "content_block_start" and (event.get("content_block") or {}).get("type") == "tool_use":
            block = event["content_block"]
            position = self.calls.setdefault(count_of(event.get("index")), len(self.calls))
            function = {"name": block.get("name"), "arguments": ""}
            yield self.chunk(
                {
                    "tool_calls": [
                        {"index": position, "id": block.get("id"), "type": "function", "function": function}
                    ]
                }
            )
        elif kind == "content_block_delta":
            delta = event.get("delta") or {}
            if delta.get("type") == "text_delta":
                yield self.chunk({"content": str(delta.get("text") or "")})
            elif delta.get("type") == "input_json_delta":
                position = self.calls.get(count_of(event.get("index")), 0)
                arguments = {"arguments": str(delta.get("partial_json") or "")}
                yield self.chunk({"tool_calls": [{"index": position, "function": arguments}]})
        elif kind == "message_delta":
            self.take_usage(event.get("usage") or {})
            reason = FINISH.get(str((event.get("delta") or {}).get("stop_reason")), "stop")
            yield self.chunk({}, reason)
        elif kind == "message_stop":
            self.finished = True

    def take_usage(self, usage: Mapping[str, Any]) -> None:
        """Keep what the provider says in the end: its output counts, its input where it repeats it."""
        told = usage_of(usage)
        began = self.began or Usage()
        whole = told if told.tokens_input else began
        self.reported = Usage(whole.tokens_input, whole.tokens_cached, told.tokens_output)

    def chunk(self, delta: Mapping[str, Any], reason: str | None = None) -> Chunk:
        """Return one of OpenAI's chunks."""
        choice = {"index": 0, "delta": dict(delta), "logprobs": None, "finish_reason": reason}
        return {**self.head, "object": "chat.completion.chunk", "created": int(time.time()), "choices": [choice]}

    @property
    def usage(self) -> Usage:
        """What the call has used up to now; the input is told at the beginning."""
        counted = super().usage
        if self.reported is None and self.began is not None:
            return Usage(self.began.tokens_input, self.began.tokens_cached, counted.tokens_output, exact=False)
        return counted
