"""Rendering: templates in the language of a request, addresses, and the static files."""

import hashlib
import re
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import segno
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..domain import invoices, verification
from ..errors import SandboxError
from . import formats, languages
from .forms import FormError
from .languages import CODES, Language

STATIC = {"style.css": "text/css", "countdown.js": "text/javascript"}
"""The static files and their media types."""
_COOKIE = "apipay_sandbox_lang"
_YEAR_SECONDS = 31_536_000
_SHOWN_BY = {
    "/clock/advance": "/",
    "/webhooks": "/deliveries",
    "/faults/add": "/faults",
    "/faults/profile": "/faults",
    "/rate-limit": "/faults",
}
"""The page that a form shows again when one of its fields cannot be used."""
# What HTML cannot hold (most control characters) and UTF-8 cannot (halves of surrogate pairs).
_UNFIT = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@cache
def static(name: str) -> str:
    """Return the stylesheet or the script."""
    return resources.files("apipay_sandbox.pages").joinpath("static", name).read_text("utf-8")


@cache
def _version(name: str) -> str:
    """Return a text that changes with a static file, so that browsers can cache it forever."""
    return hashlib.sha256(static(name).encode()).hexdigest()[:12]


async def static_file(name: str, request: Request) -> Response:
    """Respond with the stylesheet or the script. Its address changes with its content."""
    cached = {"Cache-Control": f"public, max-age={_YEAR_SECONDS}, immutable"}
    return Response(static(name), media_type=STATIC[name], headers=cached)


def qr_code(address: str) -> str:
    """Return a QR code as a data URI, dark on light in both colour schemes."""
    return segno.make_qr(address, error="m").svg_data_uri(
        border=4, dark="#111827", light="#ffffff", omitsize=True
    )


@cache
def _templates() -> Environment:
    """Return the compiled templates, shared by all sandboxes of the process."""
    environment = Environment(
        loader=PackageLoader("apipay_sandbox.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    names: dict[str, Any] = environment.globals
    names.update(
        codes=CODES,
        names=languages.NAMES,
        tenge=formats.tenge,
        moment=formats.moment,
        day=formats.day,
        duration=formats.duration,
        phone=formats.phone,
        hidden_phone=formats.hidden_phone,
        refundable=invoices.refundable,
        seconds_left=verification.seconds_left,
        is_over=verification.is_over,
    )
    return environment


class Renderer:
    """Renders the templates. All addresses begin with the path of `public_url`, mostly empty."""

    def __init__(self, public_url: str) -> None:
        self._prefix = urlsplit(public_url).path

    def url(self, path: str, /, **query: str | int | None) -> str:
        """Return an address. Fields that are None are omitted."""
        chosen = {name: value for name, value in query.items() if value is not None}
        return f"{self._prefix}{path}" + (f"?{urlencode(chosen)}" if chosen else "")

    def page(
        self,
        request: Request,
        template: str,
        *,
        status: int = 200,
        problem: Exception | None = None,
        **values: Any,
    ) -> Response:
        """Return a page.

        Args:
            problem: why a form was rejected. The page says so, and its status is an error.
        """
        chosen = languages.known(request.query_params.get("lang"))
        language = languages.language(
            chosen
            or languages.known(request.cookies.get(_COOKIE))
            or languages.accepted(request.headers.get("accept-language", ""))
        )
        # Only known notices: a link cannot make a page say anything else.
        notice = f"notice.{request.query_params.get('notice')}"
        path: str = request.scope["path"]
        # The address of a form cannot be opened, and "//host" is another site.
        path = _SHOWN_BY.get(path, path if request.method in {"GET", "HEAD"} else "/")
        path = "/" + quote(path.lstrip("/"))
        query = {
            name: value
            for name, value in request.query_params.items()
            if name not in {"lang", "notice"}
        }
        values |= {
            "t": language.text,
            "language": language,
            "url": self.url,
            "style": self.url("/style.css", v=_version("style.css")),
            "script": self.url("/countdown.js", v=_version("countdown.js")),
            "notice": notice if notice in language else None,
            "problem": _sentence(problem, language),
            "here": self.url(path, **query),
            "switch": {code: self.url(path, **query, lang=code) for code in CODES},
        }
        html = _templates().get_template(template).render(values)
        if status == 200 and problem is not None:
            status = problem.status if isinstance(problem, SandboxError) else 422
        response = HTMLResponse(_UNFIT.sub("\N{REPLACEMENT CHARACTER}", html), status)
        if chosen is not None:
            response.set_cookie(
                _COOKIE, chosen, _YEAR_SECONDS, path=self._prefix or "/", httponly=True
            )
        return response


def _sentence(problem: Exception | None, language: Language) -> Markup | None:
    """Return what is wrong. The world's own messages are in English only."""
    match problem:
        case FormError():
            return language.text(problem.key, field=language.text(f"field.{problem.field}"))
        case SandboxError():
            return Markup('<span lang="en">{}</span>').format(problem.message)
        case _:
            return None
