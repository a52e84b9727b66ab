"""Webhooks: from the raw bytes of a delivery to an event that is handled once.

    from apipay.webhooks import Inbox, InvoiceEvent, SQLiteStore, unwrap

    inbox = Inbox(SQLiteStore("webhooks.db"))
    event = unwrap(body, headers, secret)        # raises unless it is from the service
    inbox.handle(event, on_event)                # runs on_event(event, context) once

The receivers in `apipay.webhooks.starlette`, `.flask` and `.django` do both, and answer.
"""

from apipay_client.models import InvoiceEvent

from .claims import EventContext, HandleResult
from .errors import (
    BodyEncodingError,
    BodyJSONError,
    BodyShapeError,
    BodyTooLargeError,
    BodyTypeError,
    EventTooOldError,
    InboxStoreError,
    LeaseLostError,
    PayloadError,
    SignatureError,
    SignatureMalformedError,
    SignatureMismatchError,
    SignatureMissingError,
    SignatureRepeatedError,
    SignatureSchemeError,
    WebhookError,
    WebhookSecretError,
)
from .events import Event, UnknownEvent, unwrap
from .inbox import AsyncHandler, Handler, Inbox
from .redis import RedisStore
from .signature import sign, verify
from .sqlite import SQLiteStore
from .state import EventKey
from .stores import MemoryStore, Store

__all__ = [
    "AsyncHandler",
    "BodyEncodingError",
    "BodyJSONError",
    "BodyShapeError",
    "BodyTooLargeError",
    "BodyTypeError",
    "Event",
    "EventContext",
    "EventKey",
    "EventTooOldError",
    "HandleResult",
    "Handler",
    "Inbox",
    "InboxStoreError",
    "InvoiceEvent",
    "LeaseLostError",
    "MemoryStore",
    "PayloadError",
    "RedisStore",
    "SQLiteStore",
    "SignatureError",
    "SignatureMalformedError",
    "SignatureMismatchError",
    "SignatureMissingError",
    "SignatureRepeatedError",
    "SignatureSchemeError",
    "Store",
    "UnknownEvent",
    "WebhookError",
    "WebhookSecretError",
    "sign",
    "unwrap",
    "verify",
]
