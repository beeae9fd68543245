"""Files through both clients, under row level security."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import psycopg
import pytest
from storage3.exceptions import StorageApiError

from supabase import Client
from tests.support import ROOT, Stack, run_node, sign_up


@pytest.fixture(scope="module")
def bucket(stack: Stack) -> Iterator[str]:
    """Return a private bucket in which people own the folder named after them."""
    name = f"bucket-{uuid.uuid4().hex[:12]}"
    policy = f"{name}_own_folder"
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        connection.execute("insert into storage.buckets (id, name, public) values (%s, %s, false)", [name, name])
        connection.execute(
            f"""create policy "{policy}" on storage.objects for all to authenticated
            using (bucket_id = '{name}' and (storage.foldername(name))[1] = (select auth.uid())::text)
            with check (bucket_id = '{name}' and (storage.foldername(name))[1] = (select auth.uid())::text)"""
        )
        yield name
        connection.execute(f'drop policy "{policy}" on storage.objects')


@pytest.fixture(scope="module")
def ada(stack: Stack) -> tuple[Client, str]:
    """Return somebody's client and id."""
    client, user = sign_up(stack)
    return client, user.id


def test_people_keep_files_in_their_own_folder(stack: Stack, bucket: str, ada: tuple[Client, str]) -> None:
    client, me = ada
    files = client.storage.from_(bucket)
    files.upload(f"{me}/notes/a.txt", b"first", {"content-type": "text/plain"})
    files.upload(f"{me}/b.txt", b"second", {"content-type": "text/plain"})
    assert files.download(f"{me}/notes/a.txt") == b"first"

    entries = {entry["name"]: entry for entry in files.list(me)}
    assert set(entries) == {"notes", "b.txt"}
    assert entries["notes"]["id"] is None, "a folder"
    assert entries["b.txt"]["metadata"]["size"] == len("second")
    assert [entry["name"] for entry in files.list(f"{me}/notes")] == ["a.txt"]
    assert [entry["name"] for entry in files.list(me, {"search": "b"})] == ["b.txt"]
    assert len(files.list(me, {"limit": 1, "offset": 1})) == 1

    other, _ = sign_up(stack)
    theirs = other.storage.from_(bucket)
    assert theirs.list(me) == []
    with pytest.raises(StorageApiError):
        theirs.download(f"{me}/b.txt")
    with pytest.raises(StorageApiError, match="row-level security"):
        theirs.upload(f"{me}/intruder.txt", b"x")
    assert theirs.remove([f"{me}/b.txt"]) == []
    assert files.download(f"{me}/b.txt") == b"second"

    assert [gone["name"] for gone in files.remove([f"{me}/b.txt"])] == [f"{me}/b.txt"]
    with pytest.raises(StorageApiError):
        files.download(f"{me}/b.txt")


def test_a_file_is_replaced_only_on_request(bucket: str, ada: tuple[Client, str]) -> None:
    client, me = ada
    files = client.storage.from_(bucket)
    files.upload(f"{me}/once.txt", b"first")
    with pytest.raises(StorageApiError):
        files.upload(f"{me}/once.txt", b"second")
    files.upload(f"{me}/once.txt", b"third, longer", {"upsert": "true"})
    assert files.download(f"{me}/once.txt") == b"third, longer"


def test_a_signed_link_opens_one_file_for_a_while(stack: Stack, bucket: str, ada: tuple[Client, str]) -> None:
    client, me = ada
    files = client.storage.from_(bucket)
    files.upload(f"{me}/shared.txt", b"for you")
    link = files.create_signed_url(f"{me}/shared.txt", 60)["signedURL"]
    assert link.startswith(f"{stack.api_url}/storage/v1/object/sign/")
    assert httpx.get(link).content == b"for you"
    assert httpx.get(link.replace("shared.txt", "once.txt")).status_code >= 400
    several = files.create_signed_urls([f"{me}/shared.txt"], 60)
    assert httpx.get(several[0]["signedURL"]).content == b"for you"


def test_a_signed_upload(bucket: str, ada: tuple[Client, str]) -> None:
    client, me = ada
    files = client.storage.from_(bucket)
    signed = files.create_signed_upload_url(f"{me}/later.txt")
    files.upload_to_signed_url(f"{me}/later.txt", signed["token"], b"uploaded later")
    assert files.download(f"{me}/later.txt") == b"uploaded later"


def test_moving_and_copying(bucket: str, ada: tuple[Client, str]) -> None:
    client, me = ada
    files = client.storage.from_(bucket)
    files.upload(f"{me}/from.txt", b"moved")
    files.move(f"{me}/from.txt", f"{me}/to.txt")
    assert files.download(f"{me}/to.txt") == b"moved"
    with pytest.raises(StorageApiError):
        files.download(f"{me}/from.txt")
    files.copy(f"{me}/to.txt", f"{me}/copy.txt")
    files.remove([f"{me}/to.txt"])
    assert files.download(f"{me}/copy.txt") == b"moved"


@pytest.mark.parametrize("name", ["%2e%2e/%2e%2e/%2e%2e/escaped", "a/..%2f..%2f..%2fescaped", "%00", "a" * 900])
def test_hostile_names_stay_inside(stack: Stack, bucket: str, name: str) -> None:
    httpx.post(
        f"{stack.api_url}/storage/v1/object/{bucket}/{name}",
        headers={"apikey": stack.service_role_key},
        content=b"x",
    )
    if stack.instance:
        folder = ROOT / ".groundwork" / stack.instance / "storage"
        kept = [path.relative_to(folder).parts for path in folder.rglob("*") if path.is_file()]
        assert all(len(parts) == 2 and parts[0] in ("entries", "bytes") for parts in kept)
        assert not list(folder.parent.glob("**/escaped"))


def test_a_large_file_comes_back_whole(bucket: str, service_client: Client) -> None:
    body = bytes(range(256)) * 4096 * 5
    files = service_client.storage.from_(bucket)
    files.upload("large.bin", body, {"content-type": "application/octet-stream"})
    assert files.download("large.bin") == body


def test_a_file_of_json_comes_back_as_it_was(bucket: str, service_client: Client) -> None:
    files = service_client.storage.from_(bucket)
    files.upload("data.json", b'{ "statusCode" : 1 }', {"content-type": "application/json"})
    assert files.download("data.json") == b'{ "statusCode" : 1 }'


def test_only_the_service_role_makes_buckets(
    stack: Stack, service_client: Client, ada: tuple[Client, str]
) -> None:
    name = f"made-{uuid.uuid4().hex[:12]}"
    with pytest.raises(StorageApiError):
        ada[0].storage.create_bucket(name)
    service_client.storage.create_bucket(name, options={"public": True})
    service_client.storage.from_(name).upload("open.txt", b"for everyone", {"content-type": "text/plain"})
    url = service_client.storage.from_(name).get_public_url("open.txt")
    assert httpx.get(url).content == b"for everyone"
    service_client.storage.empty_bucket(name)
    service_client.storage.delete_bucket(name)


def test_using_storage_grants_nothing_elsewhere(stack: Stack, ada: tuple[Client, str], bucket: str) -> None:
    """Left to itself, Lite grants everything in every schema with row level security to the API roles."""
    ada[0].storage.from_(bucket).list()
    with psycopg.connect(stack.db_url) as connection:
        rows = connection.execute(
            """select relnamespace::regnamespace::text, relname from pg_class
            where relkind in ('r', 'p') and relnamespace in ('public'::regnamespace, 'auth'::regnamespace)
              and has_table_privilege('anon', oid, 'select, insert, update, delete')"""
        ).fetchall()
    assert rows == []


SUPABASE_JS = """
import { createClient } from "@supabase/supabase-js";
const { API_URL, ANON_KEY, BUCKET } = process.env;
const client = createClient(API_URL, ANON_KEY, { auth: { persistSession: false, autoRefreshToken: false } });
const must = ({ data, error }) => { if (error) throw error; return data; };
const person = { email: `${crypto.randomUUID()}@example.com`, password: "correct-horse" };
const { user } = must(await client.auth.signUp(person));
const files = client.storage.from(BUCKET);
must(await files.upload(`${user.id}/a/hello.txt`, new Blob(["hello"]), { contentType: "text/plain" }));
if (await must(await files.download(`${user.id}/a/hello.txt`)).text() !== "hello") throw new Error("download");
const names = must(await files.list(user.id)).map((entry) => entry.name);
if (names.join() !== "a") throw new Error(`list: ${names}`);
const { signedUrl } = must(await files.createSignedUrl(`${user.id}/a/hello.txt`, 60));
if (await (await fetch(signedUrl)).text() !== "hello") throw new Error("signed");
const upload = must(await files.createSignedUploadUrl(`${user.id}/b.txt`));
must(await files.uploadToSignedUrl(`${user.id}/b.txt`, upload.token, new Blob(["later"])));
if (!(await files.upload("elsewhere.txt", new Blob(["x"]))).error) throw new Error("policy");
if (must(await files.remove([`${user.id}/a/hello.txt`])).length !== 1) throw new Error("remove");
console.log("done");
"""


def test_the_same_with_supabase_js(stack: Stack, bucket: str) -> None:
    result = run_node(SUPABASE_JS, {**stack.environment(), "BUCKET": bucket})
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "done"
