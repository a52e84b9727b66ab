"""The inbox's record as pure functions: who holds a claim, what is stale, what is stored."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apipay.webhooks.events import EVENT_TYPES
from apipay.webhooks.state import EventKey, Record, dump, load

LEASE = 20.0
RANKS = EVENT_TYPES["invoice.status_changed"].ranks


def key_of(status: str, at: float | None = None) -> EventKey:
    return EventKey("invoice:1", status, at, RANKS)


def handled(record: Record, status: str, at: float | None, token: str = "t") -> Record:
    """The record once the event has been claimed and done."""
    key = key_of(status, at)
    done = record.claimed(key, token, 0.0, LEASE).completed(key, token)
    assert done is not None
    return done


@pytest.mark.parametrize(
    ("before", "then", "stale"),
    [
        (("pending", 1.0), ("paid", 2.0), False),
        (("paid", 2.0), ("pending", 3.0), True),
        (("paid", 2.0), ("expired", 3.0), True),
        (("paid", 2.0), ("cancelled", 1.0), True),
        (("expired", 2.0), ("paid", 3.0), False),
        (("cancelled", 3.0), ("paid", 2.0), False),
        (("expired", 2.0), ("cancelled", 3.0), False),
        (("expired", 3.0), ("cancelled", 2.0), True),
        (("paid", 2.0), ("refunded", 3.0), False),
        (("refunded", 3.0), ("paid", 2.0), True),
        (("processing", 1.0), ("paid", 2.0), False),
        (("refunded", None), ("paid", 2.0), False),
        (("refunded", 2.0), ("paid", None), False),
        (("paid", None), ("expired", None), True),
    ],
)
def test_what_counts_as_out_of_order(
    before: tuple[str, float | None], then: tuple[str, float | None], stale: bool
) -> None:
    assert handled(Record(), *before).is_stale(key_of(*then)) is stale


def test_the_first_event_is_never_stale() -> None:
    assert not Record().is_stale(key_of("pending", 0.0))


def test_the_order_of_arrival_does_not_change_where_an_invoice_ends() -> None:
    events = [("pending", 1.0), ("expired", 2.0), ("paid", 3.0), ("refunded", 4.0)]
    for order in permutations(events):
        record = Record()
        for status, at in order:
            record = handled(record, status, at)
        assert record.latest == ("refunded", 4.0)
        assert set(record.done) == {status for status, _ in events}


def test_tries_are_counted_until_it_is_done() -> None:
    key = key_of("paid", 1.0)
    record: Record | None = Record()
    for number in (1, 2, 3):
        assert record is not None
        record = record.claimed(key, f"t{number}", 10.0, LEASE)
        assert record.tries == {"paid": number}
        if number < 3:
            record = record.released(f"t{number}")
    assert record is not None
    done = record.completed(key, "t3")
    assert done == Record(done={"paid": "t3"}, latest=("paid", 1.0))


def test_a_lost_claim_can_neither_renew_nor_release_nor_complete() -> None:
    key = key_of("paid")
    record = Record().claimed(key, "slow", 10.0, LEASE).claimed(key, "quick", 30.0, LEASE)
    assert record.renewed("slow", 99.0) is None
    assert record.released("slow") is None
    assert record.completed(key, "slow") is None
    assert record.is_held("quick")


def test_a_claim_that_is_gone_without_another_does_not_undo_the_work() -> None:
    """The store was flushed, or another handler had taken the event over and failed."""
    key = key_of("paid", 1.0)
    assert Record().completed(key, "slow") == Record(done={"paid": "slow"}, latest=("paid", 1.0))
    assert handled(Record(), "paid", 1.0, "quick").completed(key, "slow") is None


@pytest.mark.parametrize(
    ("now", "busy"),
    [
        (100.0, True),
        (119.9, True),
        (120.0, False),
        (99.0, True),  # the clocks of two hosts differ a little
        (95.0, True),
        (94.9, False),  # the clock was set back: nobody can say when the lease would end
        (-2000.0, False),
    ],
)
def test_a_claim_holds_for_its_lease_and_not_longer_when_the_clock_is_set_back(
    now: float, busy: bool
) -> None:
    assert Record().claimed(key_of("paid"), "token", 100.0, LEASE).is_busy(now) is busy


def test_a_renewal_follows_a_clock_that_was_set_back() -> None:
    record = Record().claimed(key_of("paid"), "token", 1000.0, LEASE).renewed("token", 100.0)
    assert record is not None
    assert record.is_busy(119.0)
    assert not record.is_busy(120.0)


texts = st.text(max_size=8)
times = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(
    done=st.dictionaries(texts, texts, max_size=4),
    status=texts,
    at=times,
    until=st.floats(allow_nan=False, allow_infinity=False),
)
def test_a_record_survives_being_stored(
    done: dict[str, str], status: str, at: float | None, until: float
) -> None:
    record = Record(done=done, latest=(status, at))
    assert load(dump(record)) == record
    claimed = record.claimed(key_of(status, at), "token", until, LEASE)
    assert load(dump(claimed)) == claimed


@pytest.mark.parametrize(
    "text", ["", "{}", "null", "[]", '{"v":2}', '{"v":1}', '{"v":1,"done":{},"tries":{},"claim":7}']
)
def test_what_another_program_wrote_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="did not write"):
        load(text)


def test_nothing_is_an_empty_record() -> None:
    assert load(None) == Record()


class Worker:
    """A process with one claim: it may be slow, or dead."""

    def __init__(self, key: EventKey, token: str) -> None:
        self.key = key
        self.token = token


STEP = st.tuples(
    st.sampled_from(["take", "complete", "release", "renew", "die", "wait"]),
    st.integers(0, 3),
    st.sampled_from(["pending", "paid", "expired"]),
    st.floats(0.5, 30),
)


@settings(max_examples=600, deadline=None)
@given(steps=st.lists(STEP, min_size=5, max_size=60))
def test_whatever_happens_each_event_is_done_once(
    steps: list[tuple[str, int, str, float]],
) -> None:
    """Four workers take, renew, lose and complete claims on one invoice, in any order."""
    now, tokens = 0.0, 0
    text: str | None = None
    workers: dict[int, Worker] = {}
    done: list[str] = []
    for action, number, status, seconds in steps:
        record, worker = load(text), workers.get(number)
        if action == "wait":
            now += seconds
        elif action == "take" and worker is None:
            key = key_of(status, now)
            if status in record.done:
                assert status in done
            elif record.is_busy(now):
                assert record.claim is not None
                assert record.claim.until > now
            else:
                tokens += 1
                workers[number] = Worker(key, f"t{tokens}")
                text = dump(record.claimed(key, f"t{tokens}", now, LEASE))
        elif worker is not None:
            if action == "die":
                del workers[number]
                continue
            held = record.is_held(worker.token)
            if action == "renew":
                changed = record.renewed(worker.token, now)
            elif action == "release":
                changed = record.released(worker.token)
                del workers[number]
            else:
                changed = record.completed(worker.key, worker.token)
                held = held or (record.claim is None and worker.key.status not in record.done)
                del workers[number]
                if changed is not None:
                    done.append(worker.key.status)
            # A claim that another one has replaced changes nothing any more.
            assert (changed is not None) == held
            text = text if changed is None else dump(changed)
        ranks = {"pending": 0, "expired": 1, "paid": 2}
        latest = load(text).latest
        assert len(done) == len(set(done))
        assert (latest[0] if latest else None) == max(done, key=ranks.__getitem__, default=None)
    # Whatever was left behind, the event can be handled once every lease is over.
    assert not load(text).is_busy(now + 1000 * LEASE)
