"""What a client is made with: the key, the address and headers, read and checked."""

import functools
import importlib.metadata
import ipaddress
import math
import os
import platform
from collections.abc import Iterable, Mapping

import httpx

from apipay.errors import InvalidRequestError
from apipay_client.client import DEFAULT_TIMEOUT
from apipay_client.operations import API_KEY_HEADER, SERVER_URL
from apipay_client.types import UNSET, CallOptions, Unset

KEY_VARIABLE = "APIPAY_API_KEY"
URL_VARIABLE = "APIPAY_BASE_URL"

Timeout = float | httpx.Timeout | None

_HTTPX_DEFAULT = httpx.Timeout(5.0)
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@functools.cache
def version() -> str:
    """Return the version of the installed package; "0" in a tree that is not installed."""
    try:
        return importlib.metadata.version("apipay")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def read_api_key(argument: str | None) -> str:
    """Return the key from the argument, else from APIPAY_API_KEY. The message never repeats it."""
    key: object = os.environ.get(KEY_VARIABLE) if argument is None else argument
    source = KEY_VARIABLE if argument is None else "api_key"
    if key is None:
        raise InvalidRequestError(
            f"There is no API key: pass api_key or set the environment variable {KEY_VARIABLE}."
        )
    if not isinstance(key, str):
        raise InvalidRequestError(f"{source} is a string, not {type(key).__name__}.")
    if not key.strip():
        raise InvalidRequestError(f"{source} is blank: pass the key from the ApiPay.kz dashboard.")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidRequestError(
            f"{source} holds a space, a line break or a character that no key has: "
            "was it copied whole and alone?"
        )
    return key


def read_base_url(argument: str | None) -> str:
    """Return the address from the argument, else from APIPAY_BASE_URL, else the spec's."""
    source = "base_url" if argument is not None else URL_VARIABLE
    text: object = os.environ.get(URL_VARIABLE, "") if argument is None else argument
    if argument is None and not text:
        return SERVER_URL
    if not isinstance(text, str) or not text.strip():
        raise InvalidRequestError(f"{source} is an address such as {SERVER_URL}.")
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        raise InvalidRequestError(
            f"{source} is not an address; one such as {SERVER_URL} is."
        ) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidRequestError(f"{source} starts with https:// and a host, as {SERVER_URL}.")
    if url.userinfo:
        raise InvalidRequestError(f"{source} holds a user name or password: take it out.")
    if url.query or url.fragment:
        raise InvalidRequestError(f"{source} holds a query or a fragment: take it out.")
    if url.scheme == "http" and not is_loopback(url.host):
        raise InvalidRequestError(
            f"{source} is plain http, which would show the API key to the network: use https. "
            "http is for this machine only (localhost, 127.0.0.1, ::1)."
        )
    return str(url).rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_timeout(
    argument: Timeout | Unset, client: httpx.Client | httpx.AsyncClient | None
) -> httpx.Timeout:
    """Return the argument, else what the user's httpx client was given, else the default."""
    if not isinstance(argument, Unset):
        return check_timeout(argument)
    if client is not None and client.timeout != _HTTPX_DEFAULT:
        return client.timeout
    return DEFAULT_TIMEOUT


def check_timeout(value: object) -> httpx.Timeout:
    """Return `value` as an `httpx.Timeout`; refuse what is no number of seconds above 0."""
    if isinstance(value, httpx.Timeout):
        return value
    if value is None:
        return httpx.Timeout(None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidRequestError(
            "timeout is a number of seconds above 0, an httpx.Timeout, or None for no limit."
        )
    return httpx.Timeout(value)


def check_options(options: Mapping[str, object]) -> None:
    """Refuse options of a call that there are none of: a misspelt one would do nothing."""
    for name in options:
        if name not in CallOptions.__annotations__:
            known = ", ".join(CallOptions.__annotations__)
            raise InvalidRequestError(f"There is no option {name!r}; options are {known}.")


def check_priority(value: object) -> None:
    """Refuse what is no priority."""
    if value not in ("high", "normal", "low"):
        raise InvalidRequestError('priority is "high", "normal" or "low".')


def check_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse headers that cannot be sent, or that would replace the API key."""
    pairs: Iterable[tuple[object, object]] = headers.items()
    for name, value in pairs:
        if not isinstance(name, str) or not name or not _TOKEN.issuperset(name):
            raise InvalidRequestError("The name of a header is made of ASCII letters, digits, -.")
        if name.lower() == API_KEY_HEADER.lower():
            raise InvalidRequestError(f"{API_KEY_HEADER} is set by the client: use api_key.")
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise InvalidRequestError(f"The value of the header {name} is not printable ASCII.")
    return headers


def default_headers(api_key: str) -> dict[str, str]:
    """Return what every request carries."""
    agent = f"apipay-python/{version()} Python/{platform.python_version()}"
    return {"Accept": "application/json", "User-Agent": agent, API_KEY_HEADER: api_key}


__all__ = [
    "UNSET",
    "Timeout",
    "Unset",
    "check_headers",
    "check_options",
    "check_priority",
    "check_timeout",
    "default_headers",
    "is_loopback",
    "read_api_key",
    "read_base_url",
    "read_timeout",
    "version",
]
