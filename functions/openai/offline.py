"""Embeddings of the model in this process, in OpenAI's shape."""

from __future__ import annotations

import base64
import json
import struct

from functions._shared import embeddings
from functions._shared.errors import FunctionError
from functions._shared.providers.usage import Usage
from functions.openai.requests import EmbeddingsRequest

MOST_TEXTS = 256
MOST_CHARACTERS = 400_000
"""Of all texts together. A processor takes half a millisecond for a token, and it is everybody's."""
MOST_TOKENS = 2_048
"""Of one text, which holds the model alone while it lasts."""


def embed_offline(wanted: EmbeddingsRequest) -> tuple[bytes, Usage]:
    """Return OpenAI's JSON and the tokens it took; raise FunctionError (400) for what the model cannot do."""
    texts = [wanted.input] if isinstance(wanted.input, str) else wanted.input
    written = [text for text in texts if isinstance(text, str)]
    if len(written) != len(texts) or not written or len(written) > MOST_TEXTS:
        raise FunctionError(
            400,
            "invalid_request",
            f"This model takes 1 to {MOST_TEXTS} texts and no token numbers.",
            "Send texts.",
        )
    model = embeddings.offline()
    # What has too many characters is not even counted.
    fits = sum(map(len, written)) <= MOST_CHARACTERS
    counts = [model.token_count(text) for text in written] if fits else []
    if not fits or max(counts) > MOST_TOKENS:
        raise FunctionError(
            400,
            "invalid_request",
            f"This model takes {MOST_TOKENS} tokens a text, and {MOST_CHARACTERS} characters in all.",
            "Cut the texts into passages, or send fewer at once.",
        )
    if wanted.dimensions not in (None, embeddings.DIMENSIONS):
        message = f"This model has {embeddings.DIMENSIONS} dimensions."
        raise FunctionError(400, "invalid_request", message, "Leave dimensions out.")
    vectors = model.embed_passages(written)
    tokens = sum(counts)
    is_packed = wanted.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": packed(vector) if is_packed else vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    answer = {"object": "list", "data": data, "model": wanted.model, "usage": usage}
    return json.dumps(answer).encode(), Usage(tokens)


def packed(vector: list[float]) -> str:
    """Return a vector as base64 of 32-bit floats, little-endian, as OpenAI's SDK asks for it."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
