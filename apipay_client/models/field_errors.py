from typing import Any, Self

from attrs import define, field

from ..codec import (
    keys_only,
    list_of,
    no_fields,
    rest_of,
    to_json,
    to_object,
    to_str,
)


@define
class FieldErrors:
    """For each field that is not valid, what is wrong with it."""

    additional_properties: dict[str, list[str]] = field(
        init=False, factory=no_fields, repr=keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls()
        result.additional_properties = rest_of(data, list_of(to_str))
        return result

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties

    def __getitem__(self, key: str) -> list[str]:
        """A field that the spec does not know, by its name in JSON."""
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: list[str]) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]
