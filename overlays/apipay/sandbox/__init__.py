"""The sandbox: the whole ApiPay API as a local server that keeps state, time and faults.

```python
from apipay.sandbox import Fault, Sandbox

with Sandbox() as sandbox:
    client = ApiPay(api_key=sandbox.api_key, base_url=sandbox.base_url)
    invoice = client.invoices.create(amount=1000, phone_number="87001234567")
    sandbox.pay(invoice.id)
```

`python -m apipay.sandbox` starts it from the shell. Needs the extra `sandbox`.
"""

from .errors import SandboxError
from .faults import Fault, FaultKind, InjectedFault
from .ratelimit import RateLimit
from .records import (
    Attempt,
    Delivery,
    Invoice,
    Organization,
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
    "RecurringInvoice",
    "Refund",
    "Sandbox",
    "SandboxError",
    "Webhook",
]
