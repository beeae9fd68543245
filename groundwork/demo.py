"""The first day of an AI product: the steps that every one of them takes, done by signed-in users.

The ten steps are those of the schema's specification, in its order; then what they add up to is read back.
Every step goes through supabase-py, as an application would, and each run makes people of its own.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
from postgrest import APIError, ReturnMethod
from rich.console import Console
from supabase_auth.errors import AuthError, AuthRetryableError

from groundwork import embedding
from groundwork.stack.errors import StackError
from supabase import Client, ClientOptions, create_client

PASSWORD = "correct-horse-battery"  # noqa: S105
PATIENCE = 60.0
UNREACHABLE = "Is the stack up? `groundwork status` tells; API_URL in the environment takes precedence."
PASSAGES = [
    "Our AI product needs real-time chat: a message appears for everybody in the conversation within a second.",
    "Answers cite the documents they come from, and nobody is shown a document that they may not open.",
    "Every organization has a monthly budget. When it is spent, calls are refused before they cost anything.",
    "Support answers by e-mail on working days, and within one hour when the product is down.",
]
QUESTION = "How fast does a chat message arrive?"
KEYWORDS = "monthly budget"

Row = dict[str, Any]


@dataclass
class Person:
    """Somebody who signed up, and the client that acts as them."""

    name: str
    email: str
    id: str
    client: Client


@dataclass
class Day:
    """The demonstration: where it runs, what was made so far, and where it is told."""

    api_url: str
    anon_key: str
    out: Console
    connections: httpx.Client
    mark: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    made: dict[str, Any] = field(default_factory=dict)

    def tell(self, what: str, result: str = "") -> None:
        """Print what was done and what came back."""
        self.out.print(f"   {what}", style="dim", markup=False)
        for line in result.splitlines():
            self.out.print(f"   → {line}", markup=False)

    def expect(self, fact: object, what: str) -> None:
        """Raise StackError unless the fact holds."""
        if not fact:
            raise StackError(f"expected: {what}")

    @property
    def ada(self) -> Person:
        """Return who builds the product."""
        return cast("Person", self.made["ada"])

    @property
    def grace(self) -> Person:
        """Return who joins her."""
        return cast("Person", self.made["grace"])


def run(variables: Mapping[str, str]) -> None:
    """Take every step against the stack at API_URL, with ANON_KEY; raise StackError at the first that fails."""
    out = Console(highlight=False, soft_wrap=True)
    out.print(f"An AI product's first day, at {variables['API_URL']}", style="bold", markup=False)
    begun = time.monotonic()
    with httpx.Client(timeout=PATIENCE, follow_redirects=True) as connections:
        day = Day(variables["API_URL"], variables["ANON_KEY"], out, connections)
        for number, (title, step) in enumerate(STEPS, 1):
            out.print(f"\n[bold cyan]{number:2}[/] [bold]{title}[/]")
            take(day, number, title, step)
    out.print(f"\n[bold green]All {len(STEPS)} steps work[/], in {time.monotonic() - begun:.1f} s.")


def from_environment() -> dict[str, str] | None:
    """Return the stack that the environment names by API_URL and ANON_KEY, as `status -o env` prints them."""
    names = ("API_URL", "ANON_KEY")
    found = {name: os.environ[name] for name in names if os.environ.get(name)}
    if found and len(found) < len(names):
        missing = next(name for name in names if name not in found)
        raise StackError(f"{next(iter(found))} is set and {missing} is not.", "Set both, or neither.")
    return found or None


def take(day: Day, number: int, title: str, step: Callable[[Day], None]) -> None:
    """Take a step; raise StackError that says which one failed and why."""
    failed = f"Step {number} ({title}) failed"
    try:
        step(day)
    except StackError as error:
        raise StackError(f"{failed}: {error.message}", error.hint, error.detail) from error
    except APIError as error:
        raise StackError(
            f"{failed}: {error.message} ({error.code})", error.hint or "", error.details or ""
        ) from error
    except AuthError as error:
        hint = UNREACHABLE if isinstance(error, AuthRetryableError) else "See `groundwork logs auth`."
        raise StackError(f"{failed}: {error.message}", hint) from error
    except httpx.HTTPError as error:
        raise StackError(f"{failed}: {error or type(error).__name__}", UNREACHABLE) from error


def join(day: Day, name: str) -> Person:
    """Sign somebody up and return them; raise StackError when that does not sign them in."""
    email = f"{first_name(name)}.{day.mark}@demo.example"
    options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=day.connections)
    client = create_client(day.api_url, day.anon_key, options)
    answer = client.auth.sign_up({"email": email, "password": PASSWORD, "options": {"data": {"full_name": name}}})
    if answer.user is None or answer.session is None:
        raise StackError(
            "the sign-up did not sign in",
            "The demo needs a project that does not ask to confirm e-mail addresses.",
        )
    return Person(name, email, answer.user.id, client)


def first_name(name: str) -> str:
    """Return the first name, in small letters."""
    return name.split(maxsplit=1)[0].lower()


def rows(answer: Any) -> list[Row]:
    """Return the rows of an answer of the Data API."""
    return cast("list[Row]", answer.data)


def sign_up(day: Day) -> None:
    """Sign up: the database makes profile, preferences and a personal organization."""
    for name in ("Ada Lovelace", "Grace Hopper"):
        person = join(day, name)
        day.made[first_name(name)] = person
        profile = rows(person.client.table("user_profiles").select("full_name").eq("user_id", person.id).execute())
        preferences = rows(person.client.table("user_preferences").select("theme,language").execute())
        own = rows(person.client.table("organizations").select("name,is_personal").execute())
        day.expect(profile == [{"full_name": name}], f"a profile of {name}, got {profile}")
        day.expect(len(preferences) == 1, "one row of preferences")
        day.expect(len(own) == 1 and own[0]["is_personal"], f"a personal organization, got {own}")
        day.tell(
            f"auth.sign_up({person.email})",
            f"user {person.id}\nprofile {profile[0]['full_name']!r}, preferences {preferences[0]}, "
            f"personal organization {own[0]['name']!r}",
        )


def create_organization(day: Day) -> None:
    """Create an organization: whoever creates it owns it."""
    organization = {"name": "Acme AI Corp", "slug": f"acme-ai-{day.mark}", "created_by": day.ada.id}
    made = rows(day.ada.client.table("organizations").insert(organization).execute())[0]
    day.made["organization"] = made["id"]
    role = rows(
        day.ada.client.table("organization_members").select("role").eq("organization_id", made["id"]).execute()
    )
    day.expect(role == [{"role": "owner"}], f"Ada to be its owner, got {role}")
    day.tell(
        f"insert into organizations: {organization['name']}, {organization['slug']}",
        f"organization {made['id']}, plan {made['plan_type']}; Ada is its owner",
    )


def add_member(day: Day) -> None:
    """Add a member: the owner may."""
    member = {"organization_id": day.made["organization"], "user_id": day.grace.id, "role": "member"}
    made = rows(day.ada.client.table("organization_members").insert(member).execute())[0]
    seen = rows(day.grace.client.table("organizations").select("name").eq("is_personal", value=False).execute())
    day.expect(len(seen) == 1, f"Grace to see the organization, got {seen}")
    day.tell(
        "insert into organization_members: Grace", f"Grace is {made['role']} of {seen[0]['name']!r} and sees it"
    )


def create_conversation(day: Day) -> None:
    """Create a conversation: whoever creates it takes part."""
    conversation = {
        "organization_id": day.made["organization"],
        "title": "Project Discussion",
        "type": "group",
        "created_by": day.ada.id,
    }
    made = rows(day.ada.client.table("conversations").insert(conversation).execute())[0]
    day.made["conversation"] = made["id"]
    hidden = rows(day.grace.client.table("conversations").select("id").execute())
    day.expect(hidden == [], "Grace not to see it yet")
    day.tell(
        f"insert into conversations: {made['title']}",
        f"conversation {made['id']}; Grace does not see it before she is in",
    )


def add_participants(day: Day) -> None:
    """Add participants: Ada, who is in already, and Grace."""
    participants = [{"conversation_id": day.made["conversation"], "user_id": p.id} for p in (day.ada, day.grace)]
    table = "conversation_participants"
    added = rows(day.ada.client.table(table).insert(participants).execute())
    inside = rows(
        day.grace.client.table(table)
        .select("user_id,role")
        .eq("conversation_id", day.made["conversation"])
        .execute()
    )
    day.expect(len(inside) == len(participants), f"two participants, got {inside}")
    day.tell(
        f"insert into {table}: Ada, Grace",
        f"{len(added)} added (Ada was in), Grace sees {len(inside)} participants",
    )


def send_message(day: Day) -> None:
    """Send a message: Grace reads it."""
    message = {"conversation_id": day.made["conversation"], "user_id": day.ada.id, "content": "Hello team!"}
    sent = rows(day.ada.client.table("messages").insert(message).execute())[0]
    read = rows(day.grace.client.table("messages").select("sequence,content,user_id").execute())
    day.expect([row["content"] for row in read] == [message["content"]], f"Grace to read it, got {read}")
    day.tell(
        "insert into messages: Hello team!",
        f"message {sent['id']}, number {sent['sequence']}; Grace reads {read[0]['content']!r}",
    )


def upload_document(day: Day) -> None:
    """Upload a document into a collection that the organization shares."""
    collection = {"organization_id": day.made["organization"], "name": "Product", "visibility": "organization"}
    made = rows(day.ada.client.table("document_collections").insert(collection).execute())[0]
    day.made["collection"] = made["id"]
    document = {
        "title": "Product Requirements",
        "content": "\n\n".join(PASSAGES),
        "created_by": day.ada.id,
        "collection_id": made["id"],
    }
    stored = rows(day.ada.client.table("documents").insert(document).execute())[0]
    day.made["document"] = stored["id"]
    day.expect(
        stored["organization_id"] == day.made["organization"], "the document in the collection's organization"
    )
    day.expect(stored["visibility"] == "organization", f"its visibility, got {stored['visibility']}")
    day.tell(
        f"insert into documents: {document['title']}",
        f"document {stored['id']}; organization and visibility ({stored['visibility']}) are the collection's",
    )


def create_chunks(day: Day) -> None:
    """Create chunks with embeddings, made here by multilingual-e5-small."""
    begun = time.monotonic()
    vectors = embedding.of_passages(PASSAGES)
    took = (time.monotonic() - begun) * 1000
    chunks = [
        {"document_id": day.made["document"], "content": passage, "chunk_index": index, "embedding": vector}
        for index, (passage, vector) in enumerate(zip(PASSAGES, vectors, strict=True))
    ]
    day.ada.client.table("document_chunks").insert(chunks, returning=ReturnMethod.minimal).execute()
    stored = rows(
        day.grace.client.table("document_chunks")
        .select("chunk_index,embedding_model")
        .eq("document_id", day.made["document"])
        .execute()
    )
    day.expect(len(stored) == len(chunks), f"{len(chunks)} chunks, got {len(stored)}")
    day.tell(
        f"insert into document_chunks: {len(chunks)} passages, their vectors made in {took:.0f} ms",
        f"{len(stored)} chunks with embeddings of {stored[0]['embedding_model']}",
    )


def search(day: Day) -> None:
    """Search by meaning: Grace finds the answer, and somebody of another organization finds nothing."""
    request = {
        "query_embedding": embedding.of_query(QUESTION),
        "match_threshold": 0.7,
        "match_count": 10,
        "filter_collection_id": day.made["collection"],
    }
    found = cast("list[Row]", day.grace.client.rpc("search_documents", request).execute().data)
    day.expect(found, "a passage")
    day.expect(found[0]["content"] == PASSAGES[0], f"the passage about chat first, got {found[0]['content']!r}")
    stranger = join(day, "Sam Stranger")
    nothing = stranger.client.rpc("search_documents", request | {"match_threshold": -1}).execute().data
    day.expect(nothing == [], f"nothing for somebody of no organization, got {nothing}")
    day.tell(
        f"rpc search_documents: {QUESTION}",
        "\n".join(f"{row['similarity']:.3f}  {row['title']}: {row['content']}" for row in found[:2])
        + "\na stranger who asks the same finds nothing",
    )


def track_usage(day: Day) -> None:
    """Track a call to a model."""
    usage = {
        "user_id": day.ada.id,
        "organization_id": day.made["organization"],
        "endpoint": "/chat/completions",
        "model_name": "gpt-4",
        "tokens_input": 1500,
        "tokens_output": 500,
        "cost_usd": 0.06,
    }
    made = rows(day.ada.client.table("api_usage").insert(usage).execute())[0]
    day.expect(made["tokens_used"] == 2000, f"2000 tokens, got {made['tokens_used']}")  # noqa: PLR2004
    day.tell(
        "insert into api_usage: gpt-4, 1500 tokens in, 500 out",
        f"usage {made['id']}: {made['tokens_used']} tokens, ${made['cost_usd']}",
    )


def show_dashboard(day: Day) -> None:
    """Read the dashboards of Grace, who has a message to read, and of Ada, who used a model."""
    theirs = {
        person.name: cast("Row", person.client.rpc("get_user_dashboard").execute().data)
        for person in (day.grace, day.ada)
    }
    grace, ada = theirs[day.grace.name], theirs[day.ada.name]
    day.expect(grace["unread_count"] == 1, f"one unread message for Grace, got {grace['unread_count']}")
    day.expect(ada["document_count"] == 1, f"one document of Ada's, got {ada['document_count']}")
    day.tell("rpc get_user_dashboard, as Grace", f"unread_count: {grace['unread_count']}")
    day.tell("rpc get_user_dashboard, as Ada", facts(ada))


def show_analytics(day: Day) -> None:
    """Read the analytics of the organization."""
    request = {"p_organization_id": day.made["organization"]}
    analytics = cast("Row", day.ada.client.rpc("get_organization_analytics", request).execute().data)
    wanted = {"member_count": 2, "total_conversations": 1, "total_documents": 1}
    got = {name: analytics[name] for name in wanted}
    day.expect(got == wanted, f"{wanted}, got {got}")
    day.tell("rpc get_organization_analytics, as Ada", facts(analytics))


def search_hybrid(day: Day) -> None:
    """Search by meaning and by words at once."""
    request = {
        "query_text": KEYWORDS,
        "query_embedding": embedding.of_query(KEYWORDS),
        "match_count": 3,
        "filter_organization_id": day.made["organization"],
    }
    found = cast("list[Row]", day.grace.client.rpc("hybrid_search_documents", request).execute().data)
    day.expect(found, "a passage")
    day.expect(KEYWORDS in found[0]["content"], f"the passage with the words first, got {found[0]['content']!r}")
    day.tell(
        f"rpc hybrid_search_documents: {KEYWORDS}",
        "\n".join(
            f"{row['combined_score']:.3f} "
            f"(meaning {row['semantic_score']:.3f}, words {row['keyword_score']:.3f})  {row['content']}"
            for row in found[:2]
        ),
    )


def facts(answer: Row) -> str:
    """Return an answer, a line a fact, those of many parts last."""
    ordered = sorted(answer.items(), key=lambda item: isinstance(item[1], dict | list))
    return "\n".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in ordered)


STEPS: list[tuple[str, Callable[[Day], None]]] = [
    ("Sign up", sign_up),
    ("Create an organization", create_organization),
    ("Add a team member", add_member),
    ("Create a conversation", create_conversation),
    ("Add participants", add_participants),
    ("Send a message", send_message),
    ("Upload a document", upload_document),
    ("Create chunks with embeddings", create_chunks),
    ("Search by meaning", search),
    ("Track usage", track_usage),
    ("Read the dashboard", show_dashboard),
    ("Read the organization's analytics", show_analytics),
    ("Search by meaning and words", search_hybrid),
]
