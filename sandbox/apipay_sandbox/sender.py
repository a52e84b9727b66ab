"""Sends the webhooks that are due, signed, and keeps what the receiver answered."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import attrs
import httpx

from .actions import Actions
from .errors import SandboxError
from .network import addresses_of
from .records import Attempt, Delivery
from .state import State

_KEPT_BYTES = 16_384
"""So much of a receiver's answer is kept in the log."""
_AT_ONCE = 8
"""So many deliveries are under way at the same time: small receivers refuse more."""


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body: `sha256=` and the HMAC-SHA256 in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Sender:
    """Runs in the server's event loop: wakes when something is due, and delivers."""

    def __init__(
        self,
        state: State,
        actions: Actions,
        *,
        allow_remote: bool,
        timeout: float | None = None,
    ) -> None:
        self._state = state
        self._actions = actions
        self._allow_remote = allow_remote
        self._rules = state.spec.delivery
        self._timeout = self._rules.timeout_seconds if timeout is None else timeout
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._under_way: dict[int, asyncio.Task[None]] = {}
        self.on_idle: Callable[[], None] = lambda: None

    @property
    def idle(self) -> bool:
        """Whether nothing is being delivered and nothing is due. Hold the store's lock."""
        state = self._state
        due = state.next_due()
        return not (
            self._under_way or state.to_send or (due is not None and due <= state.clock.now())
        )

    def wake(self) -> None:
        """Look again at what is due. Call it in the loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        state = self._state
        # No proxy from the environment: webhooks stay on this machine unless allowed otherwise. No
        # connection is kept: a receiver that failed or was restarted has closed its end, and the
        # next delivery would be lost on it.
        async with httpx.AsyncClient(
            timeout=self._timeout,
            trust_env=False,
            follow_redirects=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        ) as client:
            try:
                while True:
                    self._wake.clear()
                    with state.store.lock:
                        self._actions.settle_due()
                        due, state.to_send[:] = list(state.to_send), []
                        after = state.next_due()
                        wait = None if after is None else state.clock.real_seconds_until(after)
                        for delivery_id in due:
                            self._start(client, delivery_id)
                    if not self._under_way:
                        self.on_idle()
                    try:
                        # An hour at most: the machine's own clock may have been set.
                        async with asyncio.timeout(3600 if wait is None else min(wait, 3600)):
                            await self._wake.wait()
                    except TimeoutError:
                        pass
            finally:
                for task in self._under_way.values():
                    task.cancel()

    def _start(self, client: httpx.AsyncClient, delivery_id: int) -> None:
        if delivery_id in self._under_way:
            return
        task = asyncio.get_running_loop().create_task(self._deliver(client, delivery_id))
        self._under_way[delivery_id] = task

    async def _deliver(self, client: httpx.AsyncClient, delivery_id: int) -> None:
        try:
            async with self._slots:
                delivery = self._state.store.deliveries.get(delivery_id)
                webhook = self._state.store.webhooks.get(delivery.webhook_id) if delivery else None
                if delivery is None or webhook is None:
                    return
                attempt = await self._attempt(client, delivery, webhook.secret)
                with self._state.store.lock:
                    # A reset in the meantime took the delivery away.
                    current = self._state.store.deliveries.get(delivery_id)
                    if current is not None and current.created_at == delivery.created_at:
                        self._actions.record_attempt(self._after(current, attempt))
        finally:
            self._under_way.pop(delivery_id, None)
            self.wake()

    def _after(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Return the delivery with one more attempt, and when the next is due."""
        attempts = (*delivery.attempts, attempt)
        if attempt.status is not None and 200 <= attempt.status < 300:
            return attrs.evolve(
                delivery, attempts=attempts, status="delivered", next_attempt_at=None
            )
        # A delivery asked for by hand, after the last planned one, is not repeated.
        if len(attempts) >= self._rules.max_attempts or delivery.status == "failed":
            return attrs.evolve(delivery, attempts=attempts, status="failed", next_attempt_at=None)
        settings = self._state.settings
        wait = settings.first_retry * settings.retry_growth ** (len(attempts) - 1)
        return attrs.evolve(
            delivery, attempts=attempts, next_attempt_at=self._state.clock.now() + wait
        )

    async def _attempt(self, client: httpx.AsyncClient, delivery: Delivery, secret: str) -> Attempt:
        at, began = self._state.clock.now(), time.monotonic()
        body = delivery.body.encode()
        try:
            async with asyncio.timeout(self._timeout):
                status, text = await self._post(client, delivery, body, secret)
        except TimeoutError:
            problem = f"No answer within {self._timeout:g} seconds."
            return Attempt(at, error=problem, seconds=time.monotonic() - began)
        except (httpx.HTTPError, httpx.InvalidURL, SandboxError, OSError) as error:
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
            return Attempt(at, error=problem, seconds=time.monotonic() - began)
        return Attempt(at, status=status, body=text, seconds=time.monotonic() - began)

    async def _post(
        self, client: httpx.AsyncClient, delivery: Delivery, body: bytes, secret: str
    ) -> tuple[int, str]:
        url = httpx.URL(delivery.url)
        refused = httpx.ConnectError("The host has no address.")
        headers = {
            "Host": urlsplit(delivery.url).netloc,
            "Content-Type": "application/json",
            self._rules.signature_header: sign(body, secret),
        }
        for address in await addresses_of(delivery.url, allow_remote=self._allow_remote):
            # To the very address that was checked: a second look-up could give another one.
            request = client.build_request(
                "POST",
                url.copy_with(host=address),
                content=body,
                headers=headers,
                extensions={"sni_hostname": url.host} if url.scheme == "https" else {},
            )
            try:
                response = await client.send(request, stream=True)
                break
            except httpx.ConnectError as error:
                refused = error
        else:
            raise refused
        try:
            kept = bytearray()
            async for chunk in response.aiter_raw():
                kept += chunk
                if len(kept) >= _KEPT_BYTES:
                    break
            return response.status_code, bytes(kept[:_KEPT_BYTES]).decode("utf-8", "replace")
        finally:
            await response.aclose()
