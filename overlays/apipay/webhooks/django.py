"""A receiver for Django: `path("webhooks/apipay", receiver(...))` in the URL configuration."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from .events import MAX_BODY_BYTES
from .inbox import AsyncHandler, Handler, Inbox, is_async
from .receiving import Answer, Receiver
from .signature import Secrets


def receiver(
    handler: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    secret: Secrets | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[..., Any]:
    """Return a view that receives webhooks and handles each event once.

    The view is exempt from CSRF protection: the signature shows that the request is genuine.

    Args:
        handler: called with the event and its context. With a coroutine function the view is
            async, else it is a plain one. It must be over within 30 s, the service's limit for an
            answer; start longer work elsewhere.
        inbox: what remembers which events were handled.
        secret: the webhook's secret, or several during a rotation; else `APIPAY_WEBHOOK_SECRET`.
        max_bytes: a larger body is answered with 413 (Django's `DATA_UPLOAD_MAX_MEMORY_SIZE`
            holds as well).

    Returns:
        A view; typed loosely, because the handler decides whether it is async.

    Raises:
        WebhookSecretError: there is no usable secret.
    """
    core = Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes)

    def early(request: HttpRequest) -> Answer | None:
        return core.refuse_early(request.method or "", request.META.get("CONTENT_LENGTH"))

    async def apipay_webhook_async(request: HttpRequest) -> HttpResponse:
        answer = early(request) or await core.receive_async(request.body, request.headers)
        return _response(answer)

    def apipay_webhook(request: HttpRequest) -> HttpResponse:
        return _response(early(request) or core.receive(request.body, request.headers))

    view = apipay_webhook_async if is_async(handler) else apipay_webhook
    setattr(view, "csrf_exempt", True)  # noqa: B010 - functions have no such attribute
    return view


def _response(answer: Answer) -> HttpResponse:
    return HttpResponse(answer.body, status=answer.status, headers=dict(answer.headers))
