"""What browsers send: whether one of our own pages sent a form, and the form's fields."""

import math
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from ..errors import SandboxError
from ..faults import Fault

_MAX_BYTES = 4096
_FORM = "application/x-www-form-urlencoded"
Form = Mapping[str, str]
UNITS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
"""Units in which the clock can be moved: name -> seconds."""


class FormError(Exception):
    """A field of a form cannot be used. `key` is the sentence in the catalogues."""

    def __init__(self, key: str, field: str = "amount") -> None:
        super().__init__(key)
        self.key = key
        self.field = field


def is_our_own(headers: Headers, public_host: str) -> bool:
    """Return whether one of our pages, or no browser at all, sent a POST.

    Browsers let any page post to this machine. They name the sender in `Sec-Fetch-Site` and
    `Origin`, which a page cannot omit or forge. `public_host` is ours too: a proxy may have put
    another name into `Host`.
    """
    if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc in {headers.get("host"), public_host}
    except ValueError:
        return False


async def fields(request: Request) -> Form:
    """Read a small form. If a field is repeated, the last one counts."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_BYTES:
            raise SandboxError("The form is too large.", status=413)
    if not body:
        return {}
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise SandboxError(f"Send the form as {_FORM}.", status=415)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def place(form: Form, otherwise: str) -> str:
    """Return the address to go to after a form: its field `back` if that is on this site."""
    back = form.get("back", "")
    # "//host" and "/\\host" lead to other sites; control characters hide them from this check.
    ours = (
        back[:1] == "/" and back[1:2] not in {"/", "\\"} and back.isascii() and back.isprintable()
    )
    return back if ours else otherwise


def identifier(value: str | None) -> int | None:
    """Return an id or a page number; None for anything else."""
    # 18 digits always fit an int64.
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 18):
        return None
    return int(value)


def number(form: Form, name: str) -> float | None:
    """Return a number, with a point or a comma; None for an empty field."""
    text = form.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise FormError("error.number", name)
    return value


def whole(form: Form, name: str) -> int | None:
    """Return a whole number; None for an empty field."""
    value = number(form, name)
    if value is not None and not value.is_integer():
        raise FormError("error.whole", name)
    return None if value is None else int(value)


def seconds(form: Form) -> float:
    """Return the seconds to move the clock: the fields `amount` and `unit`."""
    amount, unit = number(form, "amount"), UNITS.get(form.get("unit", "seconds"))
    if amount is None or unit is None:
        raise FormError("error.clock")
    return amount * unit


def fault(form: Form) -> Fault:
    """Return the fault that a form describes. Empty fields keep the fault's defaults."""
    percent = number(form, "percent")
    given: dict[str, Any] = {
        "operation": form.get("operation") or None,
        "probability": None if percent is None else percent / 100,
        "times": whole(form, "times"),
        "seconds": number(form, "seconds"),
        "status": whole(form, "status"),
        "retry_after": whole(form, "retry_after"),
        "field": form.get("field") or None,
        "value": form.get("value") or None,
        "after_commit": "after_commit" in form,
        "html": "html" in form,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    return Fault(form.get("kind", ""), **chosen)
