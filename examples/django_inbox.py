"""The inbox in your own database, with the Django ORM: effect and mark commit together.

    python django_inbox.py        # a walk through it, in memory

In a project of yours the two models are in an app, and their tables come from migrations.
"""

import time
from datetime import UTC, datetime

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()

from django.db import IntegrityError, connection, models, transaction

from apipay.webhooks import Event, EventContext, Inbox, InvoiceEvent


class InboxRow(models.Model):
    key = models.CharField(max_length=255, primary_key=True)
    state = models.TextField()

    class Meta:
        app_label = "shop"


class Order(models.Model):
    id = models.CharField(max_length=255, primary_key=True)
    status = models.CharField(max_length=32, default="pending")
    shipments = models.IntegerField(default=0)

    class Meta:
        app_label = "shop"


class DjangoStore:
    """A store for `Inbox`. In an open transaction it writes through that, else it commits."""

    def read(self, key: str) -> tuple[str | None, float]:
        row = InboxRow.objects.filter(key=key).first()
        return (None if row is None else row.state), time.time()

    def swap(self, key: str, old: str | None, new: str) -> bool:
        if old is not None:
            return InboxRow.objects.filter(key=key, state=old).update(state=new) == 1
        try:
            with transaction.atomic():
                InboxRow.objects.create(key=key, state=new)
        except IntegrityError:
            return False  # another delivery was faster
        return True


def ship(event: Event, context: EventContext) -> None:
    """Ship a paid order, together with the inbox's mark."""
    if not isinstance(event, InvoiceEvent) or context.stale:
        return
    with transaction.atomic(), context.finish(DjangoStore()):
        order = Order.objects.get(id=event.invoice.external_order_id)
        order.status = event.invoice.status.value
        order.shipments += order.status == "paid"
        order.save()


def ship_and_fail(event: Event, context: EventContext) -> None:
    """Fail after the mark and before the commit: neither is kept."""
    with transaction.atomic():
        ship(event, context)
        raise RuntimeError("the power failed")


def main() -> None:
    with connection.schema_editor() as editor:
        editor.create_model(InboxRow)
        editor.create_model(Order)
    Order.objects.create(id="order-1042")
    paid = InvoiceEvent.from_dict(
        {
            "event": "invoice.status_changed",
            "invoice": {"id": 1, "status": "paid", "external_order_id": "order-1042"},
            "timestamp": datetime.now(UTC).isoformat(),
        }
    )
    inbox = Inbox(DjangoStore())
    try:
        inbox.handle(paid, ship_and_fail)
    except RuntimeError as error:
        print(f"{error}: shipped {Order.objects.get().shipments} time(s)")
    for _ in range(3):
        print(inbox.handle(paid, ship).value)
    order = Order.objects.get()
    print(f"{order.id}: {order.status}, shipped {order.shipments} time(s)")


if __name__ == "__main__":
    main()
