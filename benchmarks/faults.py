"""The money rule under every fault: real client processes, a chaos TCP proxy, the sandbox.

Six client processes (threads, asyncio, trio, and three that refund the same invoices) create
invoices, refund them in parts, cancel, pause, resume and bill through a proxy that breaks what it
forwards (`_faults_proxy.py`). Then a judge (`_faults_judge.py`) compares what each call was told
with the requests that the proxy forwarded and the records of the sandbox.

    make faults                                    20,000 calls, some minutes
    python benchmarks/faults.py --calls 400        a short run
    python benchmarks/faults.py --only stale -v    some rows; -v shows every violation and error
    python benchmarks/faults.py --client naive     control: bare httpx that retries on every failure
    python benchmarks/faults.py --client strict    control: bare httpx that never sends twice

Scale: the clocks of the clients and of the sandbox run 20 times as fast as real time, and so do
the faults: an effect that comes 60 s late comes 3 s late in real time. Only the timeout of one
attempt is real: 0.5 s, which is 10 s of the run. The row "late effect, true 20 to 60 s" runs in
real time alongside the others, in runs of 2,000 calls or more. A seed repeats the calls and the
choice of each fault; which request comes first is up to the machine. Unknown outcomes in the row
"no fault" are timeouts of an overloaded machine: their share is part of every other row's.

Columns: `hits` requests that met the fault; `unknown` calls that raised `OutcomeUnknownError`, and
their share; `confirmed` those of them that `client.confirm` resolved later; `copies` effects of
requests that the proxy duplicated, which are nobody's fault, and `excused` calls that failed while
only such a copy took effect; `equal` results that belong to a call with the same arguments and were
given to nobody else. The other columns are violations, described in `Finding`; each has to
be 0.
"""

import argparse
import multiprocessing
import secrets
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from urllib.parse import urlsplit

from _common import Figure, conclude, print_table, sandbox_process
from _faults_clients import World, work
from _faults_judge import VIOLATIONS, Finding, History, judge, total
from _faults_proxy import FAULTS, SAME_REASON, TRUE_TIME, Log, proxy_process
from _faults_traffic import Ground, Traffic

_SPEED = 20.0
_PROCESSES = [("threads", 12), ("asyncio", 20), ("trio", 20)]
_SHARED_PROCESSES = [("threads", 6)] * 3
_TRUE_TIME_CALLS = 60
_TRUE_TIME_FROM = 2_000


@dataclass(frozen=True)
class Run:
    """Rows against one sandbox. `alone` and `shared`: the kind and concurrency of processes."""

    rows: list[str]
    calls: int
    speed: float
    seed: int
    client: str
    alone: list[tuple[str, int]]
    shared: list[tuple[str, int]]

    def judged(self) -> tuple[dict[str, Finding], Log]:
        key = "sandbox-" + secrets.token_hex(16)
        start = datetime.now(UTC)
        with (
            sandbox_process(
                rate_limit=None, api_key=key, speed=self.speed, start_at=start
            ) as base_url,
            Ground(base_url, key) as ground,
        ):
            sandbox = urlsplit(base_url)
            assert sandbox.hostname is not None
            assert sandbox.port is not None
            traffic = Traffic(ground, self.seed, len(self.alone), len(self.shared))
            each = -(-self.calls // len(self.rows))
            planned = [traffic.row(row, each) for row in self.rows]
            upstream = sandbox.hostname, sandbox.port
            with proxy_process(upstream, self.speed, self.seed) as proxy:
                world = World(
                    client=self.client,
                    base_url=f"http://127.0.0.1:{proxy.port}{sandbox.path}",
                    flapping_url=f"http://127.0.0.1:{proxy.flapping_port}{sandbox.path}",
                    api_key=key,
                    speed=self.speed,
                    unix=ground.now(),
                    began=time.monotonic(),
                )
                processes = [*self.alone, *self.shared]
                forked = multiprocessing.get_context("forkserver")
                with ProcessPoolExecutor(len(processes), mp_context=forked) as pool:
                    futures = [
                        pool.submit(work, kind, concurrency, world, list(chain(*lanes)))
                        for (kind, concurrency), lanes in zip(
                            processes, zip(*planned, strict=True), strict=True
                        )
                    ]
                    told = [one for future in futures for one in future.result()]
                log = proxy.log()
            history = History(
                calls=traffic.calls,
                told=told,
                sends=log.sends,
                effects=log.effects,
                records=ground.records(),
                statuses=ground.statuses,
            )
            return judge(history), log


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--calls", type=int, default=20_000, help="of all rows together (default: %(default)s)")
    add("--seed", type=int, default=8)
    add("--only", nargs="+", metavar="ROW", help="rows whose name starts with one of these")
    add("--client", choices=["apipay", "naive", "strict"], default="apipay")
    add("-v", "--verbose", action="store_true", help="show every violation and error")
    options = parser.parse_args()
    chosen = [row for row in FAULTS if options.only is None or row.startswith(tuple(options.only))]
    if not chosen:
        parser.error(f"Unknown row. Expected the start of one of: {', '.join(FAULTS)}.")
    began = time.perf_counter()
    runs: list[Run] = []
    scaled = [row for row in chosen if row != TRUE_TIME]
    if scaled:
        runs.append(
            Run(
                scaled,
                options.calls,
                _SPEED,
                options.seed,
                options.client,
                _PROCESSES,
                _SHARED_PROCESSES,
            )
        )
    if TRUE_TIME in chosen and (not scaled or options.calls >= _TRUE_TIME_FROM):
        runs.append(
            Run(
                [TRUE_TIME],
                _TRUE_TIME_CALLS,
                1.0,
                options.seed,
                options.client,
                [("threads", _TRUE_TIME_CALLS)],
                [],
            )
        )
    findings: dict[str, Finding] = {}
    hits: dict[str, int] = {}
    cut_at = 0
    with ThreadPoolExecutor(len(runs)) as pool:
        for found, log in pool.map(Run.judged, runs):
            findings |= found
            hits |= {row: log.hits[row] for row in found}
            cut_at += len(log.cut_at)
    seconds = time.perf_counter() - began
    return _report(findings, hits, cut_at, seconds, options.verbose)


def _report(
    findings: dict[str, Finding], hits: dict[str, int], cut_at: int, seconds: float, verbose: bool
) -> int:
    def line(name: str, found: Finding, hit: int) -> list[object]:
        share = f"{found.unknown / max(found.calls, 1):.1%}"
        told = [found.returned, found.failed, found.unknown, share, found.confirmed]
        copies = [found.copies, found.excused, found.equal]
        return [name, found.calls, hit, *told, *copies, *(getattr(found, v) for v in VIOLATIONS)]

    whole = total(findings.values())
    header = ["fault", "calls", "hits", "returned", "failed", "unknown", "share", "confirmed"]
    lines = [line(name, found, hits[name]) for name, found in findings.items()]
    lines.append(line("total", whole, sum(hits.values())))
    print_table([*header, "copies", "excused", "equal", *VIOLATIONS], lines)
    for name, found in findings.items():
        for note in found.notes if verbose else found.notes[:3]:
            print(f"{name}: {note}")
        if verbose and found.errors:
            print(f"{name}: raised {dict(found.errors.most_common())}")
    if whole.duplicates_by_operation:
        print(f"\nduplicates by operation: {dict(whole.duplicates_by_operation.most_common())}")
    print(f"\n{whole.calls} calls, {cut_at} offsets of truncation, {seconds:.0f} s")
    # Shown, and not judged: the documented limit of the evidence. Two processes that send the same
    # amount and the same reason for one invoice are one refund to any observer.
    judged = total(found for row, found in findings.items() if row != SAME_REASON)
    return conclude([Figure(name, getattr(judged, name), 0) for name in VIOLATIONS])


if __name__ == "__main__":
    sys.exit(main())
