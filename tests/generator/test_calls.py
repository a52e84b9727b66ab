"""Parameters, bodies and answers of each kind, on the wire, sync and async."""

import inspect
import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

import httpx
import pytest

REQUIRED = {
    "text": "a/b c",
    "number": "1.50",
    "day": date(2026, 1, 31),
    "colour_path": "red",
    "id_with_dash": 7,
    "flag": True,
    "x_count": 3,
}


def query(request: httpx.Request) -> list[tuple[str, str]]:
    return parse_qsl(request.url.query.decode(), keep_blank_values=True)


def test_parameters_in_each_place(parameters: Any) -> None:
    uuid = UUID("7f4b1f52-3a7e-4e0c-9f45-0d6d3f6b8a11")
    parameters.twice(
        lambda r: r.params.get_all(
            **REQUIRED,
            shared="s&=?",
            status=["red", "new"],
            colour_query="green",
            when=datetime(2026, 1, 31, 12, tzinfo=UTC),
            uuid=uuid,
            amount=0.1,
            nothing=None,
            ids=[1, 2],
            days=[date(2026, 1, 1), date(2026, 1, 2)],
            either=5,
            preset=8,
            page=2,
            x_trace_id="t",
            x_flag=False,
            session='a; b="ü"',
            phone="+7",
        ),
        httpx.Response(200, json={}),
    )
    request = parameters.request
    assert request.method == "GET"
    assert request.url.raw_path.startswith(b"/base/a/a%2Fb%20c/1.50/2026-01-31/red/7/end?")
    assert query(request) == [
        ("status[]", "red"),
        ("status[]", "new"),
        ("flag", "true"),
        ("colour", "green"),
        ("when", "2026-01-31T12:00:00+00:00"),
        ("uuid", str(uuid)),
        ("amount", "0.1"),
        ("ids", "1"),
        ("ids", "2"),
        ("days", "2026-01-01"),
        ("days", "2026-01-02"),
        ("either", "5"),
        ("preset", "8"),
        ("page", "2"),
        ("phone", "+7"),
        ("shared", "s&=?"),
    ]
    assert request.headers["X-Count"] == "3"
    assert request.headers["X-Trace-Id"] == "t"
    assert request.headers["X-Flag"] == "false"
    assert request.headers["Cookie"] == "session=a%3B%20b=%22%C3%BC%22"


def test_what_is_not_given_is_not_sent(parameters: Any) -> None:
    parameters.twice(lambda r: r.params.get_all(**REQUIRED), httpx.Response(200, json={}))
    assert query(parameters.request) == [("flag", "true")]
    assert "Cookie" not in parameters.request.headers
    assert "X-Flag" not in parameters.request.headers


@pytest.mark.parametrize("text", ["", ".", ".."])
def test_a_path_cannot_be_led_elsewhere(parameters: Any, text: str) -> None:
    errors = parameters.module("errors")
    with pytest.raises(errors.InvalidArgument, match="text: cannot stand in a path"):
        parameters.resources().params.get_all(**REQUIRED | {"text": text})
    assert not parameters.requests


@pytest.mark.parametrize("text", ["../x", "a?b", "a#b", "%2e", "имя", "a\\b", "a\nb", " "])
def test_a_path_segment_arrives_as_it_was(parameters: Any, text: str) -> None:
    parameters.twice(
        lambda r: r.params.get_all(**REQUIRED | {"text": text}), httpx.Response(200, json={})
    )
    segments = parameters.request.url.raw_path.partition(b"?")[0].decode().split("/")
    assert len(segments) == 9
    assert httpx.URL(f"http://x/{segments[3]}").path == f"/{text}"


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"number": "many"}, "number"),
        ({"amount": 0.1 + 0.2}, "amount"),
        ({"status": 5}, "status"),
        ({"colour_query": 5}, "colour_query"),
    ],
)
def test_a_bad_argument_passes_through_the_hook_and_sends_nothing(
    parameters: Any, given: dict[str, Any], argument: str
) -> None:
    def hook(error: Exception) -> Exception:
        return LookupError(error)

    with pytest.raises(LookupError) as caught:
        parameters.resources(on_error=hook).params.get_all(**REQUIRED | given)
    assert caught.value.args[0].argument == argument
    assert not parameters.requests


def test_a_format_of_the_spec_is_normalised_by_the_function_given_for_it(parameters: Any) -> None:
    formats = {"test-phone": lambda text: text.replace(" ", "")}
    parameters.resources(httpx.Response(200, json={}), formats=formats).params.get_all(
        **REQUIRED, phone="8 700"
    )
    assert ("phone", "8700") in query(parameters.request)


EXPLODE = """
openapi: 3.0.3
info: {title: Lists, version: "1"}
paths:
  /{ids}:
    get:
      operationId: get
      tags: [t]
      parameters:
        - {name: ids, in: path, required: true, schema: {type: array, items: {type: integer}}}
        - name: days
          in: query
          explode: false
          schema: {type: array, items: {type: string, format: date}}
        - {name: filter, in: query, schema: {$ref: "#/components/schemas/Filter"}}
      responses: {"204": {description: Done.}}
components:
  schemas:
    Filter:
      type: object
      properties: {name: {type: string}, on: {type: boolean}, nested: {type: object}}
"""


def test_lists_with_commas_and_an_object_as_parameters(make: Any) -> None:
    made = make(EXPLODE)
    filter_class = made.module("models").Filter
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    made.twice(lambda r: r.t.get([1, 2], days=days, filter_=filter_class(name="n", on=True)))
    assert made.request.url.raw_path.startswith(b"/base/1%2C2?")
    assert query(made.request) == [("days", "2026-01-01,2026-01-02"), ("name", "n"), ("on", "true")]
    nested = filter_class.from_dict({"nested": {"a": 1}})
    with pytest.raises(made.module("errors").InvalidArgument, match="nested"):
        made.resources().t.get([1], filter_=nested)


NOTE = {"text": "Кофе \U0001f600"}


def test_json_bodies(bodies: Any) -> None:
    models = bodies.module("models")

    def sent(call: Any) -> Any:
        bodies.twice(call)
        assert bodies.request.headers["Content-Type"] == "application/json"
        return json.loads(bodies.request.content)

    note = models.Note.from_dict(NOTE)
    assert sent(lambda r: r.bodies.send_json(**NOTE)) == NOTE
    assert "Кофе \U0001f600".encode() in bodies.request.content
    everything = NOTE | {
        "amount": 1.5,
        "day": "2026-01-31",
        "kind": "a",
        "kinds": ["b", "z"],
        "phone": "8",
        "inner": {"b": None},
    }
    assert everything == sent(
        lambda r: r.bodies.send_json(
            text=NOTE["text"],
            amount="1.50",
            day=date(2026, 1, 31),
            kind="a",
            kinds=["b", "z"],
            phone="8",
            inner=models.AllOptional(b=None),
        )
    )
    assert sent(lambda r: r.bodies.send_list(body=[note, note])) == [NOTE, NOTE]
    assert sent(lambda r: r.bodies.send_text(body="x")) == "x"
    assert sent(lambda r: r.bodies.send_any(body={"a": [None]})) == {"a": [None]}
    assert sent(lambda r: r.bodies.send_decimals(body=[Decimal("1.10")])) == ["1.10"]
    prices = models.Prices()
    prices["tea"] = Decimal("1.5")
    assert sent(lambda r: r.bodies.send_map(body=prices)) == {"tea": 1.5}
    assert sent(lambda r: r.bodies.send_free(body=models.Free.from_dict({"x": 1}))) == {"x": 1}
    assert sent(lambda r: r.bodies.send_union(body=note)) == NOTE
    assert sent(lambda r: r.bodies.send_nullable(body=note)) == NOTE
    assert sent(lambda r: r.bodies.send_nullable(body=None)) is None
    assert sent(lambda r: r.bodies.send_json_maybe(body=note)) == NOTE
    assert sent(lambda r: r.bodies.send_json_optional(a=0)) == {"a": 0}


def test_a_body_that_may_be_left_out_is(bodies: Any) -> None:
    for name in ("send_json_optional", "send_json_maybe", "send_text", "send_several"):
        bodies.twice(lambda r, name=name: getattr(r.bodies, name)())
        assert bodies.request.content == b""
        assert "Content-Type" not in bodies.request.headers
    bodies.twice(lambda r: r.bodies.send_multipart_optional())
    assert bodies.request.content == b""


def test_a_json_body_of_another_media_type(bodies: Any) -> None:
    bodies.twice(lambda r: r.bodies.send_vendor(c="x"))
    assert bodies.request.method == "PATCH"
    assert bodies.request.headers["Content-Type"] == "application/merge-patch+json"
    assert json.loads(bodies.request.content) == {"c": "x"}


def test_a_form(bodies: Any) -> None:
    bodies.twice(
        lambda r: r.bodies.send_form(
            name="a&b", amount="1.10", tags=["x", "y"], flag=False, day=date(2026, 1, 31)
        )
    )
    assert bodies.request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(bodies.request.content.decode()) == [
        ("name", "a&b"),
        ("amount", "1.10"),
        ("tags", "x"),
        ("tags", "y"),
        ("flag", "false"),
        ("day", "2026-01-31"),
    ]


def test_multipart(bodies: Any) -> None:
    file_class = bodies.module("types").File
    models = bodies.module("models")

    def call(resources: Any) -> Any:
        return resources.bodies.send_multipart(
            file=file_class(BytesIO(b"\x00\xff"), "a.bin", "image/png"),
            more=[file_class(BytesIO(b"1")), file_class(BytesIO(b"2"))],
            note=models.AllOptional(a=1),
            count=5,
            flag=True,
            amount="1.10",
            kind="a",
            maybe=None,
        )

    bodies.twice(call)
    request = bodies.request
    boundary = request.headers["Content-Type"].partition("boundary=")[2].encode()
    parts = [part.strip(b"\r\n") for part in request.content.split(b"--" + boundary)[1:-1]]
    split = [part.partition(b"\r\n\r\n") for part in parts]
    names = [head.split(b'name="')[1].split(b'"')[0].decode() for head, _, _ in split]
    assert list(zip(names, [body for _, _, body in split], strict=True)) == [
        ("file", b"\x00\xff"),
        ("more", b"1"),
        ("more", b"2"),
        ("note", b'{"a":1}'),
        ("count", b"5"),
        ("flag", b"true"),
        ("amount", b"1.10"),
        ("kind", b"a"),
    ]
    assert b'filename="a.bin"' in split[0][0]
    assert b"Content-Type: image/png" in split[0][0]
    assert b"Content-Type: application/json" in split[3][0]


def test_raw_bytes(bodies: Any) -> None:
    file_class = bodies.module("types").File
    bodies.twice(lambda r: r.bodies.send_raw(body=file_class(BytesIO(b"\x00\xff"))))
    assert bodies.request.content == b"\x00\xff"
    assert bodies.request.headers["Content-Type"] == "application/octet-stream"


def test_of_several_bodies_the_type_chooses(bodies: Any) -> None:
    models = bodies.module("models")
    file_class = bodies.module("types").File
    note = models.Note(text="t")

    def sent(call: Any) -> str:
        bodies.twice(call)
        return str(bodies.request.headers["Content-Type"]).partition(";")[0]

    one_of = "application/json", "application/x-www-form-urlencoded", "application/octet-stream"
    for body, content_type in zip((note, models.Form(name="n"), None), one_of, strict=True):
        assert content_type == sent(
            lambda r, body=body: r.bodies.send_one_of_several(
                body=body or file_class(BytesIO(b"x"))
            )
        )
    assert sent(lambda r: r.bodies.send_several(body=note)) == "application/json"
    upload = models.Upload(file=file_class(BytesIO(b"x")))
    assert sent(lambda r: r.bodies.send_several(body=upload)) == "multipart/form-data"


def test_answers_with_no_body_or_one(answers: Any) -> None:
    models = answers.module("models")
    assert answers.twice(lambda r: r.answers.none()) is None
    assert answers.twice(lambda r: r.answers.none_or_one()) is None
    one = httpx.Response(200, json={"id": 1})
    assert answers.twice(lambda r: r.answers.none_or_one(), one) == models.One(id=1)
    assert answers.twice(lambda r: r.answers.no_schema(), one) is None
    assert answers.twice(lambda r: r.answers.error_only(), one) is None
    null = httpx.Response(200, content=b"null")
    assert answers.twice(lambda r: r.answers.list_or_null(), null) is None


def test_answers_that_are_no_json(answers: Any) -> None:
    text = httpx.Response(
        200, content="Кофе".encode(), headers={"Content-Type": "text/plain; charset=utf-8"}
    )
    assert answers.twice(lambda r: r.answers.text(), text) == "Кофе"
    assert answers.twice(lambda r: r.answers.html(), text) == "Кофе"
    raw = httpx.Response(200, content=b"\x00\xff")
    assert answers.resources(raw).answers.bytes().payload.read() == b"\x00\xff"


def test_the_status_chooses_the_type(answers: Any) -> None:
    models, errors = answers.module("models"), answers.module("errors")

    def got(name: str, status: int, body: Any) -> Any:
        answer = httpx.Response(status, json=body)
        return answers.twice(lambda r: getattr(r.answers, name)(), answer)

    assert got("two", 200, {"id": 1}) == models.One(id=1)
    assert got("two", 202, {"job": "j"}) == models.Later(job="j")
    assert got("range", 204, {"id": 1}) == models.One(id=1)
    assert got("default_only", 201, {"id": 1}) == models.One(id=1)
    assert got("vendor", 200, {"id": 1}) == models.One(id=1)
    assert got("several_media", 200, {"id": 1}) == models.One(id=1)
    assert got("list_or_null", 200, [{"id": 1}]) == [models.One(id=1)]
    assert got("enum", 200, "a") is models.Kind.A
    for name, status in (("two", 301), ("none", 404), ("range", 300), ("default_only", 400)):
        with pytest.raises(errors.UnexpectedStatus):
            answers.resources(httpx.Response(status, json={})).answers.__getattribute__(name)()
    for name in ("default_only", "vendor", "range"):
        with pytest.raises(errors.ResponseDecodeError):
            got(name, 200, {"id": "x"})


def test_any_2xx_is_a_success_that_the_first_documented_schema_reads(answers: Any) -> None:
    models, errors = answers.module("models"), answers.module("errors")

    def got(name: str, status: int, content: bytes) -> Any:
        answer = httpx.Response(status, content=content)
        return answers.twice(lambda r: getattr(r.answers, name)(), answer)

    one = b'{"id": 1}'
    for name in ("two", "none_or_one", "vendor", "default_error"):
        assert got(name, 201, one) == models.One(id=1)
    assert got("none", 200, one) is None  # no success of this operation has a body
    for name, status, content in (
        ("two", 204, b""),
        ("two", 201, b""),
        ("two", 203, b'{"job": "j"}'),
        ("text", 204, b""),
        ("bytes", 205, b""),
        ("vendor", 202, b"<html>"),
    ):
        with pytest.raises(errors.ResponseDecodeError) as caught:
            got(name, status, content)
        assert caught.value.status_code == status
    assert got("text", 201, "Кофе".encode()) == "Кофе"


def test_a_raw_response_has_status_headers_and_the_parsed_body(answers: Any) -> None:
    models, errors = answers.module("models"), answers.module("errors")
    headers = {"X-Request-Id": "r-1", "X-RateLimit-Remaining": "5"}
    answer = httpx.Response(202, json={"job": "j"}, headers=headers)
    response = answers.twice(lambda r: r.answers.with_raw_response.two(), answer)
    assert (response.status_code, response.parsed) == (202, models.Later(job="j"))
    assert response.request_id == "r-1"
    assert response.headers["x-ratelimit-remaining"] == "5"
    assert response.content == answer.content
    assert "job" not in repr(response)
    plain = answers.resources(httpx.Response(204)).answers.with_raw_response.none()
    assert (plain.status_code, plain.parsed, plain.request_id) == (204, None, None)
    with pytest.raises(errors.UnexpectedStatus):
        answers.resources(httpx.Response(404)).answers.with_raw_response.two()


def test_raw_methods_take_the_same_arguments(parameters: Any) -> None:
    module = parameters.module("resources.params")
    for name in ("Params", "AsyncParams"):
        raw = getattr(module, f"{name}WithRawResponse")(parameters.client())
        plain = getattr(module, name)(parameters.client())
        assert vars(raw).keys() == module.Params.OPERATIONS.keys()
        for method in vars(raw):
            assert inspect.signature(getattr(raw, method)) == inspect.signature(
                getattr(plain, method)
            )


def test_a_request_that_the_document_does_not_describe(answers: Any) -> None:
    response = answers.twice(
        lambda r: r.request(
            "post",
            "/new/a%2Fb",
            json={"amount": Decimal("1.50")},
            params={"q": ["x", 2], "none": None},
            headers={"X-A": "1"},
            options={"timeout": 3.5, "deadline": 9.0},
        ),
        httpx.Response(201, json={"id": 1}, headers={"X-Request-Id": "r-2"}),
    )
    assert (response.status_code, response.parsed, response.request_id) == (201, {"id": 1}, "r-2")
    request = answers.request
    assert (request.method, request.url.raw_path) == ("POST", b"/base/new/a%2Fb?q=x&q=2")
    assert request.content == b'{"amount":1.5}'
    assert (request.headers["Content-Type"], request.headers["X-A"]) == ("application/json", "1")
    assert request.headers["Authorization"] == "Bearer the-key"
    operation = request.extensions["operation"]
    assert (operation.id, operation.path, operation.retry) == ("request", "", "never")
    assert request.extensions["options"]["deadline"] == 9.0
    assert request.extensions["timeout"]["read"] == 3.5
    copy = pickle.loads(pickle.dumps(operation))
    assert copy == operation


@pytest.mark.parametrize(
    ("method", "retry"), [("GET", "safe"), ("put", "idempotent"), ("PATCH", "never")]
)
def test_an_undocumented_request_is_retried_as_its_method_allows(
    answers: Any, method: str, retry: str
) -> None:
    for content, parsed in ((b"", None), (b"<html>", None), (b"[1.5]", [Decimal("1.5")])):
        answer = httpx.Response(200, content=content)
        assert answers.twice(lambda r: r.request(method, "/x"), answer).parsed == parsed
    assert answers.request.extensions["operation"].retry == retry
    assert "Content-Type" not in answers.request.headers


@pytest.mark.parametrize("path", ["https://evil.test/x", "//evil.test/x", "x", ""])
def test_an_undocumented_request_stays_on_the_server(answers: Any, path: str) -> None:
    with pytest.raises(answers.module("errors").InvalidArgument, match="path"):
        answers.resources().request("GET", path)
    assert not answers.requests


def test_errors_of_an_undocumented_request_pass_through_the_hook(answers: Any) -> None:
    def hook(error: Exception) -> Exception:
        return LookupError(error)

    resources = answers.resources(httpx.Response(404), on_error=hook)
    with pytest.raises(LookupError):
        resources.request("GET", "/x")
    with pytest.raises(LookupError):
        resources.request("POST", "/x", json=object())


def test_errors_are_typed_by_status_then_range_then_default(answers: Any) -> None:
    models = answers.module("models")
    functions = answers.module("api.answers.range_")
    for status, body, wanted in (
        (404, {"what": "w"}, models.Missing(what="w")),
        (400, {"message": "m"}, models.Problem(message="m")),
        (500, {"message": "m"}, models.Problem(message="m")),
        (500, {"no": "message"}, None),
    ):
        client = answers.client(httpx.Response(status, json=body))
        assert functions.sync(client=client) == wanted
    default = answers.module("api.answers.default_error")
    client = answers.client(httpx.Response(418, json={"message": "m"}))
    assert default.sync(client=client) == models.Problem(message="m")


def test_the_key_goes_where_the_scheme_says(answers: Any, pages: Any) -> None:
    answers.resources().answers.none()
    assert answers.request.headers["Authorization"] == "Bearer the-key"
    pages.resources(httpx.Response(201)).flat.create()
    assert pages.request.headers["X-Key"] == "the-key"
    assert str(
        pages.module("client").AuthenticatedClient(token="k").get_httpx_client().base_url
    ) == ("https://pages.test/v2/")


def test_pages_of_any_shape(pages: Any) -> None:
    models = pages.module("models")
    items = [{"id": 1}, {"id": 2}]
    nested = {"data": items, "meta": {"current_page": 2, "per_page": 2, "total": 4}}
    page = pages.twice(
        lambda r: r.nested_things.list_nested(page=2, per_page=2), httpx.Response(200, json=nested)
    )
    assert page.page_items == [models.Item(id=1), models.Item(id=2)]
    assert (page.page_number, page.page_size, page.page_total) == (2, 2, 4)
    page = pages.twice(
        lambda r: r.flat.all(), httpx.Response(200, json={"items": items, "count": 2})
    )
    assert page.page_items == [models.Item(id=1), models.Item(id=2)]
    assert page.page_total == 2
    assert not hasattr(page, "page_number")
    empty = models.FlatPage.from_dict({"items": None})
    assert (empty.page_items, empty.page_total) == ([], None)


def test_operations_say_what_the_document_says(pages: Any) -> None:
    operations = pages.module("operations").OPERATIONS
    flat = pages.module("resources.flat").Flat
    assert flat.OPERATIONS["all"] is operations["listFlat"]
    assert flat.OPERATIONS.keys() == {"all", "create", "replace", "change"}
    paging = operations["listFlat"].pagination
    assert (paging.page, paging.size, paging.max_size) == ("page", "per_page", 100)
    retry = {name: operation.retry for name, operation in operations.items()}
    assert retry == {
        "listNested": "safe",
        "listFlat": "safe",
        "createFlat": "confirm",
        "replaceFlat": "idempotent",
        "changeFlat": "never",
    }
    assert operations["createFlat"].success == (201,)
