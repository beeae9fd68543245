"""What the gateway adds to a call, key, reservation and ledger included, beside LiteLLM's proxy without any of it.

    python -m tests.benchmarks.gateway .env.bench      # the output of `groundwork status -o env`

Both stand before the same local provider, which is also called directly; what is added is the difference to that.
LiteLLM's pins do not go together with ours, so it gets a virtual environment of its own (LITELLM names the program
of another). Prints a table, and the figures as JSON at the end.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.conftest import running_stack
from tests.functions.models import ModelServer, await_port, model_server
from tests.functions.people import found_organization, newcomer
from tests.functions.server import functions_server
from tests.support import ROOT, Stack, free_port

LITELLM = "litellm[proxy]==1.106.2"
BODY = {
    "model": "words-20",
    "messages": [{"role": "user", "content": "What is there for lunch?"}],
    "max_tokens": 100,
}
WARM_UP, CALLS, CLIENTS = 32, 160, 16


def litellm_program() -> Path:
    """Return LiteLLM's program, installed when it is missing."""
    if given := os.environ.get("LITELLM"):
        return Path(given)
    home = ROOT / ".groundwork" / "litellm"
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


def timed(client: httpx.Client, url: str, key: str) -> float:
    """Return the milliseconds of one call."""
    begun = time.perf_counter()
    answer = client.post(f"{url}/chat/completions", json=BODY, headers={"Authorization": f"Bearer {key}"})
    elapsed = (time.perf_counter() - begun) * 1000
    assert answer.status_code == 200, answer.text
    return elapsed


def measure(url: str, key: str, clients: int) -> tuple[float, float]:
    """Return p50 and p95 in milliseconds of calls by so many clients, each with its own connection."""

    def one(calls: int) -> list[float]:
        with httpx.Client(timeout=60, trust_env=False) as client:
            return [timed(client, url, key) for _ in range(calls)]

    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(one, [WARM_UP // clients + 1] * clients))
        found = [one for some in pool.map(one, [CALLS // clients] * clients) for one in some]
    cuts = statistics.quantiles(found, n=20)
    return cuts[9], cuts[18]


def run(stack: Stack, rounds: int = 3) -> dict[str, Any]:
    """Return what both add, in milliseconds, and the ratio; each round measures all three one after the other."""
    owner = newcomer(stack)
    organization = found_organization(owner)
    made: Any = owner.client.rpc(
        "create_api_key", {"p_organization_id": organization, "p_name": "bench"}
    ).execute()
    with tempfile.TemporaryDirectory() as name, model_server(Path(name)) as models:
        providers = f'[providers.local]\nbase_url = "{models.url}/v1"\n'
        with (
            litellm_proxy(models, Path(name)) as litellm,
            functions_server(stack, {"GROUNDWORK_PROVIDERS": providers}, workers=1, threads=32) as functions,
        ):
            places = {
                "direct": (f"{models.url}/v1", "unused"),
                "groundwork": (f"{functions}/openai/v1", made.data["key"]),
                "litellm": (litellm, "unused"),
            }
            return compared(places, rounds)


def compared(places: dict[str, tuple[str, str]], rounds: int) -> dict[str, Any]:
    """Return the medians of all rounds."""
    figures: dict[str, Any] = {}
    for clients in (1, CLIENTS):
        taken: dict[str, list[tuple[float, float]]] = {place: [] for place in places}
        for _ in range(rounds):
            for place, (url, key) in places.items():
                taken[place].append(measure(url, key, clients))
        for index, quantile in enumerate(("p50", "p95")):
            whole = {place: statistics.median(pair[index] for pair in pairs) for place, pairs in taken.items()}
            ours, theirs = whole["groundwork"] - whole["direct"], whole["litellm"] - whole["direct"]
            label = f"{quantile}_{clients}"
            print(  # noqa: T201 - it is a program
                f"{quantile}, {clients:2} at once: provider {whole['direct']:.1f} ms, groundwork adds {ours:6.1f},"
                f" LiteLLM adds {theirs:6.1f}: {ours / theirs:.2f} of it",
                flush=True,
            )
            figures |= {f"added_ms_{label}": ours, f"litellm_added_ms_{label}": theirs}
            figures[f"added_vs_litellm_{label}"] = ours / theirs
    return {f"gateway.{name}": round(value, 3) for name, value in figures.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(running_stack(Path(sys.argv[1]))), indent=1) + "\n")
