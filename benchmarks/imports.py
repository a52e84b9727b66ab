"""Compare the start of a process with apipay and with bare httpx: milliseconds and memory.

    python benchmarks/imports.py [--quick]

Each row is a new Python process with a warm disk cache and compiled modules, and a server that
responds with fixed bytes; the least of several runs, taken in turns. The processes run in a new
virtual environment that holds apipay and its runtime dependencies only, because httpx loads click
and rich where they are installed. Milliseconds are CPU time, which other processes disturb least.

Limits, as ratios to httpx: import at most 1.15, import and client at most 1.0, import, client and
first call at most 1.2. httpx loads the TLS certificates with its client, apipay at its first call.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from _common import Figure, conclude, fixed_server, print_table

_ROOT = Path(__file__).resolve().parent.parent
_MEASURE = """
import resource, sys, time
URL = sys.argv[1]
began = time.process_time()
{code}
ended = time.process_time()
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print((ended - began) * 1000, memory, len(sys.modules))
"""
_STEPS = {
    "import": ("import httpx", "from apipay import ApiPay", 1.15),
    "import, client": (
        "import httpx; client = httpx.Client(base_url=URL)",
        "from apipay import ApiPay; client = ApiPay('key', base_url=URL)",
        1.0,
    ),
    "import, client, first call": (
        "import httpx; client = httpx.Client(base_url=URL); client.get('/invoices/1').json()",
        "from apipay import ApiPay; client = ApiPay('key', base_url=URL); client.invoices.get(1)",
        1.2,
    ),
}


def install(directory: str) -> str:
    """Install apipay without extras in a new virtual environment and return its Python."""
    python = str(Path(directory, "bin", "python"))
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    subprocess.run([*pip, "-c", str(_ROOT / "constraints.txt"), str(_ROOT)], check=True)
    return python


def measure(python: str, code: str, url: str) -> tuple[float, float, int]:
    """Return milliseconds, MiB at most and loaded modules of one new process."""
    run = subprocess.run(
        [python, "-I", "-c", _MEASURE.format(code=code), url],
        capture_output=True,
        text=True,
        check=True,
    )
    milliseconds, memory, modules = run.stdout.split()
    return float(milliseconds), float(memory), int(modules)


def main() -> int:
    """Measure, print the table, and check the limits."""
    parser = argparse.ArgumentParser(description="Import time and memory.")
    parser.add_argument("--quick", action="store_true", help="few runs; shows, does not judge")
    options = parser.parse_args()
    runs = 2 if options.quick else 20
    found: dict[tuple[str, int], list[tuple[float, float, int]]] = {}
    bodies = {"GET /invoices/1": b'{"id":1,"status":"paid"}'}
    with tempfile.TemporaryDirectory() as directory, fixed_server(bodies) as url:
        python = install(directory)
        for _ in range(runs):
            for step, (theirs, ours, _limit) in _STEPS.items():
                for which, code in enumerate((theirs, ours)):
                    found.setdefault((step, which), []).append(measure(python, code, url))
    best = {name: min(rows) for name, rows in found.items()}
    rows: list[list[Any]] = []
    figures: list[Figure] = []
    for step, (_, _, limit) in _STEPS.items():
        bare, ours = best[step, 0], best[step, 1]
        ratio = ours[0] / bare[0]
        rows.append([f"httpx: {step}", bare[0], "", round(bare[1]), bare[2]])
        rows.append([f"apipay: {step}", ours[0], ratio, round(ours[1]), ours[2]])
        figures.append(Figure(f"{step}, ratio to httpx", round(ratio, 2), limit))
    print_table(["new process", "CPU ms", "ratio", "MiB", "modules"], rows)
    return 0 if options.quick else conclude(figures)


if __name__ == "__main__":
    sys.exit(main())
