"""The two methods of a store, and the limit that all stores share."""

from typing import Final, Protocol

from apipay.errors import InvalidRequestError

DEFAULT_KEEP_SECONDS: Final = 90 * 86_400.0


class Store(Protocol):
    """A store for `Inbox`: thread-safe, and shared by all processes that receive the webhook.

    Any exception of a store is reported as `InboxStoreError`, and nothing is handled.
    """

    def read(self, key: str) -> tuple[str | None, float]:
        """Return the text under `key` (None if there is none) and the time in Unix seconds.

        Leases are measured in this time. Take the store's own clock where several hosts share it;
        on one host `time.time()` is enough.
        """
        ...

    def swap(self, key: str, old: str | None, new: str) -> bool:
        """Put `new` under `key` if its text is exactly `old` (None: nothing), atomically.

        Return True only when `new` is stored durably: committed, and seen by every later `read`.
        """
        ...


def check_keep(store: str, keep: float | None) -> None:
    """Reject a senseless `keep`."""
    if keep is not None and not keep > 0:
        raise InvalidRequestError(f"{store} needs a keep of more than 0 seconds, or None.")
