"""The judge of the fault run sees every kind of harm."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def truth(benchmark_module: Callable[[str], ModuleType]) -> Any:
    return benchmark_module("_truth")


def harm(found: Any) -> tuple[int, int]:
    assert bool(found.notes) == bool(found.duplicates or found.lost)
    return found.duplicates, found.lost


@pytest.mark.parametrize(
    ("told", "standing", "expected"),
    [
        (("returned", 7), [(7, 100)], (0, 0)),
        (("returned", 7), [], (0, 1)),
        (("returned", 7), [(8, 100)], (0, 1)),
        (("returned", 7), [(7, 99)], (0, 1)),
        (("returned", 7), [(7, 100), (8, 100)], (1, 0)),
        (("failed", None), [], (0, 0)),
        (("failed", None), [(7, 100)], (0, 1)),
        (("unknown", None), [], (0, 0)),
        (("unknown", None), [(7, 100)], (0, 0)),
        (("unknown", None), [(7, 100), (8, 100), (9, 100)], (2, 0)),
    ],
)
def test_creates(
    truth: Any,
    told: tuple[str, int | None],
    standing: list[tuple[int, int]],
    expected: tuple[int, int],
) -> None:
    calls = {"order-1": truth.Told(told[0], 100, told[1])}
    assert harm(truth.judge_creates(calls, {"order-1": standing})) == expected


def test_an_invoice_that_nobody_asked_for_is_a_duplicate(truth: Any) -> None:
    assert harm(truth.judge_creates({}, {"order-9": [(7, 100)]})) == (1, 0)


@pytest.mark.parametrize(
    ("told", "true", "expected"),
    [
        ([("returned", 1), ("returned", 2)], [(1, 25), (2, 25)], (0, 0)),
        ([("returned", 1), ("returned", 1)], [(1, 25)], (0, 1)),  # one refund told to two calls
        ([("returned", 1), ("returned", 2)], [(1, 25)], (0, 1)),
        ([("returned", 1)], [(1, 24)], (0, 1)),
        ([("returned", 1)], [(1, 25), (2, 25)], (1, 0)),
        ([("returned", 1), ("unknown", None)], [(1, 25), (2, 25)], (0, 0)),
        ([("returned", 1), ("unknown", None)], [(1, 25)], (0, 0)),
        ([("unknown", None)], [(1, 25), (2, 25)], (1, 0)),
        ([("unknown", None)], [(1, 50)], (1, 0)),  # of another amount
        ([("returned", 1), ("failed", None)], [(1, 25)], (0, 0)),
        ([("returned", 1), ("failed", None)], [(1, 25), (2, 25)], (0, 1)),
        ([("unknown", None)] * 5, [(n, 25) for n in range(1, 6)], (1, 0)),  # more than was paid
    ],
)
def test_refunds(
    truth: Any,
    told: list[tuple[str, int | None]],
    true: list[tuple[int, int]],
    expected: tuple[int, int],
) -> None:
    calls = [truth.Told(kind, 25, made) for kind, made in told]
    assert harm(truth.judge_refunds({9: calls}, {9: true}, {9: 100})) == expected


def test_a_missed_figure_makes_the_program_fail(
    benchmark_module: Callable[[str], ModuleType], capsys: pytest.CaptureFixture[str]
) -> None:
    common = benchmark_module("_common")
    kept = common.Figure("requests", 11, 11)
    assert common.conclude([kept]) == 0
    assert common.conclude([kept, common.Figure("used", 0.96, 0.97, at_least=True)]) == 1
    assert "used: 0.96 (>= 0.97) MISSED" in capsys.readouterr().out
