"""Cuts a text into passages: along its headings and paragraphs, then sentences, by the tokens the model counts."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from semantic_text_splitter import MarkdownSplitter

from functions._shared.embeddings import offline

CAPACITY = (160, 280)
OVERLAP = 32
HEADING = re.compile(r"(#{1,6})[ \t]+(?=[^ \t#])")
FENCES = ("```", "~~~")
LONGEST_HEADING = 120
LONGEST_WORD = 32
LONGEST_PART = 16_000
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
    above = Above(headings)
    found = (
        (start + offset, content)
        for start, part in parts(text, [place for place, _, _ in headings])
        for offset, content in splitter.chunk_indices(part)
    )
    return [
        Chunk(index, content, above.at(offset), counter(content), title)
        for index, (offset, content) in enumerate(found)
    ]


def parts(text: str, headings: Sequence[int]) -> Iterator[tuple[int, str]]:
    """Yield a long text in parts and where each begins: the splitter takes hours for some texts when whole.

    A part ends before a heading where it can, else after a paragraph, a line, or a word.
    """
    start = 0
    while len(text) - start > LONGEST_PART:
        least, most = start + LONGEST_PART // 2, start + LONGEST_PART
        nearest = bisect_right(headings, most)
        if nearest and headings[nearest - 1] > least:
            end = headings[nearest - 1]
        else:
            ends = (text.rfind(mark, least, most) + len(mark) for mark in ("\n\n", "\n", " "))
            end = next((one for one in ends if one > least), most)
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def headings_of(text: str) -> list[tuple[int, int, str]]:
    """Return where each heading stands, its level and its words; what is in code is none.

    One pass over the lines: patterns over the whole text take hours for one that is made to.
    """
    found, start, fence = list[tuple[int, int, str]](), 0, ""
    for line in text.split("\n"):
        if fence:
            fence = "" if line.startswith(fence) and not line.strip(fence[0] + " \t\r") else fence
        elif line.startswith(FENCES):
            fence = line[:3]
        elif (match := HEADING.match(line)) is not None:
            words = line[match.end() :].strip("#*_ \t\r")[:LONGEST_HEADING]
            found.append((start, len(match[1]), words))
        start += len(line) + 1
    return found


class Above:
    """The headings that a place in a text is below, for places that are asked for in their order."""

    def __init__(self, headings: list[tuple[int, int, str]]) -> None:
        self.headings = headings
        self.next = 0
        self.path: list[tuple[int, str]] = []

    def at(self, offset: int) -> tuple[str, ...]:
        """Return the headings above an offset, outermost first."""
        while self.next < len(self.headings) and self.headings[self.next][0] <= offset:
            _, level, words = self.headings[self.next]
            self.path = [*(one for one in self.path if one[0] < level), (level, words)]
            self.next += 1
        return tuple(words for _, words in self.path)


def token_count(text: str) -> int:
    """Return how many tokens the offline model sees in a text; other models' counts are near it."""
    return sum(map(tokens_of_word, text.split()))


def tokens_of_word(word: str) -> int:
    """Return the tokens of one word. The model never joins words, so a text has the sum of its words' tokens."""
    if len(word) <= LONGEST_WORD:
        return tokens_of_piece(word)
    # What has no spaces may be as long as the text, and is counted again and again. The sum of its pieces is near.
    pieces = (word[start : start + LONGEST_WORD] for start in range(0, len(word), LONGEST_WORD))
    return sum(map(tokens_of_piece, pieces))


@lru_cache(maxsize=100_000)
def tokens_of_piece(piece: str) -> int:
    """Return the tokens of a word, or of a part of one, that is not long."""
    return offline().token_count(piece) - around()


@lru_cache(maxsize=1)
def around() -> int:
    """Return the tokens of the prefix and the marks around a text: all of a word's that is one token, but that."""
    return offline().token_count("a") - 1
