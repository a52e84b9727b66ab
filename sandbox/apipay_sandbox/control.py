"""`/_sandbox/`: the control verbs over HTTP, for services and tests in any language.

JSON in both directions, without a key: the sandbox listens on loopback unless told otherwise.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse as _JSONResponse
from starlette.responses import Response
from starlette.routing import Route

from . import rendering, seed
from .api import ClientDisconnectedError, read_body
from .clock import timestamp
from .errors import SandboxError, invalid, not_found
from .faults import NEEDS_RELAY, PROFILES, Fault
from .jsons import encode, is_object, parse_floats
from .ratelimit import RateLimit
from .records import Invoice
from .responses import App, Receive, Scope, Send, error, error_body, respond
from .server import Server
from .world import World

PREFIX = "/_sandbox"
Handler = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")
_MAX_BODY_BYTES = 65_536
_MAX_INTEGER = 2**63 - 1
_FAULT_FIELDS = frozenset(attrs.fields_dict(Fault))
_TEXTS = {404: "There is no such address.", 405: "This address does not support this method."}


class JSONResponse(_JSONResponse):
    """A response in ASCII JSON: any text can be in it, also lone surrogates."""

    def render(self, content: Any) -> bytes:
        return encode(content).encode()


def control_app(world: World, server: Server) -> App:
    """Return the application: each route calls the verb of the same name."""
    control = _Control(world, server)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/state", control.state),
        ("POST", "/reset", control.reset),
        ("POST", "/seed", control.seed),
        ("GET", "/requests", control.requests),
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
        ("POST", "/fault-profiles/{name}", control.inject_profile),
        ("POST", "/refuse-connections", control.refuse_connections),
        ("PUT", "/rate-limit", control.set_rate_limit),
        ("DELETE", "/rate-limit", control.remove_rate_limit),
        ("POST", "/api-keys", control.add_api_key),
        ("POST", "/api-keys/expire", control.expire_api_key),
    ]
    verbs = [f"{method} {PREFIX}{path}" for method, path, _ in table]

    async def overview(request: Request) -> Response:
        return JSONResponse({"verbs": verbs, "fault_profiles": list(PROFILES)})

    routes = [Route(path, overview, methods=["GET"]) for path in (PREFIX, f"{PREFIX}/")]
    routes += [Route(PREFIX + path, handler, methods=[method]) for method, path, handler in table]
    app = Starlette(
        routes=routes,
        exception_handlers={SandboxError: _problem, HTTPException: _no_route},
    )
    app.router.redirect_slashes = False
    public_host = urlsplit(world.url).netloc

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in {"GET", "HEAD"} and _is_foreign(scope, public_host):
            problem = SandboxError("Pages of other sites cannot control the sandbox.", status=403)
            await respond(send, error(problem))
            return
        try:
            await app(scope, receive, send)
        except ClientDisconnectedError:
            return

    return guarded


def _is_foreign(scope: Scope, public_host: str) -> bool:
    """Return whether a page of another site sent the request.

    Browsers let any page post to this machine. They name the sender in `Sec-Fetch-Site` and
    `Origin`, which a page cannot omit or forge.
    """
    headers: dict[bytes, str] = {name: value.decode("latin-1") for name, value in scope["headers"]}
    if headers.get(b"sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return True
    origin: str | None = headers.get(b"origin")
    if origin is None:
        return False
    try:
        return str(urlsplit(origin).netloc) not in {headers.get(b"host"), public_host}
    except ValueError:
        return True


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, SandboxError)
    return JSONResponse(error_body(problem), problem.status)


async def _no_route(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    text = f"{_TEXTS.get(problem.status_code, problem.detail)} GET {PREFIX}/ lists the verbs."
    return JSONResponse({"message": text}, problem.status_code, problem.headers)


class _Control:
    def __init__(self, world: World, server: Server) -> None:
        self._world = world
        self._server = server

    async def state(self, request: Request) -> Response:
        world = self._world
        return JSONResponse(
            {
                "base_url": world.base_url,
                "api_key": world.settings.api_key,
                "webhook_secret": world.settings.webhook_secret,
                "now": timestamp(world.now.timestamp()),
                "organizations": len(world.organizations()),
                "invoices": len(world.invoices()),
                "refunds": len(world.refunds()),
                "recurring_invoices": len(world.recurring_invoices()),
                "deliveries": len(world.deliveries()),
                "calls": dict(world.calls),
            }
        )

    async def reset(self, request: Request) -> Response:
        self._world.reset()
        return JSONResponse({"message": "Sandbox state reset."})

    async def seed(self, request: Request) -> Response:
        fields = await _fields(request, seed.SECTIONS)
        await asyncio.to_thread(seed.load, self._world, fields)
        return JSONResponse({"message": "Seed data loaded."})

    async def requests(self, request: Request) -> Response:
        """Return the request journal; `?operation=` selects one operation."""
        found = self._world.requests(request.query_params.get("operation"))
        return JSONResponse({"data": [rendering.recorded_request(one) for one in found]})

    async def clock(self, request: Request) -> Response:
        return JSONResponse({"now": timestamp(self._world.now.timestamp())})

    async def advance(self, request: Request) -> Response:
        fields = await _fields(request, {"seconds"})
        moment = self._world.advance(_number(fields, "seconds"))
        return JSONResponse({"now": timestamp(moment.timestamp())})

    async def confirm(self, request: Request) -> Response:
        found = self._world.confirm_verification(_id(request, "organization"))
        return JSONResponse({"id": found.id, "status": found.status})

    async def refuse(self, request: Request) -> Response:
        found = self._world.refuse_verification(_id(request, "organization"))
        return JSONResponse({"id": found.id, "status": found.status})

    async def pay(self, request: Request) -> Response:
        fields = await _fields(request, {"client_name"})
        return _invoice(self._world.pay(_id(request, "invoice"), _text(fields, "client_name")))

    async def decline(self, request: Request) -> Response:
        return _invoice(self._world.decline(_id(request, "invoice")))

    async def expire(self, request: Request) -> Response:
        return _invoice(self._world.expire(_id(request, "invoice")))

    async def webhooks(self, request: Request) -> Response:
        found = self._world.webhooks()
        return JSONResponse({"data": [rendering.webhook(one, secret=False) for one in found]})

    async def add_webhook(self, request: Request) -> Response:
        fields = await _fields(request, {"url", "secret", "id"})
        url, secret = _required(_text(fields, "url"), "url"), _text(fields, "secret")
        chosen = _integer(fields, "id")
        # In a thread, because the host's name is resolved.
        added = await asyncio.to_thread(self._world.add_webhook, url, secret, chosen)
        return JSONResponse(rendering.webhook(added, secret=True))

    async def remove_webhook(self, request: Request) -> Response:
        self._world.remove_webhook(_id(request, "webhook"))
        return JSONResponse({"message": "The webhook was removed."})

    async def send_event(self, request: Request) -> Response:
        fields = await _fields(request, {"event", "webhook_id"})
        event = fields.get("event")
        if not is_object(event):
            raise invalid("event", "must be the JSON object to send.")
        queued = self._world.send_event(event, _integer(fields, "webhook_id"))
        return JSONResponse({"data": [rendering.delivery(one) for one in queued]})

    async def deliveries(self, request: Request) -> Response:
        """Return the delivery log.

        `?invoice_id=` selects the deliveries of an invoice; `?wait=5` waits up to 5 seconds until
        no delivery is in progress.
        """
        wait, invoice = request.query_params.get("wait"), request.query_params.get("invoice_id")
        try:
            seconds = float(wait) if wait is not None else 0.0
        except ValueError:
            raise invalid("wait", "must be a number of seconds.") from None
        invoice_id = _id_of(invoice)
        if invoice is not None and invoice_id is None:
            raise invalid("invoice_id", "must be the id of an invoice.")
        if seconds > 0:
            await asyncio.to_thread(self._world.wait_for_deliveries, min(seconds, 60.0))
        found = self._world.deliveries(invoice_id)
        return JSONResponse({"data": [rendering.delivery(one) for one in found]})

    async def redeliver(self, request: Request) -> Response:
        again = self._world.redeliver(_id(request, "delivery"))
        return JSONResponse(rendering.delivery(again))

    async def faults(self, request: Request) -> Response:
        return JSONResponse({"data": [one.shown() for one in self._world.active_faults()]})

    async def inject(self, request: Request) -> Response:
        fields = await _fields(request, _FAULT_FIELDS)
        _required(_text(fields, "kind"), "kind")
        fault = Fault(**fields)
        if fault.kind in NEEDS_RELAY:
            await self._server.use_relay()
        return JSONResponse(self._world.inject(fault).shown())

    async def inject_profile(self, request: Request) -> Response:
        fields = await _fields(request, {"seed"})
        injected = self._world.inject_profile(
            request.path_params["name"], _integer(fields, "seed") or 0
        )
        if any(one.fault.kind in NEEDS_RELAY for one in injected):
            await self._server.use_relay()
        return JSONResponse({"data": [one.shown() for one in injected]})

    async def clear_faults(self, request: Request) -> Response:
        self._world.clear_faults(_id(request, "fault") if "id" in request.path_params else None)
        return JSONResponse({"message": "The faults were removed."})

    async def refuse_connections(self, request: Request) -> Response:
        fields = await _fields(request, {"seconds"})
        seconds = refusal_seconds(_number(fields, "seconds"))
        await self._server.refuse(seconds)
        message = {"message": f"New connections are refused for {seconds:g} seconds."}
        return JSONResponse(message, headers={"Connection": "close"})

    async def set_rate_limit(self, request: Request) -> Response:
        fields = await _fields(request, {"requests", "window_seconds", "window"})
        window = fields.get("window", "fixed")
        if window not in ("fixed", "sliding"):
            raise invalid("window", "must be fixed or sliding.")
        requests = _required(_integer(fields, "requests"), "requests")
        self._world.set_rate_limit(RateLimit(requests, _number(fields, "window_seconds"), window))
        return JSONResponse({"message": "The rate limit was set."})

    async def remove_rate_limit(self, request: Request) -> Response:
        self._world.set_rate_limit(None)
        return JSONResponse({"message": "The rate limit was removed."})

    async def add_api_key(self, request: Request) -> Response:
        fields = await _fields(request, {"key"})
        return JSONResponse({"key": self._world.add_api_key(_text(fields, "key"))})

    async def expire_api_key(self, request: Request) -> Response:
        fields = await _fields(request, {"key"})
        self._world.expire_api_key(_text(fields, "key"))
        return JSONResponse({"message": "The key has expired."})


def refusal_seconds(seconds: float) -> float:
    """Return the seconds for which connections can be refused, or raise a 422."""
    if not 0 < seconds <= 3600:
        raise SandboxError("Connections can be refused for 0 to 3600 seconds.", status=422)
    return seconds


def _id_of(text: str | None) -> int | None:
    # 18 digits always fit an int64.
    if text is None or not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return int(text)


def _id(request: Request, what: str) -> int:
    number = _id_of(request.path_params["id"])
    if number is None:
        raise not_found(what, request.path_params["id"][:40])
    return number


def _invoice(record: Invoice) -> Response:
    return JSONResponse(rendering.invoice_event_data(record))


async def _fields(request: Request, allowed: "set[str] | frozenset[str]") -> dict[str, Any]:
    """Return the fields of a JSON object. Null counts as absent, an empty body as no fields."""
    body = await read_body(request.receive, _MAX_BODY_BYTES)
    if not body:
        return {}
    # Browsers do not let pages of other sites send JSON without asking first.
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise SandboxError("Send the body as JSON: Content-Type: application/json.", status=415)
    try:
        parsed = parse_floats(body.decode())
    except (ValueError, RecursionError):
        raise SandboxError("The body is not valid JSON.", status=422) from None
    if not is_object(parsed):
        raise SandboxError("The body must be a JSON object.", status=422)
    fields = {name: value for name, value in parsed.items() if value is not None}
    for name in fields.keys() - allowed:
        expected = f"Expected one of: {', '.join(sorted(allowed))}."
        raise SandboxError(f"Unknown field {name!r}. {expected}", status=422)
    return fields


def _required(value: T | None, name: str) -> T:
    if value is None:
        raise invalid(name, "is required.")
    return value


def _text(fields: dict[str, Any], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise invalid(name, "must be text.")
    return value


def _integer(fields: dict[str, Any], name: str) -> int | None:
    value = fields.get(name)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(name, "must be a whole number.")
    if abs(value) > _MAX_INTEGER:
        raise invalid(name, "is too large.")
    return value


def _number(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise invalid(name, "must be a number.")
    try:
        return float(value)
    except OverflowError:
        raise invalid(name, "is too large.") from None
