"""What one attempt means: a table of results, and the facts that the specification states."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from apipay import ApiPay, RetryPolicy
from apipay._http.classify import Classification, ResponseTooLarge, classify
from apipay._http.failures import error_for
from apipay.errors import ApiPayError, OutcomeUnknownError, ServerError
from apipay.testing import VirtualClock
from apipay_client.operations import BILL_NOW_RECURRING_INVOICE, GET_INVOICE, Operation

SUCCESS, REFUSED = Classification.SUCCESS, Classification.REFUSED
NO_EFFECT, IN_DOUBT = Classification.NO_EFFECT, Classification.IN_DOUBT
JSON = b'{"id": 1}'


def response(status: int, body: bytes = JSON, kind: str = "application/json") -> httpx.Response:
    return httpx.Response(status, content=body, headers={"Content-Type": kind})


@pytest.mark.parametrize(
    ("result", "read", "write"),
    [
        (response(200), SUCCESS, SUCCESS),
        (response(201), SUCCESS, SUCCESS),
        (response(200, JSON, "text/html; charset=utf-8"), SUCCESS, SUCCESS),
        (response(200, b"%PDF", "application/pdf"), SUCCESS, SUCCESS),
        (response(200, b"<html>", "text/html"), IN_DOUBT, IN_DOUBT),
        (response(200, b""), IN_DOUBT, IN_DOUBT),
        (response(200, b'{"id": 1'), IN_DOUBT, IN_DOUBT),
        (response(202), IN_DOUBT, IN_DOUBT),
        (response(204, b""), IN_DOUBT, IN_DOUBT),
        (response(206), IN_DOUBT, IN_DOUBT),
        (response(302), REFUSED, IN_DOUBT),
        (response(400), REFUSED, REFUSED),
        (response(404, b"<html>"), REFUSED, REFUSED),
        (response(408), IN_DOUBT, IN_DOUBT),
        (response(499), IN_DOUBT, IN_DOUBT),
        (httpx.InvalidURL("x"), IN_DOUBT, IN_DOUBT),
        (response(429), NO_EFFECT, NO_EFFECT),
        (response(500), IN_DOUBT, IN_DOUBT),
        (response(501), REFUSED, IN_DOUBT),
        (response(503), IN_DOUBT, IN_DOUBT),
        (response(999), IN_DOUBT, IN_DOUBT),
        (httpx.ConnectError("x"), NO_EFFECT, NO_EFFECT),
        (httpx.ConnectTimeout("x"), NO_EFFECT, NO_EFFECT),
        (httpx.PoolTimeout("x"), NO_EFFECT, NO_EFFECT),
        (httpx.ProxyError("x"), NO_EFFECT, NO_EFFECT),
        (httpx.WriteTimeout("x"), IN_DOUBT, IN_DOUBT),
        (httpx.ReadTimeout("x"), IN_DOUBT, IN_DOUBT),
        (httpx.ReadError("x"), IN_DOUBT, IN_DOUBT),
        (httpx.RemoteProtocolError("x"), IN_DOUBT, IN_DOUBT),
        (httpx.DecodingError("x"), IN_DOUBT, IN_DOUBT),
        (ConnectionResetError("x"), IN_DOUBT, IN_DOUBT),
        (ResponseTooLarge("x"), REFUSED, IN_DOUBT),
        (httpx.UnsupportedProtocol("x"), REFUSED, REFUSED),
        (KeyError("x"), REFUSED, IN_DOUBT),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_each_result_has_its_meaning(
    result: Any, read: Classification, write: Classification
) -> None:
    assert classify(result, GET_INVOICE, writes=False) is read
    assert classify(result, BILL_NOW_RECURRING_INVOICE, writes=True) is write


def test_what_the_specification_states_decides() -> None:
    stated = replace(GET_INVOICE, success=(200, 202), no_content=(202,), no_effect=(429, 503))
    assert classify(response(202, b""), stated, writes=True) is SUCCESS
    assert classify(response(503, b"<html>"), stated, writes=True) is NO_EFFECT
    assert classify(response(502, b""), stated, writes=True) is IN_DOUBT
    nothing = replace(GET_INVOICE, no_effect=())
    assert classify(response(429), nothing, writes=False) is REFUSED


def test_a_request_that_is_not_an_operation_has_any_body() -> None:
    assert classify(response(200, b"hello", "text/plain"), None, writes=True) is SUCCESS
    assert classify(response(204, b""), None, writes=True) is SUCCESS
    assert classify(response(429), None, writes=True) is NO_EFFECT


def _post(client: ApiPay, operation: Operation) -> httpx.Response:
    return client.raw.get_httpx_client().request(
        "POST", "/recurring-invoices/1/bill-now", extensions={"operation": operation, "options": {}}
    )


def test_a_write_is_sent_again_after_a_5xx_without_effect_and_no_other() -> None:
    """API 1.0 marks none; the client follows the specification that it is generated from."""
    stated = replace(
        BILL_NOW_RECURRING_INVOICE,
        id="later",
        success=(202,),
        no_content=(202,),
        no_effect=(429, 503),
    )
    statuses = [503, 202]
    clock = VirtualClock()
    client = ApiPay(
        "key",
        clock=clock,
        transport=httpx.MockTransport(lambda request: httpx.Response(statuses.pop(0))),
    )
    assert _post(client, stated).status_code == 202
    statuses[:] = [502]
    with pytest.raises(OutcomeUnknownError):
        _post(client, stated)
    assert statuses == []
    statuses[:] = [503] * 5
    with pytest.raises(ServerError) as caught:
        _post(client, stated)
    assert caught.value.is_retryable


def test_a_defect_is_returned_as_it_is() -> None:
    defect = KeyError("x")
    given = error_for(defect, operation="getInvoice", attempts=1, host="x")
    assert given is defect


def test_the_cause_of_an_error_shows_no_frames_of_httpx() -> None:
    """Its frames hold the request, with the key and the body."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("reset", request=request) from OSError("inner")

    client = ApiPay("key", transport=httpx.MockTransport(fail), retry=RetryPolicy(max_retries=0))
    with pytest.raises(ApiPayError) as caught:
        client.invoices.get(1)
    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ReadError)
    assert cause.__traceback__ is None
    assert cause.__cause__ is cause.__context__ is None
