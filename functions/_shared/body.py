"""What a request says: its JSON against a model, with an error that names the field."""

from __future__ import annotations

import math
from typing import Annotated, TypeVar
from uuid import UUID

from flask import Request
from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from functions._shared.errors import FunctionError

Model = TypeVar("Model", bound=BaseModel)
MEGABYTE = 1024 * 1024


def storable(text: str) -> str:
    """Return the text; raise ValueError for the one character that Postgres cannot store."""
    if "\x00" in text:
        raise ValueError("the character U+0000 cannot be stored")
    return text


Text = Annotated[str, AfterValidator(storable)]
"""Text that Postgres can store."""


class Body(BaseModel):
    """A request's JSON object. Fields that no handler knows are refused: they are misspelt more often than not."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Answer(BaseModel):
    """An answer's JSON object, as the OpenAPI document describes it."""


def parse(request: Request, model: type[Model]) -> Model:
    """Return the request's JSON as the model; raise FunctionError (400) that says what is wrong with it.

    Raises RequestEntityTooLarge for one that is longer than it may be.
    """
    raw = request.get_data(cache=False)
    if request.content_length is None and len(raw) >= (request.max_content_length or math.inf):
        # Of a body whose length is not said, Werkzeug gives what is allowed, and does not say that there is more.
        raise RequestEntityTooLarge
    if not raw.strip():
        raise FunctionError(400, "invalid_json", "The request has no body.", "Send a JSON object.")
    try:
        return model.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from None


def check(values: object, model: type[Model]) -> Model:
    """Return values that came in another way than JSON as the model; raise FunctionError (400) like `parse`."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> FunctionError:
    """Return the first thing that is wrong, as the client's error; what the client sent is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] == "json_invalid":
        return FunctionError(400, "invalid_json", f"The body is not JSON: {first['msg']}.", "Send a JSON object.")
    message = f"{where}: {first['msg']}" if where else first["msg"]
    return FunctionError(400, "invalid_request", message, "See /functions/v1/openapi.json.")


def uuid_of(text: str, name: str) -> str:
    """Return an id of the path or a header in its usual form; raise FunctionError (400) when it is none."""
    try:
        return str(UUID(text))
    except ValueError:
        raise FunctionError(400, "invalid_request", f"{name} is not a UUID.", "Check the id.") from None
