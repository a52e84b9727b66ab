from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class Error(_codec.Model[Any]):
    """An error.

    Attributes:
        message: A description of the error for people. Its wording can change: rely on the
            status code.
    """

    message: str
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.to_str(take("message")))
