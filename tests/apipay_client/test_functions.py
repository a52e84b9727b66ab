"""The four functions of each endpoint with a plain client, and what a client does and shows."""

import asyncio
import inspect
import io
import pickle
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import httpx
import pytest
import rich
import rich.console
import rich.pretty

import apipay_client
from apipay_client import AuthenticatedClient, Client, models
from apipay_client.api.invoices import create_invoice, get_invoice
from apipay_client.client import DEFAULT_TIMEOUT
from apipay_client.errors import ResponseDecodeError, UnexpectedStatus
from apipay_client.operations import (
    API_KEY_HEADER,
    CREATE_INVOICE,
    GET_INVOICE,
    OPERATIONS,
    SERVER_URL,
)
from apipay_client.resources import AsyncResources, Resources

KEY = "sk-very-secret"
PACKAGE = Path(apipay_client.__file__).parent


def answering(
    *answers: httpx.Response, **settings: Any
) -> tuple[AuthenticatedClient, list[httpx.Request]]:
    """A client that gets these answers in turn, and the requests that it sent."""
    seen: list[httpx.Request] = []
    left = list(answers)

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return left.pop(0)

    transport = httpx.MockTransport(handle)
    return AuthenticatedClient(token=KEY, httpx_args={"transport": transport}, **settings), seen


def endpoint_modules() -> list[ModuleType]:
    paths = sorted(p for p in PACKAGE.glob("api/*/*.py") if p.stem != "__init__")
    return [import_module(f"apipay_client.api.{p.parent.name}.{p.stem}") for p in paths]


def test_every_operation_has_the_four_functions() -> None:
    modules = endpoint_modules()
    assert {module.OPERATION.id for module in modules} == set(OPERATIONS)
    for module in modules:
        for name in ("sync", "sync_detailed", "asyncio", "asyncio_detailed"):
            function = getattr(module, name)
            assert inspect.iscoroutinefunction(function) == name.startswith("asyncio")
            assert "client" in inspect.signature(function).parameters


def test_the_four_functions_give_the_typed_body_or_the_whole_answer() -> None:
    invoice = {"id": 7, "status": "paid", "amount": "10.00"}
    client, seen = answering(*[httpx.Response(200, json=invoice) for _ in range(4)])
    wanted = models.Invoice.from_dict(invoice)

    assert get_invoice.sync(7, client=client) == wanted
    detailed = get_invoice.sync_detailed(7, client=client)
    assert (detailed.status_code, detailed.parsed) == (200, wanted)

    async def both() -> None:
        assert await get_invoice.asyncio(7, client=client) == wanted
        assert (await get_invoice.asyncio_detailed(7, client=client)).parsed == wanted

    asyncio.run(both())
    assert [request.url.path for request in seen] == ["/api/invoices/7"] * 4


def test_documented_errors_are_given_typed() -> None:
    body = {"message": "no", "errors": {"amount": ["too small"]}}
    client, _ = answering(httpx.Response(422, json=body))
    request = models.CreateInvoiceRequest(amount=1, phone_number="87001234567")  # type: ignore[arg-type]
    answer = create_invoice.sync(client=client, body=request)
    assert isinstance(answer, models.ValidationErrorBody)
    assert answer.to_dict() == body


ODD_BODIES = [b"", b"<html>bad gateway</html>", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b"5"]


@pytest.mark.parametrize(
    "status", [301, 400, 401, 404, 418, 429, 499, 500, 502, 503, 520, 522, 599]
)
@pytest.mark.parametrize("body", ODD_BODIES)
def test_no_error_status_and_no_body_crashes(status: int, body: bytes) -> None:
    client, _ = answering(
        httpx.Response(status, content=body), httpx.Response(status, content=body)
    )
    answer = get_invoice.sync_detailed(7, client=client)
    assert (answer.status_code, answer.content, answer.parsed) == (status, body, None)
    with pytest.raises(UnexpectedStatus) as caught:
        Resources(client).invoices.get(7)
    assert (caught.value.status_code, caught.value.content) == (status, body)
    assert caught.value.operation == "getInvoice"


@pytest.mark.parametrize("body", [*ODD_BODIES, b'{"id": 1}', b'{"id": "1", "status": "paid"}'])
def test_a_success_that_breaks_the_spec_is_one_typed_error(body: bytes) -> None:
    client, _ = answering(httpx.Response(200, content=body))
    with pytest.raises(ResponseDecodeError, match="do not send it again") as caught:
        get_invoice.sync(7, client=client)
    assert (caught.value.operation, caught.value.content) == ("getInvoice", body)


def test_a_decode_error_names_the_place_and_never_the_value() -> None:
    page = {
        "data": [{"id": 1, "status": "paid"}, {"id": 2, "status": "paid", "amount": "SECRET"}],
        "meta": {"current_page": 1, "per_page": 2, "total": 2},
    }
    client, _ = answering(httpx.Response(200, json=page))
    with pytest.raises(ResponseDecodeError) as caught:
        Resources(client).invoices.list()
    assert caught.value.path == "/data/1/amount"
    assert "SECRET" not in str(caught.value) + repr(caught.value)
    assert b"SECRET" not in pickle.dumps(caught.value)


def test_undocumented_statuses_raise_where_the_client_asks_for_it() -> None:
    client, _ = answering(httpx.Response(520, content=b"<html>"), raise_on_unexpected_status=True)
    with pytest.raises(UnexpectedStatus):
        get_invoice.sync(7, client=client)


def test_errors_pass_through_the_hook() -> None:
    client, _ = answering(
        httpx.Response(404, json={"message": "no"}), on_error=lambda e: OSError(str(e))
    )
    with pytest.raises(OSError, match="404"):
        Resources(client).invoices.get(7)


def test_each_request_says_which_operation_it_is_and_carries_its_options() -> None:
    client, seen = answering(
        httpx.Response(200, json={"id": 7, "status": "paid"}),
        default_options={"max_retries": 1, "headers": {"X-A": "1", "X-B": "1"}},
    )
    options: Any = {"deadline": 5.0, "timeout": 3.5, "headers": {"X-B": "2"}}
    get_invoice.sync(7, client=client, options=options)
    (request,) = seen
    assert request.extensions["operation"] is GET_INVOICE
    assert request.extensions["options"]["max_retries"] == 1
    assert request.extensions["options"]["deadline"] == 5.0
    assert request.extensions["timeout"]["read"] == 3.5
    assert (request.headers["X-A"], request.headers["X-B"]) == ("1", "2")


def test_there_is_a_timeout_unless_it_is_switched_off() -> None:
    client, seen = answering(httpx.Response(200, json={"id": 7, "status": "paid"}))
    get_invoice.sync(7, client=client)
    assert seen[0].extensions["timeout"]["connect"] == DEFAULT_TIMEOUT.connect == 5.0
    assert seen[0].extensions["timeout"]["read"] == DEFAULT_TIMEOUT.read == 30.0


def test_no_printer_shows_the_key() -> None:
    client, _ = answering()
    client.get_httpx_client()
    console = rich.console.Console(file=io.StringIO(), width=200)
    rich.inspect(client, console=console, all=True, value=True)
    console.print(client, rich.pretty.Pretty(client, expand_all=True))
    shown = f"{console.file.getvalue()} {attrs.asdict(client)} {vars_of(client)}"
    assert "AuthenticatedClient" in shown
    assert KEY not in shown
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(client.token)
    assert client.token.reveal() == KEY
    assert attrs.evolve(client).token.reveal() == KEY


def vars_of(client: AuthenticatedClient) -> dict[str, Any]:
    return {field.name: getattr(client, field.name.lstrip("_"), None) for field in attrs.fields(type(client))}


def test_no_repr_shows_the_key() -> None:
    client, _ = answering()
    resources = Resources(client)
    shown = f"{client!r} {client} {resources!r} {resources.invoices!r} {AsyncResources(client)!r}"
    assert KEY not in shown


def test_the_spec_gives_address_header_and_timeout() -> None:
    client = AuthenticatedClient(token=KEY)
    with client.get_httpx_client() as real:
        assert str(real.base_url) == f"{SERVER_URL}/"
        assert real.headers[API_KEY_HEADER] == KEY


def test_with_settings_leaves_the_original_alone() -> None:
    client, _ = answering()
    original = client.get_httpx_client()
    changed = client.with_headers({"X-A": "1"}).with_timeout(1.0).with_cookies({"c": "1"})
    with changed.get_httpx_client() as second:
        assert second.headers["X-A"] == "1"
        assert second.headers[API_KEY_HEADER] == KEY
        assert second is not original
    assert "X-A" not in original.headers
    assert original.timeout == DEFAULT_TIMEOUT


def test_operations_pickle_to_themselves() -> None:
    assert pickle.loads(pickle.dumps(CREATE_INVOICE)) is CREATE_INVOICE


def test_a_client_without_a_key_takes_a_custom_httpx_client() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"ok": True}))
    client = Client().set_httpx_client(httpx.Client(transport=transport))
    with client as entered:
        assert entered.get_httpx_client().get("https://example.test/").json() == {"ok": True}
