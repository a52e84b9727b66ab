"""Which requests are accepted, where a form may lead, and how its fields are read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import Headers

from apipay_sandbox.pages import forms

HOST = "127.0.0.1:8080"
OWN = f"http://{HOST}"


def own(**headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return forms.is_our_own(Headers({"host": HOST, **named}), "pay.example:8443")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": OWN},
        {"origin": OWN, "sec_fetch_site": "same-origin"},
        {"origin": "https://pay.example:8443", "sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
    ],
)
def test_our_own_pages_and_programs_are_let_through(headers: dict[str, str]) -> None:
    assert own(**headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://shop.example"},
        {"origin": "http://127.0.0.1:8081"},
        {"origin": "http://127.0.0.1"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://[::1"},
        {"origin": f"{OWN}.shop.example"},
        {"origin": f"http://{HOST}@shop.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": OWN},
        {"sec_fetch_site": ""},
    ],
)
def test_other_sites_are_not(headers: dict[str, str]) -> None:
    assert not own(**headers)


@pytest.mark.parametrize("back", ["/", "/invoices?page=2&status=paid", "/deliveries/3"])
def test_a_form_leads_back_to_a_page_of_ours(back: str) -> None:
    assert forms.place({"back": back}, "/otherwise") == back


@pytest.mark.parametrize(
    "back",
    [
        "",
        "//shop.example",
        "/\\shop.example",
        "https://shop.example",
        "invoices",
        "/\n/shop.example",
    ],
)
def test_a_form_never_leads_to_another_site(back: str) -> None:
    assert forms.place({"back": back}, "/otherwise") == "/otherwise"
    assert forms.place({}, "/otherwise") == "/otherwise"


@given(st.text())
def test_an_address_that_is_let_through_begins_on_this_site(back: str) -> None:
    place = forms.place({"back": back}, "/otherwise")
    assert place.startswith("/")
    assert not place.startswith(("//", "/\\"))
    assert place.isascii()
    assert place.isprintable()


@pytest.mark.parametrize(
    ("written", "number"),
    [("17", 17), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5000, None), ("٣", None)]
    + [(text, None) for text in ("", "-1", "1.0", " 1", "0x1", "abc")]
    + [(None, None)],
)
def test_identifiers(written: str | None, number: int | None) -> None:
    assert forms.identifier(written) == number
