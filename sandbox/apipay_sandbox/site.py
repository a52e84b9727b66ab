"""The part of the server that is not the API: `/_sandbox/` and the pages."""

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from .control import PREFIX
from .errors import SandboxError

_SAID = {
    404: "There is no such address.",
    405: "This address does not know this method.",
}


async def _refusal(request: Request, problem: Exception) -> Response:
    if not isinstance(problem, SandboxError):
        raise problem
    body: dict[str, object] = {"message": problem.message}
    if problem.errors is not None:
        body["errors"] = problem.errors
    return JSONResponse(body, problem.status)


async def _no_route(request: Request, problem: Exception) -> Response:
    """Answer what has no route. The pages have their own answer, so this is the control side's."""
    assert isinstance(problem, HTTPException)
    said = f"{_SAID.get(problem.status_code, problem.detail)} GET {PREFIX}/ lists what there is."
    return JSONResponse({"message": said}, problem.status_code, problem.headers)


class Site(Starlette):
    """A Starlette application whose routes may raise `SandboxError`."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        super().__init__(
            routes=list(routes),
            exception_handlers={SandboxError: _refusal, HTTPException: _no_route},
        )
