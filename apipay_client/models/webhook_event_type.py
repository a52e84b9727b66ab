from typing import TYPE_CHECKING

from .. import types as _types


class WebhookEventType(_types.OpenStrEnum):
    """What a webhook tells. New values appear over time (a later version sends `webhook.test`):
    answer 2xx to one that you do not know.

    - `invoice.status_changed`: an invoice was paid, cancelled or expired
    """

    INVOICE_STATUS_CHANGED = "invoice.status_changed"
    if TYPE_CHECKING:
        # Tells type checkers that there are other values; it does not exist.
        _OTHER = "(any other value)"
