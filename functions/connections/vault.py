"""Encrypts tokens before they reach the database, with keys that can be rotated while everything runs.

CONNECTIONS_ENCRYPTION_KEYS is `id:key,id:key`, each key one of Fernet's. The first encrypts, all decrypt: so put a
new one first, let POST /connections/rotate encrypt everything anew, and take the old one out.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from functions._shared.errors import FunctionError

VARIABLE = "CONNECTIONS_ENCRYPTION_KEYS"


@dataclass(frozen=True)
class Vault:
    """The keys."""

    key_id: str
    """Which key encrypts."""
    fernet: MultiFernet = field(repr=False)

    @classmethod
    def load(cls) -> Vault:
        """Return the vault of the environment; raise FunctionError (501) where there is none."""
        pairs = [pair.strip().partition(":") for pair in os.environ.get(VARIABLE, "").split(",") if pair.strip()]
        try:
            fernets = [Fernet(key) for _, _, key in pairs]
            return cls(pairs[0][0], MultiFernet(fernets))
        except (ValueError, IndexError):
            raise FunctionError(
                501, "not_configured", "No connections are set up here.", f"Set {VARIABLE} to id:key,…"
            ) from None

    def seal(self, secret: str, *owner: str) -> str:
        """Return the secret encrypted, with whose it is: the row of another does not open."""
        return self.fernet.encrypt(json.dumps({"owner": owner, "secret": secret}).encode()).decode()

    def open(self, sealed: str, *owner: str, seconds: int | None = None) -> str:
        """Return the secret; raise FunctionError (409) where it is another's, too old, or the key is gone."""
        try:
            found: dict[str, Any] = json.loads(self.fernet.decrypt(sealed, ttl=seconds))
        except (InvalidToken, ValueError):
            # The other is for letters that no token has.
            raise FunctionError(
                409, "cannot_decrypt", "This cannot be decrypted any more.", "Connect anew."
            ) from None
        if found["owner"] != list(owner):
            raise FunctionError(409, "cannot_decrypt", "This belongs to somebody else.", "Connect anew.")
        return str(found["secret"])
