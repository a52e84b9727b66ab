"""Run by test_next_spec with a client generated from the next spec: what works unchanged."""

import json
from typing import Any

import anyio
import httpx
import pytest

from apipay import ApiPay, AsyncApiPay, webhooks
from apipay.errors import OutcomeUnknownError, RateLimitWaitError, ValidationError
from apipay.testing import VirtualClock

ROWS = [{"id": number, "status": "sent", "amount": number} for number in range(120, 0, -1)]


class Service:
    """The payouts of the next version of the API."""

    def __init__(self) -> None:
        self.failures: list[httpx.Response] = []
        self.posts = 0

    def handle(self, request: httpx.Request) -> httpx.Response:
        path, params = request.url.path.removeprefix("/api"), request.url.params
        if request.method == "POST" and path == "/payouts":
            self.posts += 1
            if self.failures:
                return self.failures.pop(0)
            sent = json.loads(request.content)
            return httpx.Response(201, json={"id": self.posts, "status": "created", **sent})
        if path.endswith("/send"):
            return httpx.Response(202)
        if path == "/payouts/feed":
            start, size = int(params.get("cursor") or 0), int(params["limit"])
            end = start + min(size, 50)
            meta = {"next_cursor": str(end) if end < len(ROWS) else None}
            return httpx.Response(200, json={"data": ROWS[start:end], "meta": meta})
        if path in ("/payouts", "/payouts/archive", "/payouts/linked"):
            size = int(params.get("per_page", 20))
            page = int(params.get("page", 1))
            rows = ROWS[(page - 1) * size : page * size]
            meta = {"current_page": page, "per_page": size, "total": len(ROWS)}
            body: dict[str, Any] = {"data": rows, "meta": meta}
            if path == "/payouts/linked":
                more = page * size < len(ROWS)
                url = f"https://api.example/payouts/linked?page={page + 1}"
                body["links"] = {"next": url if more else None}
            return httpx.Response(200, json=body)
        return httpx.Response(200, json=ROWS[-int(path.rpartition("/")[2])])


def main() -> None:
    service, clock = Service(), VirtualClock()
    transport = httpx.MockTransport(service.handle)
    client: Any = ApiPay("key", transport=transport, clock=clock)

    made = client.payouts.create(amount=1500, phone_number="+7 700 123 45 67", order="order-1")
    assert (made.amount, made.order, made.status.is_final) == (1500, "order-1", False)
    assert client.payouts.get(made.id).amount == 1
    print("calls")

    lists = ("list", "list_archived", "list_linked", "list_payout_feed")
    for name in lists:
        rows = [row.id for row in client.paginate(getattr(client.payouts, name))]
        assert rows == [row["id"] for row in ROWS], name
        first = client.paginate(getattr(client.payouts, name)).limit(70)
        walk = iter(first)
        begun = [next(walk).id for _ in range(70)]
        rest = client.paginate(getattr(client.payouts, name)).resume(first.cursor)
        assert sorted(begun + [row.id for row in rest]) == sorted(rows), name
    print("pages")

    async def pages() -> None:
        other: Any = AsyncApiPay("key", transport=transport, clock=clock, rate_limit=None)
        for name in lists:
            paginator = other.paginate(getattr(other.payouts, name))
            assert [row.id async for row in paginator] == [row["id"] for row in ROWS], name

    anyio.run(pages)
    print("async-pages")

    clock.advance(60)
    before = clock.monotonic()
    for _ in range(5):
        client.payouts.create(amount=1, phone_number="87001234567")
    with pytest.raises(RateLimitWaitError):  # five a minute
        client.payouts.create(amount=1, phone_number="87001234567", options={"deadline": 5})
    client.payouts.get(1, options={"deadline": 5})  # its own limit stops no other operation
    assert clock.monotonic() - before < 5
    client.payouts.create(amount=1, phone_number="87001234567")
    assert 55 < clock.monotonic() - before < 70
    print("pacing")

    assert client.payouts.send(made.id) is None
    print("no-content")

    clock.advance(60)
    posts = service.posts
    error = {"message": "No money.", "error_code": "no_funds"}
    service.failures = [httpx.Response(503, json=error)]
    assert client.payouts.create(amount=1, phone_number="87001234567").status == "created"
    assert service.posts == posts + 2
    service.failures = [httpx.Response(502, json=error)]
    with pytest.raises(OutcomeUnknownError) as unknown:
        client.payouts.create(amount=1, phone_number="87001234567")
    assert unknown.value.lookup is None
    assert not unknown.value.is_retryable
    assert service.posts == posts + 3
    print("no-effect")

    service.failures = [httpx.Response(422, json=error)]
    with pytest.raises(ValidationError) as refused:
        client.payouts.create(amount=1, phone_number="87001234567")
    assert refused.value.code == "no_funds"
    print("errors")

    payload = {
        "event": "payout.completed",
        "payout": {"id": 7, "status": "completed", "amount": 1500},
        "timestamp": "2026-11-24T10:00:00Z",
    }
    body = json.dumps(payload).encode()
    headers = {"X-Webhook-Signature": webhooks.sign(body, "secret")}
    event: Any = webhooks.unwrap(body, headers, "secret")
    assert (event.event, event.payout.amount) == ("payout.completed", 1500)
    handled: list[Any] = []
    inbox = webhooks.Inbox(webhooks.MemoryStore())
    for _ in range(2):
        inbox.handle(event, lambda given, context: handled.append(given))
    assert len(handled) == 1
    print("events")


main()
