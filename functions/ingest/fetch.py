"""Fetches a page or file from the web, and only from the web.

A URL is the caller's, and this process stands inside the network. So every host name is resolved here, every
address it has must be a public one, and the connection goes to the very address that was checked: a name that
resolves to another one the next moment gains nothing. Redirects are followed by hand, each checked alike.

INGEST_PRIVATE_NETWORKS may list networks (10.1.0.0/16, …) that are allowed nevertheless, such as an intranet's.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from dataclasses import dataclass
from urllib.parse import unquote, urljoin, urlsplit

import httpx
import idna

from functions._shared.errors import FunctionError

MAX_BYTES = 50 * 1024**2
MAX_REDIRECTS = 5
SECONDS = 60.0
TIMEOUT = httpx.Timeout(15.0, connect=5.0)
PORTS = {"http": 80, "https": 443}
REDIRECTS = {301, 302, 303, 307, 308}
TRANSLATED = [ipaddress.ip_network(net) for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]
"""Addresses of IPv6 that lead to one of IPv4, whichever that is."""

SPECIAL = [ipaddress.ip_network(net) for net in ("192.0.0.0/24", "192.88.99.0/24", "168.63.129.16/32")]
"""Addresses of IPv4 that lead inside, some to a cloud's metadata, and that Python takes for public ones."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class Fetched:
    """What a URL gave."""

    data: bytes
    media_type: str
    name: str


def fetch(url: str) -> Fetched:
    """Return what an http or https URL gives.

    Raises FunctionError: 400 for a URL that may not be asked, 413 for too much, 422 for an answer that is an
    error, 502 or 504 when there is none.
    """
    try:
        return asyncio.run(in_time(url))
    except (TimeoutError, httpx.TimeoutException):
        raise FunctionError(
            504, "url_timed_out", "The URL takes too long to answer.", "Try again later."
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise FunctionError(502, "url_unreachable", "The URL cannot be reached.", "Check the address.") from None


async def in_time(url: str) -> Fetched:
    """Return what a URL gives, or raise TimeoutError: every byte may come in time, and all of it too late."""
    async with asyncio.timeout(SECONDS):
        for _ in range(MAX_REDIRECTS + 1):
            answer = await fetch_once(url)
            if isinstance(answer, Fetched):
                return answer
            url = answer
    raise FunctionError(422, "url_failed", "The URL redirects too often.", "Name the last address.")


async def fetch_once(url: str) -> Fetched | str:
    """Return what a URL gives, or the URL that it redirects to; raise FunctionError or httpx.HTTPError."""
    host, port, address = await asyncio.to_thread(checked, url)
    parts = urlsplit(url)
    # The name as it was resolved: a header has no other letters than those of ASCII.
    said = parts.netloc if parts.netloc.isascii() else f"{host}:{port}" if parts.port else host
    literal = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
    target = parts._replace(netloc=f"{literal}:{port}", fragment="").geturl()
    headers = {
        "Host": said,
        "Accept": "text/html, application/pdf, text/*, */*;q=0.5",
        # What is packed might unpack to anything.
        "Accept-Encoding": "identity",
        "User-Agent": "Groundwork-Ingest/1",
    }
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, follow_redirects=False) as client,
        client.stream("GET", target, headers=headers, extensions={"sni_hostname": host}) as answer,
    ):
        if answer.status_code in REDIRECTS and "Location" in answer.headers:
            return urljoin(url, answer.headers["Location"])
        if answer.status_code != 200:  # noqa: PLR2004
            raise FunctionError(
                422, "url_failed", f"The URL answers {answer.status_code}.", "Check that everybody can read it."
            )
        if answer.headers.get("Content-Encoding", "identity") != "identity":
            raise FunctionError(
                422, "url_failed", "The URL answers packed although asked not to.", "Upload the file."
            )
        name = unquote(parts.path.rpartition("/")[2])
        return Fetched(await read(answer), answer.headers.get("Content-Type", ""), name)


async def read(answer: httpx.Response) -> bytes:
    """Return the body; raise FunctionError (413) when it is too long."""
    data = bytearray()
    async for part in answer.aiter_raw(64 * 1024):
        data += part
        if len(data) > MAX_BYTES:
            raise FunctionError(
                413, "url_too_large", f"The URL gives more than {MAX_BYTES >> 20} MiB.", "Send a part of it."
            )
    return bytes(data)


def checked(url: str) -> tuple[str, int, Address]:
    """Return host, port and a public address of a URL; raise FunctionError (400) for one that may not be asked.

    A host of other letters than those of ASCII is returned, and resolved, as IDNA (UTS 46) writes it.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise refused("The URL is malformed.") from None
    if parts.scheme not in PORTS or not host:
        raise refused("Only http and https URLs are fetched.")
    if parts.username is not None or parts.password is not None:
        raise refused("The URL contains a user name.")
    try:
        host = host if host.isascii() else idna.encode(host, uts46=True).decode()
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FunctionError(422, "url_failed", "The host of the URL is not known.", "Check the address.") from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    allowed = permitted()
    for address in addresses:
        if not is_public(address) and not any(address in network for network in allowed):
            raise refused("The URL leads to an address that is not public.")
    return host, port, addresses[0]


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet, and not one inside that only looks like it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in TRANSLATED):
            return False
        if address.is_site_local:
            return False
    elif any(address in network for network in SPECIAL):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def permitted() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Return the networks that the operator allows besides the public ones."""
    named = os.environ.get("INGEST_PRIVATE_NETWORKS", "").replace(",", " ").split()
    return [ipaddress.ip_network(network) for network in named]


def refused(message: str) -> FunctionError:
    """Return the error for a URL that may not be asked."""
    return FunctionError(400, "url_refused", message, "Name a public web address, or upload the file.")
