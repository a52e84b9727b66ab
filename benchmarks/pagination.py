"""Reading 10,000 invoices page by page: how many requests, and how much memory at once.

    python benchmarks/pagination.py [--quick]

The sandbox, in another process, holds the invoices. The memory is what Python allocates
(tracemalloc) while the items are read and dropped one by one, compared with a list of one page and
with keeping everything in a list. What grows with the list is its ids, in 2 to 8 bytes each, so
that an item which moved is not given twice.

Figures: 100 requests (a page of 100 each), every invoice once, and at most 1.75 times the memory of
one page.
"""

import argparse
import sys
import time
import tracemalloc
from collections.abc import Callable

from _common import Figure, conclude, print_table, sandbox_process

from apipay import ApiPay
from apipay.hooks import Hook, SendEvent

_PAGE = 100
_KEY = "sandbox_pagination"


class _Requests(Hook):
    def __init__(self) -> None:
        self.sent = 0

    def before_send(self, event: SendEvent) -> None:
        self.sent += 1


def peak(work: Callable[[], object]) -> int:
    """Bytes allocated at most at one moment of `work`, above what was there before."""
    work()  # imports and caches
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    work()
    highest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return highest - before


def main() -> int:
    """Fill a sandbox, read it, and check the figures."""
    parser = argparse.ArgumentParser(description="Paginating many invoices.")
    parser.add_argument("--quick", action="store_true", help="1,000 invoices instead of 10,000")
    count = 1_000 if parser.parse_args().quick else 10_000
    pages = count // _PAGE
    counter = _Requests()
    with (
        sandbox_process(rate_limit=None, api_key=_KEY) as url,
        ApiPay(_KEY, base_url=url, rate_limit=None, hooks=[counter]) as client,
    ):
        for number in range(count):
            client.invoices.create(
                amount=1 + number, phone_number="87001234567", external_order_id=f"order-{number}"
            )
        seen: list[int] = []
        counter.sent = 0
        began = time.perf_counter()
        for invoice in client.paginate(client.invoices.list):
            seen.append(invoice.id)
        seconds = time.perf_counter() - began
        requests = counter.sent

        def read(limit: int) -> None:
            for _ in client.paginate(client.invoices.list).limit(limit):
                pass

        one_page = peak(lambda: read(_PAGE))
        streamed = peak(lambda: read(count))
        kept = peak(lambda: list(client.paginate(client.invoices.list)))
    print_table(
        ["reading", "requests", "KiB at most"],
        [
            ["one page", 1, one_page // 1024],
            [f"{count} invoices, one by one", requests, streamed // 1024],
            [f"{count} invoices, kept in a list", pages, kept // 1024],
        ],
    )
    print(f"{count / seconds:,.0f} invoices a second")
    return conclude(
        [
            Figure("requests", requests, pages),
            Figure("invoices missing or doubled", count - len(set(seen)) + len(seen) - count, 0),
            Figure("memory, of one page", round(streamed / one_page, 2), 1.75),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
