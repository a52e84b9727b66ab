from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors
from ..models import webhook_event_type as _webhook_event_type_enum
from ..models.webhook_event_type import WebhookEventType

if TYPE_CHECKING:
    from ..models.invoice_event_data import InvoiceEventData


@_define
class InvoiceEvent:
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

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["event"] = _codec.to_json(self.event)
        result["invoice"] = _codec.to_json(self.invoice)
        result["timestamp"] = _codec.to_json(self.timestamp)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        from ..models.invoice_event_data import InvoiceEventData

        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                _webhook_event_type_enum.read(take("event")),
                InvoiceEventData.from_dict(take("invoice")),
                _codec.to_datetime(take("timestamp")),
            )
        except (_errors.DecodeError, KeyError) as error:
            raise _codec.placed(error, _KEYS, source, data) from None
        result.additional_properties = data
        return result

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __getitem__(self, key: str) -> Any:
        """A field that the spec does not know, by its name in JSON."""
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]


#: The fields in the order in which `from_dict` reads them.
_KEYS = (
    "event",
    "invoice",
    "timestamp",
)
