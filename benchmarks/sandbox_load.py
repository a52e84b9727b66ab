"""The sandbox under 200 clients at once: errors, throughput, and whether its memory stays level.

    python benchmarks/sandbox_load.py [--seconds 60]

Every client creates, reads and cancels invoices in a loop. The memory is measured after a reset at
the start, in the middle and at the end, so that stored invoices do not count.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from pathlib import Path

import httpx

_CLIENTS = 200
_INVOICE = {"amount": 100, "phone_number": "87001234567"}
# Growth from the middle to the end, in MiB.
_MOST_GROWTH = 20.0


def _resident(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


async def _load(url: str, key: str, seconds: float) -> tuple[int, int]:
    """Return (requests, failures)."""
    end, done, failed = time.monotonic() + seconds, 0, 0
    limits = httpx.Limits(max_connections=_CLIENTS, max_keepalive_connections=_CLIENTS)
    async with httpx.AsyncClient(
        base_url=url, headers={"X-API-Key": key}, limits=limits, timeout=60
    ) as client:

        async def shop() -> None:
            nonlocal done, failed
            while time.monotonic() < end:
                created = await client.post("/invoices", json=_INVOICE)
                number = created.json()["id"]
                for method, path in (("GET", ""), ("POST", "/cancel")):
                    response = await client.request(method, f"/invoices/{number}{path}")
                    failed += response.status_code != 200
                done += 3

        await asyncio.gather(*(shop() for _ in range(_CLIENTS)))
    return done, failed


def main() -> None:
    """Run the load in two halves, and compare the memory after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    seconds: float = parser.parse_args().seconds
    key = "sandbox_load"
    command = [sys.executable, "-m", "apipay_sandbox", "--port", "0", "--rate-limit", "off"]
    server = subprocess.Popen([*command, "--api-key", key], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        lines = [server.stdout.readline() for _ in range(5)]
        url = next(line for line in lines if "APIPAY_BASE_URL" in line).strip().partition("=")[2]
        sizes: list[float] = []
        total = failures = 0
        for _ in range(2):
            done, failed = asyncio.run(_load(url, key, seconds / 2))
            total, failures = total + done, failures + failed
            httpx.post(url.removesuffix("/api") + "/_sandbox/reset").raise_for_status()
            sizes.append(_resident(server.pid))
    finally:
        server.terminate()
        server.wait(10)
    growth = sizes[1] - sizes[0]
    print(f"{_CLIENTS} clients, {seconds:g} s: {total} requests, {failures} failures")
    print(f"memory after a reset: {sizes[0]:.0f} MiB, then {sizes[1]:.0f} MiB")
    if failures or growth > _MOST_GROWTH:
        sys.exit(f"failures: {failures}; growth: {growth:.1f} MiB, at most {_MOST_GROWTH} allowed")


if __name__ == "__main__":
    main()
