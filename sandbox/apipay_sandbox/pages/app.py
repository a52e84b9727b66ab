"""The pages as an ASGI application: each route calls a verb of the sandbox and renders a page."""

import math
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..errors import SandboxError
from ..records import Invoice
from ..world import World
from . import forms
from .addresses import Addresses
from .dashboard import UNITS, Snapshot, organizations_page, overview_page
from .deliveries import deliveries_page, delivery_page
from .invoices import invoice_page, invoices_page, recurring_page, refunds_page
from .layout import Choice, message_page, stylesheet
from .owner import owner_page
from .payer import payer_page

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": browsers would then send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def pages_app(world: World) -> ASGIApp:
    """Return the application that serves all pages."""
    pages = Pages(world)
    reading: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("/", pages.overview),
        ("/style.css", pages.style),
        ("/pay/{token}", pages.payer),
        ("/organizations", pages.organizations),
        ("/organizations/{id}", pages.owner),
        ("/invoices", pages.invoices),
        ("/invoices/{id}", pages.invoice),
        ("/refunds", pages.refunds),
        ("/recurring-invoices", pages.recurring),
        ("/deliveries", pages.deliveries),
        ("/deliveries/{id}", pages.delivery),
    ]
    changing: list[tuple[str, Callable[[Request], Awaitable[Response]]]] = [
        ("/pay/{token}/pay", pages.payer_pays),
        ("/pay/{token}/decline", pages.payer_declines),
        ("/organizations/{id}/confirm", pages.confirm),
        ("/organizations/{id}/refuse", pages.refuse),
        ("/invoices/{id}/pay", pages.pay),
        ("/invoices/{id}/expire", pages.expire),
        ("/deliveries/{id}/redeliver", pages.redeliver),
        ("/clock/advance", pages.advance),
    ]
    app = Starlette(
        routes=[
            *(Route(path, page, methods=["GET"]) for path, page in reading),
            *(Route(path, verb, methods=["POST"]) for path, verb in changing),
        ],
        exception_handlers={SandboxError: pages.refusal, HTTPException: pages.no_page},
    )
    app.router.redirect_slashes = False
    return _Guard(app, pages.addresses, urlsplit(world.url).netloc)


class _Guard:
    """Around all pages: strict headers on every answer, and no form from another site."""

    def __init__(self, app: ASGIApp, addresses: Addresses, public_host: str) -> None:
        self._app = app
        self._addresses = addresses
        self._public_host = public_host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.update(_HEADERS)
                headers.setdefault("Cache-Control", "no-store")
                message["headers"] = headers.raw
            await send(message)

        app = self._app
        if scope["method"] not in {"GET", "HEAD"} and not forms.is_our_own(
            Headers(scope=scope), self._public_host
        ):
            app = HTMLResponse(
                message_page(
                    self._addresses,
                    "Not allowed from another site",
                    "Only the sandbox's own pages can do this. Open its dashboard and try there.",
                ),
                403,
            )
        await app(scope, receive, send_with_headers)


class Pages:
    """The routes. All state is the sandbox's."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._spec = world.spec
        self.addresses = Addresses(urlsplit(world.url).path)

    # The payer

    async def payer(self, request: Request) -> Response:
        invoice = self._by_token(request)
        verified = [one for one in self._world.organizations() if one.status == "verified"]
        return HTMLResponse(
            payer_page(
                self.addresses,
                invoice,
                verified[0] if verified else None,
                self._payment_url(invoice),
                request.query_params.get("notice"),
            )
        )

    async def payer_pays(self, request: Request) -> Response:
        return self._payer_decides(request, self._world.pay)

    async def payer_declines(self, request: Request) -> Response:
        return self._payer_decides(request, self._world.decline)

    def _payer_decides(self, request: Request, verb: Callable[[int], object]) -> Response:
        invoice = self._by_token(request)
        late = _too_late(lambda: verb(invoice.id))
        return _see(
            self.addresses.payer(invoice.kaspi_qr_token, notice="not-pending" if late else None)
        )

    def _by_token(self, request: Request) -> Invoice:
        found = self._world.invoice_by_token(request.path_params["token"])
        return forms.known(found, "invoice")

    def _payment_url(self, invoice: Invoice) -> str:
        return f"{self._world.url}/pay/{invoice.kaspi_qr_token}"

    # The owner

    async def organizations(self, request: Request) -> Response:
        world = self._world
        return HTMLResponse(
            organizations_page(self.addresses, world.organizations(), world.now.timestamp())
        )

    async def owner(self, request: Request) -> Response:
        number = self._id(request, "organization")
        found = next((one for one in self._world.organizations() if one.id == number), None)
        return HTMLResponse(
            owner_page(
                self.addresses,
                forms.known(found, "organization"),
                self._world.now.timestamp(),
                self._spec.verification_seconds,
                request.query_params.get("notice"),
            )
        )

    async def confirm(self, request: Request) -> Response:
        return await self._owner_decides(request, self._world.confirm_verification)

    async def refuse(self, request: Request) -> Response:
        return await self._owner_decides(request, self._world.refuse_verification)

    async def _owner_decides(self, request: Request, verb: Callable[[int], object]) -> Response:
        form = await forms.fields(request)
        number = self._id(request, "organization")
        here = self.addresses.organization(number)
        if _too_late(lambda: verb(number)):
            return _see(f"{here}?notice=not-waiting")
        return _see(forms.place(form, here))

    # The dashboard

    async def overview(self, request: Request) -> Response:
        world = self._world
        seen = Snapshot(
            organizations=world.organizations(),
            invoices=world.invoices(),
            refunds=world.refunds(),
            recurring_invoices=world.recurring_invoices(),
            deliveries=world.deliveries(),
            now=world.now.timestamp(),
            environment=world.environment,
        )
        return HTMLResponse(overview_page(self.addresses, seen))

    async def style(self, request: Request) -> Response:
        # Its address changes with its content.
        kept = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(stylesheet(), media_type="text/css", headers=kept)

    async def invoices(self, request: Request) -> Response:
        choice = _choice(request)
        return HTMLResponse(
            invoices_page(
                self.addresses,
                self._world.invoices(),
                self._spec.statuses("InvoiceStatus"),
                choice,
                request.query_params.get("notice"),
            )
        )

    async def invoice(self, request: Request) -> Response:
        number = self._id(request, "invoice")
        world = self._world
        found = next((one for one in world.invoices() if one.id == number), None)
        invoice = forms.known(found, "invoice")
        return HTMLResponse(
            invoice_page(
                self.addresses,
                invoice,
                self._payment_url(invoice),
                [one for one in world.refunds() if one.invoice_id == number],
                world.deliveries(number),
                request.query_params.get("notice"),
            )
        )

    async def pay(self, request: Request) -> Response:
        return await self._settle(request, self._world.pay)

    async def expire(self, request: Request) -> Response:
        return await self._settle(request, self._world.expire)

    async def _settle(self, request: Request, verb: Callable[[int], object]) -> Response:
        form = await forms.fields(request)
        number = self._id(request, "invoice")
        here = self.addresses.invoice(number)
        if _too_late(lambda: verb(number)):
            return _see(f"{here}?notice=not-pending")
        return _see(forms.place(form, here))

    async def refunds(self, request: Request) -> Response:
        return HTMLResponse(refunds_page(self.addresses, self._world.refunds(), _choice(request)))

    async def recurring(self, request: Request) -> Response:
        records = self._world.recurring_invoices()
        return HTMLResponse(recurring_page(self.addresses, records, _choice(request)))

    async def deliveries(self, request: Request) -> Response:
        world = self._world
        return HTMLResponse(
            deliveries_page(self.addresses, world.deliveries(), world.webhooks(), _choice(request))
        )

    async def delivery(self, request: Request) -> Response:
        number = self._id(request, "delivery")
        found = next((one for one in self._world.deliveries() if one.id == number), None)
        return HTMLResponse(delivery_page(self.addresses, forms.known(found, "delivery")))

    async def redeliver(self, request: Request) -> Response:
        form = await forms.fields(request)
        again = self._world.redeliver(self._id(request, "delivery"))
        return _see(forms.place(form, self.addresses.delivery(again.id)))

    async def advance(self, request: Request) -> Response:
        form = await forms.fields(request)
        try:
            amount = float(form.get("amount", ""))
        except ValueError:
            amount = math.nan
        unit = UNITS.get(form.get("unit", "seconds"))
        if not math.isfinite(amount) or unit is None:
            raise SandboxError(
                f"Give a number, and one of the units {', '.join(UNITS)}.", status=422
            )
        self._world.advance(amount * unit)
        return _see(self.addresses.at("/"))

    # What goes wrong

    async def refusal(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, SandboxError)
        return self._failed(problem.status, problem.message)

    async def no_page(self, request: Request, problem: Exception) -> Response:
        assert isinstance(problem, HTTPException)
        said = {
            404: "There is no page at this address.",
            405: "This address is for a button on a page: it cannot be opened."
            if request.method in {"GET", "HEAD"}
            else "This page can be opened, and nothing else.",
        }
        answer = self._failed(problem.status_code, said.get(problem.status_code, problem.detail))
        answer.headers.update(problem.headers or {})
        return answer

    def _failed(self, status: int, message: str) -> Response:
        title = HTTPStatus(status).phrase.capitalize()
        return HTMLResponse(message_page(self.addresses, title, message), status)

    @staticmethod
    def _id(request: Request, what: str) -> int:
        return forms.known(forms.number(request.path_params["id"]), what)


def _too_late(verb: Callable[[], object]) -> bool:
    """Do it, and say whether somebody or the clock was faster."""
    try:
        verb()
    except SandboxError as problem:
        if problem.status != HTTPStatus.CONFLICT:
            raise
        return True
    return False


def _choice(request: Request) -> Choice:
    query = request.query_params
    return Choice(
        page=forms.number(query.get("page")) or 1,
        status=query.get("status") or None,
        recurring=forms.number(query.get("recurring")),
    )


def _see(address: str) -> Response:
    """Go to a page with GET, so that loading it again does not post again."""
    return RedirectResponse(address, status_code=HTTPStatus.SEE_OTHER)
