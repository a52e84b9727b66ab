"""Clients that hold the address, the key and the httpx client of the generated functions."""

import ssl
from collections.abc import Callable, Mapping
from typing import Any, Self

import httpx
from attrs import define, evolve, field

from .errors import ClientError
from .operations import API_KEY_HEADER, AUTH_PREFIX, SERVER_URL, Operation
from .types import CallOptions

#: Seconds to wait for a connection, and between two pieces of an answer.
DEFAULT_TIMEOUT = httpx.Timeout(30.0, connect=5.0)

FORMATS: Mapping[str, Callable[[str], str]] = {}


@define(repr=False, eq=False)
class Client:
    """Settings and connections for operations that need no key.

    Args:
        base_url: Address that the paths of the spec are relative to.
        cookies: Sent with every request.
        headers: Sent with every request.
        timeout: Seconds, or an `httpx.Timeout`; None waits for ever.
        verify_ssl: False, a CA bundle or an `ssl.SSLContext`, as httpx takes it.
        follow_redirects: Whether a redirect is followed.
        httpx_args: More arguments of `httpx.Client` and `httpx.AsyncClient`.
        default_options: Options that every call starts from; those of a call come on top.
        formats: For a string `format` of the spec, a function that normalises an argument.
        on_error: Called with each error of this package before it is raised; what it returns is
            raised instead.
        raise_on_unexpected_status: Whether `sync` and its siblings raise `UnexpectedStatus` for a
            status that the spec does not know, rather than return None.
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

    def request_arguments(
        self, operation: Operation, request: dict[str, Any], options: CallOptions | None
    ) -> dict[str, Any]:
        """The arguments of `httpx.Client.request` for one call of an operation."""
        defaults = self.default_options
        merged: CallOptions = {**defaults, **options} if options else {**defaults}
        request.setdefault("extensions", {}).update(operation=operation, options=merged)
        if "timeout" in merged:
            request["timeout"] = merged["timeout"]
        if "headers" in merged:
            own = {**defaults.get("headers", {}), **merged["headers"]}
            request["headers"] = {**request.get("headers", {}), **own}
        return request

    def failure(self, error: ClientError) -> Exception:
        """What to raise for an error of this package."""
        return error if self.on_error is None else self.on_error(error)

    def normalised(self, string_format: str, value: Any) -> Any:
        """An argument as the server wants it, by the function given for its format, if any."""
        normalise = self.formats.get(string_format)
        return normalise(value) if normalise is not None and isinstance(value, str) else value

    def with_headers(self, headers: dict[str, str]) -> Self:
        """A client with these headers too; it opens connections of its own."""
        return evolve(self, headers={**self._headers, **headers})

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """A client with these cookies too; it opens connections of its own."""
        return evolve(self, cookies={**self._cookies, **cookies})

    def with_timeout(self, timeout: httpx.Timeout | float | None) -> Self:
        """A client with this timeout; it opens connections of its own."""
        return evolve(self, timeout=timeout)

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Send through this httpx client, with its own headers, cookies and timeout."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """The httpx client of the sync functions, made at the first call."""
        if self._client is None:
            self._client = httpx.Client(
                base_url=self._base_url,
                cookies=self._cookies,
                headers={**self._headers, **self._auth_headers()},
                timeout=self._timeout,
                verify=self._verify_ssl,
                follow_redirects=self._follow_redirects,
                **self._httpx_args,
            )
        return self._client

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Send through this httpx client, with its own headers, cookies and timeout."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """The httpx client of the async functions, made at the first call."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(
                base_url=self._base_url,
                cookies=self._cookies,
                headers={**self._headers, **self._auth_headers()},
                timeout=self._timeout,
                verify=self._verify_ssl,
                follow_redirects=self._follow_redirects,
                **self._httpx_args,
            )
        return self._async_client

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
    """A `Client` that sends a key with every request; its repr does not show the key.

    Args:
        token: The key.
        prefix: Stands before the key in the header, with a space; empty for the key alone.
        auth_header_name: The header. Prefix and header come from the spec's security scheme.
    """

    token: str = field(kw_only=True)
    prefix: str = field(default=AUTH_PREFIX, kw_only=True)
    auth_header_name: str = field(default=API_KEY_HEADER, kw_only=True)

    def _auth_headers(self) -> dict[str, str]:
        value = f"{self.prefix} {self.token}" if self.prefix else self.token
        return {self.auth_header_name: value}


__all__ = ["DEFAULT_TIMEOUT", "AuthenticatedClient", "Client"]
