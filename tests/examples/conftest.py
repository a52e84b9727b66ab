"""Starts the example shops as their docstrings say, each with a sandbox that sends webhooks."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

import apipay
import apipay_client
from apipay_sandbox import Sandbox

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = os.pathsep.join(
    str(Path(package.__path__[0]).parent) for package in (apipay, apipay_client)
)
COMMANDS = {
    "fastapi": ["-m", "uvicorn", "fastapi_shop:app", "--port", "{port}", "--log-level", "warning"],
    "flask": ["-m", "flask", "--app", "flask_shop", "run", "--port", "{port}"],
    "django": ["django_shop.py", "runserver", "--noreload", "{port}"],
}


@dataclass
class RunningShop:
    url: str
    sandbox: Sandbox


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_up(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the shop did not start:\n{log.read_text()}")
        time.sleep(0.05)


@pytest.fixture(params=list(COMMANDS))
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningShop]:
    with contextlib.ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(rate_limit=None))
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        environment = {**os.environ, **sandbox.environment, "SHOP_FOLDER": str(tmp_path)}
        environment["PYTHONPATH"] = SOURCES
        log = tmp_path / "shop.log"
        process = subprocess.Popen(
            [sys.executable, *(part.format(port=port) for part in COMMANDS[request.param])],
            cwd=EXAMPLES,
            env=environment,
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        wait_until_up(process, url, log)
        sandbox.add_webhook(f"{url}/webhooks/apipay")
        yield RunningShop(url, sandbox)
