"""Every pattern loads alone on an empty database and is usable through the Data API."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from groundwork.schema import patterns
from groundwork.schema.cli import app
from groundwork.schema.scratch import ScratchServer, owner_session
from groundwork.stack.errors import StackError
from groundwork.stack.project import Project
from tests.schema.conftest import Api
from tests.support import ROOT, groundwork

PROJECT = Project.load(ROOT)
Serve = Callable[..., AbstractContextManager[Api]]


def made(answer: httpx.Response) -> dict[str, object]:
    assert answer.status_code == 201, answer.text
    row: dict[str, object] = answer.json()[0]
    return row


def rpc(client: httpx.Client, name: str, **arguments: object) -> object:
    answer = client.post(f"/rpc/{name}", json=arguments)
    assert answer.status_code == 200, answer.text
    return answer.json()


def use_user_management(api: Api) -> None:
    ann, bob = api.sign_up(), api.sign_up()
    with api.client(ann) as client:
        assert client.patch(f"/user_profiles?user_id=eq.{ann}", json={"full_name": "Ann"}).json()
        assert client.get("/user_preferences").json()[0]["user_id"] == str(ann)
    with api.client(bob) as client:
        assert str(ann) not in client.get("/user_preferences").text


def organization(api: Api, client: httpx.Client) -> str:
    return str(
        made(client.post("/organizations", json={"name": "Acme", "slug": f"acme-{api.sign_up().hex[:8]}"}))["id"]
    )


def use_multi_tenant(api: Api) -> None:
    ann, bob = api.sign_up(), api.sign_up()
    with api.client(ann) as client:
        home = organization(api, client)
        made(client.post("/organization_members", json={"organization_id": home, "user_id": str(bob)}))
    with api.client(bob) as client:
        assert client.get(f"/organizations?id=eq.{home}").json()[0]["name"] == "Acme"


def use_chat(api: Api) -> None:
    ann, bob = api.sign_up(), api.sign_up()
    with api.client(ann) as client:
        talk = str(made(client.post("/conversations", json={"title": "Plan"}))["id"])
        made(client.post("/messages", json={"conversation_id": talk, "user_id": str(ann), "content": "Hello"}))
    with api.client(bob) as client:
        assert client.get(f"/messages?conversation_id=eq.{talk}").json() == []


def use_rag(api: Api, dimensions: int = patterns.DIMENSIONS) -> None:
    ann, bob = api.sign_up(), api.sign_up()
    vector = [1.0] + [0.0] * (dimensions - 1)
    with api.client(ann) as client:
        document = made(client.post("/documents", json={"title": "Plan", "content": "Chat first"}))["id"]
        made(
            client.post(
                "/document_chunks?select=id",
                json={"document_id": document, "content": "Chat first", "chunk_index": 0, "embedding": vector},
            )
        )
        found = rpc(client, "search_documents", query_embedding=vector, match_threshold=0.5)
        assert isinstance(found, list) and len(found) == 1
    with api.client(bob) as client:
        assert rpc(client, "search_documents", query_embedding=vector, match_threshold=0.5) == []


def use_ai_usage(api: Api) -> None:
    ann = api.sign_up()
    with api.client(ann) as client:
        row = {"endpoint": "/chat", "model_name": "gpt-4", "tokens_input": 1500, "tokens_output": 500}
        made(client.post("/api_usage", json=row))
        assert client.get("/api_usage").json()[0]["tokens_used"] == 2000


def use_complete(api: Api) -> None:
    for use in (use_user_management, use_multi_tenant, use_chat, use_rag, use_ai_usage):
        use(api)


USES = {
    "user-management": use_user_management,
    "multi-tenant": use_multi_tenant,
    "chat": use_chat,
    "rag": use_rag,
    "ai-usage": use_ai_usage,
    "complete": use_complete,
}


@pytest.mark.parametrize("pattern", patterns.PATTERNS)
def test_a_pattern_loads_alone_and_is_usable(scratch: ScratchServer, serve: Serve, pattern: str) -> None:
    with scratch.database() as database:
        with owner_session(database) as connection:
            connection.execute(patterns.generate(PROJECT, pattern).encode())
        with serve(database) as api:
            USES[pattern](api)


@pytest.mark.parametrize("pattern", patterns.PATTERNS)
def test_a_pattern_loads_into_a_schema_of_its_own(scratch: ScratchServer, serve: Serve, pattern: str) -> None:
    with scratch.database() as database:
        with database.connect() as connection:
            connection.execute("create table public.organizations (another_products text)")
            connection.execute("create table public.user_profiles (another_products text)")
        with owner_session(database) as session:
            session.execute(patterns.generate(PROJECT, pattern, schema="product").encode())
        with serve(database, "product") as api:
            USES[pattern](api)
        with database.connect() as connection:
            kept = connection.execute(
                "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind <> 'i' "
                "union all select proname from pg_proc where pronamespace = 'public'::regnamespace order by 1"
            ).fetchall()
        assert kept == [("organizations",), ("user_profiles",)], "nothing of ours is in public"


def test_other_dimensions_hold_everywhere(scratch: ScratchServer, serve: Serve) -> None:
    text = patterns.generate(PROJECT, "rag", 1536, "text-embedding-3-small")
    code = re.sub(r"--.*", "", text)
    assert not re.search(r"\b384\b|multilingual-e5-small'", code)
    with scratch.database() as database:
        with owner_session(database) as connection:
            connection.execute(text.encode())
        with serve(database) as api:
            use_rag(api, 1536)


def test_a_pattern_holds_what_it_needs_and_no_more() -> None:
    text = patterns.generate(PROJECT, "chat")
    assert "create table public.messages" in text
    assert "create table public.documents" not in text
    complete = patterns.generate(PROJECT, "complete")
    assert all(f"-- From {path.name}\n" in complete for path in PROJECT.migrations)


def test_what_cannot_be_made_is_refused() -> None:
    for arguments, words in (
        (("kitchen",), "There is no pattern 'kitchen'"),
        (("rag", 4096, "big"), "4096 dimensions cannot be indexed"),
        (("rag", 768), "The default embedding model has 384 dimensions"),
        (("chat", 384, None, "Chat; drop"), "is no name for a schema"),
        (("chat", 384, None, "user"), "is no name for a schema"),
        (("chat", 384, None, "auth"), "for something else"),
    ):
        with pytest.raises(StackError, match=words):
            patterns.generate(PROJECT, *arguments)  # type: ignore[arg-type]


def test_the_command_writes_a_file_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "chat.sql"
    arguments = ["generate", "chat", str(file)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert file.read_text() == patterns.generate(PROJECT, "chat")
    refusal = CliRunner().invoke(app, arguments).exception
    assert isinstance(refusal, StackError) and "--force" in refusal.hint
    assert CliRunner().invoke(app, [*arguments, "--force"]).exit_code == 0
    printed = groundwork("schema", "generate", "chat")
    assert printed.stdout == file.read_text()
