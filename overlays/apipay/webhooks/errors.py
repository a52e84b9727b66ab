"""Every error of `apipay.webhooks`.

    WebhookError
    ├── SignatureError        not shown to be from the service: respond with 401
    ├── PayloadError          signed, but not an event that can be handled: respond with 400
    ├── WebhookSecretError    the secret is missing or unusable: fix the configuration
    ├── InboxStoreError       the inbox's store failed: respond with 503, it is delivered again
    └── LeaseLostError        another delivery took the event over: respond with 503

`reason` tells the cases of one class apart. No message contains the secret, the signature or a
value from the body, and no error keeps a frame or a context that does.
"""

from typing import Literal, TypeAlias

from apipay.errors import ApiPayError

SignatureReason: TypeAlias = Literal[
    "missing", "repeated", "malformed", "scheme", "mismatch", "unknown_sender"
]
PayloadReason: TypeAlias = Literal[
    "too_large", "unreadable", "encoding", "json", "shape", "too_old"
]


class WebhookError(ApiPayError):
    """A webhook delivery was not accepted. Do not act on it."""


class SignatureError(WebhookError):
    """The delivery is not shown to be from the service.

    Attributes:
        reason: `missing`, `repeated` (several headers), `malformed` (not `sha256=<64 hexadecimal
            digits>`), `scheme` (another one than the service's), `mismatch` (made from another body
            or with another secret) or `unknown_sender` (the `secret` function returned None).
    """

    def __init__(self, message: str, reason: SignatureReason) -> None:
        super().__init__(message)
        self.reason: SignatureReason = reason


class PayloadError(WebhookError):
    """The body is not an event that can be handled.

    Attributes:
        reason: `too_large`, `unreadable` (a body cut short or badly chunked), `encoding` (not
            UTF-8), `json`, `shape` (not as the specification states it) or `too_old` (older than
            the inbox's `max_age`).
    """

    def __init__(self, message: str, reason: PayloadReason) -> None:
        super().__init__(message)
        self.reason: PayloadReason = reason


class WebhookSecretError(WebhookError, ValueError):
    """The webhook's secret is missing, blank, or of a wrong type."""


class InboxStoreError(WebhookError):
    """The inbox's store could not be read or written; `__cause__` says why."""


class LeaseLostError(WebhookError):
    """The handler's claim was replaced by another delivery's, so the event may be handled twice."""
