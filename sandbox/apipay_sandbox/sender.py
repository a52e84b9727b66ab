"""Sends the webhooks that are due, signed, and records the receivers' responses."""

import asyncio
import hashlib
import hmac
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import attrs
import httpx

from .errors import SandboxError
from .network import addresses_of
from .records import Attempt, Delivery
from .state import State, retry_wait

_KEPT_BYTES = 16_384
"""The log keeps this much of a receiver's response."""
_CONCURRENT = 8
"""Deliveries sent at the same time: small receivers refuse more."""


def sign(body: bytes, secret: str) -> str:
    """Return the signature of a body: `sha256=` and the HMAC-SHA256 in hexadecimal digits."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Sender:
    """Delivers webhooks in the server's event loop."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rules = state.spec.delivery
        self._allow_remote = state.settings.allow_remote_webhooks
        self._timeout = state.settings.webhook_timeout or self._rules.timeout_seconds
        self._wake = asyncio.Event()
        self._slots = asyncio.Semaphore(_CONCURRENT)
        self._in_progress: dict[int, asyncio.Task[None]] = {}
        self.on_idle: Callable[[], None] = lambda: None

    @property
    def idle(self) -> bool:
        """Whether no delivery is in progress or due. Hold the store's lock."""
        state = self._state
        due = state.next_due()
        return not (
            self._in_progress or state.to_send or (due is not None and due <= state.clock.now())
        )

    def wake(self) -> None:
        """Check again what is due. Call it in the loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Deliver until cancelled."""
        state = self._state
        # No proxy from the environment: webhooks stay on this machine unless allowed otherwise. No
        # keep-alive: a restarted receiver has closed its end, and the delivery would be lost.
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
                        state.run_due()
                        due, state.to_send[:] = list(state.to_send), []
                        after = state.next_due()
                        wait = None if after is None else state.clock.real_seconds_until(after)
                        for delivery_id in due:
                            self._start(client, delivery_id)
                    if not self._in_progress:
                        self.on_idle()
                    try:
                        # At most an hour: the machine's clock may be set.
                        async with asyncio.timeout(3600 if wait is None else min(wait, 3600)):
                            await self._wake.wait()
                    except TimeoutError:
                        pass
            finally:
                for task in self._in_progress.values():
                    task.cancel()

    def _start(self, client: httpx.AsyncClient, delivery_id: int) -> None:
        if delivery_id in self._in_progress:
            return
        task = asyncio.get_running_loop().create_task(self._deliver(client, delivery_id))
        self._in_progress[delivery_id] = task

    async def _deliver(self, client: httpx.AsyncClient, delivery_id: int) -> None:
        store = self._state.store
        try:
            async with self._slots:
                delivery = store.deliveries.get(delivery_id)
                webhook = store.webhooks.get(delivery.webhook_id) if delivery else None
                if delivery is None or webhook is None:
                    return
                attempt = await self._attempt(client, delivery, webhook.secret)
                with store.lock:
                    # A reset may have removed the delivery meanwhile.
                    current = store.deliveries.get(delivery_id)
                    if current is not None and current.created_at == delivery.created_at:
                        self._state.put_delivery(self._after(current, attempt))
        finally:
            self._in_progress.pop(delivery_id, None)
            self.wake()

    def _after(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Return the delivery with one more attempt and the time of the next."""
        attempts = (*delivery.attempts, attempt)
        if attempt.status is not None and 200 <= attempt.status < 300:
            return attrs.evolve(
                delivery, attempts=attempts, status="delivered", next_attempt_at=None
            )
        # A manual redelivery after the last scheduled attempt is not retried.
        if len(attempts) >= self._rules.max_attempts or delivery.status == "failed":
            return attrs.evolve(delivery, attempts=attempts, status="failed", next_attempt_at=None)
        next_at = self._state.clock.now() + retry_wait(len(attempts))
        return attrs.evolve(delivery, attempts=attempts, next_attempt_at=next_at)

    async def _attempt(self, client: httpx.AsyncClient, delivery: Delivery, secret: str) -> Attempt:
        at, began = self._state.clock.now(), time.monotonic()
        try:
            async with asyncio.timeout(self._timeout):
                status, text = await self._post(client, delivery, secret)
        except TimeoutError:
            problem = f"No response within {self._timeout:g} seconds."
            return Attempt(at, error=problem, seconds=time.monotonic() - began)
        except (httpx.HTTPError, httpx.InvalidURL, SandboxError, OSError) as error:
            problem = f"{type(error).__name__}: {error}".removesuffix(": ")
            return Attempt(at, error=problem, seconds=time.monotonic() - began)
        return Attempt(at, status=status, body=text, seconds=time.monotonic() - began)

    async def _post(
        self, client: httpx.AsyncClient, delivery: Delivery, secret: str
    ) -> tuple[int, str]:
        url, body = httpx.URL(delivery.url), delivery.body.encode()
        refused = httpx.ConnectError("The host has no address.")
        headers = {
            "Host": urlsplit(delivery.url).netloc,
            "Content-Type": "application/json",
            self._rules.signature_header: sign(body, secret),
        }
        for address in await addresses_of(delivery.url, allow_remote=self._allow_remote):
            # Sent to the address that was checked: a second lookup could return another one.
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
