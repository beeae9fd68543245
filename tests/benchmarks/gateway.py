"""What the gateway adds to a call, key, reservation and ledger included, beside LiteLLM's proxy without any of it.

Both stand before the same local provider, which is also called directly: what is added is the difference to that.
The three take turns, a few calls each. LiteLLM's pins do not go together with ours, so it gets a virtual
environment of its own (LITELLM names the program of another).
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import tempfile
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks.harness import Bench
from tests.functions.models import ModelServer, await_port, model_server
from tests.functions.people import found_organization, newcomer
from tests.functions.server import functions_server
from tests.support import ROOT, free_port

LITELLM = "litellm[proxy]==1.106.2"
BODY = {
    "model": "words-20",
    "messages": [{"role": "user", "content": "What is there for lunch?"}],
    "max_tokens": 100,
}
CLIENTS = {"one": 1, "sixteen": 16}
WARM_UP, CALLS, TURN = 80, 800, 80


@dataclass(frozen=True)
class Place:
    """Where the provider's answer can be had."""

    url: str
    key: str

    def call(self, client: httpx.Client) -> float:
        """Return the milliseconds of one call."""
        begun = time.perf_counter()
        headers = {"Authorization": f"Bearer {self.key}"}
        answer = client.post(f"{self.url}/chat/completions", json=BODY, headers=headers)
        elapsed = (time.perf_counter() - begun) * 1000
        assert answer.status_code == 200, answer.text
        return elapsed


def litellm_program() -> Path:
    """Return LiteLLM's program, installed when it is missing."""
    if given := os.environ.get("LITELLM"):
        return Path(given)
    home = ROOT / ".groundwork" / ".litellm"
    program = home / "bin" / "litellm"
    if not program.exists():
        venv.create(home, with_pip=True)
        subprocess.run([home / "bin" / "pip", "install", "-q", LITELLM], check=True)
    return program


@contextmanager
def litellm_proxy(models: ModelServer, folder: Path) -> Iterator[str]:
    """Run the proxy without database, keys or budgets: one process, as the functions have one."""
    port = free_port()
    parameters = {"model": "openai/words-20", "api_base": f"{models.url}/v1", "api_key": "unused"}
    config = {"model_list": [{"model_name": "words-20", "litellm_params": parameters}]}
    file = folder / "litellm.yaml"
    file.write_text(json.dumps(config))
    command = [str(litellm_program()), "--config", str(file), "--port", str(port), "--host", "127.0.0.1"]
    # Otherwise it asks the network for a map of prices, and insists on a key.
    environment = {**os.environ, "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    environment["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"
    with (folder / "litellm.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            await_port(port, 180)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def places(bench: Bench) -> Iterator[dict[str, Place]]:
    """Yield the three: the provider itself, and both gateways before it."""
    owner = newcomer(bench.stack)
    organization = found_organization(owner)
    arguments = {"p_organization_id": organization, "p_name": "bench"}
    made: Any = owner.client.rpc("create_api_key", arguments).execute().data
    with tempfile.TemporaryDirectory() as name, ExitStack() as running:
        models = running.enter_context(model_server(Path(name)))
        providers = f'[providers.local]\nbase_url = "{models.url}/v1"\n'
        environment = {"GROUNDWORK_PROVIDERS": providers}
        with bench.step("starting LiteLLM's proxy"):
            litellm = running.enter_context(litellm_proxy(models, Path(name)))
        functions = running.enter_context(functions_server(bench.stack, environment, workers=1, threads=32))
        yield {
            "provider": Place(f"{models.url}/v1", "unused"),
            "groundwork": Place(f"{functions}/openai/v1", made["key"]),
            "litellm": Place(litellm, "unused"),
        }


def turn(place: Place, clients: list[httpx.Client], calls: int) -> list[float]:
    """Return the milliseconds of about so many calls, which the clients make at once."""

    def some(client: httpx.Client) -> list[float]:
        return [place.call(client) for _ in range(-(-calls // len(clients)))]

    with ThreadPoolExecutor(len(clients)) as pool:
        return [one for found in pool.map(some, clients) for one in found]


def measured(bench: Bench, found: dict[str, Place], label: str) -> dict[str, list[float]]:
    """Return the milliseconds of each place's calls by so many clients, each with a connection of its own."""
    calls, taken = bench.size(CALLS, TURN), {name: list[float]() for name in found}
    with ExitStack() as opened, bench.step(f"{label} at once", calls) as progress:
        clients = {
            name: [opened.enter_context(httpx.Client(timeout=60, trust_env=False)) for _ in range(CLIENTS[label])]
            for name in found
        }
        for name, place in found.items():
            turn(place, clients[name], WARM_UP)
        for done in range(0, calls, TURN):
            for name, place in found.items():
                taken[name] += turn(place, clients[name], TURN)
            progress(done + TURN)
    return taken


def run(bench: Bench) -> None:
    """Report what we add as a share of what LiteLLM adds, at the median and at the slowest twentieth."""
    with places(bench) as found:
        for label in CLIENTS:
            cuts = {
                name: statistics.quantiles(taken, n=20) for name, taken in measured(bench, found, label).items()
            }
            for quantile, index in (("p50", 9), ("p95", 18)):
                bare = cuts["provider"][index]
                ours, theirs = cuts["groundwork"][index] - bare, cuts["litellm"][index] - bare
                note = f"adds {ours:.1f} ms, LiteLLM {theirs:.1f} ms, to the provider's {bare:.1f} ms"
                bench.report(f"added_{quantile}_vs_litellm.{label}", ours / theirs, at_most=1, note=note)
