"""A receiver for ASGI: FastAPI, Starlette, Litestar and others.

    app.add_route("/webhooks/apipay", receiver(on_event, inbox=inbox))  # FastAPI, Starlette
    asgi("/webhooks/apipay", copy_scope=False)(receiver(on_event, inbox=inbox))  # Litestar

It implements ASGI itself and imports no framework.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from .._frames import Delivery, hides_arguments
from ..events import MAX_BODY_BYTES, SecretSource
from ..inbox import AsyncHandler, Handler, Inbox
from . import Receiver, Response

_Message: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[_Message]]
_Send: TypeAlias = Callable[[_Message], Awaitable[None]]


@hides_arguments
def receiver(
    handler: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    secret: SecretSource | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[..., Any]:
    """Return an endpoint that receives webhooks and handles each event once.

    Args:
        handler: called with the event and its context. A coroutine function is awaited, a plain
            function runs in a worker thread. It must end within 30 s, the service's limit for a
            response; start longer work elsewhere.
        inbox: remembers which events were handled.
        secret: the webhook's secret, or several during a rotation, or a function (plain or async)
            that chooses one for the ids in the body and the ASGI scope (`Unverified`). Default:
            `APIPAY_WEBHOOK_SECRET`.
        max_bytes: respond to a larger body with 413.

    Returns:
        An ASGI application; typed loosely, because routers declare their endpoints as functions.

    Raises:
        WebhookSecretError: there is no usable secret.
    """
    return ASGIReceiver(Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes))


class ASGIReceiver:
    """The endpoint that `receiver` returns: an ASGI application that responds to every method."""

    def __init__(self, core: Receiver) -> None:
        self._core = core

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: _Receive, send: _Send
    ) -> None:
        if scope["type"] != "http":
            return
        response = await self._respond(scope, receive)
        if response is None:
            return
        headers = [
            (name.lower().encode(), value.encode()) for name, value in response.headers.items()
        ]
        headers.append((b"content-length", b"%d" % len(response.body)))
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _respond(self, scope: MutableMapping[str, Any], receive: _Receive) -> Response | None:
        """Return the response, or None when the sender left before it had sent everything."""
        lengths = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
        early = self._core.refuse_early(
            scope["method"], lengths[0].decode("latin-1") if lengths else None
        )
        if early is not None:
            return early
        delivery = await self._read(scope, receive)
        if delivery is None:
            return None
        return await self._core.receive_async(delivery)

    async def _read(self, scope: MutableMapping[str, Any], receive: _Receive) -> Delivery | None:
        """Read a body up to the first chunk over the limit; None when the sender left."""
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._core.max_bytes or not message.get("more_body", False):
                return Delivery(bytes(body), scope["headers"], scope)
