"""The pytest fixture `apipay_sandbox`: a sandbox for each test, with its keys in the environment.

pytest finds the plugin by itself. A service that reads `APIPAY_BASE_URL`, `APIPAY_API_KEY` and
`APIPAY_WEBHOOK_SECRET`, as `apipay.ApiPay()` does, uses the sandbox:

```python
def test_order_is_paid(apipay_sandbox):
    order = my_shop.place_order(amount=1000)
    apipay_sandbox.pay(order.invoice_id)
    assert my_shop.status(order) == "paid"
```

Unlike the service it has no rate limit, so that no test waits. To change that, or any other
argument of `Sandbox`, override the fixture `apipay_sandbox_options` in a conftest.py or a module:

```python
@pytest.fixture
def apipay_sandbox_options():
    return {"organization": None, "clock": "manual"}
```
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from .sandbox import Sandbox


@pytest.fixture
def apipay_sandbox_options() -> dict[str, Any]:
    """Arguments of `Sandbox` for the fixture `apipay_sandbox`. Override it to change them."""
    return {}


@pytest.fixture
def apipay_sandbox(
    apipay_sandbox_options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> "Iterator[Sandbox]":
    """A running `Sandbox`; the APIPAY_* environment variables point to it."""
    from apipay_sandbox import Sandbox

    options: dict[str, Any] = {"rate_limit": None, **apipay_sandbox_options}
    with Sandbox(**options) as sandbox:
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox
