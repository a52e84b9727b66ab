"""A small shop with Flask: create an invoice, redirect to it, receive the webhook, show it.

    flask --app flask_shop run --port 5000

Needs APIPAY_API_KEY and APIPAY_WEBHOOK_SECRET (and APIPAY_BASE_URL for a sandbox); SHOP_FOLDER says
where its two SQLite files go.
"""

import os
from pathlib import Path

import shop
from flask import Flask, redirect, request
from werkzeug.wrappers import Response

from apipay import ApiPay, ApiPayError
from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent, SQLiteStore
from apipay.webhooks.receivers.flask import receiver

folder = Path(os.environ.get("SHOP_FOLDER", "."))
orders = shop.OrderBook(folder / "orders.db")
client = ApiPay()
app = Flask(__name__)


@app.get("/")
def front() -> str:
    return shop.front_page()


@app.post("/buy")
def buy() -> Response | tuple[str, int]:
    order_id = orders.open()
    try:
        # With an order id of our own, the SDK can look the invoice up after a lost response.
        invoice = client.invoices.create(
            amount=shop.PRICE,
            phone_number=request.form.get("phone", ""),
            description=shop.ITEM,
            external_order_id=order_id,
        )
    except ApiPayError as error:
        return shop.front_page(str(error)), 502
    orders.invoiced(order_id, invoice.payment_url)
    response = redirect(invoice.payment_url, 303)
    response.set_cookie("order", order_id, httponly=True, samesite="Lax")
    return response


@app.get("/order")
def order() -> str:
    return shop.order_page(orders.get(request.cookies.get("order", "")))


def on_event(event: Event, context: EventContext) -> None:
    """Run once for each event, and again only if it failed."""
    if not isinstance(event, InvoiceEvent) or context.stale:
        return  # an event for later versions of this shop, or one that came too late to matter
    if event.invoice.external_order_id is not None:
        orders.settle(event.invoice.external_order_id, event.invoice.status)


inbox = Inbox(SQLiteStore(folder / "inbox.db"))
app.add_url_rule("/webhooks/apipay", view_func=receiver(on_event, inbox=inbox))
