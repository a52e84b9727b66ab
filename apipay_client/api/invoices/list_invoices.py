"""List invoices."""

import datetime
from typing import Any

import httpx

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


def _get_kwargs(
    *,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": OPERATION.method, "url": "/invoices"}
    request["params"] = _codec.query(
        {
            "page": page,
            "per_page": per_page,
            "search": search,
            "status[]": status,
            "date_from": date_from,
            "date_to": date_to,
        }
    )
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, InvoicePage.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 422:
        return _parsing.error_body(response, ValidationErrorBody.from_dict)
    if response.status_code == 429:
        return _parsing.error_body(response, RateLimitErrorBody.from_dict)
    if response.status_code == 500:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 502:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 503:
        return _parsing.error_body(response, Error.from_dict)
    _parsing.unexpected(client, OPERATION, response)
    return None


def _build_response(
    *, client: _client.Client, response: httpx.Response
) -> _types.Response[Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody]:
    """List invoices.

    Returns one page of the merchant's invoices that match all filters. Items can have fewer
    fields than the response of `getInvoice`: only `id` and `status` are always present.

    The public documentation does not state the response to invalid parameters; this
    specification assumes 422.

    Args:
        page: The page number, from 1. Limits: at least 1; default 1.
        per_page: The maximum number of items on a page, 1 to 100. Limits: at least 1; at most
            100; default 10.
        search: Text to search for in `description` and `external_order_id`, at most 100
            characters. Limits: length at most 100.
        status: Only invoices with one of these statuses; repeat the parameter for several
            (`status[]=pending&status[]=paid`). If absent, invoices of every status. Limits: one
            of pending, paid, cancelled, expired.
        date_from: Only invoices created on or after this day.
        date_to: Only invoices created on or before this day. It must not be before `date_from`.

    Returns:
        One page of invoices.

    Statuses that are errors:
        401: The API key is missing, unknown or expired.
        422: One or more fields are not valid; `errors` states which and why.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        page=page,
        per_page=per_page,
        search=search,
        status=status,
        date_from=date_from,
        date_to=date_to,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody | None:
    """List invoices. The body alone; see `sync_detailed`."""
    return sync_detailed(
        page=page,
        per_page=per_page,
        search=search,
        status=status,
        date_from=date_from,
        date_to=date_to,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody]:
    """List invoices. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        page=page,
        per_page=per_page,
        search=search,
        status=status,
        date_from=date_from,
        date_to=date_to,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: _client.AuthenticatedClient,
    page: int | Unset = UNSET,
    per_page: int | Unset = UNSET,
    search: str | Unset = UNSET,
    status: list[InvoiceStatus] | Unset = UNSET,
    date_from: datetime.date | Unset = UNSET,
    date_to: datetime.date | Unset = UNSET,
    options: _types.CallOptions | None = None,
) -> Error | InvoicePage | RateLimitErrorBody | ValidationErrorBody | None:
    """List invoices. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            page=page,
            per_page=per_page,
            search=search,
            status=status,
            date_from=date_from,
            date_to=date_to,
            client=client,
            options=options,
        )
    ).parsed
