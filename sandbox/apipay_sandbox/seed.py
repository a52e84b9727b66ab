"""Seed data: invoices, recurring invoices and more to start from, as JSON.

Each entry is the body of a create request, with the state to reach in addition:

```json
{
  "organizations": [{"idn": "123456789012"}],
  "webhooks": [{"url": "http://127.0.0.1:8000/webhooks"}],
  "invoices": [
    {"amount": 1000, "phone_number": "87001234567", "status": "paid", "refunds": [250]}
  ],
  "recurring_invoices": [
    {"amount": 500, "phone_number": "87001234567", "interval": "monthly", "status": "paused"}
  ]
}
```
"""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from .errors import SandboxError
from .jsons import Json, is_list, is_object, parse_floats
from .operations import Operations
from .validation import Errors
from .world import World

SECTIONS = frozenset({"organizations", "webhooks", "invoices", "recurring_invoices"})
_INVOICE_STATUSES = ("pending", "paid", "cancelled", "expired")
_RECURRING_STATUSES = ("active", "paused", "cancelled")


def load_file(world: World, path: str | Path) -> None:
    """Load a seed file."""
    try:
        data = parse_floats(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as problem:
        raise SandboxError(
            f"The seed file {path} cannot be read: {problem}. It must be a JSON object."
        ) from problem
    load(world, data)


def load(world: World, data: Json) -> None:
    """Add the seed data to the world, all of it or nothing."""
    if not is_object(data) or not data.keys() <= SECTIONS:
        raise SandboxError(
            f"Seed data must be an object with: {', '.join(sorted(SECTIONS))}.", status=422
        )
    seed = _Seed(world)
    try:
        with world.state.store.transaction():
            seed.add("organizations", data, seed.organization)
            seed.add("webhooks", data, seed.webhook)
            seed.add("invoices", data, seed.invoice)
            seed.add("recurring_invoices", data, seed.recurring_invoice)
    except SandboxError:
        world.state.restore_due()
        raise


class _Seed:
    def __init__(self, world: World) -> None:
        self._world = world
        self._now = world.state.clock.now()
        self._operations = Operations(world.state).by_id

    def add(
        self, section: str, data: Mapping[str, Json], add: Callable[[dict[str, Json]], None]
    ) -> None:
        entries = data.get(section, [])
        if not is_list(entries) or not all(is_object(entry) for entry in entries):
            raise SandboxError(f"{section} must be a list of objects.", status=422)
        for index, entry in enumerate(entries):
            try:
                add(dict(entry))
            except SandboxError as problem:
                texts = [text for field in (problem.errors or {}).values() for text in field]
                reason = " ".join(texts) or problem.message
                raise SandboxError(
                    f"{section}[{index}] cannot be added: {reason}", status=422
                ) from None

    def organization(self, entry: dict[str, Json]) -> None:
        self._call("verifyOrganization", 0, entry)
        organization = list(self._world.state.store.organizations.values())[-1]
        if organization.status == "pending":
            self._world.confirm_verification(organization.id)

    def webhook(self, entry: dict[str, Json]) -> None:
        types = {"url": str, "secret": str, "id": int}
        if "url" not in entry or any(
            not isinstance(value, types.get(name, type(None))) for name, value in entry.items()
        ):
            raise SandboxError("A webhook has url, secret (both text) and id (a whole number).")
        self._world.add_webhook(entry["url"], entry.get("secret"), entry.get("id"))

    def invoice(self, entry: dict[str, Json]) -> None:
        status = _status(entry, _INVOICE_STATUSES)
        refunds = entry.pop("refunds", [])
        number = self._call("createInvoice", 0, entry)["id"]
        if status == "paid":
            self._world.pay(number)
        elif status == "cancelled":
            self._world.decline(number)
        elif status == "expired":
            self._world.expire(number)
        for amount in refunds if is_list(refunds) else [refunds]:
            self._call("createRefund", number, {"amount": amount})

    def recurring_invoice(self, entry: dict[str, Json]) -> None:
        status = _status(entry, _RECURRING_STATUSES)
        number = self._call("createRecurringInvoice", 0, entry)["id"]
        if status != "active":
            action = "pause" if status == "paused" else "cancel"
            self._call(f"{action}RecurringInvoice", number, {})

    def _call(self, operation: str, number: int, body: Mapping[str, Json]) -> Any:
        errors: Errors = {}
        checker = self._world.spec.operations[operation].body
        exact = {
            name: Decimal(str(value)) if isinstance(value, float) else value
            for name, value in body.items()
        }
        if checker is not None:
            checker(exact, "", errors)
        if errors:
            raise SandboxError("The entry is not valid.", status=422, errors=errors)
        return json.loads(self._operations[operation](number, {}, exact, self._now))


def _status(entry: dict[str, Json], allowed: tuple[str, ...]) -> str:
    status = entry.pop("status", allowed[0])
    if status not in allowed:
        raise SandboxError(f"status must be one of: {', '.join(allowed)}.", status=422)
    return str(status)
