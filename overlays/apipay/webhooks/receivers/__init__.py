"""Receivers for web frameworks, and what they share: a delivery in, a response out.

| response | when | is it delivered again? |
| --- | --- | --- |
| 200 | handled now, or handled before | no |
| 400 | signed, but not an event; a body that cannot be read | yes, up to its limit |
| 401 | signature missing, malformed or not matching | yes, up to its limit |
| 405, 411, 413 | not a POST; no length; body over the limit | yes, up to its limit |
| 503 | being handled elsewhere, or the inbox's store failed | yes, and then it is handled |

An exception of the handler goes on to the framework, which logs it and responds with 500. The claim
is released, so that the next delivery is handled.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from apipay._steps import Steps, run, run_async
from apipay.errors import InvalidRequestError

from .._frames import Delivery
from ..claims import HandleResult
from ..errors import InboxStoreError, LeaseLostError, PayloadError, SignatureError, WebhookError
from ..events import Event, SecretSource, chosen, open_body, too_large, unverified
from ..inbox import AsyncHandler, Handler, Inbox, call, is_async
from ..signature import keys_of

ENVIRONMENT_VARIABLE: Final = "APIPAY_WEBHOOK_SECRET"
"""Where receivers find the secret when they are given none."""

_log = logging.getLogger("apipay.webhooks")


@dataclass(frozen=True, slots=True)
class Response:
    """The HTTP response to a delivery."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Receiver:
    """Responds to deliveries: verifies, parses, and lets the inbox handle each event once."""

    def __init__(
        self,
        handler: Handler | AsyncHandler,
        *,
        inbox: Inbox,
        secret: SecretSource | None,
        max_bytes: int,
        sync_only: bool = False,
    ) -> None:
        if not callable(handler):
            raise InvalidRequestError("A webhook receiver needs a handler that can be called.")
        if not callable(getattr(inbox, "handle", None)):
            raise InvalidRequestError(
                f"A webhook receiver needs an Inbox, not {type(inbox).__name__}: Inbox(store)."
            )
        if max_bytes < 1:
            raise InvalidRequestError("A webhook receiver needs a max_bytes of at least 1.")
        self.is_async = is_async(handler) or is_async(secret)
        if sync_only and self.is_async:
            raise InvalidRequestError("This receiver needs plain functions, not coroutines.")
        if secret is None:
            secret = os.environ.get(ENVIRONMENT_VARIABLE)
        self._handler = handler
        self._inbox = inbox
        self._choose = secret if callable(secret) else None
        # Checked here, so that a service with no secret does not start.
        self._keys = () if callable(secret) else keys_of(secret)
        self.max_bytes = max_bytes

    def refuse_early(self, method: str, content_length: int | str | None) -> Response | None:
        """Return the response to a request that need not be read, or None."""
        if method != "POST":
            return refusal(405, "Webhooks are sent with POST.", Allow="POST")
        try:
            length = int(content_length or 0)
        except ValueError:
            return refusal(400, "The Content-Length is not a number.")
        if length > self.max_bytes:
            return self.refuse(too_large(self.max_bytes))
        return None

    def receive(self, delivery: Delivery) -> Response:
        """Handle a delivery in this thread."""
        return run(self._receive(delivery), self._inbox.clock)

    async def receive_async(self, delivery: Delivery) -> Response:
        """Handle a delivery without blocking the event loop. Plain functions run in a thread."""
        return await run_async(self._receive(delivery), self._inbox.clock)

    def unreadable(self) -> Response:
        """Return the response to a body that was cut short or badly chunked."""
        return self.refuse(
            PayloadError("The webhook's body was cut short or is badly chunked.", "unreadable")
        )

    def refuse(self, error: WebhookError) -> Response:
        """Return the response that fits the error."""
        if not isinstance(error, (SignatureError, PayloadError)):
            # The merchant's own trouble, not the sender's.
            _log.error("webhook not handled: %s", error, exc_info=error.__cause__)
            return self._later()
        _log.warning("webhook refused: %s", error)
        if isinstance(error, SignatureError):
            return refusal(401, error.message)
        return refusal(413 if error.reason == "too_large" else 400, error.message)

    def _receive(self, delivery: Delivery) -> Steps[Response]:
        try:
            event = yield from self._open(delivery)
            del delivery
            result = yield from self._inbox.claim(event)
        except WebhookError as error:
            return self.refuse(error)
        if not isinstance(result, HandleResult):
            # Any other error of the handler is its own, even if it is a WebhookError.
            try:
                result = yield from self._inbox.run(event, self._handler, result)
            except (InboxStoreError, LeaseLostError) as error:
                return self.refuse(error)
        if result is HandleResult.IN_PROGRESS:
            return self._later()
        return _json(200, {"result": result.value})

    def _open(self, delivery: Delivery) -> Steps[Event]:
        if len(delivery.body) > self.max_bytes:
            raise too_large(self.max_bytes)
        keys = self._keys
        if self._choose is not None:
            keys = keys_of(chosen((yield from call(self._choose, unverified(delivery)))))
        return open_body(delivery.body, delivery.headers, keys)

    def _later(self) -> Response:
        retry_after = str(self._inbox.retry_after)
        message = "Not handled yet; deliver it again."
        return refusal(503, message, **{"Retry-After": retry_after})


def refusal(status: int, message: str, **headers: str) -> Response:
    """Return a response that is not a success."""
    return _json(status, {"message": message}, **headers)


def _json(status: int, data: Mapping[str, str], **headers: str) -> Response:
    body = json.dumps(data).encode()
    return Response(status, body, {"Content-Type": "application/json", **headers})
