"""Collections, documents and chunks: who sees them, who changes them, and what searches find."""

from __future__ import annotations

import json
from typing import Any

import pytest

from groundwork import embedding
from tests.api.people import Company, Person, new_person, refused, seeded
from tests.support import Stack

TEXTS = [
    "Penguins are birds that cannot fly but swim very well.",
    "The stock exchange closed higher after the central bank lowered interest rates.",
    "Knead the dough for ten minutes and let it rise in a warm place.",
]
QUESTION = "Which birds swim?"


def new_document(person: Person, texts: list[str] = TEXTS, **values: Any) -> str:
    """Let somebody store a document with embedded chunks; return its id."""
    document = person.insert("documents", **{"title": "Facts", **values})
    vectors = embedding.of_passages(texts)
    person.client.table("document_chunks").insert(
        [
            {"document_id": document["id"], "chunk_index": index, "content": text, "embedding": vector}
            for index, (text, vector) in enumerate(zip(texts, vectors, strict=True))
        ]
    ).execute()
    return document["id"]


def found(person: Person, question: str = QUESTION, **arguments: Any) -> list[dict[str, Any]]:
    """Return what a semantic search finds for somebody."""
    request = {
        "query_embedding": embedding.of_query(question),
        "match_threshold": -1,
        "match_count": 50,
        **arguments,
    }
    return person.call("search_documents", **request)


def documents(rows: list[dict[str, Any]]) -> set[str]:
    """Return the documents that search results come from."""
    return {row["document_id"] for row in rows}


def test_search_returns_the_best_first_with_what_is_promised(company: Company) -> None:
    document = new_document(company.member, organization_id=company.id)
    rows = [row for row in found(company.member) if row["document_id"] == document]
    assert rows[0]["content"] == TEXTS[0]
    assert set(rows[0]) == {"chunk_id", "document_id", "title", "content", "chunk_index", "similarity"}
    assert [row["similarity"] for row in rows] == sorted((row["similarity"] for row in rows), reverse=True)
    threshold = (rows[0]["similarity"] + rows[1]["similarity"]) / 2
    above = [row for row in found(company.member, match_threshold=threshold) if row["document_id"] == document]
    assert [row["content"] for row in above] == [TEXTS[0]]
    assert len(found(company.member, match_count=2)) == 2


def test_a_vector_may_be_a_list_or_a_text(company: Company) -> None:
    vector = embedding.of_query(QUESTION)
    as_list = company.member.call("search_documents", query_embedding=vector, match_threshold=-1)
    as_text = company.member.call("search_documents", query_embedding=json.dumps(vector), match_threshold=-1)
    assert as_list == as_text


def test_hybrid_search_finds_by_meaning_and_by_word(company: Company) -> None:
    texts = ["The service answers ERR_7731 when the disk is full.", *TEXTS]
    document = new_document(company.member, texts, organization_id=company.id)
    request = {"query_text": "ERR_7731", "query_embedding": embedding.of_query("bread"), "match_count": 50}
    rows = company.member.call("hybrid_search_documents", filter_organization_id=company.id, **request)
    rows = [row for row in rows if row["document_id"] == document]
    scores = {"semantic_score", "keyword_score", "combined_score"}
    assert set(rows[0]) == {"chunk_id", "document_id", "title", "content", "chunk_index"} | scores
    worded = [row for row in rows if row["keyword_score"] > 0]
    assert [row["content"] for row in worded] == [texts[0]]
    for row in rows:
        expected = 0.7 * row["semantic_score"] + 0.3 * row["keyword_score"]
        assert row["combined_score"] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("visibility", "readers"),
    [
        ("private", {"colleague"}),
        ("team", {"colleague", "lead", "admin", "owner"}),
        ("organization", {"colleague", "lead", "admin", "owner", "member", "viewer"}),
    ],
)
def test_visibility(company: Company, visibility: str, readers: set[str]) -> None:
    team = {"team_id": company.team_id} if visibility == "team" else {}
    document = new_document(company.colleague, organization_id=company.id, visibility=visibility, **team)
    for role in ("colleague", "lead", "admin", "owner", "member", "viewer", "stranger"):
        person: Person = getattr(company, role)
        expected = 1 if role in readers else 0
        assert len(person.rows("documents", "id", id=document)) == expected, role
        assert len(person.rows("document_chunks", "id", document_id=document)) == expected * len(TEXTS), role
        assert (document in documents(found(person))) == bool(expected), role


def test_a_change_of_visibility_is_searched_at_once(company: Company) -> None:
    document = new_document(company.member, organization_id=company.id)
    assert document not in documents(found(company.viewer))
    table = company.member.client.table("documents")
    table.update({"visibility": "organization"}).eq("id", document).execute()
    assert document in documents(found(company.viewer))
    table.update({"visibility": "private"}).eq("id", document).execute()
    assert document not in documents(found(company.viewer))


def test_a_document_takes_over_from_its_collection(company: Company) -> None:
    collection = company.member.insert(
        "document_collections", organization_id=company.id, name="Guide", visibility="organization"
    )
    document = company.member.insert(
        "documents", title="Product Requirements", content="Our AI product needs...", created_by=company.member.id,
        collection_id=collection["id"],
    )  # fmt: skip
    assert (document["organization_id"], document["visibility"]) == (company.id, "organization")
    inside = new_document(company.member, collection_id=collection["id"])
    new_document(company.member, organization_id=company.id)
    assert documents(found(company.viewer, filter_collection_id=collection["id"])) == {inside}


def test_the_seeds_insert_is_private_in_the_personal_organization(stack: Stack) -> None:
    person = new_person(stack)
    (own,) = person.rows("organizations", "id", is_personal=True)
    document = person.insert("documents", title="Notes", content="…", created_by=person.id)
    assert (document["organization_id"], document["visibility"]) == (own["id"], "private")


def test_who_changes_a_document(company: Company) -> None:
    document = new_document(
        company.colleague, organization_id=company.id, visibility="team", team_id=company.team_id
    )
    for role, may in {"lead": True, "admin": True, "colleague": True, "member": False, "viewer": False}.items():
        person: Person = getattr(company, role)
        changed = person.client.table("documents").update({"title": f"By {role}"}).eq("id", document).execute()
        assert bool(changed.data) == may, role
    for name, person in {"member": company.member, "viewer": company.viewer, "stranger": company.stranger}.items():
        with refused("42501"):
            person.insert("document_chunks", document_id=document, chunk_index=9, content=name)


def test_a_viewer_creates_nothing(company: Company) -> None:
    for table, values in {
        "documents": {"title": "Mine"},
        "document_collections": {"name": "Mine"},
        "conversations": {"title": "Mine"},
    }.items():
        with refused("42501"):
            company.viewer.insert(table, organization_id=company.id, **values)


def test_a_chunk_has_384_dimensions(company: Company) -> None:
    document = company.member.insert("documents", organization_id=company.id, title="Short")
    with refused("22000", "expected 384 dimensions"):
        company.member.insert("document_chunks", document_id=document["id"], content="x", embedding=[0.1, 0.2])


def test_deleting_a_document_takes_it_out_of_every_search(company: Company) -> None:
    document = new_document(company.member, organization_id=company.id, visibility="organization")
    with refused("PT403", "Only its creator"):
        company.colleague.call("delete_document", p_id=document)
    with refused("PT404"):
        company.stranger.call("delete_document", p_id=document)
    company.member.call("delete_document", p_id=document)
    for person in (company.member, company.owner):
        assert person.rows("documents", "id", id=document) == []
        assert person.rows("document_chunks", "id", document_id=document) == []
        assert document not in documents(found(person))
    with refused("PT404"):
        company.member.call("delete_document", p_id=document)


@pytest.mark.parametrize("with_documents", [True, False])
def test_deleting_a_collection(company: Company, *, with_documents: bool) -> None:
    collection = company.member.insert(
        "document_collections", organization_id=company.id, name=f"C {with_documents}"
    )
    document = company.member.insert("documents", collection_id=collection["id"], title="Inside")
    company.member.call("delete_collection", p_id=collection["id"], p_with_documents=with_documents)
    assert company.member.rows("document_collections", "id", id=collection["id"]) == []
    left = company.member.rows("documents", "id,collection_id", id=document["id"])
    assert left == ([] if with_documents else [{"id": document["id"], "collection_id": None}])


def test_processing_is_told_to_whoever_sees_the_document(company: Company, service_client: Any) -> None:
    document = company.member.insert("documents", organization_id=company.id, title="Long")
    service_client.table("document_processing_status").insert(
        {"organization_id": company.id, "document_id": document["id"], "status": "processing", "chunks_total": 4}
    ).execute()
    read = company.member.rows("document_processing_status", "status,chunks_total", document_id=document["id"])
    assert read == [{"status": "processing", "chunks_total": 4}]
    assert company.admin.rows("document_processing_status", "status", document_id=document["id"]) == []
    with refused("42501"):
        company.member.client.table("document_processing_status").update({"status": "completed"}).eq(
            "document_id", document["id"]
        ).execute()


@pytest.mark.parametrize(
    ("email", "question", "title"),
    [
        ("linus@acme.example", "How do I roll back a deployment?", "Deployment"),
        ("alan@acme.example", "May I fly first class?", "Expenses and travel"),
        ("vera@acme.example", "Wie viele Urlaubstage habe ich?", "Working hours and leave"),
        ("ada@acme.example", "What did the board decide about hiring?", "Notes of the spring meeting"),
        ("nora@nimbus.example", "What happens when the budget is used up?", "Billing questions"),
        ("ben@bakery.example", "Bei welcher Temperatur wird gebacken?", "Roggenbrot"),
    ],
)
def test_seeded_people_find_what_answers_them(stack: Stack, email: str, question: str, title: str) -> None:
    assert found(seeded(stack, email), question)[0]["title"] == title


def test_seeded_people_find_nothing_that_is_not_for_them(stack: Stack) -> None:
    titles = {
        name: {row["title"] for row in found(seeded(stack, f"{name}@acme.example"), "deployment and ERR_1042")}
        for name in ("linus", "margaret", "alan", "grace")
    }
    assert "Deployment" in titles["linus"] & titles["margaret"] & titles["grace"]
    assert "Deployment" not in titles["alan"]
    assert "My notes on ERR_1042" in titles["margaret"]
    assert all("My notes on ERR_1042" not in titles[name] for name in ("linus", "alan", "grace"))
    assert found(seeded(stack, "sam@stranger.example")) == []
