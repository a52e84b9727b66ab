"""Create an invoice."""

from typing import Any

import httpx

from ... import client as _client
from ... import codec as _codec
from ... import operations as _operations
from ... import parsing as _parsing
from ... import types as _types
from ...models.create_invoice_request import CreateInvoiceRequest
from ...models.created_invoice import CreatedInvoice
from ...models.error import Error
from ...models.rate_limit_error_body import RateLimitErrorBody
from ...models.validation_error_body import ValidationErrorBody

OPERATION = _operations.CREATE_INVOICE


def _get_kwargs(
    *,
    body: CreateInvoiceRequest,
) -> dict[str, Any]:
    request: dict[str, Any] = {"method": OPERATION.method, "url": "/invoices"}
    headers: dict[str, str] = {}
    request |= _codec.json_request(body)
    headers["Content-Type"] = "application/json"
    request["headers"] = headers
    return request


def _parse_response(
    *, client: _client.Client, response: httpx.Response
) -> CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody | None:
    if response.status_code == 200:
        return _parsing.success_body(client, OPERATION, response, CreatedInvoice.from_dict)
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
) -> _types.Response[CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody]:
    return _types.Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: CreateInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody]:
    """Create an invoice.

    Requests a payment from the customer with this phone number. The invoice is `pending`;
    redirect the customer to its `payment_url`, where they see the amount in Kaspi Pay and pay.

    Send your own order id as `external_order_id`. Webhooks repeat it, and after a lost response
    it is the only way to find out whether the invoice was created: list the invoices with
    `search` set to it and compare `external_order_id` exactly. It is not an idempotency key:
    two requests with the same `external_order_id` create two invoices.

    Returns:
        The new invoice, `pending`.

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
    body: CreateInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody | None:
    """Create an invoice. The body alone; see `sync_detailed`."""
    return sync_detailed(
        body=body,
        client=client,
        options=options,
    ).parsed


async def asyncio_detailed(
    *,
    client: _client.AuthenticatedClient,
    body: CreateInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> _types.Response[CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody]:
    """Create an invoice. As `sync_detailed`, for async code."""
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
    body: CreateInvoiceRequest,
    options: _types.CallOptions | None = None,
) -> CreatedInvoice | Error | RateLimitErrorBody | ValidationErrorBody | None:
    """Create an invoice. The body alone; see `asyncio_detailed`."""
    return (
        await asyncio_detailed(
            body=body,
            client=client,
            options=options,
        )
    ).parsed
