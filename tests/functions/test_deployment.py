"""The functions where they may be deployed: gunicorn, functions-framework, AWS Lambda, Supabase's own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import functions_framework
import httpx
import psutil
import pytest

from functions.app import description, modules
from tests.functions.models import await_port
from tests.functions.people import use_stack
from tests.functions.server import functions_server, settings_of
from tests.support import ROOT, Stack, free_port

EDGE = ROOT / "supabase" / "functions"
DENO = ROOT / "node_modules" / ".bin" / "deno"
NAMES = sorted(modules())


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[str]:
    """Run a server, yield its URL, and end it."""
    process = subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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


def test_gunicorn_serves_them_as_in_the_container(stack: Stack) -> None:
    text = (ROOT / "Dockerfile").read_text()
    line = next(line for line in text.splitlines() if line.startswith("CMD "))
    command = json.loads(line.removeprefix("CMD "))
    assert command[0] == "gunicorn"
    port = free_port()
    environment = {**settings_of(stack), "PORT": str(port), "WEB_CONCURRENCY": "1"}
    with running([sys.executable, "-m", *command], port, environment) as url:
        answer = httpx.get(f"{url}/functions/v1/health", timeout=30)
    assert answer.status_code == 200
    assert answer.json()["database"]["reachable"]


@pytest.mark.parametrize("name", NAMES)
def test_functions_framework_serves_each_alone(stack: Stack, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    use_stack(monkeypatch, stack)
    source = ROOT / "functions" / name.replace("-", "_") / "main.py"
    client = functions_framework.create_app("main", str(source)).test_client()
    assert client.options("/").status_code == 204
    if name == "health":
        assert client.get("/").json["status"] == "ok"
    else:
        answer = client.get("/") if name == "metrics" else client.post("/", json={})
        assert answer.status_code in (401, 404), answer.text
        assert answer.json["error"]["code"]


def test_aws_lambda_serves_them(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    use_stack(monkeypatch, stack)
    from functions.lambda_handler import handler

    event = json.loads((Path(__file__).parent / "lambda_event.json").read_text())
    answer = handler(event, None)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"])["status"] == "ok"
    assert answer["headers"]["x-request-id"] == "recorded-event-1"
    event["rawPath"] = event["requestContext"]["http"]["path"] = "/functions/v1/nothing"
    assert handler(event, None)["statusCode"] == 404


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


def test_forwarders_pass_calls_on(stack: Stack) -> None:
    port = free_port()
    with functions_server(stack, {}) as url:
        environment = {
            "GROUNDWORK_FUNCTIONS_URL": url,
            "DENO_SERVE_ADDRESS": f"tcp:127.0.0.1:{port}",
            "DENO_NO_UPDATE_CHECK": "1",
            "NO_PROXY": "127.0.0.1",
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        command = [
            str(DENO),
            "run",
            "--allow-env",
            "--allow-net",
            "--no-prompt",
            str(EDGE / "health" / "index.ts"),
        ]
        with running(command, port, environment) as edge:
            headers = {"X-Request-Id": "through-the-edge"}
            answer = httpx.get(f"{edge}/health", headers=headers, timeout=30)
            refused = httpx.post(f"{edge}/health", content=b"{}", timeout=30)
    assert answer.json()["status"] == "ok"
    assert answer.headers["X-Request-Id"] == "through-the-edge"
    assert refused.status_code == 405
