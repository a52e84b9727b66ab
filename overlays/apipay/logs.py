"""Logging: the standard logger `apipay`, quiet until the application configures it.

DEBUG: every answer. INFO: waits of a second and more. WARNING: retries, and late duplicates that
were cancelled. ERROR: late duplicates that were not, and hooks that fail. A line holds
operation ids, path templates, statuses, attempts and seconds; never a key, a body, a query string
or a header.
"""

import logging
import threading

import httpx

from apipay.hooks import AnswerEvent, DuplicateEvent, Hook, RetryEvent, WaitEvent

_log = logging.getLogger("apipay")
_log.addHandler(logging.NullHandler())

_LONG_WAIT = 1.0


class LogHook(Hook):
    """Writes what happens to the logger `apipay`. Every client has one."""

    def is_listening(self) -> bool:
        """Only at DEBUG: the other levels are for what goes wrong."""
        return _log.isEnabledFor(logging.DEBUG)

    def after_answer(self, event: AnswerEvent) -> None:
        if _log.isEnabledFor(logging.DEBUG):
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
            "%s: %s%s; sending it again (attempt %d)",
            event.call.operation or event.call.path,
            event.cause,
            ", and a look-up shows that it did not happen" if event.looked_up else "",
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

    def duplicate_found(self, event: DuplicateEvent) -> None:
        duplicate = event.duplicate
        cancelled = duplicate.action == "cancelled"
        _log.log(
            logging.WARNING if cancelled else logging.ERROR,
            "%s: a lost request took effect late: %d is a duplicate of %d and %s",
            duplicate.operation,
            duplicate.extra_id,
            duplicate.kept_id,
            "was cancelled" if cancelled else "is left as it is: see to it",
        )


class _QueryFilter(logging.Filter):
    """Takes the query string out of httpx's own "HTTP Request" line, for our hosts only.

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


class _HeaderFilter(logging.Filter):
    """Drops the DEBUG lines of hpack (HTTP/2) that show the headers of requests: the key is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not str(record.msg).startswith(("Adding", "Encoded header block", "Evicting"))


_header_filter = _HeaderFilter()
_filter = _QueryFilter()
_filter_lock = threading.Lock()


def guard_httpx_log(host: str) -> None:
    """Keep the query strings of requests to `host` out of httpx's own log, and the key out of
    that of HTTP/2."""
    with _filter_lock:
        if host not in _filter.hosts:
            _filter.hosts |= {host}
            for name in ("httpx", "httpx2"):  # alias_httpx() keeps httpx2's own logger
                logging.getLogger(name).addFilter(_filter)
            for name in ("hpack.hpack", "hpack.table"):
                logging.getLogger(name).addFilter(_header_filter)
