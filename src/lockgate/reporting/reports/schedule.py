"""When a planned report is due, and which days it tells of; pure.

Rule: hours are local ones. A report tells of whole local days that are over: yesterday, the seven days before, or the
calendar month before. In zones that are off by half an hour, days begin at the whole hour before: counters are hourly.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lockgate.model.report import ReportFrequency

DAY = timedelta(days=1)


def next_due(frequency: ReportFrequency, hour: int, weekday: int, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment after `after` at which one is due: each day, each such weekday, or the first of each month."""
    day = after.astimezone(zone).date()
    while True:
        due = datetime.combine(day, time(hour), zone).astimezone(UTC)
        fits = (
            frequency is ReportFrequency.DAILY
            or (frequency is ReportFrequency.WEEKLY and day.weekday() == weekday)
            or (frequency is ReportFrequency.MONTHLY and day.day == 1)
        )
        if fits and due > after:
            return due
        day += DAY


def days_before(frequency: ReportFrequency, moment: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The edges of the bars of the report that is due at `moment`: hours of a day, else days; the last is the end."""
    today = moment.astimezone(zone).date()
    match frequency:
        case ReportFrequency.DAILY:
            first = today - DAY
        case ReportFrequency.WEEKLY:
            first = today - 7 * DAY
        case ReportFrequency.MONTHLY:
            today = today.replace(day=1)
            first = (today - DAY).replace(day=1)
    begins, ends = _midnight(datetime.combine(first, time(), zone)), _midnight(datetime.combine(today, time(), zone))
    if frequency is ReportFrequency.DAILY:
        hours = (ends - begins) // timedelta(hours=1)
        return tuple(begins + timedelta(hours=number) for number in range(hours + 1))
    days = ((today - first).days) + 1
    return tuple(_midnight(datetime.combine(first + number * DAY, time(), zone)) for number in range(days))


def _midnight(local: datetime) -> datetime:
    return local.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
