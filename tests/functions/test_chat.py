"""The assistant: it answers from what the caller may see, and what it says is stored and paid for once."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from postgrest.exceptions import APIError

from functions._shared import reporter
from functions._shared.embeddings import as_text, offline
from functions._shared.reporter import Reporter
from tests.functions.faulty import faulty_gateway
from tests.functions.models import ModelServer, model_server
from tests.functions.people import Person, found_organization, newcomer, use_stack
from tests.functions.server import functions_server
from tests.support import Stack, client_for, free_port

FACTS = {
    "Holidays": "Everybody at Acme has thirty-one days of paid holiday a year.",
    "Lunch": "The canteen serves lentil soup on Tuesdays and closes at two o'clock.",
    "Parking": "Bicycles are parked in the cellar, cars behind the house.",
}


@dataclass(frozen=True)
class Assistant:
    """The functions with a provider, and without one."""

    url: str
    url_without_models: str
    models: ModelServer
    stack: Stack
    owner: Person
    organization: str

    def ask(self, person: Person, message: str, *, url: str | None = None, **body: Any) -> httpx.Response:
        """Return the answer to a question."""
        body = {"message": message, **body}
        return httpx.post(f"{url or self.url}/chat", json=body, headers=bearer(person), timeout=30)

    @contextmanager
    def streaming(self, person: Person, message: str, **body: Any) -> Iterator[Iterator[tuple[str, Any]]]:
        """Yield the events of the answer to a question, as they come."""
        body = {"message": message, "stream": True, **body}
        with httpx.stream("POST", f"{self.url}/chat", json=body, headers=bearer(person), timeout=30) as answer:
            yield events_of(answer.iter_lines())

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Return rows of the database."""
        with psycopg.connect(self.stack.db_url, row_factory=psycopg.rows.dict_row) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def usage_of(self, person: Person) -> list[tuple[int, int]]:
        """Return the tokens of each of a person's calls in the ledger."""
        rows = self.rows("select * from api_usage where user_id = %s order by created_at", person.id)
        return [(row["tokens_input"], row["tokens_output"]) for row in rows]

    def finished(self, message_id: str) -> dict[str, Any]:
        """Return the generation once it has come to its end."""
        deadline = time.monotonic() + 20
        while True:
            (row,) = self.rows("select * from chat_generations where message_id = %s", message_id)
            if row["status"] != "running" or time.monotonic() > deadline:
                return row
            time.sleep(0.05)


def bearer(person: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {person.token}"}


def events_of(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        if line.startswith("event:"):
            name = line[6:].strip()
        elif line.startswith("data:"):
            yield name, json.loads(line[5:])


def text_of(events: list[tuple[str, Any]]) -> str:
    return "".join(data["text"] for name, data in events if name == "token")


def add_documents(stack: Stack, person: Person, organization: str, visibility: str = "organization") -> None:
    """Put the facts where search finds them."""
    service = client_for(stack, stack.service_role_key)
    for title, content in FACTS.items():
        row = {"title": title, "content": content, "organization_id": organization, "visibility": visibility}
        made = person.client.table("documents").insert({**row, "created_by": person.id}).execute().data[0]
        chunk = {
            "document_id": made["id"],
            "content": content,
            "chunk_index": 0,
            "embedding_model": offline().model,
        }
        vector = as_text(offline().embed_passages([content])[0])
        service.table("document_chunks").insert({**chunk, "embedding": vector}).execute()


@pytest.fixture(scope="module")
def assistant(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    owner = newcomer(stack)
    organization = found_organization(owner)
    add_documents(stack, owner, organization)
    with model_server(tmp_path_factory.mktemp("models")) as models:
        providers = f"""
[providers.local]
base_url = "{models.url}/v1"
models = ["words-5", "[!z]*"]
timeout = 5
[providers.dead]
base_url = "http://127.0.0.1:{free_port()}/v1"
models = ["z*"]
[models.zebra]
fallback = ["local/words-5"]
"""
        with (
            functions_server(stack, {"GROUNDWORK_PROVIDERS": providers}) as url,
            functions_server(stack, {}, threads=4) as without,
        ):
            yield Assistant(url, without, models, stack, owner, organization)


def test_a_question_is_answered_from_the_documents_and_all_is_stored(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    organization = found_organization(person)
    add_documents(assistant.stack, person, organization)
    answer = assistant.ask(person, "How many days of holiday do I get?", organization_id=organization)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["message"]["content"] == "word0 word1 word2 word3 word4 "
    assert body["message"]["citations"][0]["title"] == "Holidays"
    assert body["message"]["citations"][0]["quote"] == FACTS["Holidays"]
    messages = person.client.table("messages").select("*").eq("conversation_id", body["conversation_id"])
    question, stored = messages.order("sequence").execute().data
    assert (question["role"], question["content"]) == ("user", "How many days of holiday do I get?")
    assert (stored["id"], stored["role"]) == (body["message"]["id"], "assistant")
    assert stored["metadata"]["citations"] == [
        {"document_id": one["document_id"], "chunk_id": one["chunk_id"]} for one in body["message"]["citations"]
    ]
    again = httpx.get(f"{assistant.url}/chat/{body['message']['id']}", headers=bearer(person)).json()
    assert again["message"] == body["message"]
    assert stored["model_name"] == "words-5"
    served = assistant.models.last()
    assert assistant.usage_of(person) == [(served["input"], 5)]
    assert body["usage"]["tokens_input"] == served["input"]


def test_an_answer_is_streamed(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    body = {"message": "And at lunch?", "stream": True}
    with httpx.stream("POST", f"{assistant.url}/chat", json=body, headers=bearer(person), timeout=30) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        events = list(events_of(answer.iter_lines()))
    names = [name for name, _ in events]
    assert names == ["citations", *["token"] * 5, "done"]
    assert text_of(events) == "word0 word1 word2 word3 word4 "
    assert events[-1][1]["usage"]["tokens_output"] == 5
    assert len(assistant.usage_of(person)) == 1


def test_what_was_said_before_is_part_of_the_next_question(assistant: Assistant) -> None:
    first = assistant.ask(assistant.owner, "alpha beta", model="echo")
    second = assistant.ask(
        assistant.owner, "and gamma", model="words-2", conversation_id=first.json()["conversation_id"]
    )
    assert second.json()["conversation_id"] == first.json()["conversation_id"]
    rows = assistant.rows(
        "select role::text, content from messages where conversation_id = %s order by sequence",
        first.json()["conversation_id"],
    )
    assert [row["role"] for row in rows] == ["user", "assistant", "user", "assistant"]


def test_nobody_is_answered_from_what_they_may_not_see(assistant: Assistant) -> None:
    stranger = newcomer(assistant.stack)
    answer = assistant.ask(stranger, "How many days of holiday do I get?")
    assert answer.json()["message"]["citations"] == []
    inside = assistant.ask(stranger, "Holiday?", organization_id=assistant.organization)
    assert inside.status_code == 404
    own = assistant.ask(assistant.owner, "Holiday?").json()
    assert assistant.ask(stranger, "Hi", conversation_id=own["conversation_id"]).status_code == 404
    path = f"{assistant.url}/chat/{own['message']['id']}"
    assert httpx.get(path, headers=bearer(stranger)).status_code == 404
    assert httpx.delete(path, headers=bearer(stranger)).status_code == 404


def test_who_may_only_read_a_conversation_asks_nobody_in_it(assistant: Assistant) -> None:
    owner, viewer = newcomer(assistant.stack), newcomer(assistant.stack)
    organization = found_organization(owner)
    member = {"organization_id": organization, "user_id": viewer.id, "role": "viewer"}
    owner.client.table("organization_members").insert(member).execute()
    conversation = assistant.ask(owner, "Hi", organization_id=organization).json()["conversation_id"]
    participant = {"conversation_id": conversation, "user_id": viewer.id}
    owner.client.table("conversation_participants").insert(participant).execute()
    with pytest.raises(APIError) as error:
        viewer.client.rpc("chat_context", {"p_conversation_id": conversation}).execute()
    assert error.value.code == "42501"
    served = len(assistant.models.served())
    answer = assistant.ask(viewer, "Hi", conversation_id=conversation)
    assert answer.status_code == 403
    assert answer.json()["error"] == {
        "code": "forbidden",
        "message": error.value.message,
        "hint": error.value.hint,
    }
    assert len(assistant.models.served()) == served
    assert assistant.rows("select 1 from private.usage_reservations where user_id = %s", viewer.id) == []


def test_nobody_else_comes_back_to_an_answer_or_ends_it(assistant: Assistant) -> None:
    person, stranger = newcomer(assistant.stack), newcomer(assistant.stack)
    with assistant.streaming(person, "Go on", model="words-40-50") as events:
        message_id = next(events)[1]["message_id"]
        path = f"{assistant.url}/chat/{message_id}"
        for headers in (bearer(stranger), {**bearer(stranger), "Accept": "text/event-stream"}):
            refused = httpx.get(path, headers=headers)
            assert refused.status_code == 404
            assert httpx.delete(path, headers=headers).status_code == 404
        with pytest.raises(APIError) as error:
            stranger.client.rpc("cancel_generation", {"p_message_id": message_id}).execute()
        assert error.value.code == "PT404"
        assert stranger.client.table("chat_generations").select("message_id").execute().data == []
        assert text_of(list(events)).endswith("word39 ")
    assert assistant.finished(message_id)["status"] == "completed"


def test_citations_are_shown_to_who_may_read_them_now(assistant: Assistant) -> None:
    owner, member = newcomer(assistant.stack), newcomer(assistant.stack)
    organization = found_organization(owner)
    row = {"organization_id": organization, "user_id": member.id, "role": "member"}
    owner.client.table("organization_members").insert(row).execute()
    add_documents(assistant.stack, owner, organization)
    asked = assistant.ask(owner, "How many days of holiday do I get?", organization_id=organization).json()
    assert len(asked["message"]["citations"]) == 3
    row = {"conversation_id": asked["conversation_id"], "user_id": member.id}
    owner.client.table("conversation_participants").insert(row).execute()
    path = f"{assistant.url}/chat/{asked['message']['id']}"

    def shown_to(person: Person) -> list[str]:
        whole = httpx.get(path, headers=bearer(person)).json()["message"]["citations"]
        headers = {**bearer(person), "Accept": "text/event-stream"}
        with httpx.stream("GET", path, headers=headers, timeout=30) as answer:
            name, data = next(events_of(answer.iter_lines()))
        assert (name, data["citations"]) == ("citations", whole)
        table = (
            person.client.table("chat_generations").select("citations").eq("message_id", asked["message"]["id"])
        )
        assert all(set(one) == {"document_id", "chunk_id"} for one in table.execute().data[0]["citations"])
        return [one["title"] for one in whole]

    assert shown_to(member) == shown_to(owner) == [one["title"] for one in asked["message"]["citations"]]
    first, second, third = (one["document_id"] for one in asked["message"]["citations"])
    owner.client.table("documents").update({"visibility": "private"}).eq("id", first).execute()
    owner.client.rpc("delete_document", {"p_id": second}).execute()
    titles = {one["document_id"]: one["title"] for one in asked["message"]["citations"]}
    assert shown_to(owner) == [titles[first], titles[third]]
    assert shown_to(member) == [titles[third]]


def test_a_deleted_answer_leaves_nothing_behind(assistant: Assistant) -> None:
    asked = assistant.ask(assistant.owner, "Holiday?", organization_id=assistant.organization).json()
    message_id = asked["message"]["id"]
    assistant.owner.client.rpc("delete_message", {"p_id": message_id}).execute()
    path = f"{assistant.url}/chat/{message_id}"
    assert httpx.get(path, headers=bearer(assistant.owner)).status_code == 404
    assert assistant.rows("select 1 from chat_generations where message_id = %s", message_id) == []


def test_who_leaves_may_come_back(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Go on", model="words-40-50") as events:
        message_id = next(events)[1]["message_id"]
        next(events)
    path = f"{assistant.url}/chat/{message_id}"
    running = httpx.get(path, headers=bearer(person)).json()
    assert running["status"] == "running"
    headers = {**bearer(person), "Accept": "text/event-stream"}
    with httpx.stream("GET", path, headers=headers, timeout=30) as answer:
        again = list(events_of(answer.iter_lines()))
    whole = "".join(f"word{index} " for index in range(40))
    assert text_of(again) == whole
    assert again[-1][0] == "done"
    finished = httpx.get(path, headers=bearer(person)).json()
    assert (finished["status"], finished["message"]["content"]) == ("completed", whole)
    assert assistant.usage_of(person) == [(assistant.models.last()["input"], 40)]


def test_who_cancels_stops_the_model_and_pays_what_came(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Stop", model="words-400-20") as events:
        message_id = next(events)[1]["message_id"]
        next(events)
        path = f"{assistant.url}/chat/{message_id}"
        assert httpx.delete(path, headers=bearer(person)).status_code == 202
        rest = list(events)
    assert rest[-1][0] == "done"
    assert rest[-1][1]["status"] == "cancelled"
    row = assistant.finished(message_id)
    assert row["status"] == "cancelled"
    ((_, output),) = assistant.usage_of(person)
    served = assistant.models.last()["output"]
    assert 1 <= output <= served <= output + 3
    (message,) = assistant.rows("select content from messages where id = %s", message_id)
    assert len(message["content"].split()) == output


def test_an_answer_in_a_conversation_that_is_deleted_is_ended(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Go on", model="words-400-50") as events:
        head = next(events)[1]
        next(events)
        person.client.rpc("delete_conversation", {"p_id": head["conversation_id"]}).execute()
        rest = list(events)
    assert (rest[-1][0], rest[-1][1]["status"]) == ("done", "cancelled")
    assert assistant.finished(head["message_id"])["status"] == "cancelled"
    ((_, output),) = assistant.usage_of(person)
    assert output < 400


def test_who_cancels_does_not_wait_for_a_silent_model(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Stop", model="words-3-4500") as events:
        message_id = next(events)[1]["message_id"]
        next(events)
        begun = time.monotonic()
        path = f"{assistant.url}/chat/{message_id}"
        assert httpx.delete(path, headers=bearer(person)).status_code == 202
        rest = list(events)
    assert time.monotonic() - begun < 2
    assert (rest[-1][0], rest[-1][1]["status"]) == ("done", "cancelled")
    assert assistant.finished(message_id)["status"] == "cancelled"
    assert [output for _, output in assistant.usage_of(person)] == [1]


def test_half_of_a_character_is_stored_as_text(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Smile", model="halves") as answer:
        events = list(answer)
    assert events[-1][0] == "done"
    assert text_of(events) == "a 😀 b \ufffd c \ufffd"
    row = assistant.finished(events[0][1]["message_id"])
    assert row["status"] == "completed"
    (message,) = assistant.rows("select content from messages where id = %s", row["message_id"])
    assert message["content"] == "a 😀 b \ufffd c \ufffd"
    assert [output for _, output in assistant.usage_of(person)] == [3]


def test_an_answer_of_a_wrong_shape_ends_with_an_error(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Odd", model="odd-0") as answer:
        events = list(answer)
    assert (events[-1][0], events[-1][1]["error"]["code"]) == ("error", "provider_nonsense")
    assert text_of(events) == "word0 "
    assert [output for _, output in assistant.usage_of(person)] == [1]


def test_what_answered_is_stored_and_booked(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    answer = assistant.ask(person, "Who is there?", model="zebra").json()
    assert answer["usage"]["model"] == "words-5"
    (row,) = assistant.rows("select model_name from api_usage where user_id = %s", person.id)
    assert row["model_name"] == "words-5"
    (message,) = assistant.rows("select model_name from messages where id = %s", answer["message"]["id"])
    assert message["model_name"] == "words-5"


def test_a_resumed_answer_that_cannot_be_read_any_more_ends_with_an_error(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Go on", model="words-80-50") as events:
        message_id = next(events)[1]["message_id"]
    use_stack(monkeypatch, assistant.stack)
    with faulty_gateway(assistant.stack.api_url) as gateway:
        monkeypatch.setenv("SUPABASE_URL", gateway.url)
        again = person.call("GET", f"/chat/{message_id}", headers={"Accept": "text/event-stream"})
        events = events_of(line for part in again.iter_encoded() for line in part.decode().splitlines())
        assert next(events)[0] == "citations"
        gateway.faults["/rest/v1/"] = 500
        name, data = list(events)[-1]
    assert (name, data["error"]["code"]) == ("error", "internal_server_error")
    assert set(data["error"]) == {"code", "message", "hint"}


def test_a_report_that_fails_is_not_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporter, "EVERY", 0.01)
    twice = threading.Event()
    tried: list[list[str]] = []

    def report(found: list[str]) -> None:
        tried.append(found)
        if len(tried) > 1:
            twice.set()
        raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")

    reports: Reporter[str] = Reporter("test", report)
    reports.add("one", "answer")
    assert twice.wait(5)
    reports.remove("one")


def test_a_provider_that_breaks_off_leaves_what_came(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    with assistant.streaming(person, "Break", model="break-9-4") as answer:
        events = list(answer)
    assert events[-1][0] == "error"
    assert text_of(events) == "word0 word1 word2 word3 "
    ((_, output),) = assistant.usage_of(person)
    assert output == 4
    row = assistant.finished(events[0][1]["message_id"])
    assert row["status"] == "failed"
    assert row["error"]["code"] == "provider_broke_off"


@pytest.mark.parametrize(("model", "status"), [("status-500", 502), ("status-429", 429), ("slam", 502)])
def test_a_question_that_no_provider_takes_leaves_nothing(assistant: Assistant, model: str, status: int) -> None:
    person = newcomer(assistant.stack)
    assert assistant.ask(person, "Anybody?", model=model).status_code == status
    assert assistant.rows("select 1 from conversations where created_by = %s", person.id) == []
    assert assistant.usage_of(person) == []
    held = "select 1 from private.usage_reservations where user_id = %s and state = 'open'"
    assert assistant.rows(held, person.id) == []


def test_a_spent_budget_is_told_and_nothing_is_stored(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    organization = found_organization(person)
    quota = {"organization_id": organization, "metric": "tokens", "period": "day", "limit_value": 10}
    person.client.table("usage_quotas").insert(quota).execute()
    answer = assistant.ask(person, "Too much?", organization_id=organization)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"]
    assert answer.json()["error"]["code"] == "rate_limited"
    assert assistant.rows("select 1 from conversations where organization_id = %s", organization) == []


def test_without_a_model_passages_are_quoted_and_it_says_so(assistant: Assistant) -> None:
    answer = assistant.ask(
        assistant.owner,
        "When does the canteen close?",
        url=assistant.url_without_models,
        organization_id=assistant.organization,
    )
    assert answer.status_code == 200, answer.text
    content = answer.json()["message"]["content"]
    assert content.startswith("No language model is set up here")
    assert FACTS["Lunch"] in content
    assert answer.json()["message"]["citations"][0]["title"] == "Lunch"
    named = assistant.ask(assistant.owner, "Hm?", url=assistant.url_without_models, model="gpt-4o")
    assert named.status_code == 404


def test_an_answer_whose_process_died_is_ended_and_paid(assistant: Assistant) -> None:
    person = newcomer(assistant.stack)
    providers = f'[providers.local]\nbase_url = "{assistant.models.url}/v1"\n'
    body = {"message": "Die", "stream": True, "model": "words-200-50"}
    with (
        functions_server(assistant.stack, {"GROUNDWORK_PROVIDERS": providers}, kill=True) as url,
        httpx.stream("POST", f"{url}/chat", json=body, headers=bearer(person), timeout=30) as answer,
    ):
        message_id = next(events_of(answer.iter_lines()))[1]["message_id"]
        time.sleep(2.5)
    service = client_for(assistant.stack, assistant.stack.service_role_key)
    service.rpc("reap_generations", {"p_silent_for": "0 seconds"}).execute()
    row = assistant.finished(message_id)
    assert (row["status"], row["error"]["code"]) == ("failed", "interrupted")
    (message,) = assistant.rows("select content from messages where id = %s", message_id)
    assert message["content"].startswith("word0 word1 ")
    assert len(assistant.usage_of(person)) == 1
    again = service.rpc("reap_generations", {"p_silent_for": "0 seconds"}).execute()
    assert again.data == 0


def test_what_is_wrong_with_a_question_is_told(assistant: Assistant) -> None:
    assert assistant.ask(assistant.owner, " ").status_code == 400
    assert assistant.ask(assistant.owner, "x", model="a b").status_code == 400
    assert assistant.ask(assistant.owner, "x", conversation_id=str(uuid.uuid4())).status_code == 404
    assert httpx.post(f"{assistant.url}/chat", json={"message": "x"}).status_code == 401
    assert httpx.get(f"{assistant.url}/chat/nonsense", headers=bearer(assistant.owner)).status_code == 400
    assert httpx.get(f"{assistant.url}/chat", headers=bearer(assistant.owner)).status_code == 404


def test_a_question_in_letters_of_several_bytes_may_be_long(assistant: Assistant) -> None:
    answer = assistant.ask(assistant.owner, "\u9dfa" * 20_000, model="words-3")
    assert (answer.status_code, answer.json().get("status")) == (200, "completed")
