"""OpenAI's chat requests as Anthropic's, and Anthropic's content as OpenAI's message."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from functions._shared.providers.failures import ProviderError
from functions._shared.providers.usage import DEFAULT_OUTPUT, count_of

FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
CHOICES = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}
DATA_URL = re.compile(r"data:(image/[a-z0-9.+-]+);base64,(.*)", re.DOTALL)


def invalid(message: str) -> ProviderError:
    """Return the error for a request that has no meaning for this provider."""
    return ProviderError(400, "invalid_request", message, elsewhere=False)


def request_of(body: Mapping[str, Any], model: str) -> dict[str, Any]:
    """Return Anthropic's request; raise ProviderError (400) for what it has no counterpart to."""
    if count_of(body.get("n")) > 1:
        raise invalid("This model gives one choice; leave n out.")
    system, messages = split_system(body.get("messages") or [])
    asked = count_of(body.get("max_completion_tokens")) or count_of(body.get("max_tokens")) or DEFAULT_OUTPUT
    request: dict[str, Any] = {"model": model, "max_tokens": asked, "messages": messages}
    if system:
        request["system"] = system
    for name in ("temperature", "top_p"):
        if body.get(name) is not None:
            request[name] = body[name]
    if body.get("stop"):
        request["stop_sequences"] = [body["stop"]] if isinstance(body["stop"], str) else list(body["stop"])
    if body.get("tools"):
        request["tools"] = [tool_of(tool) for tool in body["tools"]]
        if choice := choice_of(body):
            request["tool_choice"] = choice
    form = body.get("response_format")
    if isinstance(form, Mapping) and form.get("type") == "json_schema":
        schema = (form.get("json_schema") or {}).get("schema") or {}
        request["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    return request


def split_system(messages: Iterable[Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return what system messages say, and the others: neighbours of one role together."""
    system: list[str] = []
    turns: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, Mapping):
            raise invalid("A message is not an object.")
        if message.get("role") in ("system", "developer"):
            system.append("".join(block.get("text", "") for block in blocks_of(message.get("content"))))
            continue
        role, blocks = turn_of(message)
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(blocks)
        elif blocks:
            turns.append({"role": role, "content": blocks})
    return "\n\n".join(text for text in system if text), turns


def turn_of(message: Mapping[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return a message's role and content blocks; raise ProviderError (400) for an unknown role."""
    role = message.get("role")
    if role == "tool":
        result = {"type": "tool_result", "tool_use_id": message.get("tool_call_id")}
        return "user", [{**result, "content": blocks_of(message.get("content"))}]
    if role == "assistant":
        calls = [
            {
                "type": "tool_use",
                "id": call.get("id"),
                "name": (call.get("function") or {}).get("name"),
                "input": arguments_of((call.get("function") or {}).get("arguments")),
            }
            for call in message.get("tool_calls") or []
        ]
        return "assistant", [*blocks_of(message.get("content")), *calls]
    if role == "user":
        return "user", blocks_of(message.get("content"))
    raise invalid(f"The role {role!r} is not known.")


def arguments_of(text: object) -> Any:
    """Return the arguments of a tool call; raise ProviderError (400) when they are not JSON."""
    try:
        return json.loads(text) if isinstance(text, str) and text.strip() else {}
    except ValueError:
        raise invalid("The arguments of a tool call are not JSON.") from None


def blocks_of(content: object) -> list[dict[str, Any]]:
    """Return a message's content as blocks; raise ProviderError (400) for a kind of part that is unknown."""
    if content is None or content == "":
        return []
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise invalid("The content of a message is text or a list of parts.")
    return [block_of(part) for part in content]


def block_of(part: object) -> dict[str, Any]:
    """Return one part as a block; raise ProviderError (400) for a kind that is unknown."""
    kind = part.get("type") if isinstance(part, Mapping) else None
    if isinstance(part, Mapping) and kind in ("text", "refusal"):
        return {"type": "text", "text": str(part.get(str(kind)) or "")}
    if isinstance(part, Mapping) and kind == "image_url":
        image = part.get("image_url")
        url = str(image.get("url") if isinstance(image, Mapping) else image)
        if match := DATA_URL.fullmatch(url):
            source = {"type": "base64", "media_type": match[1], "data": match[2]}
            return {"type": "image", "source": source}
        return {"type": "image", "source": {"type": "url", "url": url}}
    raise invalid(f"Content of type {kind!r} is not known to this model.")


def tool_of(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool's definition."""
    function = tool.get("function") or {}
    made = {"name": function.get("name"), "input_schema": function.get("parameters") or {"type": "object"}}
    if function.get("description"):
        made["description"] = function["description"]
    return made


def choice_of(body: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return which tool must be used, or None where nothing is said; raise ProviderError (400) for nonsense."""
    choice = body.get("tool_choice")
    parallel = body.get("parallel_tool_calls")
    made: dict[str, Any] | None = None
    if isinstance(choice, str):
        made = dict(CHOICES.get(choice) or {})
    elif isinstance(choice, Mapping):
        function = choice.get("function")
        name = function.get("name") if isinstance(function, Mapping) else None
        if not isinstance(name, str):
            raise invalid("tool_choice names no function.")
        made = {"type": "tool", "name": name}
    if parallel is False and (made or {}).get("type") != "none":
        made = {**(made or {"type": "auto"}), "disable_parallel_tool_use": True}
    return made or None


def message_of(content: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return OpenAI's assistant message of Anthropic's content blocks."""
    texts: list[str] = []
    calls: list[dict[str, Any]] = []
    for block in content:
        if block.get("type") == "text":
            texts.append(str(block.get("text") or ""))
        elif block.get("type") == "tool_use":
            function = {"name": block.get("name"), "arguments": json.dumps(block.get("input") or {})}
            calls.append({"id": block.get("id"), "type": "function", "function": function})
    message: dict[str, Any] = {"role": "assistant", "content": "".join(texts) or None, "refusal": None}
    return {**message, "tool_calls": calls} if calls else message
