from .. import codec as _codec
from ..types import OpenStrEnum


class WebhookEventType(OpenStrEnum):
    """The type of a webhook event. New values appear over time (a later version sends
    `webhook.test`): return 2xx for an unknown one.

    - `invoice.status_changed`: an invoice was paid, cancelled or expired

    Values that the spec does not list are kept, with `is_known` False.
    """

    INVOICE_STATUS_CHANGED = "invoice.status_changed"


#: Reads a value of an answer.
read = _codec.member_of(WebhookEventType, WebhookEventType.from_json)
