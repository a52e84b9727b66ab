"""Tracing: one span per call, one per request inside it, and nothing private in any."""

import asyncio
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from apipay import ApiPay, AsyncApiPay, NotFoundError, RetryPolicy
from apipay.otel import TracingHook

QUICK = RetryPolicy(backoff_base=0.001)


@pytest.fixture
def spans() -> Any:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    exporter.hook = TracingHook(provider)  # type: ignore[attr-defined]
    return exporter


def flaky() -> httpx.MockTransport:
    answers = iter([httpx.Response(503), httpx.Response(200, json={"id": 4217, "status": "paid"})])
    return httpx.MockTransport(lambda request: next(answers))


def check(finished: Any) -> None:
    first, second, call = finished
    assert [span.name for span in finished] == [
        "GET /invoices/{id}",
        "GET /invoices/{id}",
        "getInvoice",
    ]
    assert first.parent.span_id == second.parent.span_id == call.context.span_id
    assert first.attributes["http.response.status_code"] == 503
    assert first.attributes["error.type"] == "503"
    assert second.attributes["http.request.resend_count"] == 1
    assert second.status.is_ok or second.status.is_unset
    assert call.attributes["apipay.attempts"] == 2
    assert [event.name for event in call.events] == ["retry", "wait"]
    everything = "".join(span.to_json() for span in finished)
    assert "secret-key" not in everything
    assert "4217" not in everything


def test_the_spans_of_a_call(spans: Any) -> None:
    ApiPay("secret-key", transport=flaky(), hooks=[spans.hook], retry=QUICK).invoices.get(4217)
    check(spans.get_finished_spans())
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_the_spans_of_an_async_call(spans: Any) -> None:
    client = AsyncApiPay("secret-key", transport=flaky(), hooks=[spans.hook], retry=QUICK)
    asyncio.run(client.invoices.get(4217))
    check(spans.get_finished_spans())


def test_the_spans_of_a_failure(spans: Any) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(404))
    with pytest.raises(NotFoundError):
        ApiPay("secret-key", transport=transport, hooks=[spans.hook]).invoices.get(1)
    attempt, call = spans.get_finished_spans()
    assert attempt.attributes["error.type"] == "404"
    assert call.attributes["error.type"] == "NotFoundError"
    assert not call.status.is_ok


def test_parallel_async_calls_keep_their_spans_apart(spans: Any) -> None:
    async def handle(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        number = int(request.url.path.rpartition("/")[2])
        return httpx.Response(200, json={"id": number, "status": "paid"})

    async def act() -> None:
        transport = httpx.MockTransport(handle)
        client = AsyncApiPay("secret-key", transport=transport, hooks=[spans.hook])
        await asyncio.gather(*(client.invoices.get(n) for n in range(10)))

    asyncio.run(act())
    finished = spans.get_finished_spans()
    calls = {span.context.span_id for span in finished if span.name == "getInvoice"}
    parents = [span.parent.span_id for span in finished if span.name != "getInvoice"]
    assert sorted(parents) == sorted(calls)
    assert len(calls) == 10
