"""The bucket documents: who may read, write and delete which file, through both clients."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
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
    """An organization with somebody in each role, a team with a lead and a member, and a stranger."""

    id: str
    team: str
    people: dict[str, Person]


ROLES = {
    "admin": "admin",
    "member": "member",
    "viewer": "viewer",
    "lead": "member",
    "mate": "viewer",
    "creator": "member",
}


@pytest.fixture(scope="module")
def office(stack: Stack) -> Office:
    people = {name: newcomer(stack) for name in ("owner", *ROLES, "stranger")}
    owner = people["owner"].client
    organization = found_organization(people["owner"])

    def add(table: str, **row: Any) -> None:
        owner.table(table).insert(row, returning="minimal").execute()  # type: ignore[arg-type]

    for name, role in ROLES.items():
        add("organization_members", organization_id=organization, user_id=people[name].id, role=role)
    row = {"organization_id": organization, "name": "Otters"}
    team = owner.table("teams").insert(row).execute().data[0]["id"]
    for name, role in (("lead", "lead"), ("mate", "member"), ("creator", "member")):
        add("team_members", organization_id=organization, team_id=team, user_id=people[name].id, role=role)
    return Office(organization, str(team), people)


def upload(person: Person, path: str, data: bytes = TEXT, options: dict[str, str] | None = None) -> None:
    person.client.storage.from_("documents").upload(path, data, options or MARKDOWN)  # type: ignore[arg-type]


def download(person: Person, path: str) -> bytes:
    return bytes(person.client.storage.from_("documents").download(path))


def document(stack: Stack, office: Office, visibility: str, who: str = "creator") -> tuple[str, str]:
    """Return the id and the file's path of a document that somebody has just made of an upload."""
    person = office.people[who]
    team = {"team_id": office.team} if visibility == "team" else {}
    answer = httpx.post(
        f"{stack.functions_url}/ingest",
        headers={"Authorization": f"Bearer {person.token}"},
        files={"file": (OTTERS[0], TEXT + uuid.uuid4().bytes.hex().encode(), OTTERS[2])},
        data={"organization_id": office.id, "visibility": visibility, **team},
        timeout=60,
    )
    assert answer.status_code == 202, answer.text
    made = answer.json()["document_id"]
    row = person.client.table("documents").select("storage_path").eq("id", made).execute().data[0]
    return made, str(row["storage_path"])


EVERYBODY = {"owner", *ROLES}
RIGHTS = {
    # kind of file: who reads it (downloads, signs a link, sees it in a listing), who overwrites it, who deletes it
    "of an organization's document": (EVERYBODY, set(), {"owner", "admin", "creator"}),
    "of a team's document": (
        {"owner", "admin", "lead", "mate", "creator"},
        set(),
        {"owner", "admin", "lead", "creator"},
    ),
    "of a private document": ({"creator"}, set(), {"creator"}),
    "of a deleted document": (set(), set(), set()),
    "of no document yet": ({"creator"}, {"creator"}, {"creator"}),
}
OVERWRITE = {**MARKDOWN, "upsert": "true"}


def file_of(stack: Stack, office: Office, kind: str) -> str:
    """Return the path of a new file of this kind, made by the creator."""
    if kind == "of no document yet":
        path = f"{office.id}/drafts/{uuid.uuid4()}.md"
        upload(office.people["creator"], path)
        return path
    visibility = {"an organization's": "organization", "a team's": "team", "a private": "private"}
    words = kind.removeprefix("of ").removesuffix(" document")
    made, path = document(stack, office, visibility.get(words, "organization"))
    if words == "a deleted":
        office.people["creator"].client.rpc("delete_document", {"p_id": made}).execute()
    return path


def succeeds(action: Callable[[], object]) -> bool:
    try:
        return bool(action())
    except StorageApiError:
        return False


def rights_in_python(person: Person, path: str, spare: str) -> list[bool]:
    """Return whether somebody may download, sign, list, overwrite and delete (this in `spare`)."""
    bucket = person.client.storage.from_("documents")
    folder, _, name = path.rpartition("/")
    return [
        succeeds(lambda: bucket.download(path)),
        succeeds(lambda: httpx.get(bucket.create_signed_url(path, 60)["signedURL"]).is_success),
        succeeds(lambda: name in [entry["name"] for entry in bucket.list(folder, {"limit": 1000})]),
        succeeds(lambda: bucket.upload(path, TEXT, OVERWRITE)),  # type: ignore[arg-type]
        succeeds(lambda: bucket.remove([spare])),
    ]


JAVASCRIPT = """
import { createClient } from "@supabase/supabase-js";
const { API_URL, ANON_KEY, CASES } = process.env;
const found = {};
for (const { role, token, path, spare } of JSON.parse(CASES)) {
  const client = createClient(API_URL, ANON_KEY, { accessToken: async () => token });
  const bucket = client.storage.from("documents");
  const [folder, name] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  const download = await bucket.download(path);
  const link = await bucket.createSignedUrl(path, 60);
  const listed = await bucket.list(folder, { limit: 1000 });
  const text = new Blob(["# Otters"], { type: "text/markdown" });
  const overwritten = await bucket.upload(path, text, { upsert: true });
  const removed = await bucket.remove([spare]);
  found[role] = [
    !download.error, !link.error && (await fetch(link.data.signedUrl)).ok,
    !listed.error && listed.data.some((entry) => entry.name === name),
    !overwritten.error, !removed.error && removed.data.length > 0,
  ];
}
console.log(JSON.stringify(found));
"""


def rights_in_javascript(stack: Stack, cases: list[dict[str, str]]) -> dict[str, list[bool]]:
    done = run_node(JAVASCRIPT, {**stack.environment(), "CASES": json.dumps(cases)}, timeout=120)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("client", ["supabase-py", "supabase-js"])
@pytest.mark.parametrize("kind", RIGHTS)
def test_who_may_what_with_a_file(stack: Stack, office: Office, kind: str, client: str) -> None:
    readers, writers, deleters = RIGHTS[kind]
    shared = file_of(stack, office, kind)
    cases = [
        {
            "role": role,
            "token": person.token,
            "path": shared,
            # Whoever may delete gets a file of their own to delete, so that the others have one to look at.
            "spare": file_of(stack, office, kind) if role in deleters else shared,
        }
        for role, person in office.people.items()
    ]
    if client == "supabase-js":
        found = rights_in_javascript(stack, cases)
    else:
        found = {
            case["role"]: rights_in_python(office.people[case["role"]], shared, case["spare"]) for case in cases
        }
    expected = {role: [*[role in readers] * 3, role in writers, role in deleters] for role in office.people}
    assert found == expected
    with psycopg.connect(stack.db_url) as connection:
        left = connection.execute(
            "select name from storage.objects where name = any (%s)", [[case["spare"] for case in cases]]
        ).fetchall()
    assert left == [(shared,)], "what was deleted is gone, and nothing else"


def test_a_deleted_document_takes_its_file_with_it_and_the_worker_removes_it(stack: Stack, office: Office) -> None:
    creator = office.people["creator"]
    made, path = document(stack, office, "organization")
    creator.client.rpc("delete_document", {"p_id": made}).execute()
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        connection.execute("delete from public.documents where id = %s", [made])
        deadline = time.monotonic() + 40
        while connection.execute("select 1 from storage.objects where name = %s", [path]).fetchone():
            assert time.monotonic() < deadline, "the worker removes what is purged"
            time.sleep(0.25)


def test_writing_needs_the_role_member_and_a_path_of_ones_organization(stack: Stack, office: Office) -> None:
    for role, person in office.people.items():
        path = f"{office.id}/drafts/{uuid.uuid4()}.md"
        if role in ("viewer", "mate", "stranger"):
            with pytest.raises(StorageApiError):
                upload(person, path)
        else:
            upload(person, path)
            assert download(person, path) == TEXT
    member = office.people["member"]
    for path in (f"{uuid.uuid4()}/a.md", "a.md", f"drafts/{office.id}/a.md", f"{office.id}"):
        with pytest.raises(StorageApiError):
            upload(member, path)


def test_nobody_points_at_anothers_file(stack: Stack, office: Office) -> None:
    creator, member = office.people["creator"], office.people["member"]
    _, path = document(stack, office, "private")
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
    _, path = document(stack, office, "organization")
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
