"""The schemas of the spec as Python classes, each imported on first use."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .billing_interval import BillingInterval
    from .create_invoice_request import CreateInvoiceRequest
    from .create_recurring_invoice_request import CreateRecurringInvoiceRequest
    from .create_refund_request import CreateRefundRequest
    from .created_invoice import CreatedInvoice
    from .error import Error
    from .field_errors import FieldErrors
    from .invoice import Invoice
    from .invoice_event import InvoiceEvent
    from .invoice_event_data import InvoiceEventData
    from .invoice_page import InvoicePage
    from .invoice_status import InvoiceStatus
    from .organization import Organization
    from .organization_envelope import OrganizationEnvelope
    from .organization_status import OrganizationStatus
    from .organization_verification import OrganizationVerification
    from .page_meta import PageMeta
    from .rate_limit_error_body import RateLimitErrorBody
    from .recurring_invoice import RecurringInvoice
    from .recurring_invoice_page import RecurringInvoicePage
    from .recurring_invoice_status import RecurringInvoiceStatus
    from .refund import Refund
    from .refund_list import RefundList
    from .refund_page import RefundPage
    from .refund_status import RefundStatus
    from .update_recurring_invoice_request import UpdateRecurringInvoiceRequest
    from .validation_error_body import ValidationErrorBody
    from .verify_organization_request import VerifyOrganizationRequest
    from .webhook_event_type import WebhookEventType

_MODULES = {
    "BillingInterval": "billing_interval",
    "CreateInvoiceRequest": "create_invoice_request",
    "CreateRecurringInvoiceRequest": "create_recurring_invoice_request",
    "CreateRefundRequest": "create_refund_request",
    "CreatedInvoice": "created_invoice",
    "Error": "error",
    "FieldErrors": "field_errors",
    "Invoice": "invoice",
    "InvoiceEvent": "invoice_event",
    "InvoiceEventData": "invoice_event_data",
    "InvoicePage": "invoice_page",
    "InvoiceStatus": "invoice_status",
    "Organization": "organization",
    "OrganizationEnvelope": "organization_envelope",
    "OrganizationStatus": "organization_status",
    "OrganizationVerification": "organization_verification",
    "PageMeta": "page_meta",
    "RateLimitErrorBody": "rate_limit_error_body",
    "RecurringInvoice": "recurring_invoice",
    "RecurringInvoicePage": "recurring_invoice_page",
    "RecurringInvoiceStatus": "recurring_invoice_status",
    "Refund": "refund",
    "RefundList": "refund_list",
    "RefundPage": "refund_page",
    "RefundStatus": "refund_status",
    "UpdateRecurringInvoiceRequest": "update_recurring_invoice_request",
    "ValidationErrorBody": "validation_error_body",
    "VerifyOrganizationRequest": "verify_organization_request",
    "WebhookEventType": "webhook_event_type",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "BillingInterval",
    "CreatedInvoice",
    "CreateInvoiceRequest",
    "CreateRecurringInvoiceRequest",
    "CreateRefundRequest",
    "Error",
    "FieldErrors",
    "Invoice",
    "InvoiceEvent",
    "InvoiceEventData",
    "InvoicePage",
    "InvoiceStatus",
    "Organization",
    "OrganizationEnvelope",
    "OrganizationStatus",
    "OrganizationVerification",
    "PageMeta",
    "RateLimitErrorBody",
    "RecurringInvoice",
    "RecurringInvoicePage",
    "RecurringInvoiceStatus",
    "Refund",
    "RefundList",
    "RefundPage",
    "RefundStatus",
    "UpdateRecurringInvoiceRequest",
    "ValidationErrorBody",
    "VerifyOrganizationRequest",
    "WebhookEventType",
]
