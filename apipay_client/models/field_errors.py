from __future__ import annotations

from collections.abc import Callable

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class FieldErrors(_codec.Map["list[str]"]):
    """The problems of each field that is not valid."""

    additional_properties: dict[str, list[str]] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _other(cls) -> Callable[[object], list[str]]:
        return _codec.list_of(_codec.to_str)
