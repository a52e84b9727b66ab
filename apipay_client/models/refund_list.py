from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define, field

from ..codec import (
    keys_only,
    list_of,
    no_fields,
    required,
    to_json,
    to_object,
)

if TYPE_CHECKING:
    from ..models.refund import Refund


@define
class RefundList:
    """All refunds of one invoice.

    Attributes:
        data: The refunds.
    """

    data: list[Refund]
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["data"] = to_json(self.data)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        from ..models.refund import Refund

        data = to_object(source)
        result = cls(
            data=required(data, "data", list_of(Refund.from_dict)),
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
