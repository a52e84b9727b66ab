"""Holds the names that a repair gives: of classes, operations and tags, from what the spec says.

Words are split as openapi-python-client splits them, so that a name chosen here is the name of the
class in the end.
"""

import re
import unicodedata
from typing import Final

from openapi_python_client.strings import pascal_case, snake_case

# What an answer's body is called by its status, when the spec gives it no name.
_ERRORS: Final = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "402": "PaymentRequired",
    "403": "Forbidden",
    "404": "NotFound",
    "405": "MethodNotAllowed",
    "406": "NotAcceptable",
    "408": "RequestTimeout",
    "409": "Conflict",
    "410": "Gone",
    "413": "ContentTooLarge",
    "415": "UnsupportedMediaType",
    "422": "Validation",
    "429": "RateLimit",
    "500": "Internal",
    "501": "NotImplemented",
    "502": "BadGateway",
    "503": "ServiceUnavailable",
    "504": "GatewayTimeout",
    "4XX": "Client",
    "5XX": "Server",
    "default": "",
}
_SUCCESSES: Final = {
    "201": "Created",
    "202": "Accepted",
    "203": "NonAuthoritative",
    "204": "NoContent",
    "206": "Partial",
    "207": "MultiStatus",
    "2XX": "Success",
}

_CONTENTS: Final = {
    "x-www-form-urlencoded": "Form",
    "form-data": "Multipart",
    "octet-stream": "Binary",
}

# Segments that say where the API is mounted, not what it is about.
_MOUNT: Final = re.compile(r"api|rest|v\d+(\.\d+)*", re.IGNORECASE)
_NOT_PLURAL: Final = ("ss", "us", "is", "os", "news", "series")
_ES_PLURAL: Final = ("sses", "xes", "zzes", "tches", "nches", "shes", "tuses")


_COMPARISONS: Final = {"<": "_lt", "<=": "_lte", ">": "_gt", ">=": "_gte"}


def spoken(name: str) -> str:
    """Return a name as Python reads it (NFKC), with the signs + - < > as words."""
    name = unicodedata.normalize("NFKC", name)
    name = re.sub(r"[<>]=?", lambda m: _COMPARISONS[m[0]], name)
    return re.sub(r"^([+-])(?=\d)", lambda m: "plus_" if m[1] == "+" else "minus_", name)


def class_name(text: str) -> str:
    """`text` as a class name: `invoice page` and `invoice_page` are `InvoicePage`."""
    return pascal_case(spoken(text))


def module_key(text: str) -> str:
    """What must differ between two classes: the name of the file, `invoice_id` for `InvoiceID`."""
    return snake_case(class_name(text))


def singular(text: str) -> str:
    """`refunds` as `refund`; a word that does not look plural stays as it is."""
    lower = text.lower()
    if lower.endswith(_NOT_PLURAL) or len(text) < 3:
        return text
    if lower.endswith("ies") and len(text) > 4:
        return text[:-3] + "y"
    if lower.endswith(_ES_PLURAL):
        return text[:-2]
    if lower.endswith("s"):
        return text[:-1]
    return text


def operation_id(method: str, path: str) -> str:
    """The id of an operation that has none: `GET /users/{id}/keys` is `getUsersByIdKeys`."""
    words = ""
    for segment in path.split("/"):
        for static, parameter in re.findall(r"([^{}]+)|\{([^{}]*)\}", segment):
            words += _words(static) if static else f"By{_words(parameter)}"
    return method.lower() + (words or "Root")


def _words(text: str) -> str:
    return pascal_case(re.sub(r"\W+", " ", text))


def tag(path: str) -> str:
    """The tag of an operation that has none: `/recurring-invoices/{id}` is `Recurring Invoices`."""
    statics = [part for part in path.split("/") if part and "{" not in part]
    named = [part for part in statics if not _MOUNT.fullmatch(part)] or statics
    words = snake_case(_words(named[0])).split("_") if named else []
    return " ".join(word.capitalize() for word in words if word) or "Default"


def content_name(name: str, content_type: str) -> str:
    """The name for a body in another content type: `CreateInvoiceFormRequest` next to JSON's."""
    subtype = content_type.partition(";")[0].rpartition("/")[2].lower()
    word = _CONTENTS.get(subtype) or _words(subtype.rpartition("+")[2])
    for suffix in ("Request", "Response", "ErrorBody", "Body"):
        if name.endswith(suffix):
            return name.removesuffix(suffix) + word + suffix
    return name + word


def response_names(operation: str, status: str) -> list[str]:
    """Return names for the body of one response, the best first.

    A name depends on its own status code only, so that a new response changes no other name.
    Errors are alike throughout an API, so their first name has no operation in it; the second is
    for an operation whose error is not like the others.
    """
    base = class_name(operation)
    if status == "200":
        return [f"{base}Response"]
    if status in _ERRORS or status[:1] in ("4", "5"):
        phrase = _ERRORS.get(status, f"Status{status}")
        return [f"{phrase}ErrorBody", f"{base}{phrase}ErrorBody"]
    return [f"{base}{_SUCCESSES.get(status, f'Status{status}')}Response"]
