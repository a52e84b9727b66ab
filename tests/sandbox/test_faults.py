"""Faults: which calls they hit, and what the client then sees."""

import json
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay_sandbox import Fault, FaultKind, SandboxError
from apipay_sandbox.faults import ActiveFaults

BODY = {"amount": 1, "phone_number": "87001234567"}
OPERATIONS = ("createInvoice", "getInvoice")


def create(sandbox: Any, client: httpx.Client | None = None) -> httpx.Response:
    """One call without checks: answers may be broken on purpose."""
    send = client or httpx
    return send.post(
        f"{sandbox.base_url}/invoices", json=BODY, headers={"X-API-Key": sandbox.api_key}
    )


# Which calls


def hits(fault: Fault, calls: int, operation: str = "createInvoice") -> list[int]:
    plan = ActiveFaults(OPERATIONS)
    plan.inject(fault)
    return [n for n in range(1, calls + 1) if plan.choose(operation) is not None]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({}, [1, 2, 3, 4, 5, 6]),
        ({"nth": 2}, [2]),
        ({"nth": [1, 5, 9]}, [1, 5]),
        ({"every": 3}, [3, 6]),
        ({"times": 2}, [1, 2]),
        ({"every": 2, "times": 2}, [2, 4]),
        ({"operation": "createInvoice", "nth": 3}, [3]),
        ({"operation": "getInvoice"}, []),
        ({"probability": 0}, []),
        ({"probability": 1}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_a_fault_hits_the_calls_that_were_chosen(
    choice: dict[str, Any], expected: list[int]
) -> None:
    assert hits(Fault("delay", **choice), 6) == expected


@given(seed=st.integers(0, 2**32), probability=st.floats(0, 1))
def test_the_same_seed_chooses_the_same_calls(seed: int, probability: float) -> None:
    fault = Fault("delay", probability=probability, seed=seed)

    assert hits(fault, 50) == hits(fault, 50)


def test_a_probability_is_kept_to() -> None:
    counts = [len(hits(Fault("delay", probability=0.3, seed=seed), 1000)) for seed in range(5)]

    assert all(240 < count < 360 for count in counts)
    assert len(set(counts)) > 1


def test_calls_of_other_operations_do_not_count() -> None:
    plan = ActiveFaults(OPERATIONS)
    injected = plan.inject(Fault("delay", operation="createInvoice", nth=2))

    seen = [plan.choose(one) for one in ("createInvoice", "getInvoice", "createInvoice")]

    assert seen == [None, None, injected]
    assert (injected.calls, injected.hits) == (2, 1)


def test_the_first_fault_that_fits_wins_and_the_others_count_on() -> None:
    plan = ActiveFaults(OPERATIONS)
    first = plan.inject(Fault("delay", nth=1))
    second = plan.inject(Fault("drip", nth=[1, 2]))

    assert [plan.choose("getInvoice"), plan.choose("getInvoice")] == [first, second]
    assert (second.calls, second.hits) == (2, 1)
    plan.clear(first.id)
    assert plan.all == [second]
    plan.clear()
    assert plan.all == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"nth": 0}, {"every": 0}, {"probability": 1.1}, {"status": 200}, {"seconds": -1},
        {"kind": "earthquake"}, {"operation": "createUnicorn"},
    ],
)  # fmt: skip
def test_a_fault_that_cannot_be_is_refused(sandbox: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(SandboxError) as refused:
        sandbox.inject(Fault(**{"kind": "delay", **wrong}))
    assert refused.value.status == 422


# What the client sees


@pytest.mark.parametrize(
    ("kind", "committed"), [("reset_before", False), ("reset_after_commit", True)]
)
def test_a_reset_before_or_after_the_commit(sandbox: Any, kind: str, committed: bool) -> None:
    sandbox.inject(Fault(kind, times=1))

    with pytest.raises(httpx.ReadError, match="reset"):
        create(sandbox)

    assert len(sandbox.invoices()) == committed
    assert create(sandbox).status_code == 200


def test_a_body_that_is_cut_in_the_middle(sandbox: Any) -> None:
    sandbox.inject(Fault("cut_body", times=1))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message"):
        create(sandbox)

    assert len(sandbox.invoices()) == 1


def test_connections_are_really_refused_for_a_while(sandbox: Any) -> None:
    sandbox.inject(Fault("connection_refused", nth=1, seconds=0.15))

    with httpx.Client() as client:
        assert create(sandbox, client).status_code == 200
        with pytest.raises(httpx.ConnectError, match="refused"):
            create(sandbox, client)
        time.sleep(0.25)
        assert create(sandbox, client).status_code == 200
    assert len(sandbox.invoices()) == 2


def test_overlapping_refusals_last_until_the_last_one_ends(sandbox: Any) -> None:
    address = ("127.0.0.1", httpx.URL(sandbox.url).port)
    sandbox.refuse_connections(0.6)
    sandbox.refuse_connections(0.05)
    time.sleep(0.1)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
    time.sleep(0.6)
    socket.create_connection(address).close()


def test_a_server_that_is_down(sandbox: Any) -> None:
    with httpx.Client() as client:
        create(sandbox, client)
        with sandbox.down():
            for _ in range(2):
                with pytest.raises(httpx.TransportError):
                    create(sandbox, client)
            with pytest.raises(httpx.ConnectError):
                create(sandbox)
        assert create(sandbox, client).status_code == 200


def test_a_429_by_fault_is_not_processed(sandbox: Any) -> None:
    sandbox.inject(Fault("rate_limited", retry_after=7, times=1))

    response = create(sandbox)

    assert (response.status_code, response.json()["retry_after"]) == (429, 7)
    assert sandbox.invoices() == []


@pytest.mark.parametrize("status", [500, 502, 503, 520])
@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("after_commit", [False, True])
def test_failing_servers_and_proxies(
    sandbox: Any, status: int, html: bool, after_commit: bool
) -> None:
    sandbox.inject(Fault("status", status=status, html=html, after_commit=after_commit, times=1))

    response = create(sandbox)

    assert response.status_code == status
    if html:
        assert response.headers["content-type"].startswith("text/html")
        assert response.text.startswith("<!DOCTYPE html>")
    else:
        assert set(response.json()) == {"message"}
    assert len(sandbox.invoices()) == after_commit


@pytest.mark.parametrize("after_commit", [False, True])
def test_a_delayed_call_is_processed_even_when_nobody_waits(
    sandbox: Any, after_commit: bool, eventually: Any
) -> None:
    injected = sandbox.inject(Fault("delay", seconds=0.8, after_commit=after_commit, times=1))

    with httpx.Client(timeout=0.1) as client, pytest.raises(httpx.ReadTimeout):
        create(sandbox, client)

    eventually(lambda: injected.hits == 1)
    if not after_commit:
        assert sandbox.invoices() == []
    eventually(lambda: len(sandbox.invoices()) == 1)


def test_a_delay_ends(sandbox: Any) -> None:
    sandbox.inject(Fault("delay", seconds=0.1, times=1))
    began = time.monotonic()

    assert create(sandbox).status_code == 200
    assert time.monotonic() - began >= 0.1


def test_a_body_that_drips(sandbox: Any) -> None:
    sandbox.inject(Fault("drip", seconds=0.2, times=1))
    began, pieces = time.monotonic(), []

    with httpx.stream(
        "POST",
        f"{sandbox.base_url}/invoices",
        json=BODY,
        headers={"X-API-Key": sandbox.api_key},
    ) as response:
        pieces = list(response.iter_raw())

    assert json.loads(b"".join(pieces))["id"] == sandbox.invoices()[0].id
    assert len(pieces) > 5
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("kind", ["truncated_json", "malformed_json"])
def test_json_that_is_none(sandbox: Any, kind: str) -> None:
    sandbox.inject(Fault(kind, times=1))

    response = create(sandbox)

    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert len(sandbox.invoices()) == 1


def test_a_field_that_is_missing_or_null(sandbox: Any) -> None:
    sandbox.inject(Fault("missing_field", field="status", nth=1))
    sandbox.inject(Fault("null_field", field="amount", nth=2))

    first, second = create(sandbox).json(), create(sandbox).json()

    assert "status" not in first
    assert "id" in first
    assert (second["amount"], second["status"]) == (None, "pending")


def test_a_missing_field_can_be_left_to_the_seed(sandbox: Any) -> None:
    whole = set(create(sandbox).json())
    for seed in range(6):
        sandbox.inject(Fault("missing_field", seed=seed, nth=seed + 1))

    missing = [whole - set(create(sandbox).json()) for _ in range(6)]

    assert all(len(one) == 1 for one in missing)
    assert len({next(iter(one)) for one in missing}) > 1


def test_unknown_fields_and_values(sandbox: Any) -> None:
    sandbox.inject(Fault("unknown_field", nth=1))
    sandbox.inject(Fault("unknown_enum", nth=2))
    sandbox.inject(Fault("unknown_enum", nth=3, value="refunded"))

    first, second, third = (create(sandbox).json() for _ in range(3))

    assert "sandbox_unknown_field" in first
    assert (second["status"], third["status"]) == ("on_hold", "refunded")


def test_faults_reach_the_items_of_lists(sandbox: Any) -> None:
    create(sandbox)
    sandbox.inject(Fault("unknown_enum", operation="listInvoices"))
    headers = {"X-API-Key": sandbox.api_key}

    page = httpx.get(f"{sandbox.base_url}/invoices", headers=headers).json()

    assert page["data"][0]["status"] == "on_hold"


def test_error_answers_are_not_spoiled(sandbox: Any) -> None:
    sandbox.inject(Fault("missing_field", field="message"))

    response = httpx.get(f"{sandbox.base_url}/invoices")

    assert response.status_code == 401
    assert "message" in response.json()


def test_faults_are_cleared_and_leave_other_calls_alone(sandbox: Any) -> None:
    injected = sandbox.inject(Fault("status"))
    sandbox.inject(Fault("status", operation="createInvoice"))
    sandbox.clear_faults(injected.id)
    headers = {"X-API-Key": sandbox.api_key}

    assert httpx.get(f"{sandbox.base_url}/refunds", headers=headers).status_code == 200
    assert create(sandbox).status_code == 500
    sandbox.clear_faults()
    assert create(sandbox).status_code == 200
    with pytest.raises(SandboxError, match="no fault"):
        sandbox.clear_faults(injected.id)


LATE = "test_late_and_profiles.py"


def test_every_kind_has_been_shown() -> None:
    # Each is named in one of these files, in quotation marks.
    here = Path(__file__).parent
    shown = "".join((here / name).read_text() for name in (Path(__file__).name, LATE))
    assert [kind for kind in FaultKind if f'"{kind}"' not in shown] == []
