"""Asks the providers of a model in their order, until one answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from functions._shared.logs import log
from functions._shared.providers import claude, compatible
from functions._shared.providers.completions import Completion, CompletionStream
from functions._shared.providers.config import Catalogue, Provider
from functions._shared.providers.failures import ProviderError


class Speaker(Protocol):
    """What a module that speaks a provider's protocol can do."""

    def complete(self, provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:
        """Return the answer to a chat request."""

    def stream(self, provider: Provider, model: str, body: Mapping[str, Any]) -> CompletionStream:
        """Open a chat stream."""

    def embed(self, provider: Provider, model: str, body: Mapping[str, Any]) -> Completion:
        """Return the answer to an embeddings request."""


PROTOCOLS: dict[str, Speaker] = {"openai": compatible, "anthropic": claude}
Answered = TypeVar("Answered")


def complete(catalogue: Catalogue, body: Mapping[str, Any]) -> Completion:
    """Return the answer to a chat request; raise ProviderError of the last provider when none gives one."""
    return first(catalogue, body, lambda speaker, provider, model: speaker.complete(provider, model, body))


def stream(catalogue: Catalogue, body: Mapping[str, Any]) -> CompletionStream:
    """Open a chat stream; raise ProviderError of the last provider when none opens one.

    Once a stream has begun there is no other provider to turn to: what was said cannot be taken back.
    """
    return first(catalogue, body, lambda speaker, provider, model: speaker.stream(provider, model, body))


def embed(catalogue: Catalogue, body: Mapping[str, Any]) -> Completion:
    """Return the answer to an embeddings request; raise ProviderError of the last provider when none gives one."""
    return first(catalogue, body, lambda speaker, provider, model: speaker.embed(provider, model, body))


def first(
    catalogue: Catalogue,
    body: Mapping[str, Any],
    call: Callable[[Speaker, Provider, str], Answered],
) -> Answered:
    """Return what the first provider that can answers; raise ProviderError where none can."""
    model = str(body.get("model") or "")
    failure = ProviderError(
        404, "model_not_found", f"No provider here serves the model {model!r}.", elsewhere=False
    )
    for target in catalogue.targets(model):
        try:
            return call(PROTOCOLS[target.provider.kind], target.provider, target.model)
        except ProviderError as error:
            log.warning("provider failed", extra={"provider": target.provider.name, "error": error.code})
            failure = error
            if not error.elsewhere:
                break
    raise failure
