"""Records as JSON: the bodies of responses and webhooks.

Bodies are as short as the service's can be, so that code which works here does not rely on fields
that the service can omit: an action (cancel, pause, resume) returns `id` and `status` only, list
items have no `payment_url` and omit empty fields.
"""

import math
from collections.abc import Iterable
from typing import Any

from .clock import timestamp
from .jsons import parse_floats
from .records import (
    Delivery,
    Invoice,
    Organization,
    RecordedRequest,
    RecurringInvoice,
    Refund,
    Webhook,
)

Json = dict[str, Any]
_SETTLED = {"paid": "paid_at", "cancelled": "cancelled_at", "expired": "expired_at"}


def money(tiyn: int) -> str:
    """Format an amount for a response: `"10000.00"`."""
    return f"{tiyn // 100}.{tiyn % 100:02d}"


def organization(record: Organization, now: float) -> Json:
    """Return an organization with the whole seconds left of its window."""
    left = None if record.status == "failed" else max(0, math.ceil(record.window_ends - now))
    return {
        "id": record.id,
        "idn": record.idn,
        "status": record.status,
        "time_remaining": left,
    }


def invoice_event_data(record: Invoice) -> Json:
    """Return the invoice of a webhook's body."""
    data: Json = {
        "id": record.id,
        "external_order_id": record.external_order_id,
        "amount": money(record.amount),
        "status": record.status,
        "description": record.description,
        "kaspi_invoice_id": record.kaspi_invoice_id,
        "client_name": record.client_name,
        "client_phone": record.client_phone,
    }
    if record.settled_at is not None:
        data[_SETTLED[record.status]] = timestamp(record.settled_at)
    return data


def invoice(record: Invoice, payment_url: str) -> Json:
    """Return the whole invoice, empty fields as null."""
    return {
        "id": record.id,
        "status": record.status,
        "amount": money(record.amount),
        "payment_url": payment_url,
        "kaspi_invoice_id": record.kaspi_invoice_id,
        "kaspi_qr_token": record.kaspi_qr_token,
        "description": record.description,
        "external_order_id": record.external_order_id,
        "client_name": record.client_name,
        "client_phone": record.client_phone,
        "created_at": timestamp(record.created_at),
        **{
            name: timestamp(record.settled_at)
            if record.settled_at is not None and record.status == status
            else None
            for status, name in _SETTLED.items()
        },
    }


def invoice_item(record: Invoice) -> Json:
    """Return an invoice of a list."""
    return _filled({**invoice_event_data(record), "created_at": timestamp(record.created_at)})


def refund(record: Refund) -> Json:
    """Return a refund."""
    return {"id": record.id, "invoice_id": record.invoice_id, **_refund_rest(record)}


def refund_of_invoice(record: Refund) -> Json:
    """Return a refund of an invoice's list, which omits the invoice's id."""
    return {"id": record.id, **_refund_rest(record)}


def _refund_rest(record: Refund) -> Json:
    return {
        "status": record.status,
        "amount": money(record.amount),
        "reason": record.reason,
        "created_at": timestamp(record.created_at),
    }


def recurring(record: RecurringInvoice) -> Json:
    """Return the whole recurring invoice, empty fields as null."""
    return {
        "id": record.id,
        "status": record.status,
        "amount": money(record.amount),
        "phone_number": record.phone_number,
        "description": record.description,
        "interval": record.interval,
        "start_date": record.start_date.isoformat(),
        "end_date": None if record.end_date is None else record.end_date.isoformat(),
        "next_billing_date": None
        if record.next_billing_date is None
        else record.next_billing_date.isoformat(),
        "created_at": timestamp(record.created_at),
    }


def recurring_item(record: RecurringInvoice) -> Json:
    """Return a recurring invoice of a list."""
    return _filled(recurring(record))


def cancelled_invoice(record: Invoice) -> Json:
    """Return the short response of cancelInvoice."""
    assert record.settled_at is not None
    return {**action(record), "cancelled_at": timestamp(record.settled_at)}


def action(record: Invoice | RecurringInvoice) -> Json:
    """Return the short response of an action."""
    return {"id": record.id, "status": record.status}


def page(items: Iterable[str], number: int, size: int, total: int) -> str:
    """Return a page of items that are JSON already."""
    return (
        f'{{"data":[{",".join(items)}],'
        f'"meta":{{"current_page":{number},"per_page":{size},"total":{total}}}}}'
    )


def webhook(record: Webhook, *, secret: bool) -> Json:
    """Return a webhook, with its secret only when it is created."""
    shown: Json = {"id": record.id, "url": record.url, "active": record.active}
    return {**shown, "secret": record.secret} if secret else shown


def delivery(record: Delivery) -> Json:
    """Return an entry of the delivery log with every attempt."""
    return {
        "id": record.id,
        "webhook_id": record.webhook_id,
        "invoice_id": record.invoice_id,
        "event": record.event,
        "url": record.url,
        "status": record.status,
        "body": record.body,
        "created_at": timestamp(record.created_at),
        "next_attempt_at": None
        if record.next_attempt_at is None
        else timestamp(record.next_attempt_at),
        "attempts": [
            {
                "at": timestamp(one.at),
                "status": one.status,
                "body": one.body,
                "error": one.error,
                "seconds": round(one.seconds, 3),
            }
            for one in record.attempts
        ],
    }


def _filled(data: Json) -> Json:
    return {name: value for name, value in data.items() if value is not None}


def recorded_request(record: RecordedRequest) -> Json:
    """Return an entry of the request journal; the body as JSON where it is JSON."""
    try:
        body: object = parse_floats(record.body) if record.body else None
    except (ValueError, RecursionError):
        body = record.body
    return {
        "at": timestamp(record.at),
        "operation": record.operation,
        "method": record.method,
        "path": record.path,
        "query": record.query,
        "body": body,
        "fault": record.fault,
        "status": record.status,
    }
