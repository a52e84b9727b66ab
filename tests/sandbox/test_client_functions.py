"""The four functions of an endpoint against the sandbox: alone, and through `ApiPay`'s layers."""

import asyncio
from decimal import Decimal

from apipay import ApiPay, AsyncApiPay
from apipay_client import AuthenticatedClient, models
from apipay_client.api.invoices import create_invoice, get_invoice, list_invoices
from apipay_client.api.organizations import verify_organization
from apipay_client.api.refunds import create_refund
from apipay_sandbox import Sandbox

IDN = "990140012345"
PHONE = "87001234567"


def test_the_four_functions_of_an_endpoint() -> None:
    """With a plain client, and through the layers of `ApiPay`."""
    with Sandbox(rate_limit=None) as sandbox:
        plain = AuthenticatedClient(base_url=sandbox.base_url, token=sandbox.api_key)
        with plain, ApiPay(sandbox.api_key, base_url=sandbox.base_url) as layered:
            for client in (plain, layered.raw):
                use_sync_functions(client, sandbox)

        async def act() -> None:
            plain = AuthenticatedClient(base_url=sandbox.base_url, token=sandbox.api_key)
            async with plain, AsyncApiPay(sandbox.api_key, base_url=sandbox.base_url) as layered:
                for client in (plain, layered.raw):
                    await use_async_functions(client, sandbox)

        asyncio.run(act())
        assert len(sandbox.invoices()) == 8
        assert sum(one.amount for one in sandbox.refunds()) == 4 * 250


BODY = models.CreateInvoiceRequest(amount=Decimal("10"), phone_number=PHONE)
PART = models.CreateRefundRequest(amount=Decimal("2.5"))


def use_sync_functions(client: AuthenticatedClient, sandbox: Sandbox) -> None:
    made = create_invoice.sync(client=client, body=BODY)
    whole = create_invoice.sync_detailed(client=client, body=BODY)
    assert isinstance(made, models.CreatedInvoice)
    assert isinstance(whole.parsed, models.CreatedInvoice)
    assert whole.status_code == 200
    sandbox.pay(made.id)
    read = get_invoice.sync(made.id, client=client)
    assert isinstance(read, models.Invoice)
    assert read.status is models.InvoiceStatus.PAID
    refunded = create_refund.sync_detailed(made.id, client=client, body=PART).parsed
    assert isinstance(refunded, models.Refund)
    page = list_invoices.sync(client=client, status=[models.InvoiceStatus.PAID])
    assert isinstance(page, models.InvoicePage)
    assert page.data[0].id == made.id
    asked = verify_organization.sync(client=client, body=models.VerifyOrganizationRequest(idn=IDN))
    assert isinstance(asked, models.OrganizationVerification)


async def use_async_functions(client: AuthenticatedClient, sandbox: Sandbox) -> None:
    made = await create_invoice.asyncio(client=client, body=BODY)
    whole = await create_invoice.asyncio_detailed(client=client, body=BODY)
    assert isinstance(made, models.CreatedInvoice)
    assert isinstance(whole.parsed, models.CreatedInvoice)
    assert whole.status_code == 200
    sandbox.pay(made.id)
    read = await get_invoice.asyncio(made.id, client=client)
    assert isinstance(read, models.Invoice)
    assert read.status is models.InvoiceStatus.PAID
    refunded = (await create_refund.asyncio_detailed(made.id, client=client, body=PART)).parsed
    assert isinstance(refunded, models.Refund)
    page = await list_invoices.asyncio(client=client, status=[models.InvoiceStatus.PAID])
    assert isinstance(page, models.InvoicePage)
    assert page.data[0].id == made.id


def test_a_documented_error_is_given_typed_to_a_plain_client() -> None:
    with (
        Sandbox() as sandbox,
        AuthenticatedClient(base_url=sandbox.base_url, token="wrong") as stranger,
        AuthenticatedClient(base_url=sandbox.base_url, token=sandbox.api_key) as client,
    ):
        refused = get_invoice.sync_detailed(1, client=stranger)
        missing = get_invoice.sync(1, client=client)
    assert refused.status_code == 401
    assert isinstance(refused.parsed, models.Error)
    assert isinstance(missing, models.Error)
