from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class FieldErrors:
    """The problems of each field that is not valid."""

    additional_properties: dict[str, list[str]] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are not set are left out."""
        result: dict[str, Any] = {
            key: _codec.to_json(value) for key, value in self.additional_properties.items()
        }
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = _codec.to_object(source)
        result = cls()
        result.additional_properties = _codec.rest_of(data, _codec.list_of(_codec.to_str))
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
