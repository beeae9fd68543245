"""API keys and invitations: what the handlers add to the database's functions."""

from __future__ import annotations

import re
import socket
import uuid
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.functions.people import Person, call, found_organization, newcomer, use_stack
from tests.support import Stack, free_port


class Inbox:
    """An SMTP server's handler that keeps what it is given; it knows nobody at nowhere.example."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        _: list[str],
    ) -> str:
        if address.endswith("@nowhere.example"):
            return "550 nobody here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients += envelope.rcpt_tos
        return "250 OK"

    def token(self) -> str:
        """Return the token of the newest mail."""
        found = re.search(r"token=(\S+)", self.mails[-1].get_content())
        assert found
        return found[1]


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> None:
    use_stack(monkeypatch, stack)
    monkeypatch.setenv("SITE_URL", "https://app.example.com")


@pytest.fixture
def inbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    handler = Inbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    monkeypatch.setenv("SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("SMTP_PORT", str(controller.port))
    monkeypatch.setenv("SMTP_ADMIN_EMAIL", "hello@example.com")
    monkeypatch.setenv("SMTP_TLS", "off")
    try:
        yield handler
    finally:
        controller.stop()


@pytest.fixture(scope="module")
def owner(stack: Stack) -> Person:
    return newcomer(stack)


@pytest.fixture(scope="module")
def organization(owner: Person) -> str:
    return found_organization(owner, "Acme Ünlimited")


def test_an_invited_person_gets_a_mail_and_joins(
    stack: Stack, owner: Person, organization: str, inbox: Inbox
) -> None:
    guest = newcomer(stack)
    body = {"organization_id": organization, "email": guest.email, "role": "admin"}
    answer = owner.call("POST", "/invitations", json=body)
    assert answer.status_code == 201, answer.json
    assert "token" not in answer.json
    mail = inbox.mails[-1]
    assert mail["To"] == guest.email
    assert "Acme Ünlimited" in mail["Subject"]
    assert "https://app.example.com/invitations/accept?token=gwi_" in mail.get_content()
    listed = owner.call("GET", f"/invitations?organization_id={organization}")
    assert listed.json["invitations"][0]["email"] == guest.email
    assert guest.call("GET", f"/invitations?organization_id={organization}").json == {"invitations": []}
    joined = guest.call("POST", "/invitations/accept", json={"token": inbox.token()})
    assert joined.json["role"] == "admin"
    again = guest.call("POST", "/invitations/accept", json={"token": inbox.token()})
    assert again.status_code == 409


def test_a_token_is_for_the_invited_person_alone(
    stack: Stack, owner: Person, organization: str, inbox: Inbox
) -> None:
    owner.call(
        "POST",
        "/invitations",
        json={"organization_id": organization, "email": "else@example.com"},
    )
    thief = newcomer(stack)
    assert thief.call("POST", "/invitations/accept", json={"token": inbox.token()}).status_code == 403


@pytest.mark.parametrize("address", ["=?utf-8?q?a=2c?=@example.com", "a(b)@example.com"])
def test_a_mail_goes_to_no_other_address(owner: Person, organization: str, inbox: Inbox, address: str) -> None:
    refused = owner.call("POST", "/invitations", json={"organization_id": organization, "email": address})
    assert (refused.status_code, refused.json["error"]["code"]) == (422, "address_refused")
    assert inbox.mails == []
    listed = owner.call("GET", f"/invitations?organization_id={organization}").json["invitations"]
    assert [one["revoked_at"] is None for one in listed if one["email"] == address] == [False]


def test_an_organization_of_several_lines_invites_too(owner: Person, inbox: Inbox) -> None:
    named = found_organization(owner, "Acme\u2028Bcc: all@example.com")
    made = owner.call("POST", "/invitations", json={"organization_id": named, "email": "you@example.com"})
    assert made.status_code == 201, made.json
    assert inbox.mails[-1]["Subject"] == "Invitation to “Acme Bcc: all@ example. com”"
    assert inbox.recipients == ["you@example.com"]


def test_a_name_is_no_link_in_the_mail(stack: Stack, inbox: Inbox) -> None:
    # Nor that of the sender, who chose it too.
    sender = newcomer(stack)
    names = {"full_name": "www.evil.example"}
    sender.client.table("user_profiles").update(names).eq("user_id", sender.id).execute()
    named = found_organization(sender, "Win at http://evil.example/x?a=1, evil\u3002example or me@evil.example!")
    body = {"organization_id": named, "email": f"{uuid.uuid4().hex}@example.com"}
    assert sender.call("POST", "/invitations", json=body).status_code == 201
    mail = inbox.mails[-1]
    shown = "“Win at http:// evil. example/x?a=1, evil\u3002 example or me@ evil. example!”"
    assert mail["Subject"] == f"Invitation to {shown}"
    assert mail.get_content().startswith(f"“www. evil. example” invites you to join {shown} as member.")


def test_a_victim_is_not_flooded_with_mails(stack: Stack, inbox: Inbox) -> None:
    sender = newcomer(stack)
    body = {"organization_id": found_organization(sender), "email": f"{uuid.uuid4().hex}@example.com"}
    answers = [sender.call("POST", "/invitations", json=body) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 5 + [429] * 2
    assert len(inbox.mails) == 5
    error = answers[-1].json["error"]
    assert (error["code"], body["email"] in error["message"]) == ("too_many_requests", True)
    assert error["hint"]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 24 * 60 * 60 + 1


def test_a_withdrawn_invitation_is_gone(stack: Stack, owner: Person, organization: str, inbox: Inbox) -> None:
    guest = newcomer(stack)
    made = owner.call(
        "POST",
        "/invitations",
        json={"organization_id": organization, "email": guest.email},
    )
    assert owner.call("DELETE", f"/invitations/{made.json['id']}").status_code == 204
    assert guest.call("POST", "/invitations/accept", json={"token": inbox.token()}).status_code == 404


def test_who_may_not_invite_sends_no_mail(stack: Stack, organization: str, inbox: Inbox) -> None:
    stranger = newcomer(stack)
    answer = stranger.call(
        "POST",
        "/invitations",
        json={"organization_id": organization, "email": "a@example.com"},
    )
    assert answer.status_code == 404
    assert inbox.mails == []


def test_an_address_that_the_server_refuses_leaves_no_invitation(
    owner: Person, organization: str, inbox: Inbox
) -> None:
    address = f"{uuid.uuid4().hex}@nowhere.example"
    answer = owner.call("POST", "/invitations", json={"organization_id": organization, "email": address})
    assert (answer.status_code, answer.json["error"]["code"]) == (
        422,
        "address_refused",
    )
    pending = owner.client.table("organization_invitations").select("revoked_at").eq("email", address).execute()
    assert pending.data[0]["revoked_at"] is not None


def test_a_mail_server_that_is_down_is_told(
    owner: Person, organization: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("SMTP_PORT", str(unused.getsockname()[1]))
        answer = owner.call(
            "POST",
            "/invitations",
            json={"organization_id": organization, "email": "b@example.com"},
        )
    assert (answer.status_code, answer.json["error"]["code"]) == (502, "mail_failed")


def test_mail_is_not_sent_in_the_clear_unless_that_is_allowed(
    owner: Person, organization: str, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SMTP_TLS")
    answer = owner.call(
        "POST",
        "/invitations",
        json={"organization_id": organization, "email": "c@example.com"},
    )
    assert answer.status_code == 502
    assert inbox.mails == []


def test_without_mail_it_says_so(owner: Person, organization: str) -> None:
    answer = owner.call(
        "POST",
        "/invitations",
        json={"organization_id": organization, "email": "d@example.com"},
    )
    assert (answer.status_code, answer.json["error"]["code"]) == (
        501,
        "mail_not_configured",
    )


def test_a_key_is_made_listed_and_revoked(stack: Stack, owner: Person, organization: str) -> None:
    body = {"organization_id": organization, "name": "ci", "scopes": ["chat"]}
    made = owner.call("POST", "/api-keys", json=body)
    assert made.status_code == 201, made.json
    assert made.json["key"].startswith("gw_")
    listed = owner.call("GET", f"/api-keys?organization_id={organization}").json["api_keys"]
    assert [key["id"] for key in listed] == [made.json["id"]]
    assert made.json["key"] not in str(listed)
    assert newcomer(stack).call("DELETE", f"/api-keys/{made.json['id']}").status_code == 404
    assert owner.call("DELETE", f"/api-keys/{made.json['id']}").status_code == 204
    listed = owner.call("GET", f"/api-keys?organization_id={organization}").json["api_keys"]
    assert listed[0]["revoked_at"] is not None


@pytest.mark.parametrize("path", ["/api-keys", "/invitations", "/connections"])
def test_nobody_is_let_in_without_a_users_token(stack: Stack, path: str) -> None:
    assert call("GET", path).status_code == 401
    assert call("GET", path, stack.anon_key).status_code == 401
    assert call("GET", path, "nonsense").status_code == 401


def test_what_is_wrong_with_a_request_is_told(owner: Person, organization: str) -> None:
    assert owner.call("POST", "/api-keys", json={"organization_id": organization}).status_code == 400
    assert owner.call("GET", "/api-keys").status_code == 400
    assert owner.call("DELETE", "/api-keys/nonsense").status_code == 400
    past = {
        "organization_id": organization,
        "name": "old",
        "expires_at": "2001-01-01T00:00:00Z",
    }
    assert owner.call("POST", "/api-keys", json=past).status_code == 400
    assert owner.call("PUT", "/invitations").status_code == 405
    assert owner.call("GET", "/invitations/nonsense").status_code == 404
