"""A receiver for Flask: `app.add_url_rule("/webhooks/apipay", view_func=receiver(...))`."""

from collections.abc import Callable

from flask import Response, request

from apipay.errors import InvalidRequestError

from .events import MAX_BODY_BYTES
from .inbox import Handler, Inbox, is_async
from .receiving import Receiver
from .signature import Secrets


def receiver(
    handler: Handler,
    *,
    inbox: Inbox,
    secret: Secrets | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[[], Response]:
    """Return a view that receives webhooks and handles each event once.

    With Flask-WTF's CSRF protection, exempt the view: `csrf.exempt(view)`; the signature is what
    shows that the request is genuine.

    Args:
        handler: a plain function, called with the event and its context. It must be over within
            30 s, the service's limit for an answer; start longer work elsewhere.
        inbox: what remembers which events were handled.
        secret: the webhook's secret, or several during a rotation; else `APIPAY_WEBHOOK_SECRET`.
        max_bytes: a larger body is answered with 413.

    Raises:
        WebhookSecretError: there is no usable secret.
        InvalidRequestError: the handler is async, which a Flask view cannot await.
    """
    if is_async(handler):
        raise InvalidRequestError("The Flask receiver needs a plain function as its handler.")
    core = Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes)

    def apipay_webhook() -> Response:
        answer = core.refuse_early(request.method, request.content_length)
        if answer is None:
            if request.content_length is None:  # chunked: nothing else limits it
                body = request.stream.read(max_bytes + 1)
            else:
                body = request.get_data()
            answer = core.receive(body, request.headers)
        return Response(answer.body, status=answer.status, headers=dict(answer.headers))

    # Flask reads this where the route names no methods, and answers 405 to the others.
    setattr(apipay_webhook, "methods", ("POST",))  # noqa: B010 - functions have no such attribute
    return apipay_webhook
