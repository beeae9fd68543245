"""What goes wrong at a provider, and what the client is told of it."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

RETRY_ELSEWHERE = frozenset({401, 403, 404, 408, 409, 425, 429})
OURS = frozenset({401, 403})
HINT = "Try again in a moment."


class ProviderError(Exception):
    """A call that a provider refused or failed: the status and the OpenAI-shaped error for the client."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        elsewhere: bool = True,
        retry_after: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.elsewhere = elsewhere
        """Whether another provider may do better: not where the request itself is at fault."""
        self.retry_after = retry_after
        self.details = dict(details or {})


def nonsense(provider: str, how: str = "answered with nonsense") -> ProviderError:
    """Return the error for an answer that has not the shape that it must have."""
    return ProviderError(502, "provider_nonsense", f"The provider {provider} {how}.")


def of_sdk(error: Exception, provider: str) -> ProviderError:
    """Return what an error of a provider's SDK means. Keys and addresses of the provider are not told."""
    # The two SDKs name their errors alike; only the one that failed is loaded, which takes seconds.
    sdk = importlib.import_module("anthropic" if type(error).__module__.startswith("anthropic") else "openai")
    if isinstance(error, sdk.APITimeoutError):
        return ProviderError(504, "provider_timeout", f"The provider {provider} did not answer in time.")
    if isinstance(error, sdk.APIStatusError):
        return of_status(error.status_code, error.body, error.response.headers, provider)
    if isinstance(error, sdk.APIConnectionError):
        return ProviderError(502, "provider_unreachable", f"The provider {provider} cannot be reached.")
    return nonsense(provider)


def of_status(status: int, body: object, headers: Mapping[str, str], provider: str) -> ProviderError:
    """Return what an error status of a provider means."""
    if status in OURS:
        # Our key at the provider is wrong. To the client that is a fault of the gateway, not of their key.
        return ProviderError(
            502, "provider_refused", f"The provider {provider} refuses the gateway's credentials."
        )
    inner = body.get("error", body) if isinstance(body, Mapping) else {}
    details = (
        {key: inner.get(key) for key in ("message", "type", "param", "code")} if isinstance(inner, Mapping) else {}
    )
    said = str(details.get("message") or f"The provider {provider} answered {status}.")
    if status >= 500 or status < 400:  # noqa: PLR2004
        # A redirect is none for the client: it would lead them to the provider, with a key that is none there.
        return ProviderError(502, "provider_failed", f"The provider {provider} failed ({status}).")
    return ProviderError(
        status,
        str(details.get("code") or "provider_refused"),
        said,
        elsewhere=status in RETRY_ELSEWHERE,
        retry_after=headers.get("retry-after"),
        details=details,
    )
