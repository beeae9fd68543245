"""Conversations: who takes part, in which order messages stand, what a viewer may still do."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.database.conftest import Committed
from tests.database.support import (
    Connection,
    Session,
    as_service,
    as_user,
    call,
    insert,
    make_organization,
    refused,
    value,
    values,
)
from tests.support import Stack

Person = Callable[..., UUID]
SEND = "insert into public.messages (conversation_id, user_id, content) values (%s, %s, %s) returning sequence"
ADD = "insert into public.conversation_participants (conversation_id, user_id) values (%s, %s)"


class Chat:
    """Ann and Bob talk in Acme; Cleo is in Acme and not in the conversation."""

    def __init__(self, db: Connection, people: Person) -> None:
        self.db = db
        self.ann, self.bob, self.cleo = people(), people(), people()
        self.acme = make_organization(db, self.ann, member=[self.bob, self.cleo])
        with as_user(db, self.ann):
            self.talk = insert(db, "conversations", organization_id=self.acme, title="Talk")
            db.execute(ADD, [self.talk, self.bob])

    def begin_answer(self, **columns: object) -> UUID:
        """Ask as Bob and begin the answer; return its id."""
        made: UUID = insert(
            self.db,
            "chat_generations",
            returning="message_id",
            organization_id=self.acme,
            conversation_id=self.talk,
            message_id=uuid4(),
            question_id=self.send(self.bob, "Why?"),
            user_id=self.bob,
            **columns,
        )
        return made

    def send(self, who: UUID, content: str = "Hi", conversation: UUID | None = None) -> UUID:
        with as_user(self.db, who):
            sent: UUID = insert(
                self.db,
                "messages",
                conversation_id=conversation or self.talk,
                user_id=who,
                content=content,
            )
        return sent

    def set_role(self, who: UUID, role: str) -> None:
        self.db.execute(
            "update public.organization_members set role = %s where organization_id = %s and user_id = %s",
            [role, self.acme, who],
        )

    def remove(self, who: UUID) -> None:
        self.db.execute(
            "delete from public.organization_members where organization_id = %s and user_id = %s",
            [self.acme, who],
        )


@pytest.fixture
def chat(db: Connection, people: Person) -> Chat:
    return Chat(db, people)


# Participants --------------------------------------------------------------------------------------


def test_adding_somebody_again_changes_nothing(db: Connection, chat: Chat) -> None:
    db.execute("update public.conversation_participants set last_read_at = now()")
    before = db.execute("select * from public.conversation_participants order by user_id").fetchall()
    with as_user(db, chat.bob):
        assert db.execute(ADD, [chat.talk, chat.ann]).rowcount == 0
        assert db.execute(ADD, [chat.talk, chat.bob]).rowcount == 0
    after = db.execute("select * from public.conversation_participants order by user_id").fetchall()
    assert after == before


def test_only_who_may_add_learns_who_is_in_already(db: Connection, chat: Chat, people: Person) -> None:
    mallory = people()
    chat.set_role(chat.bob, "viewer")
    unknown = UUID("00000000-0000-4000-8000-000000000000")
    refusals = set()
    for who in (chat.cleo, mallory, chat.bob):
        for conversation, person in (
            (chat.talk, chat.ann),
            (chat.talk, chat.cleo),
            (chat.talk, mallory),
            (unknown, chat.ann),
        ):
            with pytest.raises(psycopg.Error) as caught, as_user(db, who):
                db.execute(ADD, [conversation, person])
            refusals.add((caught.value.sqlstate, caught.value.diag.message_primary))
    assert len(refusals) == 1, "every refusal is in the same words"
    assert refusals.pop()[0] == "42501"


def test_whoever_is_added_shares_an_organization_with_whoever_adds(
    db: Connection, chat: Chat, people: Person
) -> None:
    mallory, dora = people(), people()
    elsewhere = make_organization(db, chat.ann, member=dora)
    with refused("42501"), as_user(db, chat.ann):
        db.execute(ADD, [chat.talk, mallory])
    with refused("42501"), as_user(db, chat.ann):
        db.execute(ADD, [chat.talk, dora])

    with as_user(db, chat.ann):
        own = insert(db, "conversations", title="At home")
        assert db.execute(ADD, [own, chat.bob]).rowcount == 1
        assert db.execute(ADD, [own, dora]).rowcount == 1
    with refused("42501"), as_user(db, chat.ann):
        db.execute(ADD, [own, mallory])
    with refused("42501"), as_user(db, dora):
        db.execute(ADD, [own, chat.cleo])
    chat.send(dora, "Thanks", own)
    with as_user(db, chat.bob):
        assert values(db, "select content from public.messages where conversation_id = %s", own) == ["Thanks"]
    assert elsewhere != chat.acme


def test_a_direct_conversation_has_two(db: Connection, chat: Chat) -> None:
    with as_user(db, chat.ann):
        direct = insert(db, "conversations", organization_id=chat.acme, type="direct")
        db.execute(ADD, [direct, chat.bob])
        db.execute(ADD, [direct, chat.bob])
    with refused("PT409"), as_user(db, chat.bob):
        db.execute(ADD, [direct, chat.cleo])
    with refused("PT409"), as_service(db):
        db.execute(ADD, [direct, chat.cleo])
    with refused("42501"), as_user(db, chat.cleo):
        db.execute(ADD, [direct, chat.cleo])
    with refused("PT409"), as_user(db, chat.ann):
        another = insert(db, "conversations", organization_id=chat.acme, type="direct")
        db.execute(
            "insert into public.conversation_participants (conversation_id, user_id) values (%s, %s), (%s, %s)",
            [another, chat.bob, another, chat.cleo],
        )


def test_two_who_add_a_third_to_a_direct_conversation_at_once(
    committed: Committed, session: Callable[..., Session]
) -> None:
    ann, bob, cleo = committed.user(), committed.user(), committed.user()
    acme = committed.organization(ann, member=[bob, cleo])
    with as_user(committed.connection, ann):
        direct = insert(committed.connection, "conversations", organization_id=acme, type="direct")
    first, second = session(), session()
    for one in (first, second):
        one.become(ann)
    first.run(ADD, direct, bob)
    waiting = second.start(ADD, direct, cleo)
    first.commit()
    error = waiting.exception(timeout=10)
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate == "PT409"


def test_two_who_add_the_same_person_at_once(committed: Committed, session: Callable[..., Session]) -> None:
    ann, bob, cleo = committed.user(), committed.user(), committed.user()
    acme = committed.organization(ann, member=[bob, cleo])
    with as_user(committed.connection, ann):
        talk = insert(committed.connection, "conversations", organization_id=acme)
        committed.connection.execute(ADD, [talk, bob])
    first, second = session(), session()
    first.become(ann)
    second.become(bob)
    first.run(ADD, talk, cleo)
    waiting = second.start(ADD, talk, cleo)
    first.commit()
    assert waiting.exception(timeout=10) is None
    second.commit()


def test_a_member_who_leaves_the_organization_leaves_its_conversations(db: Connection, chat: Chat) -> None:
    chat.send(chat.bob)
    chat.remove(chat.bob)
    with as_user(db, chat.bob):
        assert values(db, "select id from public.conversations") == []
        assert values(db, "select id from public.messages") == []
        assert values(db, "select user_id from public.conversation_participants") == []
    with refused("42501"):
        chat.send(chat.bob)
    with refused("PT404"), as_user(db, chat.bob):
        call(db, "mark_conversation_read", p_conversation_id=chat.talk)
    with refused("42501"), as_user(db, chat.bob):
        call(db, "set_typing", p_conversation_id=chat.talk)
    assert value(db, "select count(*) from public.messages where user_id = %s", chat.bob) == 1


def test_a_viewer_reads_and_keeps_a_read_position_and_writes_nothing(db: Connection, chat: Chat) -> None:
    message = chat.send(chat.bob)
    chat.set_role(chat.bob, "viewer")
    with as_user(db, chat.bob):
        assert values(db, "select id from public.messages") == [message]
        assert call(db, "mark_conversation_read", p_conversation_id=chat.talk)["last_read_sequence"] == 1
        assert db.execute("update public.messages set content = 'Other'").rowcount == 0
    with refused("42501"):
        chat.send(chat.bob)
    for attempt in (
        lambda: insert(
            db, "message_reactions", returning="user_id", message_id=message, user_id=chat.bob, reaction="👍"
        ),
        lambda: call(db, "set_typing", p_conversation_id=chat.talk),
        lambda: db.execute(ADD, [chat.talk, chat.cleo]),
        lambda: insert(db, "conversations", organization_id=chat.acme),
    ):
        with refused("42501"), as_user(db, chat.bob):
            attempt()
    with refused("PT403"), as_user(db, chat.bob):
        call(db, "delete_message", p_id=message)


def test_admins_do_not_read_what_they_are_not_in(db: Connection, chat: Chat) -> None:
    chat.send(chat.bob)
    chat.set_role(chat.cleo, "owner")
    with as_user(db, chat.cleo):
        assert values(db, "select id from public.conversations") == []
        assert values(db, "select id from public.messages") == []
    with refused("PT404"), as_user(db, chat.cleo):
        call(db, "delete_conversation", p_id=chat.talk)


def test_nobody_speaks_for_another_or_for_a_machine(db: Connection, chat: Chat) -> None:
    for columns in (
        {"user_id": chat.bob},
        {"user_id": None},
        {"user_id": None, "role": "assistant"},
        {"user_id": chat.ann, "role": "assistant"},
        {"user_id": None, "role": "system"},
    ):
        with refused("42501"), as_user(db, chat.ann):
            insert(db, "messages", conversation_id=chat.talk, content="Forged", **columns)
    with refused("42501"), as_user(db, chat.ann):
        insert(db, "messages", conversation_id=chat.talk, user_id=chat.ann, content="Late", sequence=9)
    with as_service(db):
        insert(db, "messages", conversation_id=chat.talk, role="assistant", content="Answer", model_name="gpt-4")
    with refused("23514"), as_service(db):
        insert(db, "messages", conversation_id=chat.talk, role="assistant", user_id=chat.ann, content="Mixed")


def test_nobody_keeps_an_answer_from_its_end_by_taking_its_id(db: Connection, chat: Chat) -> None:
    # The id that an answer will have as a message is known to who waits for it. Whoever takes it must not be able
    # to keep the answer from being settled, nor the answers of others from being reaped.
    answers = [chat.begin_answer(content="Because", reported_at="yesterday") for _ in range(2)]
    with as_user(db, chat.bob):
        insert(
            db,
            "messages",
            id=answers[0],
            conversation_id=chat.talk,
            user_id=chat.bob,
            content="Mine now",
        )
        call(db, "delete_message", p_id=answers[0])
    with as_service(db):
        assert call(db, "reap_generations") == 2
    assert set(
        values(db, "select status::text from public.chat_generations where message_id = any(%s)", answers)
    ) == {"failed"}
    query = "select content from public.messages where id = %s"
    assert [values(db, query, answer) for answer in answers] == [["Mine now"], ["Because"]]


def test_an_answer_that_was_given_up_ends_as_its_function_says_after_all(db: Connection, chat: Chat) -> None:
    model = f"model-{uuid4().hex}"
    call(
        db,
        "set_model_price",
        p_model_name=model,
        p_input_per_million=1,
        p_output_per_million=2,
        p_valid_from="2020-01-01T00:00:00Z",
    )
    answers, reservations = {}, {}
    for name in ("silent", "wordless", "deleted"):
        held = call(
            db,
            "reserve_usage",
            p_organization_id=chat.acme,
            p_model_name=model,
            p_tokens_input=10,
            p_tokens_output=100,
        )
        reservations[name] = held["reservation_id"]
        answers[name] = chat.begin_answer(model_name=model, reservation_id=held["reservation_id"])
    reports = [
        {"message_id": str(answers[name]), "content": "Beca", "tokens_input": 5, "tokens_output": 2}
        for name in ("silent", "deleted")
    ]
    with as_service(db):
        call(db, "report_generations", p_reports=json.dumps(reports))
        assert call(db, "reap_generations", p_silent_for="0 seconds") == 3
        # A report that comes late tells of nothing that is still to be ended.
        assert call(db, "report_generations", p_reports=json.dumps(reports)) == []
        call(db, "delete_message", p_id=answers["deleted"])
    ledger = "select coalesce(sum(tokens_used), 0), count(*) from api_usage where model_name = %s"
    assert db.execute(ledger, [model]).fetchone() == (14, 2)

    def finish(name: str, **more: object) -> dict[str, Any]:
        with as_service(db):
            told: dict[str, Any] = call(
                db,
                "finish_generation",
                p_message_id=answers[name],
                p_status="completed",
                p_content="Because of this",
                p_tokens_input=5,
                p_tokens_output=20,
                **more,
            )
        return told

    for name in ("silent", "wordless"):
        told = finish(name)
        assert told["cost_usd"] == 0.000045
        assert finish(name) == told
        row = db.execute(
            "select g.status::text, g.error, m.content, m.metadata -> 'usage' = g.usage, m.metadata ->> 'status'"
            " from chat_generations g join messages m on m.id = g.message_id where g.message_id = %s",
            [answers[name]],
        ).fetchone()
        assert row == ("completed", None, "Because of this", True, "completed")
    with refused("PT404"), db.transaction():
        finish("deleted")
    assert finish("deleted", p_reservation_id=reservations["deleted"])["cost_usd"] == 0.000045
    assert (
        values(db, "select content from messages where id = %s and deleted_at is null", answers["deleted"]) == []
    )
    # Two were corrected, and one was a call of its own.
    assert db.execute(ledger, [model]).fetchone() == (75, 5)


# The order of messages -----------------------------------------------------------------------------


@pytest.fixture
def hall(committed: Committed) -> tuple[UUID, list[UUID]]:
    """Return a conversation and its participants, committed."""
    people = [committed.user() for _ in range(4)]
    acme = committed.organization(people[0], member=people[1:])
    with as_user(committed.connection, people[0]):
        talk = insert(committed.connection, "conversations", organization_id=acme)
        for person in people[1:]:
            committed.connection.execute(ADD, [talk, person])
    return talk, people


def test_numbers_become_visible_in_their_order(
    hall: tuple[UUID, list[UUID]], session: Callable[..., Session]
) -> None:
    talk, people = hall
    first, second, reader = session(), session(), session()
    for one, person in zip((first, second), people, strict=False):
        one.become(person)

    def page(after: int) -> list[int]:
        reader.become(people[2])
        rows = reader.run(
            "select sequence from public.messages where conversation_id = %s and sequence > %s order by sequence",
            talk,
            after,
        )
        reader.rollback()
        return [row[0] for row in rows]

    assert first.run(SEND, talk, people[0], "slow") == [(1,)]
    waiting = second.start(SEND, talk, people[1], "quick")
    assert not waiting.done(), "the second waits for the first, or a reader could see 2 before 1"
    assert page(0) == []
    first.commit()
    assert waiting.result(timeout=10) == [(2,)]
    assert page(0) == [1]
    second.commit()
    assert page(1) == [2]


def test_a_message_that_was_given_up_leaves_no_gap(
    hall: tuple[UUID, list[UUID]], session: Callable[..., Session]
) -> None:
    talk, people = hall
    first, second = session(), session()
    first.become(people[0])
    second.become(people[1])
    first.run(SEND, talk, people[0], "never")
    waiting = second.start(SEND, talk, people[1], "first")
    first.rollback()
    assert waiting.result(timeout=10) == [(1,)]
    second.commit()


def test_conversations_do_not_wait_for_each_other(
    committed: Committed, hall: tuple[UUID, list[UUID]], session: Callable[..., Session]
) -> None:
    talk, people = hall
    with as_user(committed.connection, people[1]):
        own = insert(committed.connection, "conversations", title="Mine")
    first, second = session(), session()
    first.become(people[0])
    second.become(people[1])
    first.run(SEND, talk, people[0], "slow")
    assert second.start(SEND, own, people[1], "mine").done()


def test_whoever_may_not_write_holds_nobody_up(
    hall: tuple[UUID, list[UUID]], committed: Committed, session: Callable[..., Session]
) -> None:
    talk, people = hall
    mallory = committed.user()
    outsider, insider = session(), session()
    insider.become(people[0])
    insider.run(SEND, talk, people[0], "slow")
    outsider.become(mallory)
    refusal = outsider.start(SEND, talk, mallory, "let me in")
    assert refusal.done(), "refused at once, without a look at the conversation"
    error = refusal.exception()
    assert isinstance(error, psycopg.Error)
    assert error.sqlstate == "42501"


def test_a_reader_who_pages_while_many_write_misses_nothing(stack: Stack, hall: tuple[UUID, list[UUID]]) -> None:
    talk, people = hall
    writers, each = 4, 12
    done = threading.Event()

    def write(person: UUID) -> None:
        dice = random.Random(person.int)
        with psycopg.connect(stack.db_url) as connection:
            for number in range(each):
                with as_user(connection, person):
                    connection.execute(SEND, [talk, person, str(number)])
                connection.execute("select pg_sleep(%s)", [dice.random() / 200])
                connection.rollback() if dice.random() < 0.2 else connection.commit()

    def read() -> list[int]:
        pages: list[int] = []
        last_look = False
        with psycopg.connect(stack.db_url) as connection:
            while True:
                with as_user(connection, people[0]):
                    rows = connection.execute(
                        "select sequence from public.messages where conversation_id = %s and sequence > %s "
                        "order by sequence limit 5",
                        [talk, pages[-1] if pages else 0],
                    ).fetchall()
                connection.rollback()
                pages += [row[0] for row in rows]
                if last_look and not rows:
                    return pages
                last_look = done.is_set()

    with ThreadPoolExecutor() as pool:
        reading = pool.submit(read)
        for writing in [pool.submit(write, people[number % 4]) for number in range(writers)]:
            writing.result(timeout=60)
        done.set()
        pages = reading.result(timeout=60)
    with psycopg.connect(stack.db_url) as connection:
        written = values(
            connection, "select sequence from public.messages where conversation_id = %s order by 1", talk
        )
    assert pages == written == list(range(1, len(written) + 1))


# Small rules ---------------------------------------------------------------------------------------


def test_a_read_position_never_moves_back(db: Connection, chat: Chat) -> None:
    for _ in range(3):
        chat.send(chat.ann)

    def read(sequence: int | None = None) -> int:
        with as_user(db, chat.bob):
            position: int = call(db, "mark_conversation_read", p_conversation_id=chat.talk, p_sequence=sequence)[
                "last_read_sequence"
            ]
        return position

    assert [read(2), read(1), read(-5), read(99), read(), read(0)] == [2, 2, 2, 3, 3, 3]


def test_an_edit_is_marked_and_a_deleted_message_cannot_be_edited(db: Connection, chat: Chat) -> None:
    message = chat.send(chat.bob)
    with as_user(db, chat.bob):
        db.execute("update public.messages set content = 'Edited' where id = %s", [message])
        assert value(db, "select edited_at is not null from public.messages where id = %s", message)
        call(db, "delete_message", p_id=message)
        assert db.execute("update public.messages set content = 'Back'").rowcount == 0
        assert values(db, "select id from public.messages") == []


def test_typing_ends_by_itself(db: Connection, chat: Chat) -> None:
    with as_user(db, chat.bob):
        call(db, "set_typing", p_conversation_id=chat.talk)
        call(db, "set_typing", p_conversation_id=chat.talk)
    with as_user(db, chat.ann):
        assert values(db, "select user_id from public.typing_indicators") == [chat.bob]
    db.execute("update public.typing_indicators set expires_at = now()")
    with as_user(db, chat.ann):
        assert values(db, "select user_id from public.typing_indicators") == []
    with as_service(db):
        assert call(db, "cleanup_typing_indicators") == 1
