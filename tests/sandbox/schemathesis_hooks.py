"""What schemathesis cannot know from the specification: which ids exist, and which refusals of
well-formed requests depend on the state. Loaded by schemathesis itself; see test_schemathesis.py.
"""

from typing import Any

import schemathesis
from schemathesis.core import NOT_SET

# First id and number of the resources that the test has made, by the path's first segment.
MADE = {"organizations": (1, 1), "invoices": (1001, 40), "refunds": (500_001, 8)}
MADE["recurring-invoices"] = (101, 20)
WEBHOOK = 1

# A schema cannot say these: (operation, field) -> what the answer says of it.
STATE_DEPENDENT = {
    ("listInvoices", "date_to"): "before the date from",
    ("createInvoice", "webhook_id"): "no webhook with this id",
    ("createRecurringInvoice", "webhook_id"): "no webhook with this id",
    ("createRecurringInvoice", "end_date"): "before the start date",
    ("createRefund", "amount"): "left to refund",
    ("updateRecurringInvoice", "status"): "cancelled",
}
# Answers to an operation that the resource's state does not allow.
NOT_IN_THIS_STATE = 400
WINDOW_IS_OVER = 410


@schemathesis.hook
def before_call(context: Any, case: Any, **_: Any) -> None:
    """Point a well-formed request at something that exists, so that it gets past the 404."""
    number = (case.path_parameters or {}).get("id")
    if isinstance(number, int) and number >= 1:
        first, count = MADE[case.operation.path.split("/")[1]]
        case.path_parameters["id"] = first + number % count
    if case.body is not NOT_SET and isinstance(case.body, dict):
        amount = case.body.get("amount")
        # JSON Schema cannot state decimals in a way that floating point can check (x-decimals).
        if isinstance(amount, float):
            case.body["amount"] = max(0.01, round(amount, 2))
        chosen = case.body.get("webhook_id")
        # Half of them: the rest shows that an unknown one is refused.
        if isinstance(chosen, int) and not isinstance(chosen, bool) and chosen % 2:
            case.body["webhook_id"] = WEBHOOK


@schemathesis.hook
def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Keep every failure but "a valid request was refused" where the state is the reason."""
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    operation = case.operation.definition.raw["operationId"]
    status = str(response.status_code)
    if status not in case.operation.definition.raw["responses"]:
        return True
    if response.status_code in {NOT_IN_THIS_STATE, WINDOW_IS_OVER}:
        return False
    errors = response.json().get("errors", {})
    return not errors or any(
        STATE_DEPENDENT.get((operation, field), "\0") not in message
        for field, messages in errors.items()
        for message in messages
    )
