"""apipay: the Python SDK for ApiPay.kz.

    from apipay import ApiPay

    with ApiPay() as client:  # the key is in APIPAY_API_KEY
        invoice = client.invoices.create(amount=1500, phone_number="+7 700 123-45-67")

What is named here is loaded when it is first used, so that `import apipay` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apipay.client import ApiPay, AsyncApiPay
    from apipay.errors import (
        APIConnectionError,
        ApiPayError,
        APIStatusError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConflictError,
        GoneError,
        InvalidRequestError,
        NotFoundError,
        OutcomeUnknownError,
        PermissionDeniedError,
        RateLimitError,
        RateLimitWaitError,
        ResponseDecodeError,
        ServerError,
        ValidationError,
        VerificationError,
        VerificationFailedError,
        VerificationTimeoutError,
        WaitTimeoutError,
    )
    from apipay.hooks import Hook
    from apipay.pacing import RateLimit
    from apipay.transport import RetryPolicy
    from apipay.webhooks.errors import WebhookError

_PLACES = {
    "ApiPay": "client",
    "AsyncApiPay": "client",
    "Hook": "hooks",
    "RateLimit": "pacing",
    "RetryPolicy": "transport",
    "WebhookError": "webhooks.errors",
}

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "ApiPay",
    "ApiPayError",
    "AsyncApiPay",
    "AuthenticationError",
    "BadRequestError",
    "ClientClosedError",
    "ConflictError",
    "GoneError",
    "Hook",
    "InvalidRequestError",
    "NotFoundError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimit",
    "RateLimitError",
    "RateLimitWaitError",
    "ResponseDecodeError",
    "RetryPolicy",
    "ServerError",
    "ValidationError",
    "VerificationError",
    "VerificationFailedError",
    "VerificationTimeoutError",
    "WaitTimeoutError",
    "WebhookError",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("apipay.settings").version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"apipay.{_PLACES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
