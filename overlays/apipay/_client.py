"""The clients: `ApiPay` and `AsyncApiPay`."""

import os
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, NoReturn, Self, TypeVar, cast

import httpx

from apipay import _options
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._http.session import Session
from apipay._log import LogHook, guard_httpx_log
from apipay._methods import AsyncMethods, Methods
from apipay._options import UNSET, RetryPolicy, Timeout, Unset
from apipay._process import LOCK, shared_state
from apipay._steps import run, run_async
from apipay.errors import ClientClosedError, InvalidRequestError
from apipay.hooks import Hook, Hooks
from apipay.pacing.budget import Budget, BudgetState, local_budget
from apipay.pacing.limits import Priority, RateLimit
from apipay_client.client import AuthenticatedClient
from apipay_client.operations import EXTENSIONS
from apipay_client.types import CallOptions

if TYPE_CHECKING:
    from apipay._http.client import AsyncHttpClient, HttpClient
    from apipay.errors import Lookup
    from apipay_client.errors import ClientError
    from apipay_client.models import Invoice, RecurringInvoice, Refund

HttpT = TypeVar("HttpT", "HttpClient", "AsyncHttpClient")


class _Connections(Generic[HttpT]):
    """The connections of a client and its `with_options` clones, opened at the first call.

    Opening them loads the TLS certificates, which takes longer than everything else that creating a
    client does.

    Args:
        make: Opens connections.
        is_shared: They go through an http_client or a transport of the user.
    """

    def __init__(self, make: Callable[[], HttpT], *, is_shared: bool) -> None:
        self._make: Callable[[], HttpT] = make
        self._is_shared = is_shared
        self._open: HttpT | None = None
        self._process = os.getpid()
        self._of_parents: list[HttpT] = []
        self.is_closed = False

    def get(self) -> HttpT:
        """Return the connections of this process."""
        if self._open is not None and self._process == os.getpid():
            return self._open
        if self.is_closed:
            raise ClientClosedError
        if self._open is not None and self._is_shared:  # opened in the parent
            raise InvalidRequestError(
                "This client sends through an http_client or transport whose connections belong "
                "to the parent process. Create a client in each process. Nothing was sent."
            )
        made, problem = None, ""
        try:
            made = self._make()
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            problem = type(error).__name__  # SSLError is an OSError
        if made is None:  # raised here, without a cause: frames of httpx hold the key
            raise InvalidRequestError(
                f"No connection can be set up ({problem}). Check the environment variables "
                "SSL_CERT_FILE, SSL_CERT_DIR and *_PROXY; a socks proxy needs httpx[socks]. "
                "Nothing was sent."
            )
        with LOCK:
            if self._open is not None and self._process != os.getpid():
                # Kept and left alone: closing them here could end them in the parent.
                self._of_parents.append(self._open)
                self._open = None
            self._process = os.getpid()
            if self._open is None:
                self._open = made
            return self._open

    def close(self) -> HttpT | None:
        """Mark as closed, and return what has to be closed."""
        self.is_closed = True
        return self._open if self._process == os.getpid() else None


def _from_generated(error: "ClientError") -> Exception:
    from apipay._http.failures import from_generated  # after a failure only

    return from_generated(error)


class _GeneratedClient(AuthenticatedClient):
    """The generated client, sending through the connections of a client."""

    connections: _Connections[Any]

    def get_httpx_client(self) -> httpx.Client:
        connections: httpx.Client = self.connections.get()
        return connections

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        connections: httpx.AsyncClient = self.connections.get()
        return connections


class _Base(Generic[HttpT]):
    """What both clients share: everything but sending."""

    _client: AuthenticatedClient
    _clock: Clock
    _httpx_class: ClassVar[type[httpx.Client | httpx.AsyncClient]]

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout: Timeout | Unset = UNSET,
        headers: Mapping[str, str] | None = None,
        retry: RetryPolicy | None = None,
        rate_limit: RateLimit | Literal["spec"] | None = "spec",
        budget: Budget | None = None,
        hooks: Iterable[Hook] = (),
        transport: Any = None,
        http_client: Any = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        """Create a client. Nothing is sent or opened yet.

        Args:
            api_key: The key from the ApiPay.kz dashboard. Default: APIPAY_API_KEY.
            base_url: The URL of the service, https, or http on this machine. Default:
                APIPAY_BASE_URL, else the URL that the specification states.
            timeout: Seconds, an `httpx.Timeout`, or None for no limit. Default: 5 s to connect and
                30 s between two pieces of a response.
            headers: Headers to send with every request.
            retry: How often and how long a call is tried; see `RetryPolicy`.
            rate_limit: The requests that the key may send: "spec" for what the specification
                states, or None to send without pacing.
            budget: A budget of your own in place of `rate_limit`, such as one that many processes
                share (`apipay.pacing.redis.RedisBudget`).
            hooks: Notified of what happens in each call; see `apipay.hooks`.
            transport: An httpx transport to send through. As with httpx, proxies from the
                environment are not used then.
            http_client: An httpx client of your own to send through, with its proxies,
                certificates, auth and event hooks. It is not closed with this client.
            clock: The clock for waits and deadlines, for tests.

        Raises:
            InvalidRequestError: A missing key, an unsafe URL, or another invalid argument.
        """
        hooks = _check_kinds(hooks, retry, rate_limit)
        key = _options.parse_api_key(api_key)
        del api_key  # a traceback of what follows does not show it
        if isinstance(key, str):
            raise InvalidRequestError(key)
        self._base_url = url = _options.read_base_url(base_url)
        if http_client is not None:
            self._check_http_client(http_client, transport)
        settings: dict[str, Any] = {
            "base_url": url,
            "timeout": _options.read_timeout(timeout, http_client),
        }
        own_headers = dict(_options.check_headers(headers or {}))
        guard_httpx_log(httpx.URL(url).host)
        self._clock = clock
        state = shared_state(key.value, url, clock)
        if budget is None and rate_limit is not None:
            limit = RateLimit.from_spec(EXTENSIONS) if rate_limit == "spec" else rate_limit
            budget = None if limit is None else local_budget(state, limit)
        self._session = session = Session(
            key=key,
            state=state,
            policy=RetryPolicy() if retry is None else retry,
            hooks=Hooks([LogHook(), *hooks]),
            clock=clock,
            budget=budget,
        )

        def connect() -> HttpT:
            from apipay._http.client import NoCookies, NoTransport  # with the first call

            kind: Callable[..., HttpT] = self._http_class()
            merged = {**own_headers, **_options.default_headers(key)}
            if http_client is None:
                settings["cookies"] = NoCookies()
                return kind(session, None, transport=transport, headers=merged, **settings)
            taken = {name.lower() for name in merged}
            theirs = {n: v for n, v in http_client.headers.items() if n.lower() not in taken}
            return kind(
                session,
                http_client,
                transport=NoTransport(),
                headers={**theirs, **merged},
                cookies=http_client.cookies,
                params=http_client.params,
                **settings,
            )

        is_shared = http_client is not None or transport is not None
        self._connections: _Connections[HttpT] = _Connections(connect, is_shared=is_shared)
        self._is_owner = True
        self._client = self._generated(CallOptions())

    @classmethod
    def _http_class(cls) -> type[HttpT]:
        raise NotImplementedError

    def _check_http_client(self, http_client: object, transport: object) -> None:
        kind = self._httpx_class
        if not isinstance(http_client, kind):
            raise InvalidRequestError(
                f"http_client of {type(self).__name__} must be an httpx.{kind.__name__}, "
                f"not {type(http_client).__name__}."
            )
        if transport is not None:
            raise InvalidRequestError(
                "Pass transport or http_client, not both: give the transport to your http_client."
            )

    def _generated(self, options: CallOptions) -> _GeneratedClient:
        client = _GeneratedClient(
            base_url=self._base_url,
            token=self._session.key.value,
            default_options=options,
            formats=_FORMATS,
            on_error=_from_generated,
        )
        client.connections = self._connections
        return client

    @property
    def raw(self) -> AuthenticatedClient:
        """The client for the generated functions of `apipay_client.api`.

        They send through the same retries, pacing and errors as the methods.
        """
        return self._client

    @property
    def base_url(self) -> str:
        """The URL of the service."""
        return self._base_url

    @property
    def rate_limit(self) -> BudgetState | None:
        """A snapshot of the rate budget, or None without pacing."""
        budget = self._session.budget
        return None if budget is None else budget.state()

    @property
    def is_closed(self) -> bool:
        """True after `close()`."""
        return self._connections.is_closed

    def with_options(
        self,
        *,
        timeout: Timeout | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        deadline: float | Unset | None = UNSET,
        priority: Priority | Unset = UNSET,
    ) -> Self:
        """Return a client with other defaults for its calls.

        It shares the connections, the rate budget and the hooks, so it costs nothing to create.
        Closing it does nothing: the client that it comes from closes the connections.

        Args:
            timeout: Seconds for one attempt, an `httpx.Timeout`, or None for no limit.
            headers: Headers to send in addition.
            max_retries: How many times a request is sent again.
            deadline: Seconds for the whole call, waits and retries included, or None.
            priority: "high", "normal" or "low": who goes first when the rate budget is short.

        Raises:
            InvalidRequestError: An invalid value.
        """
        options = _options.merge_options(
            self._client.default_options,
            {
                "timeout": timeout,
                "headers": headers,
                "max_retries": max_retries,
                "deadline": deadline,
                "priority": priority,
            },
        )
        clone = type(self).__new__(type(self))
        # The generated base keeps each resource with its client: those are created again.
        kept = ("_base_url", "_clock", "_session", "_connections")
        clone.__dict__.update({name: self.__dict__[name] for name in kept})
        clone._is_owner = False
        clone._client = clone._generated(options)
        return clone

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds open connections and a key, so it cannot be pickled or "
            "copied. Create one in each process, or use with_options()."
        )


class ApiPay(_Base["HttpClient"], Methods):
    """The client of ApiPay.kz: `ApiPay().invoices.create(amount=..., phone_number=...)`.

    Every failure is an `apipay.errors.ApiPayError`. A write whose outcome is in doubt is never sent
    again: it is confirmed by a lookup, or raises `OutcomeUnknownError`. One client serves many
    threads, and a child process after a fork; create one and keep it. Close it, or use it in a
    `with` block, to close its connections.
    """

    _httpx_class = httpx.Client

    @classmethod
    def _http_class(cls) -> "type[HttpClient]":
        from apipay._http.client import HttpClient  # with the first call

        return HttpClient

    def confirm(self, lookup: "Lookup | None") -> "Invoice | Refund | RecurringInvoice | None":
        """Look a write up again whose outcome was unknown. Nothing is written.

        Args:
            lookup: The `lookup` of the `OutcomeUnknownError`, from this process or another one.

        Returns:
            The resource as it is now, if the evidence is exact. None if there is no trace of it so
            far: it can still appear.

        Raises:
            OutcomeUnknownError: Something is there that could be its result, or the write was sent
                without what makes evidence exact (an order id; an amount and a reason). A person
                has to look.
            ApiPayError: The lookup failed: try again.
        """
        from apipay._http.confirm import confirm_later  # most processes never need it

        return cast(
            "Invoice | Refund | RecurringInvoice | None",
            run(confirm_later(self._connections.get(), lookup), self._clock),
        )

    def close(self) -> None:
        """Close the connections. Later calls raise `ClientClosedError`; closing twice is fine."""
        if self._is_owner and (http := self._connections.close()) is not None:
            http.close()

    def __enter__(self) -> Self:
        if self.is_closed:
            raise ClientClosedError
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncApiPay(_Base["AsyncHttpClient"], AsyncMethods):
    """`ApiPay` for asyncio and trio: `await AsyncApiPay().invoices.create(...)`.

    One client serves many tasks of one event loop. Cancelling a call ends it at once; a write that
    was cancelled may have happened.
    """

    _httpx_class = httpx.AsyncClient

    @classmethod
    def _http_class(cls) -> "type[AsyncHttpClient]":
        from apipay._http.client import AsyncHttpClient  # with the first call

        return AsyncHttpClient

    async def confirm(
        self, lookup: "Lookup | None"
    ) -> "Invoice | Refund | RecurringInvoice | None":
        """Look a write up again whose outcome was unknown. See `ApiPay.confirm`."""
        from apipay._http.confirm import confirm_later  # most processes never need it

        return cast(
            "Invoice | Refund | RecurringInvoice | None",
            await run_async(confirm_later(self._connections.get(), lookup), self._clock),
        )

    async def close(self) -> None:
        """Close the connections. Later calls raise `ClientClosedError`; closing twice is fine."""
        if self._is_owner and (http := self._connections.close()) is not None:
            await http.aclose()

    async def __aenter__(self) -> Self:
        if self.is_closed:
            raise ClientClosedError
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


def _check_kinds(hooks: Any, retry: object, rate_limit: object) -> tuple[Hook, ...]:
    """Reject arguments of another type, which would fail in the middle of a call."""
    if retry is not None and not isinstance(retry, RetryPolicy):
        raise InvalidRequestError("retry must be a RetryPolicy.")
    if rate_limit not in ("spec", None) and not isinstance(rate_limit, RateLimit):
        raise InvalidRequestError('rate_limit must be a RateLimit, "spec", or None for no pacing.')
    given: tuple[object, ...] = tuple(hooks) if hasattr(hooks, "__iter__") else (None,)
    checked = tuple(hook for hook in given if isinstance(hook, Hook))
    if checked != given:
        raise InvalidRequestError("hooks must be a list of Hook instances: hooks=[MyHook()].")
    return checked


def _to_phone(value: str) -> str:
    from apipay.phones import to_phone  # with the first phone number

    return to_phone(value)


_FORMATS: Mapping[str, Callable[[str], str]] = {"kz-phone": _to_phone}
"""How arguments of a `format` of the specification are brought into the service's form."""
