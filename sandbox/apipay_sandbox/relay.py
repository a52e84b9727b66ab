"""A TCP relay in front of the HTTP server, for the faults below HTTP.

It forwards bytes in both directions, and can reset a connection, cut a response, or refuse new
connections. The server runs without it until such a fault is injected.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable

# Lingering for zero seconds: closing sends a reset instead of an ordinary end.
_RESET = struct.pack("ii", 1, 0)
_CHUNK = 65_536
Address = tuple[str, int]


class _Link:
    """One connection of a client."""

    def __init__(self, client: asyncio.StreamWriter) -> None:
        self.client = client
        self.keep: int | None = None
        self._head = bytearray()

    def passes(self, data: bytes) -> bytes:
        """Return what may pass of the data: at most `keep` bytes of the response's body."""
        if self.keep is None:
            return data
        if b"\r\n\r\n" not in self._head:
            before = len(self._head)
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return data
            self.keep += end + 4 - before
        passed = data[: self.keep]
        self.keep -= len(passed)
        return passed


class Relay:
    """Forwards connections to `target`, as long as it listens."""

    def __init__(self, target: Address, bind: Callable[[], socket.socket]) -> None:
        self._target = target
        self._bind = bind
        self._links: dict[Address, _Link] = {}
        self._listener: asyncio.Server | None = None

    async def listen(self) -> None:
        """Accept new connections."""
        if self._listener is None:
            self._listener = await asyncio.start_server(self._accept, sock=self._bind())

    def refuse(self) -> None:
        """Refuse new connections; open ones continue."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def close(self) -> None:
        """Refuse new connections and close the open ones."""
        self.refuse()
        for link in list(self._links.values()):
            link.client.close()

    def reset(self, client: Address) -> None:
        """Reset a connection. `client` is its address as the server sees it."""
        link = self._links.pop(client, None)
        if link is not None:
            raw: socket.socket = link.client.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            link.client.transport.abort()

    def cut(self, client: Address, keep: int) -> None:
        """Close a connection after `keep` bytes of its next response body."""
        link = self._links.get(client)
        if link is not None:
            link.keep = keep

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream, to_server = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        link = _Link(writer)
        address: Address = to_server.get_extra_info("sockname")[:2]
        self._links[address] = link
        forward = asyncio.ensure_future(_pump(reader, to_server, lambda data: data))
        try:
            await _pump(upstream, writer, link.passes, lambda: link.keep == 0)
        finally:
            forward.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await forward
            self._links.pop(address, None)
            to_server.close()
            writer.close()


async def _pump(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    passes: Callable[[bytes], bytes],
    done: Callable[[], bool] = lambda: False,
) -> None:
    """Forward data until the source ends, either side breaks, or `done`; then close the target."""
    with contextlib.suppress(OSError):
        while not done() and (data := await source.read(_CHUNK)):
            target.write(passes(data))
            await target.drain()
    target.close()
