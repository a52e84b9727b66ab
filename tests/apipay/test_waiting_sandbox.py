"""Waiting, watching and paging through the real clients, against the sandbox over HTTP.

The client's clock is virtual, and its sleeping moves the sandbox's clock too: minutes take no time.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest

from apipay import ApiPay, AsyncApiPay
from apipay.errors import (
    NotFoundError,
    VerificationFailedError,
    VerificationTimeoutError,
    WaitTimeoutError,
)
from apipay.pagination import Paginator
from apipay.testing import VirtualClock
from apipay_sandbox import Fault, Sandbox

PHONE = "87001234567"
IDN = "990140012345"
BACKENDS = ["asyncio", "trio"]


class Coupled(VirtualClock):
    """A clock that advances the sandbox's clock too, and calls the functions of `at` in time."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox
        self.at: list[tuple[float, Callable[[], Any]]] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._follow(seconds)

    async def sleep_async(self, seconds: float) -> None:
        before = self.monotonic()
        await super().sleep_async(seconds)
        self._follow(self.monotonic() - before)

    def _follow(self, seconds: float) -> None:
        if seconds > 0:
            self._sandbox.advance(seconds)
        for when, action in list(self.at):
            if when <= self.monotonic():
                self.at.remove((when, action))
                action()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(clock="manual", rate_limit=None) as running:
        yield running


@pytest.fixture
def clock(sandbox: Sandbox) -> Coupled:
    return Coupled(sandbox)


@pytest.fixture
def client(sandbox: Sandbox, clock: Coupled) -> Iterator[ApiPay]:
    with ApiPay(sandbox.api_key, base_url=sandbox.base_url, clock=clock, rate_limit=None) as client:
        yield client


@asynccontextmanager
async def async_client(sandbox: Sandbox, clock: Coupled) -> AsyncIterator[AsyncApiPay]:
    async with AsyncApiPay(
        sandbox.api_key, base_url=sandbox.base_url, clock=clock, rate_limit=None
    ) as client:
        yield client


def invoices(client: ApiPay, count: int) -> list[int]:
    return [client.invoices.create(amount=100, phone_number=PHONE).id for _ in range(count)]


def test_verification_from_start_to_end(client: ApiPay, sandbox: Sandbox, clock: Coupled) -> None:
    left: list[float] = []
    clock.at = [(9, lambda: sandbox.confirm_verification(newest(sandbox)))]
    organization = client.verify_organization(IDN, on_progress=left.append)
    assert organization.status == "verified"
    assert clock.monotonic() == 10
    assert left[:5] == [120, 118, 116, 114, 112]


def newest(sandbox: Sandbox) -> int:
    return sandbox.organizations()[-1].id


def test_verification_refused_or_forgotten(
    client: ApiPay, sandbox: Sandbox, clock: Coupled
) -> None:
    clock.at = [(5, lambda: sandbox.refuse_verification(newest(sandbox)))]
    with pytest.raises(VerificationFailedError):
        client.verify_organization(IDN)
    began = clock.monotonic()
    with pytest.raises(VerificationTimeoutError) as caught:
        client.verify_organization(IDN)
    assert clock.monotonic() - began <= 122
    assert caught.value.organization_id is not None
    with pytest.raises(VerificationTimeoutError):
        client.wait_for_verification(caught.value.organization_id)


def test_a_wait_survives_every_single_failure_of_a_poll(
    client: ApiPay, sandbox: Sandbox, clock: Coupled
) -> None:
    (invoice,) = invoices(client, 1)
    for fault in [
        Fault("reset_before", operation="getInvoice", nth=1),
        Fault("status", operation="getInvoice", nth=2, status=502, html=True),
        Fault("malformed_json", operation="getInvoice", nth=3),
        Fault("truncated_json", operation="getInvoice", nth=5),
        Fault("rate_limited", operation="getInvoice", nth=6, retry_after=3),
        Fault("unknown_enum", operation="getInvoice", nth=8),
        Fault("missing_field", operation="getInvoice", nth=9, field="status"),
    ]:
        sandbox.inject(fault)
    clock.at = [(60, lambda: sandbox.pay(invoice))]
    assert client.wait_for_payment(invoice).status == "paid"
    assert 60 <= clock.monotonic() < 90


def test_a_watch_gives_each_invoice_once(client: ApiPay, sandbox: Sandbox, clock: Coupled) -> None:
    ids = invoices(client, 120)
    clock.at = [
        (10, lambda: sandbox.pay(ids[0])),
        (20, lambda: sandbox.pay(ids[119])),
        (20, lambda: client.invoices.cancel(ids[50])),
    ]
    seen: list[tuple[int, str]] = []

    def watch() -> None:
        for invoice in client.watch_invoices(ids, timeout=60):
            seen.append((invoice.id, str(invoice.status)))

    with pytest.raises(WaitTimeoutError) as caught:
        watch()
    assert sorted(seen) == [(ids[0], "paid"), (ids[50], "cancelled"), (ids[119], "paid")]
    assert len(caught.value.resume) == 117


def test_no_such_invoice(client: ApiPay) -> None:
    with pytest.raises(NotFoundError):
        client.wait_for_payment(999_999)
    with pytest.raises(NotFoundError):
        list(client.watch_invoices([999_999]))


@pytest.mark.parametrize("backend", BACKENDS)
def test_async_verification_and_watch(
    client: ApiPay, sandbox: Sandbox, clock: Coupled, backend: str
) -> None:
    ids = invoices(client, 3)
    clock.at = [
        (3, lambda: sandbox.confirm_verification(newest(sandbox))),
        (30, lambda: [sandbox.pay(each) for each in ids]),
    ]

    async def main() -> None:
        async with async_client(sandbox, clock) as waiting:
            assert (await waiting.verify_organization(IDN)).status == "verified"
            seen = [invoice.id async for invoice in waiting.watch_invoices(ids)]
            assert sorted(seen) == ids

    anyio.run(main, backend=backend)


def test_paging_while_invoices_come_and_go(client: ApiPay, sandbox: Sandbox) -> None:
    ids = invoices(client, 45)
    found: list[int] = []
    pending: Paginator[Any] = client.paginate(client.invoices.list, status=["pending"], per_page=10)
    for place, invoice in enumerate(pending):
        found.append(invoice.id)
        if place % 9 == 0:
            sandbox.pay(ids[44 - place])  # one that was given already
            invoices(client, 1)
    assert len(found) == len(set(found))
    assert set(ids) <= set(found)
