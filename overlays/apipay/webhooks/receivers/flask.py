"""A receiver for Flask: `app.add_url_rule("/webhooks/apipay", view_func=receiver(...))`."""

from collections.abc import Callable
from typing import Any, cast

import flask

from .._frames import Delivery, hides_arguments
from ..events import MAX_BODY_BYTES, SecretSource
from ..inbox import Handler, Inbox
from . import Receiver, Response


@hides_arguments
def receiver(
    handler: Handler,
    *,
    inbox: Inbox,
    secret: SecretSource | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[[], flask.Response]:
    """Return a view that receives webhooks and handles each event once.

    With Flask-WTF's CSRF protection, exempt the view: `csrf.exempt(view)`. The signature shows that
    the request is genuine.

    Args:
        handler: a plain function, called with the event and its context. It must end within 30 s,
            the service's limit for a response; start longer work elsewhere.
        inbox: remembers which events were handled.
        secret: the webhook's secret, or several during a rotation, or a function that chooses one
            for the ids in the body and Flask's request (`Unverified`). Default:
            `APIPAY_WEBHOOK_SECRET`.
        max_bytes: respond to a larger body with 413.

    Raises:
        WebhookSecretError: there is no usable secret.
        InvalidRequestError: the handler is async, which a Flask view cannot await.
    """
    core = Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes, sync_only=True)

    def respond() -> Response:
        request: flask.Request = cast("Any", flask.request)._get_current_object()
        early = core.refuse_early(request.method, request.content_length)
        if early is not None:
            return early
        try:
            # One byte more than the limit: without a length nothing else stops a chunked body.
            delivery = Delivery(request.stream.read(max_bytes + 1), request.headers, request)
        except (OSError, ValueError):
            return core.unreadable()
        return core.receive(delivery)

    def apipay_webhook() -> flask.Response:
        response = respond()
        return flask.Response(response.body, response.status, dict(response.headers))

    # Flask reads this where the route names no methods, and responds to the others with 405.
    setattr(apipay_webhook, "methods", ("POST",))  # noqa: B010 - functions have no such attribute
    return apipay_webhook
