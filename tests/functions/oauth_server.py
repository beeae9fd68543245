"""An OAuth 2 server for the tests: codes with PKCE, refresh tokens that are good once, accounts, revocation."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from tests.functions.local_http import serving


class OAuthServer:
    """What the server knows."""

    def __init__(self) -> None:
        self.codes: dict[str, dict[str, str]] = {}
        self.access: dict[str, str] = {}
        self.refresh: dict[str, str] = {}
        self.revoked: list[str] = []
        self.url = ""
        self.broken = False
        self.gives_refresh = True
        """Whether it gives a refresh token for a code; some give one only the first time."""
        self.lifetime = 3600
        self.scope: object = "read"
        self.pause = 0.0
        """Seconds until it answers."""
        self.override: dict[str, object] | None = None
        """What it answers in place of a token."""

    def consent(self, address: str, account: str = "42") -> tuple[str, str]:
        """Do what a person does in the browser; return the code and the state that they come back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(8)
        self.codes[code] = {**asked, "account": account}
        return code, asked["state"]

    def grant(self, form: dict[str, str]) -> tuple[int, dict[str, object]]:
        """Answer at the token endpoint."""
        if form["grant_type"] == "authorization_code":
            asked = self.codes.pop(form.get("code", ""), None)
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            if (
                asked is None
                or asked["code_challenge"] != challenge
                or asked["redirect_uri"] != form["redirect_uri"]
            ):
                return 400, {"error": "invalid_grant"}
            account = asked["account"]
            if not self.gives_refresh:
                return 200, self.bearer(account)
        else:
            account = self.refresh.pop(form.get("refresh_token", ""), "")
            if not account:
                return 400, {"error": "invalid_grant"}
        refresh = secrets.token_urlsafe(16)
        self.refresh[refresh] = account
        return 200, {**self.bearer(account), "refresh_token": refresh}

    def bearer(self, account: str) -> dict[str, object]:
        """Return a new access token."""
        token = secrets.token_urlsafe(16)
        self.access[token] = account
        return {"access_token": token, "token_type": "Bearer", "expires_in": self.lifetime, "scope": self.scope}


@contextmanager
def oauth_server() -> Iterator[OAuthServer]:
    """Run the server and end it afterwards."""
    state = OAuthServer()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def answer(self, status: int, body: object) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            account = state.access.get(token)
            self.answer(200 if account else 401, {"id": account})

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(raw).items()}
            if state.broken:
                self.answer(500, "nonsense")
            elif self.path == "/revoke":
                state.revoked.append(form["token"])
                self.answer(200, {})
            else:
                time.sleep(state.pause)
                self.answer(*(state.grant(form) if state.override is None else (200, state.override)))

    with serving(Handler) as state.url:
        yield state
