"""The inbox's store in Redis: many hosts, leases measured by the server's clock.

Needs the package `redis` (the extra `redis`), which is imported when a store is made.
"""

from typing import TYPE_CHECKING, Any

from apipay.errors import InvalidRequestError

from .protocol import DEFAULT_KEEP_SECONDS, check_keep

if TYPE_CHECKING:
    from redis import Redis

# One script reads text and time together, so that a claim costs two round trips, not three.
_READ = """
return {redis.call('GET', KEYS[1]), redis.call('TIME')}
"""
_SWAP = """
local current = redis.call('GET', KEYS[1])
if (current or '') ~= ARGV[1] then return 0 end
if ARGV[3] == '' then
    redis.call('SET', KEYS[1], ARGV[2])
else
    redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
"""


class RedisStore:
    """A store in Redis, for all processes on all hosts that reach the same server.

    Use a server that keeps its keys. With an eviction policy other than `noeviction`, without
    persistence (`appendonly yes`), or after a flush, an event can be forgotten and then handled
    again.

    Args:
        client: a `redis.Redis` (its connections survive forks and threads), or a URL for one. Give
            a client of your own a `socket_timeout`; one made from a URL waits 5 seconds.
        prefix: the beginning of all keys. Give each webhook handler that is to see every event a
            prefix of its own.
        keep: seconds for which an invoice is remembered after its last event, 90 days by default,
            by the server's clock; None remembers forever.
    """

    def __init__(
        self,
        client: "Redis | str",
        *,
        prefix: str = "apipay:webhooks:",
        keep: float | None = DEFAULT_KEEP_SECONDS,
    ) -> None:
        try:
            import redis
        except ImportError:
            raise InvalidRequestError(
                "RedisStore needs the package redis: install apipay[redis]."
            ) from None
        check_keep("RedisStore", keep)
        if isinstance(client, str):
            client = redis.from_url(client, socket_timeout=5, socket_connect_timeout=5)
        elif not hasattr(client, "register_script") or hasattr(client, "aclose"):
            raise InvalidRequestError(
                "RedisStore needs a redis.Redis or a URL, also where your code is async: the inbox "
                "runs it in a worker thread."
            )
        self._client = client
        self._prefix = prefix
        self._keep_ms = "" if keep is None else str(max(1, round(keep * 1000)))
        self._read: Any = client.register_script(_READ)
        self._swap: Any = client.register_script(_SWAP)

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key`, and the server's time."""
        value, (seconds, microseconds) = self._read(keys=[self._prefix + key])
        if isinstance(value, bytes):
            value = value.decode()
        return value, int(seconds) + int(microseconds) / 1e6

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Replace `old` by `new`, if `old` is the text under `key`."""
        args = [old or "", new, self._keep_ms]
        return bool(self._swap(keys=[self._prefix + key], args=args))

    def close(self) -> None:
        """Close the client's connections. The next use opens new ones."""
        self._client.close()
