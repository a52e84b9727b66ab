"""The short form of each benchmark: what is counted is judged, times are only shown.

Times are not judged here because tests run side by side on busy machines; `make bench` judges them.
"""

from collections.abc import Callable

import pytest


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("pacing", ["429: 0 (<= 0) ok", "used, share of the allowance"]),
        (
            "watching",
            [
                "on average, newest, 40 final: 1",
                "not reported in the next round: 0 (<= 0) ok",
            ],
        ),
        ("pagination", ["requests: 10 (<= 10) ok", "missing or doubled: 0 (<= 0) ok"]),
        ("waits", ["overrun, in seconds: 2", "ended too early: 0 (<= 0) ok"]),
        ("overhead", ["get, sandbox", "create, sandbox", "list of 100, sandbox"]),
        ("imports", ["import, client, first call"]),
    ],
)
def test_benchmark(run_benchmark: Callable[..., str], name: str, expected: list[str]) -> None:
    said = run_benchmark(name, "--quick")
    assert [words for words in expected if words not in said] == []
    assert "MISSED" not in said
