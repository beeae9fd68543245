"""How well search finds what is known to be there: summaries of docstrings ask for what follows them."""

from __future__ import annotations

import ast
import math
import random
import statistics
import sysconfig
from pathlib import Path

import numpy as np

from functions._shared.embeddings import offline
from tests.benchmarks.harness import Bench
from tests.benchmarks.search_data import Connection, identifiers, make_people, sign_in


def known_items(amount: int) -> list[tuple[str, str]]:
    """Return summaries of docstrings of Python's library and the packages here, each with what follows it."""
    folders = [Path(sysconfig.get_paths()[name]) for name in ("stdlib", "purelib")]
    files = sorted(file for folder in folders for file in folder.rglob("*.py") if "test" not in file.as_posix())
    random.Random(3).shuffle(files)
    items: dict[str, str] = {}
    for file in files:
        try:
            tree = ast.parse(file.read_text())
        except (SyntaxError, ValueError, OSError):
            continue
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
                continue
            summary, _, body = (ast.get_docstring(node) or "").partition("\n\n")
            if 30 <= len(summary) <= 200 and len(body) >= 200 and body[:600] not in items.values():
                items.setdefault(" ".join(summary.split()), body[:600])
        if len(items) >= amount:
            break
    return list(items.items())[:amount]


def quality(bench: Bench, connection: Connection) -> None:
    """Report nDCG@10 of searching for the body of a docstring by its summary, with real embeddings."""
    items = known_items(bench.size(600, 200))
    model = offline()
    with bench.step("embedding docstrings", len(items)) as progress:
        vectors = []
        for first in range(0, len(items), 32):
            vectors += model.embed_passages([body for _, body in items[first : first + 32]])
            progress(first)
        queries = model.embed_queries([summary for summary, _ in items])
    connection.execute("reset role")
    user = identifiers(np.random.default_rng(31), 1)[0]
    make_people(connection, [user])
    sign_in(connection, user)
    ((organization,),) = connection.execute(
        "insert into organizations (name, slug) values ('Docstrings', 'docstrings') returning id"
    ).fetchall()
    ids = []
    for (_, body), vector in zip(items, vectors, strict=True):
        ((document,),) = connection.execute(
            "insert into documents (organization_id, title) values (%s, 'Docstring') returning id", [organization]
        ).fetchall()
        connection.execute(
            "insert into document_chunks (organization_id, document_id, chunk_index, content, embedding, "
            "embedding_model) values (%s, %s, 0, %s, %s, %s)",
            [organization, document, body, str(vector), model.model],
        )
        ids.append(document)
    wanted = dict(zip((summary for summary, _ in items), ids, strict=True))
    scores: dict[str, list[float]] = {"hybrid": [], "semantic": [], "keyword": [], "rrf": [], "coverage": []}
    for (summary, _), query in zip(items, queries, strict=True):
        words = " or ".join(word for word in summary.replace('"', " ").split() if word.strip("-"))
        vector = str(query)
        for name, statement, values in (
            ("semantic", "select document_id from search_documents(%s, -1, 10)", [vector]),
            ("keyword", "select document_id from keyword_search_documents(%s, 10)", [words]),
            ("hybrid", "select document_id from hybrid_search_documents(%s, %s, 10)", [words, vector]),
            (
                "rrf",
                "select document_id from hybrid_search_documents(%s, %s, 10, fusion => 'rrf')",
                [words, vector],
            ),
            (
                "coverage",
                "select document_id from hybrid_search_documents(%s, %s, 10, fusion => 'coverage')",
                [summary, vector],
            ),
        ):
            found = [row[0] for row in connection.execute(statement, values).fetchall()]  # type: ignore[arg-type]
            answer = wanted[summary]
            scores[name].append(1 / math.log2(2 + found.index(answer)) if answer in found else 0)
    means = {name: statistics.fmean(values) for name, values in scores.items()}
    note = f"{len(items)} docstrings, the summary asked with its words joined by or, {model.model}"
    bench.report("ndcg.hybrid", means["hybrid"], at_least=max(means["semantic"], means["keyword"]), note=note)
    bench.report("ndcg.semantic", means["semantic"])
    bench.report("ndcg.keyword", means["keyword"])
    bench.report("ndcg.rrf", means["rrf"], note="fused by rank")
    bench.report("ndcg.coverage", means["coverage"], note="as the functions ask: the summary itself")
