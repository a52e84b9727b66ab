"""The layered client builds the same requests as httpx does, sooner."""

from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.transport import AsyncLayeredClient, LayeredClient

BASES = ["https://api.example/api", "https://api.example", "http://127.0.0.1:8000/a/b/"]
PATHS = ["/invoices", "/invoices/4217", "/invoices/4217/refund", "/recurring-invoices/1/bill-now"]
ODD = ["", "/", "//host.example/x", "/a/../b", "/a?b=c", "/a#b", "/a%2Fb", "/ж", "/a b", "/a:b"]
ODD += ["invoices", "https://other.example/x", "/a//b", "/a/", "/..", "/.", "/A-b_c/9/"]

paths = st.sampled_from([*PATHS, *ODD]) | st.text("/a9-_.%?#: ж", max_size=8).map("/".__add__)


def built(client: Any, path: str, **settings: Any) -> Any:
    try:
        request = client.build_request("POST", path, **settings)
    except httpx.InvalidURL as error:
        return str(error)
    return request.url, request.headers, request.content, request.extensions


@given(
    base=st.sampled_from(BASES),
    other=st.sampled_from(BASES),
    wanted=st.lists(paths, max_size=4),
    params=st.sampled_from([None, {}, {"page": "2", "status[]": ["paid", "pending"]}]),
)
def test_requests_are_those_of_httpx(
    base: str, other: str, wanted: list[str], params: dict[str, Any] | None
) -> None:
    headers = {"X-API-Key": "key"}
    plain = httpx.Client(base_url=base, headers=headers, transport=httpx.MockTransport(print))
    layered = LayeredClient(httpx.MockTransport(print), base_url=base, headers=headers)
    for address in (base, other):
        plain.base_url = layered.base_url = httpx.URL(address)
        for path in [*wanted, *wanted]:  # the second time from what it keeps
            arguments = {"content": b"{}", "headers": {"X-Other": "1"}, "params": params}
            assert built(layered, path, **arguments) == built(plain, path, **arguments)


@pytest.mark.parametrize("path", [*PATHS, *ODD])
def test_the_async_client_builds_the_same(path: str) -> None:
    base = "https://api.example/api"
    plain = httpx.AsyncClient(base_url=base)
    layered = AsyncLayeredClient(httpx.MockTransport(print), base_url=base)
    assert built(layered, path) == built(plain, path)
