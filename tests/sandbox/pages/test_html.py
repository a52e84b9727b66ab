"""`tag` escapes whatever it is given."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay_sandbox.pages.html import Html, join, tag, text

# What HTML and UTF-8 can hold, which is shown as it is; the parser turns "\r" into a line break.
SHOWN = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("<>&\"'/=\n\t")
)


def test_children_and_attributes_are_escaped() -> None:
    written = tag("a", "1 < 2 & ", tag("b", "'3'"), href='"><script>', data_label="x")
    assert written == (
        '<a href="&quot;&gt;&lt;script&gt;" data-label="x">1 &lt; 2 &amp; <b>&#x27;3&#x27;</b></a>'
    )


def test_what_may_be_left_out() -> None:
    assert tag("input", name="n", class_=None, required=True, disabled=False, value=0) == (
        '<input name="n" required value="0">'
    )
    assert tag("p", None, [1, ["a", None]], iter(["b"])) == "<p>1ab</p>"


def test_plain_text_that_looks_escaped_is_escaped_again() -> None:
    assert text("&lt;") == "&amp;lt;"
    assert text(Html("&lt;")) == "&lt;"


def test_a_text_put_together_with_markup_is_not_markup() -> None:
    assert text(tag("b", "x") + "<i>") == "&lt;b&gt;x&lt;/b&gt;&lt;i&gt;"


@given(SHOWN, SHOWN)
def test_any_text_comes_back(parse: Callable[[str], Any], content: str, value: str) -> None:
    found = parse(tag("p", content, title=value)).one("p")
    assert found.text == content
    assert found.attributes == {"title": value}
    assert found.all() == []


@given(st.text(st.characters(codec=None)))
def test_any_text_can_be_sent(content: str) -> None:
    written = join([content]).encode()
    assert not set(written) & {*b"<>\"'", 0, 8, 27, 127}


@pytest.mark.parametrize("unfit", ["\x00", "\x1b", "\x7f", "\x85", "\ud800", "\uffff"])
def test_what_html_cannot_hold_is_replaced(unfit: str) -> None:
    assert text(f"a{unfit}b") == "a\N{REPLACEMENT CHARACTER}b"
