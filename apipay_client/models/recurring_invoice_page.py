from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from attrs import define as _define
from attrs import field as _field

from .. import codec as _codec

if TYPE_CHECKING:
    from ..models.page_meta import PageMeta
    from ..models.recurring_invoice import RecurringInvoice


@_define
class RecurringInvoicePage(_codec.Model[Any]):
    """One page of recurring invoices.

    Attributes:
        data: The recurring invoices of this page.
        meta: The position of a page in its list.
    """

    data: list[RecurringInvoice]
    meta: PageMeta
    additional_properties: dict[str, Any] = _field(
        init=False, factory=_codec.no_fields, repr=_codec.keys_only
    )

    @classmethod
    def _read(cls, data: dict[str, Any]) -> Self:
        from ..models.page_meta import PageMeta
        from ..models.recurring_invoice import RecurringInvoice

        take = data.pop
        # By position: by name it would take a quarter longer.
        return cls(
            _codec.list_of(RecurringInvoice.from_dict)(take("data")),
            PageMeta.from_dict(take("meta")),
        )

    @property
    def page_items(self) -> list[RecurringInvoice]:
        """The items of this page."""
        return self.data

    @property
    def page_number(self) -> int:
        """The number of this page, from 1."""
        return self.meta.current_page

    @property
    def page_size(self) -> int:
        """The number of items on a full page."""
        return self.meta.per_page

    @property
    def page_total(self) -> int:
        """The number of items in the whole list."""
        return self.meta.total
