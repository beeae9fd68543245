"""/functions/v1/invitations: invites people to an organization by mail.

POST invites (a second time: anew, and the older mail's link stops working), GET ?organization_id= lists the
invitations, POST /accept takes one up, DELETE /{id} withdraws one. The database decides on each with the caller's
own token; what SQL cannot do, sending the token by mail, is done here, and only the invited person gets to see it.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote
from uuid import UUID

from flask import Request, Response, jsonify

from functions._shared.body import Answer, Body, Text, parse, uuid_of
from functions._shared.caller import Caller, signed_in
from functions._shared.errors import FunctionError
from functions._shared.handler import handler, path_below
from functions._shared.mail import Mailer
from functions._shared.openapi import Operation, parameter

Role = Literal["viewer", "member", "admin"]
COLUMNS = (
    "id,organization_id,email,role,team_id,invited_by,created_at,expires_at,accepted_at,accepted_by,revoked_at"
)


class NewInvitation(Body):
    """Whom to invite, and as what."""

    organization_id: UUID
    email: Text
    role: Role = "member"
    team_id: UUID | None = None
    expires_at: datetime | None = None


class SentInvitation(Answer):
    """An invitation that was sent; its token is in the mail alone."""

    id: UUID
    organization_id: UUID
    email: str
    role: Role
    team_id: UUID | None
    expires_at: datetime


class Invitation(SentInvitation):
    """An invitation as it is listed."""

    invited_by: UUID | None
    created_at: datetime
    accepted_at: datetime | None
    accepted_by: UUID | None
    revoked_at: datetime | None


class Invitations(Answer):
    """An organization's invitations, newest first."""

    invitations: list[Invitation]


class InvitationToken(Body):
    """The token of the mail."""

    token: Text


class Joined(Answer):
    """The organization that was joined."""

    organization_id: UUID
    name: str
    slug: str
    role: Literal["viewer", "member", "admin", "owner"]
    team_id: UUID | None


ORGANIZATION = {
    **parameter("organization_id", "query", {"type": "string", "format": "uuid"}, "Whose invitations"),
    "required": True,
}
ID = parameter("id", "path", {"type": "string", "format": "uuid"}, "The invitation")
REFUSALS = [400, 401, 403, 404, 409, 503]
OPENAPI = [
    Operation(
        "get", "List the invitations", answers={200: Invitations}, errors=REFUSALS, parameters=[ORGANIZATION]
    ),
    Operation(
        "post",
        "Invite somebody by mail",
        body=NewInvitation,
        answers={201: SentInvitation},
        errors=[*REFUSALS, 413, 422, 429, 501, 502],
    ),
    Operation(
        "post",
        "Accept an invitation",
        path="/accept",
        body=InvitationToken,
        answers={200: Joined},
        errors=[*REFUSALS, 410, 413],
    ),
    Operation("delete", "Withdraw one", path="/{id}", answers={204: None}, errors=REFUSALS, parameters=[ID]),
]
LINKING = re.compile(r"([.\u2024\u3002\uff0e\uff61@]|//)(?=\w)")
"""What a mail client takes for an address on the web or of mail: a dot of any kind, an @ or // before a word."""
MAIL = """{inviter} invites you to join {organization} as {role}.

To accept, sign in with this address and open:

{link}

The invitation is valid until {expires_at:%d %B %Y, %H:%M} UTC. If you do not know what this is about, there is
nothing that you need to do.
"""


@handler("invitations", "GET", "POST", "DELETE")
def main(request: Request) -> Any:
    """Return what the method asks for; raise FunctionError when the database refuses it."""
    caller = signed_in(request)
    below = path_below(request, "invitations")
    if request.method == "DELETE":
        caller.database.rpc("revoke_invitation", {"p_id": uuid_of(below, "The id")}).execute()
        return Response(status=204)
    if request.method == "POST" and below == "accept":
        token = parse(request, InvitationToken).token
        return jsonify(caller.database.rpc("accept_invitation", {"p_token": token}).execute().data)
    if below:
        raise FunctionError(404, "not_found", "There is nothing at this path.", "See openapi.json.")
    return invite(request, caller) if request.method == "POST" else listed(request, caller)


def invite(request: Request, caller: Caller) -> Any:
    """Return the invitation that was sent. One whose mail cannot be sent is withdrawn again."""
    wanted = parse(request, NewInvitation)
    mailer = Mailer.load()
    arguments: dict[str, Any] = {
        "p_organization_id": str(wanted.organization_id),
        "p_email": wanted.email,
        "p_role": wanted.role,
        "p_team_id": str(wanted.team_id) if wanted.team_id else None,
        "p_expires_at": wanted.expires_at.isoformat() if wanted.expires_at else None,
    }
    invitation: Any = caller.database.rpc("create_invitation", arguments).execute().data
    try:
        subject, text = written(caller, invitation)
        mailer.send(invitation["email"], subject, text)
    except Exception:
        caller.database.rpc("revoke_invitation", {"p_id": invitation["id"]}).execute()
        raise
    return jsonify({key: value for key, value in invitation.items() if key != "token"}), 201


def written(caller: Caller, invitation: dict[str, Any]) -> tuple[str, str]:
    """Return subject and text of the mail."""
    organizations = caller.database.table("organizations").select("name").eq("id", invitation["organization_id"])
    organization: Any = organizations.execute().data[0]
    profiles = caller.database.table("user_profiles").select("full_name").eq("user_id", caller.user_id)
    profile: Any = profiles.execute().data[0]
    inviter = profile["full_name"] or str(caller.claims.get("email") or "Somebody")
    organization_name = quoted(organization["name"])
    site = os.environ.get("SITE_URL", "http://127.0.0.1:3000").rstrip("/")
    text = MAIL.format(
        inviter=quoted(inviter),
        organization=organization_name,
        role=invitation["role"],
        link=f"{site}/invitations/accept?token={quote(invitation['token'])}",
        expires_at=datetime.fromisoformat(invitation["expires_at"]),
    )
    return f"Invitation to {organization_name}", text


def quoted(name: str) -> str:
    """Return a name, which may be anything, in quotes on one line, so that no mail client makes a link of it."""
    line = LINKING.sub(r"\1 ", " ".join(name.split()))
    return f"“{line}”"


def listed(request: Request, caller: Caller) -> Any:
    """Return the invitations that the caller may see: an admin's, none for anybody else."""
    organization = uuid_of(request.args.get("organization_id", ""), "organization_id")
    query = caller.database.table("organization_invitations").select(COLUMNS).eq("organization_id", organization)
    return jsonify(invitations=query.order("created_at", desc=True).execute().data)
