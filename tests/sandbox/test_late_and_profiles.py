"""Late and duplicated requests, fault profiles, the request journal and seed files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apipay_sandbox import Fault, Sandbox, SandboxError
from apipay_sandbox.faults import PROFILES

BODY = {"amount": 100, "phone_number": "87001234567", "external_order_id": "order-1"}


# One client: each new one would load the certificates again.
HTTP = httpx.Client(verify=False, timeout=20)


@pytest.fixture(autouse=True, scope="module")
def _close() -> Iterator[None]:
    yield
    HTTP.close()


def post(sandbox: Sandbox, path: str = "/invoices", body: Any = BODY) -> httpx.Response:
    headers = {"X-API-Key": sandbox.api_key}
    return HTTP.post(sandbox.base_url + path, json=body, headers=headers)


def test_a_late_request_is_processed_after_the_response_is_lost(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("late", operation="createInvoice", seconds=30, times=1))
    with pytest.raises(httpx.ReadError):
        post(sandbox)
    assert sandbox.invoices() == []
    sandbox.advance(29)
    assert sandbox.invoices() == []
    sandbox.advance(2)
    (invoice,) = sandbox.invoices()
    assert invoice.external_order_id == "order-1"
    # It is dated by the moment at which it was processed.
    assert invoice.created_at == sandbox.now.timestamp() - 1


def test_a_late_request_needs_no_further_request_on_a_real_clock(eventually: Any) -> None:
    with Sandbox() as running:
        running.inject(Fault("late", seconds=0.05))
        with pytest.raises(httpx.ReadError):
            post(running)
        eventually(lambda: len(running.invoices()) == 1)


def test_a_late_request_that_is_rejected_changes_nothing(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("late", seconds=1))
    with pytest.raises(httpx.ReadError):
        post(sandbox, body={"amount": -1})
    sandbox.advance(5)
    assert sandbox.invoices() == []


def test_a_reset_drops_late_requests(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("late", seconds=1))
    with pytest.raises(httpx.ReadError):
        post(sandbox)
    sandbox.reset()
    sandbox.advance(5)
    assert sandbox.invoices() == []


def test_a_duplicate_request_is_processed_twice(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("duplicate", nth=1))
    response = post(sandbox)
    assert response.json()["id"] == 1002
    assert [one.id for one in sandbox.invoices()] == [1001, 1002]


@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_hits_the_same_calls_for_the_same_seed(name: str) -> None:
    def hits(seed: int) -> list[int]:
        with Sandbox(rate_limit=None, clock="manual") as sandbox:
            injected = sandbox.inject_profile(name, seed)
            for one in injected:
                drawn = [one.matches("getInvoice") for _ in range(200)]
                assert any(drawn), one.fault
                one.hits = sum(drawn)
            return [one.hits for one in injected]

    assert hits(1) == hits(1)
    assert [hits(seed) for seed in range(3)] != [hits(0)] * 3


def test_an_unknown_profile_is_rejected_with_the_known_ones(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="Expected one of: flaky, slow, lost-answers, rate-lim"):
        sandbox.inject_profile("chaos")


def test_a_profile_over_http_loses_answers(sandbox: Sandbox) -> None:
    shown = HTTP.post(f"{sandbox.url}/_sandbox/fault-profiles/lost-answers", json={"seed": 3})
    assert [one["kind"] for one in shown.json()["data"]][:2] == ["reset_after_commit", "status"]
    lost = 0
    for _ in range(30):
        try:
            lost += post(sandbox).status_code != 200
        except httpx.TransportError:
            lost += 1
    sandbox.clear_faults()
    assert 0 < lost < 30
    assert len(sandbox.invoices()) > 30 - lost


def test_the_journal_has_every_request_with_its_fault_and_status(sandbox: Sandbox) -> None:
    sandbox.inject(Fault("reset_after_commit", nth=2))
    post(sandbox)
    with pytest.raises(httpx.ReadError):
        post(sandbox, body={**BODY, "external_order_id": "order-2"})
    post(sandbox, "/invoices/1001/cancel", None)
    post(sandbox, body={"amount": "much"})

    journal = sandbox.requests("createInvoice")
    assert [(one.status, one.fault) for one in journal] == [
        (200, None),
        (None, "reset_after_commit"),
        (422, None),
    ]
    assert json.loads(journal[1].body)["external_order_id"] == "order-2"
    assert sandbox.api_key not in repr(sandbox.requests())
    shown = HTTP.get(f"{sandbox.url}/_sandbox/requests?operation=cancelInvoice").json()["data"]
    assert shown == [
        {
            "at": "2026-01-31T10:00:00Z",
            "operation": "cancelInvoice",
            "method": "POST",
            "path": "/api/invoices/1001/cancel",
            "query": "",
            "body": None,
            "fault": None,
            "status": 200,
        }
    ]


SEED = {
    "organizations": [{"idn": "000000000001"}],
    "webhooks": [{"url": "http://127.0.0.1:9/", "id": 7}],
    "invoices": [
        {**BODY, "status": "paid", "refunds": [25.5, 10], "webhook_id": 7},
        {**BODY, "status": "expired"},
        BODY,
    ],
    "recurring_invoices": [
        {"amount": 5, "phone_number": "87001234567", "interval": "monthly", "status": "paused"}
    ],
}


def test_a_seed_file_gives_the_state_to_start_from(tmp_path: Path) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(SEED))
    for _ in range(2):  # the second start finds the data in its database
        with Sandbox(seed=tmp_path / "seed.json", db=tmp_path / "db") as sandbox:
            assert [one.status for one in sandbox.invoices()] == ["paid", "expired", "pending"]
            assert sandbox.invoices()[0].refunded == 3550
            assert [one.amount for one in sandbox.refunds()] == [2550, 1000]
            assert [one.status for one in sandbox.recurring_invoices()] == ["paused"]
            assert [one.status for one in sandbox.organizations()] == ["verified", "verified"]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ([], "must be an object with: invoices"),
        ({"cats": []}, "must be an object with: invoices"),
        ({"invoices": {}}, "invoices must be a list of objects"),
        ({"invoices": [BODY, {**BODY, "amount": 0}]}, r"invoices\[1\] .* at least 0.01"),
        ({"invoices": [{**BODY, "status": "lost"}]}, "status must be one of: pending, paid"),
        ({"invoices": [{**BODY, "status": "paid", "refunds": [101]}]}, "left to refund"),
        ({"webhooks": [{"url": "ftp://x"}]}, r"webhooks\[0\] .* http://"),
        ({"webhooks": [{"url": 5}]}, "A webhook has url"),
    ],
)
def test_seed_data_is_loaded_as_a_whole_or_not_at_all(
    sandbox: Sandbox, tmp_path: Path, data: Any, problem: str
) -> None:
    (tmp_path / "seed.json").write_text(json.dumps(data))
    with pytest.raises(SandboxError, match=problem):
        sandbox.load_seed(tmp_path / "seed.json")
    assert sandbox.invoices() == []
    assert sandbox.webhooks() == []
