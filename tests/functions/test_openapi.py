"""The handlers are held to the document that describes them: no request that Schemathesis makes up breaks one.

The requests are the same each time. GROUNDWORK_EXAMPLES=200 makes more of them, for whoever looks for trouble.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
import pytest
import schemathesis
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from functions.app import description
from tests.functions.models import model_server
from tests.functions.people import found_organization, newcomer
from tests.functions.server import functions_server
from tests.support import Stack

SAID_ON_PURPOSE = {501, 502, 503}
EXAMPLES = int(os.environ.get("GROUNDWORK_EXAMPLES", "3"))
OPERATIONS = [
    (path, method, [next(iter(scheme)) for scheme in operation["security"]])
    for path, methods in description()["paths"].items()
    for method, operation in methods.items()
]
BEARER = {"user": "user", "service_role": "service", "api_key": "key"}


@dataclass(frozen=True)
class World:
    """The functions on the real stack, their document, and tokens of everybody who may come along."""

    url: str
    document: Any
    organization: str
    tokens: dict[str, str]

    def send(self, case: Any, who: str) -> Any:
        """Send a request as somebody, who owns what it names, and hold the answer to the document."""
        # Where it says whose, something of theirs, so that more than the refusal is tried.
        if isinstance(case.body, dict) and "organization_id" in case.body:
            case.body["organization_id"] = self.organization
        if isinstance(case.body, dict) and "model" in case.body and case.path.startswith(("/openai", "/chat")):
            case.body["model"] = "words-3"
        headers = {"Authorization": f"Bearer {self.tokens[who]}"} if who in self.tokens else {}
        answer = case.call(base_url=self.url, headers=headers)
        assert answer.status_code < 500 or answer.status_code in SAID_ON_PURPOSE, answer.text
        if answer.status_code >= 400:
            assert answer.json()["error"]["message"]
        case.validate_response(answer, checks=(status_code_conformance, response_schema_conformance))
        return answer


@pytest.fixture(scope="module")
def world(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    person = newcomer(stack)
    organization = found_organization(person)
    made: Any = person.client.rpc(
        "create_api_key", {"p_organization_id": organization, "p_name": "schemathesis"}
    ).execute()
    claims = {"sub": person.id, "role": "authenticated", "aud": "authenticated"}
    tokens = {
        "user": person.token,
        "key": made.data["key"],
        "service": stack.service_role_key,
        "anon": stack.anon_key,
        "forged": jwt.encode({**claims, "exp": time.time() + 60}, "another-secret-of-thirty-two-bytes-or-more"),
        "expired": jwt.encode({**claims, "exp": time.time() - 60}, stack.jwt_secret),
    }
    with model_server(tmp_path_factory.mktemp("models")) as models:
        environment = {
            "CONNECTIONS_ENCRYPTION_KEYS": f"one:{Fernet.generate_key().decode()}",
            "GROUNDWORK_PROVIDERS": f'[providers.local]\nbase_url = "{models.url}/v1"\nmodels = ["words-3"]\n',
        }
        with functions_server(stack, environment) as url:
            document = schemathesis.openapi.from_url(f"{url}/openapi.json", timeout=120)
            yield World(url, document, organization, tokens)


def steadily(examples: int) -> Any:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize(
    ("path", "method", "who"),
    [(path, method, BEARER[scheme]) for path, method, schemes in OPERATIONS for scheme in schemes or ["user"]],
)
def test_no_request_breaks_a_handler(world: World, path: str, method: str, who: str) -> None:
    @given(case=world.document[path][method].as_strategy())
    @steadily(EXAMPLES)
    def attempt(case: Any) -> None:
        world.send(case, who)

    attempt()


@pytest.mark.parametrize(("path", "method", "schemes"), [one for one in OPERATIONS if one[2]])
def test_whoever_it_is_not_for_is_refused(world: World, path: str, method: str, schemes: list[str]) -> None:
    allowed = {BEARER[scheme] for scheme in schemes}

    @given(case=world.document[path][method].as_strategy())
    @steadily(max(1, EXAMPLES // 3))
    def attempt(case: Any) -> None:
        for who in {"nobody", *world.tokens} - allowed:
            assert world.send(case, who).status_code in (400, 401, 403, 404, 413), who

    attempt()
