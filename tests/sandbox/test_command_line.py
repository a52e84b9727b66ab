"""`python -m apipay_sandbox`, and `kill -9` in the middle of its work."""

import contextlib
import inspect
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from apipay_sandbox import Sandbox

PHONE = "87001234567"


@contextlib.contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start the sandbox as a process of its own; give it and the first line that it prints."""
    process = subprocess.Popen(
        [sys.executable, "-m", "apipay_sandbox", "--port", "0", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        yield process, process.stdout.readline()
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        process.stderr.close()


def python(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def client_of(line: str, **options: Any) -> httpx.Client:
    environment = json.loads(line)
    return httpx.Client(
        base_url=environment["APIPAY_BASE_URL"],
        headers={"X-API-Key": environment["APIPAY_API_KEY"]},
        timeout=10,
        **options,
    )


def test_it_prints_what_to_put_into_the_environment() -> None:
    with running("--api-key", "k", "--webhook-secret", "s") as (process, first):
        assert process.stdout is not None
        lines = [first, *(process.stdout.readline() for _ in range(5))]
        assert lines[1].startswith("export APIPAY_BASE_URL=http://127.0.0.1:")
        assert lines[2:4] == ["export APIPAY_API_KEY=k\n", "export APIPAY_WEBHOOK_SECRET=s\n"]
        base = lines[1].strip().partition("=")[2]
        assert httpx.get(f"{base}/invoices", headers={"X-API-Key": "k"}).status_code == 200


def test_what_it_prints_is_what_a_shell_reads() -> None:
    secret = "it's $HOME; a `secret`"
    with running("--webhook-secret", secret) as (process, first):
        assert process.stdout is not None
        exports = "".join([first, *(process.stdout.readline() for _ in range(5))])
    told = subprocess.run(
        ["sh", "-c", exports + 'printf %s "$APIPAY_WEBHOOK_SECRET"'],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == secret


def test_the_help_names_every_argument_of_the_sandbox() -> None:
    said = python("-m", "apipay_sandbox", "--help").stdout
    named = {name.replace("_", "-") for name in inspect.signature(Sandbox).parameters}
    # `--unverified` says the first of these; the others are for tests in Python.
    named -= {"organization", "start-at", "webhook-timeout"}
    assert named <= set(re.findall(r"^  --([a-z-]+)", said, re.MULTILINE))
    assert "python -m apipay_sandbox --db" in said


@pytest.mark.parametrize("times", [1, 2])
def test_a_file_keeps_the_keys_and_the_data(tmp_path: Path, times: int) -> None:
    """It ends in order, and the next start goes on; nothing but the file is left behind."""
    options = ["--json", "--db", str(tmp_path / "shop.db")]
    with running(*options) as (process, line), client_of(line) as client:
        created = client.post("/invoices", json={"amount": 1, "phone_number": PHONE}).json()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    kept = {name: json.loads(line)[name] for name in ("APIPAY_API_KEY", "APIPAY_WEBHOOK_SECRET")}
    assert [one.name for one in tmp_path.iterdir()] == ["shop.db"]

    for _ in range(times):
        with running(*options) as (_, line), client_of(line) as client:
            assert kept.items() <= json.loads(line).items()
            (found,) = client.get("/invoices").json()["data"]
            assert (found["id"], found["created_at"]) == (created["id"], created["created_at"])
            assert len(client.get("/refunds").json()["data"]) == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_in_order_when_asked_to(number: int) -> None:
    with running("--json") as (process, line):
        assert json.loads(line)["url"]
        process.send_signal(number)
        _, complaints = process.communicate(timeout=10)
        assert (process.returncode, complaints) == (0, "")


def test_its_options_reach_the_sandbox() -> None:
    options = ["--unverified", "--clock", "manual", "--auto-confirm", "5", "--rate-limit", "2/30"]
    with running("--json", *options) as (_, line), client_of(line) as client:
        body = {"amount": 1, "phone_number": PHONE}
        assert client.post("/invoices", json=body).status_code == 403
        client.post("/organizations/verify", json={"idn": "123456789012"})
        limited = client.get("/invoices")
        assert (limited.status_code, limited.json()["retry_after"]) == (429, 30)
        control = json.loads(line)["url"] + "/_sandbox/clock/advance"
        httpx.post(control, json={"seconds": 30})
        assert client.post("/invoices", json=body).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--rate-limit", "none"], "must be 'off'"),
        (["--db", "/no/such/folder/db"], "cannot be used"),
        (["--webhook-url", "http://10.0.0.1/"], "not this machine"),
        (["--speed", "-1"], "speed"),
        (["--speed", "5", "--clock", "manual"], "speed"),
        (["--payment-deadline", "0"], "payment_deadline must be more than 0"),
        (["--payment-deadline", "inf"], "payment_deadline must be"),
        (["--auto-confirm", "nan"], "auto_confirm must be at least 0"),
        (["--auto-pay", "-1"], "auto_pay must be at least 0"),
        (["--public-url", "pay.test"], "must begin with http"),
        (["--public-url", "http://["], "must begin with http"),
        (["--public-url", "http://pay.test/?x=1"], "without a query"),
    ],
)
def test_what_cannot_be_done_is_said_and_fails(arguments: list[str], said: str) -> None:
    with running(*arguments) as (process, line):
        _, complaints = process.communicate(timeout=10)
    assert (line, process.returncode != 0) == ("", True)
    assert said in complaints
    assert "Traceback" not in complaints


def test_a_port_that_is_taken_is_said() -> None:
    with running("--json") as (_, line):
        port = json.loads(line)["url"].rpartition(":")[2]
        with running("--port", port) as (process, _):
            _, complaints = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"port {port}" in complaints


KILLS = int(os.environ.get("SANDBOX_KILLS", "3"))


@pytest.mark.parametrize("seed", range(KILLS))
def test_a_kill_in_the_middle_loses_nothing_that_was_acknowledged(
    tmp_path: Path, seed: int
) -> None:
    acknowledged: dict[int, str] = {}
    refunded: dict[int, int] = {}
    enough = threading.Event()
    wanted = random.Random(seed).randint(40, 120)
    options = ["--json", "--rate-limit", "off", "--db", str(tmp_path / "db")]

    def work(line: str, worker: int) -> None:
        control = json.loads(line)["url"] + "/_sandbox"
        with contextlib.suppress(httpx.TransportError), client_of(line) as client:
            for number in range(1000):
                order = f"order-{worker}-{number}"
                body = {"amount": 100, "phone_number": PHONE, "external_order_id": order}
                created = client.post("/invoices", json=body).json()["id"]
                acknowledged[created] = order
                client.post(f"{control}/invoices/{created}/pay").raise_for_status()
                client.post(f"/invoices/{created}/refund", json={"amount": 40}).raise_for_status()
                refunded[created] = 4000
                if len(acknowledged) >= wanted:
                    enough.set()

    with running(*options) as (process, line):
        workers = [threading.Thread(target=work, args=(line, n)) for n in range(6)]
        for worker in workers:
            worker.start()
        assert enough.wait(60)
        process.kill()
        for worker in workers:
            worker.join()

    with running(*options) as (_, line), client_of(line) as client:
        for created, order in acknowledged.items():
            assert client.get(f"/invoices/{created}").json()["external_order_id"] == order
        for created, amount in refunded.items():
            (refund,) = client.get(f"/invoices/{created}/refunds").json()["data"]
            assert refund["amount"] == f"{amount // 100}.00"
        kept = client.get("/invoices?per_page=100").json()["meta"]["total"]
        # At most one request of each worker was under way.
        assert len(acknowledged) <= kept <= len(acknowledged) + len(workers)
