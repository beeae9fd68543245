"""The doctor finds what is wrong with a database, says how to mend it, and that command mends it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from groundwork import doctor
from groundwork.cli import app
from groundwork.stack.project import Project
from tests.database.support import create_user
from tests.support import ROOT, Stack

Connection = psycopg.Connection[tuple[object, ...]]
PROJECT = Project.load(ROOT)


def found(connection: Connection, kind: str) -> list[doctor.Finding]:
    return [item for item in doctor.findings(connection, PROJECT) if item.finding == kind]


@pytest.fixture
def committed(stack: Stack) -> Iterator[Connection]:
    """Return a connection that commits; the table public.ailing is dropped at the end."""
    with psycopg.connect(stack.db_url, autocommit=True) as connection:
        try:
            yield connection
        finally:
            connection.execute("drop table if exists public.ailing cascade")


def test_our_own_schema_has_nothing_to_mend(db: Connection) -> None:
    lasting = {"table-without-rls", "table-without-policy", "missing-index", "duplicate-index", "invalid-index"}
    assert [item for item in doctor.findings(db, PROJECT) if item.finding in lasting] == []
    assert found(db, "partition-late") == []


def test_a_table_without_row_level_security(db: Connection) -> None:
    db.execute("create table public.ailing (id uuid primary key)")
    (item,) = found(db, "table-without-rls")
    assert (item.severity, item.subject) == ("error", "public.ailing")
    db.execute(item.remedy.encode())
    assert found(db, "table-without-rls") == []


def test_a_foreign_key_without_an_index(committed: Connection) -> None:
    committed.execute("create table public.ailing (id uuid primary key, user_id uuid references auth.users (id))")
    committed.execute("alter table public.ailing enable row level security")
    (item,) = found(committed, "missing-index")
    assert item.remedy == "create index concurrently on public.ailing (user_id);"
    committed.execute(item.remedy.encode())
    assert found(committed, "missing-index") == []


def test_an_index_that_is_there_twice(committed: Connection) -> None:
    committed.execute("create table public.ailing (id uuid primary key, name text)")
    committed.execute("create index ailing_one on public.ailing (name)")
    committed.execute("create index ailing_two on public.ailing (name)")
    (item,) = found(committed, "duplicate-index")
    assert (item.subject, item.evidence) == ("public.ailing_two", "the same as public.ailing_one")
    committed.execute(item.remedy.encode())
    assert found(committed, "duplicate-index") == []


def remedies(connection: Connection, kind: str) -> list[str]:
    """Return how to mend what is wrong with the table public.ailing and its indexes."""
    return [item.remedy for item in found(connection, kind) if "public.ailing" in item.subject]


def test_an_index_covers_a_foreign_key_only_as_a_whole(committed: Connection) -> None:
    committed.execute("create table public.ailing (id int primary key, up int references public.ailing (id))")
    committed.execute("insert into public.ailing values (1, null), (2, 1), (3, 1)")
    mend = ["create index concurrently on public.ailing (up);"]
    assert remedies(committed, "missing-index") == mend
    with pytest.raises(psycopg.errors.UniqueViolation):
        committed.execute("create unique index concurrently ailing_up on public.ailing (up)")
    assert remedies(committed, "invalid-index") == ["reindex index concurrently public.ailing_up;"]
    assert remedies(committed, "missing-index") == mend, "one that is not valid serves nobody"
    for condition in ("id > 1", "up is not null and id > 1", "up is null"):
        committed.execute("drop index public.ailing_up")
        committed.execute(f"create index ailing_up on public.ailing (up) where {condition}".encode())
        assert remedies(committed, "missing-index") == mend, "it lacks rows that refer to something"
    committed.execute("drop index public.ailing_up")
    committed.execute("create index ailing_up on public.ailing (up) where up is not null")
    assert remedies(committed, "missing-index") == []


PARTITIONED = """\
create table public.ailing (id int primary key, up int references public.ailing (id)) partition by range (id);
create table public.ailing_one partition of public.ailing for values from (0) to (10);
"""


def test_what_mends_a_partitioned_table_is_not_done_concurrently(committed: Connection) -> None:
    committed.execute(PARTITIONED)
    (mend,) = remedies(committed, "missing-index")
    assert mend == "create index on public.ailing (up);"
    committed.execute(mend.encode())
    assert remedies(committed, "missing-index") == []
    committed.execute("create index ailing_again on public.ailing (up)")
    (mend,) = remedies(committed, "duplicate-index")
    assert mend == "drop index public.ailing_again;"
    committed.execute(mend.encode())
    assert remedies(committed, "duplicate-index") == []


def test_of_two_indexes_that_of_a_constraint_stays(committed: Connection) -> None:
    committed.execute("create table public.ailing (id int primary key, name text not null)")
    committed.execute("create unique index ailing_first on public.ailing (name)")
    committed.execute("alter table public.ailing add constraint ailing_second unique (name)")
    (mend,) = remedies(committed, "duplicate-index")
    assert mend == "drop index concurrently public.ailing_first;"
    committed.execute(mend.encode())
    assert remedies(committed, "duplicate-index") == []
    committed.execute("alter table public.ailing add constraint ailing_third unique (name)")
    (mend,) = remedies(committed, "duplicate-index")
    assert mend == "alter table public.ailing drop constraint ailing_third;"
    committed.execute(mend.encode())
    assert remedies(committed, "duplicate-index") == []


def test_indexes_that_differ_are_no_duplicates(db: Connection) -> None:
    db.execute("create table public.ailing (id int primary key, name text)")
    db.execute("create index on public.ailing (name)")
    db.execute('create index on public.ailing (name collate "C")')
    db.execute("create index on public.ailing (name desc)")
    db.execute("create index on public.ailing (name) where id > 0")
    db.execute("create unique index on public.ailing (name)")
    db.execute("create unique index on public.ailing (name) nulls not distinct")
    db.execute("alter table public.ailing add unique (name) deferrable")
    assert remedies(db, "duplicate-index") == []
    db.execute('create index ailing_again on public.ailing (name collate "C")')
    assert remedies(db, "duplicate-index") == ["drop index concurrently public.ailing_again;"]


def impatient(connection: Connection, kind: str, *changes: tuple[str, str]) -> list[doctor.Finding]:
    """Return the findings of a kind by the function as it is, but for some of its bounds."""
    definition = doctor.definition(PROJECT).replace("private.health_findings", "pg_temp.health_findings")
    for bound, other in changes:
        assert bound in definition
        definition = definition.replace(bound, other)
    connection.execute(definition.replace("create function", "create or replace function", 1).encode())
    rows = connection.execute("select * from pg_temp.health_findings() where finding = %s", [kind]).fetchall()
    return [doctor.Finding(*map(str, row)) for row in rows]


def test_an_index_that_nobody_uses(db: Connection) -> None:
    long_ago = ("interval '7 days'", "interval '0 days'")
    db.execute(PARTITIONED.replace("up int references public.ailing (id)", "up text").encode())
    db.execute("create table public.ailing_alone (id int primary key, up text)")
    # Short enough not to be compressed in the index.
    rows = "select g, repeat(md5(g::text), 15) from generate_series"
    db.execute(
        f"insert into public.ailing {rows}(0, 9) g; insert into public.ailing_alone {rows}(1, 20000) g".encode()
    )
    db.execute("create index ailing_up on public.ailing (up)")
    db.execute("create index ailing_alone_up on public.ailing_alone (up)")
    unused = [item for item in impatient(db, "unused-index", long_ago) if "ailing" in item.subject]
    assert [(item.severity, item.subject, item.remedy) for item in unused] == [
        ("info", "public.ailing_alone_up", "drop index concurrently public.ailing_alone_up;")
    ], "neither the primary key, which is of use unread, nor one that is small"
    small = ("8 * 1024 * 1024", "0")
    unused = [item for item in impatient(db, "unused-index", long_ago, small) if "ailing" in item.subject]
    assert [item.subject for item in unused] == ["public.ailing_alone_up"], "that of a partition cannot be dropped"
    assert [item for item in found(db, "unused-index") if "ailing" in item.subject] == [], "it is too young"


def test_connections_that_run_out(db: Connection) -> None:
    assert found(db, "connections") == []
    (item,) = impatient(db, "connections", ("0.8 * current_setting", "0.0 * current_setting"))
    assert item.evidence.endswith(f" of {db.execute('show max_connections').fetchone()[0]} connections are taken")  # type: ignore[index]
    assert db.execute(item.remedy.encode()).fetchall()


@pytest.mark.parametrize("with_cron", [False, True])
def test_a_job_that_is_late(db: Connection, with_cron: bool) -> None:
    db.execute("update public.maintenance_jobs set next_run_at = now() + interval '1 minute'")
    if with_cron:
        db.execute("create schema if not exists cron; create table if not exists cron.job (jobid bigint)")
    assert found(db, "job-late") == []
    db.execute(
        "update public.maintenance_jobs set next_run_at = now() - interval '2 hours' "
        "where name in ('sessions', 'invitations')"
    )
    db.execute("update public.maintenance_jobs set is_enabled = false where name = 'invitations'")
    (item,) = found(db, "job-late")
    assert item.subject == "sessions", "one that is switched off is not"
    there = db.execute("select to_regclass('cron.job') is not null").fetchone()
    assert ("pg_cron did not run it" in item.evidence,) == there
    db.execute(item.remedy.encode())
    assert found(db, "job-late") == []


def test_a_job_that_fails(db: Connection) -> None:
    db.execute("delete from public.maintenance_runs")
    db.execute("update public.maintenance_jobs set command = 'select 1 / 0' where name = 'sessions'")
    db.execute("select public.run_maintenance('sessions')")
    (item,) = found(db, "job-failed")
    assert item.subject == "sessions" and "22012: division by zero" in item.evidence
    db.execute("update public.maintenance_jobs set command = 'select 1' where name = 'sessions'")
    db.execute(item.remedy.encode())
    assert found(db, "job-failed") == []


def test_a_table_that_was_never_analyzed(committed: Connection) -> None:
    committed.execute("create table public.ailing (id int primary key) with (autovacuum_enabled = off)")
    for rows, told in ((9000, []), (2000, ["analyze public.ailing;"])):
        committed.execute(
            f"insert into public.ailing select g + {rows} * 10 from generate_series(1, {rows}) g".encode()
        )
        committed.execute("select pg_stat_force_next_flush()")
        assert remedies(committed, "never-analyzed") == told
    committed.execute(told[0].encode())
    committed.execute("select pg_stat_force_next_flush()")
    assert remedies(committed, "never-analyzed") == []


def test_dead_rows(committed: Connection) -> None:
    committed.execute("create table public.ailing (id int primary key) with (autovacuum_enabled = off)")
    committed.execute("insert into public.ailing select generate_series(1, 30000)")
    committed.execute("delete from public.ailing where id > 10000")
    committed.execute("select pg_stat_force_next_flush()")
    item = next(item for item in found(committed, "dead-rows") if item.subject == "public.ailing")
    assert item.evidence.startswith("20000 dead beside 10000 live rows")
    committed.execute(item.remedy.encode())
    committed.execute("select pg_stat_force_next_flush()")
    assert [item for item in found(committed, "dead-rows") if item.subject == "public.ailing"] == []


def test_a_rollup_that_is_late(db: Connection) -> None:
    db.execute("delete from private.usage_pending")
    user = create_user(db)
    db.execute(
        "insert into private.usage_pending (organization_id, bucket, user_id, model_name, endpoint, "
        "reported_by_client, requests, unpriced, tokens_input, tokens_cached, tokens_output, cost_usd) "
        "select o.id, now() - interval '3 hours', %s, 'gpt-4', '/chat', true, 1, 0, 1, 0, 1, 0 "
        "from public.organizations o where o.created_by = %s",
        [user, user],
    )
    (item,) = found(db, "rollup-late")
    db.execute(item.remedy.encode())
    assert found(db, "rollup-late") == []


def test_calls_that_nobody_settled(db: Connection) -> None:
    db.execute("delete from private.usage_reservations")
    user = create_user(db)
    expired = (
        "insert into private.usage_reservations (organization_id, user_id, endpoint, model_name, tokens, "
        "cost_usd, credit_held, state, created_at, expires_at, closed_at, input_reported, output_reported) "
        "values (%s, %s, '/chat', 'gpt-4', 100, 0.5, 0, 'expired', now(), now(), now(), %s, %s)"
    )
    db.execute(expired, [user, user, 2, 1])
    assert found(db, "usage-unsettled") == []
    (item,) = found(db, "usage-uncharged")
    assert item.evidence.startswith("1 calls of the last week have reported 3 tokens")
    db.execute(expired, [user, user, None, None])
    (item,) = found(db, "usage-unsettled")
    assert item.evidence.startswith("1 calls of the last week have reserved up to 100 tokens and 0.5 US dollars")
    assert len(db.execute(item.remedy.partition(": ")[2].encode()).fetchall()) == 1


def test_embeddings_that_are_missing_or_of_another_model(db: Connection) -> None:
    user = create_user(db)
    organization = db.execute("select id from public.organizations where created_by = %s", [user]).fetchone()
    assert organization is not None
    collection, document = uuid.uuid4(), uuid.uuid4()
    db.execute(
        "insert into public.document_collections (organization_id, id, name, created_by) "
        "values (%s, %s, 'Plans', %s)",
        [organization[0], collection, user],
    )
    db.execute(
        "insert into public.documents (organization_id, id, title, content, collection_id, created_by) "
        "values (%s, %s, 'Plan', 'text', %s, %s)",
        [organization[0], document, collection, user],
    )
    db.execute(
        "insert into public.document_chunks (organization_id, document_id, content, chunk_index, embedding, "
        "embedding_model, created_at) values "
        "(%(o)s, %(d)s, 'one', 0, null, null, now() - interval '1 hour'), "
        "(%(o)s, %(d)s, 'two', 1, array_fill(0.1, array[384])::extensions.vector, 'another-model', now())",
        {"o": organization[0], "d": document},
    )
    (missing,) = found(db, "embedding-missing")
    assert (
        missing.evidence.endswith("passages of 1 documents are not found by meaning")
        or "passages" in missing.evidence
    )
    (other,) = [item for item in found(db, "embedding-model") if "Plans" in item.subject]
    assert "1 passages are by another-model" in other.evidence
    # What mends it, as far as SQL can.
    db.execute(other.remedy.encode())
    assert found(db, "reembedding-waits") == []
    db.execute("update private.reembeddings set run_after = now() - interval '2 hours'")
    (waiting,) = found(db, "reembedding-waits")
    assert "no worker makes vectors of intfloat/multilingual-e5-small" in waiting.evidence
    db.execute("update private.reembeddings set attempts = 3, error_code = 'budget_spent'")
    (failing,) = found(db, "reembedding-waits")
    assert failing.evidence.endswith("has failed 3 times, the last with budget_spent")
    db.execute(failing.remedy.encode())


def test_passages_of_two_models_outside_collections(db: Connection) -> None:
    user = create_user(db)
    for model in ("one", "two", "two"):
        db.execute(
            "with d as (insert into public.documents (title, created_by) values ('D', %s) returning id) "
            "insert into public.document_chunks (document_id, content, embedding, embedding_model) "
            "select id, 'text', array_fill(0.1, array[384])::extensions.vector, %s from d",
            [user, model],
        )
    evidence = [item.evidence for item in found(db, "embedding-model")]
    assert "passages are by two (2), one (1)" in evidence


def test_a_database_without_our_schema_can_be_examined(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    if stack.admin_db_url is None:
        pytest.fail("this server lets no administrator in")
    name = f"tools_doctor_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(stack.admin_db_url, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        try:
            url = stack.admin_db_url.rsplit("/", 1)[0] + f"/{name}"
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("create table public.bare (id int)")
            monkeypatch.chdir(ROOT)
            result = CliRunner().invoke(app, ["doctor", "--db-url", url, "--format", "json"])
        finally:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
    assert result.exit_code == 1, result.output
    assert [(row["finding"], row["subject"]) for row in json.loads(result.stdout)] == [
        ("table-without-rls", "public.bare")
    ]


def test_a_database_out_of_reach_is_exit_code_2(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, ["doctor", "--db-url", "postgresql://postgres@127.0.0.1:1/none"])
    assert result.exit_code == 2
    assert "--db-url" in result.stderr


def test_nothing_secret_is_told(stack: Stack, committed: Connection) -> None:
    secret = "sk-live-4f9a-unmistakable"
    committed.execute("create table public.ailing (id int primary key, token text)")
    committed.execute("insert into public.ailing values (1, 'old')")
    with psycopg.connect(stack.db_url) as holder, psycopg.connect(stack.db_url) as waiting:
        holder.execute("lock table public.ailing")
        with ThreadPoolExecutor(1) as pool:
            blocked = pool.submit(waiting.execute, f"update public.ailing set token = '{secret}'".encode())
            try:
                while (state := waiting_since(committed)) is None:
                    assert not blocked.done()
                # The function as it is, but for its patience.
                definition = doctor.definition(PROJECT).replace("interval '30 seconds'", "interval '0 seconds'")
                committed.execute(
                    definition.replace("private.health_findings", "pg_temp.health_findings").encode()
                )
                rows = committed.execute("select * from pg_temp.health_findings()").fetchall()
            finally:
                holder.rollback()
            blocked.result()
            waiting.rollback()
    (row,) = [row for row in rows if row[1] == "waiting-for-a-lock" and row[2] == str(state)]
    assert str(row[3]).startswith("update of ")
    assert secret not in str(rows)


def test_a_table_that_is_locked_does_not_hold_the_doctor_up(stack: Stack, committed: Connection) -> None:
    committed.execute("create table public.ailing (id int primary key)")
    with psycopg.connect(stack.db_url) as holder:
        holder.execute("lock table public.api_usage, public.document_chunks, public.ailing")
        kinds = {item.finding: item for item in doctor.findings(committed, PROJECT)}
        held = committed.execute(kinds["locked"].remedy.encode()).fetchall()
    assert "table-without-rls" in kinds, "the rest was looked at"
    assert {"api_usage", "document_chunks", "ailing"} <= {str(row[0]).rsplit(".", 1)[-1] for row in held}


def waiting_since(connection: Connection) -> int | None:
    """Return the process that waits for the lock on public.ailing, once it does."""
    row = connection.execute(
        "select pid from pg_locks where not granted and relation = 'public.ailing'::regclass"
    ).fetchone()
    return None if row is None else int(str(row[0]))


@pytest.mark.parametrize("url", ["postgres:hunter2secret@127.0.0.1/none", "postgresql://u:hunter2secret@h:port/x"])
def test_a_url_that_is_none_is_not_repeated(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(app, ["doctor", "--db-url", url])
    assert result.exit_code == 2
    assert "hunter2secret" not in result.output
    assert "--db-url" in result.stderr


def test_every_finding_has_what_an_operator_needs(db: Connection) -> None:
    db.execute("create table public.ailing (id uuid primary key, user_id uuid references auth.users (id))")
    found = doctor.findings(db, PROJECT)
    assert found
    for item in found:
        assert item.severity in set(doctor.Severity)
        assert all([item.finding, item.subject, item.evidence, item.remedy])
        assert "None" not in (item.subject, item.evidence, item.remedy), "nothing is missing"
