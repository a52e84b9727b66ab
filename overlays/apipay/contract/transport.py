"""An httpx transport that checks every request and response."""

from collections.abc import Callable
from pathlib import Path

import httpx

from apipay.contract.checker import Checker, shared_checker
from apipay.contract.coverage import ContractError, Coverage, Problem
from apipay.contract.document import Spec


class ValidatingTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """See `apipay.testing.validating_transport`.

    Attributes:
        coverage: The operations and statuses that were reached.
        problems: Every problem so far, those of raised errors included.
        bodies: The last response body of each operation.
    """

    def __init__(
        self,
        transport: httpx.BaseTransport | httpx.AsyncBaseTransport | None = None,
        *,
        spec: Spec | None = None,
        coverage: Coverage | None = None,
        check_requests: bool = True,
        reject_unknown_fields: bool = False,
        on_problems: Callable[[list[Problem]], object] | None = None,
    ) -> None:
        if spec is None or isinstance(spec, str | Path):
            self._checker = shared_checker(None if spec is None else str(spec))
        else:
            self._checker = Checker(spec)
        self._inner = transport
        self.coverage = Coverage() if coverage is None else coverage
        self.coverage.document(self._checker.statuses)
        self.problems: list[Problem] = []
        self.bodies: dict[str, bytes] = {}
        self._check_requests = check_requests
        self._strict = reject_unknown_fields
        self._on_problems = on_problems

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Check the request, send it, and check the response."""
        if self._inner is None:
            self._inner = httpx.HTTPTransport()
        assert isinstance(self._inner, httpx.BaseTransport)
        request.read()
        if self._check_requests:
            self._report(self._checker.check_request(request))
        response = self._inner.handle_request(request)
        # Read through httpx, which also decodes; the caller gets a response without a stream.
        return self._checked(request, response, response.read())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Check the request, send it, and check the response."""
        if self._inner is None:
            self._inner = httpx.AsyncHTTPTransport()
        assert isinstance(self._inner, httpx.AsyncBaseTransport)
        await request.aread()
        if self._check_requests:
            self._report(self._checker.check_request(request))
        response = await self._inner.handle_async_request(request)
        return self._checked(request, response, await response.aread())

    def _checked(
        self, request: httpx.Request, response: httpx.Response, body: bytes
    ) -> httpx.Response:
        status, headers = response.status_code, response.headers
        operation = self._checker.operation(request)
        if operation is not None:
            self.coverage.add(operation["operationId"], status)
            self.bodies[operation["operationId"]] = body
        found = self._checker.check_response(request, status, headers, body)
        self._report([it for it in found if self._strict or it.kind != "undocumented-field"])
        kept = [
            pair
            for pair in headers.multi_items()
            if pair[0].lower() not in ("content-encoding", "content-length", "transfer-encoding")
        ]
        return httpx.Response(status, headers=kept, content=body, extensions=response.extensions)

    def _report(self, problems: list[Problem]) -> None:
        if not problems:
            return
        self.problems.extend(problems)
        if self._on_problems is None:
            raise ContractError(problems)
        self._on_problems(problems)

    def close(self) -> None:
        """Close the inner transport."""
        if isinstance(self._inner, httpx.BaseTransport):
            self._inner.close()

    async def aclose(self) -> None:
        """Close the inner transport."""
        if isinstance(self._inner, httpx.AsyncBaseTransport):
            await self._inner.aclose()
