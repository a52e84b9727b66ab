"""Verifying an organization: the request, and the wait for the owner to confirm."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from apipay._clock import SYSTEM_CLOCK, Clock
from apipay.errors import (
    GoneError,
    VerificationError,
    VerificationFailedError,
    VerificationTimeoutError,
)
from apipay.polling import Pace, Poll, poll, poll_async
from apipay_client.models import Organization, OrganizationStatus
from apipay_client.operations import EXTENSIONS
from apipay_client.types import CallOptions

if TYPE_CHECKING:
    from apipay_client.resources import AsyncResources, Resources

OnProgress = Callable[[float], None]
"""Called after each look with the seconds left in which the owner can confirm."""

OnUnknownStatus = Literal["wait", "raise"]
"""What a status that the specification does not know does: nothing, or a `VerificationError`."""


class _Wait:
    """One wait for the owner: what sync and async share."""

    def __init__(
        self,
        organization_id: int,
        on_progress: OnProgress | None,
        on_unknown: OnUnknownStatus,
        clock: Clock,
    ) -> None:
        stated: dict[str, Any] = EXTENSIONS["x-verification"]
        self._window = float(stated["window_seconds"])
        every = float(stated["poll_seconds"])
        self._id = organization_id
        self._on_progress = on_progress
        self._on_unknown = on_unknown
        self._clock = clock
        self._end: float | None = None
        # Normal, not low as other polling: the owner has two minutes, then it is too late.
        deadline = clock.monotonic() + self._window
        self.poll: Poll[Organization] = Poll(Pace(every, longest=every), deadline, "normal")

    def looked(self, organization: Organization) -> bool:
        """Take in an answer: whether the organization is verified. Raises when it never will be."""
        now = self._clock.monotonic()
        left = organization.time_remaining
        if self._end is None:
            # The latest moment that any answer can put the end of the window to.
            self._end = now + max(self._window, left or 0)
        status = organization.status
        if status == OrganizationStatus.PENDING:
            if left is not None:
                self.poll.deadline = min(self._end, now + left)
        elif status == OrganizationStatus.FAILED:
            raise VerificationFailedError(
                "The organization was not verified: the owner refused, or the check failed.",
                organization_id=self._id,
                last=organization,
            )
        elif not status.is_known and self._on_unknown == "raise":
            raise VerificationError(
                "The verification has a status that this version of apipay does not know.",
                organization_id=self._id,
                last=organization,
            )
        if self._on_progress is not None:
            self._on_progress(max(0.0, (self.poll.deadline or now) - now))
        return status == OrganizationStatus.VERIFIED

    def out_of_time(self) -> VerificationTimeoutError:
        """The error for a window that passed."""
        return VerificationTimeoutError(
            "The time for the owner to confirm is over.",
            organization_id=self._id,
            last=self.poll.last,
        )


def verify_organization(
    client: "Resources",
    idn: str,
    *,
    on_progress: OnProgress | None = None,
    on_unknown: OnUnknownStatus = "wait",
    clock: Clock = SYSTEM_CLOCK,
) -> Organization:
    """Start the verification of an organization and wait until its owner has confirmed it.

    Before this, the owner adds the service's phone number to Kaspi Business as a Cashier; now they
    confirm in the Kaspi Business app, within the window of the specification (120 seconds).

    Args:
        idn: The organization's IIN or BIN, 12 digits.
        on_progress: Called after each look with the seconds left.
        on_unknown: What to do at a status that is not in the specification.

    Returns:
        The verified organization.

    Raises:
        VerificationFailedError: The owner refused.
        VerificationTimeoutError: The window passed. Start again.
        OutcomeUnknownError: The answer to the request was lost. It is not sent again by itself,
            because that could put a second question to the owner.
        ValidationError: The service does not take this number.
    """
    started = client.organizations.verify(idn=idn).organization
    wait = _Wait(started.id, on_progress, on_unknown, clock)
    if wait.looked(started):
        return started
    pause = wait.poll.answered(started, clock.monotonic())
    if pause is None:
        raise wait.out_of_time()
    clock.sleep(pause)
    return _wait_for(client, wait, started.id, clock)


def wait_for_verification(
    client: "Resources",
    organization_id: int,
    *,
    on_progress: OnProgress | None = None,
    on_unknown: OnUnknownStatus = "wait",
    clock: Clock = SYSTEM_CLOCK,
) -> Organization:
    """Wait for a verification that was started before, in a process that was restarted, say.

    As `verify_organization`, without starting one. `NotFoundError` when there is none.
    """
    wait = _Wait(organization_id, on_progress, on_unknown, clock)
    return _wait_for(client, wait, organization_id, clock)


def _wait_for(client: "Resources", wait: _Wait, organization_id: int, clock: Clock) -> Organization:
    def ask(options: CallOptions) -> Organization:
        return client.organizations.status(organization_id, options=options).organization

    try:
        found = poll(ask, wait.looked, wait.poll, clock)
    except GoneError as error:
        raise wait.out_of_time() from error
    if found is None:
        raise wait.out_of_time() from wait.poll.failure
    return found


async def verify_organization_async(
    client: "AsyncResources",
    idn: str,
    *,
    on_progress: OnProgress | None = None,
    on_unknown: OnUnknownStatus = "wait",
    clock: Clock = SYSTEM_CLOCK,
) -> Organization:
    """`verify_organization` for asyncio and trio. Cancelling the task ends the wait at once."""
    started = (await client.organizations.verify(idn=idn)).organization
    wait = _Wait(started.id, on_progress, on_unknown, clock)
    if wait.looked(started):
        return started
    pause = wait.poll.answered(started, clock.monotonic())
    if pause is None:
        raise wait.out_of_time()
    await clock.sleep_async(pause)
    return await _wait_for_async(client, wait, started.id, clock)


async def wait_for_verification_async(
    client: "AsyncResources",
    organization_id: int,
    *,
    on_progress: OnProgress | None = None,
    on_unknown: OnUnknownStatus = "wait",
    clock: Clock = SYSTEM_CLOCK,
) -> Organization:
    """`wait_for_verification` for asyncio and trio."""
    wait = _Wait(organization_id, on_progress, on_unknown, clock)
    return await _wait_for_async(client, wait, organization_id, clock)


async def _wait_for_async(
    client: "AsyncResources", wait: _Wait, organization_id: int, clock: Clock
) -> Organization:
    async def ask(options: CallOptions) -> Organization:
        answer = await client.organizations.status(organization_id, options=options)
        return answer.organization

    try:
        found = await poll_async(ask, wait.looked, wait.poll, clock)
    except GoneError as error:
        raise wait.out_of_time() from error
    if found is None:
        raise wait.out_of_time() from wait.poll.failure
    return found
