"""The part of the server that is not the API: `/_sandbox/` and the pages."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from .errors import SandboxError


async def _refusal(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, SandboxError):
        raise problem
    body: dict[str, object] = {"message": problem.message}
    if problem.errors is not None:
        body["errors"] = problem.errors
    return JSONResponse(body, problem.status)


class Site(Starlette):
    """A Starlette application whose routes may raise `SandboxError`."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(routes=list(routes), exception_handlers={SandboxError: _refusal})
