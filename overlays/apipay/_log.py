"""Logging to the standard logger `apipay`, silent until the application configures it.

DEBUG: every response. INFO: waits of a second or more. WARNING: retries. A line holds operation
ids, path templates, status codes, attempts and seconds; never a key, a body, a query string or a
header.
"""

import logging

import httpx

from apipay._process import LOCK
from apipay.hooks import Hook, ResponseEvent, RetryEvent, WaitEvent

_log = logging.getLogger("apipay")
_log.addHandler(logging.NullHandler())

_LONG_WAIT = 1.0


class LogHook(Hook):
    """The hook of every client that writes to the logger `apipay`."""

    def is_listening(self) -> bool:
        """Return True at DEBUG; the other levels are for retries and waits only."""
        return _log.isEnabledFor(logging.DEBUG)

    def after_response(self, event: ResponseEvent) -> None:
        _log.debug(
            "%s %s (%s, attempt %d): %s in %.3f s",
            event.method,
            event.operation or event.call.path,
            event.purpose,
            event.attempt,
            event.error or event.status_code,
            event.seconds,
        )

    def before_retry(self, event: RetryEvent) -> None:
        _log.warning(
            "%s: %s; retrying (attempt %d)",
            event.call.operation or event.call.path,
            event.cause,
            event.attempt,
        )

    def before_wait(self, event: WaitEvent) -> None:
        level = logging.INFO if event.seconds >= _LONG_WAIT else logging.DEBUG
        _log.log(
            level,
            "%s: waiting %.1f s (%s)",
            event.call.operation or event.call.path,
            event.seconds,
            event.reason,
        )


class _QueryFilter(logging.Filter):
    """Removes the query string from httpx's "HTTP Request" lines, for our hosts only.

    httpx logs whole URLs at INFO, and a query can hold what a merchant searches for: a name, a
    phone number.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hosts: frozenset[str] = frozenset()

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                arg.copy_with(query=None)
                if isinstance(arg, httpx.URL) and arg.query and arg.host in self.hosts
                else arg
                for arg in record.args
            )
        return True


_filter = _QueryFilter()


def guard_httpx_log(host: str) -> None:
    """Keep the query strings of requests to `host` out of httpx's own log."""
    with LOCK:
        if host not in _filter.hosts:
            _filter.hosts |= {host}
            for name in ("httpx", "httpx2"):  # alias_httpx() keeps httpx2's own logger
                logging.getLogger(name).addFilter(_filter)
