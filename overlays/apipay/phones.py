"""Phone numbers as people type them, to the form that the service takes."""

import re
from functools import cache

from apipay.errors import InvalidRequestError
from apipay.specification import document

_SEPARATORS = re.compile(r"[\s\u00a0\u2009\u202f().\-\u2010-\u2015\u2212]+")


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(document()["components"]["schemas"]["PhoneNumber"]["pattern"])


def to_phone(text: str) -> str:
    """Return a number of Kazakhstan as eleven digits that begin with 8: "87001234567".

    Takes "+7 700 123-45-67", "8 (700) 123 45 67", "7700..." and ten digits without a prefix.

    Raises `InvalidRequestError`, which does not repeat the number.
    """
    if not isinstance(text, str):
        raise InvalidRequestError(f"A phone number is a string, not {type(text).__name__}.")
    compact = _SEPARATORS.sub("", text)
    plus = compact.startswith("+")
    digits = compact[1:] if plus else compact
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidRequestError(
            "A phone number has digits, spaces, dashes, dots and brackets, and a + in front only."
        )
    if plus and not digits.startswith("7"):
        raise InvalidRequestError("The phone number is of another country: one of +7 is needed.")
    if len(digits) == 10 and not plus and digits.startswith("7"):
        # Numbers of Kazakhstan begin with 7 after the prefix: "8700123456" lacks a digit instead.
        national = digits
    elif len(digits) == 11 and digits[0] in "78":
        national = digits[1:]
    else:
        raise InvalidRequestError(
            f"A phone number has ten digits after +7 or 8; this one has {len(digits)} in all."
        )
    phone = "8" + national
    if not _pattern().fullmatch(phone):
        raise InvalidRequestError("This is not a phone number that the service takes.")
    return phone
