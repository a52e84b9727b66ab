"""Wrong uses: both checkers refuse each line that ends in `# wrong`, and no other."""

from datetime import date
from decimal import Decimal

from apipay import ApiPay, AsyncApiPay, RateLimit, RetryPolicy
from apipay.errors import ApiPayError, RateLimitError, ValidationError
from apipay.testing import Coverage, VirtualClock, validating_transport
from apipay_client import models

shop = ApiPay("key")
later = AsyncApiPay("key")
PHONE = "87001234567"


# Clients
ApiPay(1)  # wrong
ApiPay(key="key")  # wrong
ApiPay("key", base_url=8080)  # wrong
ApiPay("key", timeout="5")  # wrong
ApiPay("key", retry=3)  # wrong
ApiPay("key", rate_limit=60)  # wrong
ApiPay("key", rate_limit="none")  # wrong
ApiPay("key", headers=["X-Shop: 1"])  # wrong
AsyncApiPay("key", retries=3)  # wrong
RetryPolicy(3)  # wrong
RetryPolicy(max_retries="3")  # wrong
RateLimit(requests="60", window_seconds=60)  # wrong
shop.with_options(timeout="5")  # wrong
shop.with_options(priority="urgent")  # wrong
nothing = shop.payments  # wrong

# Invoices
shop.invoices.create()  # wrong
shop.invoices.create(amount=1)  # wrong
shop.invoices.create(1, PHONE)  # wrong
shop.invoices.create(amount=1, phone=PHONE)  # wrong
shop.invoices.create(amount=1, phone_number=87001234567)  # wrong
shop.invoices.create(amount=[1], phone_number=PHONE)  # wrong
shop.invoices.create(amount=1, phone_number=PHONE, external_order_id=17)  # wrong
shop.invoices.create(amount=1, phone_number=PHONE, webhook_id="3")  # wrong
shop.invoices.get("17")  # wrong
shop.invoices.get()  # wrong
shop.invoices.list(status=["done"])  # wrong
shop.invoices.list(status=[1])  # wrong
shop.invoices.list(date_from="2026-01-31")  # wrong
shop.invoices.list(per_page="100")  # wrong
shop.invoices.list(options={"retires": 1})  # wrong
shop.invoices.delete(17)  # wrong
number: str = shop.invoices.get(17).id  # wrong
url: int = shop.invoices.create(amount=1, phone_number=PHONE).payment_url  # wrong
amount: float = shop.invoices.get(17).amount  # wrong
total = shop.invoices.get(17).total  # wrong
moment: date = shop.invoices.get(17).created_at  # wrong
refunded = models.InvoiceStatus.REFUNDED  # wrong

# Refunds, recurring invoices, organizations
shop.refunds.create(amount=1)  # wrong
shop.refunds.create(17, amount=None)  # wrong
shop.refunds.create(17, reason=5)  # wrong
money: str = shop.refunds.create(17).amount  # wrong
shop.recurring_invoices.create(amount=1, phone_number=PHONE, interval="hourly")  # wrong
shop.recurring_invoices.create(amount=1, phone_number=PHONE)  # wrong
shop.recurring_invoices.update(12, interval="never")  # wrong
shop.organizations.verify(990140012345)  # wrong
shop.organizations.verify(idn=990140012345)  # wrong
invoice: models.RecurringInvoice = shop.recurring_invoices.bill_now(12)  # wrong

# Sync and async, pages, errors, testing
waited: models.Invoice = later.invoices.get(17)  # wrong
shop.paginate(shop.invoices.get)  # wrong
texts: list[str] = list(shop.paginate(shop.invoices.list))  # wrong
seconds: str = RateLimitError.retry_after  # wrong
VirtualClock("now")  # wrong
validating_transport(coverage=True)  # wrong
Coverage().require_complete(19)  # wrong


# Right uses, so that the file is not wrong as a whole.
def right(error: ApiPayError) -> Decimal:
    assert isinstance(error, ValidationError)
    shop.refunds.create(17, amount=Decimal("0.01"))
    return shop.refunds.get(1).amount
