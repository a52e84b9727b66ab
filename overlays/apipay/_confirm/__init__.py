"""What a response must agree with, and how a write without a response is looked up.

The modules are imported when an operation needs them: most processes never look anything up, and
the models cost time to load.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apipay._confirm.evidence import Plan

_MODULES = {
    "createInvoice": "invoice",
    "createRefund": "refund",
    "cancelInvoice": "status",
    "pauseRecurringInvoice": "status",
    "resumeRecurringInvoice": "status",
    "cancelRecurringInvoice": "status",
    "billNowRecurringInvoice": "unconfirmed",
    "createRecurringInvoice": "unconfirmed",
    "skipPeriodRecurringInvoice": "unconfirmed",
    "verifyOrganization": "unconfirmed",
    "getOrganizationStatus": "unconfirmed",
}
_loaded: "dict[str, Plan]" = {}


def plan_for(operation_id: str | None) -> "Plan | None":
    """Return the plan of an operation, or None if it has none."""
    if operation_id is None or operation_id not in _MODULES:
        return None
    plan = _loaded.get(operation_id)
    if plan is None:
        module = import_module(f"apipay._confirm.{_MODULES[operation_id]}")
        plan = _loaded[operation_id] = module.plan(operation_id)
    return plan
