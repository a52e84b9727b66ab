"""The HTTP side of the API: an ASGI application for all paths below the base path.

Without a router and middleware: client benchmarks and fault runs measure through it.
"""

import logging
from collections.abc import Callable
from typing import Any

from . import faults, jsons
from .clock import http_date
from .errors import SandboxError
from .faults import FaultKind, InjectedFault
from .operations import Operations
from .records import RecordedRequest
from .responses import Headers, Receive, Response, Scope, Send, error, respond, start
from .server import Server
from .spec import Operation, Route
from .validation import Errors, without_nulls
from .world import World

_logger = logging.getLogger("apipay_sandbox")

MAX_BODY_BYTES = 1_048_576
_KEPT_BODY_BYTES = 16_384
_DRIPS = 20


class ClientDisconnectedError(Exception):
    """The client disconnected before it had sent its whole request."""


class Api:
    """The API of one sandbox."""

    def __init__(self, world: World, server: Server) -> None:
        self._world = world
        self._state = world.state
        self._spec = world.spec
        self._server = server
        self._operations = Operations(world.state).by_id
        unknown = self._spec.operations.keys() ^ self._operations.keys()
        if unknown:
            raise RuntimeError(f"The specification and the sandbox differ: {sorted(unknown)}.")
        self._prefix = len(self._spec.base_path)
        self._key_header = self._spec.key_header.lower().encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        found = self._spec.route(scope["path"][self._prefix :])
        if found is None:
            problem = SandboxError("There is no such path in the API.", status=404)
            await respond(send, error(problem))
            return
        route, record_id = found
        operation = route.operations.get(scope["method"])
        if operation is None:
            await respond(send, _wrong_method(route))
            return
        self._world.calls[operation.id] += 1
        body, rejection = b"", None
        try:
            body = await read_body(receive, MAX_BODY_BYTES)
        except ClientDisconnectedError:
            return
        except SandboxError as problem:
            rejection = error(problem)

        def process(at: float | None) -> Response:
            return rejection or self._respond(operation, record_id or 0, scope, body, at)

        injected = self._world.faults.choose(operation.id) if self._world.faults.all else None
        if injected is None:
            response: Response | None = process(None)
        else:
            response = await self._respond_with_fault(injected, process, scope)
        # Recorded before it is sent, so that a client finds its own request in the journal.
        self._record(operation, scope, body, injected, response)
        if response is None:
            await _wait_for_disconnect(receive)
        elif injected is not None and injected.fault.kind is FaultKind.DRIP:
            await self._drip(send, response, injected.fault.seconds)
        else:
            await respond(send, response)

    def _record(
        self,
        operation: Operation,
        scope: Scope,
        body: bytes,
        injected: InjectedFault | None,
        response: Response | None,
    ) -> None:
        self._world.record(
            RecordedRequest(
                at=self._state.clock.now(),
                operation=operation.id,
                method=operation.method,
                path=scope["path"],
                query=scope["query_string"].decode("latin-1"),
                body=body[:_KEPT_BODY_BYTES].decode("utf-8", "replace"),
                fault=None if injected is None else str(injected.fault.kind),
                status=None if response is None else response.status,
            )
        )

    def _respond(
        self, operation: Operation, record_id: int, scope: Scope, body: bytes, at: float | None
    ) -> Response:
        """Process a request, now or at a late moment, and return its response."""
        key, media, encoding = b"", None, None
        for name, value in scope["headers"]:
            if name == self._key_header:
                key = value
            elif name == b"content-type":
                media = value
            elif name == b"content-encoding":
                encoding = value
        world, state = self._world, self._state
        with state.store.lock:
            # The sandbox's time, which also dates `created_at`.
            headers: Headers = ((b"date", http_date(state.clock.now())),)
            try:
                world.keys.check(key.decode("latin-1"))
                now = state.run_due() if at is None else at
                decision = world.limiter.take(key.decode("latin-1"), now)
                if decision is not None:
                    headers += ((b"x-ratelimit-remaining", b"%d" % decision.remaining),)
                    if not decision.passes:
                        raise SandboxError(
                            self._spec.message("RateLimited"),
                            status=429,
                            retry_after=decision.retry_after,
                        )
                query, errors = operation.read_query(scope["query_string"])
                values = self._values(operation, body, media, encoding, errors)
                text = self._operations[operation.id](record_id, query, values, now)
            except SandboxError as problem:
                return error(problem, headers)
            except Exception:
                _logger.exception("The sandbox failed in %s.", operation.id)
                message = self._spec.message("InternalServerError")
                return error(SandboxError(message, status=500), headers)
        return Response(operation.status, text.encode(), headers=headers)

    def _values(
        self,
        operation: Operation,
        body: bytes,
        media: bytes | None,
        encoding: bytes | None,
        errors: Errors,
    ) -> dict[str, Any]:
        """Return the checked fields of the body; ignore the body of an operation without one."""
        values: dict[str, Any] = {}
        if operation.body is not None:
            if body:
                self._check_media(media, encoding)
                values = self._parse(body)
            operation.body(values, "", errors)
            if not body and operation.body_required and not errors:
                errors["body"] = ["The body is required."]
        if errors:
            raise self._invalid(errors)
        return values

    def _check_media(self, media: bytes | None, encoding: bytes | None) -> None:
        kind = (media or b"").partition(b";")[0].strip().lower()
        if kind != b"application/json":
            raise SandboxError(self._spec.message("UnsupportedMediaType"), status=415)
        if encoding is not None and encoding.strip().lower() not in {b"", b"identity"}:
            raise SandboxError("Send the body without Content-Encoding.", status=415)

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            parsed = jsons.parse(body.decode("utf-8"))
        except (ValueError, ArithmeticError, RecursionError):
            raise SandboxError(self._spec.message("InvalidRequestFormat")) from None
        # Null counts as absent for a field. A body of null is more likely a mistake, and as a
        # refund it would refund everything.
        if not jsons.is_object(parsed):
            raise self._invalid({"body": ["The body must be a JSON object."]})
        return without_nulls(parsed)

    def _invalid(self, errors: Errors) -> SandboxError:
        return SandboxError(
            self._spec.message("ValidationFailedOneField"), status=422, errors=errors
        )

    # Faults

    async def _respond_with_fault(
        self, injected: InjectedFault, process: Callable[[float | None], Response], scope: Scope
    ) -> Response | None:
        """Return the response of a call that a fault hits; None if its connection is lost."""
        fault, server = injected.fault, self._server
        match fault.kind:
            case FaultKind.DELAY:
                response = process(None) if fault.after_commit else None
                # Processed even if the client disconnects meanwhile, as in a real server.
                await server.sleep(fault.seconds)
                if server.stopping:
                    return error(SandboxError("The sandbox was stopped.", status=503))
                return response or process(None)
            case FaultKind.CONNECTION_REFUSED:
                response = process(None)
                response.headers += ((b"connection", b"close"),)
                await server.refuse(fault.seconds)
                return response
            case FaultKind.RESET_BEFORE | FaultKind.RESET_AFTER_COMMIT | FaultKind.LATE:
                if fault.kind is FaultKind.RESET_AFTER_COMMIT:
                    process(None)
                elif fault.kind is FaultKind.LATE:
                    self._schedule(process, fault.seconds)
                server.reset(scope)
                return None
            case FaultKind.DUPLICATE:
                process(None)
                return process(None)
            case FaultKind.RATE_LIMITED:
                return faults.failure(fault, self._spec.message("RateLimited"))
            case FaultKind.STATUS:
                if fault.after_commit:
                    process(None)
                example = {502: "BadGateway", 503: "ServiceUnavailable"}.get(fault.status)
                return faults.failure(fault, self._spec.message(example or "InternalServerError"))
            case FaultKind.CUT_BODY:
                response = process(None)
                server.cut(scope, len(response.body) // 2)
                return response
            case FaultKind.DRIP:
                return process(None)
            case _:
                return faults.spoiled(injected, process(None))

    def _schedule(self, process: Callable[[float | None], Response], seconds: float) -> None:
        with self._state.store.lock:
            moment = self._state.clock.now() + seconds
            self._state.schedule_call(moment, process)

    async def _drip(self, send: Send, response: Response, seconds: float) -> None:
        await start(send, response)
        size = max(1, -(-len(response.body) // _DRIPS))
        pieces = [response.body[at : at + size] for at in range(0, len(response.body), size)]
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await self._server.sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": b""})


async def read_body(receive: Receive, limit: int) -> bytes:
    """Return the body of a request.

    Raises:
        SandboxError: the body is larger than `limit`.
        ClientDisconnectedError: it ended before its end.
    """
    whole, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnectedError
        whole += message.get("body", b"")
        more = message.get("more_body", False)
        if len(whole) > limit:
            raise SandboxError(f"A body can have at most {limit} bytes.", status=413)
    return bytes(whole)


def _wrong_method(route: Route) -> Response:
    problem = SandboxError("This path does not support this method.", status=405)
    return error(problem, ((b"allow", route.allow),))


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
