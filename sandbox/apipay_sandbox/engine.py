"""The sandbox without its network: all parts put together, and the control verbs.

The verbs are what a test, the pages and `/_sandbox/` can do. All can be called from any thread.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from .actions import Actions
from .clock import SandboxClock
from .errors import SandboxError
from .faults import Fault, FaultPlan, InjectedFault
from .jsons import Json
from .keys import Keys
from .network import check_url
from .ratelimit import Limiter, RateLimit
from .records import Delivery, Invoice, Organization, RecurringInvoice, Refund, Webhook
from .sender import Sender
from .spec import Spec
from .state import Settings, State
from .store import Store

_IDN = "123456789012"
"""The organization that is verified from the start has this invented BIN."""


@attrs.frozen(kw_only=True)
class Start:
    """What a sandbox begins with, and has again after a reset."""

    api_key: str = attrs.field(repr=False)
    webhook_secret: str = attrs.field(repr=False)
    webhook_url: str | None = None
    verified: bool = True
    rate_limit: RateLimit | None = None
    allow_remote_webhooks: bool = False
    webhook_timeout: float | None = None


class Engine:
    """State, actions, keys, faults and the sender of webhooks, and the verbs on them.

    Attributes: `api_key`, `webhook_secret` (signs the webhooks that were given no secret of their
    own), `calls` (operation id -> how often it was called).
    """

    def __init__(
        self,
        spec: Spec,
        store: Store,
        clock: SandboxClock,
        settings: Settings,
        start: Start,
        public_url: str,
    ) -> None:
        self.api_key = start.api_key
        self.webhook_secret = start.webhook_secret
        self.calls: Counter[str] = Counter()
        self._begin = start
        self._spec = spec
        self._store = store
        self._state = State(spec, store, clock, settings, public_url)
        self._actions = Actions(self._state)
        self._plan = FaultPlan(spec.operations)
        self._keys = Keys(spec, start.api_key)
        self._limiter = Limiter(start.rate_limit)
        self._sender = Sender(
            self._state,
            self._actions,
            allow_remote=start.allow_remote_webhooks,
            timeout=start.webhook_timeout,
        )
        self._idle = threading.Event()
        self._sender.on_idle = self._idle.set
        self._furnish()

    @property
    def verification_seconds(self) -> float:
        """How long an owner has to confirm."""
        return self._spec.verification_seconds

    @property
    def invoice_statuses(self) -> tuple[str, ...]:
        """The statuses of an invoice, as the specification lists them."""
        return self._spec.statuses("InvoiceStatus")

    # The owner and the payer

    def confirm_verification(self, organization_id: int) -> Organization:
        """The owner confirms in the Kaspi Business app: the organization is verified."""
        return self._actions.decide_verification(organization_id, True)

    def refuse_verification(self, organization_id: int) -> Organization:
        """The owner refuses: the verification has failed."""
        return self._actions.decide_verification(organization_id, False)

    def pay(self, invoice_id: int, client_name: str | None = None) -> Invoice:
        """The customer pays. `client_name`: as Kaspi knows it; else one is invented."""
        return self._actions.settle_invoice(invoice_id, "paid", client_name)

    def decline(self, invoice_id: int) -> Invoice:
        """The customer declines. The public documentation names no status for it: `cancelled`."""
        return self._actions.settle_invoice(invoice_id, "cancelled")

    def expire(self, invoice_id: int) -> Invoice:
        """The payment deadline passes now."""
        return self._actions.settle_invoice(invoice_id, "expired")

    # Time

    @property
    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return datetime.fromtimestamp(self._state.clock.now(), UTC)

    def advance(self, seconds: float) -> datetime:
        """Let time pass at once, with everything that it brings: expiry, billing, deliveries."""
        with self._store.lock:
            self._state.clock.advance(seconds)
            self._store.note_time()
            self._actions.settle_due()
        self._state.on_news()
        return self.now

    # Faults and limits

    def inject(self, fault: Fault) -> InjectedFault:
        """Let calls go wrong from now on; the answer counts the calls that did."""
        with self._store.lock:
            return self._plan.inject(fault)

    def faults(self) -> list[InjectedFault]:
        """Return the faults at work."""
        with self._store.lock:
            return list(self._plan.faults)

    def clear_faults(self, fault_id: int | None = None) -> None:
        """Take away one fault, or all."""
        with self._store.lock:
            if fault_id is not None and all(one.id != fault_id for one in self._plan.faults):
                raise SandboxError(f"There is no fault {fault_id}.", status=404)
            self._plan.clear(fault_id)

    def set_rate_limit(self, limit: RateLimit | None) -> None:
        """Change the rate limit, or take it off (None), and forget the requests made so far."""
        with self._store.lock:
            self._limiter.limit = limit
            self._limiter.clear()

    def add_api_key(self, key: str | None = None) -> str:
        """Make one more key valid, for the same merchant, with a rate limit of its own."""
        key = key or new_key()
        with self._store.lock:
            self._keys.add(key)
        return key

    def expire_api_key(self, key: str | None = None) -> None:
        """Let a key (`api_key` if none is given) expire."""
        with self._store.lock:
            self._keys.expire(key or self.api_key)

    # Webhooks

    def add_webhook(
        self, url: str, secret: str | None = None, webhook_id: int | None = None
    ) -> Webhook:
        """Add a webhook, as in the dashboard. Its id is what `webhook_id` of an invoice chooses.

        422 for a URL that is not on this machine, unless remote webhooks were allowed.
        """
        check_url(url, allow_remote=self._begin.allow_remote_webhooks)
        with self._store.lock, self._store.transaction():
            number = self._store.next_id(Webhook) if webhook_id is None else webhook_id
            webhook = Webhook(id=number, url=url, secret=secret or self.webhook_secret)
            if number < 1 or number in self._store.webhooks:
                raise SandboxError(f"The webhook id {number} cannot be used.", status=422)
            self._store.put(webhook)
            return webhook

    def remove_webhook(self, webhook_id: int) -> None:
        """Take a webhook away: it is told nothing more, and cannot be chosen."""
        with self._store.lock, self._store.transaction():
            webhook = self._store.webhooks.get(webhook_id)
            if webhook is None or not webhook.active:
                raise SandboxError(f"There is no webhook {webhook_id}.", status=404)
            self._store.put(attrs.evolve(webhook, active=False))

    def webhooks(self) -> list[Webhook]:
        """Return the webhooks that are told."""
        with self._store.lock:
            return [one for one in self._store.webhooks.values() if one.active]

    def send_event(
        self, event: Mapping[str, Json], webhook_id: int | None = None
    ) -> list[Delivery]:
        """Sign and send any event, `{"event": "webhook.test"}` for one, to one webhook or all."""
        with self._store.lock:
            now = self._actions.settle_due()
            return self._actions.queue_event(dict(event), now, webhook_id)

    def deliveries(self, invoice_id: int | None = None) -> list[Delivery]:
        """Return the delivery log, oldest first, with bodies, attempts and receivers' answers."""
        with self._store.lock:
            return [
                one
                for one in self._store.deliveries.values()
                if invoice_id is None or one.invoice_id == invoice_id
            ]

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a delivery once more, now: receivers have to bear repeats."""
        with self._store.lock, self._store.transaction():
            now = self._actions.settle_due()
            delivery = self._store.deliveries.get(delivery_id)
            if delivery is None:
                raise SandboxError(f"There is no delivery {delivery_id}.", status=404)
            again = attrs.evolve(delivery, next_attempt_at=now)
            self._store.put(again)
            self._state.schedule_delivery(again)
            return again

    def wait_for_deliveries(self, timeout: float = 5.0) -> list[Delivery]:
        """Wait until nothing is being delivered and nothing is due; return the log.

        A delivery that waits for its next attempt is not due: `advance` brings it. `timeout` is in
        real seconds; when it passes, a `SandboxError` is raised.
        """
        end = time.monotonic() + timeout
        while True:
            self._idle.clear()
            with self._store.lock:
                if self._sender.idle:
                    return list(self._store.deliveries.values())
            left = end - time.monotonic()
            if left <= 0 or not self._idle.wait(left):
                raise SandboxError(f"Webhooks are still being delivered after {timeout:g} seconds.")

    # Looking in

    def organizations(self) -> list[Organization]:
        """Return all organizations, oldest first."""
        return self._all(self._store.organizations)

    def invoices(self) -> list[Invoice]:
        """Return all invoices, oldest first; amounts in tiyn."""
        return self._all(self._store.invoices)

    def refunds(self) -> list[Refund]:
        """Return all refunds, oldest first; amounts in tiyn."""
        return self._all(self._store.refunds)

    def recurring_invoices(self) -> list[RecurringInvoice]:
        """Return all recurring invoices, oldest first; amounts in tiyn."""
        return self._all(self._store.recurring_invoices)

    def invoice_by_token(self, token: str) -> Invoice | None:
        """Find the invoice whose `payment_url` ends in this token."""
        with self._store.lock:
            self._actions.settle_due()
            return self._store.invoice_by_token(token)

    def reset(self) -> None:
        """Forget everything but the settings, the key and the secret. Time does not go back."""
        with self._store.lock:
            self._store.clear()
            self._plan.clear()
            self._keys.reset()
            self._limiter.limit = self._begin.rate_limit
            self._limiter.clear()
            self.calls.clear()
            self._state.restore_due()
            self._furnish()
        self._state.on_news()

    def _furnish(self) -> None:
        """Add what a sandbox begins with, where a stored one does not have it yet."""
        begin, store = self._begin, self._store
        if begin.verified and not store.organizations:
            self._actions.confirm_at_once(_IDN)
        if begin.webhook_url is not None and all(
            one.url != begin.webhook_url for one in self.webhooks()
        ):
            self.add_webhook(begin.webhook_url)

    def _all(self, table: Mapping[int, Any]) -> list[Any]:
        with self._store.lock:
            self._actions.settle_due()
            return list(table.values())


def new_key() -> str:
    """Make an API key that nobody mistakes for a real one."""
    return f"sandbox_{secrets.token_hex(16)}"


def new_secret() -> str:
    """Make a webhook secret that nobody mistakes for a real one."""
    return f"sandbox_whsec_{secrets.token_hex(16)}"
