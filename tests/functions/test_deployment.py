"""The functions where they may be deployed: gunicorn, functions-framework, AWS Lambda, Supabase's own."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import functions_framework
import httpx
import psutil
import pytest

from functions._shared.embeddings import OFFLINE_MODEL
from functions.app import description, modules
from functions.lambda_handler import handler as lambda_handler
from tests.functions.files import pdf
from tests.functions.models import await_port
from tests.functions.people import Person, found_organization, newcomer, use_stack
from tests.functions.server import functions_server, settings_of
from tests.support import ROOT, Stack, client_for, free_port, run_node

EDGE = ROOT / "supabase" / "functions"
DENO = ROOT / "node_modules" / ".bin" / "deno"
NAMES = sorted(modules())


@dataclass(frozen=True)
class Call:
    """A call of a handler that succeeds: what is asked, by whom, and what the answer has."""

    function: str
    method: str
    key: str
    body: Any = None
    below: str = ""
    query: str = ""
    who: str = "person"


TEXT = {"title": "Herons", "content": "The blue heron nests in the reeds of the northern lake."}
CALLS = [
    Call("health", "GET", "status", who="anon"),
    Call("ingest", "POST", "document_id", TEXT, query="wait=true"),
    Call("search", "POST", "results", {"query": "Where do herons nest?"}),
    Call("chat", "POST", "message", {"message": "Where do herons nest?"}),
    Call("openai", "POST", "data", {"model": OFFLINE_MODEL, "input": "heron"}, below="/v1/embeddings"),
    Call("api-keys", "GET", "api_keys", query="organization_id={organization}"),
    Call("invitations", "GET", "invitations", query="organization_id={organization}"),
    Call("connections", "GET", "connections"),
    Call("metrics", "GET", "groundwork_connections", who="service"),
    Call("maintenance", "POST", "runs", {"job": "generations"}, who="service"),
]


@dataclass(frozen=True)
class Caller:
    """Who makes the calls."""

    person: Person
    organization: str
    stack: Stack

    def token(self, call: Call) -> str:
        tokens = {"anon": self.stack.anon_key, "service": self.stack.service_role_key}
        return tokens.get(call.who, self.person.token)

    def query(self, call: Call) -> str:
        return call.query.format(organization=self.organization)

    def path(self, call: Call) -> str:
        """Return what comes after the name of the function."""
        return call.below + (f"?{self.query(call)}" if call.query else "")

    def headers(self, call: Call) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(call)}", "X-Request-Id": "the-one-i-chose"}


@pytest.fixture(scope="module")
def caller(stack: Stack) -> Caller:
    person = newcomer(stack)
    headers = {"Authorization": f"Bearer {person.token}"}
    answer = httpx.post(f"{stack.functions_url}/ingest?wait=true", json=TEXT, headers=headers, timeout=120)
    assert answer.status_code == 200, answer.text
    return Caller(person, found_organization(person), stack)


every_handler = pytest.mark.parametrize("call", CALLS, ids=[call.function for call in CALLS])


def test_every_handler_is_called() -> None:
    assert sorted(call.function for call in CALLS) == NAMES


def check(call: Call, status: int, body: str, request_id: str | None) -> None:
    """Check that a call succeeded, and was this handler's."""
    assert status == 200, body
    assert call.key in body, body
    assert request_id == "the-one-i-chose"
    if call.function in ("search", "chat"):
        assert "blue heron" in body


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str], folder: Path = ROOT) -> Iterator[str]:
    """Run a server, yield its URL, and end it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port(port, 60)
        yield f"http://127.0.0.1:{port}"
    finally:
        # Deno's command starts the program proper, which outlives it.
        children = psutil.Process(process.pid).children(recursive=True)
        for one in [process, *children]:
            one.terminate()
        psutil.wait_procs(children, 30)
        process.wait(60)


def dockerfile() -> list[tuple[str, str]]:
    """Return the instructions of the Dockerfile."""
    lines = (ROOT / "Dockerfile").read_text().replace("\\\n", "").splitlines()
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line and line[0] != "#"]


def test_gunicorn_serves_them_from_what_the_image_holds(stack: Stack, caller: Caller, tmp_path: Path) -> None:
    instructions = dockerfile()
    last_stage = max(number for number, (word, _) in enumerate(instructions) if word == "FROM")
    for word, rest in instructions:
        sources = rest.split()[:-1]
        if word == "COPY" and not rest.startswith("--from"):
            assert all((ROOT / source).exists() for source in sources), rest
    left_out = re.findall(r"^\*\*/(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert ".env" in left_out, "functions/.env has the keys of providers"
    for word, rest in instructions[last_stage:]:
        if word == "COPY" and not rest.startswith("--from"):
            source, target = rest.split()
            shutil.copytree(ROOT / source, tmp_path / target, ignore=shutil.ignore_patterns(*left_out))
    said = {
        word: json.loads(rest.removeprefix("CMD "))
        for word, rest in instructions
        if word in ("CMD", "HEALTHCHECK")
    }
    assert said["CMD"][0] == "gunicorn"
    port = free_port()
    environment = {**settings_of(stack), "PORT": str(port), "WEB_CONCURRENCY": "1"}
    with running([sys.executable, "-m", *said["CMD"]], port, environment, tmp_path) as url:
        for call in CALLS:
            answer = httpx.request(
                call.method,
                f"{url}/functions/v1/{call.function}{caller.path(call)}",
                json=call.body,
                headers=caller.headers(call),
                timeout=60,
            )
            check(call, answer.status_code, answer.text, answer.headers.get("X-Request-Id"))
        healthy = [sys.executable, *said["HEALTHCHECK"][1:]]
        assert subprocess.run(healthy, check=False, env={**os.environ, **environment}).returncode == 0
    sick = subprocess.run(healthy, check=False, env={**os.environ, **environment}, stderr=subprocess.DEVNULL)
    assert sick.returncode != 0


@every_handler
def test_functions_framework_serves_each_alone(
    stack: Stack, caller: Caller, monkeypatch: pytest.MonkeyPatch, call: Call
) -> None:
    use_stack(monkeypatch, stack)
    source = ROOT / "functions" / call.function.replace("-", "_") / "main.py"
    client = functions_framework.create_app("main", str(source)).test_client()
    assert client.options("/").status_code == 204
    answer = client.open(
        caller.path(call) if call.below else f"/{caller.path(call)}",
        method=call.method,
        json=call.body,
        headers=caller.headers(call),
    )
    check(call, answer.status_code, answer.text, answer.headers.get("X-Request-Id"))


def lambda_event(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes | None
) -> dict[str, Any]:
    """Return the recorded event with another request in it."""
    event: dict[str, Any] = json.loads((Path(__file__).parent / "lambda_event.json").read_text())
    event["rawPath"] = event["requestContext"]["http"]["path"] = path
    event["requestContext"]["http"]["method"] = method
    event["rawQueryString"] = query
    event["headers"] |= {name.lower(): value for name, value in headers.items()}
    if body is not None:
        # As function URLs send what is not plainly text.
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
        event["headers"]["content-length"] = str(len(body))
    return event


def body_of(answer: dict[str, Any]) -> bytes:
    body = str(answer["body"])
    return base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()


@every_handler
def test_aws_lambda_serves_them(stack: Stack, caller: Caller, monkeypatch: pytest.MonkeyPatch, call: Call) -> None:
    use_stack(monkeypatch, stack)
    headers = {**caller.headers(call), "Content-Type": "application/json"}
    body = json.dumps(call.body).encode() if call.body is not None else None
    path = f"/functions/v1/{call.function}{call.below}"
    answer = lambda_handler(lambda_event(call.method, path, caller.query(call), headers, body), None)
    check(call, answer["statusCode"], body_of(answer).decode(), answer["headers"]["x-request-id"])


def test_aws_lambda_takes_files_gives_streams_and_refuses(
    stack: Stack, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stack(monkeypatch, stack)
    recorded = json.loads((Path(__file__).parent / "lambda_event.json").read_text())
    answer = lambda_handler(recorded, None)
    assert (answer["statusCode"], json.loads(answer["body"])["status"]) == (200, "ok")
    assert answer["headers"]["x-request-id"] == "recorded-event-1"

    bearer = {"Authorization": f"Bearer {caller.person.token}"}
    upload = httpx.Request("POST", "http://x", files={"file": ("a.pdf", pdf("Otters eat."), "application/pdf")})
    headers = {**bearer, "Content-Type": upload.headers["Content-Type"]}
    event = lambda_event("POST", "/functions/v1/ingest", "wait=true", headers, upload.read())
    answer = lambda_handler(event, None)
    assert answer["statusCode"] == 200, answer

    question = json.dumps({"message": "What do otters eat?", "stream": True}).encode()
    headers = {**bearer, "Content-Type": "application/json"}
    answer = lambda_handler(lambda_event("POST", "/functions/v1/chat", "", headers, question), None)
    assert answer["headers"]["content-type"].startswith("text/event-stream")
    assert body_of(answer).rstrip().rpartition(b"event: ")[2].startswith(b"done")

    unknown = lambda_handler(lambda_event("GET", "/functions/v1/nothing", "", bearer, None), None)
    assert unknown["statusCode"] == 404


def test_every_handler_has_its_forwarder() -> None:
    assert sorted(path.parent.name for path in EDGE.glob("*/index.ts")) == NAMES
    for path in EDGE.glob("*/index.ts"):
        assert f'forward("{path.parent.name}")' in path.read_text()


def test_supabase_lets_through_who_has_no_jwt() -> None:
    paths = description()["paths"]
    needs_none = {
        path.split("/")[1]
        for path, methods in paths.items()
        for operation in methods.values()
        if not operation["security"] or {"api_key": []} in operation["security"]
    }
    configured = tomllib.loads((ROOT / "supabase" / "config.toml").read_text())["functions"]
    open_ones = {name for name, section in configured.items() if not section["verify_jwt"]}
    assert open_ones == needs_none | {"metrics"}, "whose scraper has a token of its own"


@pytest.fixture(scope="module")
def functions(stack: Stack) -> Iterator[str]:
    with functions_server(stack, {}) as url:
        yield url


@contextmanager
def forwarder(name: str, functions: str) -> Iterator[str]:
    """Run a forwarder under Deno and yield its address."""
    port = free_port()
    environment = {
        "GROUNDWORK_FUNCTIONS_URL": functions,
        "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
        "DENO_NO_UPDATE_CHECK": "1",
        "NO_PROXY": "127.0.0.1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    permissions = ["--allow-env", "--allow-net", "--no-prompt"]
    with running([str(DENO), "run", *permissions, str(EDGE / name / "index.ts")], port, environment) as url:
        yield url


@every_handler
def test_forwarders_pass_calls_on(functions: str, caller: Caller, call: Call) -> None:
    with forwarder(call.function, functions) as edge:
        answer = httpx.request(
            call.method,
            f"{edge}/{call.function}{caller.path(call)}",
            json=call.body,
            headers=caller.headers(call),
            timeout=60,
        )
        preflight = httpx.options(f"{edge}/{call.function}", timeout=30)
    check(call, answer.status_code, answer.text, answer.headers.get("X-Request-Id"))
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"


def test_forwarders_pass_on_streams_refusals_and_that_nobody_answers(functions: str, caller: Caller) -> None:
    headers = {"Authorization": f"Bearer {caller.person.token}"}
    with forwarder("chat", functions) as edge:
        body = {"message": "Where do herons nest?", "stream": True}
        with httpx.stream("POST", f"{edge}/chat", json=body, headers=headers, timeout=60) as answer:
            events = [line.partition(":")[2].strip() for line in answer.iter_lines() if line.startswith("event")]
        refused = httpx.post(f"{edge}/chat", json=body, timeout=30)
    assert (events[0], events[-1]) == ("citations", "done")
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "no_token")
    with forwarder("health", f"http://127.0.0.1:{free_port()}") as edge:
        away = httpx.get(f"{edge}/health", timeout=30)
    assert (away.status_code, away.json()["error"]["code"]) == (502, "functions_unreachable")


@every_handler
def test_supabase_py_invokes_them(caller: Caller, call: Call) -> None:
    client = client_for(caller.stack, caller.stack.anon_key)
    client.functions.set_auth(caller.token(call))
    options = {"method": call.method, **({"body": call.body} if call.body is not None else {})}
    answer = client.functions.invoke(call.function + caller.path(call), options)
    check(call, 200, answer.decode(), "the-one-i-chose")


INVOKE = """
import { createClient } from "@supabase/supabase-js";
const { API_URL, ANON_KEY, CALLS } = process.env;
const found = {};
for (const { name, path, method, body, token } of JSON.parse(CALLS)) {
  const client = createClient(API_URL, ANON_KEY, { accessToken: async () => token });
  const { data, error } = await client.functions.invoke(path, { method, body: body ?? undefined });
  found[name] = error ? { error: String(error) } : data;
}
console.log(JSON.stringify(found));
"""


def test_supabase_js_invokes_them(caller: Caller) -> None:
    calls = [
        {
            "name": call.function,
            "path": call.function + caller.path(call),
            "method": call.method,
            "body": call.body,
            "token": caller.token(call),
        }
        for call in CALLS
    ]
    done = run_node(INVOKE, {**caller.stack.environment(), "CALLS": json.dumps(calls)}, timeout=120)
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    for call in CALLS:
        check(call, 200, json.dumps(answers[call.function]), "the-one-i-chose")
