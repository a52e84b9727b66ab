"""`/_sandbox/`: the control verbs over HTTP, for services and tests in any language.

JSON both ways, no key needed: the sandbox listens on loopback unless told otherwise.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from . import rendering
from .clock import timestamp
from .errors import SandboxError
from .faults import Fault
from .jsons import is_object
from .pages.forms import is_our_own, known, number
from .ratelimit import RateLimit
from .records import Invoice

if TYPE_CHECKING:
    from .sandbox import Sandbox

PREFIX = "/_sandbox"
Handler = Callable[[Request], Awaitable[Response]]
_MAX_BODY_BYTES = 65_536
_MAX_INTEGER = 2**63 - 1  # what SQLite keeps
_FAULT_FIELDS = frozenset(attrs.fields_dict(Fault))


def control_routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return the routes, each a thin layer over the verb of the same name."""
    control = _Control(sandbox)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/state", control.state),
        ("POST", "/reset", control.reset),
        ("GET", "/clock", control.clock),
        ("POST", "/clock/advance", control.advance),
        ("POST", "/organizations/{id}/confirm", control.confirm),
        ("POST", "/organizations/{id}/refuse", control.refuse),
        ("POST", "/invoices/{id}/pay", control.pay),
        ("POST", "/invoices/{id}/decline", control.decline),
        ("POST", "/invoices/{id}/expire", control.expire),
        ("GET", "/webhooks", control.webhooks),
        ("POST", "/webhooks", control.add_webhook),
        ("DELETE", "/webhooks/{id}", control.remove_webhook),
        ("POST", "/events", control.send_event),
        ("GET", "/deliveries", control.deliveries),
        ("POST", "/deliveries/{id}/redeliver", control.redeliver),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.inject),
        ("DELETE", "/faults", control.clear_faults),
        ("DELETE", "/faults/{id}", control.clear_faults),
        ("POST", "/refuse-connections", control.refuse_connections),
        ("PUT", "/rate-limit", control.set_rate_limit),
        ("DELETE", "/rate-limit", control.remove_rate_limit),
        ("POST", "/api-keys", control.add_api_key),
        ("POST", "/api-keys/expire", control.expire_api_key),
    ]
    verbs = [f"{method} {PREFIX}{path}" for method, path, _ in table]

    async def overview(request: Request) -> Response:
        return JSONResponse({"verbs": verbs})

    routes = [Route("/", overview, methods=["GET"])]
    routes += [Route(path, handler, methods=[method]) for method, path, handler in table]
    guard = Middleware(_Guard, public_host=urlsplit(sandbox.url).netloc)
    return [
        Route(PREFIX, overview, methods=["GET"]),
        Mount(PREFIX, Router(routes, redirect_slashes=False), middleware=[guard]),
    ]


class _Guard:
    """Changes nothing for a page of another site: a browser lets any page post to this machine."""

    def __init__(self, app: ASGIApp, public_host: str) -> None:
        self._app = app
        self._public_host = public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"} and not is_our_own(
            Headers(scope=scope), self._public_host
        ):
            raise SandboxError("Pages of other sites cannot control the sandbox.", status=403)
        await self._app(scope, receive, send)


class _Control:
    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    async def state(self, request: Request) -> Response:
        sandbox = self._sandbox
        return JSONResponse(
            {
                "base_url": sandbox.base_url,
                "api_key": sandbox.api_key,
                "webhook_secret": sandbox.webhook_secret,
                "now": timestamp(sandbox.now.timestamp()),
                "organizations": len(sandbox.organizations()),
                "invoices": len(sandbox.invoices()),
                "refunds": len(sandbox.refunds()),
                "recurring_invoices": len(sandbox.recurring_invoices()),
                "deliveries": len(sandbox.deliveries()),
                "calls": dict(sandbox.calls),
            }
        )

    async def reset(self, request: Request) -> Response:
        self._sandbox.reset()
        return JSONResponse({"message": "Everything was forgotten."})

    async def clock(self, request: Request) -> Response:
        return JSONResponse({"now": timestamp(self._sandbox.now.timestamp())})

    async def advance(self, request: Request) -> Response:
        fields = await _fields(request, {"seconds"})
        moment = self._sandbox.advance(_number(fields, "seconds"))
        return JSONResponse({"now": timestamp(moment.timestamp())})

    async def confirm(self, request: Request) -> Response:
        found = self._sandbox.confirm_verification(_id(request, "organization"))
        return JSONResponse({"id": found.id, "status": found.status})

    async def refuse(self, request: Request) -> Response:
        found = self._sandbox.refuse_verification(_id(request, "organization"))
        return JSONResponse({"id": found.id, "status": found.status})

    async def pay(self, request: Request) -> Response:
        fields = await _fields(request, {"client_name"})
        name = _text(fields, "client_name") if "client_name" in fields else None
        return _invoice(self._sandbox.pay(_id(request, "invoice"), name))

    async def decline(self, request: Request) -> Response:
        return _invoice(self._sandbox.decline(_id(request, "invoice")))

    async def expire(self, request: Request) -> Response:
        return _invoice(self._sandbox.expire(_id(request, "invoice")))

    async def webhooks(self, request: Request) -> Response:
        found = self._sandbox.webhooks()
        return JSONResponse({"data": [rendering.webhook(one, secret=False) for one in found]})

    async def add_webhook(self, request: Request) -> Response:
        fields = await _fields(request, {"url", "secret", "id"})
        url = _text(fields, "url")
        secret = _text(fields, "secret") if "secret" in fields else None
        chosen = _integer(fields, "id") if "id" in fields else None
        # In a thread: the host's name is looked up.
        added = await asyncio.to_thread(self._sandbox.add_webhook, url, secret, chosen)
        return JSONResponse(rendering.webhook(added, secret=True))

    async def remove_webhook(self, request: Request) -> Response:
        self._sandbox.remove_webhook(_id(request, "webhook"))
        return JSONResponse({"message": "The webhook was removed."})

    async def send_event(self, request: Request) -> Response:
        fields = await _fields(request, {"event", "webhook_id"})
        event = fields.get("event")
        if not is_object(event):
            raise _invalid("event", "must be the object to send.")
        chosen = _integer(fields, "webhook_id") if "webhook_id" in fields else None
        queued = self._sandbox.send_event(event, chosen)
        return JSONResponse({"data": [rendering.delivery(one) for one in queued]})

    async def deliveries(self, request: Request) -> Response:
        """`?invoice_id=` picks one invoice's; `?wait=5` waits so long until none is under way."""
        wait, invoice = request.query_params.get("wait"), request.query_params.get("invoice_id")
        try:
            seconds = float(wait) if wait is not None else 0.0
        except ValueError:
            raise _invalid("wait", "must be a number of seconds.") from None
        invoice_id = number(invoice)
        if invoice is not None and invoice_id is None:
            raise _invalid("invoice_id", "must be the id of an invoice.")
        if seconds > 0:
            await asyncio.to_thread(self._sandbox.wait_for_deliveries, min(seconds, 60.0))
        found = self._sandbox.deliveries(invoice_id)
        return JSONResponse({"data": [rendering.delivery(one) for one in found]})

    async def redeliver(self, request: Request) -> Response:
        again = self._sandbox.redeliver(_id(request, "delivery"))
        return JSONResponse(rendering.delivery(again))

    async def faults(self, request: Request) -> Response:
        return JSONResponse({"data": [one.shown() for one in self._sandbox.faults()]})

    async def inject(self, request: Request) -> Response:
        fields = await _fields(request, _FAULT_FIELDS)
        if "kind" not in fields:
            raise _invalid("kind", "is required.")
        return JSONResponse(self._sandbox.inject(Fault(**fields)).shown())

    async def clear_faults(self, request: Request) -> Response:
        self._sandbox.clear_faults(_id(request, "fault") if "id" in request.path_params else None)
        return JSONResponse({"message": "Done."})

    async def refuse_connections(self, request: Request) -> Response:
        fields = await _fields(request, {"seconds"})
        self._sandbox.refuse_connections(_number(fields, "seconds"))
        answer = JSONResponse({"message": "New connections are refused from now on."})
        answer.headers["Connection"] = "close"
        return answer

    async def set_rate_limit(self, request: Request) -> Response:
        fields = await _fields(request, {"requests", "window_seconds", "window"})
        window = fields.get("window", "fixed")
        if window not in ("fixed", "sliding"):
            raise _invalid("window", "must be fixed or sliding.")
        limit = RateLimit(_integer(fields, "requests"), _number(fields, "window_seconds"), window)
        self._sandbox.set_rate_limit(limit)
        return JSONResponse({"message": "The rate limit was set."})

    async def remove_rate_limit(self, request: Request) -> Response:
        self._sandbox.set_rate_limit(None)
        return JSONResponse({"message": "There is no rate limit now."})

    async def add_api_key(self, request: Request) -> Response:
        fields = await _fields(request, {"key"})
        key = _text(fields, "key") if "key" in fields else None
        return JSONResponse({"key": self._sandbox.add_api_key(key)})

    async def expire_api_key(self, request: Request) -> Response:
        fields = await _fields(request, {"key"})
        self._sandbox.expire_api_key(_text(fields, "key") if "key" in fields else None)
        return JSONResponse({"message": "The key has expired."})


def _id(request: Request, what: str) -> int:
    return known(number(request.path_params["id"]), what)


def _invoice(record: Invoice) -> Response:
    return JSONResponse(rendering.invoice_event_data(record))


async def _fields(request: Request, allowed: "set[str] | frozenset[str]") -> dict[str, Any]:
    """Read a JSON object of known fields; null counts as absent, and so does an empty body."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BODY_BYTES:
            raise SandboxError("The body is too large.", status=413)
    if not body:
        return {}
    # Also keeps pages of other sites out: a browser does not send them JSON unasked.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise SandboxError("Send the body as JSON: Content-Type: application/json.", status=415)
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise SandboxError("The body is not valid JSON.", status=422) from None
    if not is_object(parsed):
        raise SandboxError("The body must be a JSON object.", status=422)
    fields = {k: v for k, v in parsed.items() if v is not None}
    for name in fields.keys() - allowed:
        raise _invalid(name, f"is not known; there are {', '.join(sorted(allowed))}.")
    return fields


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise _invalid(name, "must be text.")
    return value


def _integer(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _invalid(name, "must be a whole number.")
    if abs(value) > _MAX_INTEGER:
        raise _invalid(name, "is too large.")
    return value


def _number(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _invalid(name, "must be a number.")
    try:
        return float(value)
    except OverflowError:
        raise _invalid(name, "is too large.") from None


def _invalid(name: str, problem: str) -> SandboxError:
    message = f"{name} {problem}"
    return SandboxError(message, status=422, errors={name: [message]})
