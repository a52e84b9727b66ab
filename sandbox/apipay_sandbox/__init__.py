"""The sandbox: the whole ApiPay API as a local server that keeps state, time and faults.

```python
from apipay import ApiPay
from apipay_sandbox import Fault, Sandbox

with Sandbox() as sandbox:
    client = ApiPay(api_key=sandbox.api_key, base_url=sandbox.base_url)
    invoice = client.invoices.create(amount=1000, phone_number="87001234567")
    sandbox.pay(invoice.id)
    sandbox.inject(Fault("reset_after_commit", operation="createRefund", nth=1))
```

`python -m apipay_sandbox` starts it from the shell; `apipay_sandbox.pytest_plugin` has the fixture
`apipay_sandbox`. `apipay[sandbox]` requires this package, `apipay-sandbox`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .errors import SandboxError
    from .faults import Fault, FaultKind, InjectedFault
    from .ratelimit import RateLimit
    from .records import (
        Attempt,
        Delivery,
        Invoice,
        Organization,
        RecordedRequest,
        RecurringInvoice,
        Refund,
        Webhook,
    )
    from .sandbox import Sandbox

__all__ = [
    "Attempt",
    "Delivery",
    "Fault",
    "FaultKind",
    "InjectedFault",
    "Invoice",
    "Organization",
    "RateLimit",
    "RecordedRequest",
    "RecurringInvoice",
    "Refund",
    "Sandbox",
    "SandboxError",
    "Webhook",
]

_PLACES = {
    "Sandbox": "sandbox",
    "SandboxError": "errors",
    "Fault": "faults",
    "FaultKind": "faults",
    "InjectedFault": "faults",
    "RateLimit": "ratelimit",
}


def __getattr__(name: str) -> object:
    # Lazy, because pytest imports the plugin of this package in every run.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_PLACES.get(name, 'records')}"), name)
    globals()[name] = value
    return value
