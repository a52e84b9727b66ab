"""How the pages write money, time and phone numbers, as people in Kazakhstan do."""

import math
from datetime import UTC, date, datetime, timedelta, timezone

from markupsafe import Markup

from ..clock import timestamp

_SPACE = "\N{NO-BREAK SPACE}"
# All of Kazakhstan since March 2024. zoneinfo's data can be older than that.
_ALMATY = timezone(timedelta(hours=5))


def tenge(tiyn: int) -> str:
    """Write an amount: 15 000,50 ₸, with spaces that do not break."""
    whole, rest = divmod(tiyn, 100)
    return f"{whole:,}".replace(",", _SPACE) + f",{rest:02d}{_SPACE}₸"


def moment(at: float, seconds: bool = False) -> Markup:
    """Write Unix seconds as a date and a time in Almaty: 24.11.2026 15:40."""
    pattern = f"%d.%m.%Y{_SPACE}%H:%M" + (":%S" if seconds else "")
    shown = datetime.fromtimestamp(at, UTC).astimezone(_ALMATY).strftime(pattern)
    return Markup('<time datetime="{}">{}</time>').format(timestamp(at), shown)


def day(value: date) -> str:
    """Write a date: 24.11.2026."""
    return value.strftime("%d.%m.%Y")


def duration(seconds: float) -> str:
    """Write a countdown: 01:59, and from an hour on 23:59:59."""
    whole = max(0, math.ceil(seconds))
    hours, rest = divmod(whole, 3600)
    return (f"{hours:02d}:" if hours else "") + f"{rest // 60:02d}:{rest % 60:02d}"


def phone(number: str) -> str:
    """Write 87001234567 as +7 700 123 45 67."""
    parts = ("+7", number[1:4], number[4:7], number[7:9], number[9:])
    return _SPACE.join(part for part in parts if part)


def hidden_phone(number: str) -> str:
    """Write a phone number that only its owner recognizes: +7 700 ••• •• 67."""
    return _SPACE.join(("+7", number[1:4], "•••", "••", number[-2:]))
