"""Verification against a scripted service, on a virtual clock, sync, asyncio and trio."""

from collections.abc import Callable
from typing import Any

import anyio
import httpx
import pytest

from apipay import errors
from apipay.errors import (
    APIConnectionError,
    APIStatusError,
    NotFoundError,
    VerificationError,
    VerificationFailedError,
    VerificationTimeoutError,
)
from apipay.testing import VirtualClock
from apipay.verification import (
    verify_organization,
    verify_organization_async,
    wait_for_verification,
    wait_for_verification_async,
)
from apipay_client import AuthenticatedClient
from apipay_client.models import Organization
from apipay_client.resources import AsyncResources, Resources

URL = "http://test/api"
IDN = "123456789012"
Answer = httpx.Response | Exception


class Service:
    """Confirms after `confirmed_at` seconds. `script` replaces the answers of the first looks."""

    def __init__(self, clock: VirtualClock, confirmed_at: float = 1e9) -> None:
        self.clock = clock
        self.confirmed_at = confirmed_at
        self.final = "verified"
        self.says_time = True
        self.script: list[Answer] = []
        self.posts = 0
        self.looks: list[float] = []
        self.options: list[Any] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        now = self.clock.monotonic()
        if request.method == "POST":
            self.posts += 1
        else:
            self.looks.append(now)
            self.options.append(request.extensions["options"])
            if self.script:
                scripted = self.script.pop(0)
                if isinstance(scripted, Exception):
                    raise scripted
                if not scripted.is_success:
                    raise APIStatusError.from_response(scripted)
                return scripted
        if now >= self.confirmed_at and now <= 120:
            organization: dict[str, Any] = {"id": 7, "status": self.final}
        elif now > 120:
            raise APIStatusError.from_response(httpx.Response(410, json={"message": "over"}))
        else:
            organization = {"id": 7, "status": "pending", "idn": IDN}
            if self.says_time:
                organization["time_remaining"] = int(120 - now)
        return httpx.Response(200, json={"organization": organization, "message": "ok"})


Run = Callable[..., Organization]


@pytest.fixture(params=["sync", "asyncio", "trio"])
def run(request: pytest.FixtureRequest) -> Run:
    """Calls the sync or the async function, which both take (service, idn or id, options)."""

    def sync(service: Service, subject: str | int, **options: Any) -> Organization:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(service.answer)
        client.set_httpx_client(httpx.Client(base_url=URL, transport=transport))
        resources = Resources(client)
        if isinstance(subject, str):
            return verify_organization(resources, subject, clock=service.clock, **options)
        return wait_for_verification(resources, subject, clock=service.clock, **options)

    def through_anyio(service: Service, subject: str | int, **options: Any) -> Organization:
        async def main() -> Organization:
            client = AuthenticatedClient(base_url=URL, token="key")
            transport = httpx.MockTransport(service.answer)
            client.set_async_httpx_client(httpx.AsyncClient(base_url=URL, transport=transport))
            resources = AsyncResources(client)
            if isinstance(subject, str):
                return await verify_organization_async(
                    resources, subject, clock=service.clock, **options
                )
            return await wait_for_verification_async(
                resources, subject, clock=service.clock, **options
            )

        return anyio.run(main, backend=request.param)

    return sync if request.param == "sync" else through_anyio


def test_it_asks_every_two_seconds_until_the_owner_confirms(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=9)
    left: list[float] = []
    organization = run(service, IDN, on_progress=left.append)
    assert organization.status == "verified"
    assert service.posts == 1
    assert service.looks == [2, 4, 6, 8, 10]
    assert left[:5] == [120, 118, 116, 114, 112]


def test_a_process_that_was_restarted_goes_on_without_a_new_request(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=51)
    service.clock.advance(50)
    assert run(service, 7).status == "verified"
    assert service.posts == 0
    assert service.looks == [50, 52]


def test_a_refusal_is_an_error_of_its_own(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=5)
    service.final = "failed"
    with pytest.raises(VerificationFailedError) as caught:
        run(service, IDN)
    assert caught.value.organization_id == 7
    assert IDN not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("says_time", [True, False])
def test_it_never_asks_past_the_window(run: Run, says_time: bool) -> None:
    service = Service(VirtualClock())
    service.says_time = says_time
    with pytest.raises(VerificationTimeoutError) as caught:
        run(service, IDN)
    assert service.looks[-1] <= 120
    assert service.clock.monotonic() <= 120
    assert len(service.looks) <= 61
    assert caught.value.organization_id == 7
    assert "Start a new verification" in str(caught.value)


def test_what_the_answer_says_is_left_wins_over_the_documented_window(run: Run) -> None:
    service = Service(VirtualClock())
    service.clock.advance(110)
    with pytest.raises(VerificationTimeoutError):
        run(service, 7)
    assert service.looks == [110, 112, 114, 116, 118, 120]


def test_a_server_that_always_says_there_is_time_left_does_not_keep_it_for_ever(run: Run) -> None:
    service = Service(VirtualClock())
    organization = {"organization": {"id": 7, "status": "pending", "time_remaining": 90}}
    service.script = [httpx.Response(200, json=organization) for _ in range(1000)]
    with pytest.raises(VerificationTimeoutError):
        run(service, 7)
    assert service.clock.monotonic() <= 120


def test_410_is_a_timeout_that_says_what_to_do(run: Run) -> None:
    service = Service(VirtualClock())
    service.clock.advance(500)
    with pytest.raises(VerificationTimeoutError) as caught:
        run(service, 7)
    assert isinstance(caught.value.__cause__, errors.GoneError)


def test_single_failed_looks_do_not_end_the_wait(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=9)
    service.script = [
        APIConnectionError("cut"),
        httpx.Response(502, text="<html>"),
        httpx.Response(429, json={"message": "slow down", "retry_after": 5}),
        errors.ResponseDecodeError("broken", status_code=200),
    ]
    assert run(service, IDN).status == "verified"
    assert service.looks == [2, 4, 6, 11, 13]


def test_an_error_that_will_not_pass_is_raised_at_once(run: Run) -> None:
    service = Service(VirtualClock())
    service.script = [httpx.Response(404, json={"message": "no such organization"})]
    with pytest.raises(NotFoundError):
        run(service, 7)
    assert len(service.looks) == 1


def test_a_lost_answer_to_the_request_is_not_sent_again(run: Run) -> None:
    class Lost(Service):
        def answer(self, request: httpx.Request) -> httpx.Response:
            super().answer(request)
            raise errors.OutcomeUnknownError("lost", operation="verifyOrganization")

    service = Lost(VirtualClock())
    with pytest.raises(errors.OutcomeUnknownError):
        run(service, IDN)
    assert service.posts == 1
    assert service.looks == []


def test_an_unknown_status_waits_or_raises_as_told(run: Run) -> None:
    strange = {"organization": {"id": 7, "status": "in_review", "time_remaining": 100}}
    service = Service(VirtualClock(), confirmed_at=3)
    service.script = [httpx.Response(200, json=strange)]
    assert run(service, IDN).status == "verified"
    service = Service(VirtualClock(), confirmed_at=3)
    service.script = [httpx.Response(200, json=strange)]
    with pytest.raises(VerificationError) as caught:
        run(service, IDN, on_unknown="raise")
    assert caught.value.last.status == "in_review"


def test_looks_have_a_deadline_and_do_not_queue_behind_other_polling(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=3)
    run(service, IDN)
    assert service.options == [
        {"priority": "normal", "deadline": 118},
        {"priority": "normal", "deadline": 116},
    ]


def test_an_organization_that_is_verified_already_needs_no_look(run: Run) -> None:
    service = Service(VirtualClock(), confirmed_at=0)
    assert run(service, IDN).status == "verified"
    assert service.looks == []


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancelling_ends_the_wait_at_once(backend: str) -> None:
    service = Service(VirtualClock())

    async def main() -> None:
        client = AuthenticatedClient(base_url=URL, token="key")
        transport = httpx.MockTransport(service.answer)
        client.set_async_httpx_client(httpx.AsyncClient(base_url=URL, transport=transport))
        with anyio.CancelScope() as scope:
            await verify_organization_async(
                AsyncResources(client),
                IDN,
                clock=service.clock,
                on_progress=lambda left: scope.cancel() if left < 117 else None,
            )
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)
    assert len(service.looks) == 2
