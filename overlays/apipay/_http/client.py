"""The httpx clients that the generated functions send with: their `send()` runs a call."""

import socket
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.cookiejar import CookieJar
from typing import Any, cast

import httpx

from apipay._clock import Clock
from apipay._http.call import run_call, start
from apipay._http.classify import OtherRequestFailed, ResponseTooLarge
from apipay._http.session import Session
from apipay._steps import run, run_async
from apipay.errors import ClientClosedError, InvalidRequestError

MAX_BODY = 32 * 1024 * 1024
"""Bytes of a response after decompression. The largest page of a list is a thousandth of it."""

_THEIR_CLIENT_IS_CLOSED = "The http_client of this client is closed; nothing was sent."
_CANNOT_BE_BUILT = (
    "The request cannot be built: the URL, a header, a parameter or the body holds a value that "
    "cannot be sent. Nothing was sent."
)
_STREAM: dict[str, Any] = {"stream": True, "follow_redirects": False}
"""A redirect would carry the key, a header like any other, to another host."""

_ABOUT_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})


_Client = httpx.Client | httpx.AsyncClient


class NoTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The transport of a client that sends through the user's http_client."""


class NoCookies(CookieJar):
    """A cookie jar that stores nothing: the service has no sessions."""

    def extract_cookies(self, response: object, request: object) -> None:
        pass


class _Timeouts(Mapping[str, float | None]):
    """Timeouts that end at a deadline, however long the earlier phases took.

    httpx gives each phase (pool, connection, TLS, writing, reading) its whole timeout, so one after
    the other they could take several times the time that is left.
    """

    def __init__(self, timeouts: Mapping[str, float | None], deadline: float, clock: Clock) -> None:
        self.given = timeouts
        self._deadline = deadline
        self._clock = clock

    def __getitem__(self, phase: str) -> float | None:
        value = self.given[phase]
        left = max(self._deadline - self._clock.monotonic(), 0.001)
        return left if value is None else min(value, left)

    def __iter__(self) -> Iterator[str]:
        return iter(self.given)

    def __len__(self) -> int:
        return len(self.given)


def _limit_timeouts(request: httpx.Request, deadline: float, clock: Clock) -> None:
    timeouts: Mapping[str, float | None] = request.extensions.get("timeout") or {}
    if isinstance(timeouts, _Timeouts):
        timeouts = timeouts.given
    values = timeouts.values()
    left = deadline - clock.monotonic()
    if None in values or sum(value for value in values if value is not None) > left:
        request.extensions["timeout"] = _Timeouts(timeouts, deadline, clock)


class _Body:
    """Collects the body of a response, up to `MAX_BODY` and the deadline.

    The read timeout of httpx is for each piece, so one byte a second could go on forever.
    """

    def __init__(self, request: httpx.Request, deadline: float | None, clock: Clock) -> None:
        self._request = request
        self._deadline = deadline
        self._clock = clock
        self._pieces: list[bytes] = []
        self._size = 0

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > MAX_BODY:
            raise ResponseTooLarge("The response is too large.", request=self._request)
        if len(self._pieces) == 1 or self._deadline is None:
            return  # a response that comes whole is good, even at the last moment
        if self._clock.monotonic() > self._deadline:
            raise httpx.ReadTimeout("The response is too slow.", request=self._request)

    def give_to(self, response: httpx.Response) -> httpx.Response:
        """Return `response`, with the whole body, decompressed."""
        body = b"".join(self._pieces)
        encoding = response.headers.get("content-encoding")
        if encoding is not None:
            body = self._decompress(body, encoding.strip().lower())
            # httpx would decompress without a limit: 100 KB can become 100 MB.
            del response.headers["content-encoding"]
        response.stream = httpx.ByteStream(body)
        response.read()
        return response

    def _decompress(self, body: bytes, encoding: str) -> bytes:
        if encoding == "identity" or not body:
            return body
        if encoding not in ("gzip", "x-gzip", "deflate"):
            raise httpx.DecodingError("Unknown content encoding.", request=self._request)
        decoder = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # gzip or zlib, by its header
        try:
            plain = decoder.decompress(body, MAX_BODY)
        except zlib.error:
            raise httpx.DecodingError("Broken compression.", request=self._request) from None
        if decoder.unconsumed_tail:
            raise ResponseTooLarge("The response is too large.", request=self._request)
        if not decoder.eof:
            raise httpx.DecodingError("The response is cut short.", request=self._request)
        return plain


def _to_service(request: httpx.Request, base: httpx.URL) -> httpx.Request:
    """Return `request` if it goes to the service: it carries the API key."""
    url = request.url
    if (url.scheme, url.host, url.port) != (base.scheme, base.host, base.port):
        raise InvalidRequestError(
            "The URL is not of this service, and the request carries the API key. Pass a path. "
            "Nothing was sent."
        )
    return request


def _check_open(own: _Client, theirs: _Client | None) -> None:
    """Raise `ClientClosedError` if one of the httpx clients was closed, by another thread say."""
    if own.is_closed:
        raise ClientClosedError
    if theirs is not None and theirs.is_closed:
        raise ClientClosedError(_THEIR_CLIENT_IS_CLOSED)


def _response_of(error: httpx.HTTPError, request: httpx.Request) -> httpx.Response:
    """Return the response behind an event hook of a user's client that raises for its status.

    Raises:
        httpx.HTTPError: There is no response to this request.
    """
    if getattr(error, "_request", None) is not request:  # sent by a hook of the user's client
        raise OtherRequestFailed("Another request failed.", request=request) from error
    if not isinstance(error, httpx.HTTPStatusError):
        raise error
    given = error.response
    headers = [pair for pair in given.headers.items() if pair[0] not in _ABOUT_THE_BODY]
    return httpx.Response(given.status_code, headers=headers, request=request)


def discard_connection(response: httpx.Response) -> None:
    """Shut the connection down that `response` came on, so that no later request uses it.

    httpx finds it closed by the other end then. Closing the socket would make httpx fail.
    """
    stream = response.extensions.get("network_stream")
    connection = None if stream is None else stream.get_extra_info("socket")
    if connection is not None:
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class HttpClient(httpx.Client):
    """An `httpx.Client` whose `send()` runs a whole call: pacing, retries, errors.

    Args:
        session: What the call needs to know.
        through: The user's httpx client to send through, in place of connections of its own.
        settings: Arguments of `httpx.Client`.
    """

    discard_connection = staticmethod(discard_connection)

    def __init__(self, session: Session, through: httpx.Client | None, **settings: Any) -> None:
        super().__init__(**settings)
        self.session = session
        self._through = through

    def build_request(self, method: str, url: Any, **settings: Any) -> httpx.Request:
        """Build a request as httpx does."""
        try:
            request = super().build_request(method, url, **settings)
        except (TypeError, ValueError, httpx.InvalidURL):
            raise InvalidRequestError(_CANNOT_BE_BUILT) from None
        return _to_service(request, self.base_url)

    def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Make the call that begins with `request` and return a successful response, read."""
        _check_open(self, self._through)
        return run(run_call(start(request, self.session), self), self.session.clock)

    def exchange(self, request: httpx.Request, deadline: float | None) -> httpx.Response:
        """Send `request` once and return the whole response, read."""
        clock = self.session.clock
        _check_open(self, self._through)
        if deadline is not None:
            _limit_timeouts(request, deadline, clock)
        try:
            if self._through is None:
                response = super().send(request, **_STREAM)
            else:
                response = self._through.send(request, **_STREAM)
        except httpx.HTTPError as error:
            return _response_of(error, request)
        if response.is_stream_consumed:  # by an event hook of the user's client
            response.read()
            return response
        body = _Body(request, deadline, clock)
        stream = cast(httpx.SyncByteStream, response.stream)
        try:
            for piece in stream:
                body.add(piece)
        finally:
            stream.close()
        return body.give_to(response)


class AsyncHttpClient(httpx.AsyncClient):
    """`HttpClient` for asyncio and trio."""

    discard_connection = staticmethod(discard_connection)

    def __init__(
        self, session: Session, through: httpx.AsyncClient | None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.session = session
        self._through = through

    def build_request(self, method: str, url: Any, **settings: Any) -> httpx.Request:
        """Build a request as httpx does."""
        try:
            request = super().build_request(method, url, **settings)
        except (TypeError, ValueError, httpx.InvalidURL):
            raise InvalidRequestError(_CANNOT_BE_BUILT) from None
        return _to_service(request, self.base_url)

    async def send(self, request: httpx.Request, **_: Any) -> httpx.Response:
        """Make the call that begins with `request` and return a successful response, read."""
        _check_open(self, self._through)
        return await run_async(run_call(start(request, self.session), self), self.session.clock)

    async def exchange(self, request: httpx.Request, deadline: float | None) -> httpx.Response:
        """Send `request` once and return the whole response, read, before the deadline."""
        if deadline is None:
            return await self._exchange(request, None)
        import anyio  # not at the top: it takes tens of milliseconds, and sync users never need it

        clock = self.session.clock
        _limit_timeouts(request, deadline, clock)
        # httpx restarts its read timeout with each piece of a header, so it needs this one too.
        with anyio.move_on_after(max(deadline - clock.monotonic(), 0.001)):
            return await self._exchange(request, deadline)
        raise httpx.ReadTimeout("The deadline has passed.", request=request)

    async def _exchange(self, request: httpx.Request, deadline: float | None) -> httpx.Response:
        _check_open(self, self._through)
        try:
            if self._through is None:
                response = await super().send(request, **_STREAM)
            else:
                response = await self._through.send(request, **_STREAM)
        except httpx.HTTPError as error:
            return _response_of(error, request)
        if response.is_stream_consumed:  # by an event hook of the user's client
            await response.aread()
            return response
        body = _Body(request, deadline, self.session.clock)
        stream = cast(httpx.AsyncByteStream, response.stream)
        try:
            async for piece in stream:
                body.add(piece)
        finally:
            await stream.aclose()
        return body.give_to(response)
