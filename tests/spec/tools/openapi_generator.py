"""Generate openapi-generator's Python client of openapi.yaml and follow the guide with it.

Usage: python openapi_generator.py SPEC, in the environment of the project, with a JRE on the PATH.
"""

import importlib
import pkgutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from apipay_sandbox import Sandbox

PACKAGE = "apipay_openapi"


def main(spec: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        generate(spec, Path(folder))
        sys.path.insert(0, folder)
        package = importlib.import_module(PACKAGE)
        names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{PACKAGE}.")]
        for name in names:
            importlib.import_module(name)
        with Sandbox(organization=None) as sandbox:
            follow_the_guide(package, sandbox)
        print(f"openapi-generator: {len(names)} modules import; the guide runs")


def generate(spec: Path, folder: Path) -> None:
    command = ["generate", "--input-spec", str(spec), "--generator-name", "python"]
    command += ["--output", str(folder), "--additional-properties", f"packageName={PACKAGE}"]
    executable = str(Path(sys.executable).with_name("openapi-generator-cli"))
    done = subprocess.run(
        [executable, *command], capture_output=True, text=True, check=False, timeout=200
    )
    if done.returncode:
        sys.exit(f"openapi-generator failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")


def follow_the_guide(package: Any, sandbox: Sandbox) -> None:
    configuration = package.Configuration(
        host=sandbox.base_url, api_key={"ApiKey": sandbox.api_key}
    )
    with package.ApiClient(configuration) as client:
        organizations = package.OrganizationsApi(client)
        started = organizations.verify_organization(
            package.VerifyOrganizationRequest(idn="123456789012")
        )
        expect(started.organization.status, "pending")
        sandbox.confirm_verification(started.organization.id)
        status = organizations.get_organization_status(started.organization.id)
        expect(status.organization.status, "verified")

        invoices = package.InvoicesApi(client)
        created = invoices.create_invoice(
            package.CreateInvoiceRequest(
                amount=19.99, phone_number="87001234567", external_order_id="order-1042"
            )
        )
        expect(created.amount, "19.99")
        expect(bool(created.payment_url), True)
        sandbox.pay(created.id)
        expect(invoices.get_invoice(created.id).status, "paid")
        page = invoices.list_invoices(search="order-1042", status=["paid"])
        expect([item.id for item in page.data], [created.id])

        refunds = package.RefundsApi(client)
        refund = refunds.create_refund(
            created.id, package.CreateRefundRequest(amount=4.85, reason="one jar was broken")
        )
        expect(refund.amount, "4.85")
        expect(len(refunds.list_invoice_refunds(created.id).data), 1)

        recurring = package.RecurringInvoicesApi(client)
        schedule = recurring.create_recurring_invoice(
            package.CreateRecurringInvoiceRequest(
                amount=990, phone_number="87001234567", interval="monthly"
            )
        )
        changed = recurring.update_recurring_invoice(
            schedule.id, package.UpdateRecurringInvoiceRequest(interval="weekly")
        )
        expect(changed.interval, "weekly")
        expect(recurring.list_recurring_invoices().data[0].interval, "weekly")


def expect(found: object, wanted: object) -> None:
    if found != wanted:
        sys.exit(f"openapi-generator's client returned {found!r}. Expected {wanted!r}.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
