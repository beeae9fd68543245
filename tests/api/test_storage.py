"""Files: buckets of the service role, signed addresses, and nothing for whoever was given nothing."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import httpx
import pytest
from storage3.exceptions import StorageApiError

from supabase import Client
from tests.api.people import Person, new_person
from tests.support import Stack

CONTENT = b"\x00\x01 bytes, not text \xff" * 100


@pytest.fixture(scope="module")
def person(stack: Stack) -> Person:
    """Return somebody who is signed in."""
    return new_person(stack)


@pytest.fixture
def bucket(service_client: Client) -> Iterator[str]:
    """Return a private bucket with one file, gone afterwards."""
    name = f"test-{uuid.uuid4().hex}"
    service_client.storage.create_bucket(name)
    service_client.storage.from_(name).upload(
        "folder/report.bin", CONTENT, {"content-type": "application/octet-stream"}
    )
    yield name
    service_client.storage.empty_bucket(name)
    service_client.storage.delete_bucket(name)


def test_the_service_role_stores_lists_reads_and_removes(service_client: Client, bucket: str) -> None:
    files = service_client.storage.from_(bucket)
    assert files.download("folder/report.bin") == CONTENT
    (listed,) = files.list("folder")
    assert listed["name"] == "report.bin"
    assert listed["metadata"]["size"] == len(CONTENT)
    assert listed["metadata"]["mimetype"] == "application/octet-stream"
    with pytest.raises(StorageApiError):
        files.upload("folder/report.bin", b"again")
    files.update("folder/report.bin", b"newer")
    assert files.download("folder/report.bin") == b"newer"
    files.move("folder/report.bin", "folder/moved.bin")
    files.copy("folder/moved.bin", "folder/copied.bin")
    assert {row["name"] for row in files.list("folder")} == {"moved.bin", "copied.bin"}
    removed = files.remove(["folder/moved.bin", "folder/copied.bin"])
    assert {row["name"] for row in removed} == {"folder/moved.bin", "folder/copied.bin"}
    assert files.list("folder") == []
    with pytest.raises(StorageApiError):
        files.download("folder/moved.bin")


def test_buckets(service_client: Client, bucket: str) -> None:
    assert bucket in {row.name for row in service_client.storage.list_buckets()}
    assert service_client.storage.get_bucket(bucket).public is False
    with pytest.raises(StorageApiError):
        service_client.storage.create_bucket(bucket)
    with pytest.raises(StorageApiError):
        service_client.storage.get_bucket("no-such-bucket")


def test_a_signed_address_serves_the_file_to_anybody_and_only_that_file(
    service_client: Client, bucket: str
) -> None:
    files = service_client.storage.from_(bucket)
    address = files.create_signed_url("folder/report.bin", 60)["signedURL"]
    assert httpx.get(address).content == CONTENT
    assert httpx.get(address.replace("report.bin", "other.bin")).status_code in (400, 403, 404)
    assert httpx.get(address[:-3]).is_error


def test_a_signed_upload(service_client: Client, anon_client: Client, bucket: str) -> None:
    signed = service_client.storage.from_(bucket).create_signed_upload_url("folder/sent.txt")
    anon_client.storage.from_(bucket).upload_to_signed_url("folder/sent.txt", signed["token"], b"sent")
    assert service_client.storage.from_(bucket).download("folder/sent.txt") == b"sent"


def test_a_public_bucket_is_read_by_anybody(service_client: Client, anon_client: Client, bucket: str) -> None:
    service_client.storage.update_bucket(bucket, {"public": True})
    address = anon_client.storage.from_(bucket).get_public_url("folder/report.bin")
    assert httpx.get(address).content == CONTENT


@pytest.mark.parametrize("who", ["anon", "person"])
def test_nobody_else_reads_or_writes(anon_client: Client, person: Person, bucket: str, who: str) -> None:
    storage = (anon_client if who == "anon" else person.client).storage
    files = storage.from_(bucket)
    with pytest.raises(StorageApiError):
        files.download("folder/report.bin")
    with pytest.raises(StorageApiError):
        files.upload("folder/mine.bin", b"mine")
    with pytest.raises(StorageApiError):
        files.create_signed_url("folder/report.bin", 60)
    with pytest.raises(StorageApiError):
        storage.create_bucket(f"mine-{uuid.uuid4().hex}")
    assert files.list("folder") == []
    assert files.remove(["folder/report.bin"]) == []
    address = files.get_public_url("folder/report.bin")
    assert httpx.get(address).status_code in (400, 404)


@pytest.mark.parametrize("path", ["../escape.txt", "a/../../escape.txt", "a//b.txt", "nul\x00.txt"])
def test_odd_paths_do_not_escape(service_client: Client, stack: Stack, bucket: str, path: str) -> None:
    headers = {"apikey": stack.service_role_key, "Authorization": f"Bearer {stack.service_role_key}"}
    quoted = path.replace("\x00", "%00").replace("..", "%2e%2e")
    address = f"{stack.api_url}/storage/v1/object/{bucket}/{quoted}"
    httpx.post(address, headers=headers, content=b"x")
    others = {row.name for row in service_client.storage.list_buckets()}
    assert bucket in others
    assert service_client.storage.from_(bucket).download("folder/report.bin") == CONTENT
