"""Halves of characters in a stream: JSON may say half of one, and providers cut between the halves.

A character beyond U+FFFF is two escapes in JSON. Where one chunk ends with the first and the next begins with the
second, they are joined here. A half that stays alone is no text: neither UTF-8 nor Postgres can hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ESCAPE = "\\u"
"""Without this in an event's JSON there is no half of a character in it."""
FIRST = ("\ud800", "\udbff")
REPLACEMENT = "\ufffd"
TEXTS = ("content", "reasoning_content", "refusal")
Slot = tuple[int, str, int]
"""A text that grows from chunk to chunk: the choice, the field, and which call where it is a tool's arguments."""


class Halves:
    """What the chunks of one stream ended with, until the next one says the rest."""

    def __init__(self) -> None:
        self.held: dict[Slot, str] = {}

    def mended(self, chunk: dict[str, Any], event: str) -> dict[str, Any]:
        """Return the chunk of an event's JSON without a half that is not text."""
        if not self.held and ESCAPE not in event:
            return chunk
        for position, choice in enumerate(chunk.get("choices") or []):
            self.join(choice, number_of(choice, position))
        cleaned: dict[str, Any] = whole(chunk)
        return cleaned

    def join(self, choice: dict[str, Any], number: int) -> None:
        """Give a choice's texts the halves that were held for them, and hold those that they end with."""
        waiting = {slot: half for slot, half in self.held.items() if slot[0] == number}
        for slot, place, name in list(slots_of(choice, number)):
            text = self.held.pop(slot, "") + place[name]
            waiting.pop(slot, None)
            if text and FIRST[0] <= text[-1] <= FIRST[1]:
                self.held[slot] = text[-1]
                text = text[:-1]
            place[name] = text
        for slot in waiting:
            # The other half did not come.
            del self.held[slot]
            delta = choice["delta"] = choice.get("delta") or {}
            if slot[1] in TEXTS:
                delta[slot[1]] = REPLACEMENT
            else:
                call = {"index": slot[2], "function": {"arguments": REPLACEMENT}}
                delta["tool_calls"] = [*(delta.get("tool_calls") or []), call]


def slots_of(choice: Mapping[str, Any], number: int) -> Iterator[tuple[Slot, dict[str, Any], str]]:
    """Yield the growing texts of a choice, each with the object that it is in and its name there."""
    delta = choice.get("delta") or {}
    for name in TEXTS:
        if isinstance(delta.get(name), str):
            yield (number, name, 0), delta, name
    for position, call in enumerate(delta.get("tool_calls") or []):
        function = call.get("function") or {}
        if isinstance(function.get("arguments"), str):
            yield (number, "arguments", number_of(call, position)), function, "arguments"


def number_of(numbered: Mapping[str, Any], position: int) -> int:
    """Return the index that an object says of itself, else where it stands."""
    index = numbered.get("index")
    return index if isinstance(index, int) else position


def whole(value: Any) -> Any:
    """Return a JSON value in which halves of characters are joined where they meet, and else replaced."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list):
        return [whole(one) for one in value]
    if isinstance(value, dict):
        return {whole(key): whole(one) for key, one in value.items()}
    return value
