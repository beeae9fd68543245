"""The handlers are held to the document that describes them: no request that Schemathesis makes up breaks one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from cryptography.fernet import Fernet
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from functions.app import app, description
from tests.functions.models import model_server
from tests.functions.people import Person, found_organization, newcomer, use_stack
from tests.support import Stack

SAID_ON_PURPOSE = {501, 502, 503}
EXAMPLES = int(os.environ.get("GROUNDWORK_EXAMPLES", "3"))


@pytest.fixture(scope="module")
def document(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as monkeypatch, model_server(tmp_path_factory.mktemp("models")) as models:
        use_stack(monkeypatch, stack)
        monkeypatch.setenv("CONNECTIONS_ENCRYPTION_KEYS", f"one:{Fernet.generate_key().decode()}")
        providers = f'[providers.local]\nbase_url = "{models.url}/v1"\nmodels = ["words-3"]\n'
        monkeypatch.setenv("GROUNDWORK_PROVIDERS", providers)
        yield schemathesis.openapi.from_wsgi("/functions/v1/openapi.json", app)


@pytest.fixture(scope="module")
def somebody(stack: Stack) -> tuple[Person, str]:
    person = newcomer(stack)
    return person, found_organization(person)


OPERATIONS = [(path, method) for path, methods in description()["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_no_request_breaks_a_handler(
    document: Any, stack: Stack, somebody: tuple[Person, str], path: str, method: str
) -> None:
    @given(case=document[path][method].as_strategy())
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def attempt(case: Any) -> None:
        try_it(case, stack, somebody)

    attempt()


def try_it(case: Any, stack: Stack, somebody: tuple[Person, str]) -> None:
    """Send a request and hold the answer to the document."""
    person, organization = somebody
    is_service = case.path.startswith(("/maintenance", "/metrics", "/connections/rotate"))
    token = stack.service_role_key if is_service else person.token
    # Where it says whose, something of theirs, so that more than the refusal is tried.
    if isinstance(case.body, dict) and "organization_id" in case.body:
        case.body["organization_id"] = organization
    if isinstance(case.body, dict) and "model" in case.body and case.path.startswith(("/openai", "/chat")):
        case.body["model"] = "words-3"
    answer = case.call(headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code < 500 or answer.status_code in SAID_ON_PURPOSE, answer.text
    if answer.status_code >= 400:
        assert answer.json()["error"]["message"]
    case.validate_response(answer, checks=(status_code_conformance, response_schema_conformance))
