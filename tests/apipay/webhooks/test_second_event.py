"""A client generated from a spec with more events: typed and deduplicated, with no line by hand."""

import os
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

import apipay

ROOT = Path(__file__).parents[3]
SHOP = """
from apipay import webhooks

inbox = webhooks.Inbox(webhooks.MemoryStore())

def show(event, context):
    print(type(event).__name__, context.key, event.refund.status, context.stale)

def deliver(number, **refund):
    import json
    data = {"event": "refund.status_changed", "timestamp": f"2026-11-20T09:18:4{number}Z"}
    body = json.dumps({**data, "refund": {"id": 85, "amount": "2500.00", **refund}}).encode()
    event = webhooks.unwrap(body, webhooks.sign(body, "s"), "s")
    assert isinstance(event, webhooks.RefundEvent)
    print(inbox.handle(event, show).value)

deliver(1, status="completed")
deliver(2, status="completed")
deliver(3, status="pending")
try:
    deliver(4, status="completed", amount="-1.00")
except webhooks.PayloadError as error:
    print(error.reason)
"""


def test_a_second_event_needs_no_class_written_by_hand(tmp_path: Path) -> None:
    yaml = YAML()
    document = yaml.load(ROOT / "openapi.yaml")
    entry = yaml.load((ROOT / "openapi.yaml").read_text())["x-webhooks"]["invoice.status_changed"]
    entry["x-dedup"] = ["refund.id", "refund.status"]
    entry["x-order"] = {"refund.status": [["pending"], ["completed"]]}
    entry["x-money"] = {"refund.amount": entry["x-money"]["invoice.amount"]}
    content = entry["post"]["requestBody"]["content"]["application/json"]
    content["schema"]["$ref"] = "#/components/schemas/RefundEvent"
    del content["examples"]
    entry["post"]["operationId"] = "refundStatusChanged"
    document["x-webhooks"]["refund.status_changed"] = entry
    document["components"]["schemas"]["RefundEvent"] = {
        "type": "object",
        "required": ["event", "refund", "timestamp"],
        "properties": {
            "event": {"type": "string"},
            "refund": {"$ref": "#/components/schemas/Refund"},
            "timestamp": {"type": "string", "format": "date-time"},
        },
    }
    yaml.dump(document, tmp_path / "openapi.yaml")
    out = tmp_path / "sources" / "apipay_client"
    out.parent.mkdir()
    command = ["-m", "generator", "generate", "--spec", str(tmp_path / "openapi.yaml")]
    subprocess.run(
        [sys.executable, *command, "--out", str(out)], cwd=ROOT, check=True, capture_output=True
    )
    overlays = str(Path(apipay.__path__[0]).parent)
    done = subprocess.run(
        [sys.executable, "-c", SHOP],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(out.parent), overlays])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *("RefundEvent refund:85/completed completed False", "handled", "duplicate"),
        *("RefundEvent refund:85/pending pending True", "handled", "shape"),
    ]
