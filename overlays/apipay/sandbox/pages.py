"""The pages that people see: the payer's page behind `payment_url`.

Server-rendered and without JavaScript; every value is escaped. They call the same verbs as tests.
"""

from html import escape
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from . import rendering
from .errors import SandboxError
from .records import Invoice

if TYPE_CHECKING:
    from .sandbox import Sandbox


def page_routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return the routes of all pages."""
    pages = _Pages(sandbox)
    return [
        Route("/pay/{token}", pages.payer, methods=["GET"]),
        Route("/pay/{token}/pay", pages.pay, methods=["POST"]),
        Route("/pay/{token}/decline", pages.decline, methods=["POST"]),
    ]


class _Pages:
    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    async def payer(self, request: Request) -> Response:
        invoice = self._invoice(request)
        forms = ""
        if invoice.status == "pending":
            here = f"/pay/{escape(invoice.kaspi_qr_token)}"
            forms = (
                f'<form method="post" action="{here}/pay"><button>Pay</button></form>'
                f'<form method="post" action="{here}/decline"><button>Decline</button></form>'
            )
        return HTMLResponse(
            f"<!DOCTYPE html><title>Invoice {invoice.id}</title>"
            f"<h1>{rendering.money(invoice.amount)} KZT</h1>"
            f"<p>{escape(invoice.description or '')}</p><p>{invoice.status}</p>{forms}"
        )

    async def pay(self, request: Request) -> Response:
        self._sandbox.pay(self._invoice(request).id)
        return self._back(request)

    async def decline(self, request: Request) -> Response:
        self._sandbox.decline(self._invoice(request).id)
        return self._back(request)

    def _invoice(self, request: Request) -> Invoice:
        found = self._sandbox.invoice_by_token(request.path_params["token"])
        if found is None:
            raise SandboxError("There is no such invoice.", status=404)
        return found

    def _back(self, request: Request) -> Response:
        return RedirectResponse(f"/pay/{request.path_params['token']}", status_code=303)
