"""A receiver for Django: `path("webhooks/apipay", receiver(...))` in the URL configuration."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse

from .._frames import Delivery, hides_arguments
from ..events import MAX_BODY_BYTES, SecretSource, too_large
from ..inbox import AsyncHandler, Handler, Inbox
from . import Receiver, Response, refusal


@hides_arguments
def receiver(
    handler: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    secret: SecretSource | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[..., Any]:
    """Return a view that receives webhooks and handles each event once.

    The view is exempt from CSRF protection: the signature shows that the request is genuine.

    Args:
        handler: called with the event and its context. With a coroutine function the view is
            async, else it is a plain one. It must end within 30 s, the service's limit for a
            response; start longer work elsewhere.
        inbox: remembers which events were handled.
        secret: the webhook's secret, or several during a rotation, or a function (an async one
            makes the view async) that chooses one for the ids in the body and Django's request
            (`Unverified`). Default: `APIPAY_WEBHOOK_SECRET`.
        max_bytes: respond to a larger body with 413. Django's `DATA_UPLOAD_MAX_MEMORY_SIZE` holds
            as well.

    Returns:
        A view; typed loosely, because the handler decides whether it is async.

    Raises:
        WebhookSecretError: there is no usable secret.
    """
    core = Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes)

    def opened(request: HttpRequest) -> Delivery | Response:
        early = core.refuse_early(request.method or "", request.META.get("CONTENT_LENGTH"))
        if early is not None:
            return early
        try:
            if "HTTP_TRANSFER_ENCODING" not in request.META or not hasattr(request, "environ"):
                return Delivery(request.body, request.headers, request)
            # Under WSGI Django takes a body without a length for an empty one.
            environ: dict[str, Any] = getattr(request, "environ")  # noqa: B009
            if not environ.get("wsgi.input_terminated"):
                return refusal(411, "This server does not read chunked bodies: send a length.")
            return Delivery(environ["wsgi.input"].read(max_bytes + 1), request.headers, request)
        except RequestDataTooBig:
            return core.refuse(too_large(max_bytes))
        except (OSError, ValueError):
            return core.unreadable()

    async def apipay_webhook_async(request: HttpRequest) -> HttpResponse:
        delivery = opened(request)
        return _http(
            delivery if isinstance(delivery, Response) else await core.receive_async(delivery)
        )

    def apipay_webhook(request: HttpRequest) -> HttpResponse:
        delivery = opened(request)
        return _http(delivery if isinstance(delivery, Response) else core.receive(delivery))

    view = apipay_webhook_async if core.is_async else apipay_webhook
    setattr(view, "csrf_exempt", True)  # noqa: B010 - functions have no such attribute
    return view


def _http(response: Response) -> HttpResponse:
    headers = {**response.headers, "Content-Length": str(len(response.body))}
    return HttpResponse(response.body, status=response.status, headers=headers)
