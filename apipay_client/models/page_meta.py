from typing import Any, Self

from attrs import define, field

from ..codec import (
    keys_only,
    no_fields,
    required,
    to_int,
    to_json,
    to_object,
)


@define
class PageMeta:
    """Where a page stands in its list.

    Attributes:
        current_page: This page's number, from 1. Limits: at least 1.
        per_page: How many rows a page holds, at most. Limits: at least 1.
        total: How many rows the whole list has. Limits: at least 0.
    """

    current_page: int
    per_page: int
    total: int
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["current_page"] = to_json(self.current_page)
        result["per_page"] = to_json(self.per_page)
        result["total"] = to_json(self.total)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            current_page=required(data, "current_page", to_int),
            per_page=required(data, "per_page", to_int),
            total=required(data, "total", to_int),
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
