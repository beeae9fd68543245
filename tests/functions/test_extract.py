"""Reading files, fetching pages and cutting texts: what the ingestion of a document is made of."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from functions._shared.embeddings import offline
from functions._shared.errors import FunctionError
from functions.ingest import fetch as fetching
from functions.ingest.chunk import CAPACITY, chunks, token_count
from functions.ingest.extract import extract, format_of
from functions.ingest.fetch import fetch
from tests.functions.files import BAD, GOOD, SENTENCE, File, page, pdf


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.name)
def test_every_format_is_read(file: File) -> None:
    found = extract(file.data, format_of(file.media_type, file.name))
    assert SENTENCE in " ".join(found.text.split())
    assert "alert" not in found.text
    if file.name.endswith("html"):
        assert found.title == "Herons of the north"
        assert "Home" not in found.text


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_a_clear_error(name: str) -> None:
    file, status, code = BAD[name]
    begun = time.monotonic()
    with pytest.raises(FunctionError) as caught:
        extract(file.data, file.media_type)
    assert (caught.value.status, caught.value.code) == (status, code)
    assert time.monotonic() - begun < 20


def test_reading_ends_when_its_time_is_up() -> None:
    with pytest.raises(FunctionError) as caught:
        extract(pdf(*[SENTENCE] * 50), "application/pdf", seconds=0.05)
    assert caught.value.code == "too_complex"


@pytest.mark.parametrize(
    ("declared", "name", "expected"),
    [
        ("application/pdf", "x", "application/pdf"),
        ("text/html; charset=utf-8", "", "text/html"),
        ("application/octet-stream", "a.MD", "text/markdown"),
        ("text/plain", "a.csv", "text/csv"),
        (None, "a.txt", "text/plain"),
        ("image/png", "a.pdf", None),
        ("application/octet-stream", "a.exe", None),
        (None, "noending", None),
    ],
)
def test_the_format_is_told_by_type_or_name(declared: str | None, name: str, expected: str | None) -> None:
    if expected is not None:
        assert format_of(declared, name) == expected
        return
    with pytest.raises(FunctionError) as caught:
        format_of(declared, name)
    assert caught.value.status == 415


# Chunks --------------------------------------------------------------------------------------------

BOOK = "\n\n".join(
    f"# Chapter {n}\n\n" + "\n\n".join(f"## Part {n}.{m}\n\n" + f"{SENTENCE} " * 12 for m in range(3))
    for n in range(4)
)


def test_tokens_are_those_of_the_model() -> None:
    for text in (SENTENCE, BOOK, 'fn main() { println!("{}", x); }', "Größe und Übergrößen, 東京都"):
        real = offline().token_count(text) - offline().token_count("a") + 1
        assert abs(token_count(text) - real) <= max(3, real * 0.1) or real > 500, text


def test_passages_follow_headings_and_keep_everything() -> None:
    made = chunks(BOOK, "Herons")
    assert [chunk.index for chunk in made] == list(range(len(made)))
    assert all(chunk.tokens <= CAPACITY[1] for chunk in made)
    for sentence in {line for line in BOOK.splitlines() if line.strip()}:
        assert any(sentence.strip()[:50] in chunk.content for chunk in made)
    inner = next(chunk for chunk in made if "## Part 2.1" in chunk.content)
    assert inner.headings[0] == "Chapter 2"
    assert inner.embedded.startswith("Herons > Chapter 2")


def test_a_passage_that_stays_keeps_its_key() -> None:
    before = {chunk.key for chunk in chunks(BOOK, "Herons")}
    after = {chunk.key for chunk in chunks(BOOK + "\n\n# Chapter 9\n\nNothing more.", "Herons")}
    assert before - after == set() or len(before - after) == 1
    assert {chunk.key for chunk in chunks(BOOK, "Egrets")}.isdisjoint(before)


def test_a_text_without_any_space_is_cut_all_the_same() -> None:
    made = chunks("x" * 20_000, "Xs")
    assert "".join(chunk.content for chunk in made).count("x") >= 20_000


# The web ---------------------------------------------------------------------------------------------


class Site(BaseHTTPRequestHandler):
    """A web site with pages that are good and pages that are not."""

    def do_GET(self) -> None:
        if self.path == "/page":
            self.answer(200, page(SENTENCE), {"Content-Type": "text/html; charset=utf-8"})
        elif self.path == "/moved":
            self.answer(302, b"", {"Location": "/page"})
        elif self.path == "/loop":
            self.answer(302, b"", {"Location": "/loop"})
        elif self.path == "/inside":
            self.answer(302, b"", {"Location": "http://169.254.169.254/latest/meta-data/"})
        elif self.path == "/packed":
            self.answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})
        elif self.path == "/host":
            self.answer(200, self.headers["Host"].encode(), {"Content-Type": "text/plain"})
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        else:
            self.answer(404, b"no", {})

    def answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator who lets this machine be asked."""
    monkeypatch.setenv("INGEST_PRIVATE_NETWORKS", "127.0.0.0/8")


@pytest.mark.usefixtures("inside")
def test_a_page_is_fetched_also_after_a_redirect(site: str) -> None:
    for path in ("/page", "/moved"):
        found = fetch(site + path)
        assert SENTENCE.encode() in found.data
        assert found.media_type.startswith("text/html")
    assert fetch(site + "/host").data.decode() == site.removeprefix("http://")


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/loop", 422, "url_failed"),
        ("/inside", 400, "url_refused"),
        ("/packed", 422, "url_failed"),
        ("/none", 422, "url_failed"),
        ("/endless", 413, "url_too_large"),
    ],
)
def test_pages_that_are_no_good(site: str, path: str, status: int, code: str) -> None:
    with pytest.raises(FunctionError) as caught:
        fetch(site + path)
    assert (caught.value.status, caught.value.code) == (status, code)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:5432/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://user:word@example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "http:///nothing",
        "http://[::1/",
    ],
)
def test_addresses_inside_are_refused(url: str) -> None:
    with pytest.raises(FunctionError) as caught:
        fetch(url)
    assert (caught.value.status, caught.value.code) == (400, "url_refused")


def test_a_name_that_changes_its_address_gains_nothing(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was checked: the name is not resolved twice."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host != "rebind.example":
            return real(host, port, *arguments, **options)
        asked.append(host)
        address = "203.0.113.9" if len(asked) > 1 else "8.8.8.8"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    host, _, address = fetching.checked("http://rebind.example/")
    assert (host, str(address), len(asked)) == ("rebind.example", "8.8.8.8", 1)

    def both(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    with pytest.raises(FunctionError, match="not public"):
        fetching.checked("http://both.example/")
