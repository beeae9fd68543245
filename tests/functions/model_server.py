"""A provider that speaks OpenAI's and Anthropic's protocols, for the tests: it stands in for what is outside.

The model's name says how it behaves, for instance `words-20-50` (20 words, 50 ms apart), `vectors-384`, `halves`
(a character in two pieces, and half of one), `odd-1` (the second of the answers in ODD) or `unmetered` (no usage).
Each word is a token.
With --journal every call is written down, a word at a time, so that what was served is known even after a kill.

    python -m tests.functions.model_server --port 9100 --journal served.txt
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import struct
from pathlib import Path
from typing import Any

Reply = tuple[int, dict[str, str], bytes]
ODD: dict[str, list[Any]] = {
    "completions": [{"choices": [1]}, {"choices": [{"message": 1}]}, {"choices": 1}, {}, []],
    "messages": [{"content": [1]}, {"content": [], "usage": "none"}, {"content": 1}, {}, []],
    "embeddings": [{}, {"data": None}, {"data": [1]}, []],
}
ODD_EVENTS: dict[str, list[Any]] = {
    "completions": [
        {"choices": [1]},
        {"choices": 1},
        {"choices": [{"delta": 1}]},
        {"choices": [{"delta": {"tool_calls": [1]}}]},
        {"choices": [{"delta": {"tool_calls": [{"function": "x"}]}}]},
    ],
    "messages": [
        {"type": "message_start", "message": 1},
        {"type": "message_start", "message": {"usage": "none"}},
        {"type": "content_block_start", "content_block": 1},
        {"type": "content_block_delta", "delta": 1},
        {"type": "message_delta", "usage": 1},
    ],
}
"""Answers of the right kind of JSON and a wrong shape, by the last part of the path."""


class Call:
    """One request, and the journal of what is served for it."""

    def __init__(self, path: str, headers: dict[str, str], body: dict[str, Any], server: Server) -> None:
        self.path = path
        self.headers = headers
        self.body = body
        self.server = server
        self.model = str(body.get("model", ""))
        self.number = server.next_number()

    @property
    def behaviour(self) -> tuple[str, list[int]]:
        """Return the first word of the model's name and the numbers in it."""
        return self.model.split("-")[0], [int(number) for number in re.findall(r"-(\d+)", self.model)]

    @property
    def prompt_tokens(self) -> int:
        """Return the words of the request."""
        return max(1, len(json.dumps(self.body.get("messages") or self.body.get("input") or "").split()))

    @property
    def words(self) -> list[str]:
        """Return what is answered."""
        kind, numbers = self.behaviour
        if kind == "echo":
            content = self.body["messages"][-1]["content"]
            text = content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
            return [f"{word} " for word in text.split()] or ["nothing "]
        if kind == "json":
            return ['{"city":', '"Paris"}']
        if kind == "halves":
            return ["a \ud83d", "\ude00 b \ud83d", " c \ud83d"]
        return [f"word{index} " for index in range(numbers[0] if numbers and kind != "odd" else 3)]

    def note(self, what: str, amount: int) -> None:
        """Write down that something was served."""
        self.server.note(f"{self.number} {what} {amount}")


class Server:
    """The server and its journal."""

    def __init__(self, journal: Path | None) -> None:
        self.count = 0
        self.journal = os.open(journal, os.O_WRONLY | os.O_CREAT | os.O_APPEND) if journal else None
        self.failures: dict[str, int] = {}

    def next_number(self) -> int:
        """Return the number of a new call."""
        self.count += 1
        return self.count

    def note(self, line: str) -> None:
        """Append a line to the journal."""
        if self.journal is not None:
            os.write(self.journal, f"{line}\n".encode())

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of a connection, one after the other."""
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request and return whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ", 2)
        headers = {
            name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:]) if name
        }
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        body = json.loads(raw) if raw else {}
        call = Call(path, headers, body if isinstance(body, dict) else {}, self)
        if method == "GET":
            send(writer, json_reply(200, {"calls": self.count}))
        elif (await self.misbehave(call, writer)) is False:
            return False
        elif refused := self.refusal(call):
            send(writer, refused)
        elif call.behaviour[0] == "odd" and not body.get("stream"):
            send(writer, json_reply(200, ODD[path.rpartition("/")[2]][call.behaviour[1][0]]))
        elif path.endswith("/embeddings"):
            send(writer, json_reply(200, embeddings(call)))
        elif body.get("stream"):
            return await self.stream(call, writer)
        else:
            await asyncio.sleep((call.behaviour[1][1:] or [0])[0] / 1000)
            note_whole(call)
            send(writer, json_reply(200, (claude_message if "/messages" in path else completion)(call)))
        await writer.drain()
        return True

    async def misbehave(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        """Return False when the connection is over already."""
        kind, numbers = call.behaviour
        if kind == "hang":
            await asyncio.sleep(numbers[0] if numbers else 3600)
        if kind == "nonsense":
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n<html>no!"
            )
            await writer.drain()
        if kind == "half":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n{"id":')
            await writer.drain()
            writer.transport.close()
        if kind == "slam":
            writer.transport.abort()
        return kind not in ("nonsense", "half", "slam")

    def refusal(self, call: Call) -> Reply | None:
        """Return the error that the model's name asks for."""
        kind, numbers = call.behaviour
        if kind == "status":
            error = {"message": f"status {numbers[0]}", "type": "test_error", "param": "model", "code": "as_asked"}
            return json_reply(numbers[0], {"error": error}, {"retry-after": "7"} if numbers[0] == 429 else {})
        if kind == "flaky":
            self.failures[call.model] = self.failures.get(call.model, 0) + 1
            if self.failures[call.model] <= numbers[0]:
                return json_reply(503, {"error": {"message": "overloaded"}})
        return None

    async def stream(self, call: Call, writer: asyncio.StreamWriter) -> bool:
        """Stream the answer and return whether another request may follow."""
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        kind, numbers = call.behaviour
        pause = (numbers[1:] or [0])[0] / 1000
        events = claude_events if "/messages" in call.path else completion_events
        call.note("input", call.prompt_tokens)
        served = 0
        for is_token, event in events(call):
            if writer.is_closing():
                call.note("left", served)
                return False
            write_chunk(writer, event)
            await writer.drain()
            if is_token:
                served += 1
                call.note("output", 1)
                if kind == "break" and served == (numbers[1:] or [2])[0]:
                    writer.transport.close()
                    return False
                if kind == "babble" and served == (numbers[1:] or [2])[0]:
                    write_chunk(writer, b"data: <html>no!\n\n")
                await asyncio.sleep(pause)
        write_chunk(writer, b"")
        await writer.drain()
        return True


def write_chunk(writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    status, headers, body = reply
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"HTTP/1.1 {status} X\r\n{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body)


def json_reply(status: int, data: object, headers: dict[str, str] | None = None) -> Reply:
    return status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(data).encode()


def note_whole(call: Call) -> None:
    call.note("input", call.prompt_tokens)
    call.note("output", len(call.words))


def usage_of(call: Call, output: int) -> dict[str, Any]:
    total = {"prompt_tokens": call.prompt_tokens, "completion_tokens": output}
    cached = (
        {"cached_tokens": call.prompt_tokens // 2} if call.model.startswith("cached") else {"cached_tokens": 0}
    )
    return {**total, "total_tokens": sum(total.values()), "prompt_tokens_details": cached}


def tool_of(call: Call) -> dict[str, Any] | None:
    """Return the tool call that a request with tools is answered with."""
    if not call.body.get("tools") or call.body["messages"][-1].get("role") == "tool":
        return None
    tool = call.body["tools"][0]
    return {"name": tool.get("name") or tool["function"]["name"], "arguments": '{"city": "Paris"}'}


def completion(call: Call) -> dict[str, Any]:
    tool = tool_of(call)
    message: dict[str, Any] = {"role": "assistant", "content": None if tool else "".join(call.words).strip()}
    if tool:
        message["tool_calls"] = [{"id": "call_1", "type": "function", "function": tool}]
    return {
        "id": f"chatcmpl-{call.number}",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": call.model,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if tool else "stop"}],
        "usage": usage_of(call, len(call.words)),
        "x_extra": "what a server adds",
    }


def completion_events(call: Call) -> Any:
    """Yield OpenAI's events, each with whether it is a token."""
    options = call.body.get("stream_options") or {}
    head = {"id": f"chatcmpl-{call.number}", "object": "chat.completion.chunk", "created": 1, "model": call.model}

    def event(delta: dict[str, Any], reason: str | None = None, usage: dict[str, Any] | None = None) -> bytes:
        choices = [{"index": 0, "delta": delta, "finish_reason": reason}]
        return b"data: " + json.dumps({**head, "choices": choices, "usage": usage}).encode() + b"\n\n"

    continuous = bool(options.get("continuous_usage_stats"))
    yield False, event({"role": "assistant", "content": ""}, None, usage_of(call, 0) if continuous else None)
    tool = tool_of(call)
    pieces = [{"content": word} for word in call.words]
    if tool:
        function = {"name": tool["name"], "arguments": ""}
        yield (
            False,
            event({"tool_calls": [{"index": 0, "id": "call_1", "type": "function", "function": function}]}),
        )
        pieces = [
            {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}
            for piece in ('{"city": ', '"Paris"', "}")
        ]
    if call.behaviour[0] == "odd":
        yield True, event(pieces[0], None, usage_of(call, 1) if continuous else None)
        yield False, b"data: " + json.dumps(ODD_EVENTS["completions"][call.behaviour[1][0]]).encode() + b"\n\n"
    for index, piece in enumerate(pieces):
        yield True, event(piece, None, usage_of(call, index + 1) if continuous else None)
    yield False, event({}, "tool_calls" if tool else "stop")
    if options.get("include_usage"):
        final = {**head, "choices": [], "usage": usage_of(call, len(pieces))}
        yield False, b"data: " + json.dumps(final).encode() + b"\n\n"
    yield False, b"data: [DONE]\n\n"


def claude_message(call: Call) -> dict[str, Any]:
    tool = tool_of(call)
    content: list[dict[str, Any]] = [{"type": "text", "text": "".join(call.words).strip()}]
    if tool:
        content = [
            {"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": json.loads(tool["arguments"])}
        ]
    return {
        "id": f"msg_{call.number}",
        "type": "message",
        "role": "assistant",
        "model": call.model,
        "content": content,
        "stop_reason": "tool_use" if tool else "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": call.prompt_tokens,
            "output_tokens": len(call.words),
            "cache_read_input_tokens": 2,
        },
        "x_request": call.body,
    }


def claude_events(call: Call) -> Any:
    """Yield Anthropic's events, each with whether it is a token."""

    def event(kind: str, **rest: Any) -> bytes:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **rest})}\n\n".encode()

    message = {**claude_message(call), "content": [], "stop_reason": None}
    message["usage"] = {"input_tokens": call.prompt_tokens, "output_tokens": 1}
    yield False, event("message_start", message=message)
    tool = tool_of(call)
    if tool:
        block = {"type": "tool_use", "id": "toolu_1", "name": tool["name"], "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in ('{"city": ', '"Paris"}')]
    else:
        block = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in call.words]
    yield False, event("content_block_start", index=0, content_block=block)
    if call.behaviour[0] == "odd":
        yield True, event("content_block_delta", index=0, delta=deltas[0])
        yield False, event(**{"kind": "", **ODD_EVENTS["messages"][call.behaviour[1][0]]})
    yield False, event("ping")
    for delta in deltas:
        yield True, event("content_block_delta", index=0, delta=delta)
    yield False, event("content_block_stop", index=0)
    reason = "tool_use" if tool else "end_turn"
    yield False, event("message_delta", delta={"stop_reason": reason}, usage={"output_tokens": len(deltas)})
    yield False, event("message_stop")


def embeddings(call: Call) -> dict[str, Any]:
    given = call.body.get("input")
    texts = given if isinstance(given, list) else [given]
    size = (call.behaviour[1] or [3])[0]
    vectors = [[float(len(str(text))), 0.5, -1.0, *[0.25] * (size - 3)] for text in texts]
    packed = call.body.get("encoding_format") == "base64"
    call.note("input", call.prompt_tokens)
    told = {"usage": {"prompt_tokens": call.prompt_tokens, "total_tokens": call.prompt_tokens}}
    return {
        "object": "list",
        "model": call.model,
        "data": [
            {
                "object": "embedding",
                "index": index,
                "embedding": base64.b64encode(struct.pack(f"<{size}f", *vector)).decode() if packed else vector,
            }
            for index, vector in enumerate(vectors)
        ],
        **({} if call.model.startswith("unmetered") else told),
    }


async def serve(port: int, journal: Path | None) -> None:
    """Serve until the end of the process."""
    server = await asyncio.start_server(Server(journal).connected, "127.0.0.1", port, backlog=1024)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--journal", type=Path)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.journal))
