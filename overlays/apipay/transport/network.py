"""The bottom and the top of the layers: the real httpx client, and the one that wraps the layers.

The layers stand around a whole `httpx.Client`, not around an `httpx.HTTPTransport`: so httpx's own
handling of proxies, NO_PROXY, CA bundles and the rest of the environment stays, and a user's own
client or transport fits in as it is. `LayeredClient` replaces `send` only, so that the request is
prepared once; a second client inside a transport would cost about a tenth of a call.
"""

import importlib.util
import os
import re
import threading
import weakref
from collections.abc import Callable
from http.cookiejar import CookieJar
from typing import Any, cast

import httpx

from apipay.clock import SYSTEM_CLOCK, Clock
from apipay.errors import ClientClosedError
from apipay.pacing import DEADLINE_EXTENSION
from apipay.transport.verdict import BodyTooLarge

MAX_BODY = 32 * 1024 * 1024
"""Bytes. The largest page of any list is far below a thousandth of it."""

_MOST_KNOWN = 100


class _NoCookies(CookieJar):
    """Keeps no cookies: requests are built in `LayeredClient`, which would never see them."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


def client_settings() -> dict[str, Any]:
    """The arguments of the httpx client that a `Network` makes."""
    return {"http2": importlib.util.find_spec("h2") is not None, "cookies": _NoCookies()}


_SEND: dict[str, Any] = {"stream": True, "auth": httpx.Auth()}
"""For our own client: the key is a header, so httpx need not look for a password in the address."""

_SEND_AS_THEIRS: dict[str, Any] = {"stream": True}


class _Body:
    """Collects an answer's body, and ends it when it grows too large or drips past the deadline.

    httpx's read timeout is for each piece, so one byte a second would go on for ever.
    """

    def __init__(self, request: httpx.Request, clock: Clock) -> None:
        self._request = request
        self._clock = clock
        self._deadline: float | None = request.extensions.get(DEADLINE_EXTENSION)
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MAX_BODY:
            raise BodyTooLarge("The answer is too large.", request=self._request)
        if len(self._pieces) == 1 or self._deadline is None:
            return  # an answer that comes whole is good, even at the last moment
        if self._clock.monotonic() > self._deadline:
            raise httpx.ReadTimeout("The answer is too slow.", request=self._request)

    def give_to(self, response: httpx.Response) -> httpx.Response:
        """Let httpx decode what was collected."""
        response.stream = httpx.ByteStream(b"".join(self._pieces))
        response.read()
        return response


class Network(httpx.BaseTransport):
    """Sends through a real `httpx.Client`, made by `make` at the first request, and reads answers.

    With `client`, sends through that one instead and never closes it: whoever made it does.
    """

    def __init__(
        self,
        make: Callable[[], httpx.Client],
        client: httpx.Client | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._make = make
        self._client = client
        self._own = client is None
        self._send = _SEND if self._own else _SEND_AS_THEIRS
        self._clock = clock
        self._lock = threading.Lock()
        self._parents: list[object] = []
        if self._own:
            _alive.add(self)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response."""
        client = self._client or self._open()
        response = client.send(request, **self._send)
        stream = cast(httpx.SyncByteStream, response.stream)
        body = _Body(request, self._clock)
        try:
            for piece in stream:
                body.add(piece)
        finally:
            stream.close()
        return body.give_to(response)

    def _open(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def close(self) -> None:
        """Close the connections."""
        if self._own and self._client is not None:
            self._client.close()

    def after_fork(self) -> None:
        """In a child process: open connections of its own.

        The parent's are kept and left alone: closing or collecting them here could end them there.
        """
        self._lock = threading.Lock()
        self._parents.append(self._client)
        self._client = None


class AsyncNetwork(httpx.AsyncBaseTransport):
    """`Network` for asyncio and trio."""

    def __init__(
        self,
        make: Callable[[], httpx.AsyncClient],
        client: httpx.AsyncClient | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self._make = make
        self._client = client
        self._own = client is None
        self._send = _SEND if self._own else _SEND_AS_THEIRS
        self._clock = clock
        self._parents: list[object] = []
        if self._own:
            _alive.add(self)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response."""
        if self._client is None:
            self._client = self._make()
        response = await self._client.send(request, **self._send)
        stream = cast(httpx.AsyncByteStream, response.stream)
        body = _Body(request, self._clock)
        try:
            async for piece in stream:
                body.add(piece)
        finally:
            await stream.aclose()
        return body.give_to(response)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._own and self._client is not None:
            await self._client.aclose()

    def after_fork(self) -> None:
        """See `Network.after_fork`."""
        self._parents.append(self._client)
        self._client = None


class _NoTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Keeps a `LayeredClient` from opening a pool of its own, which it would never use."""


_PLAIN_PATH = re.compile(r"/[A-Za-z0-9][A-Za-z0-9/_-]*")
_FIXED_PATH = re.compile(r"/[A-Za-z_-]+")


class _Addresses:
    """Whole addresses from paths, as httpx joins them to its base address, for half the cost."""

    def __init__(self) -> None:
        self._base: httpx.URL | None = None
        self._start = ""
        self._known: dict[str, httpx.URL] = {}

    def whole(self, base: httpx.URL, path: object) -> Any:
        """Return `path` below `base`; what is not a plain path is left to httpx."""
        if base is not self._base:
            self._base, self._start, self._known = base, str(base).rstrip("/") + "/", {}
        if not isinstance(path, str):
            return path
        known = self._known.get(path)
        if known is None:
            if not _PLAIN_PATH.fullmatch(path):
                return path
            known = httpx.URL(self._start + path[1:])
            if _FIXED_PATH.fullmatch(path) and len(self._known) < _MOST_KNOWN:
                self._known[path] = known
        return known


class LayeredClient(httpx.Client):
    """An `httpx.Client` whose requests go through `layers`. Answers are always read whole, those
    of `stream()` too."""

    def __init__(self, layers: httpx.BaseTransport, **settings: Any) -> None:
        super().__init__(transport=_NoTransport(), **settings)
        self._layers = layers
        self._addresses = _Addresses()

    def build_request(self, method: str, url: Any, **settings: Any) -> httpx.Request:
        """As `httpx.Client.build_request`, sooner."""
        return super().build_request(method, self._addresses.whole(self.base_url, url), **settings)

    def send(self, request: httpx.Request, **settings: Any) -> httpx.Response:
        """Send through the layers; `stream`, `auth` and `follow_redirects` do nothing here."""
        if self.is_closed:
            raise ClientClosedError
        return self._layers.handle_request(request)

    def close(self) -> None:
        """Close the layers and the connections. Twice does no harm."""
        super().close()
        self._layers.close()


class AsyncLayeredClient(httpx.AsyncClient):
    """`LayeredClient` for asyncio and trio."""

    def __init__(self, layers: httpx.AsyncBaseTransport, **settings: Any) -> None:
        super().__init__(transport=_NoTransport(), **settings)
        self._layers = layers
        self._addresses = _Addresses()

    def build_request(self, method: str, url: Any, **settings: Any) -> httpx.Request:
        """As `httpx.AsyncClient.build_request`, sooner."""
        return super().build_request(method, self._addresses.whole(self.base_url, url), **settings)

    async def send(self, request: httpx.Request, **settings: Any) -> httpx.Response:
        """Send through the layers; `stream`, `auth` and `follow_redirects` do nothing here."""
        if self.is_closed:
            raise ClientClosedError
        return await self._layers.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the layers and the connections. Twice does no harm."""
        await super().aclose()
        await self._layers.aclose()


_alive: "weakref.WeakSet[Network | AsyncNetwork]" = weakref.WeakSet()


def _after_fork() -> None:
    for network in list(_alive):
        network.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
