"""A small shop with FastAPI: create an invoice, redirect to it, receive the webhook, show it.

    uvicorn fastapi_shop:app --port 8000

Needs APIPAY_API_KEY and APIPAY_WEBHOOK_SECRET (and APIPAY_BASE_URL for a sandbox); SHOP_FOLDER says
where its two SQLite files go.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs

import shop
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from apipay import ApiPayError, AsyncApiPay
from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent, SQLiteStore
from apipay.webhooks.receivers.asgi import receiver

folder = Path(os.environ.get("SHOP_FOLDER", "."))
orders = shop.OrderBook(folder / "orders.db")
client = AsyncApiPay()


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with client:
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/", response_class=HTMLResponse)
async def front() -> str:
    return shop.front_page()


@app.post("/buy")
async def buy(request: Request) -> Response:
    form = parse_qs((await request.body()).decode())
    order_id = await run_in_threadpool(orders.open)
    try:
        # With an order id of our own, the SDK can look the invoice up after a lost response.
        invoice = await client.invoices.create(
            amount=shop.PRICE,
            phone_number=form.get("phone", [""])[0],
            description=shop.ITEM,
            external_order_id=order_id,
        )
    except ApiPayError as error:
        return HTMLResponse(shop.front_page(str(error)), 502)
    await run_in_threadpool(orders.invoiced, order_id, invoice.payment_url)
    response = RedirectResponse(invoice.payment_url, 303)
    response.set_cookie("order", order_id, httponly=True, samesite="lax")
    return response


@app.get("/order", response_class=HTMLResponse)
def order(request: Request) -> str:
    return shop.order_page(orders.get(request.cookies.get("order", "")))


async def on_event(event: Event, context: EventContext) -> None:
    """Run once for each event, and again only if it failed."""
    if not isinstance(event, InvoiceEvent) or context.stale:
        return  # an event for later versions of this shop, or one that came too late to matter
    if event.invoice.external_order_id is not None:
        await run_in_threadpool(
            orders.settle, event.invoice.external_order_id, event.invoice.status
        )


inbox = Inbox(SQLiteStore(folder / "inbox.db"))
app.add_route("/webhooks/apipay", receiver(on_event, inbox=inbox))
