"""Webhooks: from the raw bytes of a delivery to an event that is handled once.

    from apipay.webhooks import Inbox, InvoiceEvent, SQLiteStore, unwrap

    inbox = Inbox(SQLiteStore("webhooks.db"))
    event = unwrap(body, headers, secret)        # raises unless it is from the service
    inbox.handle(event, on_event)                # runs on_event(event, context) once

The receivers in `apipay.webhooks.receivers` (`asgi`, `flask`, `django`, `aiohttp`) do both and
respond. `reconcile` finds the events that never came. The classes of events, such as
`InvoiceEvent`, come from the specification.
"""

from typing import TYPE_CHECKING, Any

from .claims import EventContext, HandleResult
from .errors import (
    InboxStoreError,
    LeaseLostError,
    PayloadError,
    SignatureError,
    WebhookError,
    WebhookSecretError,
)
from .events import EVENT_TYPES, Event, UnknownEvent, Unverified, unwrap
from .inbox import AsyncHandler, Handler, Inbox
from .reconciliation import Reconciliation, reconcile, reconcile_async
from .signature import sign, verify
from .state import EventKey
from .stores import MemoryStore, RedisStore, SQLiteStore, Store

if TYPE_CHECKING:
    from apipay_client.models import InvoiceEvent

__all__ = [
    "AsyncHandler",
    "Event",
    "EventContext",
    "EventKey",
    "HandleResult",
    "Handler",
    "Inbox",
    "InboxStoreError",
    "InvoiceEvent",
    "LeaseLostError",
    "MemoryStore",
    "PayloadError",
    "Reconciliation",
    "RedisStore",
    "SQLiteStore",
    "SignatureError",
    "Store",
    "UnknownEvent",
    "Unverified",
    "WebhookError",
    "WebhookSecretError",
    "reconcile",
    "reconcile_async",
    "sign",
    "unwrap",
    "verify",
]


def __getattr__(name: str) -> Any:
    for kind in EVENT_TYPES.values():
        if kind.model.__name__ == name:
            return kind.model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
