"""Clients that hold the address, the key and the httpx client of the generated functions.

Seams for a package that adds retries, pacing or errors of its own:

- `Client.set_httpx_client` and `Client.set_async_httpx_client` take the httpx client that every
  request goes through.
- Each request carries httpx extensions: "operation" (the `operations.Operation`), "options" (the
  `types.CallOptions` of the call, merged with `Client.default_options`) and, with a JSON body,
  `codec.JSON_EXTENSION`. A response can carry `codec.JSON_EXTENSION` too: `parsing.json_body` puts
  the parsed body there, or uses what is there. Nobody changes that JSON.
- `Client.on_error` replaces each exception of this package before it is raised.
- `Client.formats` normalises arguments by the `format` of the spec.
"""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Self

import httpx
from attrs import define, evolve, field

from .errors import ClientError
from .operations import API_KEY_HEADER, AUTH_PREFIX, SERVER_URL
from .types import CallOptions, Secret

#: Seconds to wait for a connection, and between two parts of a response.
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)

FORMATS: Mapping[str, Callable[[str], str]] = {}


@define(repr=False, eq=False)
class Client:
    """Settings and connections for operations that need no key.

    Args:
        base_url: The URL that the paths of the spec are relative to.
        cookies: Sent with every request.
        headers: Sent with every request.
        timeout: Seconds, an `httpx.Timeout`, or None for no limit.
        verify_ssl: False, a CA bundle or an `ssl.SSLContext`, as for httpx.
        follow_redirects: Whether redirects are followed.
        httpx_args: More arguments of `httpx.Client` and `httpx.AsyncClient`.
        default_options: Options of every call; the options of a call override them.
        formats: Functions that normalise an argument, by the string `format` of the spec.
        on_error: Called with each exception of this package before it is raised; its result is
            raised instead.
        raise_on_unexpected_status: Whether `sync`, `asyncio` and their detailed forms raise
            `UnexpectedStatus` for a status code that the spec does not list.
    """

    _base_url: str = field(default=SERVER_URL, alias="base_url")
    _cookies: dict[str, str] = field(factory=dict[str, str], kw_only=True, alias="cookies")
    _headers: dict[str, str] = field(factory=dict[str, str], kw_only=True, alias="headers")
    _timeout: httpx.Timeout | float | None = field(
        default=DEFAULT_TIMEOUT, kw_only=True, alias="timeout"
    )
    _verify_ssl: str | bool | ssl.SSLContext = field(default=True, kw_only=True, alias="verify_ssl")
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict[str, Any], kw_only=True, alias="httpx_args")
    default_options: CallOptions = field(factory=CallOptions, kw_only=True)
    formats: Mapping[str, Callable[[str], str]] = field(default=FORMATS, kw_only=True)
    on_error: Callable[[ClientError], Exception] | None = field(default=None, kw_only=True)
    raise_on_unexpected_status: bool = field(default=False, kw_only=True)
    _client: httpx.Client | None = field(default=None, init=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._base_url!r})"

    def _auth_headers(self) -> dict[str, str]:
        return {}

    def failure(self, error: ClientError) -> Exception:
        """Return the exception to raise for an error of this package."""
        return error if self.on_error is None else self.on_error(error)

    def normalised(self, string_format: str, value: Any) -> Any:
        """Return an argument, normalised by the function for its format, if there is one."""
        normalise = self.formats.get(string_format)
        return normalise(value) if normalise is not None and isinstance(value, str) else value

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Return a client with these headers too; it opens its own connections."""
        return evolve(self, headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Return a client with these cookies too; it opens its own connections."""
        return evolve(self, cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout | float | None) -> Self:
        """Return a client with this timeout; it opens its own connections."""
        return evolve(self, timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send requests through this httpx client, with its own headers, cookies and timeout."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Return the httpx client of the sync functions; the first call makes it."""
        if self._client is None:
            self._client = httpx.Client(**self._httpx_settings())
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send requests through this httpx client, with its own headers, cookies and timeout."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Return the httpx client of the async functions; the first call makes it."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._httpx_settings())
        return self._async_client

    def _httpx_settings(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": {**self._headers, **self._auth_headers()},
            "timeout": self._timeout,
            "verify": self._verify_ssl,
            "follow_redirects": self._follow_redirects,
            **self._httpx_args,
        }

    def __enter__(self) -> Self:
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:
        self.get_httpx_client().__exit__(*args)

    async def __aenter__(self) -> Self:
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:
        await self.get_async_httpx_client().__aexit__(*args)


@define(repr=False, eq=False)
class AuthenticatedClient(Client):
    """A `Client` that sends a key with every request.

    Args:
        token: The key. It is kept as a `types.Secret`, which no printer shows.
        prefix: Comes before the key in the header, with a space; empty for the key alone.
        auth_header_name: The header. Prefix and header come from the spec's security scheme.
    """

    token: Secret = field(kw_only=True, converter=Secret)
    prefix: str = field(default=AUTH_PREFIX, kw_only=True)
    auth_header_name: str = field(default=API_KEY_HEADER, kw_only=True)

    def _auth_headers(self) -> dict[str, str]:
        key = self.token.reveal()
        return {self.auth_header_name: f"{self.prefix} {key}" if self.prefix else key}


__all__ = ["DEFAULT_TIMEOUT", "AuthenticatedClient", "Client"]
