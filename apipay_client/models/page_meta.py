from __future__ import annotations

from typing import Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec


@_define
class PageMeta(_codec.Model[Any]):
    """The position of a page in its list.

    Attributes:
        current_page: The number of this page, from 1. Limits: at least 1.
        per_page: The maximum number of items on a page. Limits: at least 1.
        total: The number of items in the whole list. Limits: at least 0.
    """

    current_page: int
    per_page: int
    total: int
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.to_int(take("current_page")),
            _codec.to_int(take("per_page")),
            _codec.to_int(take("total")),
        )
