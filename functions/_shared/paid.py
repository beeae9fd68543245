"""Embeddings that are bought: each request to the provider is reserved and settled as the gateway's calls are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions._shared import metering
from functions._shared.embeddings import Bought, Embedder, Provider, Vector
from functions._shared.metering import Payer
from functions._shared.providers.usage import Usage
from functions._shared.settings import Settings


def paid_by(payer: Payer, embedder: Embedder, settings: Settings, endpoint: str) -> Embedder:
    """Return an embedder whose calls the payer pays for; the model in this process costs nothing."""
    return Paid(embedder, settings, payer, endpoint) if isinstance(embedder, Provider) else embedder


@dataclass(frozen=True)
class Paid:
    """A provider's model, and who pays."""

    provider: Provider
    settings: Settings
    payer: Payer
    endpoint: str

    @property
    def model(self) -> str:
        """The name that is stored with the vectors."""
        return self.provider.model

    @property
    def dimensions(self) -> int:
        """The length of the vectors."""
        return self.provider.dimensions

    def embed_queries(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of questions; raise FunctionError when they cannot be made or paid for."""
        return self.provider.embed(texts, self.buy)

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of passages; raise FunctionError when they cannot be made or paid for."""
        return self.provider.embed(texts, self.buy)

    def buy(self, batch: list[str]) -> Bought:
        """Return what the provider gives for a batch, settled before it is looked at; raise FunctionError."""
        bound = sum(len(text.encode()) for text in batch)
        held = metering.reserve(self.settings, self.payer, [self.model], self.endpoint, (bound, 0))
        try:
            bought = self.provider.ask(batch)
        except BaseException:
            metering.release(held)
            raise
        metering.settle(held, Usage(bought.tokens))
        return bought
