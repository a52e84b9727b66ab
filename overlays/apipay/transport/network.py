"""The bottom of the layers: sends through a real httpx client, and reads the whole answer.

The layers stand around a whole `httpx.Client`, not around an `httpx.HTTPTransport`: so httpx's own
handling of proxies, NO_PROXY, CA bundles and the rest of the environment stays, and a user's own
client or transport fits in as it is.
"""

import importlib.util
import os
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from http.cookiejar import CookieJar
from typing import Any, NoReturn, cast

import httpx

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import ClientClosedError, InvalidRequestError
from apipay.pacing import DEADLINE_EXTENSION
from apipay.transport.verdict import BodyTooLarge

_THEIRS_IS_CLOSED = "The httpx client that this client sends through is closed; nothing was sent."

MAX_BODY = 32 * 1024 * 1024
"""Bytes. The largest page of any list is far below a thousandth of it."""


class _NoCookies(CookieJar):
    """Keeps no cookies: requests are built in `LayeredClient`, which would never see them."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


def client_settings() -> dict[str, Any]:
    """The arguments of the httpx client that a `Network` makes."""
    return {"http2": importlib.util.find_spec("h2") is not None, "cookies": _NoCookies()}


_SEND_AS_THEIRS: dict[str, Any] = {"stream": True, "follow_redirects": False}
"""For a user's client. A redirect would carry the key, a header like any, to whatever host."""

_SEND: dict[str, Any] = {**_SEND_AS_THEIRS, "auth": httpx.Auth()}
"""For our own client: the key is a header, so httpx need not look for a password in the address."""


class _Timeouts(Mapping[str, float | None]):
    """Timeouts that end with the call's deadline, whatever the phases before have taken.

    httpx gives each phase (pool, connection, TLS, writing, reading) its whole timeout, so one after
    the other they could take several times what is left.
    """

    def __init__(self, timeouts: Mapping[str, float | None], deadline: float, clock: Clock) -> None:
        self._timeouts = timeouts
        self._deadline = deadline
        self._clock = clock

    def __getitem__(self, phase: str) -> float | None:
        value = self._timeouts[phase]
        left = max(self._deadline - self._clock.monotonic(), 0.001)
        return left if value is None else min(value, left)

    def __iter__(self) -> Iterator[str]:
        return iter(self._timeouts)

    def __len__(self) -> int:
        return len(self._timeouts)


def _limit(request: httpx.Request, clock: Clock) -> None:
    extensions = request.extensions
    deadline: float | None = extensions.get(DEADLINE_EXTENSION)
    timeouts: Mapping[str, float | None] | None = extensions.get("timeout")
    if deadline is None or timeouts is None or isinstance(timeouts, _Timeouts):
        return
    values = timeouts.values()
    if None in values or sum(map(_number, values)) > deadline - clock.monotonic():
        extensions["timeout"] = _Timeouts(timeouts, deadline, clock)


def _number(value: float | None) -> float:
    return 0.0 if value is None else value


def _as_answer(error: httpx.HTTPStatusError) -> httpx.Response:
    """The answer behind an event hook of a user's client that raises for its status.

    Its text is not ours to show: it names the whole address, with what was searched for.
    """
    given = error.response
    headers = [pair for pair in given.headers.items() if pair[0] not in _ABOUT_THE_BODY]
    return httpx.Response(given.status_code, headers=headers, request=error.request)


_ABOUT_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})


def _refuse(*_: object) -> NoReturn:
    raise InvalidRequestError(
        "This client sends through an http_client or transport whose connections belong to the "
        "parent process. Make a client in each process, or make it without them. Nothing was sent."
    )


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


class _Network:
    """What `Network` and `AsyncNetwork` share: whose the connections are.

    `make` gives the httpx client, at the first request. With `client`, that one is used and never
    closed: whoever made it does. `shared`: what `make` gives stands on a transport of the user's.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        client: Any = None,
        clock: Clock = SYSTEM_CLOCK,
        *,
        shared: bool = False,
    ) -> None:
        self._make = make if client is None else lambda: client
        self._client: Any = None
        self._own = client is None
        self._shared = shared or client is not None
        self._send = _SEND if self._own else _SEND_AS_THEIRS
        self._clock = clock
        self._lock = threading.Lock()
        self._parents: list[object] = []
        _alive.add(self)

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = self._make()
            return self._client

    def after_fork(self) -> None:
        """In a child process: open connections of its own.

        The parent's are kept and left alone: closing or collecting them here could end them there.
        A user's own cannot be opened anew, and two processes on one connection would read each
        other's answers.
        """
        self._lock = threading.Lock()
        if self._client is None:
            return
        self._parents.append(self._client)
        self._client = None
        if self._shared:
            self._make = _refuse


class Network(_Network, httpx.BaseTransport):
    """Sends through an `httpx.Client`; see `_Network` for the arguments."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response."""
        client: httpx.Client = self._client or self._open()
        if client.is_closed:
            raise ClientClosedError(_THEIRS_IS_CLOSED)
        _limit(request, self._clock)
        try:
            response = client.send(request, **self._send)
        except httpx.HTTPStatusError as error:
            return _as_answer(error)
        stream = cast(httpx.SyncByteStream, response.stream)
        body = _Body(request, self._clock)
        try:
            for piece in stream:
                body.add(piece)
        finally:
            stream.close()
        return body.give_to(response)

    def close(self) -> None:
        """Close the connections."""
        if self._own and self._client is not None:
            self._client.close()


class AsyncNetwork(_Network, httpx.AsyncBaseTransport):
    """`Network` for asyncio and trio."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a read response."""
        client: httpx.AsyncClient = self._client or self._open()
        if client.is_closed:
            raise ClientClosedError(_THEIRS_IS_CLOSED)
        _limit(request, self._clock)
        try:
            response = await client.send(request, **self._send)
        except httpx.HTTPStatusError as error:
            return _as_answer(error)
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


_alive: "weakref.WeakSet[_Network]" = weakref.WeakSet()


def _after_fork() -> None:
    for network in list(_alive):
        network.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
