"""The operations and their state machines; `api` checks every answer against the specification."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from apipay_sandbox import Sandbox, SandboxError

PHONE = "87001234567"
IDN = "990140004321"
DAY = 86_400


@pytest.fixture
def unverified(api_of: Any) -> Iterator[Any]:
    with Sandbox(organization=None, rate_limit=None, clock="manual") as sandbox:
        yield api_of(sandbox)


def recurring(api: Any, **fields: Any) -> dict[str, Any]:
    body = {"amount": 990, "phone_number": PHONE, "interval": "monthly", **fields}
    response = api.post("/recurring-invoices", body)
    assert response.status_code == 200, response.text
    created: dict[str, Any] = response.json()
    return created


def listed(api: Any, query: str = "") -> list[int]:
    return [row["id"] for row in api.get(f"/invoices?per_page=100{query}").json()["data"]]


# Verification


def test_the_owner_confirms_within_the_window(unverified: Any) -> None:
    api, sandbox = unverified, unverified.sandbox
    began = api.post("/organizations/verify", {"idn": IDN}).json()
    number = began["organization"]["id"]
    assert began["organization"]["time_remaining"] == 120

    sandbox.advance(30.5)
    waiting = api.get(f"/organizations/{number}/status").json()["organization"]
    sandbox.confirm_verification(number)
    verified = api.get(f"/organizations/{number}/status").json()["organization"]

    assert (waiting["status"], waiting["time_remaining"]) == ("pending", 90)
    assert (verified["status"], verified["time_remaining"]) == ("verified", 90)
    sandbox.advance(DAY)
    assert api.get(f"/organizations/{number}/status").status_code == 200


def test_the_owner_refuses(unverified: Any) -> None:
    api, sandbox = unverified, unverified.sandbox
    number = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]["id"]

    sandbox.refuse_verification(number)

    assert api.get(f"/organizations/{number}/status").json()["organization"]["status"] == "failed"
    with pytest.raises(SandboxError, match="it is failed"):
        sandbox.confirm_verification(number)


def test_past_the_window_is_410_until_a_new_start(unverified: Any) -> None:
    api, sandbox = unverified, unverified.sandbox
    number = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]["id"]

    sandbox.advance(119)
    assert api.get(f"/organizations/{number}/status").status_code == 200
    sandbox.advance(1)
    over = api.get(f"/organizations/{number}/status")
    assert over.status_code == 410
    assert over.json()["message"] == "Verification expired. Please start again."
    with pytest.raises(SandboxError, match="its window is over"):
        sandbox.confirm_verification(number)

    again = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]
    assert (again["id"], again["status"], again["time_remaining"]) == (number, "pending", 120)


def test_a_verified_organization_stays_verified(api: Any) -> None:
    first = api.sandbox.organizations()[0]

    again = api.post("/organizations/verify", {"idn": first.idn}).json()["organization"]

    assert (again["id"], again["status"]) == (first.id, "verified")


def test_without_a_verified_organization_nothing_is_created(unverified: Any) -> None:
    body = {"amount": 1, "phone_number": PHONE}
    assert unverified.post("/invoices", body).status_code == 403
    body["interval"] = "daily"
    assert unverified.post("/recurring-invoices", body).status_code == 403
    assert unverified.sandbox.invoices() == []


def test_a_verification_can_confirm_itself(api_of: Any) -> None:
    with Sandbox(organization=None, clock="manual", auto_confirm=5) as sandbox:
        api = api_of(sandbox)
        number = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]["id"]
        sandbox.advance(5)
        status = api.get(f"/organizations/{number}/status").json()["organization"]["status"]
    assert status == "verified"


@pytest.mark.parametrize("after", [120, 200])
def test_what_would_confirm_itself_after_the_window_is_too_late(api_of: Any, after: float) -> None:
    with Sandbox(organization=None, clock="manual", auto_confirm=after) as sandbox:
        api = api_of(sandbox)
        number = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]["id"]
        sandbox.advance(119)
        assert api.get(f"/organizations/{number}/status").json()["organization"]["status"] == (
            "pending"
        )
        sandbox.advance(101)
        assert api.get(f"/organizations/{number}/status").status_code == 410
        assert api.post("/invoices", {"amount": 1, "phone_number": PHONE}).status_code == 403
        assert [one.status for one in sandbox.organizations()] == ["pending"]


def test_a_verification_that_is_started_again_confirms_itself_anew(api_of: Any) -> None:
    with Sandbox(organization=None, clock="manual", auto_confirm=60) as sandbox:
        api = api_of(sandbox)
        number = api.post("/organizations/verify", {"idn": IDN}).json()["organization"]["id"]
        seen = []
        for seconds in (40, 59, 1):
            sandbox.advance(seconds)
            if seconds == 40:
                api.post("/organizations/verify", {"idn": IDN})
            seen.append(api.get(f"/organizations/{number}/status").json()["organization"]["status"])
    assert seen == ["pending", "pending", "verified"]


# Invoices


def test_an_invoice_keeps_what_it_was_given(api: Any) -> None:
    created = api.invoice(10000.5, description="Мёд 🍯 <b>", external_order_id="order-1042")

    read = api.get(f"/invoices/{created['id']}").json()

    assert read == created
    assert read["amount"] == "10000.50"
    assert read["description"] == "Мёд 🍯 <b>"
    assert read["client_phone"] == PHONE
    assert read["created_at"] == "2026-01-31T10:00:00Z"
    assert read["payment_url"].startswith(api.sandbox.url + "/pay/")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.01", "0.01"), ("99999999.99", "99999999.99"), ("1e3", "1000.00"), ("4.850", "4.85")],
)
def test_amounts_are_exact(api: Any, amount: str, shown: str) -> None:
    body = f'{{"amount": {amount}, "phone_number": "{PHONE}"}}'

    response = api("POST", "/invoices", content=body, headers={"Content-Type": "application/json"})

    assert response.json()["amount"] == shown


def test_an_invoice_is_paid_once(api: Any) -> None:
    created = api.invoice()

    api.sandbox.pay(created["id"], client_name="Aigerim B.")
    paid = api.get(f"/invoices/{created['id']}").json()

    assert (paid["status"], paid["client_name"]) == ("paid", "Aigerim B.")
    assert paid["paid_at"] == "2026-01-31T10:00:00Z"
    assert paid["cancelled_at"] is None
    assert api.post(f"/invoices/{created['id']}/cancel").status_code == 400
    for verb in (api.sandbox.pay, api.sandbox.decline, api.sandbox.expire):
        with pytest.raises(SandboxError, match="it is paid"):
            verb(created["id"])


def test_a_cancelled_invoice_answers_shortly_and_is_final(api: Any) -> None:
    created = api.invoice()

    assert api.post(f"/invoices/{created['id']}/cancel").json() == {
        "id": created["id"],
        "status": "cancelled",
        "cancelled_at": "2026-01-31T10:00:00Z",
    }
    assert api.post(f"/invoices/{created['id']}/cancel").status_code == 400
    assert api.get(f"/invoices/{created['id']}").json()["cancelled_at"] is not None


def test_an_unpaid_invoice_expires_at_its_deadline(api_of: Any) -> None:
    with Sandbox(clock="manual", payment_deadline=600) as sandbox:
        api = api_of(sandbox)
        created = api.invoice()
        sandbox.advance(599)
        before = api.get(f"/invoices/{created['id']}").json()["status"]
        sandbox.advance(2)
        after = api.get(f"/invoices/{created['id']}").json()
    assert (before, after["status"]) == ("pending", "expired")
    # At the deadline, not when somebody looked.
    moments = [datetime.fromisoformat(one) for one in (created["created_at"], after["expired_at"])]
    assert moments[1] - moments[0] == timedelta(seconds=600)


def test_an_invoice_can_pay_itself(api_of: Any) -> None:
    with Sandbox(clock="manual", auto_pay=3) as sandbox:
        api = api_of(sandbox)
        created = api.invoice()
        sandbox.advance(3)
        assert api.get(f"/invoices/{created['id']}").json()["status"] == "paid"


def test_lists_are_newest_first_and_paged(api: Any) -> None:
    ids = [api.invoice(n)["id"] for n in range(1, 8)]

    pages = [api.get(f"/invoices?page={n}&per_page=3").json() for n in (1, 2, 3, 4, 10**12)]

    assert [row["id"] for page in pages for row in page["data"]] == ids[::-1]
    assert pages[1]["meta"] == {"current_page": 2, "per_page": 3, "total": 7}
    assert pages[4]["data"] == []


def test_filters_narrow_together(api: Any) -> None:
    honey = api.invoice(description="Two jars of HONEY", external_order_id="A-1")["id"]
    tea = api.invoice(external_order_id="honey-2")["id"]
    api.invoice(description="Cup")
    api.sandbox.pay(tea)
    api.sandbox.advance(20 * 3600)
    later = api.invoice(description="honey again")["id"]

    assert listed(api, "&search=honey") == [later, tea, honey]
    assert listed(api, "&search=a-1") == [honey]
    assert listed(api, "&status[]=paid&status[]=expired") == [tea]
    assert listed(api, "&search=honey&status[]=pending") == [later, honey]
    assert listed(api, "&date_from=2026-02-01") == [later]
    assert listed(api, "&date_to=2026-01-31&search=honey") == [tea, honey]
    assert listed(api, "&date_from=2026-01-31&date_to=2026-02-01&search=HONEY&status[]=paid") == [
        tea
    ]
    assert listed(api, "&date_from=0001-01-01&date_to=9999-12-31&search=cup") != []
    assert listed(api, "&search=%25") == []


def test_dates_must_be_in_order(api: Any) -> None:
    response = api.get("/invoices?date_from=2026-02-01&date_to=2026-01-31")

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"date_to"}


def test_list_items_are_short(api: Any) -> None:
    api.invoice()

    (item,) = api.get("/invoices").json()["data"]

    assert "payment_url" not in item
    assert None not in item.values()


# Refunds


def test_partial_refunds_up_to_the_amount(api: Any) -> None:
    number = api.paid_invoice(100)["id"]

    first = api.post(f"/invoices/{number}/refund", {"amount": 30.5, "reason": "Broken"})
    too_much = api.post(f"/invoices/{number}/refund", {"amount": 69.51})
    rest = api.post(f"/invoices/{number}/refund")
    nothing = api.post(f"/invoices/{number}/refund")

    assert (first.json()["amount"], first.json()["reason"]) == ("30.50", "Broken")
    assert too_much.status_code == 422
    assert "left to refund" in too_much.json()["errors"]["amount"][0]
    assert rest.json()["amount"] == "69.50"
    assert nothing.status_code == 400
    assert api.get(f"/invoices/{number}").json()["status"] == "paid"
    refunds = api.get(f"/invoices/{number}/refunds").json()["data"]
    assert [one["amount"] for one in refunds] == ["69.50", "30.50"]
    assert all("invoice_id" not in one for one in refunds)
    assert [one["invoice_id"] for one in api.get("/refunds").json()["data"]] == [number, number]
    assert api.get(f"/refunds/{first.json()['id']}").json() == first.json()


@pytest.mark.parametrize("verb", ["decline", "expire", None])
def test_only_a_paid_invoice_is_refunded(api: Any, verb: str | None) -> None:
    number = api.invoice()["id"]
    if verb is not None:
        getattr(api.sandbox, verb)(number)

    assert api.post(f"/invoices/{number}/refund", {"amount": 1}).status_code == 400
    assert api.sandbox.refunds() == []


def test_null_is_not_a_request_for_everything(api: Any) -> None:
    number = api.paid_invoice(100)["id"]
    headers = {"Content-Type": "application/json"}

    refused = api.post(f"/invoices/{number}/refund", content=b"null", headers=headers)
    whole = api.post(f"/invoices/{number}/refund", {"amount": None, "reason": None})

    assert refused.status_code == 422
    assert whole.json()["amount"] == "100.00"


# Recurring invoices


def test_the_clock_bills_on_the_schedule(api: Any) -> None:
    created = recurring(api, description="Coffee")
    assert (created["start_date"], created["next_billing_date"]) == ("2026-01-31", "2026-01-31")

    first = listed(api)
    api.sandbox.advance(60 * DAY)

    bills = [api.get(f"/invoices/{number}").json() for number in sorted(listed(api))]
    assert len(first) == 1
    assert [one["created_at"] for one in bills] == [
        "2026-01-31T10:00:00Z",
        "2026-02-28T00:00:00Z",
        "2026-03-31T00:00:00Z",
    ]
    assert {(one["amount"], one["description"]) for one in bills} == {("990.00", "Coffee")}
    # The first two were never paid, and their deadlines passed on the way.
    assert [one["status"] for one in bills] == ["expired", "expired", "expired"]
    read = api.get(f"/recurring-invoices/{created['id']}").json()
    assert read["next_billing_date"] == "2026-04-30"


def test_nothing_is_billed_after_the_end_date(api: Any) -> None:
    number = recurring(api, interval="daily", end_date="2026-02-02")["id"]

    api.sandbox.advance(10 * DAY)

    assert len(listed(api)) == 3
    read = api.get(f"/recurring-invoices/{number}").json()
    assert (read["status"], read["next_billing_date"]) == ("active", None)
    assert api.post(f"/recurring-invoices/{number}/bill-now").status_code == 400
    assert api.post(f"/recurring-invoices/{number}/skip-period").status_code == 400


def test_pausing_and_resuming(api: Any) -> None:
    number = recurring(api, start_date="2026-02-10", interval="weekly")["id"]
    at = f"/recurring-invoices/{number}"

    assert api.post(f"{at}/resume").status_code == 400
    assert api.post(f"{at}/pause").json() == {"id": number, "status": "paused"}
    assert api.post(f"{at}/pause").status_code == 400
    assert api.post(f"{at}/bill-now").status_code == 400
    assert api.post(f"{at}/skip-period").status_code == 400
    api.sandbox.advance(15 * DAY)
    assert listed(api) == []
    assert api.post(f"{at}/resume").json() == {"id": number, "status": "active"}
    assert api.get(at).json()["next_billing_date"] == "2026-02-17"
    api.sandbox.advance(3 * DAY)
    assert len(listed(api)) == 1


def test_a_cancelled_recurring_invoice_is_final(api: Any) -> None:
    number = recurring(api, start_date="2026-03-01")["id"]
    at = f"/recurring-invoices/{number}"

    assert api.post(f"{at}/cancel").json() == {"id": number, "status": "cancelled"}
    for action in ("cancel", "pause", "resume", "bill-now", "skip-period"):
        assert api.post(f"{at}/{action}").status_code == 400
    assert api.put(at, {"amount": 5}).status_code == 422
    api.sandbox.advance(60 * DAY)
    assert listed(api) == []
    assert "next_billing_date" not in api.get("/recurring-invoices").json()["data"][0]


def test_billing_now_leaves_the_schedule(api: Any) -> None:
    number = recurring(api, start_date="2026-02-28")["id"]

    invoice = api.post(f"/recurring-invoices/{number}/bill-now").json()

    assert (invoice["status"], invoice["amount"]) == ("pending", "990.00")
    assert invoice["payment_url"]
    assert listed(api) == [invoice["id"]]
    read = api.get(f"/recurring-invoices/{number}").json()
    assert read["next_billing_date"] == "2026-02-28"


def test_skipping_moves_on_by_one_interval(api: Any) -> None:
    number = recurring(api, start_date="2026-02-28", end_date="2026-04-01")["id"]
    at = f"/recurring-invoices/{number}"

    assert api.post(f"{at}/skip-period").json()["next_billing_date"] == "2026-03-28"
    api.sandbox.advance(40 * DAY)
    assert listed(api) == []
    assert api.post(f"{at}/skip-period").json()["next_billing_date"] is None


def test_changing_a_recurring_invoice(api: Any) -> None:
    created = recurring(api, start_date="2026-02-01", description="Small")
    at = f"/recurring-invoices/{created['id']}"

    assert api.put(at, {}).json() == created
    assert api.put(at, {"amount": None, "description": None}).json() == created
    changed = api.put(at, {"amount": 5.5, "description": "Large", "interval": "weekly"}).json()
    assert (changed["amount"], changed["description"]) == ("5.50", "Large")
    api.sandbox.advance(9 * DAY)
    assert [api.get(f"/invoices/{one}").json()["amount"] for one in listed(api)] == ["5.50", "5.50"]
    # Anchored on the start date, and no day is billed twice.
    assert api.put(at, {"interval": "daily"}).json()["next_billing_date"] == "2026-02-09"
    assert api.put(at, {"interval": "monthly"}).json()["next_billing_date"] == "2026-03-01"


def test_an_end_before_the_start_is_refused(api: Any) -> None:
    body = {
        "amount": 1, "phone_number": PHONE, "interval": "daily",
        "start_date": "2026-03-01", "end_date": "2026-02-28",
    }  # fmt: skip

    response = api.post("/recurring-invoices", body)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {"end_date"}


def test_recurring_invoices_are_listed_by_status(api: Any) -> None:
    first, second = recurring(api)["id"], recurring(api, interval="yearly")["id"]
    api.post(f"/recurring-invoices/{first}/pause")

    def ids(query: str = "") -> list[int]:
        page = api.get(f"/recurring-invoices{query}").json()
        assert page["meta"]["total"] == len(page["data"])
        return [one["id"] for one in page["data"]]

    assert ids() == [second, first]
    assert ids("?status=paused") == [first]
    assert ids("?status=cancelled") == []


# What all have in common


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/organizations/{}/status"),
        ("GET", "/invoices/{}"),
        ("POST", "/invoices/{}/cancel"),
        ("POST", "/invoices/{}/refund"),
        ("GET", "/invoices/{}/refunds"),
        ("GET", "/refunds/{}"),
        ("GET", "/recurring-invoices/{}"),
        ("PUT", "/recurring-invoices/{}"),
        ("POST", "/recurring-invoices/{}/pause"),
        ("POST", "/recurring-invoices/{}/resume"),
        ("POST", "/recurring-invoices/{}/cancel"),
        ("POST", "/recurring-invoices/{}/bill-now"),
        ("POST", "/recurring-invoices/{}/skip-period"),
    ],
)
@pytest.mark.parametrize("number", ["0", "77", "999999999999999999", "9" * 30, "x", "-1", "1.0"])
def test_what_does_not_exist_is_404(api: Any, method: str, path: str, number: str) -> None:
    options = {"json": {}} if method == "PUT" else {}

    assert api(method, path.format(number), **options).status_code == 404


def test_ids_of_one_kind_are_not_ids_of_another(api: Any) -> None:
    invoice = api.paid_invoice()["id"]
    refund = api.post(f"/invoices/{invoice}/refund").json()["id"]
    schedule = recurring(api, start_date="2027-01-01")["id"]

    assert api.get(f"/refunds/{invoice}").status_code == 404
    assert api.get(f"/invoices/{refund}").status_code == 404
    assert api.get(f"/invoices/{schedule}").status_code == 404


def test_two_months_pass_at_once_with_all_that_they_bring(api: Any) -> None:
    for interval in ("daily", "weekly", "monthly", "yearly"):
        recurring(api, interval=interval, start_date="2026-02-01")

    api.sandbox.advance(59 * DAY)  # to 31 March

    assert len(listed(api)) == 59 + 9 + 2 + 1
