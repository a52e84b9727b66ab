"""Limits and protection: foreign Host headers, slow and endless requests, unusable webhooks."""

import json
import os
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apipay_sandbox import Fault, Sandbox, SandboxError, app, server, state

# One client: each new one would load the certificates again.
HTTP = httpx.Client(verify=False, timeout=20)


@pytest.fixture(autouse=True, scope="module")
def _close() -> Iterator[None]:
    yield
    HTTP.close()


def get(sandbox: Sandbox, path: str, host: str) -> int:
    return HTTP.get(sandbox.url + path, headers={"Host": host}).status_code


@pytest.mark.parametrize("path", ["/", "/_sandbox/state", "/api/invoices", "/style.css"])
def test_a_foreign_host_header_is_rejected(sandbox: Sandbox, path: str) -> None:
    for host in ("evil.test", "evil.test:80", "127.0.0.1.evil.test", "8.8.8.8", "a@127.0.0.1", ""):
        assert get(sandbox, path, host) == 403, host
    for host in ("127.0.0.1", "localhost:1", "[::1]:8", "shop.localhost", "LOCALHOST"):
        assert get(sandbox, path, host) != 403, host


def test_the_public_url_and_the_host_argument_are_own_names() -> None:
    with Sandbox(public_url="https://pay.test/box") as sandbox:
        port = sandbox._server.port
        for host, status in (("pay.test", 200), ("pay.test:443", 200), ("other.test", 403)):
            found = HTTP.get(f"http://127.0.0.1:{port}/_sandbox/", headers={"Host": host})
            assert found.status_code == status
    with Sandbox(host="0.0.0.0") as sandbox:
        for host, status in (("192.168.1.7:80", 200), ("rebound.test", 403)):
            url = f"http://127.0.0.1:{sandbox._server.port}/_sandbox/"
            assert HTTP.get(url, headers={"Host": host}).status_code == status


def raw(sandbox: Sandbox, *parts: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", sandbox._server.port), timeout=20) as connection:
        received = b""
        try:
            for part in parts:
                connection.sendall(part)
            while data := connection.recv(65_536):
                received += data
        except OSError:
            pass
        return received


HEAD = b"GET /_sandbox/ HTTP/1.1\r\nHost: localhost\r\n"


def test_headers_are_limited_in_number_and_size(sandbox: Sandbox) -> None:
    many = b"".join(b"X-%d: 1\r\n" % number for number in range(150))
    assert b" 431 " in raw(sandbox, HEAD + many + b"\r\n").split(b"\r\n")[0]
    chunk = b"X: " + b"y" * 60_000
    received = raw(sandbox, HEAD, *[chunk] * 200)
    assert b" 200 " not in received


def test_a_slow_head_and_a_slow_body_are_cut_off(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "_HEAD_SECONDS", 0.1)
    monkeypatch.setattr(app, "_BODY_SECONDS", 0.1)
    began = time.monotonic()
    assert raw(sandbox, HEAD) == b""
    post = b"POST /%s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n"
    for path in (b"api/invoices", b"_sandbox/seed"):
        kind = b"Content-Type: application/json\r\n\r\n{"
        assert b" 408 " in raw(sandbox, post % path + kind).split(b"\r\n")[0]
    assert time.monotonic() - began < 10
    assert HTTP.get(f"{sandbox.url}/_sandbox/").status_code == 200


def test_the_delivery_log_keeps_the_newest(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MAX_DELIVERIES", 20)
    sandbox.add_webhook("http://127.0.0.1:9/")
    for number in range(50):
        sandbox.send_event({"event": f"number-{number}"})
    assert [one.event for one in sandbox.deliveries()] == [f"number-{n}" for n in range(30, 50)]


def test_removed_deliveries_stay_removed_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "MAX_DELIVERIES", 2)
    for _ in range(2):
        with Sandbox(db=tmp_path / "db", webhook_url="http://127.0.0.1:9/") as sandbox:
            for number in range(4):
                sandbox.send_event({"event": str(number)})
            assert [one.event for one in sandbox.deliveries()] == ["2", "3"]


def test_the_clock_cannot_jump_too_far_or_create_too_much(sandbox: Sandbox, api: Any) -> None:
    for seconds in (-1, 4000 * 86_400, float("nan"), float("inf")):
        with pytest.raises(SandboxError):
            sandbox.advance(seconds)
    body = {"amount": 1, "phone_number": "87001234567", "interval": "daily"}
    for _ in range(30):
        assert api.post("/recurring-invoices", body).status_code == 200
    before = sandbox.now
    with pytest.raises(SandboxError, match="more than 100000 invoices"):
        sandbox.advance(3660 * 86_400)
    assert sandbox.now == before
    sandbox.advance(86_400)
    assert len(sandbox.invoices()) == 60


def test_a_database_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "db"
    path.touch(0o644)
    os.chmod(path, 0o644)
    with Sandbox(db=path, webhook_url="http://127.0.0.1:9/") as sandbox:
        sandbox.send_event({"event": "x"})
        for one in tmp_path.iterdir():
            assert stat.S_IMODE(one.stat().st_mode) == 0o600, one


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:99999/", "http://127.0.0.1:0/", "http://[::1/", "ftp://127.0.0.1/",
        "http://127.0.0.1/a b", "http://127.0.0.1/\n", "http://127.0.0.1/\ud800", "x", "http://",
        "http://u:p@127.0.0.1/", "http://127.0.0.1/" + "x" * 3000, "http://" + "a" * 70 + ".test/",
        "http://\u2100.test/", "http://8.8.8.8/",
    ],
)  # fmt: skip
def test_a_webhook_url_that_cannot_be_used_is_rejected_with_a_reason(
    sandbox: Sandbox, url: str
) -> None:
    response = HTTP.post(
        f"{sandbox.url}/_sandbox/webhooks",
        content=json.dumps({"url": url}),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 422
    assert response.json()["message"].startswith("The webhook's url cannot be used: ")
    assert sandbox.webhooks() == []


@pytest.mark.parametrize("secret", ["   ", "\ud800", "\n"])
def test_a_webhook_secret_that_cannot_be_used_is_rejected(sandbox: Sandbox, secret: str) -> None:
    with pytest.raises(SandboxError, match="secret must"):
        sandbox.add_webhook("http://127.0.0.1:9/", secret)
    with pytest.raises(SandboxError, match="secret must"):
        Sandbox(webhook_secret=secret)


VERBS = [
    ("POST", "/reset"), ("POST", "/seed"), ("GET", "/requests"), ("POST", "/clock/advance"),
    ("POST", "/organizations/1/confirm"), ("POST", "/invoices/1001/pay"), ("POST", "/webhooks"),
    ("DELETE", "/webhooks/1"), ("POST", "/events"), ("GET", "/deliveries"), ("POST", "/faults"),
    ("DELETE", "/faults/1"), ("POST", "/fault-profiles/flaky"), ("PUT", "/rate-limit"),
    ("POST", "/api-keys"), ("POST", "/api-keys/expire"), ("POST", "/refuse-connections"),
]  # fmt: skip
NAMES = [
    "seconds", "url", "secret", "id", "event", "webhook_id", "kind", "nth", "every", "probability",
    "times", "status", "field", "key", "requests", "window_seconds", "window", "client_name",
    "invoices", "webhooks", "organizations", "recurring_invoices", "seed", "operation", "value",
]  # fmt: skip
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**63, 10**400, -1, 0.5, 1e308])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["http://127.0.0.1:9/", "delay", "null_field", "\ud800", "fixed"])
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=5,
)


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    verb=st.sampled_from(VERBS),
    body=st.dictionaries(st.sampled_from(NAMES), values, max_size=4) | values,
)
def test_nothing_in_control_answers_500(sandbox: Sandbox, verb: tuple[str, str], body: Any) -> None:
    method, path = verb
    if path == "/refuse-connections":
        body = {"seconds": str(body)}  # a valid one would refuse the next example
    response = HTTP.request(
        method,
        f"{sandbox.url}/_sandbox{path}",
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code < 500, response.text
    assert "message" in response.json() or response.status_code == 200


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60), st.sampled_from(VERBS))
def test_no_bytes_break_control(sandbox: Sandbox, body: bytes, verb: tuple[str, str]) -> None:
    method, path = verb
    if path == "/refuse-connections":
        return
    response = HTTP.request(
        method,
        f"{sandbox.url}/_sandbox{path}",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code < 500


def test_a_host_that_is_not_loopback_warns_in_one_line() -> None:
    import signal
    import subprocess
    import sys

    running = subprocess.Popen(
        [sys.executable, "-m", "apipay_sandbox", "--host", "0.0.0.0", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _, warning = running.communicate(timeout=20)
    assert warning.count("\n") == 1
    assert warning.startswith("Warning: everyone who can reach 0.0.0.0 can use and control")


def test_faults_below_http_work_after_ordinary_traffic(sandbox: Sandbox) -> None:
    headers = {"X-API-Key": sandbox.api_key}
    with httpx.Client(base_url=sandbox.base_url, headers=headers) as client:
        assert client.get("/invoices").status_code == 200
        sandbox.inject(Fault("reset_before", nth=2))
        assert client.get("/invoices").status_code == 200
        with pytest.raises(httpx.ReadError):
            client.get("/invoices")
        with sandbox.down(), pytest.raises(httpx.ConnectError):
            client.get("/invoices")
        assert client.get("/invoices").status_code == 200
