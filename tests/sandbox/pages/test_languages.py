"""The choice of a language, and the catalogues against each other and against the templates."""

import re
from importlib import resources
from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, nodes

from apipay_sandbox import spec as specification
from apipay_sandbox.domain.recurring import INTERVALS
from apipay_sandbox.faults import PROFILES, FaultKind
from apipay_sandbox.pages.languages import CODES, accepted, language, plural_form

PAGES = resources.files("apipay_sandbox.pages")
TEMPLATES = {
    one.name: one.read_text("utf-8")
    for one in PAGES.joinpath("templates").iterdir()
    if one.is_file()
}
PYTHON = "".join(
    PAGES.joinpath(f"{one}.py").read_text("utf-8") for one in ("app", "forms", "render")
)
ENVIRONMENT = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
PLURAL_FORMS = {"ru": 3, "kk": 1, "en": 2}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "ru"),
        ("*", "ru"),
        ("de-DE,de;q=0.9", "ru"),
        ("en", "en"),
        ("EN-us", "en"),
        ("kk-KZ,kk;q=0.9,ru;q=0.8,en;q=0.7", "kk"),
        ("en;q=0.5, kk;q=0.8", "kk"),
        ("en;q=0, ru;q=0.1", "ru"),
        ("en;q=0", "ru"),
        ("en;q=x,kk", "kk"),
        ("en;q=nan,kk", "kk"),
        ("ru,en,kk", "ru"),
        ("english", "ru"),
        (";;,,q=1", "ru"),
    ],
)
def test_the_language_that_a_browser_prefers(header: str, code: str) -> None:
    assert accepted(header) == code


@given(st.text(alphabet="enruk-;q=.,019* \x00ж"))
def test_any_header_chooses_a_language(header: str) -> None:
    assert accepted(header) in CODES


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 счетов"),
        (1, "1 счёт"),
        (2, "2 счёта"),
        (5, "5 счетов"),
        (11, "11 счетов"),
        (14, "14 счетов"),
        (21, "21 счёт"),
        (104, "104 счёта"),
        (111, "111 счетов"),
    ],
)
def test_russian_plurals(number: int, text: str) -> None:
    assert language("ru").text("count.invoices", n=number) == text.replace(" ", "\u00a0")


def test_plural_forms_of_the_other_languages() -> None:
    assert [plural_form("en", number) for number in (0, 1, 2, 21)] == [1, 0, 1, 1]
    assert {plural_form("kk", number) for number in range(200)} == {0}
    for code, forms in PLURAL_FORMS.items():
        for message in language(code).messages.values():  # type: ignore[arg-type]
            assert isinstance(message, str) or len(message) == forms


def test_a_field_of_a_text_is_escaped() -> None:
    written = language("en").text("order", id="<b>{n}</b>")
    assert written == "Order &lt;b&gt;{n}&lt;/b&gt;"


def fields(message: str | list[str]) -> list[set[str | None]]:
    """The names of the fields in a message, for each of its forms."""
    forms = [message] if isinstance(message, str) else message
    return [{name for _, name, _, _ in Formatter().parse(one) if name} for one in forms]


def test_the_catalogues_have_the_same_texts_with_the_same_fields() -> None:
    russian = language("ru").messages
    for code in CODES:
        messages = language(code).messages
        assert list(messages) == list(russian)
        for key, message in messages.items():
            forms = fields(message)
            assert all(one == fields(russian[key])[0] for one in forms), (code, key)
            assert all((message, *message)), (code, key)


def test_russian_and_kazakh_are_not_english() -> None:
    english = language("en").messages
    for code in ("ru", "kk"):
        untranslated = [
            key for key, text in language(code).messages.items() if text == english[key]
        ]
        assert untranslated == []


def template_strings() -> tuple[set[str], set[str], set[str]]:
    """Return (keys that `t` gets as they are, beginnings of computed keys, all strings)."""
    keys: set[str] = set()
    beginnings: set[str] = set()
    strings: set[str] = set()
    for source in TEMPLATES.values():
        tree = ENVIRONMENT.parse(source)
        strings |= {one.value for one in tree.find_all(nodes.Const) if isinstance(one.value, str)}
        for call in tree.find_all(nodes.Call):
            if not isinstance(call.node, nodes.Name) or call.node.name != "t":
                continue
            key = call.args[0]
            choices = [key.expr1, key.expr2] if isinstance(key, nodes.CondExpr) else [key]
            for one in choices:
                if isinstance(one, nodes.Const):
                    keys.add(one.value)
                elif isinstance(one, nodes.Concat):
                    first = one.nodes[0]
                    assert isinstance(first, nodes.Const)
                    beginnings.add(first.value)
    return keys, beginnings, strings


def test_every_key_of_the_templates_exists_and_every_text_is_used() -> None:
    keys, beginnings, strings = template_strings()
    messages = language("ru").messages
    assert keys <= messages.keys()
    for key in messages:
        name = key.removeprefix("notice.")
        assert (
            key in strings
            or f'"{name}"' in PYTHON
            or any(key.startswith(one) for one in beginnings)
        ), f"{key} is not used"


def test_every_value_that_a_page_can_name_has_a_text() -> None:
    load = specification.load()
    statuses = {
        *load.statuses("InvoiceStatus"),
        *load.statuses("OrganizationStatus"),
        *load.statuses("RecurringInvoiceStatus"),
        *("pending", "delivered", "failed", "completed"),
    }
    named = {
        "status": statuses,
        "interval": INTERVALS,
        "fault": set(FaultKind),
        "profile": PROFILES.keys(),
        "error": set(re.findall(r'FormError\("error\.(\w+)"', PYTHON)),
        "notice": set(re.findall(r'notice="([\w-]+)"', PYTHON)),
    }
    for code in CODES:
        for beginning, names in named.items():
            assert names, beginning
            assert {f"{beginning}.{one}" for one in names} <= language(code).messages.keys()


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_has_no_text_of_its_own(name: str) -> None:
    data = [value for _, kind, value in ENVIRONMENT.lex(TEMPLATES[name]) if kind == "data"]
    markup = "".join(data)
    for attribute, value in re.findall(r'(aria-label|alt|title|placeholder)="([^"]*)"', markup):
        assert value == "", attribute
    shown = re.sub(r"<[^>]*>", " ", markup)
    assert [one for one in re.findall(r"[^\W\d_]{2,}", shown) if one != "HTTP"] == []
