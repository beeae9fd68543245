"""Migrations and seed, applied by the Supabase CLI."""

from __future__ import annotations

import httpx

from tests.stack.conftest import Checkout


def applied(checkout: Checkout) -> list[object]:
    with checkout.connect() as connection:
        query = "select version from supabase_migrations.schema_migrations order by version"
        return [row[0] for row in connection.execute(query).fetchall()]


def test_a_failed_migration_shows_file_statement_and_error_and_can_be_mended(checkout: Checkout) -> None:
    broken = checkout.migrate(2, "create table public.fine (id int);\nselect nonsense from public.notes;\n")
    result = checkout.run("start", "--port", str(checkout.port))
    assert result.returncode == 1
    assert broken.name in result.stderr
    assert "select nonsense from public.notes" in result.stderr
    assert 'column "nonsense" does not exist' in result.stderr
    assert applied(checkout) == ["1"]

    answer = httpx.get(
        f"{checkout.variables()['REST_URL']}/notes", headers={"apikey": checkout.variables()["ANON_KEY"]}
    )
    assert answer.status_code == 200, "the rest of the stack is up, on what was applied"

    broken.write_text("create table public.fine (id int);\n")
    checkout.start()
    assert applied(checkout) == ["1", "2"]


def test_a_new_migration_is_applied_and_seen_by_the_data_api(checkout: Checkout) -> None:
    seed = checkout.root / "seed.sql"
    seed.write_text("insert into public.notes (body) values ('from the seed');\n")
    checkout.start()
    variables = checkout.variables()
    headers = {"apikey": variables["ANON_KEY"]}
    assert httpx.get(f"{variables['REST_URL']}/notes?select=body", headers=headers).json() == [
        {"body": "from the seed"}
    ]

    checkout.migrate(2, "create function public.hello() returns text language sql as $$ select 'hello' $$;\n")
    result = checkout.start()
    assert "2_m2.sql" in result.stderr
    assert httpx.post(f"{variables['REST_URL']}/rpc/hello", headers=headers).json() == "hello"

    with checkout.connect() as connection:
        connection.execute("create function public.by_hand() returns int language sql as 'select 1'")
    for _ in range(50):
        answer = httpx.post(f"{variables['REST_URL']}/rpc/by_hand", headers=headers)
        if answer.status_code == 200:
            break
    assert answer.json() == 1, "what is made by hand is seen as well, as on hosted Supabase"

    seed.write_text("insert into public.notes (body) values ('an edited seed');\n")
    result = checkout.start()
    assert "seed.sql was edited after it was applied" in result.stderr
    assert checkout.run("reset").returncode == 0
    assert httpx.get(f"{variables['REST_URL']}/notes?select=body", headers=headers).json() == [
        {"body": "an edited seed"}
    ]
    assert "edited" not in checkout.start().stderr
