"""The judge of the fault run finds every planted violation, and none in a clean history."""

from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture(scope="module")
def judge(benchmark_module: Callable[[str], ModuleType]) -> Any:
    return benchmark_module("_faults_judge")


class Story:
    """A hand-made history: invoice calls 1 and 2, refund calls 3 and 4, pause 5, resume 6."""

    def __init__(self, judge: Any) -> None:
        self.judge = judge
        self.calls = [
            judge.Call(1, "row", "createInvoice", amount=1000, text="order-1"),
            judge.Call(2, "row", "createInvoice", amount=1000, text="order-2"),
            judge.Call(3, "row", "createRefund", target=50, amount=100, text="a"),
            judge.Call(4, "row", "createRefund", target=50, amount=100),
            judge.Call(5, "row", "pauseRecurringInvoice", target=70),
            judge.Call(6, "row", "resumeRecurringInvoice", target=70),
        ]
        self.told = {
            1: judge.Told(1, "returned", 0, 1, id=101),
            2: judge.Told(2, "unknown", 0, 1, error="OutcomeUnknownError"),
            3: judge.Told(3, "returned", 0, 1, id=203),
            4: judge.Told(4, "failed", 0, 1, error="BadRequestError"),
            5: judge.Told(5, "returned", 2, 3, id=70),
            6: judge.Told(6, "failed", 4, 5, error="RateLimitError"),
        }
        self.sends = [judge.Send(number, 1, in_doubt=True) for number in range(1, 6)]
        self.sends += [judge.Send(6, send, in_doubt=False) for send in (1, 2, 3)]  # 429
        self.effects = [
            judge.Effect(1, 1, False, 101, 0.5, 0.5),
            judge.Effect(2, 1, False, 102, 60.0, 60.0),
            judge.Effect(3, 1, False, 203, 0.5, 0.5),
            judge.Effect(5, 1, False, 70, 2.5, 2.5),
        ]
        self.records = {
            ("invoice", 101): judge.Record(1000, "order-1"),
            ("invoice", 102): judge.Record(1000, "order-2"),
            ("refund", 203): judge.Record(100, "a"),
        }
        self.statuses = {("invoice", 50): "paid", ("recurring_invoice", 70): "active"}

    def effect(self, call: int, send: int, made: int, *, copy: bool = False) -> None:
        """Add an effect, with its record where it makes one."""
        self.effects.append(self.judge.Effect(call, send, copy, made, 8.9, 9.0))
        if call < 5:
            kind = "invoice" if call < 3 else "refund"
            asked = self.calls[call - 1]
            self.records[kind, made] = self.judge.Record(asked.amount, asked.text)

    def found(self) -> dict[str, int]:
        history = self.judge.History(
            self.calls,
            list(self.told.values()),
            self.sends,
            self.effects,
            self.records,
            self.statuses,
        )
        row = self.judge.judge(history)["row"]
        assert bool(row.notes) == bool(row.violations)
        return {
            name: getattr(row, name) for name in self.judge.VIOLATIONS if getattr(row, name) > 0
        }


@pytest.fixture
def story(judge: Any) -> Story:
    return Story(judge)


def test_a_clean_history_has_no_violation(story: Story) -> None:
    assert story.found() == {}


def test_a_write_that_was_sent_again_and_took_effect_twice(story: Story) -> None:
    story.sends.append(story.judge.Send(3, 2, in_doubt=True))
    story.effect(3, 2, 204)
    assert story.found() == {"duplicates": 1, "resent": 1}


def test_duplicates_of_an_unknown_outcome_count_too(story: Story) -> None:
    story.effect(2, 2, 103)
    story.effect(2, 3, 104)
    assert story.found() == {"duplicates": 2}


def test_a_write_that_was_sent_again_while_in_doubt_counts_without_a_second_effect(
    story: Story,
) -> None:
    story.sends.append(story.judge.Send(4, 2, in_doubt=False))
    assert story.found() == {"resent": 1}


def test_one_send_with_two_effects_is_a_duplicate(story: Story) -> None:
    story.effect(3, 1, 204)
    assert story.found() == {"duplicates": 1}


def test_a_copy_made_by_the_proxy_is_not_the_clients_duplicate(story: Story) -> None:
    story.effect(3, 1, 204, copy=True)
    assert story.found() == {}


def test_a_call_may_be_given_the_result_of_its_own_copy(story: Story) -> None:
    story.effect(3, 1, 204, copy=True)
    story.told[3].id = 204
    assert story.found() == {}


def test_told_ok_without_an_effect(story: Story) -> None:
    story.told[4] = story.judge.Told(4, "returned", 0, 1, id=999)
    assert story.found() == {"not_done": 1}


def test_told_ok_with_no_id(story: Story) -> None:
    story.told[4] = story.judge.Told(4, "returned", 0, 1)
    assert story.found() == {"not_done": 1}


def test_told_ok_with_another_amount(story: Story) -> None:
    story.records["refund", 203] = story.judge.Record(101, "a")
    assert story.found() == {"not_done": 1}


def test_told_ok_with_another_order_id(story: Story) -> None:
    story.records["invoice", 101] = story.judge.Record(1000, "order-")
    assert story.found() == {"not_done": 1}


def test_told_ok_with_the_result_of_another_call(story: Story) -> None:
    story.told[4] = story.judge.Told(4, "returned", 0, 1, id=203)
    assert story.found() == {"foreign": 1}


def test_told_ok_with_a_resource_that_existed_before(story: Story) -> None:
    story.told[2] = story.judge.Told(2, "returned", 0, 1, id=50)
    assert story.found() == {"foreign": 1}


def test_results_of_equal_calls_may_be_exchanged(story: Story) -> None:
    story.calls[2] = replace(story.calls[2], text=None)
    story.records["refund", 203] = story.judge.Record(100)
    story.effect(4, 1, 204)
    story.told[3].id = 204
    story.told[4] = story.judge.Told(4, "returned", 0, 1, id=203)
    assert story.found() == {}


def test_one_result_cannot_serve_two_equal_calls(story: Story) -> None:
    story.calls[2] = replace(story.calls[2], text=None)
    story.records["refund", 203] = story.judge.Record(100)
    story.told[4] = story.judge.Told(4, "unknown", 0, 1, confirmed=203)
    assert story.found() == {"foreign": 1}


def test_results_of_calls_with_different_reasons_are_not_exchanged(story: Story) -> None:
    story.effect(4, 1, 204)
    story.told[3].id = 204
    story.told[4] = story.judge.Told(4, "returned", 0, 1, id=203)
    assert story.found() == {"foreign": 2}


def test_a_status_may_show_before_the_proxy_knows_of_it(story: Story) -> None:
    story.effects[-1] = story.judge.Effect(5, 1, False, 70, 2.0, 3.5)
    assert story.found() == {}


def test_told_ok_with_another_target(story: Story) -> None:
    story.told[5].id = 71
    assert story.found() == {"foreign": 1}


@pytest.mark.parametrize(
    ("began", "ended", "violations"),
    [
        (2.0, 3.0, {}),
        (2.6, 3.0, {}),  # had it before the call began
        (1.0, 2.4, {"not_done": 1}),  # took effect after the call had returned
        (4.1, 5.0, {"not_done": 1}),  # somebody had resumed it before the call began
        (3.9, 5.0, {}),
    ],
)
def test_told_ok_about_a_status(
    story: Story, began: float, ended: float, violations: dict[str, int]
) -> None:
    story.effects.append(story.judge.Effect(6, 1, False, 70, 4.0, 4.0))
    story.told[6] = story.judge.Told(6, "unknown", 3, 5)
    story.told[5] = story.judge.Told(5, "returned", began, ended, id=70)
    assert story.found() == violations


def test_told_that_it_certainly_failed_and_it_took_effect(story: Story) -> None:
    story.effect(4, 1, 204)
    assert story.found() == {"lost": 1}


def test_a_failed_call_is_excused_when_only_a_copy_took_effect(story: Story) -> None:
    story.effect(4, 1, 204, copy=True)
    assert story.found() == {}


def test_an_untyped_exception(story: Story) -> None:
    story.told[4] = story.judge.Told(4, "untyped", 0, 1, error="KeyError")
    assert story.found() == {"untyped": 1}


def test_an_unknown_outcome_that_claims_to_be_retryable(story: Story) -> None:
    story.told[2].retryable = True
    assert story.found() == {"retryable": 1}


def test_a_confirmation_of_the_calls_own_result(story: Story) -> None:
    story.told[2].confirmed = 102
    assert story.found() == {}


def test_a_confirmation_with_the_result_of_another_call(story: Story) -> None:
    story.told[2].confirmed = 101
    assert story.found() == {"foreign": 1}


def test_a_confirmation_that_raises_an_untyped_exception(story: Story) -> None:
    story.told[2].confirm_error = "KeyError"
    assert story.found() == {"untyped": 1}


def test_a_record_that_no_request_made(story: Story) -> None:
    story.records["refund", 300] = story.judge.Record(100)
    assert story.found() == {"unexplained": 1}


def test_an_effect_without_a_record(story: Story) -> None:
    del story.records["invoice", 102]
    assert story.found() == {"unexplained": 1}


def test_a_call_without_a_result(story: Story) -> None:
    del story.told[4]
    assert story.found() == {"unexplained": 1}
