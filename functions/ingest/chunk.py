"""Cuts a text into passages: along its headings and paragraphs, then sentences, by the tokens the model counts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from semantic_text_splitter import MarkdownSplitter

from functions._shared.embeddings import offline

CAPACITY = (160, 280)
OVERLAP = 32
HEADING = re.compile(r"^(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
FENCE = re.compile(r"^(```|~~~).*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
LONGEST_HEADING = 120
Count = Callable[[str], int]


@dataclass(frozen=True)
class Chunk:
    """A passage: its text, where it stands, and what is embedded for it."""

    index: int
    content: str
    headings: tuple[str, ...]
    tokens: int
    title: str

    @property
    def embedded(self) -> str:
        """What the model is given: a passage alone often does not say what it is about."""
        return "\n".join([" > ".join(dict.fromkeys([self.title, *self.headings])), self.content])

    @property
    def key(self) -> str:
        """What the vector depends on, in short: passages with one key have one vector."""
        return hashlib.sha256(self.embedded.encode()).hexdigest()

    @property
    def hash(self) -> str:
        """The SHA-256 of the content."""
        return hashlib.sha256(self.content.encode()).hexdigest()


def chunks(text: str, title: str, count: Count | None = None) -> list[Chunk]:
    """Return the passages of a text (Markdown or plain) in their order."""
    counter = count or token_count
    splitter = MarkdownSplitter.from_callback(counter, CAPACITY, OVERLAP)
    headings = headings_of(text)
    return [
        Chunk(index, content, path_at(headings, offset), counter(content), title)
        for index, (offset, content) in enumerate(splitter.chunk_indices(text))
    ]


def headings_of(text: str) -> list[tuple[int, int, str]]:
    """Return where each heading stands, its level and its words; what is in code is none."""
    code = [match.span() for match in FENCE.finditer(text)]
    return [
        (match.start(), len(match[1]), match[2].strip("*_ ")[:LONGEST_HEADING])
        for match in HEADING.finditer(text)
        if not any(start <= match.start() < end for start, end in code)
    ]


def path_at(headings: list[tuple[int, int, str]], offset: int) -> tuple[str, ...]:
    """Return the headings that what stands at an offset is below, outermost first."""
    path: list[tuple[int, str]] = []
    for start, level, words in headings:
        if start > offset:
            break
        path = [*(above for above in path if above[0] < level), (level, words)]
    return tuple(words for _, words in path)


def token_count(text: str) -> int:
    """Return how many tokens the offline model sees in a text; other models' counts are near it."""
    return sum(tokens_of_word(word) for word in text.split())


@lru_cache(maxsize=100_000)
def tokens_of_word(word: str) -> int:
    """Return the tokens of one word. The model never joins words, so a text has the sum of its words' tokens."""
    return offline().token_count(word) - around()


@lru_cache(maxsize=1)
def around() -> int:
    """Return the tokens of the prefix and the marks around a text: all of a word's that is one token, but that."""
    return offline().token_count("a") - 1
