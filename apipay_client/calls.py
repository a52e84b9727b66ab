"""Prepare and send requests: what the modules of `api` and `resources` have in common."""

from collections.abc import Callable, Coroutine, Mapping
from inspect import Signature, signature
from typing import Any, Generic, ParamSpec, TypeVar, cast

import httpx

from . import codec
from .client import AuthenticatedClient, Client
from .errors import InvalidArgument
from .operations import OPERATIONS, Operation, RetryClass
from .parsing import NotJson, Responses, json_or_none, read, read_success, unexpected
from .types import UNSET, CallOptions, Response

P = ParamSpec("P")
T = TypeVar("T")
S = TypeVar("S")
R = TypeVar("R")


class PreparedRequest(Generic[S, R]):
    """One request, ready to be sent, with how its response is read.

    Args:
        client: The client to send it with.
        operation: What is called.
        responses: How the response is read.
        url: The path, quoted.
        options: The options of this call, on top of the client's default options.
        params: The query parameters.
        headers: The header parameters.
        body: The part of the request that carries the body, from `codec`.
    """

    __slots__ = ("arguments", "client", "operation", "responses")

    def __init__(
        self,
        client: Client,
        operation: Operation,
        responses: Responses[S, R],
        url: str,
        options: CallOptions | None,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        self.client = client
        self.operation = operation
        self.responses = responses
        defaults = client.default_options
        merged: CallOptions = {**defaults, **options} if options else {**defaults}
        arguments: dict[str, Any] = {"method": operation.method, "url": url, **(body or {})}
        arguments["extensions"] = {
            **arguments.get("extensions", {}),
            "operation": operation,
            "options": merged,
        }
        own = {**(headers or {}), **arguments.get("headers", {})}
        if "headers" in merged:
            own |= {**defaults.get("headers", {}), **merged["headers"]}
        if own:
            arguments["headers"] = own
        if params is not None:
            arguments["params"] = params
        if "timeout" in merged:
            arguments["timeout"] = merged["timeout"]
        #: The arguments of `httpx.Client.request`.
        self.arguments = arguments

    def send(self) -> httpx.Response:
        """Send the request."""
        return self.client.get_httpx_client().request(**self.arguments)

    async def send_async(self) -> httpx.Response:
        """Send the request in async code."""
        return await self.client.get_async_httpx_client().request(**self.arguments)

    def detailed(self, response: httpx.Response) -> Response[R]:
        """Return any response with its parsed body."""
        body = read(self.client, self.operation, self.responses, response)
        return Response(response.status_code, response.content, response.headers, body)

    def success(self, response: httpx.Response) -> Response[S]:
        """Return a success with its parsed body; raise the exception of any other response."""
        if not response.is_success:
            raise unexpected(self.client, self.operation, response)
        body = read_success(self.client, self.operation, self.responses, response)
        return Response(response.status_code, response.content, response.headers, body)


def functions(
    prepare: Callable[P, PreparedRequest[Any, R]],
) -> tuple[
    Callable[P, R],
    Callable[P, Response[R]],
    Callable[P, Coroutine[Any, Any, R]],
    Callable[P, Coroutine[Any, Any, Response[R]]],
]:
    """Make the four functions of an operation: `sync` and `asyncio` return the parsed body,
    `sync_detailed` and `asyncio_detailed` the whole `Response`."""

    def prepared(*args: P.args, **kwargs: P.kwargs) -> PreparedRequest[Any, R]:
        try:
            return prepare(*args, **kwargs)
        except InvalidArgument as error:
            raise cast(Client, kwargs["client"]).failure(error) from None

    def sync_detailed(*args: P.args, **kwargs: P.kwargs) -> Response[R]:
        request = prepared(*args, **kwargs)
        return request.detailed(request.send())

    def sync(*args: P.args, **kwargs: P.kwargs) -> R:
        return sync_detailed(*args, **kwargs).parsed

    async def asyncio_detailed(*args: P.args, **kwargs: P.kwargs) -> Response[R]:
        request = prepared(*args, **kwargs)
        return request.detailed(await request.send_async())

    async def asyncio(*args: P.args, **kwargs: P.kwargs) -> R:
        return (await asyncio_detailed(*args, **kwargs)).parsed

    # Their parameters are those of `prepare`, as the types say.
    parameters = signature(prepare).replace(return_annotation=Signature.empty)
    for function in (sync, sync_detailed, asyncio, asyncio_detailed):
        function.__doc__ = prepare.__doc__
        function.__module__ = prepare.__module__
        function.__qualname__ = function.__name__
        setattr(function, "__signature__", parameters)
    return sync, sync_detailed, asyncio, asyncio_detailed


class _Resource:
    def __init__(self, client: AuthenticatedClient, *, raw: bool = False) -> None:
        """Make the methods. With `raw`, each returns the `Response` instead of its body."""
        self._client = client
        self._raw = raw

    def _prepared(self, prepare: Callable[[], PreparedRequest[S, Any]]) -> PreparedRequest[S, Any]:
        try:
            return prepare()
        except InvalidArgument as error:
            raise self._client.failure(error) from None

    def _result(self, response: Response[S]) -> S:
        return cast(S, response) if self._raw else response.parsed


class SyncResource(_Resource):
    """The base of a tag's methods, sync."""

    def _send(self, prepare: Callable[[], PreparedRequest[S, Any]]) -> S:
        request = self._prepared(prepare)
        return self._result(request.success(request.send()))


class AsyncResource(_Resource):
    """The base of a tag's methods, async."""

    async def _send(self, prepare: Callable[[], PreparedRequest[S, Any]]) -> S:
        request = self._prepared(prepare)
        return self._result(request.success(await request.send_async()))


def raw(method: Callable[P, T]) -> Callable[P, Response[T]]:
    """Type a method of a resource that was made with `raw`."""
    return cast(Callable[P, Response[T]], method)


def raw_async(
    method: Callable[P, Coroutine[Any, Any, T]],
) -> Callable[P, Coroutine[Any, Any, Response[T]]]:
    """Type a method of an async resource that was made with `raw`."""
    return cast(Callable[P, Coroutine[Any, Any, Response[T]]], method)


_ANY: Responses[Any, Any] = Responses(
    {"2XX": NotJson(json_or_none, codec.to_any), 204: None, 205: None}, {}
)
_RETRY: Mapping[str, RetryClass] = {
    **dict.fromkeys(("GET", "HEAD", "OPTIONS"), "safe"),
    **dict.fromkeys(("PUT", "DELETE"), "idempotent"),
}


def undocumented(
    client: Client,
    method: str,
    path: str,
    options: CallOptions | None,
    *,
    json: object,
    params: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
) -> PreparedRequest[Any, Any]:
    """Prepare a request that the spec does not describe; see `Resources.request`."""
    if not path.startswith("/") or path.startswith("//"):
        # An absolute URL would send the key to another server.
        raise client.failure(
            InvalidArgument("path", "must start with one slash and is relative to the base URL.")
        )
    name = method.upper()
    # Without the path, which can hold personal data: an operation shows in logs.
    operation = Operation(
        id="request",
        name="request",
        method=name,
        path="",
        tag="",
        retry=_RETRY.get(name, "never"),
        success=tuple(range(200, 300)),
        no_effect=_without_effect(),
    )
    try:
        body = None if json is UNSET else codec.json_body(json)
        query = None if params is None else codec.query(params)
    except InvalidArgument as error:
        raise client.failure(error) from None
    return PreparedRequest(
        client, operation, _ANY, path, options, params=query, headers=headers, body=body
    )


def _without_effect() -> tuple[int, ...]:
    """Return the status codes that say of every operation that the request had no effect."""
    first, *others = [set(one.no_effect) for one in OPERATIONS.values()] or [set[int]()]
    return tuple(sorted(first.intersection(*others)))
