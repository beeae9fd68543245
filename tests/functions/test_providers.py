"""The providers: OpenAI's and Anthropic's protocols through their SDKs, fallback, time limits, usage."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions._shared.errors import FunctionError
from functions._shared.providers import router
from functions._shared.providers.config import Catalogue, load
from functions._shared.providers.failures import ProviderError
from functions._shared.providers.halves import Halves
from functions._shared.providers.translation import request_of
from functions._shared.providers.usage import Usage, input_bound, output_bound
from tests.functions.models import ModelServer, model_server
from tests.support import free_port

KEYS = {"KEY": "secret"}
HELLO = [{"role": "user", "content": "hello there"}]
TOOL = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModelServer]:
    with model_server(tmp_path_factory.mktemp("models")) as server:
        yield server


def catalogue(server: ModelServer, more: str = "", kind: str = "openai", **options: object) -> Catalogue:
    path = "/v1" if kind == "openai" else ""
    settings = "".join(f"{name} = {json.dumps(value)}\n" for name, value in options.items())
    text = f"""
[providers.local]
kind = "{kind}"
base_url = "{server.url}{path}"
api_key_env = "KEY"
{settings}
{more}
"""
    return load({"GROUNDWORK_PROVIDERS": text, **KEYS})


def ask(found: Catalogue, model: str, **body: object) -> Any:
    return router.complete(found, {"model": model, "messages": HELLO, **body})


def read(stream: Any) -> list[dict[str, Any]]:
    try:
        return list(stream.chunks())
    finally:
        stream.close()


def text_of(chunks: list[dict[str, Any]]) -> str:
    return "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)


# Configuration


def test_the_sdks_own_variables_are_enough() -> None:
    found = load({"OPENAI_API_KEY": "a", "ANTHROPIC_API_KEY": "b", "GROUNDWORK_CHAT_MODEL": "gpt-4o"})
    assert [target.provider.kind for target in found.targets("claude-sonnet-4-5")] == ["anthropic", "openai"]
    assert [target.provider.kind for target in found.targets("gpt-4o")] == ["openai"]
    assert found.default_model == "gpt-4o"


def test_without_a_provider_there_is_none() -> None:
    assert load({}).targets("gpt-4o") == []
    assert load({}).default_model is None


def test_a_file_configures_them_too(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text('[providers.own]\nbase_url = "http://127.0.0.1:1/v1"\nmodels = ["llama-3"]\n')
    found = load({"GROUNDWORK_PROVIDERS": str(file)})
    assert found.names() == [("llama-3", "own")]
    assert found.default_model == "llama-3"


@pytest.mark.parametrize(
    "text",
    [
        "[providers.x]\nunknown = 1\n",
        "[providers.x\n",
        '[providers.x]\napi_key_env = "MISSING"\n',
        '[providers.x]\nbase_url="http://127.0.0.1:1"\n[models.m]\nfallback = ["y/m"]\n',
        '[providers.x]\nbase_url="http://127.0.0.1:1"\n[models.m]\nfallback = ["x/a b"]\n',
        "/no/such/file.toml",
    ],
)
def test_a_mistake_in_the_configuration_is_told(text: str) -> None:
    with pytest.raises(FunctionError) as error:
        load({"GROUNDWORK_PROVIDERS": text})
    assert error.value.code == "not_configured"


def test_a_key_is_not_shown() -> None:
    assert "sk-secret" not in repr(load({"OPENAI_API_KEY": "sk-secret"}))


# OpenAI's protocol


def test_an_answer_passes_through_with_what_the_server_adds(models: ModelServer) -> None:
    answer = ask(catalogue(models), "words-4")
    assert answer.data["choices"][0]["message"]["content"] == "word0 word1 word2 word3"
    assert answer.data["x_extra"] == "what a server adds"
    assert answer.usage.tokens_output == 4
    assert answer.usage.exact


def test_a_stream_passes_through_and_tells_its_usage(models: ModelServer) -> None:
    stream = router.stream(catalogue(models), {"model": "words-5", "messages": HELLO})
    chunks = read(stream)
    assert text_of(chunks) == "word0 word1 word2 word3 word4 "
    assert stream.finished
    assert stream.usage == Usage(models.last()["input"], 0, 5)


def test_cached_input_is_told_apart(models: ModelServer) -> None:
    usage = ask(catalogue(models), "cached-2").usage
    assert 0 < usage.tokens_cached < usage.tokens_input


def test_closing_a_stream_stops_the_call_and_what_came_is_counted(models: ModelServer) -> None:
    stream = router.stream(catalogue(models, continuous_usage=True), {"model": "words-500-10", "messages": HELLO})
    chunks = stream.chunks()
    for _ in range(4):
        next(chunks)
    stream.close()
    assert stream.usage.tokens_output == 3
    assert stream.usage.exact
    assert models.last()["output"] < 20


def test_what_came_is_counted_where_the_provider_says_nothing(models: ModelServer) -> None:
    stream = router.stream(catalogue(models), {"model": "break-9-3", "messages": HELLO})
    with pytest.raises(ProviderError) as error:
        read(stream)
    assert error.value.code == "provider_broke_off"
    assert not stream.finished
    assert stream.usage.tokens_output == 3
    assert not stream.usage.exact


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("status-400", 400, "as_asked"),
        ("status-302", 502, "provider_failed"),
        ("status-401", 502, "provider_refused"),
        ("status-429", 429, "as_asked"),
        ("status-500", 502, "provider_failed"),
        ("nonsense", 502, "provider_nonsense"),
        ("slam", 502, "provider_unreachable"),
        ("hang", 504, "provider_timeout"),
    ],
)
def test_what_goes_wrong_there_is_told(models: ModelServer, model: str, status: int, code: str) -> None:
    with pytest.raises(ProviderError) as error:
        ask(catalogue(models, timeout=0.5), model)
    assert (error.value.status, error.value.code) == (status, code)
    assert error.value.retry_after == ("7" if status == 429 else None)


def test_a_stream_that_falls_silent_ends_in_time(models: ModelServer) -> None:
    stream = router.stream(catalogue(models, timeout=0.3), {"model": "words-3-2000", "messages": HELLO})
    with pytest.raises(ProviderError) as error:
        read(stream)
    assert error.value.code == "provider_timeout"


def test_a_model_that_nobody_serves_is_not_found(models: ModelServer) -> None:
    with pytest.raises(ProviderError) as error:
        ask(catalogue(models, models=["words-*"]), "other")
    assert error.value.status == 404


KINDS = ("openai", "anthropic")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(5))
def test_an_answer_of_a_wrong_shape_is_told(models: ModelServer, kind: str, number: int) -> None:
    found = catalogue(models, kind=kind)
    with pytest.raises(ProviderError) as error:
        ask(found, f"odd-{number}")
    assert (error.value.status, error.value.code) == (502, "provider_nonsense")
    stream = router.stream(found, {"model": f"odd-{number}", "messages": HELLO})
    with pytest.raises(ProviderError) as error:
        read(stream)
    assert (error.value.status, error.value.code) == (502, "provider_nonsense")
    assert stream.usage.tokens_output == 1


@pytest.mark.parametrize("number", range(4))
def test_an_answer_without_embeddings_is_told(models: ModelServer, number: int) -> None:
    with pytest.raises(ProviderError) as error:
        router.embed(catalogue(models), {"model": f"odd-{number}", "input": "a"})
    assert (error.value.status, error.value.code) == (502, "provider_nonsense")


@pytest.mark.parametrize(
    ("given", "tokens"), [("heron " * 20, 30), (["heron " * 20, "a"], 31), ([[1, 2], [3]], 3)]
)
def test_embeddings_whose_usage_is_not_told_are_estimated(models: ModelServer, given: Any, tokens: int) -> None:
    answer = router.embed(catalogue(models), {"model": "unmetered", "input": given})
    assert answer.usage == Usage(tokens, exact=False)


@pytest.mark.parametrize("kind", KINDS)
def test_a_character_in_two_pieces_is_joined_and_half_of_one_is_replaced(models: ModelServer, kind: str) -> None:
    chunks = read(router.stream(catalogue(models, kind=kind), {"model": "halves", "messages": HELLO}))
    assert text_of(chunks) == "a 😀 b \ufffd c \ufffd"
    json.dumps(chunks, ensure_ascii=False).encode()


def test_halves_are_joined_by_choice_and_call() -> None:
    halves = Halves()

    def mended(*choices: dict[str, Any]) -> list[dict[str, Any]]:
        given = [{"index": index, "delta": delta} for index, delta in enumerate(choices)]
        found = halves.mended({"choices": given}, "\\ud83d")["choices"]
        return [choice["delta"] for choice in found]

    def called(arguments: str) -> dict[str, Any]:
        return {"tool_calls": [{"index": 1, "function": {"arguments": arguments}}]}

    assert mended({"content": "a\ud83d"}, called("\ud83d")) == [{"content": "a"}, called("")]
    assert mended({"content": "\ude00"}, called("\ude80")) == [{"content": "😀"}, called("🚀")]
    assert mended({"content": "\ud83d"}, called("\ud83d")) == [{"content": ""}, called("")]
    left = {"tool_calls": [{"index": 1, "function": {"arguments": "\ufffd"}}]}
    assert mended({}, {}) == [{"content": "\ufffd"}, left]
    assert mended({"role": "\ud800"}) == [{"role": "\ufffd"}]


@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_is_ended_from_outside_also_while_the_provider_is_silent(models: ModelServer, kind: str) -> None:
    stream = router.stream(catalogue(models, kind=kind), {"model": "words-3-5000", "messages": HELLO})
    begun = time.monotonic()
    threading.Timer(0.5, stream.interrupt).start()
    with pytest.raises(ProviderError) as error:
        read(stream)
    assert error.value.code == "provider_broke_off"
    assert time.monotonic() - begun < 2
    assert stream.usage.tokens_output == 1
    stream.interrupt()


def test_retries_are_the_sdks(models: ModelServer) -> None:
    assert ask(catalogue(models, max_retries=2), "flaky-1").usage.tokens_output == 1


# Fallback


def test_another_provider_answers_where_one_is_down(models: ModelServer) -> None:
    more = f"""
[providers.backup]
base_url = "{models.url}/v1"
models = ["backup-only"]
[models.words-2]
fallback = ["backup/echo"]
"""
    dead = catalogue(models, more, models=["words-*"])
    down = load(
        {"GROUNDWORK_PROVIDERS": more + f'[providers.local]\nbase_url = "http://127.0.0.1:{free_port()}/v1"\n'}
    )
    assert ask(dead, "words-2").provider == "local"
    answer = ask(down, "words-2")
    assert (answer.provider, answer.model) == ("backup", "echo")
    stream = router.stream(down, {"model": "words-2", "messages": HELLO})
    assert text_of(read(stream)) == "hello there "


def test_no_other_provider_is_asked_where_the_request_is_at_fault(models: ModelServer) -> None:
    more = f'[providers.backup]\nbase_url = "{models.url}/v1"\n'
    more += '[models."status-400"]\nfallback = ["backup/words-1"]\n'
    with pytest.raises(ProviderError) as error:
        ask(catalogue(models, more, models=["status-*"]), "status-400")
    assert error.value.status == 400


# Anthropic's protocol


def test_anthropic_answers_as_openai_does(models: ModelServer) -> None:
    answer = ask(catalogue(models, kind="anthropic"), "claude-2", temperature=0.5, stop="END")
    choice = answer.data["choices"][0]
    assert choice["message"] == {"role": "assistant", "content": "word0 word1", "refusal": None}
    assert choice["finish_reason"] == "stop"
    assert answer.usage == Usage(models.last()["input"] + 2, 2, 2)


def test_anthropic_streams_as_openai_does(models: ModelServer) -> None:
    stream = router.stream(catalogue(models, kind="anthropic"), {"model": "claude-3", "messages": HELLO})
    chunks = read(stream)
    assert text_of(chunks) == "word0 word1 word2 "
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"
    assert stream.finished
    assert stream.usage == Usage(models.last()["input"], 0, 3)


def test_anthropic_calls_tools_as_openai_does(models: ModelServer) -> None:
    found = catalogue(models, kind="anthropic")
    answer = ask(found, "claude-3", tools=[TOOL])
    call = answer.data["choices"][0]["message"]["tool_calls"][0]
    assert call["function"] == {"name": "weather", "arguments": '{"city": "Paris"}'}
    assert answer.data["choices"][0]["finish_reason"] == "tool_calls"
    chunks = read(router.stream(found, {"model": "claude-3", "messages": HELLO, "tools": [TOOL]}))
    parts = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls") or []]
    assert parts[0]["function"]["name"] == "weather"
    assert "".join(part["function"]["arguments"] for part in parts) == '{"city": "Paris"}'


def test_anthropics_errors_are_told_as_openais(models: ModelServer) -> None:
    found = catalogue(models, kind="anthropic", timeout=0.5)
    for model, status in (("status-400", 400), ("status-401", 502), ("status-529", 502), ("hang", 504)):
        with pytest.raises(ProviderError) as error:
            ask(found, model)
        assert error.value.status == status


def test_a_request_is_translated() -> None:
    body = {
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Look:"}]},
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "function": {"name": "weather", "arguments": '{"city":"Oslo"}'}}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "cold"},
        ],
        "tools": [TOOL],
        "tool_choice": "required",
        "parallel_tool_calls": False,
        "max_completion_tokens": 7,
        "response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}},
    }
    made = request_of(body, "claude-x")
    assert made["system"] == "Be brief."
    assert [turn["role"] for turn in made["messages"]] == ["user", "assistant", "user"]
    assert made["messages"][0]["content"][1]["source"] == {
        "type": "base64",
        "media_type": "image/png",
        "data": "QUJD",
    }
    assert made["messages"][1]["content"][0]["input"] == {"city": "Oslo"}
    assert made["messages"][2]["content"][0]["tool_use_id"] == "c1"
    assert made["tool_choice"] == {"type": "any", "disable_parallel_tool_use": True}
    assert made["max_tokens"] == 7
    assert made["output_config"]["format"]["schema"] == {"type": "object"}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"function": {"arguments": "{"}}]}]},
        {"messages": HELLO, "n": 2},
        {"messages": HELLO, "tools": [TOOL], "tool_choice": {"type": "function", "function": "x"}},
        {"messages": HELLO, "tools": [TOOL], "tool_choice": {"type": "function", "function": {}}},
    ],
)
def test_what_has_no_counterpart_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as error:
        request_of(body, "claude-x")
    assert (error.value.status, error.value.elsewhere) == (400, False)


# Bounds


def test_the_bound_is_above_what_a_request_takes() -> None:
    body = {"messages": [{"role": "user", "content": "ünï" * 10}], "tools": [TOOL]}
    assert input_bound(body) > 50
    # What a server takes beside OpenAI's own is passed on, and becomes a part of what the model reads.
    assert input_bound({**body, "documents": [{"text": "x" * 1000}]}) > 1_050
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 100_000}}
    assert input_bound({"messages": [{"role": "user", "content": [image]}]}) < 3_000
    assert output_bound({"max_tokens": 10, "n": 3}, None) == 30
    assert output_bound({}, 77) == 77
    assert output_bound({"max_tokens": 900, "max_completion_tokens": 10}, 77) == 900
    assert output_bound({"max_tokens": 10, "max_completion_tokens": 900}, 77) == 900
