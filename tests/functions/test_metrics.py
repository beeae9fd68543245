"""Metrics over HTTP: true numbers, for those who may, and nobody's name."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.database.support import create_user, insert
from tests.functions.people import newcomer
from tests.functions.server import functions_server
from tests.support import Stack

TOKEN = secrets.token_urlsafe(32)
NAME = "Unmistakable Ltd."
Samples = dict[tuple[str, str], float]


@pytest.fixture(scope="module")
def url(stack: Stack) -> Iterator[str]:
    with functions_server(stack, {"METRICS_TOKEN": TOKEN}) as url:
        yield f"{url}/metrics"


def scrape(url: str, token: str | None = TOKEN) -> httpx.Response:
    return httpx.get(url, headers={"Authorization": f"Bearer {token}"} if token else {}, timeout=30)


def samples(answer: httpx.Response) -> Samples:
    """Return the numbers by metric and kind of finding, as Prometheus reads them."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = text_string_to_metric_families(answer.text)
    return {
        (sample.name, sample.labels.get("finding", "")): sample.value
        for family in families
        for sample in family.samples
    }


def test_only_the_service_role_and_the_scraper_may(stack: Stack, url: str) -> None:
    assert scrape(url, stack.service_role_key).status_code == 200
    assert scrape(url).status_code == 200
    for token, status in (
        (None, 401),
        (TOKEN[:-1], 401),
        (f"{TOKEN}x", 401),
        (stack.anon_key, 403),
        (newcomer(stack).token, 403),
    ):
        assert scrape(url, token).status_code == status
    assert httpx.post(url, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    assert scrape(f"{url}/more").status_code == 404
    assert scrape(url.replace("/metrics", "/maintenance")).status_code in (401, 405), "the token is for this alone"
    assert scrape(url.replace("/metrics", "/connections")).status_code == 401


@pytest.mark.parametrize("token", ["", None])
def test_without_a_token_only_the_service_role_may(stack: Stack, token: str | None) -> None:
    with functions_server(stack, {} if token is None else {"METRICS_TOKEN": token}) as own:
        for given in ("None", "x"):
            answer = httpx.get(f"{own}/metrics", headers={"Authorization": f"Bearer {given}"}, timeout=30)
            assert answer.status_code == 401
        assert scrape(f"{own}/metrics", stack.service_role_key).status_code == 200


def test_the_numbers_are_those_of_the_database(stack: Stack, url: str) -> None:
    before = samples(scrape(url))
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        connection.execute("create table public.ailing_one (id int)")
        connection.execute("create table public.ailing_two (id int)")
        try:
            after = samples(scrape(url))
        finally:
            connection.execute("drop table public.ailing_one, public.ailing_two")
        size, most = connection.execute(
            "select pg_database_size(current_database()), current_setting('max_connections')::int"
        ).fetchone() or (0, 0)
    key = ("groundwork_findings", "table-without-rls")
    assert after[key] - before.get(key, 0) == 2
    assert after["groundwork_connections_max", ""] == most
    assert 1 <= after["groundwork_connections", ""] <= most
    assert after["groundwork_database_bytes", ""] == pytest.approx(size, rel=0.2)
    assert {name for name, _ in after} == {
        "groundwork_findings",
        *(f"groundwork_{name}" for name in ("database_bytes", "connections", "connections_max", "usage_pending")),
        *(f"groundwork_{name}" for name in ("usage_pending_seconds", "jobs_late_seconds")),
    }


def test_no_tenant_is_named(stack: Stack, url: str) -> None:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        user = create_user(connection, full_name=NAME)
        home = connection.execute("select id from public.organizations where created_by = %s", [user]).fetchone()
        assert home is not None
        collection = insert(
            connection, "document_collections", organization_id=home[0], name=NAME, created_by=user
        )
        document = insert(
            connection, "documents",
            organization_id=home[0], title=NAME, collection_id=collection, created_by=user,
        )  # fmt: skip
        insert(
            connection, "document_chunks",
            organization_id=home[0], document_id=document, content=NAME, chunk_index=0,
            embedding="[" + ",".join(["0.1"] * 384) + "]", embedding_model="another",
        )  # fmt: skip
        try:
            told = connection.execute("select subject || evidence from private.health_findings()").fetchall()
            answer = scrape(url)
        finally:
            connection.execute("delete from public.organizations where id = %s", [home[0]])
            connection.execute("delete from auth.users where id = %s", [user])
    assert any(NAME in row[0] for row in told), "there is something to tell"
    assert samples(answer)["groundwork_findings", "embedding-model"] >= 1
    assert "Unmistakable" not in answer.text
    assert str(home[0]) not in answer.text and str(collection) not in answer.text
