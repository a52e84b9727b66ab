"""How the pages write money, time and phone numbers."""

from datetime import UTC, datetime

from ..clock import timestamp
from .html import Html, tag

_SPACE = "\N{NO-BREAK SPACE}"


def tenge(tiyn: int) -> str:
    """Write an amount as people in Kazakhstan do: 10 000,00 ₸, with spaces that do not break."""
    whole, rest = divmod(tiyn, 100)
    return f"{whole:,}".replace(",", _SPACE) + f",{rest:02d}{_SPACE}₸"


def moment(at: float) -> Html:
    """Write Unix seconds as a date and a time, in UTC."""
    shown = datetime.fromtimestamp(at, UTC).strftime(f"%d.%m.%Y %H:%M:%S{_SPACE}UTC")
    return tag("time", shown, datetime=timestamp(at))


def phone(number: str) -> str:
    """Write 87001234567 as +7 700 123 45 67."""
    parts = ("+7", number[1:4], number[4:7], number[7:9], number[9:])
    return _SPACE.join(part for part in parts if part)


def hidden_phone(number: str) -> str:
    """Write a phone number so that only its owner knows it again: +7 700 ••• •• 67."""
    return _SPACE.join(("+7", number[1:4], "•••", "••", number[-2:]))


def count(number: int, one: str, many: str) -> str:
    """Write `1 invoice`, `2 invoices`."""
    return f"{number}{_SPACE}{one if number == 1 else many}"
