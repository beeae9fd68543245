"""Embeddings: of the model in this process, and of a provider that behaves or does not."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from functions._shared import embeddings
from functions._shared.embeddings import Provider, as_text, embedder, offline
from functions._shared.errors import FunctionError
from tests.functions.local_http import serving


class Model(BaseHTTPRequestHandler):
    """A provider of embeddings; the model's name says how it behaves."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        kind, texts = asked["model"], asked["input"]
        if kind == "locked" or self.headers["Authorization"] != "Bearer right":
            self.answer(401, {"error": {"message": "wrong key"}})
        elif kind == "busy":
            self.answer(429, {"error": {"message": "slow down"}})
        elif kind == "broken":
            self.answer(500, {"error": {"message": "oh"}})
        elif kind == "nonsense":
            self.answer(200, {"data": None})
        elif kind == "hanging":
            time.sleep(2)
        else:
            wrong = {"wordy": ["x"] * 384, "infinite": [1e999] * 384, "vectorless": None}
            size = {"short": 3, "fitting": asked.get("dimensions", 1536)}.get(kind, 384)
            data = [
                {"object": "embedding", "index": index, "embedding": wrong.get(kind, [float(len(text))] * size)}
                for index, text in enumerate(texts)
            ]
            data = data[:-1] if kind == "forgetful" else data[::-1]
            self.answer(
                200,
                {"object": "list", "model": kind, "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}},
            )

    def answer(self, status: int, body: dict[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Retry-After-Ms", "1")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with serving(Model) as url:
        yield f"{url}/v1"


def test_the_offline_model_tells_questions_from_passages() -> None:
    model = offline()
    [question], [passage] = model.embed_queries(["heron"]), model.embed_passages(["heron"])
    assert len(question) == len(passage) == model.dimensions == 384
    assert question != passage
    assert math.isclose(sum(value * value for value in passage), 1, abs_tol=1e-3)
    assert model.embed_queries([]) == []


def test_the_offline_model_serves_threads_alike() -> None:
    texts = [f"The {bird} nests." for bird in ("heron", "stork", "crane", "ibis")]
    alone = [offline().embed_passages([text])[0] for text in texts]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: offline().embed_passages([text])[0], texts * 3))
    assert together == alone * 3


def test_a_provider_gives_vectors_in_the_order_of_the_texts(provider: str) -> None:
    model = Provider("plain", provider, "right", None)
    texts = ["x" * length for length in range(1, embeddings.BATCH + 6)]
    assert [vector[0] for vector in model.embed_passages(texts)] == [len(text) for text in texts]
    assert len(Provider("fitting", provider, "right", 384).embed_queries(["a"])[0]) == 384


@pytest.mark.parametrize(
    ("name", "key", "status", "code"),
    [
        ("plain", "wrong", 502, "embeddings_failed"),
        ("busy", "right", 503, "embeddings_unavailable"),
        ("broken", "right", 503, "embeddings_unavailable"),
        ("hanging", "right", 503, "embeddings_unavailable"),
        ("nonsense", "right", 502, "embeddings_failed"),
        ("forgetful", "right", 502, "embeddings_failed"),
        ("wordy", "right", 502, "embeddings_failed"),
        ("infinite", "right", 502, "embeddings_failed"),
        ("vectorless", "right", 502, "embeddings_failed"),
        ("short", "right", 502, "embeddings_failed"),
        ("fitting", "right", 502, "embeddings_failed"),
    ],
)
def test_a_provider_that_fails_is_a_clear_error(  # noqa: PLR0917
    provider: str, monkeypatch: pytest.MonkeyPatch, name: str, key: str, status: int, code: str
) -> None:
    monkeypatch.setattr(embeddings, "TIMEOUT", 0.3)
    with pytest.raises(FunctionError) as caught:
        Provider(name, provider, key, None).embed_queries(["a", "b"])
    assert (caught.value.status, caught.value.code) == (status, code)


def test_the_environment_says_which_it_is(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EMBEDDINGS_MODEL", raising=False)
    embedder.cache_clear()
    assert embedder() is offline()
    for name, value in {"MODEL": "fitting", "BASE_URL": provider, "API_KEY": "right", "DIMENSIONS": "384"}.items():
        monkeypatch.setenv(f"EMBEDDINGS_{name}", value)
    embedder.cache_clear()
    try:
        assert embedder().model == "fitting"
        assert len(embedder().embed_queries(["a"])[0]) == 384
    finally:
        embedder.cache_clear()


def test_a_vector_is_written_as_postgres_reads_it() -> None:
    assert as_text([0.5, -1.0, 1e-9]) == "[0.5,-1,1e-09]"


def test_a_question_does_not_wait_for_all_that_somebody_else_embeds() -> None:
    model = offline()
    model.embed_queries(["warm"])
    with ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        others = pool.submit(model.embed_passages, ["the heron stands in the reeds and waits " * 25] * 48)
        time.sleep(0.05)
        asked = time.monotonic()
        model.embed_queries(["What does the heron do?"])
        waited = time.monotonic() - asked
        assert len(others.result()) == 48
    assert waited < (time.monotonic() - begun) / 3


@pytest.mark.parametrize("text", ["heron " * 2_000, "\u9dfa" * 4_000, "x" * 4_000])
def test_of_a_long_question_the_beginning_counts(text: str) -> None:
    model = offline()
    beginning = model.beginning(text)
    assert text.startswith(beginning)
    assert 200 < model.token_count(beginning) <= 512
    assert model.embed_queries([text]) == model.embed_queries([beginning])
    assert model.beginning("short") == "short"
