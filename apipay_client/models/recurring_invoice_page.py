from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec
from .. import errors as _errors

if TYPE_CHECKING:
    from ..models.page_meta import PageMeta
    from ..models.recurring_invoice import RecurringInvoice


@_define
class RecurringInvoicePage:
    """One page of recurring invoices.

    Attributes:
        data: The recurring invoices of this page.
        meta: The position of a page in its list.
    """

    data: list[RecurringInvoice]
    meta: PageMeta
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["data"] = _codec.to_json(self.data)
        result["meta"] = _codec.to_json(self.meta)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        from ..models.page_meta import PageMeta
        from ..models.recurring_invoice import RecurringInvoice

        data = _codec.to_object(source)
        take = data.pop
        try:
            # In the order of the attributes: by name it would take a quarter longer.
            result = cls(
                _codec.list_of(RecurringInvoice.from_dict)(take("data")),
                PageMeta.from_dict(take("meta")),
            )
        except (_errors.DecodeError, KeyError) as error:
            raise _codec.placed(error, _KEYS, source, data) from None
        result.additional_properties = data
        return result

    @property
    def page_items(self) -> list[RecurringInvoice]:
        """The items of this page."""
        return self.data

    @property
    def page_number(self) -> int:
        """Which page this is, from 1."""
        return self.meta.current_page

    @property
    def page_size(self) -> int:
        """How many items a page of this list has at most."""
        return self.meta.per_page

    @property
    def page_total(self) -> int:
        """How many items the whole list has."""
        return self.meta.total

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
    "data",
    "meta",
)
