"""The world of one sandbox: its state, and the control verbs. It knows nothing of HTTP.

The verbs are what a test, the pages and `/_sandbox/` can do. They can be called from any thread.
"""

import secrets
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import attrs

from .clock import SandboxClock
from .errors import SandboxError, not_found
from .faults import ActiveFaults, Fault, InjectedFault, profile
from .jsons import Json
from .keys import Keys
from .network import check_secret, check_url
from .ratelimit import Limiter, RateLimit
from .records import (
    Delivery,
    Invoice,
    Organization,
    Record,
    RecordedRequest,
    RecurringInvoice,
    Refund,
    Webhook,
)
from .sender import Sender
from .spec import Spec
from .state import Settings, State
from .store import Store

_IDN = "123456789012"
"""The invented BIN of the organization that is verified from the start."""
_REQUESTS_KEPT = 1000
_MAX_BILLINGS = 100_000
"""One jump of the clock can create about this many invoices."""
R = TypeVar("R", bound=Record)


class World:
    """The state of a sandbox and the verbs that change it.

    Attributes:
        url: the address of the pages and of `/_sandbox/`.
        base_url: the address of the API.
        settings: the API key, the webhook secret and the other start settings.
        calls: the number of calls by operation id.
    """

    def __init__(
        self, spec: Spec, store: Store, clock: SandboxClock, settings: Settings, url: str
    ) -> None:
        check_secret(settings.webhook_secret)
        self.spec = spec
        self.settings = settings
        self.url = url
        self.base_url = url + spec.base_path
        self.calls: Counter[str] = Counter()
        self.state = State(spec, store, clock, settings, url)
        self.faults = ActiveFaults(spec.operations)
        self.keys = Keys(spec, settings.api_key)
        self.limiter = Limiter(settings.rate_limit)
        self.sender = Sender(self.state)
        self._store = store
        self._journal: deque[RecordedRequest] = deque(maxlen=_REQUESTS_KEPT)
        self._idle = threading.Event()
        self.sender.on_idle = self._idle.set
        self._furnish()

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables for a service under test."""
        return {
            "APIPAY_BASE_URL": self.base_url,
            "APIPAY_API_KEY": self.settings.api_key,
            "APIPAY_WEBHOOK_SECRET": self.settings.webhook_secret,
        }

    # The owner and the payer

    def confirm_verification(self, organization_id: int) -> Organization:
        """Confirm an organization, as its owner does in the Kaspi Business app."""
        return self.state.decide_verification(organization_id, True)

    def refuse_verification(self, organization_id: int) -> Organization:
        """Refuse an organization: its verification fails."""
        return self.state.decide_verification(organization_id, False)

    def pay(self, invoice_id: int, client_name: str | None = None) -> Invoice:
        """Pay an invoice. `client_name` is the name that Kaspi knows; by default invented."""
        return self.state.settle_pending(invoice_id, "paid", client_name)

    def decline(self, invoice_id: int) -> Invoice:
        """Decline an invoice as the payer. The documentation names no status: `cancelled`."""
        with self._store.lock:
            cancelled = self.state.settle_pending(invoice_id, "cancelled")
            declined = attrs.evolve(cancelled, declined=True)
            with self._store.transaction():
                self._store.put(declined)
            return declined

    def expire(self, invoice_id: int) -> Invoice:
        """Expire an invoice now."""
        return self.state.settle_pending(invoice_id, "expired")

    # Time

    @property
    def now(self) -> datetime:
        """The sandbox's time, in UTC."""
        return datetime.fromtimestamp(self.state.clock.now(), UTC)

    def advance(self, seconds: float) -> datetime:
        """Move the time forward and run what becomes due: expiry, billing, deliveries."""
        state = self.state
        with self._store.lock:
            if state.billings_until(state.clock.now() + seconds) > _MAX_BILLINGS:
                raise SandboxError(
                    f"The jump would create more than {_MAX_BILLINGS} invoices. Advance by less, "
                    "or cancel recurring invoices.",
                    status=422,
                )
            state.clock.advance(seconds)
            self._store.note_time()
            state.run_due()
        state.on_change()
        return self.now

    # Faults and limits

    def inject(self, fault: Fault) -> InjectedFault:
        """Start a fault. The returned object counts the calls that it hits."""
        with self._store.lock:
            return self.faults.inject(fault)

    def inject_profile(self, name: str, seed: int = 0) -> list[InjectedFault]:
        """Start the faults of a profile: flaky, slow, lost-answers or rate-limited."""
        return [self.inject(fault) for fault in profile(name, seed)]

    def active_faults(self) -> list[InjectedFault]:
        """Return the active faults."""
        with self._store.lock:
            return list(self.faults.all)

    def clear_faults(self, fault_id: int | None = None) -> None:
        """Stop one fault, or all."""
        with self._store.lock:
            if fault_id is not None and all(one.id != fault_id for one in self.faults.all):
                raise not_found("fault", fault_id)
            self.faults.clear(fault_id)

    def set_rate_limit(self, limit: RateLimit | None) -> None:
        """Change or remove (None) the rate limit, and forget the requests counted so far."""
        with self._store.lock:
            self.limiter.limit = limit
            self.limiter.clear()

    def add_api_key(self, key: str | None = None) -> str:
        """Make one more key valid, for the same merchant, with a rate limit of its own."""
        key = new_key() if key is None else key
        with self._store.lock:
            self.keys.add(key)
        return key

    def expire_api_key(self, key: str | None = None) -> None:
        """Expire a key, by default the first one."""
        with self._store.lock:
            self.keys.expire(self.settings.api_key if key is None else key)

    # Webhooks

    def add_webhook(
        self, url: str, secret: str | None = None, webhook_id: int | None = None
    ) -> Webhook:
        """Add a webhook, as in the dashboard. `webhook_id` of an invoice selects it.

        422 for a URL or a secret that cannot be used, and for a URL that is not on this machine
        unless remote webhooks are allowed.
        """
        check_url(url, allow_remote=self.settings.allow_remote_webhooks)
        secret = self.settings.webhook_secret if secret is None else secret
        check_secret(secret)
        with self._store.transaction():
            number = self._store.next_id(Webhook) if webhook_id is None else webhook_id
            webhook = Webhook(id=number, url=url, secret=secret)
            if number < 1 or number in self._store.webhooks:
                raise SandboxError(
                    f"The webhook id {number} cannot be used. Choose a positive, unused one.",
                    status=422,
                )
            self._store.put(webhook)
            return webhook

    def remove_webhook(self, webhook_id: int) -> None:
        """Remove a webhook: it gets no more events and cannot be selected."""
        with self._store.transaction():
            webhook = self._store.webhooks.get(webhook_id)
            if webhook is None or not webhook.active:
                raise not_found("webhook", webhook_id)
            self._store.put(attrs.evolve(webhook, active=False))

    def webhooks(self) -> list[Webhook]:
        """Return the active webhooks."""
        with self._store.lock:
            return [one for one in self._store.webhooks.values() if one.active]

    def send_event(
        self, event: Mapping[str, Json], webhook_id: int | None = None
    ) -> list[Delivery]:
        """Sign and send any event, such as `{"event": "webhook.test"}`, to one webhook or all."""
        with self._store.lock:
            now = self.state.run_due()
            return self.state.queue_event(dict(event), now, webhook_id)

    def deliveries(self, invoice_id: int | None = None) -> list[Delivery]:
        """Return the delivery log, oldest first, with bodies, attempts and responses."""
        with self._store.lock:
            return [
                one
                for one in self._store.deliveries.values()
                if invoice_id is None or one.invoice_id == invoice_id
            ]

    def redeliver(self, delivery_id: int) -> Delivery:
        """Send a delivery again now: receivers must handle duplicates."""
        with self._store.lock:
            now = self.state.run_due()
            delivery = self._store.deliveries.get(delivery_id)
            if delivery is None:
                raise not_found("delivery", delivery_id)
            again = attrs.evolve(delivery, next_attempt_at=now)
            self.state.put_delivery(again)
            return again

    def wait_for_deliveries(self, timeout: float = 5.0) -> list[Delivery]:
        """Wait until no delivery is in progress or due; return the log.

        A delivery that waits for its next attempt is not due: `advance` to it. `timeout` is in real
        seconds.

        Raises:
            SandboxError: the timeout passed.
        """
        end = time.monotonic() + timeout
        while True:
            self._idle.clear()
            with self._store.lock:
                if self.sender.idle:
                    return list(self._store.deliveries.values())
            left = end - time.monotonic()
            if left <= 0 or not self._idle.wait(left):
                raise SandboxError(
                    f"Webhooks are still being delivered after {timeout:g} seconds.", status=409
                )

    # Inspection

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
        """Return the invoice whose `payment_url` ends in this token."""
        with self._store.lock:
            self.state.run_due()
            return self._store.invoice_by_token(token)

    def requests(self, operation: str | None = None) -> list[RecordedRequest]:
        """Return the newest 1000 requests to the API, oldest first, of one operation or all."""
        with self._store.lock:
            return [one for one in self._journal if operation in (None, one.operation)]

    def record(self, request: RecordedRequest) -> None:
        """Add a request to the journal."""
        with self._store.lock:
            self._journal.append(request)

    def reset(self) -> None:
        """Remove all records, faults and late requests; keep the time, the key and the secret."""
        with self._store.lock:
            self._store.clear()
            self.faults.clear()
            self.keys.reset()
            self.limiter.limit = self.settings.rate_limit
            self.limiter.clear()
            self.calls.clear()
            self._journal.clear()
            self.state.restore_due()
            self._furnish()
        self.state.on_change()

    def close(self) -> None:
        """Close the database. What is in memory can still be read."""
        self._store.close()

    def _furnish(self) -> None:
        """Add the first organization and webhook, unless they are stored already."""
        settings, store = self.settings, self._store
        if settings.verified and not store.organizations:
            self.state.add_organization(_IDN)
        url = settings.webhook_url
        if url is not None and all(one.url != url for one in self.webhooks()):
            self.add_webhook(url)

    def _all(self, table: Mapping[int, R]) -> list[R]:
        with self._store.lock:
            self.state.run_due()
            return list(table.values())


def new_key() -> str:
    """Return a random API key that cannot be mistaken for a real one."""
    return f"sandbox_{secrets.token_hex(16)}"


def new_secret() -> str:
    """Return a random webhook secret that cannot be mistaken for a real one."""
    return f"sandbox_whsec_{secrets.token_hex(16)}"
