"""POST /functions/v1/ingest: makes a document of a text, a web address, a file in Storage, or an upload.

POST /functions/v1/ingest/drain, for the service role, does what a worker does: for cron, where none runs.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
from flask import Request, jsonify
from postgrest.exceptions import APIError
from pydantic import AfterValidator, Field, model_validator
from storage3.exceptions import StorageApiError
from storage3.utils import StorageException

from functions._shared.body import Answer, Body, Text, check, parse
from functions._shared.caller import Caller, service_role, signed_in
from functions._shared.embeddings import embedder
from functions._shared.errors import FunctionError, of_database
from functions._shared.handler import handler, path_below
from functions._shared.logs import log
from functions._shared.openapi import Operation, parameter
from functions.ingest.extract import format_of
from functions.ingest.formats import MAX_TEXT, extension_of
from functions.ingest.outcome import await_outcome
from functions.ingest.queue import BUCKET, Queue
from functions.ingest.worker import drain

MAX_UPLOAD = 50 * 1024**2
MAX_BODY = MAX_UPLOAD + 1024**2
DRAIN_SECONDS = 50.0
SERVER_ERROR = 500
LONGEST_URL = 2048
Status = Literal["pending", "processing", "completed", "failed"]


def short(url: str) -> str:
    """Return a URL; raise ValueError for one that has more bytes than a key of the queue may have."""
    if len(url.encode()) > LONGEST_URL:
        raise ValueError(f"it has more than {LONGEST_URL} bytes")
    return url


Url = Annotated[Text, AfterValidator(short)]
"""A web address, in letters of any script."""


class IngestFields(Body):
    """What is said of a document, however its content comes."""

    title: Annotated[Text | None, Field(min_length=1, max_length=500, pattern=r"\S")] = None
    organization_id: UUID | None = None
    collection_id: UUID | None = None
    visibility: Literal["private", "team", "organization"] | None = None
    team_id: UUID | None = None
    document_id: Annotated[
        UUID | None, Field(description="Gives this document the content, in place of its own.")
    ] = None

    @model_validator(mode="after")
    def content_alone(self) -> IngestFields:
        """Return the fields; raise ValueError where a document that there is would have to be shared or moved."""
        if self.document_id is not None and (self.visibility or self.team_id or self.collection_id):
            raise ValueError("a document that there is gets new content alone: update its row to share or move it")
        return self


class IngestBody(IngestFields):
    """A document: one of content, url and storage_path."""

    content: Annotated[Text | None, Field(min_length=1, max_length=MAX_TEXT, pattern=r"\S")] = None
    url: Annotated[Url | None, Field(max_length=LONGEST_URL, pattern=r"^https?://[^\s\x00-\x1f]+$")] = None
    storage_path: Annotated[
        Text | None,
        Field(
            min_length=1, max_length=1024, description="Of a file that the caller put into the bucket documents."
        ),
    ] = None

    @model_validator(mode="after")
    def one_source(self) -> IngestBody:
        """Return the body; raise ValueError unless it names one source, and a title where none can be found."""
        if sum(source is not None for source in (self.content, self.url, self.storage_path)) != 1:
            raise ValueError("name one of content, url and storage_path")
        if self.content is not None and self.title is None and self.document_id is None:
            raise ValueError("a text needs a title")
        return self


class IngestAnswer(Answer):
    """The document, and how far its processing is."""

    document_id: UUID
    status: Status


class DrainAnswer(Answer):
    """How many documents were processed, and how many passages got a vector of their collection's new model."""

    processed: int
    reembedded: int


UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {
        "file": {"type": "string", "format": "binary"},
        **{name: {"type": "string"} for name in IngestFields.model_fields},
    },
}
OPENAPI = [
    Operation(
        "post",
        "Make a document, or give one new content",
        body=IngestBody,
        other_bodies={"multipart/form-data": UPLOAD},
        answers={200: IngestAnswer, 202: IngestAnswer},
        errors=[400, 401, 402, 403, 404, 409, 413, 415, 422, 429, 502, 503, 504],
        parameters=[
            parameter("wait", "query", {"type": "boolean"}, "Answer when it is processed: 200, or its error.")
        ],
    ),
    Operation(
        "post",
        "Process what is queued, and change the models of collections",
        path="/drain",
        answers={200: DrainAnswer},
        errors=[401, 403, 503],
        security="service",
    ),
]


@handler("ingest", "POST", max_body=MAX_BODY)
def main(request: Request) -> Any:
    """Return the document and its status; raise FunctionError for what cannot be ingested."""
    below = path_below(request, "ingest")
    if below == "drain":
        caller = service_role(request)
        processed, reembedded = drain(Queue(caller.settings), embedder(), DRAIN_SECONDS)
        return jsonify(processed=processed, reembedded=reembedded)
    if below:
        raise FunctionError(404, "not_found", "There is nothing here.", "POST to /functions/v1/ingest.")
    caller = signed_in(request)
    made = uploaded(request, caller) if request.mimetype == "multipart/form-data" else named(request, caller)
    document_id, status = str(made["document_id"]), str(made["status"])
    if request.args.get("wait", "").lower() in ("true", "1"):
        status = await_outcome(caller, document_id)
    answer = IngestAnswer(document_id=UUID(document_id), status=status)  # type: ignore[arg-type]
    return answer.model_dump(mode="json"), 200 if status == "completed" else 202


def named(request: Request, caller: Caller) -> dict[str, Any]:
    """Return the document of a JSON body, made or found."""
    body = parse(request, IngestBody)
    if body.content is not None:
        return register(caller, body, name="", p_content=body.content, p_mime_type="text/markdown")
    if body.url is not None:
        return register(caller, body, name="", p_source_url=body.url)
    path = str(body.storage_path)
    refusal = FunctionError(
        404, "file_not_found", "There is no such file of yours in the bucket documents.", "Upload it first."
    )
    with asking_storage(refusal):
        # With the caller's own token: who may not read the file cannot make a document of it.
        data = caller.storage.from_(BUCKET).download(path)
    media_type = format_of(None, path)
    return register(
        caller,
        body,
        name=path,
        p_storage_path=path,
        p_file_hash=hashlib.sha256(data).hexdigest(),
        p_mime_type=media_type,
    )


def uploaded(request: Request, caller: Caller) -> dict[str, Any]:
    """Return the document of a multipart upload, made or found."""
    file = request.files.get("file")
    if file is None or len(list(request.files.items(multi=True))) != 1:
        raise FunctionError(400, "invalid_request", "There is not one file.", "Send one part with the name file.")
    fields = check({name: value for name, value in request.form.items() if value}, IngestFields)
    name = PurePosixPath((file.filename or "").replace("\\", "/")).name or "file"
    media_type = format_of(file.mimetype, name)
    data = file.read()
    if not data:
        raise FunctionError(400, "invalid_request", "The file is empty.", "Send its bytes.")
    if len(data) > MAX_UPLOAD:
        raise FunctionError(
            413, "request_entity_too_large", "The file is larger than 50 MiB.", "Send a part of it."
        )
    organization = organization_of(caller, fields)
    path = f"{organization}/{uuid.uuid4()}.{extension_of(media_type)}"
    refusal = FunctionError(
        403, "forbidden", "Storage refused the file.", "It needs the role member in the organization."
    )
    with asking_storage(refusal):
        caller.storage.from_(BUCKET).upload(path, data, {"content-type": media_type})
    try:
        made = register(
            caller,
            fields,
            name=name,
            p_storage_path=path,
            p_file_hash=hashlib.sha256(data).hexdigest(),
            p_mime_type=media_type,
        )
    except APIError as error:
        # Where the answer was lost, the document may be there all the same, and this is its file.
        if of_database(error).status < SERVER_ERROR:
            discard(caller, path)
        raise
    if not made["takes_source"]:
        # It is a document already, with a file of its own.
        discard(caller, path)
    return made


@contextmanager
def asking_storage(refusal: FunctionError) -> Iterator[None]:
    """Turn what Storage refuses into the refusal, and that it fails into FunctionError (503)."""
    failure = FunctionError(503, "storage_unreachable", "Storage does not answer.", "Try again in a moment.")
    try:
        yield
    except StorageApiError as error:
        # The status is a number, or what Storage says in its place.
        raise (failure if str(error.status).startswith("5") else refusal) from error
    except ValueError as error:
        # No path that a file can have.
        raise refusal from error
    except (StorageException, httpx.TransportError) as error:
        raise failure from error


def discard(caller: Caller, path: str) -> None:
    """Remove a file that no document needs; where that fails, the worker does it a day later."""
    try:
        caller.storage.from_(BUCKET).remove([path])
    except (StorageException, httpx.HTTPError) as error:
        log.warning("file not removed", extra={"error": type(error).__name__})


def register(caller: Caller, fields: IngestFields, *, name: str, **source: str) -> dict[str, Any]:
    """Return the document of a source, made with the caller's rights or found; a title is made of a `name`.

    `takes_source` says in it whether the source is the document's now: one that was found has its own.
    """
    title = fields.title or (title_of(name) if name and not fields.document_id else None)
    arguments: dict[str, Any] = {
        "p_title": title,
        "p_organization_id": text_of(fields.organization_id),
        "p_collection_id": text_of(fields.collection_id),
        "p_visibility": fields.visibility,
        "p_team_id": text_of(fields.team_id),
        "p_document_id": text_of(fields.document_id),
        **source,
    }
    made: Any = caller.database.rpc("ingest_document", arguments).execute().data
    return dict(made)


def organization_of(caller: Caller, fields: IngestFields) -> str:
    """Return the organization that an upload goes to; raise FunctionError (404) where the caller sees none."""
    if fields.document_id is not None:
        query = caller.database.from_("documents").select("id:organization_id").eq("id", str(fields.document_id))
    elif fields.organization_id is not None:
        return str(fields.organization_id)
    elif fields.collection_id is not None:
        query = (
            caller.database.from_("document_collections")
            .select("id:organization_id")
            .eq("id", str(fields.collection_id))
        )
    else:
        query = (
            caller.database.from_("organizations")
            .select("id")
            .is_("is_personal", "true")
            .eq("created_by", caller.user_id)
        )
    rows: Any = query.execute().data
    if not rows:
        raise FunctionError(404, "not_found", "There is no such document or collection.", "Check the ids.")
    return str(rows[0]["id"])


def title_of(name: str) -> str:
    """Return a title for what has only the name of its file."""
    return (PurePosixPath(name).stem.replace("_", " ").replace("\x00", "").strip() or "Untitled")[:500]


def text_of(id_: UUID | None) -> str | None:
    """Return an id as JSON has it."""
    return str(id_) if id_ is not None else None
