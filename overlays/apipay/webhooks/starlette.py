"""A receiver for Starlette and FastAPI: `app.add_route("/webhooks/apipay", receiver(...))`.

It speaks ASGI itself and imports nothing of a framework, so that it also serves any other one.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from .events import MAX_BODY_BYTES, too_large
from .inbox import AsyncHandler, Handler, Inbox
from .receiving import Answer, Receiver
from .signature import Secrets

_Scope: TypeAlias = MutableMapping[str, Any]
_Message: TypeAlias = MutableMapping[str, Any]


def receiver(
    handler: Handler | AsyncHandler,
    *,
    inbox: Inbox,
    secret: Secrets | None = None,
    max_bytes: int = MAX_BODY_BYTES,
) -> Callable[..., Any]:
    """Return an endpoint that receives webhooks and handles each event once.

        app.add_route("/webhooks/apipay", receiver(on_event, inbox=Inbox(SQLiteStore("inbox.db"))))

    Args:
        handler: called with the event and its context. A coroutine function is awaited, a plain
            function runs in a worker thread. It must be over within 30 s, the service's limit for
            an answer; start longer work elsewhere.
        inbox: what remembers which events were handled.
        secret: the webhook's secret, or several during a rotation; else `APIPAY_WEBHOOK_SECRET`.
        max_bytes: a larger body is answered with 413.

    Returns:
        An ASGI application; typed loosely, because routers state their endpoints as functions.

    Raises:
        WebhookSecretError: there is no usable secret.
    """
    return ASGIReceiver(Receiver(handler, inbox=inbox, secret=secret, max_bytes=max_bytes))


class ASGIReceiver:
    """The endpoint that `receiver` returns: an ASGI application that answers every method."""

    def __init__(self, core: Receiver) -> None:
        self._core = core

    async def __call__(
        self,
        scope: _Scope,
        receive: Callable[[], Awaitable[_Message]],
        send: Callable[[_Message], Awaitable[None]],
    ) -> None:
        if scope["type"] != "http":
            return
        answer = await self._answer(scope, receive)
        if answer is None:
            return
        headers = [
            (name.lower().encode(), value.encode()) for name, value in answer.headers.items()
        ]
        headers.append((b"content-length", b"%d" % len(answer.body)))
        body = b"" if scope["method"] == "HEAD" else answer.body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(
        self, scope: _Scope, receive: Callable[[], Awaitable[_Message]]
    ) -> Answer | None:
        """Return the answer, or None when the sender went away before it had sent everything."""
        lengths = [value for name, value in scope["headers"] if name.lower() == b"content-length"]
        early = self._core.refuse_early(
            scope["method"], lengths[0].decode("latin-1") if lengths else None
        )
        if early is not None:
            return early
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self._core.max_bytes:
                return self._core.refuse(too_large(self._core.max_bytes))
            if not message.get("more_body", False):
                return await self._core.receive_async(bytes(body), scope["headers"])
