"""Calls that reach every operation."""

from collections.abc import Callable

import pytest

from apipay import ApiPay
from apipay_sandbox import Sandbox

PHONE = "87001234567"
IDN = "990140012345"


def _use_everything(client: ApiPay, sandbox: Sandbox) -> None:
    """Call all 19 operations."""
    number = client.organizations.verify(idn=IDN).organization.id
    sandbox.confirm_verification(number)
    client.organizations.status(number)
    created = client.invoices.create(
        amount="10.50", phone_number=PHONE, description="Мёд", external_order_id="o-1"
    )
    other = client.invoices.create(amount="10.50", phone_number=PHONE, external_order_id="o-2")
    client.invoices.cancel(other.id)
    sandbox.pay(created.id)
    client.invoices.get(created.id)
    client.invoices.list(per_page=5, status=["paid", "pending"], search="o-1")
    refund = client.refunds.create(created.id, amount="0.50", reason="Cracked")
    client.refunds.get(refund.id)
    client.refunds.list(page=1)
    client.refunds.list_for_invoice(created.id)
    plans = client.recurring_invoices
    plan = plans.create(amount=990, phone_number=PHONE, interval="monthly", description="Club")
    plans.list(status="active")
    plans.get(plan.id)
    plans.update(plan.id, amount=5, interval="yearly")
    plans.skip_period(plan.id)
    plans.bill_now(plan.id)
    plans.pause(plan.id)
    plans.resume(plan.id)
    plans.cancel(plan.id)


@pytest.fixture(scope="session")
def everything() -> Callable[[ApiPay, Sandbox], None]:
    """Return a function that calls all 19 operations."""
    return _use_everything
