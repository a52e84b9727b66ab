"""OpenTelemetry (extra `otel`): a span for each call, and one inside it for each request.

    from apipay.otel import TracingHook

    client = ApiPay(hooks=[TracingHook()])

The call's span is named after the operation ("createInvoice"); the spans of its attempts and
lookups follow the HTTP conventions ("POST /invoices"). Attributes hold ids of operations, path
templates, statuses and counts; never a key, a query, a body or a header.
"""

from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, TracerProvider

from apipay._version import VERSION
from apipay.hooks import CallInfo, EndEvent, Hook, ResponseEvent, RetryEvent, SendEvent, WaitEvent
from apipay_client.operations import OPERATIONS

_CALL = object()
_ATTEMPT = object()


class TracingHook(Hook):
    """A hook that creates the spans, with the given tracer provider or the global one."""

    def __init__(self, tracer_provider: TracerProvider | None = None) -> None:
        self._tracer: Tracer = trace.get_tracer("apipay", VERSION, tracer_provider)

    def call_started(self, call: CallInfo) -> None:
        """Start the call's span, the parent of the attempts' spans and of httpx's own."""
        span = self._tracer.start_span(call.operation or f"{call.method} request")
        if call.operation is not None:
            span.set_attribute("apipay.operation", call.operation)
        self._enter(call, _CALL, span)

    def call_ended(self, event: EndEvent) -> None:
        """End the span."""
        span = self._leave(event.call, _CALL)
        if span is None:
            return
        span.set_attribute("apipay.attempts", event.call.attempts)
        if event.error is not None:
            span.set_attribute("error.type", event.error)
            span.set_status(Status(StatusCode.ERROR, event.error))
        elif event.status_code is not None and event.status_code >= 400:
            span.set_attribute("error.type", str(event.status_code))
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def before_send(self, event: SendEvent) -> None:
        """Start the span of an attempt."""
        operation = OPERATIONS.get(event.operation or "")
        name = event.method if operation is None else f"{event.method} {operation.path}"
        span = self._tracer.start_span(name, kind=SpanKind.CLIENT)
        span.set_attribute("http.request.method", event.method)
        span.set_attribute("server.address", event.call.host)
        span.set_attribute("apipay.purpose", event.purpose)
        if operation is not None:
            span.set_attribute("url.template", operation.path)
            span.set_attribute("apipay.operation", operation.id)
        if event.attempt > 1:
            span.set_attribute("http.request.resend_count", event.attempt - 1)
        self._enter(event.call, _ATTEMPT, span)

    def after_response(self, event: ResponseEvent) -> None:
        """End the span."""
        span = self._leave(event.call, _ATTEMPT)
        if span is None:
            return
        if event.status_code is not None:
            span.set_attribute("http.response.status_code", event.status_code)
        failure = event.error
        if failure is None and event.status_code is not None and event.status_code >= 400:
            failure = str(event.status_code)
        if failure is not None:
            span.set_attribute("error.type", failure)
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    def before_retry(self, event: RetryEvent) -> None:
        """Add an event to the call's span."""
        self._note(
            event.call,
            "retry",
            {"attempt": event.attempt, "cause": event.cause},
        )

    def before_wait(self, event: WaitEvent) -> None:
        """Add an event to the call's span."""
        self._note(event.call, "wait", {"seconds": event.seconds, "reason": event.reason})

    def _enter(self, call: CallInfo, key: object, span: trace.Span) -> None:
        token = context.attach(trace.set_span_in_context(span))
        call.state[self, key] = (span, token)

    def _leave(self, call: CallInfo, key: object) -> trace.Span | None:
        entered = call.state.pop((self, key), None)
        if entered is None:
            return None
        span, token = entered
        context.detach(token)
        found: trace.Span = span
        return found

    def _note(self, call: CallInfo, name: str, attributes: dict[str, Any]) -> None:
        entered = call.state.get((self, _CALL))
        if entered is not None:
            named = {f"apipay.{key}": value for key, value in attributes.items()}
            entered[0].add_event(name, named)
