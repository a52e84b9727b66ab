"""Fits generated requests to the sandbox's state. Loaded by schemathesis; see test_schemathesis.py.

A schema cannot state which ids exist, or that one date is after another. These hooks change valid
requests only, to other valid requests; no failure is filtered.
"""

from datetime import date
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.core import NOT_SET

# First id and number of the resources that the test has made, by the path's first segment.
MADE = {"organizations": (1, 1), "invoices": (1001, 40), "refunds": (500_001, 8)}
MADE["recurring-invoices"] = (101, 20)
WEBHOOK = 1
LEAST, MOST = 0.01, 99_999_999.99
HAS_DECIMALS = "x-decimals:" in (Path(__file__).parents[2] / "openapi.yaml").read_text()


@schemathesis.hook
def before_call(context: Any, case: Any, **_: Any) -> None:
    """Point a request at something that exists, and put its values in order."""
    operation = case.operation.definition.raw["operationId"]
    _choose_id(operation, case)
    if isinstance(case.query, dict):
        _order(case.query, "date_from", "date_to")
    if case.body is not NOT_SET and isinstance(case.body, dict):
        _fit_body(operation, case.body)


def _choose_id(operation: str, case: Any) -> None:
    number = (case.path_parameters or {}).get("id")
    if isinstance(number, str) and number.isascii() and number.isdigit():
        number = int(number)
    if not _is_integer(number) or number < 1:
        return
    first, count = MADE[case.operation.path.split("/")[1]]
    chosen = number % count
    # A cancelled one cannot be updated, so these two operations use different ones.
    if operation == "updateRecurringInvoice":
        chosen = number % (count // 2)
    elif operation == "cancelRecurringInvoice":
        chosen = count // 2 + number % (count // 2)
    case.path_parameters["id"] = first + chosen


def _fit_body(operation: str, body: dict[str, Any]) -> None:
    if _is_integer(body.get("webhook_id")):
        body["webhook_id"] = WEBHOOK
    amount = body.get("amount")
    if isinstance(amount, int | float) and not isinstance(amount, bool) and LEAST <= amount <= MOST:
        if operation == "createRefund":
            body["amount"] = LEAST
        elif HAS_DECIMALS and isinstance(amount, float):
            body["amount"] = round(amount, 2)
    if operation == "createRecurringInvoice" and _is_date(body.get("end_date")):
        if body.get("start_date") is None:
            body["end_date"] = "9999-12-31"
        _order(body, "start_date", "end_date")


def _order(values: dict[str, Any], first: str, last: str) -> None:
    if _is_date(values.get(first)) and _is_date(values.get(last)):
        values[first], values[last] = sorted((values[first], values[last]))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False
