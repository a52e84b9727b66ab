"""createInvoice: exactly one invoice of this order, with its amount and phone, created since."""

from collections.abc import Generator
from typing import Any

from apipay._confirm.evidence import (
    NO_TRACE,
    UNCLEAR,
    Ask,
    Excluded,
    Finding,
    Plan,
    Reply,
    Sent,
    amount_text,
    decoded,
    digest,
    is_created_since,
    is_repeated,
    is_same_amount,
)
from apipay._options import ApiKey
from apipay._steps import Step
from apipay.errors import Lookup
from apipay_client import operations
from apipay_client.errors import DecodeError
from apipay_client.models import CreatedInvoice, Invoice, InvoicePage

MAX_SEARCH = 100
"""Characters that the search of listInvoices takes, as the specification states."""

_MAX_PAGES = 20


class InvoicePlan(Plan):
    """The plan of createInvoice."""

    creates = "invoice"
    evidence = ("external_order_id", "amount", "phone_number")
    needs = frozenset({"search", "external_order_id", "amount", "phone_number"})
    model = staticmethod(Invoice.from_dict)

    def accepts(self, sent: Sent, body: object) -> bool:
        try:
            made = CreatedInvoice.from_dict(body)
        except DecodeError:
            return False
        order_id, phone = sent.body.get("external_order_id"), sent.body.get("phone_number")
        return (
            is_repeated(body, "external_order_id", order_id)
            and (made.amount is None or is_same_amount(made.amount, sent.body.get("amount")))
            and (made.client_phone is None or _is_same_phone(made.client_phone, phone))
        )

    def lookup(self, sent: Sent, sent_at: float, key: ApiKey) -> Lookup | None:
        order_id, phone = sent.body.get("external_order_id"), sent.body.get("phone_number")
        amount = amount_text(sent.body.get("amount"))
        listing = operations.LIST_INVOICES.id
        if not isinstance(order_id, str) or not isinstance(phone, str) or amount is None:
            return Lookup(operations.CREATE_INVOICE.id, listing, sent_at=sent_at)
        return Lookup(
            operations.CREATE_INVOICE.id,
            listing,
            {"search": order_id[:MAX_SEARCH]},
            {
                "external_order_id": order_id,
                "amount": amount,
                "phone_number": digest(key, phone),
            },
            sent_at,
        )

    def find(
        self, lookup: Lookup, ask: Ask, key: ApiKey, excluded: Excluded
    ) -> Generator[Step, Any, Finding]:
        found: set[int] = set()
        for number in range(1, _MAX_PAGES + 1):
            page = yield from self._page(lookup, ask, number)
            if page is None:
                return UNCLEAR
            for row in page.data:
                if not excluded(row.id) and row.external_order_id in (
                    None,  # rows of a list can be shorter than the resource
                    lookup.match["external_order_id"],
                ):
                    found.add(row.id)
            if not page.data or number * page.meta.per_page >= page.meta.total:
                break
        else:
            return UNCLEAR
        return (yield from self._only(found, lookup, ask, key))

    def _page(
        self, lookup: Lookup, ask: Ask, number: int
    ) -> Generator[Step, Any, InvoicePage | None]:
        paging = operations.LIST_INVOICES.pagination
        assert paging is not None
        chosen = {str(paging.page): number, str(paging.size): paging.max_size}
        params = {**lookup.arguments, **chosen}
        reply = yield from ask(operations.LIST_INVOICES, {}, params)
        page: InvoicePage | None = decoded(InvoicePage.from_dict, reply)
        return page

    def _only(
        self, candidates: set[int], lookup: Lookup, ask: Ask, key: ApiKey
    ) -> Generator[Step, Any, Finding]:
        """Return the one invoice of this order, if it is one and fits exactly."""
        if len(candidates) > _MAX_PAGES:
            return UNCLEAR
        same_order: list[tuple[Invoice, Reply]] = []
        for invoice_id in candidates:
            reply = yield from ask(operations.GET_INVOICE, {"id": invoice_id}, {})
            invoice: Invoice | None = decoded(Invoice.from_dict, reply)
            if invoice is None or invoice.id != invoice_id or invoice.external_order_id is None:
                return UNCLEAR
            if invoice.external_order_id == lookup.match["external_order_id"]:
                same_order.append((invoice, reply))
        if not same_order:
            return NO_TRACE
        if len(same_order) > 1:
            return UNCLEAR
        invoice, reply = same_order[0]
        fits = (
            is_same_amount(invoice.amount, lookup.match["amount"])
            and invoice.client_phone is not None
            and digest(key, invoice.client_phone) == lookup.match["phone_number"]
            and is_created_since(invoice.created_at, lookup, reply)
        )
        return Finding(reply, invoice.id) if fits else UNCLEAR


def _is_same_phone(seen: str, sent: object) -> bool:
    """Compare the last ten digits; a number with hidden digits says nothing."""
    digits = "".join(filter(str.isdigit, seen))
    return len(digits) < 10 or not isinstance(sent, str) or digits[-10:] == sent[-10:]


def plan(operation_id: str) -> Plan:
    """Return the plan of createInvoice."""
    return InvoicePlan()
