"""What the functions log while they are used and misused: which request it was, and nothing of what was said."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx

from tests.functions.models import model_server
from tests.functions.people import found_organization, newcomer
from tests.functions.server import functions_server
from tests.support import Stack

SAID = "the-otter-sleeps-at-noon"


def test_every_request_is_logged_without_what_was_said_or_secret(stack: Stack, tmp_path: Path) -> None:
    person = newcomer(stack)
    organization = found_organization(person)
    made: Any = person.client.rpc(
        "create_api_key", {"p_organization_id": organization, "p_name": "logged"}
    ).execute()
    provider_key = f"sk-{uuid.uuid4().hex}"
    users, key = {"Authorization": f"Bearer {person.token}"}, {"Authorization": f"Bearer {made.data['key']}"}
    messages = [{"role": "user", "content": SAID}]
    asked: list[str] = []
    log = tmp_path / "functions.log"

    def post(path: str, headers: dict[str, str], **options: Any) -> int:
        asked.append(f"request-{uuid.uuid4().hex}")
        headers = {**headers, "X-Request-Id": asked[-1]}
        answer = httpx.post(f"{url}{path}", headers=headers, timeout=60, **options)
        assert answer.headers["X-Request-Id"] == asked[-1]
        return answer.status_code

    with model_server(tmp_path) as models:
        providers = f'[providers.local]\nbase_url = "{models.url}/v1"\napi_key_env = "THEIR_KEY"\n'
        environment = {
            "GROUNDWORK_PROVIDERS": providers,
            "THEIR_KEY": provider_key,
            "EMBEDDINGS_MODEL": "status-500",
            "EMBEDDINGS_BASE_URL": f"{models.url}/v1",
            "EMBEDDINGS_API_KEY": provider_key,
        }
        with functions_server(stack, environment, log=log) as url:
            for model, stream in (("echo", True), ("echo", False), ("break-3", True), ("status-500", False)):
                body = {"model": model, "messages": messages, "stream": stream}
                assert post("/openai/v1/chat/completions", key, json=body) in (200, 502)
            assert post("/openai/v1/chat/completions", {"Authorization": "Bearer gw_wrong"}, json=body) == 401
            assert post("/chat", users, json={"message": SAID}) == 503
            assert post("/chat", users, content=f'{{"message": "{SAID}",'.encode()) == 400
            assert post("/search", users, json={"query": SAID}) == 503
            assert post("/ingest", users, json={"title": SAID, "content": SAID}) == 202
            assert (
                post("/invitations", users, json={"organization_id": organization, "email": f"{SAID}@x.example"})
                >= 400
            )
            assert post("/search", {"Authorization": f"Bearer {person.token}x"}, json={"query": SAID}) == 401
    written = log.read_text()
    entries = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    answered = [entry["request_id"] for entry in entries if entry["message"] == "answered"]
    assert sorted(answered) == sorted(asked)
    assert all(entry["request_id"] in asked for entry in entries)
    assert {"provider failed", "refused"} <= {entry["message"] for entry in entries}
    secrets = [
        SAID,
        provider_key,
        made.data["key"],
        "gw_wrong",
        person.token,
        person.email,
        stack.service_role_key,
        stack.jwt_secret,
    ]
    assert [secret for secret in secrets if secret in written] == []
