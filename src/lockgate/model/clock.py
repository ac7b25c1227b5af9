"""Time as a value that is passed in, so that judgement can be replayed and tests need not wait."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """The real present moment in UTC; the only place of the product that asks for it."""
    return datetime.now(tz=UTC)  # noqa: TID251 - this is the clock that everybody else is handed
