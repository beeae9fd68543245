"""Writes the vectors at the end of seed.sql from the texts in it: `python -m groundwork.seed.vectors`."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from groundwork import embedding

BEGIN = "-- Embeddings ---"
SECTION = """update public.document_chunks c set embedding = v.embedding::extensions.vector, token_count = v.tokens
from (
    values
{rows}
) v (document, chunk_index, tokens, embedding)
where c.chunk_index = v.chunk_index
    and c.document_id = ('0d100000-0000-4000-8000-' || lpad(v.document::text, 12, '0'))::uuid;
"""
ROW = re.compile(r"^    \((\d+), (\d+), '((?:[^']|'')+)'\),?$", re.MULTILINE)
TEXTS = re.compile(
    r"^insert into public\.document_chunks .*?^\) k \(document, chunk_index, content\)$",
    re.MULTILINE | re.DOTALL,
)
DECIMALS = 4


@dataclass(frozen=True)
class Passage:
    """A text of the seed: the number of its document, its place in it, and what it says."""

    document: int
    index: int
    content: str


def passages(seed: str) -> list[Passage]:
    """Return the passages that the seed's SQL inserts; raise ValueError where it has none."""
    block = TEXTS.search(seed)
    found = [
        Passage(int(document), int(index), content.replace("''", "'"))
        for document, index, content in ROW.findall(block.group() if block else "")
    ]
    if not found:
        raise ValueError("seed.sql has no insert into public.document_chunks in the form that is expected.")
    return found


def written(vector: Sequence[float]) -> str:
    """Return a vector as Postgres reads it, with four decimals and without needless zeros."""
    return "[" + ",".join(f"{value:.{DECIMALS}f}".replace("0.", ".", 1) for value in vector) + "]"


def section(texts: Sequence[Passage]) -> str:
    """Return the SQL that gives the passages their vectors."""
    vectors = embedding.of_passages([text.content for text in texts])
    rows = [
        f"    ({text.document}, {text.index}, {embedding.token_count(text.content)}, '{written(vector)}')"
        for text, vector in zip(texts, vectors, strict=True)
    ]
    return SECTION.format(rows=",\n".join(rows))


def rewrite(seed: str) -> str:
    """Return the seed with the vectors of its texts."""
    start = seed.index(BEGIN)
    comment = re.match(r"(--.*\n)+", seed[start:])
    assert comment is not None  # noqa: S101
    return seed[: start + comment.end()] + "\n" + section(passages(seed))


def main() -> None:
    """Rewrite seed.sql of the project around this file."""
    path = Path(__file__).parents[2] / "seed.sql"
    seed = path.read_text()
    fresh = rewrite(seed)
    path.write_text(fresh)
    sys.stdout.write(f"{path}: {len(passages(fresh))} passages, {'written' if fresh != seed else 'unchanged'}\n")


if __name__ == "__main__":
    main()
