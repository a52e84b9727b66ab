"""What a client and a call are configured with, validated once, here."""

import ipaddress
import math
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from apipay._version import VERSION
from apipay.errors import InvalidRequestError
from apipay_client.client import DEFAULT_TIMEOUT
from apipay_client.operations import API_KEY_HEADER, SERVER_URL
from apipay_client.types import UNSET, CallOptions, Unset

KEY_VARIABLE = "APIPAY_API_KEY"
URL_VARIABLE = "APIPAY_BASE_URL"

Timeout = float | httpx.Timeout | None

_HTTPX_DEFAULT = httpx.Timeout(5.0)
_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


class ApiKey:
    """An API key that no `repr` shows."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "ApiKey(...)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """When a call is retried and when it gives up. All times are in seconds.

    The defaults outlast one full rate-limit window: a 429 that asks for 60 s is waited out.

    Attributes:
        max_retries: How many times a request is sent again. Lookups do not count.
        deadline: The limit for the whole call, waits and lookups included. None: no limit.
        backoff_base: See `backoff_max`.
        backoff_max: The wait before retry n is random between 0 and
            min(backoff_max, backoff_base * 2**(n-1)), so that clients that failed together do not
            come back together.
        confirm_for: How long a write without a response is looked up before its outcome is
            reported as unknown. 0: one lookup.
    """

    max_retries: int = 4
    deadline: float | None = 120.0
    backoff_base: float = 0.5
    backoff_max: float = 8.0
    confirm_for: float = 7.0

    def __post_init__(self) -> None:
        check_max_retries(self.max_retries)
        check_deadline(self.deadline)
        for name in ("backoff_base", "backoff_max", "confirm_for"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value >= 0):
                raise InvalidRequestError(f"{name} must be a number of seconds, 0 or more.")

    def backoff(self, retry: int, random: Callable[[], float]) -> float:
        """Return the seconds to wait before retry number `retry`, counted from 1."""
        # 2**60 is far beyond any limit; the bound keeps the power from overflowing.
        return min(self.backoff_max, self.backoff_base * 2.0 ** min(retry - 1, 60)) * random()


def parse_api_key(argument: object) -> ApiKey | str:
    """Return the key from the argument, else from APIPAY_API_KEY; or what is wrong with it.

    The problem is returned, not raised, so that the caller can first delete its own variable: no
    frame of the traceback then shows the key.
    """
    key: object = os.environ.get(KEY_VARIABLE) if argument is None else argument
    source = KEY_VARIABLE if argument is None else "api_key"
    if key is None:
        return f"The API key is missing. Pass api_key or set the environment variable {source}."
    if not isinstance(key, str):
        return f"{source} must be a string, not {type(key).__name__}."
    if not key.strip():
        return f"{source} is blank. Pass the key from the ApiPay.kz dashboard."
    if not (key.isascii() and key.isprintable()) or " " in key:
        return (
            f"{source} contains a space, a line break or a character that no key has. "
            "Copy the key whole and nothing else."
        )
    return ApiKey(key)


def read_base_url(argument: str | None) -> str:
    """Return the base URL from the argument, else from APIPAY_BASE_URL, else from the spec."""
    source = "base_url" if argument is not None else URL_VARIABLE
    text: object = os.environ.get(URL_VARIABLE, "") if argument is None else argument
    if argument is None and not text:
        return SERVER_URL
    if not isinstance(text, str) or not text.strip():
        raise InvalidRequestError(f"{source} must be a URL such as {SERVER_URL}.")
    try:
        url = httpx.URL(text.strip())
        url.host.encode("idna")  # a label that is too long, say
        _ = urlsplit(str(url)).port  # above 65535
    except (httpx.InvalidURL, ValueError):
        raise InvalidRequestError(f"{source} must be a URL such as {SERVER_URL}.") from None
    _check_url(url, source)
    return str(url).rstrip("/")


def _check_url(url: httpx.URL, source: str) -> None:
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidRequestError(f"{source} must begin with https:// and a host: {SERVER_URL}.")
    if url.userinfo:
        raise InvalidRequestError(f"{source} contains a user name or password. Remove it.")
    if url.query or url.fragment:
        raise InvalidRequestError(f"{source} contains a query or a fragment. Remove it.")
    if url.scheme == "http" and not is_loopback(url.host):
        raise InvalidRequestError(
            f"{source} is plain http, which would expose the API key to the network. Use https; "
            "http is for this machine only (localhost, 127.0.0.1, ::1)."
        )


def is_loopback(host: str) -> bool:
    """Return True if `host` can only be this machine."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_timeout(
    argument: Timeout | Unset, client: httpx.Client | httpx.AsyncClient | None
) -> httpx.Timeout:
    """Return the argument, else the timeout of the user's httpx client, else the default."""
    if not isinstance(argument, Unset):
        return check_timeout(argument)
    if client is not None and client.timeout != _HTTPX_DEFAULT:
        return client.timeout
    return DEFAULT_TIMEOUT


def check_timeout(value: object) -> httpx.Timeout:
    """Return `value` as an `httpx.Timeout`."""
    if isinstance(value, httpx.Timeout):
        return value
    if value is None:
        return httpx.Timeout(None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise InvalidRequestError(
            "timeout must be a number of seconds above 0, an httpx.Timeout, or None for no limit."
        )
    return httpx.Timeout(value)


def check_max_retries(value: object) -> None:
    """Reject what is not a whole number, 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidRequestError("max_retries must be a whole number, 0 or more.")


def check_deadline(value: object) -> None:
    """Reject what is neither None nor a positive number of seconds."""
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf
    ):
        raise InvalidRequestError(
            "deadline must be a number of seconds above 0, or None for no limit."
        )


def check_priority(value: object) -> None:
    """Reject an unknown priority."""
    if value not in ("high", "normal", "low"):
        raise InvalidRequestError('priority must be "high", "normal" or "low".')


def check_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Reject headers that cannot be sent, or that would replace the API key."""
    pairs: object = headers
    if not isinstance(pairs, Mapping):
        raise InvalidRequestError("headers must be a mapping of names to values.")
    for name, value in cast("Mapping[object, object]", pairs).items():
        if not isinstance(name, str) or not name or not _TOKEN.issuperset(name):
            raise InvalidRequestError("A header name must consist of ASCII letters, digits and -.")
        if name.lower() == API_KEY_HEADER.lower():
            raise InvalidRequestError(f"{API_KEY_HEADER} is set by the client. Pass api_key.")
        if not isinstance(value, str) or not (value.isascii() and value.isprintable()):
            raise InvalidRequestError(f"The value of header {name} must be printable ASCII.")
    return headers


_OPTION_CHECKS: Mapping[str, Callable[[Any], object]] = {
    "timeout": check_timeout,
    "headers": check_headers,
    "max_retries": check_max_retries,
    "deadline": check_deadline,
    "priority": check_priority,
}


def check_options(options: Mapping[str, object]) -> None:
    """Reject unknown call options and invalid values."""
    for name, value in options.items():
        check = _OPTION_CHECKS.get(name)
        if check is None:
            raise InvalidRequestError(
                f"Unknown option {name!r}. Expected one of: {', '.join(_OPTION_CHECKS)}."
            )
        check(value)


def merge_options(old: CallOptions, new: Mapping[str, object]) -> CallOptions:
    """Return `old` updated with those of `new` that are set; headers are added to the old ones."""
    given = {name: value for name, value in new.items() if not isinstance(value, Unset)}
    check_options(given)
    if "headers" in given:
        given["headers"] = {**old.get("headers", {}), **given["headers"]}  # type: ignore[dict-item]
    merged: Any = {**old, **given}
    result: CallOptions = merged
    return result


def default_headers(key: ApiKey) -> dict[str, str]:
    """Return the headers of every request."""
    python = ".".join(map(str, sys.version_info[:3]))
    return {
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "User-Agent": f"apipay-python/{VERSION} Python/{python}",
        API_KEY_HEADER: key.value,
    }


__all__ = ["UNSET", "Timeout", "Unset"]
