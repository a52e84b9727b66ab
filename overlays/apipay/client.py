"""The front door: `ApiPay` and `AsyncApiPay`."""

from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import Any, Literal, NoReturn, Self

import httpx

from apipay import settings
from apipay._clock import SYSTEM_CLOCK, Clock
from apipay._methods import AsyncMethods, Methods
from apipay.errors import ClientClosedError, InvalidRequestError
from apipay.hooks import Call, Hook, Hooks, LateDuplicate, WaitEvent
from apipay.logs import LogHook, guard_httpx_log
from apipay.pacing import (
    AsyncPacingTransport,
    Budget,
    BudgetState,
    PacingTransport,
    Priority,
    RateLimit,
    local_budget,
)
from apipay.settings import UNSET, Timeout, Unset
from apipay.transport import (
    CALL_EXTENSION,
    AsyncErrorTransport,
    AsyncLayeredClient,
    AsyncNetwork,
    AsyncRetryTransport,
    ErrorTransport,
    LayeredClient,
    Network,
    RetryPolicy,
    RetryState,
    RetryTransport,
    client_settings,
    shared_ledger,
)
from apipay.transport.engine import call_of
from apipay.transport.failures import from_generated
from apipay.transport.policy import check_deadline, check_max_retries
from apipay_client.client import AuthenticatedClient
from apipay_client.operations import EXTENSIONS
from apipay_client.types import CallOptions


class _Common:
    """What the sync and the async client share: everything but sending."""

    _client: AuthenticatedClient

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
        """Make a client. Nothing is sent or opened yet.

        Args:
            api_key: The key from the ApiPay.kz dashboard; else APIPAY_API_KEY.
            base_url: Where the service is; else APIPAY_BASE_URL, else the service itself. https,
                or http on this machine.
            timeout: Seconds, an `httpx.Timeout`, or None for no limit; 5 s to connect and 30 s
                between two pieces of an answer where not given.
            headers: Sent with every request.
            retry: How often and how long a call is tried; see `RetryPolicy`.
            rate_limit: How many requests the key may send: "spec" for what the specification
                says, or None to send without pacing.
            budget: A budget of your own in place of `rate_limit`, such as one that many processes
                share (`apipay.pacing.redis.RedisBudget`).
            hooks: Told of what happens in each call; see `apipay.hooks`.
            transport: An httpx transport to send through. As with httpx, proxies from the
                environment are not used then.
            http_client: An httpx client of your own to send through, with its proxies,
                certificates, auth and event hooks. It is not closed with this client.
            clock: The time to go by; for tests.

        Raises:
            InvalidRequestError: A missing key, an address that is not safe, and the like.
        """
        key = settings.read_api_key(api_key)
        address = settings.read_base_url(base_url)
        kind = self._client_kind()
        if http_client is not None and not isinstance(http_client, kind):
            raise InvalidRequestError(
                f"http_client of {type(self).__name__} is an httpx.{kind.__name__}, "
                f"not {type(http_client).__name__}."
            )
        if http_client is not None and transport is not None:
            raise InvalidRequestError(
                "Pass transport or http_client, not both: give the transport to your http_client."
            )
        guard_httpx_log(httpx.URL(address).host)
        self._hooks = Hooks([LogHook(), *hooks])
        ledger = shared_ledger(key, address, clock)
        self._retry = RetryState(retry, hooks=self._hooks, clock=clock, ledger=ledger)
        if budget is None and rate_limit is not None:
            limit = RateLimit.from_spec(EXTENSIONS) if rate_limit == "spec" else rate_limit
            if limit is not None:
                budget = local_budget(key, address, limit, clock)
        self._budget = budget
        self._clock = clock
        self._owner = True
        own = settings.default_headers(key)
        common: dict[str, Any] = {
            "base_url": address,
            "headers": {**settings.check_headers(headers or {}), **own},
            "timeout": settings.read_timeout(timeout, http_client),
        }
        if http_client is not None:
            theirs = {
                name: value
                for name, value in http_client.headers.items()
                if name.lower() not in {other.lower() for other in own}
            }
            common["headers"] = {**theirs, **common["headers"]}
            common["cookies"] = http_client.cookies
            common["params"] = http_client.params
        self._client = self._with_sender(
            AuthenticatedClient(
                base_url=address,
                token=key,
                timeout=common["timeout"],
                formats=_FORMATS,
                on_error=from_generated,
            ),
            self._make_sender(transport, http_client, common),
        )

    @classmethod
    def _client_kind(cls) -> type[httpx.Client] | type[httpx.AsyncClient]:
        raise NotImplementedError

    def _make_sender(self, transport: Any, http_client: Any, common: dict[str, Any]) -> Any:
        raise NotImplementedError

    @staticmethod
    def _with_sender(client: AuthenticatedClient, sender: Any) -> AuthenticatedClient:
        raise NotImplementedError

    @property
    def _sender(self) -> Any:
        raise NotImplementedError

    def _on_wait(self, request: httpx.Request, seconds: float) -> None:
        if self._hooks.before_wait is not None:
            call: Call = request.extensions.get(CALL_EXTENSION) or call_of(request)
            self._hooks.before_wait(WaitEvent(call, seconds, "budget"))

    @property
    def raw(self) -> AuthenticatedClient:
        """The client for the generated functions of `apipay_client.api`.

        They send through the same retries, pacing and errors as the methods.
        """
        return self._client

    @property
    def base_url(self) -> str:
        """Where requests go."""
        return str(self._sender.base_url).rstrip("/")

    @property
    def rate_limit(self) -> BudgetState | None:
        """How the request budget stands: its limit, what remains, who waits. None: no pacing."""
        return None if self._budget is None else self._budget.state()

    @property
    def late_duplicates(self) -> tuple[LateDuplicate, ...]:
        """The last 1,000 writes that took effect late, after they had been sent again.

        See `apipay.hooks.LateDuplicate`; the hook `duplicate_found` tells of each at once.
        """
        return tuple(self._retry.late_duplicates)

    @property
    def is_closed(self) -> bool:
        """Whether the client was closed."""
        closed: bool = self._sender.is_closed
        return closed

    def with_options(
        self,
        *,
        timeout: Timeout | Unset = UNSET,
        headers: Mapping[str, str] | Unset = UNSET,
        max_retries: int | Unset = UNSET,
        deadline: float | Unset = UNSET,
        priority: Priority | Unset = UNSET,
    ) -> Self:
        """Return a client whose calls start from these options, and the same ones otherwise.

        It shares the connections, the rate budget and the hooks, so it costs nothing to make.
        Closing it does nothing: the client that it was made from closes the connections.

        Args:
            timeout: Seconds for one attempt, an `httpx.Timeout`, or None for no limit.
            headers: Sent too; they are added to the headers so far.
            max_retries: How often a request is sent again.
            deadline: Seconds for the whole call, waits and retries included.
            priority: "high", "normal" or "low": who goes first when the rate budget is short.
        """
        old = self._client.default_options
        new: CallOptions = {}
        if not isinstance(timeout, Unset):
            new["timeout"] = settings.check_timeout(timeout)
        if not isinstance(headers, Unset):
            new["headers"] = {**old.get("headers", {}), **settings.check_headers(headers)}
        if not isinstance(max_retries, Unset):
            check_max_retries(max_retries)
            new["max_retries"] = max_retries
        if not isinstance(deadline, Unset):
            check_deadline(deadline)
            new["deadline"] = deadline
        if not isinstance(priority, Unset):
            settings.check_priority(priority)
            new["priority"] = priority
        clone = type(self).__new__(type(self))
        # What the generated base keeps is each resource with its client: those are made anew.
        kept = ("_hooks", "_retry", "_budget", "_clock")
        clone.__dict__.update({name: self.__dict__[name] for name in kept})
        clone._owner = False
        client = AuthenticatedClient(
            base_url=self.base_url,
            token=self._client.token,
            default_options={**old, **new},
            formats=_FORMATS,
            on_error=from_generated,
        )
        clone._client = self._with_sender(client, self._sender)
        return clone

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self.base_url!r})"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"{type(self).__name__} holds open connections and a key, so it is not pickled or "
            "copied: make one in each process, or use with_options()."
        )


class ApiPay(_Common, Methods):
    """The client of ApiPay.kz: `ApiPay().invoices.create(amount=..., phone_number=...)`.

    Every failure is an `apipay.errors.ApiPayError`. Writes are never done twice: see
    `apipay.transport`. One client serves many threads, and a child process after a fork; make one
    and keep it. Close it, or use it in a `with` block, to close its connections.
    """

    @classmethod
    def _client_kind(cls) -> type[httpx.Client]:
        return httpx.Client

    def _make_sender(self, transport: Any, http_client: Any, common: dict[str, Any]) -> Any:
        def make() -> httpx.Client:
            return httpx.Client(transport=transport, **client_settings())

        layers: httpx.BaseTransport = Network(
            make, http_client, self._clock, shared=transport is not None
        )
        if self._budget is not None:
            layers = PacingTransport(layers, self._budget, clock=self._clock, on_wait=self._on_wait)
        layers = ErrorTransport(RetryTransport(layers, self._retry), self._clock)
        return LayeredClient(layers, **common)

    @staticmethod
    def _with_sender(client: AuthenticatedClient, sender: Any) -> AuthenticatedClient:
        return client.set_httpx_client(sender)

    @property
    def _sender(self) -> httpx.Client:
        return self._client.get_httpx_client()

    def close(self) -> None:
        """Close the connections. Later calls raise `ClientClosedError`; closing twice is fine."""
        if self._owner:
            self._sender.close()

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


class AsyncApiPay(_Common, AsyncMethods):
    """`ApiPay` for asyncio and trio: `await AsyncApiPay().invoices.create(...)`.

    One client serves many tasks of one event loop. Cancelling a call ends it at once; a write that
    was cancelled may have happened.
    """

    @classmethod
    def _client_kind(cls) -> type[httpx.AsyncClient]:
        return httpx.AsyncClient

    def _make_sender(self, transport: Any, http_client: Any, common: dict[str, Any]) -> Any:
        def make() -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=transport, **client_settings())

        layers: httpx.AsyncBaseTransport = AsyncNetwork(
            make, http_client, self._clock, shared=transport is not None
        )
        if self._budget is not None:
            layers = AsyncPacingTransport(
                layers, self._budget, clock=self._clock, on_wait=self._on_wait
            )
        layers = AsyncErrorTransport(AsyncRetryTransport(layers, self._retry), self._clock)
        return AsyncLayeredClient(layers, **common)

    @staticmethod
    def _with_sender(client: AuthenticatedClient, sender: Any) -> AuthenticatedClient:
        return client.set_async_httpx_client(sender)

    @property
    def _sender(self) -> httpx.AsyncClient:
        return self._client.get_async_httpx_client()

    async def close(self) -> None:
        """Close the connections. Later calls raise `ClientClosedError`; closing twice is fine."""
        if self._owner:
            await self._sender.aclose()

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


def _phone(value: str) -> str:
    from apipay.phones import to_phone

    return to_phone(value)


_FORMATS: Mapping[str, Callable[[str], str]] = {"kz-phone": _phone}
"""How arguments of a `format` of the specification are brought into the service's form."""
