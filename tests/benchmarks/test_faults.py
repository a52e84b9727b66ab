"""A short fault run: every fault, a few hundred creates and refunds, sync and async."""

import re
from collections.abc import Callable

KINDS = ["delay", "refused", "reset before", "reset after", "429", "500", "502", "503", "520"]
KINDS += ["HTML", "truncated", "cut", "malformed", "missing", "null", "unknown field", "drip"]


def test_nothing_happens_twice_and_nothing_is_lost(run_benchmark: Callable[..., str]) -> None:
    said = run_benchmark("faults", "--quick")
    for name in ("duplicates", "lost", "untyped"):
        assert f"{name}: 0 (<= 0) ok" in said
    assert all(kind in said for kind in [*KINDS, "all together"])
    total = re.search(r"^total +(\d+) +(\d+) +(\d+)", said, re.MULTILINE)
    assert total is not None
    creates, refunds, hits = map(int, total.groups())
    assert creates >= 300
    assert refunds >= 300
    assert hits >= 100
