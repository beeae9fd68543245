"""POST /functions/v1/ingest on the real stack: what becomes of documents, whoever kills whatever when."""

from __future__ import annotations

import io
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import psycopg
import pytest

from functions._shared import clients
from functions._shared.caller import Caller
from functions._shared.embeddings import Vector, offline
from functions._shared.settings import Settings
from functions.ingest import outcome
from functions.ingest.queue import Job, LeaseLostError, Queue
from functions.ingest.work import Turn, process
from functions.ingest.worker import drain
from tests.functions.faulty import FaultyGateway, faulty_gateway
from tests.functions.files import BAD, GOOD, PICTURE, SENTENCE, pdf
from tests.functions.people import Person, found_organization, newcomer, use_stack
from tests.functions.site import Site, web_site
from tests.support import Stack

BIRDS = ["heron", "stork", "crane", "egret", "ibis", "bittern", "spoonbill", "avocet", "curlew", "godwit"]


def book(chapters: int) -> str:
    """Return a text of so many passages, one a chapter."""
    return "\n\n".join(
        f"# The {bird}\n\n" + f"The {bird} nests in the reeds of the marshes, far from us. " * 9
        for bird in BIRDS[:chapters]
    )


@pytest.fixture(scope="module")
def author(stack: Stack) -> Person:
    return newcomer(stack)


@pytest.fixture(scope="module")
def queue(stack: Stack) -> Queue:
    return Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key))


@pytest.fixture
def database(stack: Stack) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        yield connection


def ingest(stack: Stack, person: Person, *, wait: bool = True, **options: Any) -> httpx.Response:
    url = f"{stack.functions_url}/ingest{'?wait=true' if wait else ''}"
    return httpx.post(url, headers={"Authorization": f"Bearer {person.token}"}, timeout=120, **options)


def made(answer: httpx.Response, status: int = 200) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["document_id"])


def passages(person: Person, document: str) -> list[dict[str, Any]]:
    query = person.client.table("document_chunks").select("id,chunk_index,content,token_count")
    return query.eq("document_id", document).order("chunk_index").execute().data


def found(person: Person, query: str) -> list[str]:
    answer = json.loads(person.client.functions.invoke("search", {"body": {"query": query, "mode": "keyword"}}))
    return [result["document_id"] for result in answer["results"]]


def status(person: Person, document: str) -> dict[str, Any]:
    rows = person.client.table("document_processing_status").select("*").eq("document_id", document).execute().data
    return dict(rows[0])


def eventually(person: Person, document: str, wanted: str) -> dict[str, Any]:
    deadline = time.monotonic() + 40
    while (row := status(person, document))["status"] != wanted:
        assert time.monotonic() < deadline, row
        time.sleep(0.1)
    return row


def left_alone(database: psycopg.Connection[Any], person: Person, text: str | None, **more: Any) -> str:
    """Return a document that is queued, and due only in an hour: no worker takes it by itself."""
    with database.transaction():
        database.execute("select set_config('role', 'authenticated', true)")
        claims = json.dumps({"sub": person.id, "role": "authenticated"})
        database.execute("select set_config('request.jwt.claims', %s, true)", [claims])
        arguments = {"p_title": "Birds", "p_content": text, **more}
        names = ", ".join(f"{name} => %({name})s" for name in arguments)
        row = database.execute(f"select public.ingest_document({names})", arguments).fetchone()
        database.execute("reset role")
        document = str(row[0]["document_id"])  # type: ignore[index]
        database.execute(
            "update private.ingestions set run_after = now() + interval '1 hour' where document_id = %s",
            [document],
        )
    return document


# What comes in ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", [GOOD[0], GOOD[1], GOOD[5]], ids=lambda file: file.name)
def test_an_upload_is_found_and_its_original_downloaded(stack: Stack, file: Any) -> None:
    person = newcomer(stack)
    document = made(ingest(stack, person, files={"file": (file.name, file.data, file.media_type)}))
    assert found(person, "heron reeds") == [document]
    row = person.client.table("documents").select("*").eq("id", document).execute().data[0]
    assert (row["title"], row["mime_type"], row["visibility"]) == ("birds", file.media_type, "private")
    assert row["storage_path"].startswith(row["organization_id"] + "/")
    assert person.client.storage.from_("documents").download(row["storage_path"]) == file.data
    signed = person.client.storage.from_("documents").create_signed_url(row["storage_path"], 60)
    assert httpx.get(signed["signedURL"]).content == file.data


def test_without_waiting_it_is_202_and_the_worker_does_it(stack: Stack, author: Person) -> None:
    text = f"{SENTENCE} {uuid.uuid4()}"
    document = made(ingest(stack, author, wait=False, json={"title": "Later", "content": text}), 202)
    row = eventually(author, document, "completed")
    assert (row["chunks_total"], row["chunks_completed"], row["attempts"]) == (1, 1, 1)
    assert passages(author, document)[0]["content"] == text


def test_a_file_in_the_bucket_is_ingested_by_its_path(stack: Stack, author: Person) -> None:
    organization = author.client.table("organizations").select("id").execute().data[0]["id"]
    path = f"{organization}/reports/{uuid.uuid4()}.pdf"
    author.client.storage.from_("documents").upload(
        path, pdf("Otters eat crayfish."), {"content-type": "application/pdf"}
    )
    document = made(ingest(stack, author, json={"storage_path": path, "title": "Otters"}))
    assert found(author, "crayfish") == [document]
    stranger = newcomer(stack)
    assert ingest(stack, stranger, json={"storage_path": path}).status_code == 404


def test_the_same_content_is_one_document(stack: Stack, author: Person) -> None:
    text = {"title": "Once", "content": f"Only once. {uuid.uuid4()}"}
    first = made(ingest(stack, author, json=text))
    assert made(ingest(stack, author, json={**text, "title": "Twice"})) == first
    file = {"file": ("a.md", f"A file, once. {uuid.uuid4()}".encode(), "text/markdown")}
    second = made(ingest(stack, author, files=file))
    assert made(ingest(stack, author, files=file)) == second
    organization = author.client.table("organizations").select("id").execute().data[0]["id"]
    row = {"name": f"c-{uuid.uuid4()}"}
    collection = author.client.table("document_collections").insert(row).execute().data[0]["id"]
    third = made(ingest(stack, author, json={**text, "collection_id": collection}))
    assert third != first
    kept = (
        author.client.table("documents").select("storage_path").eq("id", second).execute().data[0]["storage_path"]
    )
    names = [one["name"] for one in author.client.storage.from_("documents").list(organization) if one["id"]]
    assert kept.split("/")[1] in names
    other = newcomer(stack)
    assert made(ingest(stack, other, json=text)) != first


def test_a_changed_document_is_embedded_where_it_changed(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    text = book(10) + f" {uuid.uuid4()}"
    document = left_alone(database, author, text)
    first, second, third = Counted(), Counted(), Counted()
    assert process(queue, claimed(queue, document), first) == "completed"
    assert first.passages == len(passages(author, document)) >= 10
    changed = text.replace("egret", "snowy egret")
    assert left_alone(database, author, changed, p_document_id=document) == document
    assert process(queue, claimed(queue, document), second) == "completed"
    assert second.passages == 1
    assert any("snowy" in row["content"] for row in passages(author, document))
    left_alone(database, author, changed, p_document_id=document)
    assert process(queue, claimed(queue, document), third) == "completed"
    assert third.passages == 0


def test_an_address_without_a_title_takes_that_of_its_page(
    author: Person,
    queue: Queue,
    database: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("INGEST_PRIVATE_NETWORKS", "127.0.0.0/8")

    def title(document: str) -> str:
        row = database.execute("select title from documents where id = %s", [document]).fetchone()
        return str(row[0])  # type: ignore[index]

    def made_of(url: str, name: str | None = None) -> str:
        return left_alone(database, author, None, p_source_url=url, p_title=name)

    with web_site() as site:
        page = made_of(f"{site}/page")
        assert title(page) == f"{site}/page", "until it is read"
        assert process(queue, claimed(queue, page), offline()) == "completed"
        assert title(page) == "Herons of the north"
        assert page in found(author, "wardens counted")

        changed = b"<html><title>Egrets</title><body><p>" + b"Now they are white. " * 40
        monkeypatch.setitem(Site.PAGES, "/page", (200, changed, {"Content-Type": "text/html"}))
        assert made_of(f"{site}/page") == page
        assert process(queue, claimed(queue, page), offline()) == "completed"
        assert title(page) == "Egrets", "as long as nobody gave another"

        author.client.table("documents").update({"title": "My birds"}).eq("id", page).execute()
        assert made_of(f"{site}/page") == page
        assert process(queue, claimed(queue, page), offline()) == "completed"
        assert title(page) == "My birds"

        given = made_of(f"{site}/moved", "Given")
        assert process(queue, claimed(queue, given), offline()) == "completed"
        assert title(given) == "Given"

        untitled = made_of(f"{site}/untitled")
        assert process(queue, claimed(queue, untitled), offline()) == "completed"
        assert title(untitled) == f"{site}/untitled"


def test_a_changed_document_keeps_the_passages_that_did_not_change(stack: Stack, author: Person) -> None:
    text = book(5) + f" {uuid.uuid4()}"
    document = made(ingest(stack, author, json={"title": "Book", "content": text}))
    before = passages(author, document)
    changed = "# Preface\n\nA word about waders.\n\n" + text.replace("egret", "snowy egret")
    assert made(ingest(stack, author, json={"document_id": document, "content": changed})) == document
    after = passages(author, document)
    assert [row["chunk_index"] for row in after] == list(range(len(after)))
    stayed = {row["id"] for row in before} & {row["id"] for row in after}
    assert len(stayed) == 3, "the stork, the crane and the ibis"
    texts = {row["id"]: row["content"] for row in before}
    assert all(row["content"] == texts[row["id"]] for row in after if row["id"] in stayed)
    assert any("snowy" in row["content"] for row in after)
    assert document in found(author, "waders")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "invalid_request"),
        ({"title": "a", "content": "b", "url": "https://example.com"}, 400, "invalid_request"),
        ({"content": "no title"}, 400, "invalid_request"),
        ({"title": "a", "content": " "}, 400, "invalid_request"),
        ({"url": "ftp://example.com"}, 400, "invalid_request"),
        ({"url": "http://169.254.169.254/latest"}, 400, "url_refused"),
        ({"url": "http://localhost:5432/"}, 400, "url_refused"),
        ({"storage_path": "nowhere/at/all.pdf"}, 404, "file_not_found"),
        ({"title": "a", "content": "b", "organization_id": str(uuid.uuid4())}, 404, "not_found"),
        ({"title": "a", "content": "b", "collection_id": str(uuid.uuid4())}, 404, "not_found"),
        ({"document_id": str(uuid.uuid4()), "content": "b"}, 404, "not_found"),
        ({"document_id": str(uuid.uuid4()), "content": "b", "visibility": "private"}, 400, "invalid_request"),
        ({"url": f"https://example.com/{'鷺' * 1_000}"}, 400, "invalid_request"),
    ],
)
def test_what_cannot_be_ingested(
    stack: Stack, author: Person, body: dict[str, Any], status: int, code: str
) -> None:
    answer = ingest(stack, author, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_uploads_that_cannot_be_ingested(stack: Stack, author: Person) -> None:
    for files, data, status in (
        ({"other": ("a.md", b"x")}, {}, 400),
        ({"file": ("a.md", b"")}, {}, 400),
        ({"file": ("a.exe", b"MZ", "application/x-msdownload")}, {}, 415),
        ({"file": ("a.md", b"# x", "text/markdown")}, {"organization_id": "mine"}, 400),
        ({"file": ("a.md", b"# x", "text/markdown")}, {"organization_id": str(uuid.uuid4())}, 403),
        ({"file": ("a.pdf", b"not one", "application/pdf")}, {}, 422),
    ):
        answer = ingest(stack, author, files=files, data=data)
        assert answer.status_code == status, answer.text
    assert httpx.post(f"{stack.functions_url}/ingest", json={"title": "a", "content": "b"}).status_code == 401
    assert ingest(stack, author, content=b"x" * (52 * 1024**2)).status_code == 413


def stored(database: psycopg.Connection[Any], person: Person) -> tuple[int, ...]:
    """Return how many documents, files and jobs there are of somebody's."""
    row = database.execute(
        "select (select count(*) from documents where created_by = %(id)s),"
        " (select count(*) from storage.objects where owner_id = %(id)s::text),"
        " (select count(*) from private.ingestions i join documents d on d.id = i.document_id"
        "  where d.created_by = %(id)s)",
        {"id": person.id},
    ).fetchone()
    assert row is not None
    return tuple(int(str(one)) for one in row)


def test_what_is_refused_leaves_nothing(stack: Stack, author: Person, database: psycopg.Connection[Any]) -> None:
    stranger = newcomer(stack)
    theirs = author.client.table("organizations").select("id").is_("is_personal", "true").execute().data[0]["id"]
    row = {"name": f"c-{uuid.uuid4()}"}
    collection = author.client.table("document_collections").insert(row).execute().data[0]["id"]
    path = f"{theirs}/{uuid.uuid4()}.md"
    author.client.storage.from_("documents").upload(path, b"# Mine", {"content-type": "text/markdown"})
    document = made(ingest(stack, author, json={"title": "Mine", "content": f"Mine. {uuid.uuid4()}"}))
    text = {"title": "a", "content": "b"}
    file = {"file": ("a.md", b"# a", "text/markdown")}

    def endless() -> Iterator[bytes]:
        for _ in range(60):
            yield b"x" * 1024**2

    for options, status in (
        ({"json": {**text, "organization_id": theirs}}, 404),
        ({"json": {**text, "collection_id": collection}}, 404),
        ({"json": {**text, "document_id": document}}, 404),
        ({"json": {"storage_path": path}}, 404),
        ({"json": {"storage_path": f"{theirs}/nothing.md"}}, 404),
        ({"json": {**text, "content": "x" * 4_000_001}}, 400),
        ({"json": {**text, "team_id": str(uuid.uuid4()), "visibility": "team"}}, 403),
        ({"files": file, "data": {"organization_id": theirs}}, 403),
        ({"files": file, "data": {"collection_id": collection}}, 404),
        ({"files": file, "data": {"document_id": document}}, 404),
        ({"files": file, "data": {"visibility": "everybody"}}, 400),
        ({"files": {"file": ("a.png", PICTURE, "image/png")}}, 415),
        ({"files": {"file": ("a.pdf", b"x" * (50 * 1024**2 + 1), "application/pdf")}}, 413),
        ({"files": [("file", file["file"]), ("other", file["file"])]}, 400),
        ({"files": [("file", file["file"]), ("file", file["file"])]}, 400),
        ({"content": endless(), "headers": {"Content-Type": "application/json"}}, 413),
    ):
        headers = {"Authorization": f"Bearer {stranger.token}", **options.pop("headers", {})}  # type: ignore[attr-defined]
        url = f"{stack.functions_url}/ingest?wait=true"
        answer = httpx.post(url, headers=headers, timeout=120, **options)  # type: ignore[arg-type]
        assert answer.status_code == status, (options.keys(), answer.text[:500])
        error = answer.json()["error"]
        assert error["code"] and error["message"] and error["hint"]
        assert stored(database, stranger) == (0, 0, 0), (options.keys(), status)
    assert passages(author, document), "and takes nothing from anybody else"


@pytest.mark.parametrize("name", ["zip bomb", "endless pdf", "picture as text", "locked pdf"])
def test_a_file_that_cannot_be_read_says_why_and_has_no_passages(
    stack: Stack, database: psycopg.Connection[Any], name: str
) -> None:
    file, expected, code = BAD[name]
    person = newcomer(stack)
    answer = ingest(stack, person, files={"file": (file.name, file.data, file.media_type)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (expected, code)
    assert stored(database, person) == (1, 1, 1)
    (document,) = (row["id"] for row in person.client.table("documents").select("id").execute().data)
    row = status(person, document)
    assert (row["status"], row["stage"], row["attempts"]) == ("failed", code, 1)
    assert row["error_message"] == answer.json()["error"]["message"]
    assert passages(person, document) == []


@pytest.fixture
def gateway(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyGateway]:
    """A way to the stack that things are lost on, for the functions in this process."""
    use_stack(monkeypatch, stack)
    with faulty_gateway(stack.api_url) as opened:
        monkeypatch.setenv("SUPABASE_URL", opened.url)
        yield opened


@pytest.mark.parametrize("fault", [500, 503, "dropped"])
def test_a_storage_that_is_away_is_told(author: Person, gateway: FaultyGateway, fault: int | str) -> None:
    gateway.faults["/storage/"] = fault
    path = {"storage_path": f"{uuid.uuid4()}/a.md"}
    file = {"file": (io.BytesIO(b"# A file"), "a.md", "text/markdown")}
    for options in ({"json": path}, {"data": file}):
        answer = author.call("POST", "/ingest", **options)
        assert (answer.status_code, answer.json["error"]["code"]) == (503, "storage_unreachable")
    gateway.faults.clear()
    for missing in (path["storage_path"], f"{uuid.uuid4()}/../a.md"):
        refused = author.call("POST", "/ingest", json={"storage_path": missing})
        assert (refused.status_code, refused.json["error"]["code"]) == (404, "file_not_found")


def test_a_document_whose_making_was_not_heard_of_keeps_its_file(
    stack: Stack, gateway: FaultyGateway, database: psycopg.Connection[Any]
) -> None:
    person = newcomer(stack)
    gateway.faults["/rest/v1/rpc/ingest_document"] = "lost"
    text = f"# A heron\n\nNobody heard of it. {uuid.uuid4()}".encode()

    def send() -> Any:
        file = {"file": (io.BytesIO(text), "a.md", "text/markdown")}
        return person.call("POST", "/ingest?wait=true", data=file)

    assert send().status_code == 503
    assert stored(database, person) == (1, 1, 1)
    row = person.client.table("documents").select("id,storage_path").execute().data[0]
    assert person.client.storage.from_("documents").download(row["storage_path"]) == text
    gateway.faults.clear()
    eventually(person, row["id"], "completed")
    again = send()
    assert (again.status_code, again.json["document_id"]) == (200, row["id"])
    assert stored(database, person) == (1, 1, 1)


def test_a_file_that_failed_as_one_type_is_read_as_another(
    stack: Stack, database: psycopg.Connection[Any]
) -> None:
    person = newcomer(stack)
    data = pdf("Otters eat crayfish.")
    as_text = ingest(stack, person, files={"file": ("birds.txt", data, "text/plain")})
    assert as_text.status_code == 422
    (document,) = (row["id"] for row in person.client.table("documents").select("id").execute().data)
    assert made(ingest(stack, person, files={"file": ("otters.pdf", data, "application/pdf")})) == document
    assert found(person, "crayfish") == [document]
    row = person.client.table("documents").select("*").eq("id", document).execute().data[0]
    assert (row["title"], row["mime_type"], row["storage_path"][-4:]) == ("birds", "application/pdf", ".pdf")
    assert person.client.storage.from_("documents").download(row["storage_path"]) == data
    assert made(ingest(stack, person, files={"file": ("birds.txt", data, "text/plain")})) == document
    assert found(person, "crayfish") == [document], "what succeeded stays as it is"


def test_files_that_cannot_be_removed_do_not_keep_documents_waiting(
    stack: Stack, author: Person, gateway: FaultyGateway, database: psycopg.Connection[Any]
) -> None:
    gateway.faults["/storage/"] = 503
    queue = Queue(Settings(gateway.url, stack.anon_key, stack.service_role_key))
    document = left_alone(database, author, f"Waiting {uuid.uuid4()}")
    database.execute("update private.ingestions set run_after = now() where document_id = %s", [document])
    path = f"{uuid.uuid4()}/gone.md"
    database.execute("insert into private.storage_removals (path) values (%s)", [path])
    drain(queue, offline(), 20)
    assert gateway.met, "Storage was asked"
    eventually(author, document, "completed")
    database.execute("delete from private.storage_removals where path = %s", [path])


def test_a_document_that_takes_longer_than_other_calls_may_is_completed(
    stack: Stack, author: Person, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clients, "SECONDS", 5.0)
    clients.pool.cache_clear()
    word = uuid.uuid4().hex
    database.execute(
        "create function public.test_slowly() returns trigger language plpgsql"
        " as $$ begin perform pg_sleep(9); return new; end $$"
    )
    try:
        database.execute(
            "create trigger test_slowly before insert on document_chunks for each row"
            f" when (new.content like '%{word}%') execute function public.test_slowly()"  # type: ignore[arg-type]
        )
        document = left_alone(database, author, f"As long as a long one: {word}")
        queue = Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key))
        assert process(queue, claimed(queue, document), offline()) == "completed"
    finally:
        database.execute("drop function public.test_slowly() cascade")
        clients.pool.cache_clear()
    assert len(passages(author, document)) == 1


def test_requests_process_two_documents_at_a_time_and_leave_others_to_the_worker(
    stack: Stack, author: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_stack(monkeypatch, stack)
    monkeypatch.setattr(outcome, "process", lambda *_: pytest.fail("there is no room for it"))
    body = {"title": "Busy", "content": f"Everybody is busy. {uuid.uuid4()}"}
    with outcome.AT_ONCE, outcome.AT_ONCE:
        answer = author.call("POST", "/ingest?wait=true", json=body)
    assert (answer.status_code, answer.json["status"]) == (200, "completed")


def test_a_viewer_makes_no_document_and_a_member_does(stack: Stack) -> None:
    owner, guest = newcomer(stack), newcomer(stack)
    organization = found_organization(owner)
    member = {"organization_id": organization, "user_id": guest.id, "role": "viewer"}
    owner.client.table("organization_members").insert(member, returning="minimal").execute()  # type: ignore[arg-type]
    body = {"title": "a", "content": "An otter.", "organization_id": organization, "visibility": "organization"}
    file = {"file": ("a.md", b"# An otter", "text/markdown")}
    assert ingest(stack, guest, json=body).status_code == 403
    assert ingest(stack, guest, files=file, data={"organization_id": organization}).status_code == 403
    owner.client.rpc(
        "change_member_role", {"p_organization_id": organization, "p_user_id": guest.id, "p_role": "member"}
    ).execute()
    document = made(ingest(stack, guest, json=body))
    assert found(owner, "otter") == [document]


# Who is killed, and when --------------------------------------------------------------------------------


class Counted:
    """The offline model, which counts what it embeds, and is killed after so many batches."""

    model = offline().model
    dimensions = offline().dimensions

    def __init__(self, killed_after: int | None = None) -> None:
        self.batches = 0
        self.passages = 0
        self.killed_after = killed_after

    def embed_queries(self, texts: Sequence[str]) -> list[Vector]:
        return offline().embed_queries(texts)

    def embed_passages(self, texts: Sequence[str]) -> list[Vector]:
        if self.batches == self.killed_after:
            raise KeyboardInterrupt
        self.batches += 1
        self.passages += len(texts)
        return offline().embed_passages(texts)


def claimed(queue: Queue, document: str) -> Job:
    job = queue.claim(document)
    assert job is not None
    return job


def expire(database: psycopg.Connection[Any], document: str) -> None:
    database.execute(
        "update private.ingestions set leased_until = now() - interval '1 second' where document_id = %s",
        [document],
    )


def test_killed_in_the_middle_nothing_is_found_and_the_next_one_finishes(
    stack: Stack, author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, book(10) + f" {uuid.uuid4()}")
    with pytest.raises(KeyboardInterrupt):
        process(queue, claimed(queue, document), Counted(killed_after=1))
    assert passages(author, document) == []
    assert document not in found(author, "heron")
    row = status(author, document)
    assert (row["status"], row["chunks_completed"]) == ("processing", 8)
    assert queue.claim(document) is None, "somebody holds it"
    expire(database, document)
    job = queue.claim(document)
    if job is None:
        eventually(author, document, "completed")  # the stack's worker was quicker
    else:
        assert job.attempts == 2
        second = Counted()
        assert process(queue, job, second) == "completed"
        assert second.passages == row["chunks_total"] - 8, "what was staged is not made again"
    assert document in found(author, "heron")
    assert len(passages(author, document)) == row["chunks_total"]
    assert database.execute(
        "select count(*) from private.ingestion_vectors where document_id = %s", [document]
    ).fetchone() == (0,)


def test_told_to_stop_a_worker_gives_back_what_it_has_begun(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"Unfinished {uuid.uuid4()}")
    assert process(queue, claimed(queue, document), offline(), Turn(stopping=lambda: True)) == "pending"
    assert status(author, document)["error_message"] is None
    again = queue.claim(document)
    if again is None:
        eventually(author, document, "completed")  # the stack's worker was quicker
    else:
        assert again.attempts == 1, "it was no try"
        assert process(queue, again, offline()) == "completed"


def test_new_content_takes_the_document_from_a_busy_worker(
    stack: Stack, author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"The old text {uuid.uuid4()}")
    job = claimed(queue, document)
    made(ingest(stack, author, json={"document_id": document, "content": "The new text of the walrus"}))
    assert process(queue, job, offline()) == "lost"
    assert [row["content"] for row in passages(author, document)] == ["The new text of the walrus"]


def test_two_workers_never_get_the_same_document(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"One of us {uuid.uuid4()}")
    job = claimed(queue, document)
    assert queue.claim(document) is None
    with pytest.raises(LeaseLostError):
        queue.finish(Job(**{**vars(job), "lease": str(uuid.uuid4())}), offline().model, [])
    assert process(queue, job, offline()) == "completed"


def test_who_waits_is_told_when_the_time_is_up_and_the_rest_is_the_workers(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    text = "\n\n".join(f"Heron {number}: " + "it stands in the reeds and waits. " * 20 for number in range(150))
    document = left_alone(database, author, text)
    caller = Caller(queue.settings, author.token, "authenticated", author.id, {})
    begun = time.monotonic()
    assert outcome.await_outcome(caller, document, 1.0) in ("pending", "processing")
    assert time.monotonic() - begun < 8
    kept = database.execute(
        "select count(*) from private.ingestion_vectors where document_id = %s", [document]
    ).fetchone()
    assert kept[0] > 0  # type: ignore[index]
    author.client.rpc("delete_document", {"p_id": document}).execute()


def test_what_may_pass_is_tried_again_with_patience_and_then_given_up(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"Bad luck {uuid.uuid4()}")
    waits = []
    for attempt in range(1, 6):
        job = claimed(queue, document)
        assert job.attempts == attempt
        outcome = queue.fail(job, "embeddings_unavailable", "Nobody answers.", again=True)
        assert outcome == ("failed" if attempt == 5 else "pending")
        row = database.execute(
            "select extract(epoch from run_after - now()) from private.ingestions where document_id = %s",
            [document],
        ).fetchone()
        waits.append(float(row[0]))  # type: ignore[index]
        database.execute(
            "update private.ingestions set run_after = now() + interval '1 hour' where document_id = %s",
            [document],
        )
    assert waits[0] < waits[1] < waits[2] < waits[3]
    row = status(author, document)
    assert (row["status"], row["stage"], row["error_message"]) == (
        "failed",
        "embeddings_unavailable",
        "Nobody answers.",
    )
    assert queue.claim(document) is None, "dead"


def test_a_document_that_kills_its_workers_is_given_up(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"Deadly {uuid.uuid4()}")
    database.execute("update private.ingestions set attempts = 5 where document_id = %s", [document])
    assert queue.claim(document) is None
    assert status(author, document)["stage"] == "worker_died"


def test_a_failed_document_is_tried_anew_when_it_is_sent_again(
    stack: Stack, author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    text = f"Second chance {uuid.uuid4()}"
    document = left_alone(database, author, text)
    assert queue.fail(claimed(queue, document), "internal", "Sorry.") == "failed"
    assert made(ingest(stack, author, json={"title": "Birds", "content": text})) == document
    assert len(passages(author, document)) == 1


def test_a_deleted_document_is_not_processed(
    author: Person, queue: Queue, database: psycopg.Connection[Any]
) -> None:
    document = left_alone(database, author, f"Gone {uuid.uuid4()}")
    job = claimed(queue, document)
    author.client.rpc("delete_document", {"p_id": document}).execute()
    assert process(queue, job, offline()) == "lost"
    assert queue.claim(document) is None


def test_cron_drains_the_queue_and_nobody_else_does(stack: Stack, author: Person) -> None:
    url = f"{stack.functions_url}/ingest/drain"
    answer = httpx.post(url, headers={"Authorization": f"Bearer {stack.service_role_key}"}, timeout=60)
    assert answer.status_code == 200
    assert answer.json()["processed"] >= 0
    assert httpx.post(url, headers={"Authorization": f"Bearer {author.token}"}).status_code == 403
    assert httpx.post(url).status_code == 401
