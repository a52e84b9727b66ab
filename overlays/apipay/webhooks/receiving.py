"""What every receiver does with a delivery, whatever the framework: bytes in, an answer out.

| answer | when | does the service deliver again? |
| --- | --- | --- |
| 200 | handled now, or handled before | no |
| 400 | signed, but not an event | yes, up to its limit |
| 401 | signature missing, malformed or not matching | yes, up to its limit |
| 405, 413 | not a POST; body over the limit | yes, up to its limit |
| 503 | being handled elsewhere, or the inbox's store failed | yes, and then it is handled |

What the handler raises goes on to the framework, which logs it and answers 500: the claim has been
given back, so the next delivery is handled.
"""

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from apipay.errors import InvalidRequestError

from .claims import HandleResult
from .errors import (
    BodyTooLargeError,
    EventTooOldError,
    InboxStoreError,
    LeaseLostError,
    SignatureError,
    WebhookError,
)
from .events import MAX_BODY_BYTES, Event, too_large, unwrap_with_keys
from .inbox import AsyncHandler, Handler, Inbox
from .signature import Headers, Secrets, secret_keys

ENVIRONMENT_VARIABLE = "APIPAY_WEBHOOK_SECRET"
"""Where receivers look for the secret when they are not given one."""

# What else comes out of the inbox is the handler's, even if it is a WebhookError of its own.
_INBOX_ERRORS = (EventTooOldError, InboxStoreError, LeaseLostError)

_log = logging.getLogger("apipay.webhooks")


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP answer to a delivery."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class Receiver:
    """Answers deliveries: verifies, parses, and lets the inbox handle each event once."""

    def __init__(
        self,
        handler: Handler | AsyncHandler,
        *,
        inbox: Inbox,
        secret: Secrets | None = None,
        max_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        if not callable(handler):
            raise InvalidRequestError("A webhook receiver needs a handler that can be called.")
        if not callable(getattr(inbox, "handle", None)):
            raise InvalidRequestError(
                f"A webhook receiver needs an Inbox, not {type(inbox).__name__}: Inbox(store)."
            )
        if max_bytes < 1:
            raise InvalidRequestError("A webhook receiver needs a max_bytes of at least 1.")
        self._handler = handler
        self._inbox = inbox
        # Checked here, so that a shop with no secret does not start.
        self._keys = secret_keys(os.environ.get(ENVIRONMENT_VARIABLE) if secret is None else secret)
        self.max_bytes = max_bytes

    def refuse_early(self, method: str, content_length: int | str | None) -> Answer | None:
        """Return the answer for a request that is not worth reading, or None."""
        if method != "POST":
            return _refusal(405, "Webhooks are sent with POST.", Allow="POST")
        try:
            length = int(content_length or 0)
        except ValueError:
            return _refusal(400, "The Content-Length is not a number.")
        if length > self.max_bytes:
            return self.refuse(too_large(self.max_bytes))
        return None

    def receive(self, body: bytes, headers: Headers) -> Answer:
        """Handle a delivery with a plain handler."""
        try:
            event = self._event(body, headers)
        except WebhookError as error:
            return self.refuse(error)
        try:
            return self._answer(self._inbox.handle(event, self._handler))
        except _INBOX_ERRORS as error:
            return self.refuse(error)

    async def receive_async(self, body: bytes, headers: Headers) -> Answer:
        """Handle a delivery without blocking the event loop; the handler may be async or not."""
        try:
            event = self._event(body, headers)
        except WebhookError as error:
            return self.refuse(error)
        try:
            return self._answer(await self._inbox.handle_async(event, self._handler))
        except _INBOX_ERRORS as error:
            return self.refuse(error)

    def refuse(self, error: WebhookError) -> Answer:
        """Return the answer that fits the error."""
        if isinstance(error, (InboxStoreError, LeaseLostError)):
            # The merchant's own trouble, not the sender's.
            _log.error("webhook not handled: %s", error, exc_info=error.__cause__)
            return self._later()
        _log.warning("webhook refused: %s", error)
        if isinstance(error, SignatureError):
            return _refusal(401, error.message)
        if isinstance(error, BodyTooLargeError):
            return _refusal(413, error.message)
        return _refusal(400, error.message)

    def _event(self, body: bytes, headers: Headers) -> Event:
        return unwrap_with_keys(body, headers, self._keys, self.max_bytes)

    def _answer(self, result: HandleResult) -> Answer:
        if result is HandleResult.IN_PROGRESS:
            return self._later()
        return _json(200, {"result": result.value})

    def _later(self) -> Answer:
        retry_after = str(self._inbox.retry_after)
        message = "Not handled yet; deliver it again."
        return _refusal(503, message, **{"Retry-After": retry_after})


def _refusal(status: int, message: str, **headers: str) -> Answer:
    return _json(status, {"message": message}, **headers)


def _json(status: int, data: Mapping[str, str], **headers: str) -> Answer:
    body = json.dumps(data).encode()
    return Answer(status, body, {"Content-Type": "application/json", **headers})
