"""The stores: compare-and-swap for all alike, and what each adds."""

import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apipay.errors import InvalidRequestError
from apipay.testing import VirtualClock
from apipay.webhooks import MemoryStore, RedisStore, SQLiteStore, Store
from apipay.webhooks.state import EventKey, Record, dump


def test_swap_changes_only_what_was_read(store: Store) -> None:
    assert store.read("a")[0] is None
    assert not store.swap("a", "old", "new")
    assert store.read("a")[0] is None
    assert store.swap("a", None, "one")
    assert not store.swap("a", None, "two")
    assert not store.swap("a", "on", "two")
    assert store.read("a")[0] == "one"
    assert store.swap("a", "one", "two")
    assert store.read("a")[0] == "two"
    assert store.read("b")[0] is None


TEXT = st.text(min_size=1, max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(key=TEXT, one=TEXT, two=TEXT)
def test_any_text_is_kept(store: Store, key: str, one: str, two: str) -> None:
    before, _ = store.read(key)
    assert store.swap(key, before, one)
    assert store.read(key)[0] == one
    assert store.swap(key, one, two)
    assert store.read(key)[0] == two


def test_of_many_swaps_at_once_one_wins(store: Store) -> None:
    for round_ in range(20):
        old = store.read("key")[0]
        with ThreadPoolExecutor(8) as pool:
            wins = list(pool.map(lambda n: store.swap("key", old, f"{round_}/{n}"), range(8)))  # noqa: B023
        assert wins.count(True) == 1
        assert store.read("key")[0] == f"{round_}/{wins.index(True)}"


def test_time_goes_on(store: Store) -> None:
    one, two = store.read("a")[1], store.read("a")[1]
    assert 1_700_000_000 < one <= two < one + 60


# -- memory --------------------------------------------------------------------------------------


def test_memory_forgets_the_one_untouched_for_longest() -> None:
    store = MemoryStore(max_keys=2)
    done, other = dump(Record()), dump(Record(done={"paid": "t"}))
    assert store.swap("a", None, done)
    assert store.swap("b", None, done)
    assert store.swap("a", done, other)
    assert store.swap("c", None, done)
    assert len(store) == 2
    assert [store.read(key)[0] for key in "abc"] == [other, None, done]


def test_memory_never_forgets_what_is_being_handled() -> None:
    store = MemoryStore(max_keys=1)
    claimed = dump(Record().claimed(EventKey("invoice:1", "paid"), "token", 1e12, 20.0))
    assert store.swap("a", None, claimed)
    for number in range(5):
        assert store.swap(f"done{number}", None, dump(Record()))
    assert store.read("a")[0] == claimed
    assert len(store) <= 2


def test_memory_stays_bounded() -> None:
    store = MemoryStore(max_keys=100)
    for number in range(1000):
        assert store.swap(str(number), None, dump(Record()))
    assert len(store) == 100


# -- SQLite --------------------------------------------------------------------------------------


def test_sqlite_is_read_by_another_store_on_the_same_file(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "inbox.db") as one, SQLiteStore(tmp_path / "inbox.db") as two:
        assert one.swap("a", None, "1")
        assert two.read("a")[0] == "1"
        assert two.swap("a", "1", "2")
        assert not one.swap("a", "1", "3")
    with SQLiteStore(tmp_path / "inbox.db") as again:
        assert again.read("a")[0] == "2"


def test_sqlite_can_be_used_after_close(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "inbox.db")
    store.close()
    assert store.swap("a", None, "1")
    store.close()
    store.close()
    assert store.read("a")[0] == "1"
    store.close()


def test_sqlite_writes_are_synchronous(tmp_path: Path) -> None:
    with SQLiteStore(tmp_path / "inbox.db") as store:
        store.read("a")
        connection = store._open()
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_sqlite_forgets_after_its_time(tmp_path: Path, clock: VirtualClock) -> None:
    options: Any = {"keep": 100, "keep_newest": 1, "clock": clock}
    with SQLiteStore(tmp_path / "inbox.db", **options) as store:
        assert store.swap("old", None, "1")
        clock.advance(60)
        assert store.swap("young", None, "1")
        clock.advance(60)
    with SQLiteStore(tmp_path / "inbox.db", **options) as store:
        assert store.swap("new", None, "1")  # the first write of a process clears up
        assert [store.read(key)[0] for key in ("old", "young", "new")] == [None, "1", "1"]


@pytest.mark.parametrize("jump", [10 * 365 * 86_400, -20 * 365 * 86_400])
def test_sqlite_forgets_nothing_recent_because_the_clock_jumped(
    tmp_path: Path, clock: VirtualClock, jump: int
) -> None:
    with SQLiteStore(tmp_path / "inbox.db", clock=clock) as store:
        assert store.swap("a", None, "1")
    right = clock.time()
    clock.set_time(right + jump)
    with SQLiteStore(tmp_path / "inbox.db", clock=clock) as store:
        assert store.swap("b", None, "1")
    clock.set_time(right)
    with SQLiteStore(tmp_path / "inbox.db", clock=clock) as store:
        assert store.swap("c", None, "1")
        assert [store.read(key)[0] for key in "abc"] == ["1", "1", "1"]


def test_sqlite_keeps_the_newest_by_their_last_change(tmp_path: Path, clock: VirtualClock) -> None:
    with SQLiteStore(tmp_path / "inbox.db", keep=1, keep_newest=2, clock=clock) as store:
        for key in "abc":
            assert store.swap(key, None, "1")
        assert store.swap("a", "1", "2")
        clock.advance(60)
    with SQLiteStore(tmp_path / "inbox.db", keep=1, keep_newest=2, clock=clock) as store:
        assert store.swap("d", None, "1")
        assert [store.read(key)[0] for key in "abcd"] == ["2", None, None, "1"]


def test_sqlite_keeps_forever_if_told(tmp_path: Path, clock: VirtualClock) -> None:
    for _ in range(2):
        with SQLiteStore(tmp_path / "inbox.db", keep=None, keep_newest=0, clock=clock) as store:
            store.swap("old", None, "1")
            clock.advance(1e9)
            store.swap(f"new{clock.time()}", None, "1")
            assert store.read("old")[0] == "1"


def test_sqlite_does_not_touch_a_connection_that_came_through_a_fork(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "inbox.db")
    assert store.swap("a", None, "parent")
    parent = store._connection
    child = os.fork()
    if child == 0:
        try:
            good = store.swap("a", "parent", "child") and store._connection is not parent
            os._exit(0 if good else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    assert store._connection is parent
    assert store.read("a")[0] == "child"
    store.close()


def test_sqlite_is_not_locked_in_a_child_that_was_forked_in_the_middle(tmp_path: Path) -> None:
    store = SQLiteStore(tmp_path / "inbox.db")
    with store._lock:  # as if another thread of the parent were writing
        child = os.fork()
        if child == 0:
            os._exit(0 if store.swap("a", None, "child") else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store.read("a")[0] == "child"
    store.close()


def test_sqlite_that_cannot_be_opened_leaves_nothing_open(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_text("this is not a database, but long enough to look like one")
    with SQLiteStore(tmp_path / "inbox.db") as store, pytest.raises(sqlite3.DatabaseError):
        store.read("a")


# -- Redis ---------------------------------------------------------------------------------------


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    import redis

    with redis.from_url(redis_url) as client:
        client.flushall()
        yield client


def test_redis_keys_have_the_prefix_and_end_by_themselves(client: Any) -> None:
    store = RedisStore(client, prefix="shop:", keep=60)
    assert store.swap("invoice:1", None, "1")
    assert client.keys() == [b"shop:invoice:1"]
    assert 55 < client.ttl("shop:invoice:1") <= 60
    assert RedisStore(client, prefix="other:").read("invoice:1")[0] is None


def test_redis_keeps_forever_if_told(client: Any) -> None:
    assert RedisStore(client, keep=None).swap("a", None, "1")
    assert client.ttl("apipay:webhooks:a") == -1


def test_redis_measures_time_by_the_server(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 0.0)
    seconds, microseconds = client.time()
    assert 0 <= RedisStore(client).read("a")[1] - (seconds + microseconds / 1e6) < 60


def test_redis_serves_clients_that_decode(redis_url: str, client: Any) -> None:
    import redis

    with redis.from_url(redis_url, decode_responses=True) as decoding:
        store = RedisStore(decoding)
        assert store.swap("a", None, "ключ")
        assert store.read("a")[0] == "ключ"
    assert RedisStore(client).read("a")[0] == "ключ"


def test_redis_works_after_its_scripts_were_flushed(client: Any) -> None:
    store = RedisStore(client)
    store.read("a")
    client.script_flush()
    assert store.swap("a", None, "1")
    assert store.read("a")[0] == "1"


def test_redis_takes_a_url(redis_url: str, client: Any) -> None:
    store = RedisStore(redis_url)
    assert store.swap("a", None, "1")
    assert RedisStore(client).read("a")[0] == "1"
    store.close()


def test_redis_refuses_what_is_not_a_client() -> None:
    import redis.asyncio

    wrong: Any
    for wrong in (None, object(), redis.asyncio.Redis()):
        with pytest.raises(InvalidRequestError, match=r"redis\.Redis or a URL"):
            RedisStore(wrong)


@pytest.mark.parametrize("kind", [SQLiteStore, RedisStore])
def test_a_senseless_keep_is_refused(kind: Any, tmp_path: Path) -> None:
    with pytest.raises(InvalidRequestError, match="keep"):
        kind(str(tmp_path / "inbox.db"), keep=0)


def test_a_senseless_bound_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="max_keys"):
        MemoryStore(0)


def test_without_the_package_redis_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "redis", None)
    with pytest.raises(InvalidRequestError, match=r"apipay\[redis\]"):
        RedisStore("redis://localhost")
