"""When a digest is due, in the organisation's own time. Pure.

Rule: a digest belongs to a moment of the schedule, not to the moment at which it is written; so one that was due while
nothing ran is written afterwards, once.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from lockgate.end_users.settings import EndUserSettings
from lockgate.model.end_user import Frequency

LOOK_BACK = 8  # days: a week, and a day for whatever the clocks do
WEEKEND = 5  # Saturday, as Python counts


def last_due(settings: EndUserSettings, frequency: Frequency, now: datetime) -> datetime | None:
    """The newest moment at which a digest was due; None when it is never due."""
    today = now.astimezone(settings.zone).date()
    days = (today - timedelta(days=back) for back in range(LOOK_BACK))
    moments = [one for day in days for one in _moments(settings, frequency, day) if one <= now]
    return max(moments, default=None)


def _moments(settings: EndUserSettings, frequency: Frequency, day: date) -> Iterator[datetime]:
    match frequency:
        case Frequency.OFF:
            hours: tuple[int, ...] = ()
        case Frequency.DAILY:
            hours = (settings.hour,)
        case Frequency.WORKING_HOURS:
            hours = settings.working_hours if day.weekday() < WEEKEND else ()
        case Frequency.WEEKLY:
            hours = (settings.hour,) if day.weekday() == settings.weekday else ()
    for hour in hours:
        yield datetime.combine(day, time(hour), settings.zone).astimezone(UTC)
