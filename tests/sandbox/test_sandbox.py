"""`Sandbox` itself: starting, stopping, and being used from many places at once."""

import asyncio
import collections
import os
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
from typing import Any

import httpx
import pytest

import apipay_sandbox
from apipay_sandbox import Fault, Sandbox, SandboxError

PHONE = "87001234567"


def test_two_sandboxes_do_not_share_anything(api_of: Any) -> None:
    with Sandbox() as first, Sandbox() as second:
        api_of(first).invoice()
        assert first.base_url != second.base_url
        assert first.api_key != second.api_key
        assert (len(first.invoices()), len(second.invoices())) == (1, 0)


def test_it_can_be_set_up_before_it_starts_and_looked_at_after(api_of: Any) -> None:
    sandbox = Sandbox()
    sandbox.inject(Fault("status", status=503, times=1))
    with sandbox:
        api = api_of(sandbox)
        assert api.get("/invoices").status_code == 503
        number = api.invoice()["id"]
    assert [one.id for one in sandbox.invoices()] == [number]
    with pytest.raises(httpx.ConnectError):
        httpx.get(sandbox.base_url)
    sandbox.stop()


def test_a_sandbox_that_never_starts_can_be_stopped() -> None:
    sandbox = Sandbox()
    with pytest.raises(SandboxError, match="not running"):
        sandbox.refuse_connections(1)
    sandbox.stop()


def test_stopping_does_not_wait_for_what_hangs(sandbox: Any, eventually: Any) -> None:
    injected = sandbox.inject(Fault("delay", seconds=3000))
    calls: list[object] = []

    def call() -> None:
        calls.append(httpx.get(f"{sandbox.base_url}/invoices", timeout=60).status_code)

    thread = threading.Thread(target=call)
    thread.start()
    eventually(lambda: injected.hits == 1)
    sandbox.stop()
    thread.join(5)

    assert calls == [503]


def test_a_port_can_be_chosen_and_is_freed() -> None:
    with Sandbox() as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(SandboxError, match=f"port {port}"):
            Sandbox(port=port)
    with Sandbox(port=port) as again:
        assert again.url.endswith(f":{port}")


@pytest.mark.parametrize(
    "setting",
    [
        {"payment_deadline": 0}, {"payment_deadline": float("inf")}, {"payment_deadline": 1e10},
        {"auto_confirm": -1}, {"auto_confirm": float("inf")}, {"auto_pay": float("nan")},
        {"webhook_timeout": 0}, {"webhook_timeout": 3601}, {"webhook_timeout": float("nan")},
    ],
    ids=str,
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused(setting: dict[str, float]) -> None:
    (name,) = setting
    options: dict[str, Any] = dict(setting)
    with pytest.raises(SandboxError, match=f"{name} must be"):
        Sandbox(**options)


def test_it_listens_on_ipv6_too() -> None:
    with Sandbox(host="::1") as sandbox:
        assert sandbox.url.startswith("http://[::1]:")
        assert httpx.get(f"{sandbox.url}/_sandbox/clock").status_code == 200


def test_a_public_url_is_what_answers_name() -> None:
    with Sandbox(public_url="https://pay.test/") as sandbox:
        assert sandbox.base_url == "https://pay.test/api"
        assert sandbox.world.state.payment_url("t") == "https://pay.test/pay/t"


def test_calls_are_counted_by_operation(api: Any) -> None:
    number = api.invoice()["id"]
    api.get(f"/invoices/{number}")
    api.get(f"/invoices/{number}")
    api.get("/invoices/5")

    assert api.sandbox.calls == {"createInvoice": 1, "getInvoice": 3}


def test_its_names_are_found_without_loading_the_server() -> None:
    code = (
        "import sys, apipay_sandbox, apipay_sandbox.pytest_plugin\n"
        "assert not {'starlette', 'uvicorn', 'httpx'} & sys.modules.keys()\n"
    )
    path = os.pathsep.join(one for one in sys.path if one)
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ, "PYTHONPATH": path})
    for name in apipay_sandbox.__all__:
        assert getattr(apipay_sandbox, name).__name__ == name
    with pytest.raises(AttributeError, match="Unicorn"):
        apipay_sandbox.Unicorn  # noqa: B018


def test_refunds_at_the_same_moment_never_exceed_the_amount(api: Any) -> None:
    number = api.paid_invoice(100)["id"]

    async def refund_all() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            base_url=api.sandbox.base_url, headers={"X-API-Key": api.sandbox.api_key}
        ) as client:
            path = f"/invoices/{number}/refund"
            return await asyncio.gather(*(client.post(path, json={"amount": 7}) for _ in range(40)))

    statuses = collections.Counter(one.status_code for one in asyncio.run(refund_all()))

    assert statuses == {200: 14, 422: 26}
    assert sum(one.amount for one in api.sandbox.refunds()) == 9800


def test_200_clients_at_once_and_the_sums_are_exact(sandbox: Any) -> None:
    clients, paid_by, refunded_by = 200, {}, collections.Counter[int]()
    context = ssl.create_default_context()

    async def shop(number: int) -> None:
        async with httpx.AsyncClient(
            base_url=sandbox.base_url,
            headers={"X-API-Key": sandbox.api_key},
            verify=context,
            timeout=60,
        ) as client:
            amount = 100 + number / 100
            body = {"amount": amount, "phone_number": PHONE, "external_order_id": f"o-{number}"}
            created = (await client.post("/invoices", json=body)).json()["id"]
            paid = await client.post(f"{sandbox.url}/_sandbox/invoices/{created}/pay")
            assert paid.status_code == 200
            paid_by[number] = (created, round(amount * 100))
            # Together more than the amount: some have to fail.
            answers = await asyncio.gather(
                *(
                    client.post(f"/invoices/{created}/refund", json={"amount": 30.01})
                    for _ in range(5)
                )
            )
            for answer in answers:
                assert answer.status_code in {200, 422}
                if answer.status_code == 200:
                    refunded_by[created] += 3001

    async def all_shops() -> None:
        await asyncio.gather(*(shop(number) for number in range(clients)))

    asyncio.run(all_shops())

    invoices = {one.id: one for one in sandbox.invoices()}
    assert len(invoices) == len(paid_by) == clients
    assert sum(one.amount for one in invoices.values()) == sum(a for _, a in paid_by.values())
    for created, amount in paid_by.values():
        assert (invoices[created].status, invoices[created].amount) == ("paid", amount)
        assert invoices[created].refunded == refunded_by[created] == amount // 3001 * 3001
    assert sum(one.amount for one in sandbox.refunds()) == refunded_by.total()


CURL = """
curl -sS -X POST {base}/organizations/verify -H 'X-API-Key: {key}' \
  -H 'Content-Type: application/json' -d '{{"idn": "123456789012"}}'
curl -sS {base}/organizations/1/status -H 'X-API-Key: {key}'
curl -sS -X POST {base}/invoices -H 'X-API-Key: {key}' -H 'Content-Type: application/json' \
  -d '{{"amount": 10000, "phone_number": "87001234567", "description": "Order 1"}}'
curl -sS {base}/invoices/1001 -H 'X-API-Key: {key}'
curl -sS -g '{base}/invoices?page=1&per_page=10&status[]=pending' -H 'X-API-Key: {key}'
curl -sS -X POST {base}/invoices/1001/refund -H 'X-API-Key: {key}' \
  -H 'Content-Type: application/json' -d '{{"amount": 2500, "reason": "Returned"}}'
curl -sS -X POST {base}/recurring-invoices -H 'X-API-Key: {key}' \
  -H 'Content-Type: application/json' \
  -d '{{"amount": 5000, "phone_number": "87001234567", "interval": "monthly"}}'
"""


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_curl_calls_of_a_getting_started_guide_work(sandbox: Any, api: Any) -> None:
    calls = CURL.replace("\\\n", "").strip().splitlines()

    def run(call: str) -> str:
        command = call.format(base=sandbox.base_url, key=sandbox.api_key)
        said = subprocess.run(
            command, shell=True, check=True, capture_output=True, text=True
        ).stdout
        words = shlex.split(command)
        address = next(one for one in words if one.startswith(sandbox.base_url))
        method = words[words.index("-X") + 1] if "-X" in words else "GET"
        api.check(method, address.removeprefix(sandbox.base_url), 200, said)
        return said

    said = [run(call) for call in calls[:5]]
    sandbox.pay(1001)
    said += [run(call) for call in calls[5:]]

    assert '"organization":{"id":1' in said[0]
    assert '"status":"verified"' in said[1]
    assert '"payment_url":"http' in said[2]
    assert said[3] == said[2]
    assert '"total":1' in said[4]
    assert '"amount":"2500.00"' in said[5]
    assert '"next_billing_date":"2026-01-31"' in said[6]


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_port_out_of_range_is_rejected(port: int) -> None:
    with pytest.raises(SandboxError, match="0 to 65535"):
        Sandbox(port=port)
