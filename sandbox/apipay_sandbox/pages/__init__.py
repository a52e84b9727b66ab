"""The pages that people see: the payer's, the owner's, and the dashboard.

Server-rendered, no JavaScript. Pure functions turn records into HTML (`payer`, `owner`,
`dashboard`, `invoices`, `deliveries`, put together from `layout` and `html`); `app` has the routes,
which call the same verbs as tests and `/_sandbox/`.
"""

from typing import TYPE_CHECKING

from starlette.routing import BaseRoute, Match, Mount
from starlette.types import Scope

from .app import pages_app

if TYPE_CHECKING:
    from ..sandbox import Sandbox

__all__ = ["page_routes"]


class _Elsewhere(Mount):
    """All addresses but those of the control side, which answers its own 404 and 405."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != "http" or scope["path"].split("/")[1:2] == ["_sandbox"]:
            return Match.NONE, {}
        return super().matches(scope)


def page_routes(sandbox: "Sandbox") -> list[BaseRoute]:
    """Return what serves every address that is neither the API nor `/_sandbox/`."""
    return [_Elsewhere("", app=pages_app(sandbox))]
