"""Money under every fault: nothing twice, nothing lost, no exception outside the tree.

More than 10,000 invoices are created and more than 10,000 refunds given against the sandbox, from
threads (sync) and from tasks (async, asyncio and trio), while the sandbox lets a share of the
calls and of their look-ups go wrong. What each call was told is then compared with what the
sandbox holds.

    make faults                                   # a few minutes
    python benchmarks/faults.py --quick           # a few hundred calls, for CI
    python benchmarks/faults.py --only "429" -v   # some rows; -v shows the errors

Columns: `hits` requests that went wrong; `resent` and `look-ups` what the client did about it;
`returned`, `failed` (a typed error: certainly not done) and `unknown` (`OutcomeUnknownError`) what
the calls were told; `late` duplicates that the client itself cancelled and reported. `lost`
counts calls that were told the wrong thing; `misled` unknown outcomes whose `lookup`, followed
by machine, does not lead to the truth.

Figures: duplicates 0, lost 0, untyped 0, misled 0; unknown at most 1 in 100 calls (5 in the quick
form, whose few calls prove no share).
"""

import argparse
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed

from _common import Figure, conclude, print_table
from _fault_run import Row, Scenario, run

_SHARE = 0.3
_COUNTS = ("creates", "refunds", "hits", "resent", "looked_up")
_TOLD = ("returned", "failed", "unknown", "late")
_FIGURES = ("duplicates", "lost", "untyped", "misled")


def scenarios() -> list[Scenario]:
    """Every fault of the sandbox, alone and then all together."""

    def alone(name: str, *faults: dict[str, object], share: float = _SHARE) -> Scenario:
        return Scenario(name, tuple((fault, share / len(faults)) for fault in faults))

    def status(number: int, html: bool) -> Scenario:
        common = {"kind": "status", "status": number, "html": html}
        name = f"{number} {'HTML' if html else 'JSON'}"
        return alone(name, common, {**common, "after_commit": True})

    # Longer than the client's timeout, shorter than the time for which it looks for a lost write.
    late = 0.5
    rows = [
        alone("delay, then processed", {"kind": "delay", "seconds": late}),
        alone("delay after commit", {"kind": "delay", "seconds": late, "after_commit": True}),
        # Each of these hits everybody who needs a new connection meanwhile, so fewer are enough.
        alone("connection refused", {"kind": "connection_refused", "seconds": 0.02}, share=0.05),
        alone("reset before", {"kind": "reset_before"}),
        alone("reset after commit", {"kind": "reset_after_commit"}),
        alone("429", {"kind": "rate_limited"}),
        *(status(number, html) for number in (500, 502, 503, 520) for html in (False, True)),
        alone("truncated JSON", {"kind": "truncated_json"}),
        alone("cut body", {"kind": "cut_body"}),
        alone("malformed JSON", {"kind": "malformed_json"}),
        alone("missing field", {"kind": "missing_field"}),
        alone("null field", {"kind": "null_field"}),
        alone("unknown field", {"kind": "unknown_field"}),
        alone("unknown enum", {"kind": "unknown_enum"}),
        alone("drip", {"kind": "drip", "seconds": 0.2}),
    ]
    every = [fault for row in rows for fault, _ in row.faults]
    together = tuple((fault, _SHARE / len(every)) for fault in every)
    return [*rows, Scenario("all together", together)]


def main() -> int:
    """Run the scenarios, two at a time, and print the table."""
    parser = argparse.ArgumentParser(description="Money under every fault.")
    parser.add_argument("--quick", action="store_true", help="a few hundred calls")
    parser.add_argument("--calls", type=int, default=10_000, help="creates, and as many refunds")
    parser.add_argument("--seed", type=int, default=20261122, help="of the faults and amounts")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    parser.add_argument("--only", action="append", help="rows whose name begins so")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what was raised")
    options = parser.parse_args()
    chosen = [
        one
        for one in scenarios()
        if options.only is None or one.name.startswith(tuple(options.only))
    ]
    each = -(-(300 if options.quick else options.calls) // len(chosen))
    began = time.perf_counter()
    rows: dict[str, Row] = {}
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.jobs, mp_context=spawn) as pool:
        futures = [pool.submit(run, one, each, each, options.seed) for one in chosen]
        for future in as_completed(futures):
            row = future.result()
            rows[row.name] = row
            if sys.stderr.isatty():
                print(f"{len(rows)}/{len(chosen)} {row.name}", file=sys.stderr)
    ordered = [rows[one.name] for one in chosen]
    seconds = time.perf_counter() - began
    return _report(ordered, seconds, options.verbose, 0.05 if options.quick else 0.01)


def _report(rows: list[Row], seconds: float, verbose: bool, most_unknown: float) -> int:
    counts = (*_COUNTS, *_TOLD, *_FIGURES)
    total = {name: sum(getattr(row, name) for row in rows) for name in counts}
    header = ["fault", *(name.replace("looked_up", "look-ups") for name in counts)]
    lines = [[row.name, *(getattr(row, name) for name in counts)] for row in rows]
    print_table(header, [*lines, ["total", *total.values()]])
    for row in rows:
        for note in row.notes if verbose else row.notes[:5]:
            print(f"{row.name}: {note}")
        if verbose and row.errors:
            print(f"{row.name}: raised {dict(row.errors)}")
    calls = total["creates"] + total["refunds"]
    print(f"\n{calls} calls, {total['hits']} faults, {seconds:.0f} s")
    return conclude(
        [
            *(Figure(name, total[name], 0) for name in _FIGURES),
            Figure("unknown, share of calls", total["unknown"] / calls, most_unknown),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
