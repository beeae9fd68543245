"""Reading files, fetching pages and cutting texts: what the ingestion of a document is made of."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from functions._shared.embeddings import offline
from functions._shared.errors import FunctionError
from functions.ingest import fetch as fetching
from functions.ingest.chunk import CAPACITY, chunks, headings_of, token_count
from functions.ingest.extract import extract, format_of
from functions.ingest.fetch import fetch
from tests.functions.files import BAD, GOOD, SENTENCE, File, pdf
from tests.functions.site import web_site


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
    with pytest.raises(FunctionError) as caught:
        extract(file.data, file.media_type)
    assert (caught.value.status, caught.value.code) == (status, code)


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


HOSTILE = {
    "fences": "~~~x\n" * 20_000,
    "hashes": "# " + "#" * 100_000 + "x",
    "spaced hashes": "# " * 50_000 + "x",
    "headings": "# a\n" * 25_000,
    "headings and fences": "# a\n```\n```\n" * 8_000,
    "one word": "x" * 100_000,
    "no spaces": "東" * 60_000,
    "quotes": ">" * 100_000,
    "table": "|" * 50_000 + "\n" + "|-" * 25_000 + "|\n",
    "accents": "a" + "\u0301" * 100_000,
    "links": "[a](" * 25_000,
    "comments": "<!--" * 25_000,
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_is_made_to_take_hours_does_not(name: str) -> None:
    made = chunks(HOSTILE[name], "Hostile")
    assert sum(len(chunk.content) for chunk in made) > 30_000
    assert all(chunk.tokens <= CAPACITY[1] for chunk in made)


def test_what_is_in_code_is_no_heading() -> None:
    text = "# One #\n\n```sh\n# no\n```\n\n## *Two*\r\n\n~~~\n# no\n```\n# no\n~~~\n#no\n### Three\n```\n# no"
    assert [(level, words) for _, level, words in headings_of(text)] == [(1, "One"), (2, "Two"), (3, "Three")]
    assert [text[start] for start, _, _ in headings_of(text)] == ["#"] * 3


# The web ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with web_site() as url:
        yield url


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
        "http://0/",
        "http://0177.0.0.1/",
        "http://127。0。0。1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://2130706433/",
        "http://0x7f.0.0.1/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://172.16.3.4/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://192.0.0.192/latest/",
        "http://192.88.99.1/",
        "http://168.63.129.16/",
        "http://[::ffff:192.0.0.192]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[::127.0.0.1]/",
        "http://[::]/",
        "http://[fe80::1]/",
        "http://[fec0::1]/",
        "http://[fd00::1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
        "http://224.0.0.1/",
        "http://user:word@example.com/",
        "http://example.com\\@127.0.0.1/",
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


def resolving(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[list[str]]]) -> list[str]:
    """Let names lead to other addresses each time they are resolved; return the list of what is asked for."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def answer(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
        if host not in names:
            return real(host, port, *arguments, **options)
        asked.append(host)
        addresses = names[host].pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return asked


@pytest.mark.usefixtures("inside")
def test_the_connection_goes_to_the_address_that_was_checked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere the next moment gains nothing: it is resolved once."""
    port = site.rpartition(":")[2]
    asked = resolving(monkeypatch, {"rebind.example": [["127.0.0.1"], ["10.0.0.1"]]})
    assert fetch(f"http://rebind.example:{port}/host").data.decode() == f"rebind.example:{port}"
    assert asked == ["rebind.example"]


@pytest.mark.usefixtures("inside")
def test_names_that_lead_inside_are_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inside = {"inside.example": [["10.0.0.1"]], "both.example": [["8.8.8.8", "192.168.0.1"]]}
    asked = resolving(monkeypatch, inside)
    for url in (f"{site}/named", "http://both.example/"):
        with pytest.raises(FunctionError, match="not public"):
            fetch(url)
    assert asked == ["inside.example", "both.example"]


@pytest.mark.usefixtures("inside")
def test_a_host_of_other_letters_is_asked_by_its_ascii_name(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = site.rpartition(":")[2]
    name = "xn--bcher-kva.example"
    asked = resolving(monkeypatch, {name: [["127.0.0.1"], ["10.0.0.1"], ["10.0.0.1"]]})
    assert fetch(f"http://bücher.example:{port}/host").data.decode() == f"{name}:{port}"
    for host in ("bücher.example", "BÜCHER。example"):
        with pytest.raises(FunctionError, match="not public"):
            fetch(f"http://{host}:{port}/host")
    assert asked == [name] * 3
    with pytest.raises(FunctionError) as caught:
        fetch("http://ä..example/")
    assert (caught.value.status, caught.value.code) == (422, "url_failed")


@pytest.mark.usefixtures("inside")
def test_a_page_that_drips_is_given_up(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "SECONDS", 0.5)
    with pytest.raises(FunctionError) as caught:
        fetch(site + "/dripping")
    assert (caught.value.status, caught.value.code) == (504, "url_timed_out")
