"""What reading a page of 100 invoices costs, next to `json.loads` and plain generator output.

    python benchmarks/decode.py [--quick]

All rows read the same bytes, in turns, so that a busy machine meets them all; what counts is the
least time of any round. The plain client is made on the spot, from the same `openapi.yaml`, by the
pinned openapi-python-client with its own templates: it keeps money as text, and an unknown status
or a null where it expects a value ends in an exception.

Figures: the typed page costs at most 1.8 of `json.loads` of its bytes, and at most 0.5 of what
plain generator output takes for the same dict.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from timeit import timeit
from typing import Any

from _common import Figure, conclude, print_table
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from apipay_client.codec import loads
from apipay_client.models import InvoicePage

SPEC = Path(__file__).parents[1] / "openapi.yaml"
CALLS = 20
INVOICE = {
    "id": 7,
    "status": "paid",
    "amount": "1234.50",
    "payment_url": "https://pay.example/7",
    "kaspi_invoice_id": "1234567890",
    "kaspi_qr_token": "a1b2c3d4e5",
    "description": "Order 7: two jars of honey",
    "external_order_id": "order-7",
    "client_name": "Aigerim B.",
    "client_phone": "87001234567",
    "created_at": "2026-11-22T10:00:00Z",
    "paid_at": "2026-11-22T10:01:00Z",
}
PAGE = {
    "data": [{**INVOICE, "id": number} for number in range(1, 101)],
    "meta": {"current_page": 1, "per_page": 100, "total": 1000},
}
BYTES = json.dumps(PAGE).encode()


def plain_page(folder: str) -> Any:
    """The class of a page in a client made with openapi-python-client's own templates."""
    config = Config.from_sources(
        config_file=ConfigFile(package_name_override="plain_client", post_hooks=[]),
        meta_type=MetaType.NONE,
        document_source=SPEC,
        file_encoding="utf-8",
        overwrite=False,
        output_path=Path(folder) / "plain_client",
    )
    generate(config=config)
    sys.path.insert(0, folder)
    return import_module("plain_client.models").InvoicePage


def least(rows: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The microseconds of each row in its best round."""
    best = dict.fromkeys(rows, float("inf"))
    for _ in range(rounds):
        for name, call in rows.items():
            best[name] = min(best[name], timeit(call, number=CALLS) / CALLS * 1e6)
    return best


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, and return 1 when a figure is missed."""
    parser = argparse.ArgumentParser(description="Decoding a page of 100 invoices.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds")
    rounds = 10 if parser.parse_args(arguments).quick else 100
    source = json.loads(BYTES)
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_page(folder)
        times = least(
            {
                "json.loads of the bytes": lambda: json.loads(BYTES),
                "our loads of the bytes": lambda: loads(BYTES),
                "plain from_dict": lambda: plain.from_dict(source),
                "our from_dict": lambda: InvoicePage.from_dict(source),
            },
            rounds,
        )
    base = times["json.loads of the bytes"]
    print_table(
        [f"a page of 100 invoices, {len(BYTES):,} bytes", "us", "of json.loads"],
        [[name, round(time), time / base] for name, time in times.items()],
    )
    ours = times["our from_dict"]
    return conclude(
        [
            Figure("typed page, of json.loads", round(ours / base, 2), 1.8),
            Figure("typed page, of plain output", round(ours / times["plain from_dict"], 2), 0.5),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
