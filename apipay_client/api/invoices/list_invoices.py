"""List invoices."""

import datetime

from ... import calls as _calls
from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.error import Error
from ...models.invoice_page import InvoicePage
from ...models.invoice_status import InvoiceStatus
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.validation_error_body import ValidationErrorBody
from ...types import UNSET, Unset

OPERATION = _operations.LIST_INVOICES
RESPONSES: _parsing.Responses[
    InvoicePage, Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody | None
] = _parsing.Responses(
    {200: InvoicePage.from_dict},
    {
        401: Error.from_dict,
        422: ValidationErrorBody.from_dict,
        429: RateLimitErrorBody.from_dict,
        500: Error.from_dict,
        502: Error.from_dict,
        503: Error.from_dict,
    },
)


def prepare(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _calls.PreparedRequest[
    InvoicePage, Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody | None
]:
    """List invoices. See `list` in `resources`."""
    return _calls.PreparedRequest(
        client,
        OPERATION,
        RESPONSES,
        "/invoices",
        options,
        params=_codec.query(
            {
                "page": page,
                "per_page": per_page,
                "search": search,
                "status[]": status,
                "date_from": date_from,
                "date_to": date_to,
            }
        ),
    )


sync, sync_detailed, asyncio, asyncio_detailed = _calls.functions(prepare)
