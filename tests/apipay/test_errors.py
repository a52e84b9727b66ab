"""The error tree: shape, messages, pickles, and that nothing private is ever shown."""

import copy
import inspect
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apipay import errors
from apipay.errors import ApiPayError, APIStatusError, Lookup, OutcomeUnknownError
from apipay.redaction import safe_text

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
    error = APIStatusError.from_response(response, secrets=[SECRETS["key"]])
    assert_nothing_private(everything_shown(error))
    assert error.body == body
    assert error.server_message == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Invoice is not pending",
        "API key is required",
        "Verification expired. Please start again.",
        "The phone_number field is required.",
        "Refund exceeds the amount left",
        "At most 60 requests a minute",
    ],
)
def test_plain_sentences_stay_readable(sentence: str) -> None:
    assert safe_text(sentence) == sentence


@given(st.text(max_size=400))
def test_redaction_takes_any_text(text: str) -> None:
    shown = safe_text(text)
    assert safe_text(shown) == shown
    assert "\n" not in shown


@given(st.text("0123456789 ()-+.", max_size=30))
def test_no_long_run_of_digits_survives(text: str) -> None:
    for run in safe_text(f"call {text} now").replace("...", "x").split("x"):
        assert sum(map(str.isdigit, run)) < 6 or "," in run


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
    lookup = Lookup("listInvoices", {"search": "order-1"}, {"amount": 5}, (1, 2), 3.5)
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


def test_validation_errors_are_kept_whole_in_the_process_and_named_in_the_message() -> None:
    body = {"message": "Invalid", "errors": {"phone_number": ["Bad 87015554433"], "amount": "no"}}
    error = APIStatusError.from_response(httpx.Response(422, json=body))
    assert isinstance(error, errors.ValidationError)
    assert error.errors == {"phone_number": ["Bad 87015554433"], "amount": ["no"]}
    assert " amount: no; phone_number: refused. Correct" in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert set(again.errors) == {"phone_number", "amount"}
    assert str(again) == str(error)


def test_an_unknown_outcome_says_what_to_look_up() -> None:
    lookup = Lookup("listInvoices", {"search": "order-87015554433"}, {"amount": 5})
    error = OutcomeUnknownError("It may have happened.", lookup=lookup)
    assert "listInvoices by search" in str(error)
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
