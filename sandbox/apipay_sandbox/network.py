"""The addresses that webhooks can be sent to: loopback only, unless the user allows more.

Otherwise whoever reaches the sandbox could make it send requests into a private network.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

import httpx

from .errors import SandboxError

_MAX_URL = 2048


def _unusable(problem: str) -> SandboxError:
    return SandboxError(
        f"The webhook's url cannot be used: {problem}",
        status=422,
        errors={"url": [f"The url cannot be used: {problem}"]},
    )


def split_url(url: str) -> tuple[str, int]:
    """Return (host, port) of a webhook's URL, or raise a 422 with the reason."""
    if len(url) > _MAX_URL:
        raise _unusable(f"it is longer than {_MAX_URL} characters.")
    if not (url.isascii() and url.isprintable()) or " " in url:
        raise _unusable("it must be ASCII without spaces. Percent-encode other characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
        httpx.URL(url)  # what will send it must be able to read it
    except (ValueError, httpx.InvalidURL):
        raise _unusable("it is not a valid URL.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _unusable("it must begin with http:// or https:// and contain a host.")
    if parts.username is not None or parts.password is not None:
        raise _unusable("it must not contain a user name or password.")
    if port == 0:
        raise _unusable("port 0 cannot be connected to.")
    return parts.hostname, port or (443 if parts.scheme == "https" else 80)


def check_secret(secret: str) -> None:
    """Reject a secret that cannot sign: blank, or not encodable as UTF-8."""
    problem = "must not be blank." if not secret.strip() else None
    try:
        secret.encode()
    except UnicodeEncodeError:
        problem = "must be valid Unicode text."
    if problem is not None:
        raise SandboxError(
            f"The webhook's secret {problem}", status=422, errors={"secret": [f"secret {problem}"]}
        )


def check_url(url: str, *, allow_remote: bool) -> None:
    """Reject a URL that is malformed or, unless allowed, not on this machine."""
    host, port = split_url(url)
    if not allow_remote:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise _unusable("its host cannot be resolved.") from None
        _check_addresses([str(one[4][0]) for one in found])


async def addresses_of(url: str, *, allow_remote: bool) -> list[str]:
    """Return the addresses to try in order; reject a name that moved to another machine."""
    host, port = split_url(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _unusable("its host cannot be resolved.") from None
    addresses = [str(one[4][0]) for one in found]
    if not allow_remote:
        _check_addresses(addresses)
    return list(dict.fromkeys(addresses))


def _check_addresses(addresses: list[str]) -> None:
    if not addresses or not all(is_loopback(one) for one in addresses):
        raise _unusable(
            "its host is not this machine. Allow it with allow_remote_webhooks=True "
            "(--allow-remote-webhooks)."
        )


def is_loopback(address: str) -> bool:
    """Return whether a numeric address is this machine."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)
