"""Create a recurring invoice."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.create_recurring_invoice_request import CreateRecurringInvoiceRequest
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.recurring_invoice import RecurringInvoice
from ...models.validation_error_body import ValidationErrorBody

OPERATION = _operations.CREATE_RECURRING_INVOICE


def _get_kwargs(
    *,
    body: CreateRecurringInvoiceRequest,
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": OPERATION.method, "url": "/recurring-invoices"}
    headers: dict[str, str] = {}
    request |= _codec.json_request(body)
    headers["Content-Type"] = "application/json"
    request["headers"] = headers
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, RecurringInvoice.from_dict)
    if response.status_code == 400:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 401:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 403:
        return _parsing.error_body(response, Error.from_dict)
    if response.status_code == 415:
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
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: CreateRecurringInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
    """Create a recurring invoice.

    Bills the customer once per `interval` from `start_date` until `end_date`, or until the
    recurring invoice is cancelled. It is `active` immediately. The public documentation does
    not state the date of the first billing; this specification assumes `start_date`.

    A recurring invoice has no order id to look it up by, so a program cannot resolve a lost
    response: let a person check `listRecurringInvoices` before you retry.

    Returns:
        The new recurring invoice, `active`.

    Statuses that are errors:
        400: The body is not valid JSON.
        401: The API key is missing, unknown or expired.
        403: The organization is not verified yet, or the key lacks access.
        415: The body is not sent as `application/json`, or it is sent with a
            `Content-Encoding`.
        422: One or more fields are not valid; `errors` states which and why.
        429: Too many requests with this API key.
        500: The service failed.
        502: Kaspi did not respond, or responded with an error.
        503: The service's session with Kaspi has expired.
    """
    request = _get_kwargs(
        body=body,
    )
    response = client.get_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


def sync(
    *,
    client: _client.AuthenticatedClient,
    body: CreateRecurringInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    """Create a recurring invoice. The body alone; see `sync_detailed`."""
    return sync_detailed(
        body=body,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: CreateRecurringInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody]:
    """Create a recurring invoice. As `sync_detailed`, for async code."""
    request = _get_kwargs(
        body=body,
    )
    response = await client.get_async_httpx_client().request(
        **client.request_arguments(OPERATION, request, options)
    )
    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: _client.AuthenticatedClient,
    body: CreateRecurringInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> Error | RateLimitErrorBody | RecurringInvoice | ValidationErrorBody | None:
    """Create a recurring invoice. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            body=body,
            client=client,
            options=options,
        )
    ).parsed
