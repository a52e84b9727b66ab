from typing import Any, Self

from attrs import define, field

from ..codec import (
    hidden,
    keys_only,
    no_fields,
    optional,
    required,
    to_int,
    to_json,
    to_object,
    to_str,
)
from ..models.organization_status import OrganizationStatus


@define
class Organization:
    """An organization of Kaspi Business for which the service acts as a cashier.

    Attributes:
        id: The organization's id. Limits: at least 1.
        status: Where the verification of an organization stands. New values appear over time:
            treat one that you do not know as not verified, and go on. Limits: one of pending,
            verified, failed.
        idn: The organization's IIN or BIN. Limits: matches ^[0-9]{12}$.
        time_remaining: Whole seconds left of the verification window. Counts only while the
            status is `pending`. Limits: at least 0.
    """

    id: int
    status: OrganizationStatus
    idn: str | None = field(default=None, repr=hidden)
    time_remaining: int | None = None
    additional_properties: dict[str, Any] = field(init=False, factory=no_fields, repr=keys_only)

    def to_dict(self) -> dict[str, Any]:
        """The object as JSON would hold it; optional fields that are None are left out."""
        result: dict[str, Any] = {
            key: to_json(value) for key, value in self.additional_properties.items()
        }
        result["id"] = to_json(self.id)
        result["status"] = to_json(self.status)
        if self.idn is not None:
            result["idn"] = to_json(self.idn)
        if self.time_remaining is not None:
            result["time_remaining"] = to_json(self.time_remaining)
        return result

    @classmethod
    def from_dict(cls, source: object) -> Self:
        """Read a JSON object. Raises `DecodeError` where it is not what the spec says."""
        data = to_object(source)
        result = cls(
            id=required(data, "id", to_int),
            status=required(data, "status", OrganizationStatus.from_json),
            idn=optional(data, "idn", to_str),
            time_remaining=optional(data, "time_remaining", to_int),
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
