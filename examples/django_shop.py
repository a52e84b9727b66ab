"""A small shop with Django in one file: create an invoice, redirect to it, receive the webhook.

    python django_shop.py runserver 8000

Needs APIPAY_API_KEY and APIPAY_WEBHOOK_SECRET (and APIPAY_BASE_URL for a sandbox); SHOP_FOLDER says
where its two SQLite files go.
"""

import os
import secrets
import sys
from pathlib import Path

import shop
from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from apipay import ApiPay, ApiPayError
from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent, SQLiteStore
from apipay.webhooks.receivers.django import receiver

settings.configure(
    DEBUG=False,
    ALLOWED_HOSTS=["localhost", "127.0.0.1"],
    SECRET_KEY=os.environ.get("SHOP_SECRET_KEY", secrets.token_hex(32)),
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
)
application = get_wsgi_application()

folder = Path(os.environ.get("SHOP_FOLDER", "."))
orders = shop.OrderBook(folder / "orders.db")
client = ApiPay()


def page(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    return HttpResponse(shop.front_page(problem, hidden=token), status=status)


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    return page(request)


@require_POST
def buy(request: HttpRequest) -> HttpResponse:
    order_id = orders.open()
    try:
        # With an order id of our own, the SDK can look the invoice up after a lost response.
        invoice = client.invoices.create(
            amount=shop.PRICE,
            phone_number=request.POST.get("phone", ""),
            description=shop.ITEM,
            external_order_id=order_id,
        )
    except ApiPayError as error:
        return page(request, str(error), 502)
    orders.invoiced(order_id, invoice.payment_url)
    response = HttpResponseRedirect(invoice.payment_url)
    response.set_cookie("order", order_id, httponly=True, samesite="Lax")
    return response


@require_GET
def order(request: HttpRequest) -> HttpResponse:
    return HttpResponse(shop.order_page(orders.get(request.COOKIES.get("order", ""))))


def on_event(event: Event, context: EventContext) -> None:
    """Run once for each event, and again only if it failed."""
    if not isinstance(event, InvoiceEvent) or context.stale:
        return  # an event for later versions of this shop, or one that came too late to matter
    if event.invoice.external_order_id is not None:
        orders.settle(event.invoice.external_order_id, event.invoice.status)


inbox = Inbox(SQLiteStore(folder / "inbox.db"))
urlpatterns = [
    path("", front),
    path("buy", buy),
    path("order", order),
    path("webhooks/apipay", receiver(on_event, inbox=inbox)),
]

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
