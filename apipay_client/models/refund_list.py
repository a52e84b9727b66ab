from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec

if TYPE_CHECKING:
    from ..models.refund import Refund


@_define
class RefundList:
    """All refunds of one invoice.

    Attributes:
        data: The refunds.
    """

    data: list[Refund]
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        result["data"] = _codec.to_json(self.data)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        from ..models.refund import Refund

        data = _codec.to_object(source)
        result = cls(
            data=_codec.required(data, "data", _codec.list_of(Refund.from_dict)),
        )
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
