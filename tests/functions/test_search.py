"""POST /functions/v1/search, as a person's client calls it."""

from __future__ import annotations

import json
import time
from itertools import product
from typing import Any

import pytest
from supabase_functions.errors import FunctionsHttpError

from functions._shared.embeddings import OFFLINE_MODEL, as_text, offline
from functions.search.snippet import snippet
from supabase import Client
from tests.support import Stack, client_for, run_node, sign_up

PASSAGES = {
    "Parental leave": "Employees may take sixteen weeks of paid leave after the birth of a child.",
    "Travel": "Book trains rather than planes for journeys of less than five hours.",
    "Error ERR-1042": "The pump stops with code ERR-1042 when its filter is clogged.",
}


def store(client: Client, passages: dict[str, str]) -> dict[str, str]:
    """Store passages as documents of the client's bearer; return the documents' ids by title."""
    ids = {}
    for title, text in passages.items():
        document = client.table("documents").insert({"title": title}).execute().data[0]
        chunk = {
            "document_id": document["id"],
            "content": text,
            "embedding": as_text(offline().embed_passages([text])[0]),
        }
        client.table("document_chunks").insert(chunk, returning="minimal").execute()  # type: ignore[arg-type]
        ids[title] = document["id"]
    return ids


@pytest.fixture(scope="module")
def author(stack: Stack) -> Client:
    client, _ = sign_up(stack)
    store(client, PASSAGES)
    return client


def search(client: Client, **body: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(client.functions.invoke("search", {"body": body}))
    return answer


@pytest.mark.parametrize("mode", ["semantic", "hybrid"])
def test_a_question_finds_the_passage_that_answers_it(author: Client, mode: str) -> None:
    answer = search(author, query="How long can new parents stay at home?", mode=mode, limit=2)
    assert (answer["mode"], answer["model"]) == (mode, OFFLINE_MODEL)
    first, second = answer["results"]
    assert first["title"] == "Parental leave"
    assert first["content"] == PASSAGES["Parental leave"]
    assert first["chunk_index"] == 0
    assert first["score"] >= second["score"]
    assert 0.7 < first["semantic_score"] < 1


def test_keywords_find_identifiers_and_mark_them(author: Client) -> None:
    results = search(author, query="ERR-1042", mode="keyword")["results"]
    assert [result["title"] for result in results] == ["Error ERR-1042"]
    assert 0 < results[0]["keyword_score"] < 1
    assert (results[0]["semantic_score"], results[0]["score"]) == (0, results[0]["keyword_score"])
    assert "<mark>1042</mark>" in results[0]["snippet"]
    assert search(author, query="zyzzyva", mode="keyword")["results"] == []


def test_a_threshold_leaves_out_what_is_less_similar(author: Client) -> None:
    scores = [result["semantic_score"] for result in search(author, query="trains", mode="semantic")["results"]]
    assert len(scores) == 3
    kept = search(author, query="trains", mode="semantic", threshold=scores[0])["results"]
    assert [result["semantic_score"] for result in kept] == scores[:1]


def test_what_is_of_another_model_is_not_missed_silently(stack: Stack) -> None:
    client, _ = sign_up(stack)
    ids = store(client, PASSAGES)
    assert search(client, query="railway")["other_models"] == []
    collection = client.table("document_collections").insert({"name": "Old"}).execute().data[0]["id"]
    client.table("documents").update({"collection_id": collection}).eq("id", ids["Travel"]).execute()
    chunks = client.table("document_chunks")
    chunks.update({"embedding_model": "another"}, returning="minimal").eq("document_id", ids["Travel"]).execute()  # type: ignore[arg-type]
    answer = search(client, query="railway", mode="semantic")
    assert {result["title"] for result in answer["results"]} == set(PASSAGES) - {"Travel"}
    assert answer["other_models"] == ["another"]
    assert search(client, query="railway", mode="keyword")["other_models"] == []
    with pytest.raises(FunctionsHttpError, match="Nothing here has embeddings"):
        search(client, query="railway", mode="semantic", collection_id=collection)


def test_nobody_else_finds_it(stack: Stack, author: Client) -> None:
    stranger, _ = sign_up(stack)
    for mode in ("semantic", "keyword", "hybrid"):
        assert search(stranger, query="ERR-1042 pump", mode=mode)["results"] == []
    organization = author.table("organizations").select("id").execute().data[0]["id"]
    assert search(stranger, query="pump", organization_id=organization)["results"] == []
    assert len(search(author, query="pump", organization_id=organization)["results"]) == 3


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"query": ""},
        {"query": "  "},
        {"query": "a", "mode": "psychic"},
        {"query": "a", "limit": 0},
        {"query": "a", "limit": 101},
        {"query": "a", "threshold": 2},
        {"query": "a", "organization_id": "mine"},
        {"query": "a", "lmit": 3},
    ],
)
def test_a_bad_search_is_refused(author: Client, body: dict[str, Any]) -> None:
    with pytest.raises(FunctionsHttpError) as caught:
        search(author, **body)
    assert caught.value.status == 400


def test_without_a_user_it_is_401(stack: Stack) -> None:
    with pytest.raises(FunctionsHttpError) as caught:
        search(client_for(stack, stack.anon_key), query="pump")
    assert caught.value.status == 401


def test_supabase_js_invokes_it(stack: Stack, author: Client) -> None:
    session = author.auth.get_session()
    assert session is not None
    script = """
    import { createClient } from "@supabase/supabase-js";
    const { API_URL, ANON_KEY, TOKEN } = process.env;
    const client = createClient(API_URL, ANON_KEY, { accessToken: async () => TOKEN });
    const { data, error } = await client.functions.invoke("search", { body: { query: "slow trains", limit: 1 } });
    if (error) throw error;
    console.log(JSON.stringify(data));
    """
    done = run_node(script, {**stack.environment(), "TOKEN": session.access_token})
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["results"][0]["title"] == "Travel"


def test_a_snippet_is_safe_to_show_and_marks_the_words() -> None:
    text = "Nothing here. " * 40 + "<b>Memories</b> of the garden & the memory of it. " + "Nothing there. " * 40
    found = snippet(text, "garden memory")
    assert "&lt;b&gt;<mark>Memories</mark>&lt;/b&gt;" in found
    assert "<mark>garden</mark> &amp;" in found
    assert found.startswith("… ") and found.endswith(" …")
    assert len(found) < 400
    assert snippet("Short.", "nothing of it") == "Short."


def test_a_snippet_is_cut_in_time_however_many_words_there_are() -> None:
    pairs = ["".join(pair) for pair in product("abcdefghijklmnopqrstuvwxyz", repeat=2)]
    begun = time.process_time()
    snippet("zz " * 33_000, " ".join(pairs))
    snippet("zzz " * 25_000, " ".join(pairs))
    assert time.process_time() - begun < 0.5
    longest = "w" * 300
    assert "<mark>heron</mark>" in snippet(f"{longest} {'x ' * 300} heron {'y ' * 300}", f"{longest} heron")


def test_a_question_in_letters_of_several_bytes_may_be_as_long_as_any(author: Client) -> None:
    assert search(author, query="\u9dfa" * 4_000, mode="keyword")["results"] == []
    assert search(author, query="\u9dfa" * 4_000, limit=1)["results"]
