"""Random sequences of operations, driven against the sandbox and a small model of the facts.

The model keeps plain dicts and works its dates out by itself; after every step both must agree.
"""

import math
from calendar import monthrange
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apipay_sandbox import Sandbox

START = datetime(2026, 1, 29, 18, 30, tzinfo=UTC)
DEADLINE = 40 * 3600
WINDOW = 120
PHONE = "87001234567"

amounts = st.integers(1, 30_000)
parts = st.sampled_from(
    [("all", 0), ("left", 0), ("left", 1), ("left", -1), ("half", 0), ("half", 1)]
)
moments = st.sampled_from([0.5, 1, 59, 60, 119, 120, 3600, 86_400, 3 * 86_400, 35 * 86_400])


def money(tiyn: int) -> str:
    return f"{tiyn // 100}.{tiyn % 100:02d}"


def nth_billing(start: date, interval: str, number: int) -> date:
    if interval in {"daily", "weekly"}:
        return start + timedelta(days=number * {"daily": 1, "weekly": 7}[interval])
    months = start.year * 12 + start.month - 1 + number * {"monthly": 1, "yearly": 12}[interval]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


class Model:
    """What the facts say should be."""

    def __init__(self) -> None:
        self.now = START
        self.organizations: dict[int, dict[str, Any]] = {}
        self.invoices: dict[int, dict[str, Any]] = {}
        self.schedules: dict[int, dict[str, Any]] = {}
        self.billed: list[tuple[int, int]] = []
        """(amount, moment) of invoices that the clock should have issued."""

    def plan(self, schedule: dict[str, Any]) -> None:
        """Set the next billing: not past, not done, not after the end."""
        today, number = self.now.date(), 0
        while True:
            day = nth_billing(schedule["start"], schedule["interval"], number)
            done = schedule["covered"]
            if day >= today and (done is None or day > done):
                break
            number += 1
        end = schedule["end"]
        schedule["next"] = None if end is not None and day > end else day

    def cover(self, schedule: dict[str, Any]) -> None:
        schedule["covered"] = schedule["next"]
        self.plan(schedule)

    def pass_time(self, until: datetime) -> None:
        """Do in order what the clock brings up to a moment, then stand there."""
        while True:
            todo = []
            for invoice in self.invoices.values():
                if invoice["status"] == "pending":
                    todo.append((invoice["deadline"], 1, invoice))
            for schedule in self.schedules.values():
                if schedule["status"] == "active" and schedule["next"] is not None:
                    midnight = datetime.combine(schedule["next"], datetime.min.time(), UTC)
                    todo.append((max(midnight, self.now), 0, schedule))
            due = [one for one in todo if one[0] <= until]
            if not due:
                break
            at, _, what = min(due, key=lambda one: one[0])
            self.now = at
            if "deadline" in what:
                what.update(status="expired")
            else:
                self.issue(what["amount"])
                self.cover(what)
        self.now = until

    def issue(self, amount: int, number: int | None = None) -> None:
        number = number or max(self.invoices, default=1000) + 1
        self.invoices[number] = {
            "status": "pending",
            "amount": amount,
            "refunded": 0,
            "deadline": self.now + timedelta(seconds=DEADLINE),
        }


class Comparison(RuleBasedStateMachine):
    sandbox: Sandbox
    http: httpx.Client

    organizations = Bundle("organizations")
    invoices = Bundle("invoices")
    paid = Bundle("paid")
    schedules = Bundle("schedules")

    @initialize(verified=st.sampled_from([True, True, True, False]))
    def begin(self, verified: bool) -> None:
        self.sandbox.reset()
        self.model = Model()
        # Time does not go back in a sandbox: the model starts where the last run ended.
        self.model.now = self.sandbox.now
        if verified:
            self.owner_decides(self.verify("333333333333"), True)

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(path, json=body) if body is not None else self.http.post(path)

    def verified(self) -> bool:
        return any(one["status"] == "verified" for one in self.model.organizations.values())

    # Organizations

    @rule(target=organizations, idn=st.sampled_from(["111111111111", "222222222222"]))
    def start_verification(self, idn: str) -> int:
        return self.verify(idn)

    def verify(self, idn: str) -> int:
        said = self.post("/organizations/verify", {"idn": idn}).json()["organization"]
        known = self.model.organizations.setdefault(said["id"], {"idn": idn, "status": "new"})
        assert known["idn"] == idn
        if known["status"] != "verified":
            known.update(status="pending", ends=self.model.now + timedelta(seconds=WINDOW))
        assert said["status"] == known["status"]
        return int(said["id"])

    @rule(number=organizations, confirmed=st.booleans())
    def let_the_owner_decide(self, number: int, confirmed: bool) -> None:
        self.owner_decides(number, confirmed)

    def owner_decides(self, number: int, confirmed: bool) -> None:
        known = self.model.organizations[number]
        verb = "confirm" if confirmed else "refuse"
        said = self.http.post(f"{self.sandbox.url}/_sandbox/organizations/{number}/{verb}")
        if known["status"] == "pending" and self.model.now < known["ends"]:
            assert said.status_code == 200
            known["status"] = "verified" if confirmed else "failed"
        else:
            assert said.status_code == 409

    @rule(number=organizations)
    def look(self, number: int) -> None:
        self.look_at_organization(number)

    def look_at_organization(self, number: int) -> None:
        known = self.model.organizations[number]
        said = self.http.get(f"/organizations/{number}/status")
        if known["status"] == "pending" and self.model.now >= known["ends"]:
            assert said.status_code == 410
            return
        shown = said.json()["organization"]
        assert shown["status"] == known["status"]
        if known["status"] == "pending":
            left = (known["ends"] - self.model.now).total_seconds()
            assert shown["time_remaining"] == math.ceil(left)

    # Invoices and refunds

    @rule(target=invoices, amount=amounts)
    def ask_for(self, amount: int) -> int:
        return self.create(amount)

    @rule(target=paid, amount=amounts)
    @precondition(lambda self: self.verified())
    def sell(self, amount: int) -> int:
        number = self.create(amount)
        self.settle(number, "pay")
        return number

    def create(self, amount: int) -> int:
        body = {"amount": amount / 100, "phone_number": PHONE}
        said = self.post("/invoices", body)
        if not self.verified():
            assert said.status_code == 403
            return -1
        number = int(said.json()["id"])
        assert number not in self.model.invoices
        assert said.json()["amount"] == money(amount)
        self.model.issue(amount, number)
        return number

    @rule(target=paid, number=consumes(invoices))
    def pay(self, number: int) -> int:
        self.settle(number, "pay")
        return number

    @rule(number=invoices, verb=st.sampled_from(["decline", "expire"]))
    def end_otherwise(self, number: int, verb: str) -> None:
        self.settle(number, verb)

    def settle(self, number: int, verb: str) -> None:
        said = self.http.post(f"{self.sandbox.url}/_sandbox/invoices/{number}/{verb}")
        known = self.model.invoices.get(number)
        if known is None:
            assert said.status_code == 404
        elif known["status"] != "pending":
            assert said.status_code == 409
        else:
            status = {"pay": "paid", "decline": "cancelled", "expire": "expired"}[verb]
            known["status"] = said.json()["status"]
            assert known["status"] == status

    @rule(number=invoices)
    def cancel(self, number: int) -> None:
        said = self.post(f"/invoices/{number}/cancel")
        known = self.model.invoices.get(number)
        if known is None:
            assert said.status_code == 404
        elif known["status"] != "pending":
            assert said.status_code == 400
        else:
            assert said.json() == {
                "id": number,
                "status": "cancelled",
                "cancelled_at": f"{self.model.now:%Y-%m-%dT%H:%M:%SZ}",
            }
            known["status"] = "cancelled"

    @rule(number=invoices, part=parts)
    def refund_any(self, number: int, part: tuple[str, int]) -> None:
        self.refund(number, part)

    @rule(number=paid, part=parts)
    def refund_paid(self, number: int, part: tuple[str, int]) -> None:
        self.refund(number, part)

    def refund(self, number: int, part: tuple[str, int]) -> None:
        known = self.model.invoices.get(number)
        left = 0 if known is None else known["amount"] - known["refunded"]
        kind, shift = part
        whole = {"all": None, "left": left, "half": left // 2}[kind]
        amount = None if whole is None else max(1, whole + shift)
        body = None if amount is None else {"amount": amount / 100}
        said = self.post(f"/invoices/{number}/refund", body)
        if known is None:
            assert said.status_code == 404
        elif known["status"] != "paid" or left == 0:
            assert said.status_code == 400
        elif amount is not None and amount > left:
            assert said.status_code == 422
        else:
            given = left if amount is None else amount
            assert said.json()["amount"] == money(given)
            known["refunded"] += given

    # Recurring invoices

    @rule(
        target=schedules,
        amount=amounts,
        interval=st.sampled_from(["daily", "weekly", "monthly", "yearly"]),
        ahead=st.integers(-400, 40) | st.integers(-3, 3),
        lasts=st.none() | st.integers(0, 500) | st.integers(0, 3),
    )
    @precondition(lambda self: self.verified())
    def start_schedule(self, amount: int, interval: str, ahead: int, lasts: int | None) -> int:
        start = self.model.now.date() + timedelta(days=ahead)
        end = None if lasts is None else start + timedelta(days=lasts)
        body = {
            "amount": amount / 100,
            "phone_number": PHONE,
            "interval": interval,
            "start_date": start.isoformat(),
            "end_date": None if end is None else end.isoformat(),
        }
        said = self.post("/recurring-invoices", body).json()
        schedule = {
            "status": "active", "amount": amount, "interval": interval,
            "start": start, "end": end, "covered": None,
        }  # fmt: skip
        self.model.plan(schedule)
        self.model.schedules[said["id"]] = schedule
        assert said["next_billing_date"] == (schedule["next"] and schedule["next"].isoformat())
        self.model.pass_time(self.model.now)
        return int(said["id"])

    @rule(number=schedules, action=st.sampled_from(["pause", "resume", "cancel"]))
    def move_schedule(self, number: int, action: str) -> None:
        self.change_state(number, action)

    def change_state(self, number: int, action: str) -> None:
        known = self.model.schedules[number]
        allowed = {"pause": ("active",), "resume": ("paused",), "cancel": ("active", "paused")}
        said = self.post(f"/recurring-invoices/{number}/{action}")
        if known["status"] not in allowed[action]:
            assert said.status_code == 400
            return
        known["status"] = {"pause": "paused", "resume": "active", "cancel": "cancelled"}[action]
        assert said.json() == {"id": number, "status": known["status"]}
        if action == "cancel":
            known["next"] = None
        elif action == "resume":
            if known["next"] is not None and known["next"] < self.model.now.date():
                self.model.plan(known)
            self.model.pass_time(self.model.now)

    @rule(target=invoices, number=schedules)
    def bill_now(self, number: int) -> int:
        known = self.model.schedules[number]
        said = self.post(f"/recurring-invoices/{number}/bill-now")
        over = known["end"] is not None and self.model.now.date() > known["end"]
        if known["status"] != "active" or over:
            assert said.status_code == 400
            return -1
        assert said.json()["amount"] == money(known["amount"])
        self.model.issue(known["amount"], said.json()["id"])
        return int(said.json()["id"])

    @rule(number=schedules)
    def skip(self, number: int) -> None:
        known = self.model.schedules[number]
        said = self.post(f"/recurring-invoices/{number}/skip-period")
        if known["status"] != "active" or known["next"] is None:
            assert said.status_code == 400
            return
        # Skipped from where it stands, not from today.
        start, interval, due, number = known["start"], known["interval"], known["next"], 0
        while nth_billing(start, interval, number) <= due:
            number += 1
        after = nth_billing(start, interval, number)
        known.update(
            covered=due, next=None if known["end"] is not None and after > known["end"] else after
        )
        assert said.json()["next_billing_date"] == (known["next"] and known["next"].isoformat())

    @rule(number=schedules, amount=amounts)
    def change_amount(self, number: int, amount: int) -> None:
        known = self.model.schedules[number]
        said = self.http.put(f"/recurring-invoices/{number}", json={"amount": amount / 100})
        if known["status"] == "cancelled":
            assert said.status_code == 422
        else:
            known["amount"] = amount
            assert said.json()["amount"] == money(amount)

    # Time

    @rule(seconds=moments)
    def let_time_pass(self, seconds: float) -> None:
        self.wait(seconds)

    def wait(self, seconds: float) -> None:
        self.sandbox.advance(seconds)
        self.model.pass_time(self.model.now + timedelta(seconds=seconds))

    @rule(number=schedules, seconds=moments)
    def pause_for_a_while(self, number: int, seconds: float) -> None:
        self.change_state(number, "pause")
        self.wait(seconds)
        self.change_state(number, "resume")

    @rule(shift=st.sampled_from([-1, 0, 1]))
    def wait_for_what_is_next(self, shift: int) -> None:
        """To the second before, at, or after the next thing that the clock brings."""
        model = self.model
        ahead = [one["deadline"] for one in model.invoices.values() if one["status"] == "pending"]
        ahead += [one["ends"] for one in model.organizations.values() if "ends" in one]
        ahead += [
            datetime.combine(one["next"], datetime.min.time(), UTC)
            for one in model.schedules.values()
            if one["next"] is not None
        ]
        ahead = [one for one in ahead if one > model.now]
        if ahead:
            seconds = (min(ahead) - model.now).total_seconds() + shift
            self.wait(max(0, seconds))
        for number in model.organizations:
            self.look_at_organization(number)
            if shift == 0:
                self.owner_decides(number, True)

    # Agreement

    @invariant()
    def both_agree(self) -> None:
        if not hasattr(self, "model"):
            return
        model = self.model
        kept = {one.id: (one.status, one.amount, one.refunded) for one in self.sandbox.invoices()}
        assert kept == {
            number: (one["status"], one["amount"], one["refunded"])
            for number, one in model.invoices.items()
        }
        total = sum(one.amount for one in self.sandbox.refunds())
        assert total == sum(one["refunded"] for one in model.invoices.values())
        assert {
            one.id: (one.status, one.next_billing_date) for one in self.sandbox.recurring_invoices()
        } == {number: (one["status"], one["next"]) for number, one in model.schedules.items()}

    def teardown(self) -> None:
        """The lists of the API show the same."""
        if not hasattr(self, "model"):
            return
        rows: list[dict[str, Any]] = []
        while True:
            page = self.http.get(f"/invoices?per_page=100&page={len(rows) // 100 + 1}").json()
            rows += page["data"]
            if len(page["data"]) < 100:
                break
        assert page["meta"]["total"] == len(rows)
        assert [(row["id"], row["status"], row["amount"]) for row in rows] == [
            (number, one["status"], money(one["amount"]))
            for number, one in sorted(self.model.invoices.items(), reverse=True)
        ]
        shown = self.http.get("/recurring-invoices?per_page=100").json()["data"]
        assert {one["id"]: (one["status"], one.get("next_billing_date")) for one in shown} == {
            number: (one["status"], one["next"] and one["next"].isoformat())
            for number, one in self.model.schedules.items()
        }


@pytest.fixture
def served() -> Iterator[type[Comparison]]:
    with (
        Sandbox(
            organization=None,
            rate_limit=None,
            clock="manual",
            start_at=START,
            payment_deadline=DEADLINE,
        ) as sandbox,
        httpx.Client(
            base_url=sandbox.base_url, headers={"X-API-Key": sandbox.api_key}, timeout=30
        ) as client,
    ):

        class Served(Comparison):
            pass

        Served.sandbox, Served.http = sandbox, client
        yield Served


def test_the_sandbox_and_the_model_agree(served: type[Comparison]) -> None:
    run_state_machine_as_test(
        served,
        settings=settings(
            max_examples=150,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
