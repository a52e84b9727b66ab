"""The server's side of connections: open sockets, cut them, refuse new ones.

uvicorn speaks HTTP; what a fault needs below HTTP is here. It uses asyncio's own interfaces only.
"""

import asyncio
import socket
import struct
from collections.abc import MutableMapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Linger on for zero seconds: closing sends a reset instead of an ordinary end.
_RESET = struct.pack("ii", 1, 0)
_open: dict[tuple[Any, Any], asyncio.Transport] = {}
"""Every open connection of this process's sandboxes, by (own address, the client's address)."""


class Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which also keeps note of its connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Note the connection."""
        super().connection_made(transport)
        _open[self.server, self.client] = transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        _open.pop((self.server, self.client), None)
        super().connection_lost(exc)


def of(scope: MutableMapping[str, Any]) -> asyncio.Transport:
    """Return the connection on which a request came."""
    return _open[scope["server"], scope["client"]]


def reset(transport: asyncio.Transport) -> None:
    """Cut the connection at once, so that the client sees a reset."""
    own: socket.socket = transport.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def bind(host: str, port: int) -> socket.socket:
    """Bind a socket that does not listen: its port is ours, and connecting to it is refused."""
    bound = _socket(host)
    # So that a listening socket can be bound beside it. Missing on Windows, where it is not needed.
    if hasattr(socket, "SO_REUSEPORT"):
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        bound.bind((host, port))
    except BaseException:
        bound.close()
        raise
    return bound


def check_free(host: str, port: int) -> None:
    """Raise OSError if something listens on the port: with SO_REUSEPORT, `bind` would share it."""
    with _socket(host) as probe:
        probe.bind((host, port))


def _socket(host: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio switches Nagle's delay off only where it is: without
    # that every answer comes 40 ms late.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return made
