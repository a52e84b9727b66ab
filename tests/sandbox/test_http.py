"""Requests that are wrong in form: each gets a clear error, and changes nothing."""

import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

JSON = {"Content-Type": "application/json"}
GOOD = b'{"amount": 1, "phone_number": "87001234567"}'


def post(api: Any, content: bytes, **headers: str) -> Any:
    return api("POST", "/invoices", content=content, headers={**JSON, **headers})


@pytest.fixture(autouse=True)
def _nothing_changes(api: Any) -> Any:
    yield
    assert api.sandbox.invoices() == []
    assert api.sandbox.recurring_invoices() == []
    assert len(api.sandbox.organizations()) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"{", "not JSON"),
        (b"", "body is required"),
        (b'{"amount": NaN, "phone_number": "87001234567"}', "not JSON"),
        (b'{"amount": Infinity, "phone_number": "87001234567"}', "not JSON"),
        (b'{"amount": 1e99999999999999999999, "phone_number": "87001234567"}', "not JSON"),
        (b'{"amount": ' + b"9" * 5000 + b', "phone_number": "87001234567"}', "not JSON"),
        (GOOD[:-1] + b"} trailing", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"\xff\xfe" + "{}".encode("utf-16-le"), "not JSON"),
        (b'"\xff"', "not JSON"),
        (b"\xef\xbb\xbf" + GOOD, "not JSON"),
        (b"[1]", "must be a JSON object"),
        (b'"text"', "must be a JSON object"),
        (b"7", "must be a JSON object"),
        (b"null", "must be a JSON object"),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(api: Any, body: bytes, said: str) -> None:
    response = post(api, body)

    if said == "not JSON":
        assert response.status_code == 400
        assert response.json() == {"message": "Invalid request format"}
        return
    assert response.status_code == 422
    if body:
        assert said in response.json()["errors"]["body"][0]
    else:
        assert set(response.json()["errors"]) == {"amount", "phone_number"}


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"amount": "1"}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 0.001}, "amount"),
        ({"amount": 100_000_000}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": [1]}, "amount"),
        ({"phone_number": 87001234567}, "phone_number"),
        ({"phone_number": "+77001234567"}, "phone_number"),
        ({"phone_number": "87001234567\n"}, "phone_number"),
        ({"phone_number": None}, "phone_number"),
        ({"description": 5}, "description"),
        ({"description": "x" * 501}, "description"),
        ({"external_order_id": "x" * 256}, "external_order_id"),
        ({"external_order_id": {}}, "external_order_id"),
        ({"webhook_id": "1"}, "webhook_id"),
        ({"webhook_id": 1.5}, "webhook_id"),
        ({"webhook_id": 99}, "webhook_id"),
    ],
)
def test_a_field_that_breaks_its_limits_is_named(
    api: Any, fields: dict[str, Any], wrong: str
) -> None:
    response = api.post("/invoices", {"amount": 1, "phone_number": "87001234567", **fields})

    assert response.status_code == 422
    assert set(response.json()["errors"]) == {wrong}


def test_all_wrong_fields_are_named_at_once(api: Any) -> None:
    response = api.post("/recurring-invoices", {"amount": 0, "interval": "hourly"})

    assert set(response.json()["errors"]) == {"amount", "interval", "phone_number"}


def test_the_body_of_a_put_is_optional(api: Any) -> None:
    body = {"amount": 1, "phone_number": "87001234567", "interval": "daily"}
    body["start_date"] = "2099-01-01"  # nothing is billed meanwhile
    created = api.post("/recurring-invoices", body).json()
    response = api("PUT", f"/recurring-invoices/{created['id']}")
    assert response.status_code == 200
    assert response.json() == created
    api.sandbox.reset()


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/invoices", "page=0"),
        ("/invoices", "per_page=101"),
        ("/invoices", "status[]=unknown"),
        ("/invoices", "date_to=tomorrow"),
        ("/refunds", "page=x"),
        ("/recurring-invoices", "status=done"),
    ],
)
def test_a_query_that_breaks_its_limits_is_refused(api: Any, path: str, query: str) -> None:
    assert api.get(f"{path}?{query}").status_code == 422


@pytest.mark.parametrize(
    "path",
    ["", "/", "/nothing", "/invoices/", "/invoices/1/2", "//invoices", "/invoices/1/refund/2"]
    + [path.format("9" * 5000) for path in ("/invoices/{}", "/refunds/{}", "/invoices/{}/refunds")],
    ids=lambda path: path[:30],
)
def test_an_unknown_path_is_404(api: Any, path: str) -> None:
    assert api.get(path).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/invoices", "GET, POST"),
        ("PATCH", "/invoices/1", "GET"),
        ("GET", "/invoices/1/cancel", "POST"),
        ("POST", "/recurring-invoices/1", "GET, PUT"),
        ("OPTIONS", "/refunds", "GET"),
        ("GET", "/organizations/verify", "POST"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(
    api: Any, method: str, path: str, allowed: str
) -> None:
    response = api(method, path)

    assert (response.status_code, response.headers["allow"]) == (405, allowed)


def test_a_head_request_is_405_without_a_body(api: Any) -> None:
    response = api._http.head("/invoices")

    assert (response.status_code, response.content) == (405, b"")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""]
)
def test_another_content_type_is_415(api: Any, media: str) -> None:
    response = post(api, GOOD, **{"Content-Type": media})

    assert response.status_code == 415
    assert "application/json" in response.json()["message"]


def test_an_encoded_body_is_415(api: Any) -> None:
    assert post(api, GOOD, **{"Content-Encoding": "gzip"}).status_code == 415


def test_a_body_that_is_too_large_is_413_and_the_connection_lives_on(api: Any) -> None:
    for size in (1_048_577, 8_000_000):
        assert post(api, b" " * size).status_code == 413
    assert api.get("/invoices").status_code == 200


def test_a_chunked_body_that_is_too_large_is_413(api: Any) -> None:
    chunks = (b" " * 65_536 for _ in range(40))

    assert api("POST", "/invoices", content=chunks, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"X-API-Key": ""}, "API key is required"),
        ({"X-API-Key": "wrong"}, "Invalid API key"),
        ({"X-API-Key": "\xe9".encode("latin-1")}, "Invalid API key"),
    ],
)
def test_without_a_valid_key_nothing_is_done(api: Any, headers: dict[str, Any], said: str) -> None:
    response = api("POST", "/invoices", content=GOOD, headers={**JSON, **headers})

    assert response.status_code == 401
    assert said in response.json()["message"]
    assert "x-ratelimit-remaining" not in response.headers


def test_an_expired_key_is_401_and_another_key_works(api: Any, api_of: Any) -> None:
    other = api.sandbox.add_api_key()
    api.sandbox.expire_api_key()

    response = api.get("/invoices")

    assert (response.status_code, response.json()["message"]) == (401, "The API key has expired.")
    api._http.headers["X-API-Key"] = other
    assert api.get("/invoices").status_code == 200


def test_the_key_is_asked_for_before_anything_is_said(api: Any) -> None:
    for method, path in (("GET", "/invoices/1"), ("POST", "/invoices"), ("GET", "/refunds?page=0")):
        assert api(method, path, headers={"X-API-Key": "wrong"}).status_code == 401


def test_a_request_that_ends_in_the_middle_changes_nothing(api: Any) -> None:
    url = api._http.base_url
    with socket.create_connection((url.host, url.port)) as connection:
        connection.sendall(
            b"POST /api/invoices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"X-API-Key: " + api.sandbox.api_key.encode() + b"\r\n"
            b"Content-Length: " + str(len(GOOD)).encode() + b"\r\n\r\n" + GOOD[:-1]
        )
    assert api.get("/invoices").json()["data"] == []


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=st.binary(max_size=60)
    | st.text(max_size=30).map(lambda text: text.encode("utf-8", "replace"))
)
def test_no_body_breaks_the_sandbox(api: Any, body: bytes) -> None:
    assert post(api, body).status_code in {400, 422}


def test_null_counts_as_absent(api: Any) -> None:
    body = {"amount": 1, "phone_number": "87001234567", "interval": "daily"}
    nothing = {"description": None, "start_date": None, "end_date": None, "webhook_id": None}

    assert api.post("/recurring-invoices", {**body, **nothing, "amount": None}).status_code == 422
    created = api.post("/recurring-invoices", {**body, **nothing, "unknown": None})
    assert created.status_code == 200
    api.sandbox.reset()
