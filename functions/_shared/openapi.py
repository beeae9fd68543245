"""The OpenAPI 3.1 document, assembled from what each handler says of itself.

A handler's module has `OPENAPI`, a sequence of operations; their paths are below the handler's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

Security = Literal["user", "service", "key", "none"]
ERROR = {"$ref": "#/components/schemas/Error"}
SCHEMES: dict[Security, list[dict[str, list[str]]]] = {
    "user": [{"user": []}],
    "service": [{"service_role": []}],
    "key": [{"api_key": []}, {"user": []}],
    "none": [],
}


@dataclass(frozen=True)
class Operation:
    """One method of one path: what it takes, what it answers, and with which errors."""

    method: str
    summary: str
    path: str = ""
    """Below the handler's path, beginning with a slash, such as /{id}."""
    body: type[BaseModel] | None = None
    body_required: bool = True
    other_bodies: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Schemas of bodies in other media types than JSON."""
    answers: Mapping[int, type[BaseModel] | None] = field(default_factory=dict)
    """The model of each good status; None where the answer has no JSON."""
    other_answers: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Schemas of good answers in other media types than JSON, such as text/event-stream."""
    errors: Sequence[int] = ()
    parameters: Sequence[dict[str, Any]] = ()
    security: Security = "user"

    def models(self) -> list[type[BaseModel]]:
        """Return the models that the operation refers to."""
        return [model for model in (self.body, *self.answers.values()) if model is not None]

    def described(self, handler: str) -> dict[str, Any]:
        """Return the operation object."""
        words = re.findall(r"[A-Za-z0-9]+", f"{self.method} {handler} {self.path}")
        found: dict[str, Any] = {
            "operationId": "_".join(words),
            "tags": [handler],
            "summary": self.summary,
            "security": SCHEMES[self.security],
            "responses": {str(status): self.good(status) for status in self.answers}
            | {str(status): bad(status) for status in sorted({*self.errors, 405, 500})},
        }
        if self.parameters:
            found["parameters"] = list(self.parameters)
        content = {media: {"schema": schema} for media, schema in self.other_bodies.items()}
        if self.body is not None:
            content["application/json"] = {"schema": reference(self.body)}
        if content:
            found["requestBody"] = {"required": self.body_required, "content": content}
        return found

    def good(self, status: int) -> dict[str, Any]:
        """Return the response object of a good status."""
        model = self.answers[status]
        content: dict[str, Any] = {media: {"schema": schema} for media, schema in self.other_answers.items()}
        if model is not None:
            content["application/json"] = {"schema": reference(model)}
        response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
        return {**response, "content": content} if content else response


def reference(model: type[BaseModel]) -> dict[str, str]:
    """Return the reference to a model's schema."""
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def bad(status: int) -> dict[str, Any]:
    """Return the response object of an error."""
    return {"description": HTTPStatus(status).phrase, "content": {"application/json": {"schema": ERROR}}}


def parameter(name: str, where: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """Return a parameter object; those of the path are required."""
    return {"name": name, "in": where, "required": where == "path", "schema": schema, "description": description}


def document(handlers: Mapping[str, Sequence[Operation]], server: str = "/functions/v1") -> dict[str, Any]:
    """Return the OpenAPI document of these handlers' operations, which are served below `server`.

    Raises ValueError when two models of different handlers have one name.
    """
    models = [model for operations in handlers.values() for one in operations for model in one.models()]
    unique = list(dict.fromkeys(models))
    names = [model.__name__ for model in unique]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"Two models have the name {', '.join(sorted(twice))}.")
    _, schemas = models_json_schema(
        [(model, "validation") for model in unique], ref_template="#/components/schemas/{model}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for handler, operations in sorted(handlers.items()):
        for one in operations:
            paths.setdefault(f"/{handler}{one.path}", {})[one.method.lower()] = one.described(handler)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Groundwork functions", "version": "1"},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.get("$defs", {}), "Error": error_schema()},
            "securitySchemes": {
                "user": {"type": "http", "scheme": "bearer", "description": "A signed-in user's access token."},
                "service_role": {"type": "http", "scheme": "bearer", "description": "The service role key."},
                "api_key": {"type": "http", "scheme": "bearer", "description": "An organization's API key."},
            },
        },
    }


def error_schema() -> dict[str, Any]:
    """Return the schema of every error."""
    text = {"type": "string"}
    inner = {
        "type": "object",
        "required": ["code", "message", "hint"],
        "properties": {"code": text, "message": text, "hint": text},
    }
    return {"type": "object", "required": ["error"], "properties": {"error": inner}}
