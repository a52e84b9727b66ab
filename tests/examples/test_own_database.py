"""The SQLAlchemy example: a store of one's own, and a handler whose effect is exactly-once."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

import apipay
import apipay_client
from apipay.webhooks import (
    EventContext,
    HandleResult,
    Inbox,
    InboxStoreError,
    InvoiceEvent,
    LeaseLostError,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
SOURCES = os.pathsep.join(
    [*(str(Path(p.__path__[0]).parent) for p in (apipay, apipay_client)), str(EXAMPLES)]
)


@pytest.fixture(scope="module")
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("own_database", EXAMPLES / "own_database.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["own_database"] = module  # SQLAlchemy looks its annotations up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def engine(example: Any, tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'shop.db'}", connect_args={"timeout": 20})
    example.Base.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(example.Order(id="order-1042"))
    yield engine
    engine.dispose()


def paid(status: str = "paid") -> InvoiceEvent:
    invoice = {"id": 1, "status": status, "external_order_id": "order-1042"}
    data = {"event": "invoice.status_changed", "invoice": invoice}
    return InvoiceEvent.from_dict({**data, "timestamp": "2026-11-20T09:18:40Z"})


def order(example: Any, engine: Engine) -> tuple[str, int]:
    with Session(engine) as session:
        row = session.get_one(example.Order, "order-1042")
        return row.status, row.shipments


def test_the_walk_through_prints_what_it_promises(
    example: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    example.main()
    assert capsys.readouterr().out.splitlines() == [
        *("handled", "duplicate", "duplicate"),
        "order-1042: paid, shipped 1 time(s)",
    ]


def test_the_store_swaps_only_what_was_read(example: Any, engine: Engine) -> None:
    store = example.SQLAlchemyStore(engine)
    assert store.read("a")[0] is None
    assert not store.swap("a", "old", "new")
    assert store.swap("a", None, "one")
    assert not store.swap("a", None, "two")
    assert not store.swap("a", "two", "three")
    assert store.swap("a", "one", "two")
    assert store.read("a")[0] == "two"


def test_order_and_mark_are_committed_together(example: Any, engine: Engine) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))
    ship = partial(example.ship, engine)
    assert inbox.handle(paid(), ship) is HandleResult.HANDLED
    assert inbox.handle(paid(), ship) is HandleResult.DUPLICATE
    assert order(example, engine) == ("paid", 1)


def test_a_late_status_does_not_move_the_order_back(example: Any, engine: Engine) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))
    for status in ("paid", "expired"):
        assert inbox.handle(paid(status), partial(example.ship, engine)) is HandleResult.HANDLED
    assert order(example, engine) == ("paid", 1)


def test_a_transaction_that_fails_after_finish_leaves_nothing(example: Any, engine: Engine) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))

    def fails(_: InvoiceEvent, context: EventContext) -> None:
        with Session(engine) as session, session.begin():
            with context.finish(example.SQLAlchemyStore(session.connection())):
                session.get_one(example.Order, "order-1042").shipments += 1
                session.flush()
            raise RuntimeError("and then")

    with pytest.raises(RuntimeError, match="and then"):
        inbox.handle(paid(), fails)
    assert order(example, engine) == ("pending", 0)
    assert inbox.handle(paid(), partial(example.ship, engine)) is HandleResult.HANDLED
    assert order(example, engine) == ("paid", 1)


def test_a_transaction_that_nobody_commits_is_an_error(example: Any, engine: Engine) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))

    def forgets(_: InvoiceEvent, context: EventContext) -> None:
        with (
            Session(engine) as session,
            context.finish(example.SQLAlchemyStore(session.connection())),
        ):
            pass

    with pytest.raises(InboxStoreError, match="not committed"):
        inbox.handle(paid(), forgets)
    assert inbox.handle(paid(), partial(example.ship, engine)) is HandleResult.HANDLED


def test_a_block_that_raises_is_not_marked_even_if_the_rest_is_committed(
    example: Any, engine: Engine
) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))

    def swallows(_: InvoiceEvent, context: EventContext) -> None:
        with Session(engine) as session, session.begin():
            try:
                with context.finish(example.SQLAlchemyStore(session.connection())):
                    raise RuntimeError("no honey left")
            finally:
                session.commit()

    with pytest.raises(RuntimeError, match="no honey"):
        inbox.handle(paid(), swallows)
    assert inbox.handle(paid(), partial(example.ship, engine)) is HandleResult.HANDLED
    assert order(example, engine) == ("paid", 1)


def test_a_handler_that_raises_after_its_commit_is_not_run_again(
    example: Any, engine: Engine
) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))

    def ships_and_fails(event: InvoiceEvent, context: EventContext) -> None:
        example.ship(engine, event, context)
        raise RuntimeError("only the e-mail failed")

    with pytest.raises(RuntimeError, match="e-mail"):
        inbox.handle(paid(), ships_and_fails)
    assert inbox.handle(paid(), partial(example.ship, engine)) is HandleResult.DUPLICATE
    assert order(example, engine) == ("paid", 1)


def test_a_handler_that_lost_its_claim_is_rolled_back(
    example: Any, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(example.SQLAlchemyStore(engine))
    ship = partial(example.ship, engine)

    def frozen(event: InvoiceEvent, context: EventContext) -> None:
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 3600)
        assert inbox.handle(event, ship) is HandleResult.HANDLED
        ship(event, context)

    with pytest.raises(LeaseLostError):
        inbox.handle(paid(), frozen)
    assert order(example, engine) == ("paid", 1)


def start(database: Path, stop: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).parent / "crashing_finish.py"), str(database), stop],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )


@pytest.mark.parametrize("stop", ["working", "finished", "committed"])
def test_killed_at_any_moment_it_ships_exactly_once(
    example: Any, engine: Engine, tmp_path: Path, stop: str
) -> None:
    """No idempotent effect is needed here: the counter itself says how often it shipped."""
    database = tmp_path / "shop.db"
    with start(database, stop) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "attempt 1\n"
        assert process.stdout.readline() == "halted\n"
        process.send_signal(signal.SIGKILL)
    assert order(example, engine) == (("paid", 1) if stop == "committed" else ("pending", 0))
    deadline = time.monotonic() + 60
    while True:
        with start(database, "never") as process:
            out = process.communicate(timeout=60)[0].split("\n")[:-1]
        if out != ["in_progress"]:
            break
        assert time.monotonic() < deadline
    assert out == (["duplicate"] if stop == "committed" else ["attempt 2", "handled"])
    assert order(example, engine) == ("paid", 1)
