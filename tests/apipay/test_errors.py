"""The error tree: shape, messages, pickles, and that nothing private is ever shown."""

import copy
import inspect
import json
import pickle
from typing import Any

import httpx
import pytest

from apipay import errors
from apipay.errors import ApiPayError, APIStatusError, Lookup, OutcomeUnknownError
from apipay_client.operations import STATED_MESSAGES

SECRETS = {
    "key": "sk_live_Zq93kd02mmXX",
    "phone": "87015554433",
    "typed phone": "+7 701 555-44-33",
    "name": "Айгерим Сапарова",
    "latin name": "Dinara Akhmetova",
    "iin": "990101300123",
}
SENTENCES = [
    "Invoice is not pending",
    *(f"Client {secret} has no account" for secret in SECRETS.values()),
    *(f"{secret}" for secret in SECRETS.values()),
    *(f"Bad value '{secret}' for (phone_number={secret})" for secret in SECRETS.values()),
    "Клиент Айгерим Сапарова (8 701 555 44 33) не найден",
    "DINARA AKHMETOVA declined",
    "dinara-akhmetova@mail.kz, Dinara_Akhmetova, Dinara's",
]


def everything_shown(error: BaseException) -> str:
    copies = [pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)]
    shown = [f"{item} {item!r} {item.args} {vars(item)}" for item in copies]
    return "\n".join([str(error), repr(error), str(error.args), *shown])


def assert_nothing_private(shown: str) -> None:
    lowered = shown.lower()
    for secret in SECRETS.values():
        for part in secret.lower().split():
            assert part not in lowered
    assert "5554433" not in "".join(filter(str.isdigit, shown.replace("\n", "x")))


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503, 520])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_what_the_service_says_is_shown_without_what_is_private(status: int, sentence: str) -> None:
    body = {
        "message": sentence,
        "errors": {"phone_number": [sentence], sentence: [sentence]},
        "client_name": SECRETS["name"],
    }
    response = httpx.Response(status, json=body, headers={"X-Echo": SECRETS["key"]})
    error = APIStatusError.from_response(response, sent_fields=["phone_number"])
    assert_nothing_private(everything_shown(error))
    assert error.body == body
    assert error.server_message == sentence


@pytest.mark.parametrize("text", sorted(STATED_MESSAGES))
def test_a_text_that_the_specification_states_is_quoted(text: str) -> None:
    body = {"message": text, "errors": {"amount": [text], "other": [text]}}
    error = APIStatusError.from_response(httpx.Response(422, json=body), sent_fields=["amount"])
    assert str(error).startswith(f"The request failed with status 422: {text.rstrip('.')}.")
    assert f"Refused: amount ({text.rstrip('.')})." in str(error)


@pytest.mark.parametrize(
    "sentence", ["No customer Bill Page with phone 34567", "Клиент не найден", "ivan", "34567"]
)
def test_any_other_text_is_never_quoted(sentence: str) -> None:
    body = {"message": sentence, "errors": {"amount": [sentence], sentence: ["x"]}}
    error = APIStatusError.from_response(httpx.Response(422, json=body), sent_fields=["amount"])
    assert "`server_message`" in str(error)
    assert "Refused: amount." in str(error)
    assert sentence not in everything_shown(error)
    assert error.server_message == sentence
    assert error.field_errors == {"amount": [sentence], sentence: ["x"]}


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (409, "ConflictError"),
        (410, "GoneError"),
        (422, "ValidationError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (599, "ServerError"),
        (418, "APIStatusError"),
        (301, "APIStatusError"),
    ],
)
def test_each_status_has_its_class(status: int, name: str) -> None:
    error = APIStatusError.from_response(
        httpx.Response(status, content=b"<html>"), operation="getInvoice", attempts=3
    )
    assert type(error).__name__ == name
    assert (error.status_code, error.operation, error.attempts) == (status, "getInvoice", 3)
    assert error.next_step
    assert error.is_retryable == (status in (429, 500, 599))
    assert error.body == "<html>"


def make_each() -> list[ApiPayError]:
    lookup = Lookup(
        "createInvoice", "listInvoices", {"search": "order-1"}, {"amount": "5.00"}, 3.5, (1, 2)
    )
    given_by_name: dict[str, Any] = {
        "status_code": 418,
        "operation": "createInvoice",
        "attempts": 2,
        "retry_after": 7.0,
        "lookup": lookup,
        "organization_id": 5,
        "resume": {"id": 5},
        "path": "/id",
    }
    made: list[ApiPayError] = []
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, ApiPayError):
            parameters = inspect.signature(kind).parameters
            known = {key: value for key, value in given_by_name.items() if key in parameters}
            made.append(kind("What happened.", **known))
    return made


@pytest.mark.parametrize("error", make_each(), ids=lambda error: type(error).__name__)
def test_every_error_survives_pickle_and_copy(error: ApiPayError) -> None:
    for again in (pickle.loads(pickle.dumps(error)), copy.deepcopy(error), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        for name, value in vars(error).items():
            if name not in ("body", "headers", "last"):
                assert getattr(again, name) == value
    assert str(error).startswith("What happened.")


def test_what_may_be_private_stays_in_the_process() -> None:
    secret = json.dumps(SECRETS)
    private = [
        errors.WaitTimeoutError("x", last=secret, resume={"id": 1}),
        errors.VerificationFailedError("x", organization_id=1, last=secret),
        errors.ResponseDecodeError("x", status_code=200, body=secret, headers={"a": secret}),
        errors.ServerError("x", status_code=500, body=secret, headers={"a": secret}),
    ]
    for error in private:
        assert_nothing_private(everything_shown(error))
    assert pickle.loads(pickle.dumps(private[0])).resume == {"id": 1}


def test_an_unknown_outcome_says_what_to_do() -> None:
    lookup = Lookup("createInvoice", "listInvoices", {"search": "order-87015554433"}, {"a": "5"})
    error = OutcomeUnknownError("It may have happened.", lookup=lookup)
    assert "client.confirm()" in str(error)
    assert not error.is_retryable
    assert "87015554433" not in f"{error}{error!r}{lookup!r}"
    assert pickle.loads(pickle.dumps(error)).lookup == lookup


def test_every_error_is_under_the_root_and_exported() -> None:
    defined = {
        name
        for name, kind in vars(errors).items()
        if inspect.isclass(kind) and issubclass(kind, Exception)
    }
    assert defined <= set(errors.__all__)
    assert all(
        issubclass(getattr(errors, name), ApiPayError) for name in defined if name != "Lookup"
    )
