from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from ..models.webhook_event_type import WebhookEventType

if TYPE_CHECKING:
    from ..models.invoice_event_data import InvoiceEventData


@_define
class InvoiceEvent(_codec.Model[Any]):
    """The body of a webhook: an invoice was paid, cancelled or expired.

    Attributes:
        event: The type of a webhook event. New values appear over time (a later version sends
            `webhook.test`): return 2xx for an unknown one. Limits: one of
            invoice.status_changed.
        invoice: The invoice of a webhook event. `Invoice` has these fields and more. Only `id`
            and `status` are always present; of `paid_at`, `cancelled_at` and `expired_at` at
            most the one that matches the status is present.
        timestamp: When the event happened.
    """

    event: WebhookEventType
    invoice: InvoiceEventData
    timestamp: datetime.datetime
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.invoice_event_data import InvoiceEventData

        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(
            WebhookEventType.from_json(take("event")),
            InvoiceEventData.from_dict(take("invoice")),
            _codec.to_datetime(take("timestamp")),
        )
