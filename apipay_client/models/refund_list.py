from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec

if TYPE_CHECKING:
    from ..models.refund import Refund


@_define
class RefundList(_codec.Model[Any]):
    """All refunds of one invoice.

    Attributes:
        data: The refunds.
    """

    data: list[Refund]
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.refund import Refund

        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(_codec.list_of(Refund.from_dict)(take("data")))
