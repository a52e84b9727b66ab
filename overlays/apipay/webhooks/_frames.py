"""Keep secrets and customers' data out of the frames that error trackers and debuggers show."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from apipay.errors import ApiPayError

P = ParamSpec("P")
T = TypeVar("T")


def hides_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function whose arguments are private.

    Its typed errors carry no frame and no context in which an argument, or something computed from
    one, is a local variable. Other exceptions keep their frames below this one.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except ApiPayError as error:
            refused = bare(error)
        except BaseException:
            del args, kwargs
            raise
        del args, kwargs
        raise refused

    return call


def bare(error: ApiPayError) -> ApiPayError:
    """Return the error without the frames and the context that it has so far."""
    error.__context__ = None
    return error.with_traceback(None)


class Delivery:
    """A request as it arrived: raw body, headers, and the framework's request object.

    Its `repr` has only the body's size, so that a frame can hold it.
    """

    __slots__ = ("body", "headers", "request")

    def __init__(self, body: bytes, headers: Any, request: Any = None) -> None:
        self.body = body
        self.headers = headers
        self.request = request

    def __repr__(self) -> str:
        return f"<Delivery of {len(self.body)} bytes>"
