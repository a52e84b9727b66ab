"""The top of the layers: the httpx clients that the generated functions send with.

`send` alone is replaced, so that the request is prepared once; a second client inside a transport
would cost about a tenth of a call.
"""

import re
from typing import Any

import httpx

from apipay.errors import ClientClosedError, InvalidRequestError

_MOST_KNOWN = 100
_CANNOT_BE_BUILT = (
    "The request cannot be made: a header, a parameter or the body holds what cannot be sent. "
    "Nothing was sent."
)


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
            self._start, self._known = str(base).rstrip("/") + "/", {}
            self._base = base  # last: another thread may look at this moment
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
        try:
            address = self._addresses.whole(self.base_url, url)
            return super().build_request(method, address, **settings)
        except (TypeError, ValueError):
            raise InvalidRequestError(_CANNOT_BE_BUILT) from None

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
        try:
            address = self._addresses.whole(self.base_url, url)
            return super().build_request(method, address, **settings)
        except (TypeError, ValueError):
            raise InvalidRequestError(_CANNOT_BE_BUILT) from None

    async def send(self, request: httpx.Request, **settings: Any) -> httpx.Response:
        """Send through the layers; `stream`, `auth` and `follow_redirects` do nothing here."""
        if self.is_closed:
            raise ClientClosedError
        return await self._layers.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the layers and the connections. Twice does no harm."""
        await super().aclose()
        await self._layers.aclose()
