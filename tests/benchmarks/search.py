"""What search under row level security costs, beside bare pgvector and the seed's queries, and as tenants grow.

Bare pgvector is a superuser's `order by embedding <=> query limit 10` on a copy of the chunks with one graph of
vectors, which asks for no rights. The seed's queries run on that copy too, as the signed-in user, held to the
policy of public.document_chunks.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit
from uuid import UUID

import numpy as np
import psycopg
from numpy.typing import NDArray
from pgvector.psycopg import register_vector
from psycopg import sql

from tests.benchmarks import search_data
from tests.benchmarks.harness import Bench, alternate, seconds
from tests.benchmarks.search_data import Connection, Tenants, sign_in
from tests.benchmarks.search_quality import quality

Query = NDArray[np.float32]
Action = Callable[[Query], object]

CHUNKS, ORGANIZATIONS = 200_000, 1000
FIXED = (6, 12, 40, 200)
"""The organizations that do not grow when the others do, by their place in the order of size."""
RAW_EF = (20, 40, 60, 80, 100, 120, 160, 200, 250, 300, 400, 500, 600, 800, 1000)
SMALL = "bench_small"

SEARCH: LiteralString = "select chunk_id, title, content, similarity from public.search_documents(%s, -1, 10)"
EXACT: LiteralString = """
    select s.id from (
        select id, embedding <=> %s as distance from public.document_chunks where embedding is not null offset 0
    ) s order by s.distance, s.id limit 10
"""
RAW: LiteralString = (
    "select id, content, 1 - (embedding <=> %(query)s) as similarity from bench.document_chunks "
    "order by embedding <=> %(query)s limit 10"
)
EXACT_OF_ALL: LiteralString = (
    "select id from bench.document_chunks order by (embedding <=> %(query)s) + 0, id limit 10"
)
# The seed's, but for the collection, and without a threshold, as ours.
SEED_SEARCH: LiteralString = """
    select dc.id, d.title, dc.content, 1 - (dc.embedding <=> %(query)s) as similarity
    from bench.document_chunks dc
    join documents d on d.id = dc.document_id
    where d.deleted_at is null and 1 - (dc.embedding <=> %(query)s) > -1
    order by dc.embedding <=> %(query)s
    limit 10
"""
SEED_HYBRID: LiteralString = """
    select
        dc.id as chunk_id, d.id as document_id, d.title, dc.content, dc.chunk_index,
        1 - (dc.embedding <=> %(query)s) as semantic_score,
        ts_rank_cd(to_tsvector('english', dc.content), plainto_tsquery('english', %(text)s)) as keyword_score,
        (
            (1 - (dc.embedding <=> %(query)s)) * 0.7
            + ts_rank_cd(to_tsvector('english', dc.content), plainto_tsquery('english', %(text)s)) * 0.3
        ) as combined_score
    from bench.document_chunks dc
    join documents d on d.id = dc.document_id
    join organization_members om on om.user_id = d.created_by
    where om.organization_id = %(organization)s
        and d.deleted_at is null
        and (
            1 - (dc.embedding <=> %(query)s) > 0.7
            or to_tsvector('english', dc.content) @@ plainto_tsquery('english', %(text)s)
        )
    order by combined_score desc
    limit 10
"""
HYBRID: LiteralString = """
    select * from public.hybrid_search_documents(
        %(text)s, %(query)s, 10, filter_organization_id => %(organization)s
    )
"""
# The two arms of hybrid search without any right asked for: the indexes of this very organization's bucket.
SEMANTIC_ARM: LiteralString = """
    select id, content from public.document_chunks
    where (get_byte(uuid_send(organization_id), 15) & 31) = {bucket} and organization_id = %(organization)s
    order by
        extensions.l2_normalize(embedding)::extensions.halfvec(384)
        <#> extensions.l2_normalize(%(query)s)::extensions.halfvec(384)
    limit 10
"""
KEYWORD_ARM: LiteralString = """
    select c.id, c.content
    from private.chunk_words w
    join public.document_chunks c on c.organization_id = w.organization_id and c.id = w.chunk_id
    where (get_byte(uuid_send(w.organization_id), 15) & 31) = {bucket} and w.organization_id = %(organization)s
        and w.search_vector @@ websearch_to_tsquery('english', %(text)s)
    order by ts_rank(w.search_vector, websearch_to_tsquery('english', %(text)s), 32) desc
    limit 10
"""


@dataclass
class Searcher:
    """Somebody signed in, and what they ask: about what the organizations they are in write about."""

    user: UUID
    organizations: list[int]
    queries: list[Query]


@dataclass
class Found:
    """What searches found, and how long they took beside bare ones."""

    ours: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)
    recalls: list[float] = field(default_factory=list)
    full: int = 0

    @property
    def ratio(self) -> float:
        """Return how our median compares with the bare one."""
        return statistics.median(self.ours) / statistics.median(self.raw)

    @property
    def recall(self) -> float:
        """Return the mean recall."""
        return statistics.fmean(self.recalls)

    def __str__(self) -> str:
        """Return the figures in a line."""
        ours, raw = statistics.median(self.ours) * 1e3, statistics.median(self.raw) * 1e3
        return f"{ours:.2f} ms, bare {raw:.2f} ms, recall {self.recall:.3f} of {len(self.recalls)}"


def run(bench: Bench) -> None:
    """Build the data, twice, and measure everything."""
    url = bench.stack.admin_db_url
    assert url is not None, "the benchmark needs a server where it is a superuser"
    try:
        measure(bench, url, build(bench, url))
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            drop_copy(connection)


def connect(url: str) -> Connection:
    """Return a superuser's connection with the search path of the API."""
    connection: Connection = psycopg.connect(url, autocommit=True, options="-c search_path=public,extensions")
    register_vector(connection)
    return connection


def build(bench: Bench, url: str) -> Tenants:
    """Make the tenants with a tenth of their chunks, copy that database, and make the rest."""
    with connect(url) as connection:
        with bench.step("organizations and people"):
            tenants = search_data.make_tenants(connection, bench.size(CHUNKS), bench.size(ORGANIZATIONS, 100), 1)
        small = [size if place in FIXED else -(-size // 10) for place, size in enumerate(tenants.sizes)]
        grown = [size - before for size, before in zip(tenants.sizes, small, strict=True)]
        with without_graphs(bench, connection):
            fill(bench, connection, tenants, small, seed=2)
    copy_database(bench, url)
    with connect(url) as connection:
        with without_graphs(bench, connection):
            fill(bench, connection, tenants, grown, seed=3)
        with bench.step("a copy of the chunks, for bare pgvector and the seed"):
            copy_chunks(connection)
    return tenants


def fill(bench: Bench, connection: Connection, tenants: Tenants, amounts: list[int], seed: int) -> None:
    done = 0
    with bench.step(f"{sum(amounts)} chunks", sum(amounts)) as progress:

        def more(count: int) -> None:
            nonlocal done
            done += count
            progress(done)

        search_data.fill(connection, tenants, amounts, seed, more)
    connection.execute("vacuum analyze")


@contextmanager
def without_graphs(bench: Bench, connection: Connection) -> Iterator[None]:
    """Take the graphs of vectors away while much is inserted, and make them again."""
    graphs = connection.execute(
        "select indexname, indexdef from pg_indexes where tablename = 'document_chunks' and indexdef like '%hnsw%'"
    ).fetchall()
    for name, _ in graphs:
        connection.execute(sql.SQL("drop index public.{}").format(sql.Identifier(name)))
    yield
    connection.execute("set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 1")
    with bench.step("graphs of vectors", len(graphs)) as progress:
        for number, (_, definition) in enumerate(graphs):
            connection.execute(definition)
            progress(number + 1)


def drop_copy(connection: Connection) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(SMALL)))


def copy_database(bench: Bench, database_url: str) -> None:
    """Keep what there is as a database beside this one."""
    url = urlsplit(database_url)
    original, elsewhere = url.path.removeprefix("/"), urlunsplit(url._replace(path="/template1"))
    with (
        bench.step("a copy of the database"),
        psycopg.connect(elsewhere, autocommit=True) as connection,
    ):
        statement = sql.SQL("create database {} template {}").format(
            sql.Identifier(SMALL), sql.Identifier(original)
        )
        drop_copy(connection)
        for _ in range(50):
            # The API and Auth are connected, and will be again.
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [original]
            )
            try:
                connection.execute(statement)
            except psycopg.errors.ObjectInUse:
                time.sleep(0.1)
            else:
                return
    raise RuntimeError("the database could not be copied: something else is connected")


def copy_chunks(connection: Connection) -> None:
    """Copy the chunks to a table with one graph of vectors, held to the policy of the original."""
    connection.execute(
        """
        create schema bench;
        grant usage on schema bench to authenticated;
        create table bench.document_chunks as
        select id, organization_id, document_id, chunk_index, content, embedding, created_at
        from public.document_chunks order by created_at, id;
        alter table bench.document_chunks add primary key (organization_id, id);
        create index on bench.document_chunks (document_id);
        create index bench_graph on bench.document_chunks using hnsw (embedding vector_cosine_ops);
        create index on bench.document_chunks using gin (to_tsvector('english', content));
        grant select on bench.document_chunks to authenticated;
        alter table bench.document_chunks enable row level security;
        """
    )
    ((rule,),) = connection.execute(
        "select qual from pg_policies where schemaname = 'public' and policyname = 'document_chunks_select'"
    ).fetchall()
    connection.execute(
        sql.SQL("create policy see on bench.document_chunks for select to authenticated using ({})").format(
            sql.SQL(rule)
        )
    )
    connection.execute("vacuum analyze bench.document_chunks")


def measure(bench: Bench, url: str, tenants: Tenants) -> None:
    """Measure everything on what was built."""
    space = search_data.Space(np.random.default_rng(7))
    space.random = np.random.default_rng(11)
    small_url = urlunsplit(urlsplit(url)._replace(path=f"/{SMALL}"))
    with connect(url) as bare, connect(url) as signed_in, connect(small_url) as small:
        # The planner takes vectors that are stored beside their rows for cheap to read.
        bare.execute("set enable_seqscan = off")
        ef_search(bench, bare, tenants, space)
        against_bare(bench, (bare, signed_in), tenants, space)
        growth(bench, (small, signed_in), tenants, space)
        against_seed(bench, (bare, signed_in), tenants, space)
        inserts(bench, (bare, signed_in), tenants, space)
        quality(bench, signed_in)
        quantization(bench, bare, tenants, space)


def queries_of(tenants: Tenants, space: search_data.Space, places: Sequence[int], amount: int) -> list[Query]:
    """Return queries about what organizations write about."""
    topics = [int(space.random.choice(tenants.interests[places[n % len(places)]])) for n in range(amount)]
    return list(space.many(np.array(topics), np.arange(amount)))


def in_turn(queries: Sequence[Query], *actions: Action, rounds: int = 2) -> list[list[float]]:
    """Time the actions in turn, for each query as often as there are rounds; return the times of each."""

    def asking(action: Action) -> Callable[[], object]:
        asked = cycle(queries)
        return lambda: action(next(asked))

    return alternate(rounds * len(queries), *map(asking, actions))


def raw(connection: Connection, query: Query, statement: LiteralString = RAW) -> list[UUID]:
    return [row[0] for row in connection.execute(statement, {"query": query}).fetchall()]


def search(connection: Connection, query: Query) -> list[UUID]:
    return [row[0] for row in connection.execute(SEARCH, [query]).fetchall()]


def recall(found: Sequence[UUID], wanted: Sequence[UUID]) -> float:
    return len(set(found) & set(wanted)) / len(wanted) if wanted else 1.0


def smallest_ef(
    connection: Connection, queries: Sequence[Query], statement: LiteralString, exact: list[list[UUID]]
) -> tuple[int, float]:
    """Return the smallest ef_search with recall 0.98, and the recall; it stays set."""
    reached = 0.0
    for ef in RAW_EF:
        connection.execute(sql.SQL("set hnsw.ef_search = {}").format(sql.Literal(ef)))
        reached = statistics.fmean(
            recall(raw(connection, query, statement), wanted) for query, wanted in zip(queries, exact, strict=True)
        )
        if reached >= 0.98:
            break
    return ef, reached


def exact_of_all(connection: Connection, queries: Sequence[Query]) -> list[list[UUID]]:
    """Return the nearest of all chunks for each query, whoever's they are."""
    return [raw(connection, query, EXACT_OF_ALL) for query in queries]


def ef_search(bench: Bench, bare: Connection, tenants: Tenants, space: search_data.Space) -> None:
    """Find how bare pgvector reaches recall 0.98 over all chunks."""
    queries = queries_of(tenants, space, range(len(tenants.sizes)), 100)
    with bench.step("the ef_search of bare pgvector"):
        ef, reached = smallest_ef(bare, queries, RAW, exact_of_all(bare, queries))
    bench.report("raw_ef_search", ef, note=f"bare pgvector's recall with it: {reached:.3f}")


def against_bare(
    bench: Bench, connections: tuple[Connection, Connection], tenants: Tenants, space: search_data.Space
) -> None:
    """Measure semantic search for people of one, five and fifty organizations."""
    count = len(tenants.sizes)
    deciles = []
    for number in range(10):
        first, last = number * count // 10, (number + 1) * count // 10
        places = sorted({first + round((last - 1 - first) * (step / 9) ** 2) for step in range(10)})
        searchers = [
            Searcher(tenants.members[place], [place], queries_of(tenants, space, [place], 5)) for place in places
        ]
        found = of_searchers(bench, connections, searchers, f"{number + 1} of 10 deciles")
        bench.report(
            f"p50_vs_raw.decile_{number + 1}",
            found.ratio,
            at_most=1,
            note=f"{tenants.sizes[first]} to {tenants.sizes[last - 1]} chunks: {found}",
        )
        deciles.append(found)
    several = {}
    for amount, bar in ((5, 3), (50, 10)):
        searchers = []
        for person in tenants.several[amount]:
            places = member_of(connections[0], tenants, person)
            searchers.append(
                Searcher(person, places, queries_of(tenants, space, places, 50 // len(tenants.several[amount])))
            )
        found = several[amount] = of_searchers(bench, connections, searchers, f"{amount} organizations")
        bench.report(f"p50_vs_raw.in_{amount}", found.ratio, at_most=bar, note=str(found))
    everyone = [*deciles, *several.values()]
    bench.report("p50_vs_raw.max", max(found.ratio for found in deciles), at_most=1, note="of the ten deciles")
    bench.report("recall_at_10.min", min(found.recall for found in everyone), at_least=0.98)
    searches = sum(len(found.recalls) for found in everyone)
    bench.report(
        "full_results",
        sum(found.full for found in everyone) / searches,
        at_least=1,
        note=f"the share of {searches} searches that returned all they could",
    )


def member_of(connection: Connection, tenants: Tenants, person: UUID) -> list[int]:
    rows = connection.execute(
        "select organization_id from public.organization_members where user_id = %s and organization_id = any(%s)",
        [person, tenants.organizations],
    ).fetchall()
    place = {organization: number for number, organization in enumerate(tenants.organizations)}
    return sorted(place[row[0]] for row in rows)


def of_searchers(
    bench: Bench, connections: tuple[Connection, Connection], searchers: Sequence[Searcher], title: str
) -> Found:
    """Search as each of these people, and compare with an exhaustive search."""
    bare, signed_in = connections
    found = Found()
    with bench.step(title, len(searchers)) as progress:
        for number, searcher in enumerate(searchers):
            sign_in(signed_in, searcher.user)
            raw_times, times = in_turn(
                searcher.queries, lambda query: raw(bare, query), lambda query: search(signed_in, query)
            )
            found.raw += raw_times
            found.ours += times
            for query in searcher.queries:
                wanted = [row[0] for row in signed_in.execute(EXACT, [query]).fetchall()]
                got = search(signed_in, query)
                found.recalls.append(recall(got, wanted))
                found.full += len(got) == len(wanted)
            progress(number + 1)
    return found


def growth(
    bench: Bench, connections: tuple[Connection, Connection], tenants: Tenants, space: search_data.Space
) -> None:
    """Search in organizations that have not grown, before and after all others grew tenfold."""
    small, large = connections
    ratios = []
    for place in FIXED:
        if place >= len(tenants.sizes):
            continue
        queries = queries_of(tenants, space, [place], 30)
        for connection in connections:
            sign_in(connection, tenants.members[place])
        before, after = in_turn(
            queries, lambda query: search(small, query), lambda query: search(large, query), rounds=4
        )
        ratios.append((statistics.median(after) / statistics.median(before), tenants.sizes[place]))
    bench.report(
        "growth_10x",
        max(ratios)[0],
        at_most=1.3,
        note="; ".join(f"{size} chunks: {ratio:.2f}" for ratio, size in ratios),
    )


def against_seed(
    bench: Bench, connections: tuple[Connection, Connection], tenants: Tenants, space: search_data.Space
) -> None:
    """Compare with the seed's queries for the largest tenant, and say how it is with smaller ones."""
    bare, signed_in = connections
    words = common_words(bare)
    asked = [f"{words[10]} {words[60]}", words[300]]
    slower, short, faster, arms = [], list[int](), list[list[float]](), list[list[float]]()
    with bench.step("the seed's queries"):
        for place in (0, 5, 20):
            sign_in(signed_in, tenants.members[place])
            queries = queries_of(tenants, space, [place], 5)
            seed, ours = in_turn(
                queries,
                lambda query: short.append(len(raw(signed_in, query, SEED_SEARCH))),
                lambda query: search(signed_in, query),
            )
            slower.append(statistics.median(seed) / statistics.median(ours))
            compared = [hybrids(connections, tenants.organizations[place], text, queries) for text in asked]
            faster.append([seed / ours for seed, ours, _ in compared])
            arms.append([ours / both for _, ours, both in compared])
    bench.report(
        "seed_vs_p50",
        slower[0],
        note=f"{listed(tenants, slower)}; the seed found {statistics.fmean(short):.1f} of 10 on the average",
    )
    bench.report("hybrid_vs_seed", min(faster[0]), at_least=50, note=listed(tenants, [min(one) for one in faster]))
    bench.report("hybrid_vs_arms", max(arms[0]), at_most=3, note=listed(tenants, [max(one) for one in arms]))


def listed(tenants: Tenants, ratios: Sequence[float]) -> str:
    """Return what was found for the largest tenant and smaller ones."""
    return ", ".join(
        f"{ratio:.1f} with {tenants.sizes[place]} chunks" for place, ratio in zip((0, 5, 20), ratios, strict=True)
    )


def hybrids(
    connections: tuple[Connection, Connection], organization: UUID, text: str, queries: Sequence[Query]
) -> tuple[float, float, float]:
    """Return the median times of the seed's hybrid search, of ours, and of the two arms together."""
    bare, signed_in = connections
    bucket = sql.Literal(organization.bytes[15] & 31)

    def ask(connection: Connection, statement: LiteralString) -> Action:
        query = sql.SQL(statement).format(bucket=bucket) if "{bucket}" in statement else sql.SQL(statement)
        return lambda vector: connection.execute(
            query, {"query": vector, "text": text, "organization": organization}
        ).fetchall()

    # The seed's takes seconds, and leaves the caches full of what nobody else needs: it is asked before.
    (seed,) = in_turn(queries, ask(signed_in, SEED_HYBRID), rounds=1)
    ours, semantic, keyword = in_turn(
        queries, ask(signed_in, HYBRID), ask(bare, SEMANTIC_ARM), ask(bare, KEYWORD_ARM), rounds=6
    )
    both = statistics.median(semantic) + statistics.median(keyword)
    return statistics.median(seed), statistics.median(ours), both


def common_words(connection: Connection) -> list[str]:
    """Return the words that most chunks have, most common first."""
    rows = connection.execute(
        "select word from ts_stat('select search_vector from private.chunk_words limit 5000') "
        "where length(word) > 4 order by ndoc desc, word limit 1000"
    ).fetchall()
    return [row[0] for row in rows]


INSERT: LiteralString = """
    insert into public.document_chunks (
        organization_id, document_id, chunk_index, content, embedding, embedding_model
    )
    select * from unnest(%s::uuid[], %s::uuid[], %s::int[], %s::text[], %s::extensions.vector[], %s::text[])
"""


def inserts(
    bench: Bench, connections: tuple[Connection, Connection], tenants: Tenants, space: search_data.Space
) -> None:
    """Insert batches of chunks as a member, and as a superuser with triggers off, who is not held to policies."""
    bare, signed_in = connections
    place, size, rounds = 3, 500, 8
    member, organization = tenants.members[place], tenants.organizations[place]
    random_ = np.random.default_rng(21)
    texts = search_data.Texts(random_)
    times: dict[bool, list[float]] = {True: [], False: []}
    sign_in(signed_in, member)
    with bench.step("inserting", rounds) as progress:
        for number in range(rounds + 1):
            for ours in (True, False):
                documents = search_data.identifiers(random_, size // 5)
                with bare.cursor() as cursor:
                    cursor.executemany(
                        "insert into public.documents (organization_id, id, title, visibility, created_by) "
                        "values (%s, %s, 'Title', 'organization', %s)",
                        [(organization, document, member) for document in documents],
                    )
                topics = random_.choice(search_data.TOPICS, size)
                rows = [
                    [organization] * size,
                    [documents[n // 5] for n in range(size)],
                    [n % 5 for n in range(size)],
                    texts.many(topics),
                    [str(vector.tolist()) for vector in space.many(topics, np.arange(size) // 5)],
                    ["bench"] * size,
                ]
                connection = signed_in if ours else bare
                if not ours:
                    bare.execute("set session_replication_role = replica")
                taken = seconds(lambda connection=connection, rows=rows: connection.execute(INSERT, rows))  # type: ignore[misc]
                if not ours:
                    bare.execute("reset session_replication_role")
                if number:
                    times[ours].append(taken)
            progress(number)
    bench.report(
        "insert_vs_bare",
        statistics.median(times[False]) / statistics.median(times[True]),
        at_least=0.5,
        note=f"{size / statistics.median(times[True]):.0f} chunks/s in batches of {size}, bare "
        f"{size / statistics.median(times[False]):.0f}",
    )


# Quantization ----------------------------------------------------------------------------------------------

GRAPHS: dict[str, tuple[LiteralString, LiteralString]] = {
    "halfvec": (
        """
            create index bench_halfvec on bench.document_chunks
            using hnsw ((embedding::halfvec(384)) halfvec_cosine_ops)
        """,
        """
            select id, content, similarity from (
                select id, content, 1 - (embedding <=> %(query)s) as similarity
                from bench.document_chunks
                order by embedding::halfvec(384) <=> %(query)s::vector::halfvec(384) limit 20
            ) c order by similarity desc limit 10
        """,
    ),
    "bit": (
        """
            create index bench_bit on bench.document_chunks
            using hnsw ((binary_quantize(embedding)::bit(384)) bit_hamming_ops)
        """,
        """
            select id, content, similarity from (
                select id, content, 1 - (embedding <=> %(query)s) as similarity
                from bench.document_chunks
                order by
                    binary_quantize(embedding)::bit(384) <~> binary_quantize(%(query)s::vector)::bit(384)
                limit 200
            ) c order by similarity desc limit 10
        """,
    ),
}


def quantization(bench: Bench, bare: Connection, tenants: Tenants, space: search_data.Space) -> None:
    """Compare graphs of whole, half precision and binary vectors, the latter two compared in full at the end."""
    queries = queries_of(tenants, space, range(len(tenants.sizes)), 60)
    exact = exact_of_all(bare, queries)
    whole, size = statistics.median(in_turn(queries, lambda query: raw(bare, query))[0]), graph_size(bare, "graph")
    for name, (definition, statement) in GRAPHS.items():
        with bench.step(f"a graph of {name}"):
            bare.execute("set maintenance_work_mem = '1GB'; set max_parallel_maintenance_workers = 1")
            bare.execute(definition)
            ef, reached = smallest_ef(bare, queries, statement, exact)
        taken = statistics.median(
            in_turn(queries, lambda query, statement=statement: raw(bare, query, statement))[0]  # type: ignore[misc]
        )
        bench.report(
            f"{name}_size_vs_vector",
            graph_size(bare, name) / size,
            note=f"recall {reached:.3f} at ef_search {ef}, {taken * 1e3:.2f} ms; whole {whole * 1e3:.2f} ms",
        )


def graph_size(connection: Connection, name: str) -> Any:
    ((size,),) = connection.execute("select pg_relation_size(%s::regclass)", [f"bench.bench_{name}"]).fetchall()
    return size
