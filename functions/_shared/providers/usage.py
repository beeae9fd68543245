"""How many tokens a call takes: an upper bound before it, then what the provider says, or an estimate of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

IMAGE_TOKENS = 2_048
MESSAGE_TOKENS = 16
DEFAULT_OUTPUT = 4_096
CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True)
class Usage:
    """Tokens of one call. `exact` tells whether the provider said so or we counted what arrived."""

    tokens_input: int = 0
    tokens_cached: int = 0
    tokens_output: int = 0
    exact: bool = True

    @classmethod
    def of_openai(cls, usage: Mapping[str, Any]) -> Usage:
        """Return the usage of OpenAI's `usage` object; what is missing or senseless in it counts as 0."""
        total = count_of(usage.get("prompt_tokens"))
        details = usage.get("prompt_tokens_details")
        cached = count_of(details.get("cached_tokens")) if isinstance(details, Mapping) else 0
        return cls(total, min(cached, total), count_of(usage.get("completion_tokens")))

    def to_openai(self) -> dict[str, Any]:
        """Return OpenAI's `usage` object."""
        return {
            "prompt_tokens": self.tokens_input,
            "completion_tokens": self.tokens_output,
            "total_tokens": self.tokens_input + self.tokens_output,
            "prompt_tokens_details": {"cached_tokens": self.tokens_cached},
        }


def count_of(value: object) -> int:
    """Return a count that a provider sent, or 0 where it is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10**12 else 0


def input_bound(body: Mapping[str, Any]) -> int:
    """Return how many input tokens a chat request takes at the most: a token is a byte of text at the least."""
    total = 0
    for message in body.get("messages") or []:
        total += MESSAGE_TOKENS + weight_of(message)
    for name, value in body.items():
        # Tools, schemas, and what a server takes besides, such as documents.
        if name not in ("messages", "model") and value and isinstance(value, (str, list, Mapping)):
            total += len(json.dumps(value, ensure_ascii=False).encode())
    return total


def weight_of(message: object) -> int:
    """Return the bytes of a message, an image counted as a fixed number of tokens and not by its bytes."""
    if not isinstance(message, Mapping):
        return len(str(message).encode())
    content = message.get("content")
    if not isinstance(content, list):
        return len(json.dumps(message, ensure_ascii=False).encode())
    rest = {key: value for key, value in message.items() if key != "content"}
    total = len(json.dumps(rest, ensure_ascii=False).encode())
    for part in content:
        is_image = isinstance(part, Mapping) and part.get("type") == "image_url"
        total += IMAGE_TOKENS if is_image else len(json.dumps(part, ensure_ascii=False).encode())
    return total


def output_bound(body: Mapping[str, Any], most: int | None) -> int:
    """Return how many output tokens a chat request may bring: what it asks for, else what the model gives."""
    # Where both are said, which one counts is the server's choice.
    asked = max(count_of(body.get("max_completion_tokens")), count_of(body.get("max_tokens")))
    return (asked or most or DEFAULT_OUTPUT) * max(count_of(body.get("n")), 1)


def input_estimate(body: Mapping[str, Any]) -> int:
    """Return about how many input tokens a request took, for a provider that was cut off before it said so."""
    return max(1, input_bound(body) // CHARACTERS_PER_TOKEN)


def embedding_estimate(given: object) -> int:
    """Return about how many tokens the input of an embeddings request took: texts, or numbers that are tokens."""
    if isinstance(given, list):
        return sum(embedding_estimate(one) for one in given)
    return max(1, len(given) // CHARACTERS_PER_TOKEN) if isinstance(given, str) else 1


def output_estimate(pieces: int, characters: int) -> int:
    """Return how many tokens arrived: providers send about one a piece, some send several."""
    return max(pieces, characters // CHARACTERS_PER_TOKEN if characters > pieces * 3 * CHARACTERS_PER_TOKEN else 0)
