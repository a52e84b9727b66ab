"""What `import apipay` and a client cost, beside bare httpx: milliseconds and memory.

    python benchmarks/imports.py [--quick]

Each row is a new Python process with a warm disk cache and compiled modules, and a server that
answers fixed bytes; the least of several runs, taken in turns. Ratios are to httpx with a client
and its first call: until then apipay has not even opened a pool, which would flatter it.

Both speak HTTP/2 where h2 is installed, as apipay does by itself.

Figure, up to and with the first call: at most 1.6 times the time of httpx.
"""

import argparse
import subprocess
import sys
from typing import Any

from _common import Figure, conclude, fixed_server, print_table

_MEASURE = """
import importlib.util, resource, sys, time
URL, H2 = sys.argv[1], importlib.util.find_spec("h2") is not None
began = time.perf_counter()
{code}
ended = time.perf_counter()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print((ended - began) * 1000, memory, len(sys.modules))
"""
_ROWS = {
    "httpx": "import httpx",
    "httpx and a client": "import httpx; client = httpx.Client(base_url=URL, http2=H2)",
    "the same and its first call": (
        "import httpx; client = httpx.Client(base_url=URL, http2=H2)\n"
        "client.get('/invoices/1').json()"
    ),
    "apipay": "import apipay",
    "apipay and a client": "import apipay; client = apipay.ApiPay('key', base_url=URL)",
    "the same and its first call ": (
        "import apipay; client = apipay.ApiPay('key', base_url=URL); client.invoices.get(1)"
    ),
}


def measure(code: str, url: str) -> tuple[float, float, int]:
    """Return milliseconds, MiB at most and loaded modules of one new process."""
    run = subprocess.run(
        [sys.executable, "-c", _MEASURE.format(code=code), url],
        capture_output=True,
        text=True,
        check=True,
    )
    milliseconds, memory, modules = run.stdout.split()
    return float(milliseconds), float(memory), int(modules)


def main() -> int:
    """Measure, print the table, and check the figures."""
    parser = argparse.ArgumentParser(description="Import time and memory.")
    parser.add_argument("--quick", action="store_true", help="few runs; shows, does not judge")
    options = parser.parse_args()
    runs = 2 if options.quick else 12
    found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in _ROWS}
    answer = {"GET /invoices/1": b'{"id":1,"status":"paid"}'}
    with fixed_server(answer) as url:
        for _ in range(runs):
            for name, code in _ROWS.items():
                found[name].append(measure(code, url))
    best = {name: min(rows) for name, rows in found.items()}
    base = best["the same and its first call"][0]
    rows: list[list[Any]] = [
        [name, round(row[0]), f"{row[0] / base:.2f}", round(row[1]), row[2]]
        for name, row in best.items()
    ]
    print_table(["new process", "ms", "ratio", "MiB", "modules"], rows)
    if options.quick:
        return 0
    ours = best["the same and its first call "][0]
    return conclude(
        [
            Figure("import, client and first call, ratio to httpx", round(ours / base, 2), 1.6),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
