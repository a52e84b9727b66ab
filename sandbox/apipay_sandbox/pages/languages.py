"""The languages of the pages: which one a browser asks for, and its catalogue of texts."""

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, cast, get_args

import attrs
from markupsafe import Markup

Code = Literal["ru", "kk", "en"]
CODES: tuple[Code, ...] = get_args(Code)
DEFAULT: Code = "ru"
NAMES: Mapping[Code, str] = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
Message = str | list[str]


def plural_form(code: Code, number: int) -> int:
    """Return the index of the plural form: one; many (en); one, few, many (ru); one form (kk)."""
    if code == "kk":
        return 0
    if code == "en":
        return int(number != 1)
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14} else 2


@attrs.frozen
class Language:
    """A language and its texts by key. A text that depends on a number is a list of its forms."""

    code: Code
    messages: Mapping[str, Message] = attrs.field(repr=False)

    def text(self, key: str, **values: object) -> Markup:
        """Return a text with its `{fields}` filled in and escaped; `n` selects the plural form."""
        message = self.messages[key]
        if isinstance(message, list):
            message = message[plural_form(self.code, cast(int, values["n"]))]
        return Markup.escape(message).format(**values)

    def decimal(self, value: float, spec: str = "g") -> str:
        """Write a number with the language's decimal point or comma."""
        text = format(value, spec)
        return text if self.code == "en" else text.replace(".", ",")

    def __contains__(self, key: str) -> bool:
        return key in self.messages


@cache
def language(code: Code) -> Language:
    """Return a language with its catalogue."""
    source = resources.files("apipay_sandbox.pages").joinpath("catalogues", f"{code}.json")
    return Language(code, json.loads(source.read_text(encoding="utf-8")))


def known(code: str | None) -> Code | None:
    """Return the code if it is one of ours."""
    return next((one for one in CODES if one == code), None)


def accepted(header: str) -> Code:
    """Return the language that an `Accept-Language` header prefers."""
    wanted: list[tuple[float, Code]] = []
    for entry in header.split(","):
        tag, _, parameter = entry.partition(";")
        code = known(tag.strip().partition("-")[0].lower())
        try:
            quality = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if code is not None and 0 < quality <= 1:
            wanted.append((quality, code))
    # max returns the first of equals, as the header means it.
    return max(wanted, key=lambda one: one[0])[1] if wanted else DEFAULT
