from typing import TYPE_CHECKING

from .. import types as _types


class WebhookEventType(_types.OpenStrEnum):
    """The type of a webhook event. New values appear over time (a later version sends
    `webhook.test`): return 2xx for an unknown one.

    - `invoice.status_changed`: an invoice was paid, cancelled or expired
    """

    INVOICE_STATUS_CHANGED = "invoice.status_changed"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"
