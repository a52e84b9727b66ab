"""No secret, phone number or name is in what error trackers and debuggers show of a failure.

Each failure is shown by Sentry (real SDK, local transport), by rich and by pytest, all with the
local variables of every frame. Marked values are searched for in what they show.
"""

import io
import json
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import anyio
import pytest
import rich.console
import rich.traceback
import sentry_sdk
from _pytest._code import ExceptionInfo
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.transport import Transport

from apipay.webhooks import (
    Inbox,
    MemoryStore,
    UnknownEvent,
    sign,
    unwrap,
    verify,
)

# In globals, which none of the three shows: what is found was shown by the code under test.
SECRET = "whsec_" + "MARKED"
OTHER = "another " + "MARKED"
NAME = "Aigerim " + "MARKED"
PHONE = "87009998877"
MARKS = ("MARKED", PHONE)


def body_of(**more: Any) -> bytes:
    invoice = {"id": 4217, "status": "paid", "client_name": NAME, "client_phone": PHONE, **more}
    data = {"event": "invoice.status_changed", "invoice": invoice}
    return json.dumps({**data, "timestamp": "2026-11-20T09:18:40Z"}).encode()


BODY = body_of()
SIGNATURE = sign(BODY, SECRET)
BROKEN = {
    "shape": body_of(id="no number"),
    "amount": body_of(amount="-5000.00"),
    "json": BODY[:-1],
    "after": BODY + BODY,
    "encoding": BODY.replace(b"{", b"\xff{", 1),
    "surrogate": body_of(description="HERE").replace(b"HERE", b"\\ud800"),
    "deep": body_of(more="HERE").replace(b'"HERE"', b"[" * 100 + b"]" * 100),
    "no event": BODY.replace(b"event", b"tnevE"),
}


class LocalTransport(Transport):
    """Keeps what Sentry would send."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []

    def capture_envelope(self, envelope: Any) -> None:
        self.sent.append(envelope.serialize().decode())


def shown(error: BaseException) -> dict[str, str]:
    """Everything that each of the three shows of an error."""
    transport = LocalTransport()
    client = sentry_sdk.Client(
        dsn="http://key@127.0.0.1:9/1",
        transport=transport,
        default_integrations=False,
        event_scrubber=EventScrubber(denylist=[], pii_denylist=[]),
        max_value_length=1_000_000,
    )
    with sentry_sdk.isolation_scope() as scope:
        scope.set_client(client)
        sentry_sdk.capture_exception(error)
    text = io.StringIO()
    console = rich.console.Console(file=text, width=2000)
    assert error.__traceback__ is not None
    console.print(
        rich.traceback.Traceback.from_exception(
            type(error), error, error.__traceback__, show_locals=True, locals_max_string=10_000
        )
    )
    info = ExceptionInfo.from_exception(error)
    (event,) = transport.sent
    return {
        "sentry": event,
        "rich": text.getvalue(),
        "pytest": str(info.getrepr(showlocals=True, style="long", truncate_locals=False)),
    }


def caught(act: Callable[[], object]) -> BaseException:
    try:
        act()
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def leaks(error: BaseException) -> list[str]:
    return [
        f"{mark} in {tool}" for tool, text in shown(error).items() for mark in MARKS if mark in text
    ]


def careless() -> None:
    secret, phone = SECRET, PHONE
    raise RuntimeError(len(secret) + len(phone))


def test_the_three_tools_do_show_locals() -> None:
    assert len(leaks(caught(careless))) == 6


def fails(*_: object) -> Any:
    raise RuntimeError("the shop's database is away")


async def fails_async(*_: object) -> Any:
    raise RuntimeError("the shop's database is away")


UNWRAPPED: dict[str, Callable[[], object]] = {
    "forged": lambda: unwrap(BODY, "sha256=" + "0" * 64, SECRET),
    "forged, from headers": lambda: unwrap(BODY, {"x-webhook-signature": OTHER}, [SECRET, OTHER]),
    "unsigned": lambda: unwrap(BODY, {}, SECRET),
    "odd headers": lambda: unwrap(BODY, [1, OTHER], SECRET),  # type: ignore[list-item]
    "too large": lambda: unwrap(BODY, SIGNATURE, SECRET, max_bytes=3),
    "text": lambda: unwrap(BODY.decode(), SIGNATURE, SECRET),  # type: ignore[arg-type]
    "one blank secret": lambda: unwrap(BODY, SIGNATURE, [SECRET, ""]),
    "secret with a line break": lambda: unwrap(BODY, SIGNATURE, SECRET + "\n"),
    "odd secret": lambda: unwrap(BODY, SIGNATURE, [SECRET, None]),  # type: ignore[list-item]
    "function fails": lambda: unwrap(BODY, {"x-webhook-signature": SIGNATURE}, fails),
    "function knows nobody": lambda: unwrap(BODY, SIGNATURE, lambda _: None),
    "function, forged": lambda: unwrap(BODY, "sha256=" + "0" * 64, lambda _: SECRET),
    "verify": lambda: verify(BODY, "sha256=" + "0" * 64, SECRET),
    "verify, blank": lambda: verify(BODY, SIGNATURE, [SECRET, b"\0"]),
    "verify, wrong arguments": lambda: verify(BODY, SIGNATURE, secrets=SECRET),  # type: ignore
    "sign": lambda: sign(BODY.decode(), SECRET),  # type: ignore[arg-type]
    "sign, blank": lambda: sign(BODY, SECRET + "\n"),
}
for name, broken in BROKEN.items():
    UNWRAPPED[f"signed, {name}"] = lambda b=broken: unwrap(b, sign(b, SECRET), SECRET)


@pytest.mark.parametrize("case", [case for case in UNWRAPPED if not case.startswith("signed")])
def test_no_failure_of_a_delivery_shows_what_it_was_given(case: str) -> None:
    assert leaks(caught(UNWRAPPED[case])) == []


class Signed:
    """A body that only the lambda's global name gives, not a local."""

    body: bytes = b""


def unwrap_signed() -> object:
    return unwrap(Signed.body, sign(Signed.body, SECRET), SECRET)


@pytest.mark.parametrize("name", list(BROKEN))
def test_no_signed_but_broken_body_is_shown(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Signed, "body", BROKEN[name])
    error = caught(unwrap_signed)
    assert error.reason in ("shape", "json", "encoding")  # type: ignore[attr-defined]
    assert error.__context__ is None
    assert leaks(error) == []


# -- through the receivers -------------------------------------------------------------------------


def deliver_asgi(receiver: Any) -> object:
    headers = [(b"x-webhook-signature", SIGNATURE.encode())]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": BODY}

    async def send(message: Any) -> None: ...

    return anyio.run(
        receiver, {"type": "http", "method": "POST", "headers": headers}, receive, send
    )


def deliver_flask(receiver: Any) -> object:
    import flask

    app = flask.Flask("shop")
    app.register_error_handler(Exception, seen)
    app.add_url_rule("/hook", view_func=receiver)
    return app.test_client().post("/hook", data=BODY, headers={"X-Webhook-Signature": SIGNATURE})


def deliver_django(receiver: Any) -> object:
    import django
    from django.conf import settings
    from django.core.signals import got_request_exception
    from django.test import Client, override_settings
    from django.urls import path

    if not settings.configured:
        settings.configure(ALLOWED_HOSTS=["*"], SECRET_KEY="for tests", ROOT_URLCONF="none")
        django.setup()
    urls: Any = ModuleType("urls")
    urls.urlpatterns = [path("hook", receiver)]

    def failed(**_: object) -> None:
        seen(sys.exc_info()[1])

    got_request_exception.connect(failed)
    try:
        with override_settings(ROOT_URLCONF=urls):
            return Client(raise_request_exception=False).post(
                "/hook", BODY, "application/json", headers={"X-Webhook-Signature": SIGNATURE}
            )
    finally:
        got_request_exception.disconnect(failed)


def deliver_aiohttp(receiver: Any) -> object:
    import asyncio
    from unittest.mock import Mock

    from aiohttp.streams import StreamReader
    from aiohttp.test_utils import make_mocked_request

    async def main() -> object:
        payload = StreamReader(Mock(_reading_paused=False), 2**16)
        payload.feed_data(BODY)
        payload.feed_eof()
        headers = {"X-Webhook-Signature": SIGNATURE}
        return await receiver(make_mocked_request("POST", "/hook", headers, payload=payload))

    return asyncio.run(main())


FRAMEWORKS = {
    "asgi": deliver_asgi,
    "flask": deliver_flask,
    "django": deliver_django,
    "aiohttp": deliver_aiohttp,
}


class Case:
    framework: str = ""
    options: dict[str, Any]
    found: list[str] | None = None


def seen(error: Any) -> tuple[str, int]:
    """Note what leaks where the framework reports the error, below its test client."""
    Case.found = leaks(error)
    return "failed", 500


def receive() -> object:
    """Make the case's receiver and deliver BODY to it."""
    from importlib import import_module

    module = import_module(f"apipay.webhooks.receivers.{Case.framework}")
    handler = Case.options["handler"]
    inbox = Inbox(MemoryStore())
    if callable(Case.options["secret"]):
        view = module.receiver(handler, inbox=inbox, secret=Case.options["secret"])
    elif Case.options["secret"] == "blank":
        view = module.receiver(handler, inbox=inbox, secret=[SECRET, ""])
    else:
        view = module.receiver(handler, inbox=inbox, secret=SECRET)
    return FRAMEWORKS[Case.framework](view)


@pytest.mark.parametrize("framework", list(FRAMEWORKS))
@pytest.mark.parametrize(
    ("handler", "secret"),
    [
        (fails, "good"),
        (fails_async, "good"),
        (None, "good"),
        (fails, "blank"),
        (lambda *_: None, fails),
        (lambda *_: None, fails_async),
    ],
    ids=["handler", "async-handler", "no-handler", "blank-secret", "chooser", "async-chooser"],
)
def test_no_failure_in_a_receiver_shows_the_delivery(
    framework: str, handler: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Case, "framework", framework)
    monkeypatch.setattr(Case, "options", {"handler": handler, "secret": secret}, raising=False)
    monkeypatch.setattr(Case, "found", None)
    try:
        receive()
    except Exception as error:
        seen(error)
    assert Case.found == []


def test_no_failing_handler_of_an_unknown_event_shows_it() -> None:
    inbox = Inbox(MemoryStore())
    error = caught(
        lambda: inbox.handle(UnknownEvent("later", {"event": "later", "n": NAME}), fails)
    )
    assert leaks(error) == []


def test_no_logged_refusal_shows_the_delivery(caplog: pytest.LogCaptureFixture) -> None:
    from apipay.webhooks.receivers.asgi import receiver

    caplog.set_level("DEBUG")
    deliver_asgi(receiver(lambda *_: None, inbox=Inbox(MemoryStore()), secret=OTHER))
    assert "webhook refused" in caplog.text
    for record in caplog.records:
        assert record.exc_info is None
    assert not any(mark in caplog.text for mark in MARKS)
