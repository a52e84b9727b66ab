"""What the three example shops share: an order book in SQLite, and two pages. No ApiPay in it."""

import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from pathlib import Path

ITEM = "Two jars of honey"
PRICE = Decimal("1500.00")
SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    payment_url TEXT
)
"""
WORDS = {
    "new": "The invoice could not be made. Nothing was charged.",
    "pending": "Waiting for the payment.",
    "paid": "Paid. Thank you!",
    "cancelled": "The payment was cancelled.",
    "expired": "The time to pay is over.",
}


@dataclass(frozen=True)
class Order:
    id: str
    status: str
    payment_url: str | None


class OrderBook:
    """Orders in a SQLite file; every call has its own connection, so that threads do not matter."""

    def __init__(self, path: str | Path) -> None:
        self._path = path
        with closing(self._connect()) as database, database:
            database.execute(SCHEMA)

    def open(self) -> str:
        """Begin an order. Its id goes to ApiPay, and into the customer's cookie: it is a secret."""
        order_id = secrets.token_hex(12)
        self._write("INSERT INTO orders (id, status) VALUES (?, 'new')", order_id)
        return order_id

    def invoiced(self, order_id: str, payment_url: str) -> None:
        """Remember where the customer pays; the news of the payment may have been faster."""
        self._write("UPDATE orders SET payment_url = ? WHERE id = ?", payment_url, order_id)
        self._write(
            "UPDATE orders SET status = 'pending' WHERE id = ? AND status = 'new'", order_id
        )

    def settle(self, order_id: str, status: str) -> None:
        """Set the status; to set it twice changes nothing."""
        self._write("UPDATE orders SET status = ? WHERE id = ?", status, order_id)

    def get(self, order_id: str) -> Order | None:
        with closing(self._connect()) as database:
            row = database.execute("SELECT * FROM orders WHERE id = ?", (order_id,)).fetchone()
        return None if row is None else Order(*row)

    def _write(self, statement: str, *values: str) -> None:
        with closing(self._connect()) as database, database:
            database.execute(statement, values)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)


def front_page(problem: str = "", hidden: str = "") -> str:
    """The one thing that the shop sells. `hidden`: form fields that the framework wants."""
    warning = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        "Honey shop",
        f"<p>{ITEM}: {PRICE:,.2f} KZT</p>{warning}"
        f'<form method="post" action="/buy">{hidden}'
        '<p><label>Phone with Kaspi <input name="phone" type="tel" placeholder="87001234567" '
        "required></label></p><p><button>Buy</button></p></form>",
    )


def order_page(order: Order | None) -> str:
    """How the order stands; it looks again by itself while the payment is awaited."""
    if order is None:
        return _page("No order", '<p>You have not ordered yet.</p><p><a href="/">Shop</a></p>')
    words = WORDS.get(order.status, order.status)
    pay = ""
    if order.status == "pending" and order.payment_url:
        pay = f'<p><a href="{escape(order.payment_url)}">Pay now</a></p>'
    return _page(
        "Your order",
        f'<p>{ITEM}</p><p id="status">{escape(words)}</p>{pay}',
        refresh=order.status == "pending",
    )


def _page(title: str, content: str, refresh: bool = False) -> str:
    again = '<meta http-equiv="refresh" content="1">' if refresh else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f'<body style="font-family: sans-serif; max-width: 30em; margin: 2em auto; padding: 0 1em">'
        f"<h1>{title}</h1>{content}</body></html>"
    )
