"""Where webhooks may go: to loopback addresses only, unless the user allows more.

Otherwise a sandbox that somebody reaches could be made to send requests into a private network.
"""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from .errors import SandboxError


def _refusal(problem: str) -> SandboxError:
    return SandboxError(
        f"The webhook's url cannot be used: {problem}",
        status=422,
        errors={"url": [f"The url cannot be used: {problem}"]},
    )


def split_url(url: str) -> tuple[str, int]:
    """Return (host, port) of a webhook's URL, or say what is wrong with it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refusal("it is not a URL.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise _refusal("it must begin with http:// or https:// and name a host.")
    if parts.username is not None or parts.password is not None:
        raise _refusal("it must not hold a user name or password.")
    return parts.hostname, port or (443 if parts.scheme == "https" else 80)


def check_url(url: str, *, allow_remote: bool) -> None:
    """Refuse a URL that is malformed or, unless allowed, not on this machine."""
    host, port = split_url(url)
    if not allow_remote:
        _check_addresses(host, _resolve(host, port))


async def addresses_of(url: str, *, allow_remote: bool) -> list[str]:
    """Return the addresses to try, one after the other; refuse a name that left this machine."""
    host, port = split_url(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise _refusal("its host has no address.") from None
    addresses = [str(one[4][0]) for one in found]
    if not allow_remote:
        _check_addresses(host, addresses)
    return list(dict.fromkeys(addresses))


def _resolve(host: str, port: int) -> list[str]:
    try:
        return [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError:
        raise _refusal("its host has no address.") from None


def _check_addresses(host: str, addresses: list[str]) -> None:
    if not addresses or not all(is_loopback(one) for one in addresses):
        raise _refusal(
            "its host is not this machine. Allow it with allow_remote_webhooks=True "
            "(--allow-remote-webhooks)."
        )


def is_loopback(address: str) -> bool:
    """Whether a numeric address is this machine."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)
