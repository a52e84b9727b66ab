"""The HTTP side of the API: an ASGI application for everything below the base path.

Kept lean on purpose (no router, no middleware): client benchmarks and fault runs go through it.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from . import connections, faults, jsons
from .actions import Actions
from .answers import Answer, Headers, error
from .clock import http_date
from .errors import SandboxError
from .faults import FaultKind, FaultPlan, InjectedFault
from .keys import Keys
from .ratelimit import Limiter
from .service import Service
from .spec import Operation, Route, Spec
from .state import State
from .validation import Errors, without_nulls

_logger = logging.getLogger("apipay_sandbox")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Refuse = Callable[[float], None]

MAX_BODY_BYTES = 1_048_576
"""A larger body is answered with 413. No request of the API comes near."""
_DRIPS = 20


class ClientGoneError(Exception):
    """The client went away before it had sent its whole request."""


class Api:
    """One application for the life of a sandbox."""

    def __init__(
        self,
        state: State,
        actions: Actions,
        keys: Keys,
        limiter: Limiter,
        plan: FaultPlan,
        calls: Counter[str],
        refuse_connections: Refuse,
    ) -> None:
        self._state = state
        self._spec: Spec = state.spec
        self._actions = actions
        self._keys = keys
        self._limiter = limiter
        self._plan = plan
        self._refuse_connections = refuse_connections
        self._handlers = Service(state, actions).operations
        unknown = self._spec.operations.keys() ^ self._handlers.keys()
        if unknown:
            raise RuntimeError(f"The specification and the sandbox differ: {sorted(unknown)}.")
        self._prefix = len(self._spec.base_path)
        self._key_header = self._spec.key_header.lower().encode()
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._spec.route(scope["path"][self._prefix :])
        if found is None:
            await _send(send, self._problem("There is no such path in the API.", 404))
            return
        route, record_id = found
        operation = route.operations.get(scope["method"])
        if operation is None:
            await _send(send, _wrong_method(route))
            return
        self._calls[operation.id] += 1
        try:
            body, problem = await _body(scope, receive)
        except ClientGoneError:
            return
        injected = self._plan.choose(operation.id) if self._plan.faults else None
        if injected is None:
            await _send(send, problem or self._answer(operation, record_id or 0, scope, body))
            return

        def process() -> Answer:
            return problem or self._answer(operation, record_id or 0, scope, body)

        await self._go_wrong(injected, process, scope, receive, send)

    def _answer(self, operation: Operation, record_id: int, scope: Scope, body: bytes) -> Answer:
        """Do the whole of a request but its connection."""
        key, media, encoding = b"", None, None
        for name, value in scope["headers"]:
            if name == self._key_header:
                key = value
            elif name == b"content-type":
                media = value
            elif name == b"content-encoding":
                encoding = value
        with self._state.store.lock:
            # As every HTTP server's, but the sandbox's time: `created_at` is dated by it.
            headers: Headers = ((b"date", http_date(self._state.clock.now())),)
            try:
                self._keys.check(key.decode("latin-1"))
                now = self._actions.settle_due()
                verdict = self._limiter.take(key.decode("latin-1"), now)
                if verdict is not None:
                    headers += ((b"x-ratelimit-remaining", b"%d" % verdict.remaining),)
                    if not verdict.passes:
                        raise SandboxError(
                            self._spec.message("RateLimited"),
                            status=429,
                            retry_after=verdict.retry_after,
                        )
                query, errors = self._query(operation, scope["query_string"])
                values = self._values(operation, body, media, encoding, errors)
                text = self._handlers[operation.id](record_id, query, values, now)
            except SandboxError as problem:
                answer = error(problem)
                answer.headers = headers
                return answer
            except Exception:
                _logger.exception("The sandbox failed in %s.", operation.id)
                return self._problem(self._spec.message("InternalServerError"), 500)
        return Answer(operation.status, text.encode(), headers=headers)

    def _query(self, operation: Operation, query: bytes) -> tuple[dict[str, Any], Errors]:
        return operation.query.read(query) if operation.query is not None else ({}, {})

    def _values(
        self,
        operation: Operation,
        body: bytes,
        media: bytes | None,
        encoding: bytes | None,
        errors: Errors,
    ) -> dict[str, Any]:
        """Return the checked fields of the body; what the operation has no body for is ignored."""
        values: dict[str, Any] = {}
        if operation.body is not None:
            if body:
                _check_media(media, encoding)
                values = self._parse(body)
            operation.body(values, "", errors)
            if not body and operation.body_required and not errors:
                errors["body"] = ["The body is required."]
        if errors:
            raise self._invalid(errors)
        return values

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            parsed = jsons.parse(body.decode("utf-8"))
        except UnicodeDecodeError:
            raise self._invalid({"body": ["The body is not UTF-8."]}) from None
        except (ValueError, ArithmeticError, RecursionError):
            raise self._invalid({"body": ["The body is not valid JSON."]}) from None
        # Null counts as absent for a field. For the whole body it is more likely a mistake, and for
        # a refund it would give back everything.
        if not jsons.is_object(parsed):
            raise self._invalid({"body": ["The body must be a JSON object."]})
        return without_nulls(parsed)

    def _invalid(self, errors: Errors) -> SandboxError:
        return SandboxError(
            self._spec.message("ValidationFailedOneField"), status=422, errors=errors
        )

    def _problem(self, message: str, status: int) -> Answer:
        return error(SandboxError(message, status=status))

    # Faults

    async def _go_wrong(
        self,
        injected: InjectedFault,
        process: Callable[[], Answer],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        fault = injected.fault
        match fault.kind:
            case FaultKind.DELAY:
                answer = process() if fault.after_commit else None
                # Processed even if the client has given up meanwhile, as a real server does.
                await asyncio.sleep(fault.seconds)
                await _send(send, answer or process())
            case FaultKind.CONNECTION_REFUSED:
                answer = process()
                answer.headers += ((b"connection", b"close"),)
                self._refuse_connections(fault.seconds)
                await _send(send, answer)
            case FaultKind.RESET_BEFORE | FaultKind.RESET_AFTER_COMMIT:
                if fault.kind is FaultKind.RESET_AFTER_COMMIT:
                    process()
                connections.reset(connections.of(scope))
                await _gone(receive)
            case FaultKind.RATE_LIMITED:
                await _send(send, faults.failure(fault, self._spec.message("RateLimited")))
            case FaultKind.STATUS:
                if fault.after_commit:
                    process()
                await _send(send, faults.failure(fault, self._failure_message(fault.status)))
            case FaultKind.CUT_BODY:
                await _send_part(send, process())
                connections.of(scope).close()
                await _gone(receive)
            case FaultKind.DRIP:
                await _drip(send, process(), fault.seconds)
            case _:
                await _send(send, faults.spoiled(injected, process()))

    def _failure_message(self, status: int) -> str:
        example = {502: "BadGateway", 503: "ServiceUnavailable"}.get(status, "InternalServerError")
        return self._spec.message(example)


def _check_media(media: bytes | None, encoding: bytes | None) -> None:
    kind = (media or b"").partition(b";")[0].strip().lower()
    if kind != b"application/json":
        raise SandboxError("Send the body as JSON: Content-Type: application/json.", status=415)
    if encoding is not None and encoding.strip().lower() not in {b"", b"identity"}:
        raise SandboxError("Send the body without Content-Encoding.", status=415)


def _wrong_method(route: Route) -> Answer:
    answer = error(SandboxError("This path does not know this method.", status=405))
    answer.headers = ((b"allow", route.allow),)
    return answer


async def _body(scope: Scope, receive: Receive) -> tuple[bytes, Answer | None]:
    """Read the body of a request; the second value is the answer to one that is too large."""
    message = await receive()
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return (body, None) if len(body) <= MAX_BODY_BYTES else (b"", _too_large())
    whole = bytearray(body)
    while message.get("more_body", False):
        if len(whole) > MAX_BODY_BYTES:
            return b"", _too_large()
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        whole += message.get("body", b"")
    return (bytes(whole), None) if len(whole) <= MAX_BODY_BYTES else (b"", _too_large())


def _too_large() -> Answer:
    return error(SandboxError(f"A body may have {MAX_BODY_BYTES} bytes at most.", status=413))


async def _gone(receive: Receive) -> None:
    """Wait until the connection is closed, so that nothing more is sent on it."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send(send: Send, answer: Answer) -> None:
    await send(_start(answer))
    await send({"type": "http.response.body", "body": answer.body})


async def _send_part(send: Send, answer: Answer) -> None:
    await send(_start(answer))
    half = answer.body[: len(answer.body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})


async def _drip(send: Send, answer: Answer, seconds: float) -> None:
    await send(_start(answer))
    size = max(1, -(-len(answer.body) // _DRIPS))
    pieces = [answer.body[at : at + size] for at in range(0, len(answer.body), size)]
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
        await asyncio.sleep(seconds / len(pieces))
    await send({"type": "http.response.body", "body": b""})


def _start(answer: Answer) -> MutableMapping[str, Any]:
    return {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [
            (b"content-type", answer.content_type),
            (b"content-length", b"%d" % len(answer.body)),
            *answer.headers,
        ],
    }
