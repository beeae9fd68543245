"""The gateway, with OpenAI's official SDK: what that does passes through, and the ledger is exact."""

from __future__ import annotations

import socket
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import httpx
import openai
import psycopg
import pytest
from openai import OpenAI
from pydantic import BaseModel

from tests.functions.models import ModelServer, model_server
from tests.functions.people import Person, found_organization, newcomer
from tests.functions.server import functions_server
from tests.support import Stack, client_for, free_port

HELLO: Any = [{"role": "user", "content": "hello there"}]
TOOL: Any = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
OFFLINE = "intfloat/multilingual-e5-small"


@dataclass(frozen=True)
class Gateway:
    """The gateway, the provider behind it, and an organization with a key."""

    url: str
    models: ModelServer
    stack: Stack
    owner: Person
    organization: str
    key: str

    def sdk(self, key: str | None = None, **options: Any) -> OpenAI:
        """Return the official SDK."""
        return OpenAI(
            base_url=f"{self.url}/openai/v1",
            api_key=key or self.key,
            **{"max_retries": 0, **options},
        )

    def ledger(self, key_id: str, expected: int) -> list[dict[str, Any]]:
        """Return the rows of a key in the ledger, once there are so many: they are written after the answer."""
        deadline = time.monotonic() + 10
        while True:
            query = "select * from api_usage where api_key_id = %s order by created_at"
            with psycopg.connect(self.stack.db_url, row_factory=psycopg.rows.dict_row) as connection:
                rows = connection.execute(query, [key_id]).fetchall()
                held = connection.execute(
                    "select count(*) as n from private.usage_reservations where api_key_id = %s"
                    " and state = 'open'",
                    [key_id],
                ).fetchone()
            if (len(rows) >= expected and held == {"n": 0}) or time.monotonic() > deadline:
                assert len(rows) == expected
                assert held == {"n": 0}
                return rows
            time.sleep(0.05)

    def new_key(self, **options: Any) -> tuple[str, str]:
        """Return a new key's id and secret."""
        arguments = {
            "p_organization_id": self.organization,
            "p_name": "test",
            **options,
        }
        made: Any = self.owner.client.rpc("create_api_key", arguments).execute().data
        return made["id"], made["key"]

    def limit(self, key_id: str, metric: str, value: float, period: str = "day") -> None:
        """Limit a key."""
        row = {
            "organization_id": self.organization,
            "scope": "api_key",
            "api_key_id": key_id,
        }
        row |= {"metric": metric, "period": period, "limit_value": value}
        self.owner.client.table("usage_quotas").insert(row).execute()


@pytest.fixture(scope="module")
def gateway(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    owner = newcomer(stack)
    organization = found_organization(owner)
    made: Any = owner.client.rpc(
        "create_api_key", {"p_organization_id": organization, "p_name": "gateway"}
    ).execute()
    service = client_for(stack, stack.service_role_key)
    for model in ("words-5", "words-3-5", "cached-4"):
        prices = {
            "p_input_per_million": 3,
            "p_output_per_million": 15,
            "p_cached_input_per_million": 0.3,
        }
        service.rpc("set_model_price", {"p_model_name": model, **prices}).execute()
    with model_server(tmp_path_factory.mktemp("models")) as models:
        providers = f"""
[providers.dead]
base_url = "http://127.0.0.1:{free_port()}/v1"
models = ["words-7"]
[providers.local]
base_url = "{models.url}/v1"
models = ["[!hz]*"]
continuous_usage = true
timeout = 10
[providers.impatient]
base_url = "{models.url}/v1"
models = ["h*"]
timeout = 1
[providers.anthropic]
kind = "anthropic"
base_url = "{models.url}"
models = ["claude-never"]
[models.claude-4]
fallback = ["anthropic/claude-4"]
[models.zebra]
fallback = ["local/words-5"]
[models.zebra-claude]
fallback = ["anthropic/claude-4"]
[models.zebra-vectors]
fallback = ["local/vectors"]
"""
        served = '["words-7", "claude-4", "zebra", "zebra-claude", "zebra-vectors"]'
        providers = providers.replace('models = ["words-7"]', f"models = {served}")
        with functions_server(stack, {"GROUNDWORK_PROVIDERS": providers}) as url:
            yield Gateway(url, models, stack, owner, organization, made.data["key"])


def ask_and_read(sdk: OpenAI, model: str, *, stream: bool) -> None:
    answer: Any = sdk.chat.completions.create(model=model, messages=HELLO, stream=stream)
    list(answer)


def test_a_completion_is_answered_and_in_the_ledger_exactly(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    answer = gateway.sdk(key).chat.completions.create(model="cached-4", messages=HELLO)
    assert answer.choices[0].message.content == "word0 word1 word2 word3"
    assert answer.x_extra == "what a server adds"  # type: ignore[attr-defined]
    assert answer.usage
    assert answer._request_id
    (row,) = gateway.ledger(key_id, 1)
    cached = answer.usage.prompt_tokens_details.cached_tokens  # type: ignore[union-attr]
    assert (row["tokens_input"], row["tokens_cached"], row["tokens_output"]) == (
        answer.usage.prompt_tokens,
        cached,
        4,
    )
    assert row["endpoint"] == "/chat/completions"
    assert row["model_name"] == "cached-4"
    assert str(row["organization_id"]) == gateway.organization
    assert row["user_id"] is None
    assert not row["reported_by_client"]
    fresh = row["tokens_input"] - cached
    assert row["cost_usd"] == (Decimal(3) * fresh + Decimal("0.3") * cached + Decimal(15) * 4) / 1_000_000


def test_a_stream_is_passed_on_and_settled_once(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    stream = gateway.sdk(key).chat.completions.create(model="words-5", messages=HELLO, stream=True)
    chunks = list(stream)
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "word0 word1 word2 word3 word4 "
    assert all(chunk.usage is None for chunk in chunks)
    (row,) = gateway.ledger(key_id, 1)
    assert (row["tokens_input"], row["tokens_output"]) == (
        gateway.models.last()["input"],
        5,
    )


def test_a_stream_tells_its_usage_to_who_asks(gateway: Gateway) -> None:
    stream = gateway.sdk().chat.completions.create(
        model="words-5",
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
    )
    last = list(stream)[-1]
    assert last.choices == []
    assert last.usage
    assert last.usage.completion_tokens == 5


def test_a_client_that_leaves_stops_the_call_and_pays_what_came(
    gateway: Gateway,
) -> None:
    key_id, key = gateway.new_key()
    with gateway.sdk(key).chat.completions.create(model="words-400-10", messages=HELLO, stream=True) as stream:
        for index, _ in enumerate(stream):
            if index == 5:
                break
    (row,) = gateway.ledger(key_id, 1)
    served = gateway.models.last()["output"]
    assert 4 <= row["tokens_output"] <= 100
    assert abs(served - row["tokens_output"]) <= 3
    time.sleep(0.2)
    assert gateway.models.last()["output"] == served, "the model call has ended"


def test_a_provider_that_breaks_off_is_told_and_paid_for_what_came(
    gateway: Gateway,
) -> None:
    key_id, key = gateway.new_key()
    stream = gateway.sdk(key).chat.completions.create(model="break-9-3", messages=HELLO, stream=True)
    with pytest.raises(openai.APIError) as error:
        list(stream)
    assert "broke off" in error.value.message
    (row,) = gateway.ledger(key_id, 1)
    assert row["tokens_output"] == 3


@pytest.mark.parametrize(
    ("model", "said", "tokens"), [("babble-9-3", "streamed nonsense", 3), ("hush-3-5000", "fell silent", 1)]
)
def test_a_stream_that_goes_wrong_is_told_and_paid_for_what_came(
    gateway: Gateway, model: str, said: str, tokens: int
) -> None:
    key_id, key = gateway.new_key()
    stream = gateway.sdk(key).chat.completions.create(model=model, messages=HELLO, stream=True)
    with pytest.raises(openai.APIError, match=said):
        list(stream)
    (row,) = gateway.ledger(key_id, 1)
    assert row["tokens_output"] == tokens


def test_tools_are_called(gateway: Gateway) -> None:
    answer = gateway.sdk().chat.completions.create(model="words-5", messages=HELLO, tools=[TOOL])
    call: Any = answer.choices[0].message.tool_calls[0]  # type: ignore[index]
    assert (call.function.name, call.function.arguments) == (
        "weather",
        '{"city": "Paris"}',
    )
    result = {"role": "tool", "tool_call_id": call.id, "content": "sunny"}
    messages: Any = [
        *HELLO,
        answer.choices[0].message.model_dump(exclude_none=True),
        result,
    ]
    final = gateway.sdk().chat.completions.create(model="words-5", messages=messages, tools=[TOOL])
    assert final.choices[0].message.content == "word0 word1 word2 word3 word4"
    with gateway.sdk().chat.completions.stream(model="words-5", messages=HELLO, tools=[TOOL]) as stream:
        made: Any = stream.get_final_completion().choices[0].message.tool_calls[0]  # type: ignore[index]
    assert made.function.arguments == '{"city": "Paris"}'


def test_structured_output_is_parsed(gateway: Gateway) -> None:
    class City(BaseModel):
        city: str

    answer = gateway.sdk().chat.completions.parse(model="json", messages=HELLO, response_format=City)
    assert answer.choices[0].message.parsed == City(city="Paris")


def test_embeddings_pass_through_in_either_form(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    packed = gateway.sdk(key).embeddings.create(model="vectors", input=["a", "bcd"])
    plain = gateway.sdk(key).embeddings.create(model="vectors", input=["a", "bcd"], encoding_format="float")
    assert packed.data[1].embedding == plain.data[1].embedding == [3.0, 0.5, -1.0]
    rows = gateway.ledger(key_id, 2)
    assert [row["tokens_input"] for row in rows] == [packed.usage.prompt_tokens] * 2
    assert rows[0]["endpoint"] == "/embeddings"


def test_embeddings_come_from_this_process_too(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    packed = gateway.sdk(key).embeddings.create(model=OFFLINE, input="hello there")
    plain = gateway.sdk(key).embeddings.create(model=OFFLINE, input=["hello there"], encoding_format="float")
    assert len(packed.data[0].embedding) == 384
    assert packed.data[0].embedding == pytest.approx(plain.data[0].embedding, abs=1e-6)
    rows = gateway.ledger(key_id, 2)
    assert rows[0]["tokens_input"] == packed.usage.prompt_tokens > 0
    with pytest.raises(openai.BadRequestError):
        gateway.sdk(key).embeddings.create(model=OFFLINE, input=[[1, 2, 3]])
    gateway.ledger(key_id, 2)


@pytest.mark.parametrize("texts", ["heron " * 200_000, ["heron " * 3_000], ["heron " * 300] * 256])
def test_the_model_in_this_process_is_nobodys_for_minutes(gateway: Gateway, texts: str | list[str]) -> None:
    key_id, key = gateway.new_key()
    begun = time.monotonic()
    with pytest.raises(openai.BadRequestError, match="tokens a text"):
        gateway.sdk(key).embeddings.create(model=OFFLINE, input=texts)
    assert time.monotonic() - begun < 5
    gateway.ledger(key_id, 0)


def test_models_are_listed(gateway: Gateway) -> None:
    names = {model.id for model in gateway.sdk().models.list()}
    assert {"words-7", "claude-4", OFFLINE} <= names


def test_another_provider_and_another_protocol_answer_where_one_is_down(
    gateway: Gateway,
) -> None:
    assert gateway.sdk().chat.completions.create(model="words-7", messages=HELLO).usage.completion_tokens == 7  # type: ignore[union-attr]
    answer = gateway.sdk().chat.completions.create(model="claude-4", messages=HELLO)
    assert answer.choices[0].message.content == "word0 word1 word2 word3"


def test_what_answered_is_booked_at_its_own_price(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    for stream in (False, True):
        ask_and_read(gateway.sdk(key), "zebra", stream=stream)
    gateway.sdk(key).embeddings.create(model="zebra-vectors", input="a")
    rows = gateway.ledger(key_id, 3)
    assert [row["model_name"] for row in rows] == ["words-5", "words-5", "vectors"]
    for row in rows[:2]:
        assert row["cost_usd"] == (Decimal(3) * row["tokens_input"] + Decimal(15) * 5) / 1_000_000
    # Nor is what was held for it the price of the model asked for, which has none.
    held = "select cost_usd from private.usage_reservations where api_key_id = %s and model_name = 'zebra'"
    with psycopg.connect(gateway.stack.db_url) as connection:
        bounds = connection.execute(held, [key_id]).fetchall()
    assert [bound > rows[0]["cost_usd"] for (bound,) in bounds] == [True, True]


def test_an_answer_of_a_wrong_shape_is_an_error_and_costs_what_came(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    with pytest.raises(openai.InternalServerError, match="without choices"):
        ask_and_read(gateway.sdk(key), "odd-0", stream=False)
    with pytest.raises(openai.InternalServerError, match="without embeddings"):
        gateway.sdk(key).embeddings.create(model="odd-0", input="a")
    with pytest.raises(openai.APIError, match="streamed nonsense"):
        ask_and_read(gateway.sdk(key), "odd-0", stream=True)
    gateway.sdk(key).embeddings.create(model="unmetered", input="heron " * 20)
    rows = gateway.ledger(key_id, 2)
    assert [(row["model_name"], row["tokens_output"]) for row in rows] == [("odd-0", 1), ("unmetered", 0)]
    assert rows[1]["tokens_input"] == 30


def test_a_tool_choice_without_a_name_is_a_bad_request(gateway: Gateway) -> None:
    choice: Any = {"type": "function", "function": "x"}
    with pytest.raises(openai.BadRequestError, match="tool_choice"):
        gateway.sdk().chat.completions.create(
            model="zebra-claude", messages=HELLO, tools=[TOOL], tool_choice=choice
        )


def test_half_of_a_character_ends_no_stream(gateway: Gateway) -> None:
    stream = gateway.sdk().chat.completions.create(model="halves", messages=HELLO, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in stream)
    assert text == "a 😀 b \ufffd c \ufffd"


def test_a_user_calls_with_their_own_token(gateway: Gateway, stack: Stack) -> None:
    person = newcomer(stack)
    gateway.sdk(person.token).chat.completions.create(model="words-5", messages=HELLO)
    owner = gateway.sdk(gateway.owner.token, default_headers={"X-Organization-Id": gateway.organization})
    owner.chat.completions.create(model="words-5", messages=HELLO)
    OpenAI(
        base_url=f"{gateway.url}/openai/v1",
        api_key=gateway.owner.token,
        organization=gateway.organization,
    ).chat.completions.create(model="words-5", messages=HELLO)
    stranger = gateway.sdk(person.token, default_headers={"X-Organization-Id": gateway.organization})
    with pytest.raises(openai.NotFoundError):
        stranger.chat.completions.create(model="words-5", messages=HELLO)
    time.sleep(0.5)
    with psycopg.connect(stack.db_url) as connection:
        rows = connection.execute(
            "select u.user_id::text, o.is_personal, count(*) from api_usage u"
            " join organizations o on o.id = u.organization_id"
            " where u.user_id = any (%s::uuid[]) group by 1, 2",
            [[person.id, gateway.owner.id]],
        ).fetchall()
    assert sorted(rows) == sorted([(person.id, True, 1), (gateway.owner.id, False, 2)])


def test_who_is_nobody_is_not_let_in(gateway: Gateway, stack: Stack) -> None:
    served = len(gateway.models.served())
    revoked_id, revoked = gateway.new_key()
    gateway.owner.client.rpc("revoke_api_key", {"p_id": revoked_id}).execute()
    _, narrow = gateway.new_key(p_scopes=["embeddings:write"])
    forged = gateway.owner.token[:-4] + "AAAA"
    for key in ("gw_wrong", "nonsense", revoked, narrow, forged, stack.anon_key):
        with pytest.raises(openai.AuthenticationError) as error:
            gateway.sdk(key).chat.completions.create(model="words-5", messages=HELLO)
        assert error.value.status_code == 401
        assert error.value.type == "authentication_error"
    other = gateway.sdk(default_headers={"X-Organization-Id": str(uuid.uuid4())})
    with pytest.raises(openai.PermissionDeniedError):
        other.chat.completions.create(model="words-5", messages=HELLO)
    assert len(gateway.models.served()) == served


def test_a_limit_is_a_rate_limit_error_with_the_time_to_wait(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    gateway.limit(key_id, "requests", 2, "minute")
    for _ in range(2):
        gateway.sdk(key).chat.completions.create(model="words-5", messages=HELLO)
    with pytest.raises(openai.RateLimitError) as error:
        gateway.sdk(key).chat.completions.create(model="words-5", messages=HELLO)
    assert 1 <= int(error.value.response.headers["Retry-After"]) <= 61
    assert error.value.code == "rate_limited"
    gateway.ledger(key_id, 2)


def test_what_calls_under_way_hold_is_free_in_a_moment(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    gateway.limit(key_id, "tokens", 1000)
    body: Any = {"messages": HELLO, "max_tokens": 800}
    with gateway.sdk(key).chat.completions.create(model="words-20-100", stream=True, **body) as stream:
        next(iter(stream))
        with pytest.raises(openai.RateLimitError) as error:
            gateway.sdk(key).chat.completions.create(model="words-5", **body)
    # Not when the day is over: the limit is not spent.
    assert error.value.response.headers["Retry-After"] == "2"
    assert "X-Should-Retry" not in error.value.response.headers
    gateway.ledger(key_id, 1)
    gateway.sdk(key).chat.completions.create(model="words-5", **body)


def test_a_spent_budget_is_402(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    gateway.limit(key_id, "tokens", 0)
    with pytest.raises(openai.APIStatusError) as error:
        gateway.sdk(key).chat.completions.create(model="words-5", messages=HELLO)
    assert error.value.status_code == 402
    gateway.ledger(key_id, 0)


def test_concurrent_calls_never_overspend(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    gateway.limit(key_id, "tokens", 600)

    def once(_: int) -> bool:
        try:
            gateway.sdk(key).chat.completions.create(model="words-5-20", messages=HELLO, max_tokens=50)
        except (openai.RateLimitError, openai.APIStatusError):
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        passed = sum(pool.map(once, range(32)))
    rows = gateway.ledger(key_id, passed)
    assert passed > 0
    assert sum(row["tokens_used"] for row in rows) <= 600


@pytest.mark.parametrize(
    ("model", "kind"),
    [
        ("status-400", openai.BadRequestError),
        ("status-401", openai.InternalServerError),
        ("status-429", openai.RateLimitError),
        ("status-500", openai.InternalServerError),
        ("nonsense", openai.InternalServerError),
        ("slam", openai.InternalServerError),
        ("half", openai.InternalServerError),
        ("hang", openai.InternalServerError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_call_that_the_provider_fails_costs_nothing(
    gateway: Gateway, model: str, kind: type[openai.APIStatusError], stream: bool
) -> None:
    key_id, key = gateway.new_key()
    if stream and model in ("nonsense", "half"):
        kind = openai.APIError  # type: ignore[assignment]
    with pytest.raises(kind) as error:
        ask_and_read(gateway.sdk(key), model, stream=stream)
    if model == "status-429":
        assert error.value.response.headers["Retry-After"] == "7"
    gateway.ledger(key_id, 0)


def test_the_sdks_retries_work(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    model = f"flaky-1-{uuid.uuid4().hex[:6]}"
    answer = gateway.sdk(key, max_retries=2).chat.completions.create(model=model, messages=HELLO)
    assert answer.usage
    gateway.ledger(key_id, 1)


def test_what_is_wrong_with_a_request_is_told(gateway: Gateway) -> None:
    url = f"{gateway.url}/openai/v1"
    key = {"Authorization": f"Bearer {gateway.key}"}
    for body in (
        {},
        {"model": "words-5"},
        {"model": "a b", "messages": HELLO},
        {"model": "words-5", "messages": "hi"},
    ):
        answer = httpx.post(f"{url}/chat/completions", json=body, headers=key)
        assert answer.status_code == 400
        assert {"code", "message", "type", "param"} <= set(answer.json()["error"])
    assert httpx.post(f"{url}/nothing", headers=key).status_code == 404
    assert httpx.post(f"{url}/chat/completions", json={}).status_code == 401
    with pytest.raises(openai.APIStatusError) as error:
        gateway.sdk().chat.completions.create(
            model="words-5", messages=[{"role": "user", "content": "x" * 21_000_000}]
        )
    assert error.value.status_code == 413


def test_a_stream_that_nobody_reads_is_settled(gateway: Gateway) -> None:
    key_id, key = gateway.new_key()
    target = urlsplit(gateway.url)
    body = b'{"model": "words-300-5", "stream": true, "messages": [{"role": "user", "content": "hi"}]}'
    head = f"POST {target.path}/openai/v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n"
    with socket.create_connection((target.hostname, target.port)) as connection:
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        time.sleep(0.3)
    gateway.ledger(key_id, 1)
