"""The part of a passage that a reader should see first, with the words of the query marked."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

WORD = re.compile(r"\w+")
LENGTH = 240
SHORTEST_STEM = 4
LONGEST_STEM = 100
ENDING = 2
"""So many letters at the end of a long word may differ: `memories` marks `memory`."""


def snippet(content: str, query: str, length: int = LENGTH) -> str:
    """Return about `length` characters of the content as HTML, the query's words in <mark>.

    It is the part with most different words of the query, or the beginning when there is none.
    """
    stems = {stem(word) for word in WORD.findall(query.casefold()) if len(word) > 1}
    hits = [
        (match.start(), match.end(), found)
        for match in WORD.finditer(content)
        if (found := match_of(match.group().casefold(), stems)) is not None
    ]
    start, end = window(content, hits, length)
    marked, position = [], start
    for first, last, _ in hits:
        if first >= start and last <= end:
            marked += [escape(content[position:first]), "<mark>", escape(content[first:last]), "</mark>"]
            position = last
    marked.append(escape(content[position:end]))
    text = re.sub(r"\s+", " ", "".join(marked)).strip()
    return f"{'… ' if start else ''}{text}{' …' if end < len(content) else ''}"


def stem(word: str) -> str:
    """Return what a word has in common with its other forms, roughly."""
    return word if len(word) < SHORTEST_STEM + ENDING else word[:-ENDING]


def match_of(word: str, stems: set[str]) -> str | None:
    """Return the stem that a word is a form of, if any."""
    if word in stems:
        return word
    # Not each stem against each word: who asks chooses how many there are of both.
    beginnings = (word[:length] for length in range(SHORTEST_STEM, min(len(word), LONGEST_STEM)))
    return next((one for one in beginnings if one in stems), None)


def window(content: str, hits: list[tuple[int, int, str]], length: int) -> tuple[int, int]:
    """Return start and end of the part with most different stems, moved to the edges of words."""
    if len(content) <= length:
        return 0, len(content)
    best, start, behind = 0, 0, 0
    inside: Counter[str] = Counter()
    for index, (first, _, found) in enumerate(hits):
        while behind <= index or (behind < len(hits) and hits[behind][1] <= first + length * 3 // 4):
            inside[hits[behind][2]] += 1
            behind += 1
        if len(inside) > best:
            best, start = len(inside), max(0, first - length // 4)
        inside[found] -= 1
        if not inside[found]:
            del inside[found]
    if start:
        space = content.find(" ", start, start + 40)
        start = space + 1 if space >= 0 else start
    end = min(len(content), start + length)
    if end < len(content):
        space = content.rfind(" ", end - 40, end)
        end = space if space > start else end
    return start, end
