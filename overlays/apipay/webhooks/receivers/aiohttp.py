"""A receiver for aiohttp, on which aiogram bots run too.

app.router.add_route("*", "/webhooks/apipay", receiver(on_event, inbox=inbox))
"""

from collections.abc import Awaitable, Callable

from aiohttp import web

from .._frames import Delivery, hides_arguments
from ..events import MAX_BODY_BYTES, SecretSource
from ..inbox import AsyncHandler, Handler, Inbox
from . import Receiver, Response


@hides_arguments
def receiver(
    handler: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    secret: SecretSource | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Return a request handler that receives webhooks and handles each event once.

    Args:
        handler: called with the event and its context. A coroutine function is awaited, a plain
            function runs in a worker thread. It must end within 30 s, the service's limit for a
            response; start longer work elsewhere.
        inbox: remembers which events were handled.
        secret: the webhook's secret, or several during a rotation, or a function (plain or async)
            that chooses one for the ids in the body and aiohttp's request (`Unverified`). Default:
            `APIPAY_WEBHOOK_SECRET`.
        max_bytes: respond to a larger body with 413; aiohttp's `client_max_size` does not matter.

    Raises:
        WebhookSecretError: there is no usable secret.
    """
    core = Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes)

    async def read(request: web.Request) -> Delivery:
        body = bytearray()
        async for chunk in request.content.iter_any():
            body += chunk
            if len(body) > max_bytes:
                break
        return Delivery(bytes(body), request.headers.items(), request)

    async def respond(request: web.Request) -> Response:
        early = core.refuse_early(request.method, request.headers.get("Content-Length"))
        if early is not None:
            return early
        try:
            delivery = await read(request)
        except (OSError, ValueError, web.RequestPayloadError):
            return core.unreadable()
        return await core.receive_async(delivery)

    async def apipay_webhook(request: web.Request) -> web.Response:
        response = await respond(request)
        return web.Response(body=response.body, status=response.status, headers=response.headers)

    return apipay_webhook
