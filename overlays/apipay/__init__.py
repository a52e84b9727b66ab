"""apipay: the Python SDK for ApiPay.kz.

    from apipay import ApiPay

    with ApiPay() as client:  # the key is in APIPAY_API_KEY
        invoice = client.invoices.create(amount=1500, phone_number="+7 700 123-45-67")

Every name is loaded at its first use, so that `import apipay` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apipay._client import ApiPay, AsyncApiPay
    from apipay._options import RetryPolicy
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
        Lookup,
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
    from apipay.waiting import Pace
    from apipay.webhooks.errors import WebhookError

_PLACES = {
    "ApiPay": "_client",
    "AsyncApiPay": "_client",
    "Hook": "hooks",
    "Pace": "waiting",
    "RateLimit": "pacing",
    "RetryPolicy": "_options",
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
    "Lookup",
    "NotFoundError",
    "OutcomeUnknownError",
    "Pace",
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
        return import_module("apipay._version").VERSION
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"apipay.{_PLACES.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
