"""Phone numbers as people type them, in the form that the service takes."""

import re

from apipay.errors import InvalidRequestError

_SEPARATORS = re.compile(r"[\s\u00a0\u2009\u202f().\-\u2010-\u2015\u2212]+")


def to_phone(text: str) -> str:
    """Return a phone number of Kazakhstan as eleven digits that begin with 8: "87001234567".

    Args:
        text: The number as "+7 700 123-45-67", "8 (700) 123 45 67", "77001234567" or with its ten
            national digits alone, "7001234567".

    Raises:
        InvalidRequestError: It is not such a number. The message does not repeat it.
    """
    if not isinstance(text, str):
        raise InvalidRequestError(f"A phone number must be a string, not {type(text).__name__}.")
    compact = _SEPARATORS.sub("", text)
    has_plus = compact.startswith("+")
    digits = compact[1:] if has_plus else compact
    if not (digits.isascii() and digits.isdigit()):
        raise InvalidRequestError(
            "A phone number must consist of digits, spaces, dashes, dots, brackets and a leading +."
        )
    if has_plus and not digits.startswith("7"):
        raise InvalidRequestError("The phone number is from another country. Pass one of +7.")
    if len(digits) == 10 and not has_plus and digits.startswith("7"):
        # National numbers begin with 7: "8700123456" lacks a digit instead.
        return "8" + digits
    if len(digits) == 11 and digits[0] in "78":
        return "8" + digits[1:]
    raise InvalidRequestError(
        f"A phone number must have ten digits after +7 or 8; this one has {len(digits)} in all."
    )
