"""ApiPay's getting-started guide in seven steps, against a sandbox on this machine.

Run it with `make demo`, or with `python examples/getting_started.py` where `apipay[sandbox]` is
installed. No key, no account and no network are needed: the sandbox plays the service, the owner
who confirms and the customer who pays.
"""

from datetime import date

from apipay import ApiPay
from apipay_sandbox import Sandbox


def main() -> None:
    """Walk through the guide and print each step with its figures."""
    with (
        Sandbox(organization=None, auto_confirm=3) as sandbox,
        ApiPay(api_key=sandbox.api_key, base_url=sandbox.base_url) as client,
    ):
        print(f"A sandbox of the ApiPay.kz API runs at {sandbox.base_url}\n")

        def waiting(seconds_left: float) -> None:
            print(f"   waiting for the owner to confirm, {seconds_left:.0f} s left")

        organization = client.verify_organization("123456789012", on_progress=waiting)
        step(1, "verified", f"organization {organization.id} is {organization.status}")

        invoice = client.invoices.create(
            amount="10000.00",
            phone_number="+7 700 123-45-67",
            description="Two jars of honey",
            external_order_id="order-1042",
        )
        step(2, "invoiced", f"invoice {invoice.id} over {invoice.amount} ₸ is {invoice.status}")
        step(3, "payment_url", f"redirect the customer to {invoice.payment_url}")

        sandbox.pay(invoice.id)
        paid = client.wait_for_payment(invoice, timeout=30)
        step(4, "paid", f"invoice {paid.id} is {paid.status} since {paid.paid_at:%H:%M:%S} UTC")

        refund = client.refunds.create(invoice.id, amount="2500.00", reason="one jar was broken")
        refunded = sum(item.amount for item in client.refunds.list_for_invoice(invoice.id).data)
        step(5, "refunded in part", f"refund {refund.id}: {refunded} ₸ of {invoice.amount} ₸")

        recurring = client.recurring_invoices.create(
            amount=990,
            phone_number="87001234567",
            interval="monthly",
            start_date=date(2027, 1, 31),
            description="Honey club",
        )
        step(
            6,
            "recurring invoice created",
            f"{recurring.id}: {recurring.amount} ₸ {recurring.interval}, "
            f"next on {recurring.next_billing_date}",
        )

        invoices = list(client.paginate(client.invoices.list))
        listed = ", ".join(f"{item.id} over {item.amount} ₸ {item.status}" for item in invoices)
        step(7, "listed", f"{len(invoices)} invoice(s): {listed}")


def step(number: int, name: str, figures: str) -> None:
    """Print one step."""
    print(f"{number}. {name:<26} {figures}")


if __name__ == "__main__":
    main()
