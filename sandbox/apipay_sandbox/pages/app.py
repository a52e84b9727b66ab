"""The pages as an ASGI application: each route calls a verb of the world and renders a template."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..domain import verification
from ..errors import SandboxError
from ..faults import NEEDS_RELAY, PROFILES, FaultKind
from ..ratelimit import RateLimit
from ..records import Invoice, Organization
from ..world import World
from . import forms
from .forms import Form, FormError
from .render import STATIC, Renderer, qr_code, static_file

PAGE_SIZE = 20
"""The number of rows on one page of a list."""
_LATEST = 5
_TEST_EVENT = {"event": "webhook.test"}
_REFRESH_SECONDS = 5
"""Without JavaScript the owner's page reloads this often. More often would disturb clicks."""
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Handler = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")


def pages_app(world: World, use_relay: Callable[[], Awaitable[None]] | None = None) -> ASGIApp:
    """Return the application that serves all pages.

    Args:
        use_relay: called before a fault that needs the TCP relay is started.
    """
    pages = Pages(world, use_relay)
    shown: dict[str, Handler] = {
        "/": pages.overview,
        "/pay/{token}": pages.payer,
        "/organizations": pages.organizations,
        "/organizations/{id}": pages.owner,
        "/invoices": pages.invoices,
        "/invoices/{id}": pages.invoice,
        "/refunds": pages.refunds,
        "/recurring-invoices": pages.recurring,
        "/deliveries": pages.deliveries,
        "/deliveries/{id}": pages.delivery,
        "/faults": pages.faults,
        "/requests": pages.requests,
    }
    posted: dict[str, Handler] = {
        "/pay/{token}/pay": partial(pages.payer_decides, verb=world.pay),
        "/pay/{token}/decline": partial(pages.payer_decides, verb=world.decline),
        "/organizations/{id}/confirm": partial(pages.decide, verb=world.confirm_verification),
        "/organizations/{id}/refuse": partial(pages.decide, verb=world.refuse_verification),
        "/invoices/{id}/pay": partial(pages.settle, verb=world.pay),
        "/invoices/{id}/decline": partial(pages.settle, verb=world.decline),
        "/invoices/{id}/expire": partial(pages.settle, verb=world.expire),
        "/deliveries/{id}/redeliver": pages.redeliver,
        "/clock/advance": pages.advance,
        "/webhooks": pages.add_webhook,
        "/webhooks/test": pages.send_test,
        "/webhooks/{id}/remove": pages.remove_webhook,
        "/faults/add": pages.add_fault,
        "/faults/profile": pages.add_profile,
        "/faults/clear": pages.clear_faults,
        "/faults/{id}/remove": pages.clear_faults,
        "/rate-limit": pages.set_rate_limit,
        "/rate-limit/remove": pages.remove_rate_limit,
    }
    app = Starlette(
        routes=[
            *(Route(f"/{name}", partial(static_file, name), methods=["GET"]) for name in STATIC),
            *(Route(path, page, methods=["GET"]) for path, page in shown.items()),
            *(Route(path, verb, methods=["POST"]) for path, verb in posted.items()),
        ],
        exception_handlers={SandboxError: pages.refusal, HTTPException: pages.no_page},
    )
    app.router.redirect_slashes = False
    public_host = urlsplit(world.url).netloc

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                message["headers"] = headers.raw
            await send(message)

        ours = scope["method"] in {"GET", "HEAD"} or forms.is_our_own(
            Headers(scope=scope), public_host
        )
        responder: ASGIApp = app if ours else pages.message(Request(scope), 403, "foreign")
        await responder(scope, receive, send_with_headers)

    return guarded


def cut(records: Sequence[T], page: int) -> tuple[Sequence[T], int, int]:
    """Return one page of the records, newest first, its number and the number of pages."""
    pages = max(1, -(-len(records) // PAGE_SIZE))
    page = min(max(page, 1), pages)
    return records[::-1][(page - 1) * PAGE_SIZE : page * PAGE_SIZE], page, pages


class Pages:
    """The handlers. All state is in the world."""

    def __init__(self, world: World, use_relay: Callable[[], Awaitable[None]] | None) -> None:
        self._world = world
        self._use_relay = use_relay
        self._renderer = Renderer(world.url)

    # The payer

    async def payer(self, request: Request) -> Response:
        """Show an invoice to its payer."""
        invoice = self._by_token(request)
        verified = [one for one in self._world.organizations() if one.status == "verified"]
        address = self._world.state.payment_url(invoice.kaspi_qr_token)
        return self._page(
            request,
            "payer.html",
            invoice=invoice,
            merchant=verified[0] if verified else None,
            left=invoice.deadline - self._now,
            qr_code=qr_code(address),
        )

    async def payer_decides(self, request: Request, verb: Callable[[int], object]) -> Response:
        """Pay or decline an invoice as its payer."""
        invoice = self._by_token(request)
        late = _too_late(lambda: verb(invoice.id))
        notice = "not-pending" if late else None
        return self._see(f"/pay/{invoice.kaspi_qr_token}", notice=notice)

    def _by_token(self, request: Request) -> Invoice:
        return _found(self._world.invoice_by_token(request.path_params["token"]))

    # The owner

    async def organizations(self, request: Request) -> Response:
        """List the organizations."""
        return self._page(request, "organizations.html", records=self._world.organizations()[::-1])

    async def owner(self, request: Request) -> Response:
        """Show a verification to the organization's owner."""
        organization: Organization = self._record(request, self._world.organizations())
        left = verification.seconds_left(organization, self._now)
        return self._page(
            request,
            "owner.html",
            organization=organization,
            left=left,
            window=round(self._world.spec.verification_seconds),
            refresh=None if left is None else min(_REFRESH_SECONDS, left),
        )

    async def decide(self, request: Request, verb: Callable[[int], object]) -> Response:
        """Confirm or refuse a verification as the organization's owner."""
        form, number = await forms.fields(request), self._id(request)
        if _too_late(lambda: verb(number)):
            return self._see(f"/organizations/{number}", notice="not-waiting")
        return self._back(form, f"/organizations/{number}")

    # The dashboard

    async def overview(self, request: Request) -> Response:
        """Show the dashboard's first page."""
        return self._overview(request)

    def _overview(self, request: Request, form: Form | None = None, **options: Any) -> Response:
        world = self._world
        organizations, now = world.organizations(), self._now
        return self._page(
            request,
            "overview.html",
            waiting=[one for one in organizations if verification.is_open(one, now)],
            invoices=world.invoices(),
            refunds=world.refunds(),
            recurring=world.recurring_invoices(),
            deliveries=world.deliveries(),
            latest=_LATEST,
            environment=world.environment,
            units=forms.UNITS,
            form=form or {"amount": "2", "unit": "minutes"},
            **options,
        )

    async def advance(self, request: Request) -> Response:
        """Move the clock."""
        form = await forms.fields(request)
        try:
            self._world.advance(forms.seconds(form))
        except (FormError, SandboxError) as problem:
            return self._overview(request, form, problem=problem)
        return self._see("/", notice="clock-moved")

    async def invoices(self, request: Request) -> Response:
        """List invoices, all or those of a status or of a recurring invoice."""
        records, status = self._world.invoices(), request.query_params.get("status") or None
        recurring = forms.identifier(request.query_params.get("recurring"))
        if recurring is not None:
            records = [one for one in records if one.recurring_invoice_id == recurring]
        chosen = [one for one in records if status in (None, one.status)]
        statuses = self._world.spec.statuses("InvoiceStatus")
        counts = {name: sum(one.status == name for one in records) for name in statuses}
        return self._list(
            request,
            "invoices.html",
            chosen,
            {"status": status, "recurring": recurring},
            counts=counts,
            total=len(records),
        )

    async def invoice(self, request: Request) -> Response:
        """Show an invoice with its refunds and deliveries."""
        world = self._world
        invoice = self._record(request, world.invoices())
        return self._page(
            request,
            "invoice.html",
            invoice=invoice,
            payment_url=world.state.payment_url(invoice.kaspi_qr_token),
            refunds=[one for one in world.refunds() if one.invoice_id == invoice.id][::-1],
            deliveries=world.deliveries(invoice.id)[::-1],
        )

    async def settle(self, request: Request, verb: Callable[[int], object]) -> Response:
        """Pay, decline or expire an invoice."""
        form, number = await forms.fields(request), self._id(request)
        if _too_late(lambda: verb(number)):
            return self._see(f"/invoices/{number}", notice="not-pending")
        return self._back(form, f"/invoices/{number}")

    async def refunds(self, request: Request) -> Response:
        """List refunds."""
        return self._list(request, "refunds.html", self._world.refunds())

    async def recurring(self, request: Request) -> Response:
        """List recurring invoices."""
        return self._list(request, "recurring.html", self._world.recurring_invoices())

    async def requests(self, request: Request) -> Response:
        """List the requests to the API."""
        return self._list(request, "requests.html", self._world.requests())

    # Webhooks

    async def deliveries(self, request: Request) -> Response:
        """List webhooks and the deliveries to them."""
        return self._deliveries(request)

    def _deliveries(self, request: Request, form: Form | None = None, **options: Any) -> Response:
        return self._list(
            request,
            "deliveries.html",
            self._world.deliveries(),
            webhooks=self._world.webhooks(),
            default_secret=self._world.settings.webhook_secret,
            form=form or {},
            **options,
        )

    async def delivery(self, request: Request) -> Response:
        """Show a delivery: its body, and every attempt with its response."""
        delivery = self._record(request, self._world.deliveries())
        # Indented, and Cyrillic as letters.
        readable = json.dumps(json.loads(delivery.body), indent=2, ensure_ascii=False)
        return self._page(request, "delivery.html", delivery=delivery, readable=readable)

    async def redeliver(self, request: Request) -> Response:
        """Send a delivery again."""
        form = await forms.fields(request)
        again = self._world.redeliver(self._id(request))
        return self._back(form, f"/deliveries/{again.id}")

    async def add_webhook(self, request: Request) -> Response:
        """Add a webhook."""
        form = await forms.fields(request)
        add = partial(self._world.add_webhook, form.get("url", ""), form.get("secret") or None)
        try:
            await asyncio.to_thread(add)  # it resolves the host's name
        except SandboxError as problem:
            return self._deliveries(request, form, problem=problem)
        return self._see("/deliveries", notice="webhook-added")

    async def send_test(self, request: Request) -> Response:
        """Send an event that is about no invoice."""
        self._world.send_event(_TEST_EVENT)
        return self._see("/deliveries", notice="test-sent")

    async def remove_webhook(self, request: Request) -> Response:
        """Remove a webhook."""
        self._world.remove_webhook(self._id(request))
        return self._see("/deliveries", notice="webhook-removed")

    # Faults and the rate limit

    async def faults(self, request: Request) -> Response:
        """Show the active faults, the rate limit, and the forms that change them."""
        return self._faults(request)

    def _faults(self, request: Request, form: Form | None = None, **options: Any) -> Response:
        world = self._world
        return self._page(
            request,
            "faults.html",
            faults=world.active_faults(),
            profiles=list(PROFILES),
            kinds=list(FaultKind),
            operations=sorted(world.spec.operations),
            limit=world.limiter.limit,
            form=form or {},
            **options,
        )

    async def add_fault(self, request: Request) -> Response:
        """Start a fault."""
        form = await forms.fields(request)
        try:
            fault = forms.fault(form)
            self._world.inject(fault)
        except (FormError, SandboxError) as problem:
            return self._faults(request, form, problem=problem)
        return await self._injected([fault.kind])

    async def add_profile(self, request: Request) -> Response:
        """Start the faults of a profile."""
        form = await forms.fields(request)
        try:
            injected = self._world.inject_profile(form.get("profile", ""))
        except SandboxError as problem:
            return self._faults(request, form, problem=problem)
        return await self._injected([one.fault.kind for one in injected])

    async def _injected(self, kinds: Sequence[FaultKind]) -> Response:
        if self._use_relay is not None and NEEDS_RELAY.intersection(kinds):
            await self._use_relay()
        return self._see("/faults", notice="fault-added")

    async def clear_faults(self, request: Request) -> Response:
        """Stop one fault, or all."""
        self._world.clear_faults(self._id(request) if "id" in request.path_params else None)
        return self._see("/faults", notice="fault-removed")

    async def set_rate_limit(self, request: Request) -> Response:
        """Change the rate limit."""
        form = await forms.fields(request)
        try:
            limit = RateLimit(
                forms.whole(form, "requests") or 0,
                forms.number(form, "window_seconds") or 0,
                "sliding" if form.get("window") == "sliding" else "fixed",
            )
        except (FormError, SandboxError) as problem:
            return self._faults(request, form, problem=problem)
        self._world.set_rate_limit(limit)
        return self._see("/faults", notice="limit-changed")

    async def remove_rate_limit(self, request: Request) -> Response:
        """Remove the rate limit."""
        self._world.set_rate_limit(None)
        return self._see("/faults", notice="limit-changed")

    # Errors

    async def refusal(self, request: Request, problem: Exception) -> Response:
        """Show why a verb was rejected."""
        assert isinstance(problem, SandboxError)
        if problem.status == 404:
            return self.message(request, 404, "404")
        return self.message(request, problem.status, "refused", problem)

    async def no_page(self, request: Request, problem: Exception) -> Response:
        """Show that an address or a method does not exist."""
        assert isinstance(problem, HTTPException)
        key = "405" if problem.status_code == 405 else "404"
        response = self.message(request, problem.status_code, key)
        response.headers.update(problem.headers or {})
        return response

    def message(
        self, request: Request, status: int, key: str, problem: Exception | None = None
    ) -> Response:
        """Return a page with one message."""
        return self._page(request, "message.html", status=status, key=key, problem=problem)

    # Rendering

    @property
    def _now(self) -> float:
        return self._world.now.timestamp()

    def _see(self, path: str, **query: str | int | None) -> Response:
        return RedirectResponse(self._renderer.url(path, **query), 303)

    def _back(self, form: Form, path: str) -> Response:
        return RedirectResponse(forms.place(form, self._renderer.url(path)), 303)

    def _id(self, request: Request) -> int:
        return _found(forms.identifier(request.path_params["id"]))

    def _record(self, request: Request, records: Sequence[Any]) -> Any:
        number = self._id(request)
        return _found(next((one for one in records if one.id == number), None))

    def _list(
        self,
        request: Request,
        template: str,
        records: Sequence[Any],
        choice: Mapping[str, str | int | None] | None = None,
        **values: Any,
    ) -> Response:
        """Render one page of a list. `choice` is what it was narrowed to."""
        wanted = forms.identifier(request.query_params.get("page")) or 1
        shown, page, pages = cut(records, wanted)
        values = {"choice": choice or {}, "page": page, "pages": pages, **values}
        return self._page(request, template, records=shown, **values)

    def _page(self, request: Request, template: str, **values: Any) -> Response:
        return self._renderer.page(request, template, now=self._now, **values)


def _too_late(verb: Callable[[], object]) -> bool:
    """Call a verb; return whether it came too late."""
    try:
        verb()
    except SandboxError as problem:
        if problem.status == 409:
            return True
        raise
    return False


def _found(record: T | None) -> T:
    if record is None:
        raise SandboxError("There is no such record.", status=404)
    return record
