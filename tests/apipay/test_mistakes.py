"""What people get wrong first: each gets one sentence under `ApiPayError`, and nothing is sent."""

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apipay import ApiPay, ApiPayError, AsyncApiPay, InvalidRequestError
from apipay.webhooks import Inbox, MemoryStore
from apipay.webhooks.receivers.asgi import receiver
from apipay_sandbox import Sandbox

# Loosely typed on purpose: a checker would see most of these, and not everybody runs one.
MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "paginate what was called": lambda c, a: c.paginate(c.invoices.list()),
    "paginate what has no pages": lambda c, a: c.paginate(c.refunds.list_for_invoice, 1001),
    "paginate by position": lambda c, a: c.paginate(c.invoices.list, 2),
    "an async list in the sync client": lambda c, a: c.paginate(a.invoices.list),
    "a sync list in the async client": lambda c, a: a.paginate(c.invoices.list),
    "a timeout as text": lambda c, a: c.wait_for_payment(1001, timeout="5"),
    "a timeout below 0": lambda c, a: c.wait_for_payment(1001, timeout=-1),
    "nothing to wait for": lambda c, a: c.wait_for_payment(None, timeout=1),
    "ids as text": lambda c, a: list(c.watch_invoices(["1001"], timeout=1)),
    "a path for a store": lambda c, a: Inbox("inbox.db"),  # type: ignore[arg-type]
    "a store for an inbox": lambda c, a: receiver(print, inbox=MemoryStore(), secret="s" * 20),  # type: ignore[arg-type]
    "an option that does not exist": lambda c, a: c.invoices.get(7, options={"retries": 1}),
    "an option that does not exist, of a write": lambda c, a: create(c, options={"retries": 1}),
    "an amount to refund that is None": lambda c, a: c.refunds.create(1001, amount=None),
    "an amount that is no number": lambda c, a: create(c, amount=Decimal("NaN")),
    "an amount from binary floats": lambda c, a: create(c, amount=0.1 + 0.2),
    "an amount with a comma": lambda c, a: create(c, amount="10,50"),
    "a phone number with words": lambda c, a: create(c, phone_number="call me"),
}


def create(client: Any, **changed: Any) -> Any:
    return client.invoices.create(**{"amount": 10, "phone_number": "87001234567", **changed})


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_gets_one_sentence_and_sends_nothing(name: str, apipay_sandbox: Sandbox) -> None:
    with ApiPay() as client, pytest.raises(InvalidRequestError) as caught:
        MISTAKES[name](client, AsyncApiPay())
    assert len(str(caught.value)) < 200
    assert apipay_sandbox.invoices() == []


def test_an_amount_that_is_no_number_is_called_that(apipay_sandbox: Sandbox) -> None:
    with ApiPay() as client, pytest.raises(InvalidRequestError, match="not a finite number"):
        create(client, amount=float("nan"))


def test_what_the_service_refuses_is_said_with_its_reason(apipay_sandbox: Sandbox) -> None:
    with ApiPay() as client:
        invoice = client.invoices.create(amount=10, phone_number="87001234567")
        apipay_sandbox.pay(invoice.id)
        with pytest.raises(ApiPayError) as caught:
            client.refunds.create(invoice.id, amount=11)
    assert "Refused: amount (" in str(caught.value)  # with the text that the spec states


def test_an_address_that_is_not_the_api_is_suspected(apipay_sandbox: Sandbox) -> None:
    with (
        ApiPay(base_url=apipay_sandbox.base_url.removesuffix("/api")) as client,
        pytest.raises(ApiPayError, match="base_url"),
    ):
        client.with_options(max_retries=0).invoices.list()


def test_a_shared_budget_without_its_extra_names_the_extra() -> None:
    program = "import sys; sys.modules['redis'] = None; import apipay.pacing.redis"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "install apipay[redis]" in done.stderr.splitlines()[-1]
