"""OpenAI's requests, as far as the gateway has to understand them; the rest passes through to the provider."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from functions._shared.body import Answer, Text

ModelName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$", max_length=200)]
Tokens = Annotated[int, Field(ge=1, le=10_000_000)]


class Passed(BaseModel):
    """An object of which only what is named here matters to the gateway."""

    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


class ToolCallFunction(Passed):
    """What an assistant called."""

    name: Text | None = None
    arguments: Text | None = None


class ToolCall(Passed):
    """That an assistant called something."""

    id: Text | None = None
    function: ToolCallFunction | None = None


class ChatMessage(Passed):
    """A message of the conversation."""

    role: Text
    content: Text | list[dict[str, Any]] | None = None
    tool_calls: list[ToolCall] | None = None


class ToolFunction(Passed):
    """A function that the model may call."""

    name: Text
    description: Text | None = None
    parameters: dict[str, Any] | None = None


class Tool(Passed):
    """A tool that the model may use."""

    type: Text = "function"
    function: ToolFunction | None = None


class StreamOptions(Passed):
    """How to stream."""

    include_usage: bool | None = None


class ResponseFormat(Passed):
    """The form that the answer has to have."""

    type: Text
    json_schema: dict[str, Any] | None = None


class ChatRequest(Passed):
    """A request for a chat completion."""

    model: ModelName
    messages: list[ChatMessage] = Field(min_length=1)
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = Field(default=None, ge=1, le=16)
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    tools: list[Tool] | None = None
    stop: Text | list[Text] | None = None
    response_format: ResponseFormat | None = None


class EmbeddingsRequest(Passed):
    """A request for embeddings."""

    model: ModelName
    input: Text | list[Text] | list[int] | list[list[int]]
    encoding_format: Annotated[str, StringConstraints(pattern="^(float|base64)$")] | None = None
    dimensions: Tokens | None = None


class PassedAnswer(Answer):
    """What the provider answers, as it is."""

    model_config = ConfigDict(extra="allow")

    object: str


class ListedModel(Answer):
    """A model."""

    id: str
    object: str = "model"
    created: int = 0
    owned_by: str


class ListedModels(Answer):
    """The models that there are."""

    object: str = "list"
    data: list[ListedModel]
