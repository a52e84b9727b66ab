"""The store: transactions that leave nothing behind, and the file that keeps them."""

import sqlite3
from pathlib import Path
from typing import Any

import attrs
import pytest

from apipay_sandbox import Delivery, Invoice, Organization, Refund, Sandbox, SandboxError, Webhook
from apipay_sandbox.records import Attempt
from apipay_sandbox.sqlite import SqliteDatabase
from apipay_sandbox.store import Store


def invoice(number: int = 1001, **fields: Any) -> Invoice:
    return Invoice(
        **{
            "id": number, "status": "pending", "amount": 100, "client_phone": "87001234567",
            "kaspi_invoice_id": "9", "kaspi_qr_token": f"t{number}", "created_at": 1.5,
            "deadline": 2.5, **fields,
        }
    )  # fmt: skip


def refund(number: int = 500_001) -> Refund:
    return Refund(id=number, invoice_id=1001, status="completed", amount=5, created_at=2.0)


def test_a_transaction_that_fails_leaves_nothing_behind() -> None:
    store = Store()
    with store.transaction():
        store.put(invoice())

    def fail() -> None:
        with store.transaction():
            store.put(attrs.evolve(store.invoices[1001], status="paid"))
            store.put(invoice(1002))
            store.put(refund())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()

    assert store.invoices == {1001: invoice()}
    assert store.invoice_by_token("t1002") is None
    assert store.refunds_of(1001) == []
    assert store.next_id(Invoice) == 1002


def test_a_transaction_within_another_is_part_of_it() -> None:
    store = Store()

    def fail() -> None:
        with store.transaction():
            with store.transaction():
                store.put(invoice())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert store.invoices == {}


def test_a_change_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        Store().put(invoice())


class FullDisk:
    """A database that cannot be written to."""

    def load(self) -> list[tuple[str, str]]:
        return []

    def write(self, records: object, removed: object) -> None:
        raise SandboxError("full", status=500)

    def clear(self) -> None: ...

    def note_time(self) -> None: ...

    def close(self) -> None: ...


def test_what_could_not_be_written_down_did_not_happen() -> None:
    store = Store(FullDisk())

    def change() -> None:
        with store.transaction():
            store.put(invoice())

    with pytest.raises(SandboxError):
        change()
    assert store.invoices == {}


def test_a_file_gives_back_what_it_was_given(tmp_path: Path) -> None:
    records = [
        Organization(id=1, idn="123456789012", status="verified", window_ends=0.1),
        invoice(description="Мёд \ud800", settled_at=1795338983.8509393),
        refund(),
        Webhook(id=1, url="http://127.0.0.1/", secret="s"),
        Delivery(
            id=1, webhook_id=1, invoice_id=1001, event="e", url="u", body="b", created_at=1.0,
            attempts=(Attempt(1.0, 500, "no"), Attempt(2.0, error="gone")),
        ),
    ]  # fmt: skip
    journal = SqliteDatabase(tmp_path / "db")
    store = Store(journal)
    with store.transaction():
        for record in records:
            store.put(record)
    with store.transaction():
        store.put(attrs.evolve(records[1], status="paid"))
    store.close()

    again = Store(SqliteDatabase(tmp_path / "db"))

    assert again.invoices == {1001: attrs.evolve(records[1], status="paid")}
    assert [
        again.organizations[1], again.refunds[500_001], again.webhooks[1], again.deliveries[1],
    ] == [records[0], *records[2:]]  # fmt: skip
    assert again.invoice_by_token("t1001") is not None
    again.clear()
    again.close()
    last = Store(SqliteDatabase(tmp_path / "db"))
    assert last.invoices == {}
    last.close()


def test_a_write_that_fails_is_an_error_of_the_service(tmp_path: Path) -> None:
    journal = SqliteDatabase(tmp_path / "db")
    store = Store(journal)
    journal._connection.execute("PRAGMA query_only = ON")

    def change() -> None:
        with store.transaction():
            store.put(invoice())

    with pytest.raises(SandboxError, match="changed nothing") as failed:
        change()
    assert failed.value.status == 507
    assert store.invoices == {}
    journal._connection.execute("PRAGMA query_only = OFF")
    change()
    store.close()


def test_a_file_is_used_by_one_sandbox_at_a_time(tmp_path: Path) -> None:
    with Sandbox(db=tmp_path / "db"), pytest.raises(SandboxError, match="Another sandbox"):
        Sandbox(db=tmp_path / "db")
    Sandbox(db=tmp_path / "db").stop()


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other") as other:
        other.execute("CREATE TABLE mine (a)")
    other.close()
    (tmp_path / "text").write_text("not a database" * 100)
    before = (tmp_path / "other").read_bytes()

    with pytest.raises(SandboxError, match="another program"):
        Sandbox(db=tmp_path / "other")
    with pytest.raises(SandboxError, match="not a file of a sandbox"):
        Sandbox(db=tmp_path / "text")
    with pytest.raises(SandboxError, match="cannot be used"):
        Sandbox(db=tmp_path / "missing" / "db")
    assert (tmp_path / "other").read_bytes() == before


def test_a_restart_goes_on_where_it_stopped(tmp_path: Path, api_of: Any, receiver: Any) -> None:
    receiver.answer = lambda handler, count: handler.send_error(500 if count == 1 else 200)
    options: dict[str, Any] = {"db": tmp_path / "db", "clock": "manual", "payment_deadline": 900}
    with Sandbox(webhook_url=receiver.url, **options) as first:
        api = api_of(first)
        paid = api.paid_invoice(100)["id"]
        api.post(f"/invoices/{paid}/refund", {"amount": 30})
        pending = api.invoice()["id"]
        body = {"amount": 5, "phone_number": "87001234567", "interval": "daily"}
        api.post("/recurring-invoices", body)
        first.wait_for_deliveries()
        first.advance(5)
        moment, key, secret = first.now, first.api_key, first.webhook_secret

    with Sandbox(webhook_url=receiver.url, **options) as second:
        api = api_of(second)
        assert (second.now, second.api_key, second.webhook_secret) == (moment, key, secret)
        assert len(second.organizations()) == len(second.webhooks()) == 1
        assert api.post(f"/invoices/{paid}/refund", {"amount": 70.01}).status_code == 422
        second.advance(5)
        (delivery,) = second.wait_for_deliveries()
        assert (delivery.status, len(delivery.attempts)) == ("delivered", 2)
        second.advance(900)
        assert api.get(f"/invoices/{pending}").json()["status"] == "expired"
        second.advance(2 * 86_400)
        assert len(second.invoices()) == 2 + 3


def test_time_that_passed_while_it_was_off_has_passed(tmp_path: Path) -> None:
    with Sandbox(db=tmp_path / "db") as first:
        first.advance(40 * 86_400)
        moment = first.now
    with Sandbox(db=tmp_path / "db") as second:
        assert 0 <= (second.now - moment).total_seconds() < 60


def test_a_new_key_can_be_given_to_a_file(tmp_path: Path) -> None:
    Sandbox(db=tmp_path / "db", api_key="first").stop()
    with Sandbox(db=tmp_path / "db", api_key="second") as sandbox:
        assert sandbox.api_key == "second"
    with Sandbox(db=tmp_path / "db") as sandbox:
        assert sandbox.api_key == "second"


def test_secrets_are_not_shown() -> None:
    webhook = Webhook(id=1, url="http://127.0.0.1/", secret="very-secret")
    with Sandbox(api_key="key-of-mine") as sandbox:
        shown = f"{webhook!r} {sandbox!r} {sandbox.world.settings!r}"
    assert "very-secret" not in shown
    assert "key-of-mine" not in shown
