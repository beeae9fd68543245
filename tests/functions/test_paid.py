"""Embeddings of a provider are paid for by whom they are made for, exactly; those of this process cost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest

from functions._shared.embeddings import Provider, offline
from functions._shared.settings import Settings
from functions.ingest.queue import Queue
from functions.ingest.reembed import reembed
from functions.ingest.work import process
from tests.functions.models import ModelServer, model_server
from tests.functions.people import Person, found_organization, newcomer
from tests.functions.server import functions_server
from tests.functions.test_ingest import book, left_alone
from tests.support import Stack

MODEL = "vectors-384"
Row = tuple[str, str, str, str, int]


@dataclass(frozen=True)
class Shop:
    """The functions with a provider of embeddings, and an organization."""

    url: str
    models: ModelServer
    stack: Stack
    owner: Person
    organization: str

    def post(self, person: Person, path: str, **body: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {person.token}"}
        return httpx.post(f"{self.url}{path}", json=body, headers=headers, timeout=30)

    def join(self, role: str) -> Person:
        """Return a new member of the organization."""
        person = newcomer(self.stack)
        row = {"organization_id": self.organization, "user_id": person.id, "role": role}
        self.owner.client.table("organization_members").insert(row).execute()
        return person

    def paid(self, person: Person) -> list[Row]:
        """Return who paid for what of a person's, once nothing is held."""
        with psycopg.connect(self.stack.db_url) as connection:
            held = "select count(*) from private.usage_reservations where user_id = %s and state = 'open'"
            assert connection.execute(held, [person.id]).fetchone() == (0,)
            return connection.execute(
                "select u.endpoint, u.model_name, case when o.is_personal then 'personal' else o.id::text end,"
                " u.user_id::text, u.tokens_input"
                " from api_usage u join organizations o on o.id = u.organization_id"
                " where u.user_id = %s order by u.created_at",
                [person.id],
            ).fetchall()

    def limit_tokens(self, organization: str, value: int) -> None:
        quota = {"organization_id": organization, "metric": "tokens", "period": "day", "limit_value": value}
        self.owner.client.table("usage_quotas").insert(quota).execute()


@pytest.fixture(scope="module")
def shop(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    owner = newcomer(stack)
    organization = found_organization(owner)
    with model_server(tmp_path_factory.mktemp("models")) as models:
        environment = {
            "GROUNDWORK_PROVIDERS": f'[providers.local]\nbase_url = "{models.url}/v1"\nmodels = ["words-5"]\n',
            "EMBEDDINGS_MODEL": MODEL,
            "EMBEDDINGS_BASE_URL": f"{models.url}/v1",
            "EMBEDDINGS_API_KEY": "unused",
        }
        with functions_server(stack, environment) as url:
            yield Shop(url, models, stack, owner, organization)


def test_a_search_is_paid_for_by_the_organization_or_by_who_may_not_spend_for_it(shop: Shop) -> None:
    for person, payer in (
        (shop.join("member"), shop.organization),
        (shop.join("viewer"), "personal"),
        (newcomer(shop.stack), "personal"),
    ):
        answer = shop.post(person, "/search", query="what is a heron", organization_id=shop.organization)
        assert answer.status_code == 200, answer.text
        assert answer.json()["model"] == MODEL
        assert shop.paid(person) == [("/search", MODEL, payer, person.id, shop.models.last()["input"])]


def test_a_search_by_words_alone_buys_nothing(shop: Shop) -> None:
    person = newcomer(shop.stack)
    served = len(shop.models.served())
    answer = shop.post(person, "/search", query="what is a heron", mode="keyword")
    assert (answer.status_code, answer.json()["results"]) == (200, [])
    assert len(shop.models.served()) == served
    assert shop.paid(person) == []


def test_an_answer_pays_for_its_embedding_and_its_words(shop: Shop) -> None:
    person = shop.join("member")
    asked = {"message": "what is a heron", "organization_id": shop.organization}
    assert shop.post(person, "/chat", **asked).status_code == 200
    calls = shop.models.served()
    embedded, answered = sorted(calls)[-2:]
    assert shop.paid(person) == [
        ("/chat", MODEL, shop.organization, person.id, calls[embedded]["input"]),
        ("/chat", "words-5", shop.organization, person.id, calls[answered]["input"]),
    ]


def test_several_collections_are_searched_for_the_price_of_one(shop: Shop) -> None:
    person = shop.join("member")
    rows = [{"organization_id": shop.organization, "name": f"Collection {number}"} for number in range(3)]
    made = person.client.table("document_collections").insert(rows).execute().data
    asked = {
        "message": "herons?",
        "collection_ids": [row["id"] for row in made],
        "organization_id": shop.organization,
    }
    assert shop.post(person, "/chat", **asked).status_code == 200
    assert [row[1] for row in shop.paid(person)] == [MODEL, "words-5"]


def test_without_a_budget_nothing_is_bought(shop: Shop) -> None:
    organization = found_organization(shop.owner)
    shop.limit_tokens(organization, 0)
    served = len(shop.models.served())
    for path, body in (("/search", {"query": "herons"}), ("/chat", {"message": "herons"})):
        answer = shop.post(shop.owner, path, organization_id=organization, **body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (402, "budget_spent")
    assert len(shop.models.served()) == served


def queued(stack: Stack, person: Person, text: str, organization: str) -> tuple[Queue, Any]:
    """Return the queue, and a document of the person's that was claimed from it."""
    queue = Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key))
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        document = left_alone(connection, person, text, p_organization_id=organization)
    return queue, queue.claim(document)


def test_a_document_is_paid_for_by_its_organization_though_its_author_left(shop: Shop) -> None:
    person = shop.join("member")
    queue, job = queued(shop.stack, person, book(10), shop.organization)
    shop.owner.client.table("organization_members").delete().eq("user_id", person.id).eq(
        "organization_id", shop.organization
    ).execute()
    before = set(shop.models.served())
    assert process(queue, job, Provider(MODEL, f"{shop.models.url}/v1", "unused", None)) == "completed"
    calls = shop.models.served()
    served = [call["input"] for number, call in calls.items() if number not in before]
    assert len(served) > 1
    assert shop.paid(person) == [("/ingest", MODEL, shop.organization, person.id, tokens) for tokens in served]


def test_a_document_without_a_budget_says_so(shop: Shop) -> None:
    organization = found_organization(shop.owner)
    shop.limit_tokens(organization, 0)
    queue, job = queued(shop.stack, shop.owner, book(2), organization)
    assert process(queue, job, Provider(MODEL, f"{shop.models.url}/v1", "unused", None)) == "failed"
    query = shop.owner.client.table("document_processing_status").select("stage")
    assert query.eq("document_id", job.document_id).execute().data == [{"stage": "budget_spent"}]


def changing(shop: Shop, person: Person, organization: str) -> str:
    """Return a collection of one document, with the vectors of this process, whose model the person changes."""
    row = {"name": "Birds", "organization_id": organization}
    collection = str(person.client.table("document_collections").insert(row).execute().data[0]["id"])
    queue = Queue(Settings(shop.stack.api_url, shop.stack.anon_key, shop.stack.service_role_key))
    with psycopg.connect(shop.stack.db_url, autocommit=True) as connection:
        document = left_alone(connection, person, book(10), p_collection_id=collection)
    job = queue.claim(document)
    assert job is not None and process(queue, job, offline()) == "completed"
    person.client.rpc("start_reembedding", {"p_collection_id": collection, "p_embedding_model": MODEL}).execute()
    return collection


def test_a_change_of_model_is_paid_for_by_the_organization_as_whoever_began_it(shop: Shop) -> None:
    person = shop.join("member")
    collection = changing(shop, person, shop.organization)
    queue = Queue(Settings(shop.stack.api_url, shop.stack.anon_key, shop.stack.service_role_key))
    bought = Provider(MODEL, f"{shop.models.url}/v1", "unused", None)
    served = len(shop.models.served())
    while reembed(queue, bought) is not None:
        pass
    assert len(shop.models.served()) == served + 1
    tokens = shop.models.last()["input"]
    assert shop.paid(person) == [("/reembed", MODEL, shop.organization, person.id, tokens)]
    state: Any = person.client.rpc("get_reembedding", {"p_collection_id": collection}).execute().data
    assert (state["embedding_model"], state["new_embedding_model"]) == (MODEL, None)


def test_a_change_of_model_waits_for_a_budget_and_says_so(shop: Shop) -> None:
    organization = found_organization(shop.owner)
    shop.limit_tokens(organization, 0)
    collection = changing(shop, shop.owner, organization)
    queue = Queue(Settings(shop.stack.api_url, shop.stack.anon_key, shop.stack.service_role_key))
    bought = Provider(MODEL, f"{shop.models.url}/v1", "unused", None)
    served = len(shop.models.served())
    assert reembed(queue, bought) == 0
    assert reembed(queue, bought) is None, "it waits"
    assert len(shop.models.served()) == served
    state: Any = shop.owner.client.rpc("get_reembedding", {"p_collection_id": collection}).execute().data
    assert (state["error_code"], state["failed_attempts"]) == ("budget_spent", 1)
    assert state["error_message"]
    quotas = shop.owner.client.table("usage_quotas").delete()
    quotas.eq("organization_id", organization).execute()
    with psycopg.connect(shop.stack.db_url, autocommit=True) as connection:
        due = "update private.reembeddings set run_after = now() where collection_id = %s"
        connection.execute(due, [collection])
    while reembed(queue, bought) is not None:
        pass
    state = shop.owner.client.rpc("get_reembedding", {"p_collection_id": collection}).execute().data
    assert (state["embedding_model"], state["error_code"]) == (MODEL, None)


@pytest.mark.parametrize("model", ["status-500", "status-400", "slam"])
def test_what_a_provider_refuses_costs_nothing(shop: Shop, model: str) -> None:
    person = newcomer(shop.stack)
    queue, job = queued(shop.stack, person, book(2), personal_of(person))
    assert process(queue, job, Provider(model, f"{shop.models.url}/v1", "unused", None)) in ("pending", "failed")
    assert shop.paid(person) == []


def test_vectors_of_a_wrong_size_are_paid_for_and_not_stored(shop: Shop) -> None:
    person = newcomer(shop.stack)
    queue, job = queued(shop.stack, person, book(2), personal_of(person))
    assert process(queue, job, Provider("vectors-3", f"{shop.models.url}/v1", "unused", None)) == "pending"
    assert [row[1] for row in shop.paid(person)] == ["vectors-3"]


def personal_of(person: Person) -> str:
    query = person.client.table("organizations").select("id").eq("created_by", person.id)
    return str(query.eq("is_personal", True).execute().data[0]["id"])


def test_the_model_in_this_process_costs_nothing(shop: Shop) -> None:
    person = newcomer(shop.stack)
    queue, job = queued(shop.stack, person, book(2), personal_of(person))
    assert process(queue, job, offline()) == "completed"
    headers = {"Authorization": f"Bearer {person.token}"}
    found = httpx.post(f"{shop.stack.functions_url}/search", json={"query": "heron"}, headers=headers, timeout=30)
    assert len(found.json()["results"]) == 2
    assert shop.paid(person) == []
