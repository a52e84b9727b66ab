"""Phone numbers in the forms that people type."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay.errors import InvalidRequestError
from apipay.phones import to_phone


@pytest.mark.parametrize(
    "text",
    [
        "87001234567",
        "+7 700 123-45-67",
        "8 (700) 123-45-67",
        "8(700)1234567",
        "77001234567",
        "7 700 123 45 67",
        "7001234567",
        "700 123 45 67",
        "(700) 123.45.67",
        "+7\u00a0700\u00a0123\u201345\u201367",
        "  +7-700-123-45-67\n",
    ],
)
def test_forms_of_one_number(text: str) -> None:
    assert to_phone(text) == "87001234567"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "7",
        "8700123456",
        "870012345678",
        "+87001234567",
        "+1 700 123 45 67",
        "+70012345678 ext 5",
        "8700123456a",
        "8+7001234567",
        "++77001234567",
        "٨٧٠٠١٢٣٤٥٦٧",
        "8700/1234567",
        "8700\u200b1234567",
        None,
        87001234567,
        b"87001234567",
    ],
)
def test_what_is_no_number_is_refused_without_repeating_it(text: Any) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        to_phone(text)
    said = str(caught.value) + repr(caught.value)
    assert "123" not in said
    assert "700" not in said


@given(st.text(), st.text("0123456789 ()-+.", max_size=20))
def test_anything_else_is_refused_cleanly(noise: str, likely: str) -> None:
    for text in (noise, likely):
        try:
            phone = to_phone(text)
        except InvalidRequestError:
            continue
        assert len(phone) == 11
        assert phone.startswith("8")
        assert to_phone(phone) == phone


@given(st.integers(0, 9_999_999_999))
def test_a_number_in_the_services_form_stays_as_it_is(number: int) -> None:
    phone = f"8{number:010d}"
    assert to_phone(phone) == phone
    assert to_phone("+7" + phone[1:]) == phone
