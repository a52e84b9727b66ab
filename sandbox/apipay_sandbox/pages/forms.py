"""What comes from a browser: whether a form was sent by our own pages, and what is in it."""

from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request

from ..errors import SandboxError

_MAX_BYTES = 4096
_FORM = "application/x-www-form-urlencoded"
T = TypeVar("T")


def is_our_own(headers: Headers, public_host: str) -> bool:
    """Whether a POST came from one of our pages, or from no browser at all.

    A browser says where a request comes from in `Sec-Fetch-Site`, and in `Origin`: pages of other
    sites, which can post forms to this machine too, cannot leave them out or forge them.
    `public_host` is ours too: a proxy may have put another name into `Host`.
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


async def fields(request: Request) -> Mapping[str, str]:
    """Read a small form; of a field that is there twice, the last counts."""
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


def place(form: Mapping[str, str], otherwise: str) -> str:
    """Return where to go after a form: its field `back` if that is on this site."""
    back = form.get("back", "")
    # "//host" and "/\\host" lead to other sites; control characters hide them from this check.
    ours = (
        back[:1] == "/" and back[1:2] not in {"/", "\\"} and back.isascii() and back.isprintable()
    )
    return back if ours else otherwise


def number(value: str | None) -> int | None:
    """Read an id or a page number; None for anything else."""
    # 18 digits always fit an int64.
    if value is None or not (value.isascii() and value.isdigit() and len(value) <= 18):
        return None
    return int(value)


def known(record: T | None, what: str) -> T:
    """Return the record, or tell that there is none."""
    if record is None:
        raise SandboxError(f"The sandbox has no such {what}.", status=404)
    return record
