"""Sends mail by SMTP. The settings have the names of Supabase's self-hosted ones."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formataddr, formatdate, make_msgid

from functions._shared.errors import FunctionError

TIMEOUT = 15.0
IMPLICIT_TLS = 465


@dataclass(frozen=True)
class Mailer:
    """The SMTP server, and from whom mail comes."""

    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    sender: str
    sender_name: str
    plain: bool
    """Whether a connection without TLS will do: for a server on this machine."""

    @classmethod
    def load(cls) -> Mailer:
        """Return the settings of the environment; raise FunctionError (501) where no mail is set up."""
        host, sender = os.environ.get("SMTP_HOST"), os.environ.get("SMTP_ADMIN_EMAIL")
        if not host or not sender:
            raise FunctionError(
                501, "mail_not_configured", "No mail is set up here.", "Set SMTP_HOST and SMTP_ADMIN_EMAIL."
            )
        return cls(
            host,
            int(os.environ.get("SMTP_PORT") or 587),
            os.environ.get("SMTP_USER") or None,
            os.environ.get("SMTP_PASS") or None,
            sender,
            os.environ.get("SMTP_SENDER_NAME") or "",
            os.environ.get("SMTP_TLS") == "off",
        )

    def send(self, recipient: str, subject: str, text: str) -> None:
        """Send a mail; raise FunctionError where the address is none (422) or the server fails (502)."""
        message = EmailMessage()
        message["From"] = formataddr((self.sender_name, self.sender))
        message["To"] = recipient
        if [one.addr_spec for one in message["To"].addresses] != [recipient]:
            # What reads as another address in a header: with a (comment), or encoded as =?utf-8?q?…?=.
            raise refused()
        # A name may hold what ends a line in Unicode, and a header may not.
        message["Subject"] = " ".join(subject.split())
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message.set_content(text)
        try:
            with self.connect() as server:
                if self.user and self.password:
                    server.login(self.user, self.password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise refused() from error
        except (OSError, smtplib.SMTPException) as error:
            raise FunctionError(
                502, "mail_failed", "The mail could not be sent.", "Try again in a moment."
            ) from error

    def connect(self) -> smtplib.SMTP:
        """Return a connection, encrypted unless the settings say that it need not be."""
        if self.port == IMPLICIT_TLS:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT)
        try:
            if not self.plain:
                server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
        return server


def refused() -> FunctionError:
    """Return the error for an address that no mail can be sent to."""
    return FunctionError(
        422, "address_refused", "The mail server does not take this address.", "Check the address."
    )
