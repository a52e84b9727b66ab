"""What can be wrong with a webhook: every error of `apipay.webhooks`, all under `WebhookError`.

    WebhookError
    ├── SignatureError              not shown to be from the service: answer 401
    │   ├── SignatureMissingError       ├── SignatureSchemeError
    │   ├── SignatureRepeatedError      └── SignatureMismatchError
    │   └── SignatureMalformedError
    ├── PayloadError                signed, but not an event: answer 400 (413 when too large)
    │   ├── BodyTypeError               ├── BodyJSONError
    │   ├── BodyTooLargeError           ├── BodyShapeError
    │   ├── BodyEncodingError           └── EventTooOldError
    ├── WebhookSecretError          the secret is missing or empty: mend the configuration
    ├── InboxStoreError             the inbox's store failed: answer 503, it is delivered again
    └── LeaseLostError              a handler outlived its claim: answer 503

No message holds the secret, the signature or anything from the body but its place in the JSON.
"""

from apipay.errors import PayloadError, SignatureError, WebhookError

__all__ = [
    "BodyEncodingError",
    "BodyJSONError",
    "BodyShapeError",
    "BodyTooLargeError",
    "BodyTypeError",
    "EventTooOldError",
    "InboxStoreError",
    "LeaseLostError",
    "PayloadError",
    "SignatureError",
    "SignatureMalformedError",
    "SignatureMismatchError",
    "SignatureMissingError",
    "SignatureRepeatedError",
    "SignatureSchemeError",
    "WebhookError",
    "WebhookSecretError",
]


class SignatureMissingError(SignatureError):
    """The request has no signature header, or an empty one."""


class SignatureRepeatedError(SignatureError):
    """The request has the signature header more than once; which one counts would be a guess."""


class SignatureMalformedError(SignatureError):
    """The signature is not of the form `sha256=<64 hexadecimal digits>`."""


class SignatureSchemeError(SignatureError):
    """The signature names another scheme than the service's; it is never tried."""


class SignatureMismatchError(SignatureError):
    """The signature was not made from this body with one of the secrets."""


class BodyTypeError(PayloadError, TypeError):
    """The body was not given as raw bytes, so that nothing can be verified."""


class BodyTooLargeError(PayloadError):
    """The body is larger than the limit; it was neither verified nor parsed."""


class BodyEncodingError(PayloadError):
    """The signed body is not UTF-8, or holds half of a surrogate pair."""


class BodyJSONError(PayloadError):
    """The signed body is not JSON, or JSON that no two readers read alike."""


class BodyShapeError(PayloadError):
    """The signed body is JSON, but not an event as the specification states it."""


class EventTooOldError(PayloadError):
    """The event is older than the inbox's `max_age`: a replay, or a very late delivery."""


class WebhookSecretError(WebhookError, ValueError):
    """The webhook's secret is missing, empty, blank, or of a wrong type."""


class InboxStoreError(WebhookError):
    """The inbox's store could not be read or written; `__cause__` says why."""


class LeaseLostError(WebhookError):
    """The handler outlived its claim, and another worker may have handled the event as well."""
