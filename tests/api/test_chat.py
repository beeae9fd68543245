"""Conversations: who sees them, messages by their number, reactions, typing, what is unread, deleting."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.api.people import Company, Person, new_person, refused, seeded
from tests.support import Stack


def new_conversation(company: Company, *guests: Person, **values: Any) -> str:
    """Let the owner start a conversation with these people; return its id."""
    made = company.owner.insert("conversations", **{"organization_id": company.id, "title": "Talk", **values})
    for guest in guests:
        company.owner.insert("conversation_participants", conversation_id=made["id"], user_id=guest.id)
    return made["id"]


def say(person: Person, conversation: str, content: str) -> dict[str, Any]:
    """Let somebody write a message; return it."""
    return person.insert("messages", conversation_id=conversation, user_id=person.id, content=content)


def unread(person: Person) -> int:
    """Return the number of unread messages that the dashboard shows."""
    return person.call("get_user_dashboard")["unread_count"]


def test_a_conversation_is_its_participants_alone(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    say(company.owner, conversation, "Between us")
    assert [row["content"] for row in company.member.rows("messages", conversation_id=conversation)] == [
        "Between us"
    ]
    for person in (company.admin, company.viewer, company.stranger):
        assert person.rows("conversations", "id", id=conversation) == []
        assert person.rows("messages", "id", conversation_id=conversation) == []
        assert person.rows("conversation_participants", "user_id", conversation_id=conversation) == []
        with refused("42501"):
            say(person, conversation, "Me too")


def test_the_seeds_insert_puts_it_into_the_personal_organization(stack: Stack) -> None:
    person = new_person(stack)
    made = person.insert("conversations", title="Project Discussion", created_by=person.id, type="group")
    (own,) = person.rows("organizations", "id", is_personal=True)
    assert made["organization_id"] == own["id"]
    assert person.rows("conversation_participants", "user_id,role") == [{"user_id": person.id, "role": "owner"}]


def test_adding_somebody_who_is_in_changes_nothing(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    both = [{"conversation_id": conversation, "user_id": person.id} for person in (company.owner, company.member)]
    added = company.owner.client.table("conversation_participants").insert(both).execute()
    assert added.data == []
    assert len(company.owner.rows("conversation_participants", conversation_id=conversation)) == 2


def test_only_people_of_the_organization_are_added(company: Company) -> None:
    with refused("42501"):
        new_conversation(company, company.stranger)


def test_a_direct_conversation_is_for_two(company: Company) -> None:
    conversation = new_conversation(company, company.member, type="direct", title=None)
    with refused("PT409", "two participants", "group"):
        company.owner.insert("conversation_participants", conversation_id=conversation, user_id=company.admin.id)


def test_messages_are_numbered_without_a_gap_also_when_two_write_at_once(company: Company) -> None:
    conversation = new_conversation(company, company.member, company.admin)
    people = [company.owner, company.member, company.admin]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda number: say(people[number % 3], conversation, f"message {number}"), range(24)))
    rows = company.member.rows("messages", "sequence,created_at", conversation_id=conversation)
    ordered = sorted(rows, key=lambda row: row["sequence"])
    assert [row["sequence"] for row in ordered] == list(range(1, 25))
    assert [row["created_at"] for row in ordered] == sorted(row["created_at"] for row in ordered)


def test_paging_by_sequence_misses_nothing(company: Company) -> None:
    conversation = new_conversation(company)
    company.owner.client.table("messages").insert(
        [
            {"conversation_id": conversation, "user_id": company.owner.id, "content": str(number)}
            for number in range(25)
        ]
    ).execute()
    seen: list[str] = []
    after = 0
    while page := (
        company.owner.client.table("messages")
        .select("sequence,content")
        .eq("conversation_id", conversation)
        .gt("sequence", after)
        .order("sequence")
        .limit(10)
        .execute()
        .data
    ):
        seen += [row["content"] for row in page]
        after = page[-1]["sequence"]
        if after == 20:
            say(company.owner, conversation, "late")
    assert seen == [*map(str, range(25)), "late"]


@pytest.mark.parametrize("role", ["assistant", "system", "tool"])
def test_nobody_speaks_as_the_assistant(company: Company, role: str) -> None:
    conversation = new_conversation(company)
    with refused("42501"):
        company.owner.insert("messages", conversation_id=conversation, role=role, content="I am the machine")


def test_the_service_role_speaks_as_the_assistant(company: Company, service_client: Any) -> None:
    conversation = new_conversation(company)
    said = {"conversation_id": conversation, "role": "assistant", "content": "Hello", "model_name": "gpt-4"}
    service_client.table("messages").insert(said).execute()
    assert [
        (row["role"], row["user_id"], row["model_name"])
        for row in company.owner.rows("messages", conversation_id=conversation)
    ] == [("assistant", None, "gpt-4")]


def test_nobody_writes_in_the_name_of_another(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    with refused("42501"):
        company.member.insert("messages", conversation_id=conversation, user_id=company.owner.id, content="Forged")


def test_editing_is_for_the_author_and_is_marked(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    message = say(company.owner, conversation, "First")
    assert message["edited_at"] is None
    table = company.member.client.table("messages")
    assert table.update({"content": "Mine"}).eq("id", message["id"]).execute().data == []
    table = company.owner.client.table("messages")
    (edited,) = table.update({"content": "Second"}).eq("id", message["id"]).execute().data
    assert edited["content"] == "Second"
    assert edited["edited_at"] is not None
    with refused("42501"):
        company.owner.client.table("messages").update({"sequence": 99}).eq("id", message["id"]).execute()


def test_reactions(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    message = say(company.owner, conversation, "Done")
    company.member.insert("message_reactions", message_id=message["id"], user_id=company.member.id, reaction="🎉")
    assert company.owner.rows("message_reactions", "reaction,user_id", message_id=message["id"]) == [
        {"reaction": "🎉", "user_id": company.member.id}
    ]
    with refused("23505"):
        company.member.insert(
            "message_reactions", message_id=message["id"], user_id=company.member.id, reaction="🎉"
        )
    with refused("42501"):
        company.admin.insert(
            "message_reactions", message_id=message["id"], user_id=company.admin.id, reaction="👀"
        )
    embedded = company.owner.rows("messages", "content,message_reactions(reaction)", id=message["id"])
    assert embedded == [{"content": "Done", "message_reactions": [{"reaction": "🎉"}]}]
    removed = company.owner.client.table("message_reactions").delete().eq("message_id", message["id"]).execute()
    assert removed.data == []
    removed = company.member.client.table("message_reactions").delete().eq("message_id", message["id"]).execute()
    assert len(removed.data) == 1


def test_typing(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    company.member.call("set_typing", p_conversation_id=conversation)
    company.member.call("set_typing", p_conversation_id=conversation)
    assert company.owner.rows("typing_indicators", "user_id", conversation_id=conversation) == [
        {"user_id": company.member.id}
    ]
    company.member.call("set_typing", p_conversation_id=conversation, p_is_typing=False)
    assert company.owner.rows("typing_indicators", "user_id", conversation_id=conversation) == []
    with refused("42501"):
        company.admin.call("set_typing", p_conversation_id=conversation)


def test_what_is_unread_and_the_read_mark(company: Company, stack: Stack) -> None:
    reader = new_person(stack)
    company.owner.insert("organization_members", organization_id=company.id, user_id=reader.id)
    conversation = new_conversation(company, reader)
    for number in range(3):
        say(company.owner, conversation, f"message {number}")
    say(reader, conversation, "my own")
    assert unread(reader) == 3

    mark = reader.call("mark_conversation_read", p_conversation_id=conversation, p_sequence=2)
    assert (mark["conversation_id"], mark["last_read_sequence"]) == (conversation, 2)
    assert unread(reader) == 1
    backwards = reader.call("mark_conversation_read", p_conversation_id=conversation, p_sequence=1)
    assert backwards == mark
    assert reader.call("mark_conversation_read", p_conversation_id=conversation)["last_read_sequence"] == 4
    assert unread(reader) == 0
    with refused("PT404"):
        company.stranger.call("mark_conversation_read", p_conversation_id=conversation)


def test_a_viewer_reads_and_does_not_write(company: Company) -> None:
    conversation = new_conversation(company, company.viewer)
    say(company.owner, conversation, "For your information")
    assert len(company.viewer.rows("messages", "id", conversation_id=conversation)) == 1
    assert company.viewer.call("mark_conversation_read", p_conversation_id=conversation)["last_read_sequence"] == 1
    with refused("42501"):
        say(company.viewer, conversation, "Thanks")


def test_deleting_a_message(company: Company) -> None:
    conversation = new_conversation(company, company.member, company.colleague)
    mine, theirs = say(company.member, conversation, "Mine"), say(company.colleague, conversation, "Theirs")
    with refused("PT403", "author or an owner"):
        company.member.call("delete_message", p_id=theirs["id"])
    company.member.call("delete_message", p_id=mine["id"])
    company.owner.call("delete_message", p_id=theirs["id"])
    assert company.owner.rows("messages", "id", conversation_id=conversation) == []
    with refused("PT404"):
        company.owner.call("delete_message", p_id=mine["id"])


def test_deleting_a_conversation(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    with refused("PT403", "Only an owner"):
        company.member.call("delete_conversation", p_id=conversation)
    with refused("PT404"):
        company.stranger.call("delete_conversation", p_id=conversation)
    company.owner.call("delete_conversation", p_id=conversation)
    assert company.member.rows("conversations", "id", id=conversation) == []
    with refused("42501"):
        say(company.owner, conversation, "Too late")


def test_leaving_a_conversation(company: Company) -> None:
    conversation = new_conversation(company, company.member)
    gone = company.member.client.table("conversation_participants").delete().eq("conversation_id", conversation)
    assert [row["user_id"] for row in gone.execute().data] == [company.member.id]
    assert company.member.rows("conversations", "id", id=conversation) == []


def test_the_seeded_conversations(stack: Stack) -> None:
    margaret = seeded(stack, "margaret@acme.example")
    titles = {row["title"] for row in margaret.rows("conversations", "title")}
    assert {"Launch planning", "How do we deploy?", "Reading group", None} <= titles
    (deploy,) = margaret.rows("conversations", "id", title="How do we deploy?")
    rows = (
        margaret.client.table("messages")
        .select("role,sequence")
        .eq("conversation_id", deploy["id"])
        .order("sequence")
    )
    assert [row["role"] for row in rows.execute().data[:4]] == ["user", "assistant", "user", "assistant"]
    assert seeded(stack, "alan@acme.example").rows("conversations", "id") == []
