"""The bucket documents: who may read, write and delete which file, through both clients."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError

from functions._shared.settings import Settings
from functions.ingest.queue import Queue
from tests.functions.people import Person, found_organization, newcomer
from tests.support import Stack, run_node

TEXT = b"# Otters\n\nOtters hold hands while they sleep."
MARKDOWN = {"content-type": "text/markdown"}
OTTERS = ("otters.md", TEXT, "text/markdown")


@dataclass(frozen=True)
class Office:
    """An organization with somebody in each role, and a stranger."""

    id: str
    people: dict[str, Person]


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    roles = ("owner", "admin", "member", "viewer", "stranger", "creator")
    people = {role: newcomer(stack) for role in roles}
    organization = found_organization(people["owner"])
    for role in ("admin", "member", "viewer", "creator"):
        row = {
            "organization_id": organization,
            "user_id": people[role].id,
            "role": role.replace("creator", "member"),
        }
        people["owner"].client.table("organization_members").insert(row, returning="minimal").execute()  # type: ignore[arg-type]
    return Office(organization, people)


def upload(person: Person, path: str, data: bytes = TEXT, options: dict[str, str] | None = None) -> None:
    person.client.storage.from_("documents").upload(path, data, options or MARKDOWN)  # type: ignore[arg-type]


def download(person: Person, path: str) -> bytes:
    return bytes(person.client.storage.from_("documents").download(path))


def document(stack: Stack, person: Person, organization: str, visibility: str) -> tuple[str, str]:
    """Return the id and the file's path of a document that the person has just made of an upload."""
    answer = httpx.post(
        f"{stack.functions_url}/ingest",
        headers={"Authorization": f"Bearer {person.token}"},
        files={"file": (OTTERS[0], TEXT + uuid.uuid4().bytes.hex().encode(), OTTERS[2])},
        data={"organization_id": organization, "visibility": visibility},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    made = answer.json()["document_id"]
    row = person.client.table("documents").select("storage_path").eq("id", made).execute().data[0]
    return made, str(row["storage_path"])


def may_read(person: Person, path: str) -> bool:
    """Return whether they may download the file; a signed link and a listing must say the same."""
    bucket = person.client.storage.from_("documents")
    try:
        bucket.download(path)
    except StorageApiError:
        with pytest.raises(StorageApiError):
            bucket.create_signed_url(path, 60)
        folder, _, name = path.rpartition("/")
        assert name not in [entry["name"] for entry in bucket.list(folder)]
        return False
    return True


def may_delete(stack: Stack, person: Person, path: str) -> bool:
    person.client.storage.from_("documents").remove([path])
    with psycopg.connect(stack.db_url) as connection:
        return connection.execute("select 1 from storage.objects where name = %s", [path]).fetchone() is None


@pytest.mark.parametrize(
    ("visibility", "readers", "deleters"),
    [
        ("organization", {"owner", "admin", "member", "viewer", "creator"}, {"owner", "admin", "creator"}),
        ("private", {"creator"}, {"creator"}),
    ],
)
def test_a_file_is_read_and_deleted_by_those_who_may_its_document(
    stack: Stack, office: Office, visibility: str, readers: set[str], deleters: set[str]
) -> None:
    creator = office.people["creator"]
    _, path = document(stack, creator, office.id, visibility)
    assert {role for role, person in office.people.items() if may_read(person, path)} == readers
    for role in ("stranger", "viewer", "member"):
        assert not may_delete(stack, office.people[role], path), role
    for role in sorted(deleters):
        _, another = document(stack, creator, office.id, visibility)
        assert may_delete(stack, office.people[role], another), role


def test_a_deleted_document_takes_its_file_with_it_and_the_worker_removes_it(stack: Stack, office: Office) -> None:
    creator = office.people["creator"]
    made, path = document(stack, creator, office.id, "organization")
    creator.client.rpc("delete_document", {"p_id": made}).execute()
    assert not any(may_read(person, path) for person in office.people.values())
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        connection.execute("delete from public.documents where id = %s", [made])
        deadline = time.monotonic() + 40
        while connection.execute("select 1 from storage.objects where name = %s", [path]).fetchone():
            assert time.monotonic() < deadline, "the worker removes what is purged"
            time.sleep(0.25)


def test_writing_needs_the_role_member_and_a_path_of_ones_organization(stack: Stack, office: Office) -> None:
    for role, person in office.people.items():
        path = f"{office.id}/drafts/{uuid.uuid4()}.md"
        if role in ("viewer", "stranger"):
            with pytest.raises(StorageApiError):
                upload(person, path)
        else:
            upload(person, path)
            assert download(person, path) == TEXT
    member = office.people["member"]
    for path in (f"{uuid.uuid4()}/a.md", "a.md", f"drafts/{office.id}/a.md", f"{office.id}"):
        with pytest.raises(StorageApiError):
            upload(member, path)


def test_a_file_without_a_document_is_its_uploaders_alone(stack: Stack, office: Office) -> None:
    member, path = office.people["member"], f"{office.id}/drafts/{uuid.uuid4()}.md"
    upload(member, path)
    assert {role for role, person in office.people.items() if may_read(person, path)} == {"member"}
    upload(member, path, TEXT + b" Twice.", {**MARKDOWN, "upsert": "true"})
    assert download(member, path).endswith(b"Twice.")
    with pytest.raises(StorageApiError):
        upload(office.people["admin"], path, b"# Weasels", {**MARKDOWN, "upsert": "true"})
    assert may_delete(stack, member, path)


def test_nobody_points_at_anothers_file(stack: Stack, office: Office) -> None:
    creator, member = office.people["creator"], office.people["member"]
    _, path = document(stack, creator, office.id, "private")
    draft = f"{office.id}/drafts/{uuid.uuid4()}.md"
    upload(creator, draft)
    arguments = {"p_title": "Mine", "p_file_hash": "0" * 64, "p_organization_id": office.id}
    for person in (member, office.people["owner"], office.people["stranger"]):
        for target in (path, draft):
            with pytest.raises(Exception, match=r"PT40[34]"):
                person.client.rpc("ingest_document", {**arguments, "p_storage_path": target}).execute()
    with pytest.raises(Exception, match="PT409"):
        creator.client.rpc("ingest_document", {**arguments, "p_storage_path": path}).execute()
    personal = member.client.table("organizations").select("id").is_("is_personal", "true").execute().data[0]["id"]
    with pytest.raises(Exception, match="PT400"):
        creator.client.rpc(
            "ingest_document",
            {"p_title": "Elsewhere", "p_file_hash": "1" * 64, "p_storage_path": draft},
        ).execute()
    with pytest.raises(Exception, match="42501"):
        member.client.table("documents").insert({"title": "a", "storage_path": f"{personal}/x"}).execute()


def test_a_documents_file_stays_as_it_was_ingested(stack: Stack, office: Office) -> None:
    creator = office.people["creator"]
    _, path = document(stack, creator, office.id, "organization")
    before = download(creator, path)
    with pytest.raises(StorageApiError):
        upload(creator, path, b"# Other", {**MARKDOWN, "upsert": "true"})
    with pytest.raises(StorageApiError):
        creator.client.storage.from_("documents").move(path, f"{office.id}/elsewhere.md")
    assert download(creator, path) == before


def test_sizes_and_types_are_limited(office: Office) -> None:
    member = office.people["member"]
    with pytest.raises(StorageApiError):
        upload(member, f"{office.id}/a.png", b"\x89PNG", {"content-type": "image/png"})
    with pytest.raises(StorageApiError):
        upload(member, f"{office.id}/a.txt", b"x" * (50 * 1024**2 + 1), {"content-type": "text/plain"})


def test_uploads_whose_request_was_killed_are_removed_after_a_day(stack: Stack, office: Office) -> None:
    member, path = office.people["member"], f"{office.id}/drafts/{uuid.uuid4()}.md"
    upload(member, path)
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        connection.execute(
            "update storage.objects set created_at = now() - interval '2 days' where name = %s", [path]
        )
        Queue(Settings(stack.api_url, stack.anon_key, stack.service_role_key)).remove_files()
        deadline = time.monotonic() + 10
        while connection.execute("select 1 from storage.objects where name = %s", [path]).fetchone():
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_supabase_js_uploads_signs_and_is_refused_alike(stack: Stack, office: Office) -> None:
    path = f"{office.id}/drafts/{uuid.uuid4()}.md"
    script = """
    import { createClient } from "@supabase/supabase-js";
    const { API_URL, ANON_KEY, MEMBER, STRANGER, FILE } = process.env;
    const signedIn = (token) => createClient(API_URL, ANON_KEY, { accessToken: async () => token });
    const as = (token) => signedIn(token).storage.from("documents");
    const member = as(MEMBER), stranger = as(STRANGER);
    const up = await member.upload(FILE, new Blob(["# Otters"], { type: "text/markdown" }));
    const down = await member.download(FILE);
    const link = await member.createSignedUrl(FILE, 60);
    const linked = await (await fetch(link.data.signedUrl)).text();
    const steal = await stranger.download(FILE);
    const plant = await stranger.upload(FILE + "2", new Blob(["x"], { type: "text/markdown" }));
    const sign = await stranger.createSignedUrl(FILE, 60);
    console.log(JSON.stringify({
      up: up.error, text: await down.data.text(), linked,
      steal: !!steal.error, plant: !!plant.error, sign: !!sign.error,
    }));
    """
    people = office.people
    environment = {"MEMBER": people["member"].token, "STRANGER": people["stranger"].token, "FILE": path}
    done = run_node(script, {**stack.environment(), **environment})
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found == {
        "up": None,
        "text": "# Otters",
        "linked": "# Otters",
        "steal": True,
        "plant": True,
        "sign": True,
    }
