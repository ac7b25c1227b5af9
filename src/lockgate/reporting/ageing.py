"""How long recipients wait in quarantine, as dashboard, reports and API say it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.access import Scope
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.unit_of_work import Unit

AGES = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=14))
NAMES = ("Up to a day", "1 to 3 days", "3 to 7 days", "1 to 2 weeks", "Longer")
EVER = timedelta(days=36500)


@dataclass(frozen=True, slots=True)
class Aged:
    """Recipients of messages that are held since some time in [since, until); None is without a bound."""

    name: str
    since: datetime | None
    until: datetime | None
    recipients: int


def waiting_by_age(unit: Unit, now: datetime, scope: Scope = None) -> tuple[Aged, ...]:
    """All that wait now, the youngest first; nothing when nobody does. Ages end at whole hours."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    limits = [hour - age for age in AGES]
    counts = HeldMessages(unit).waiting_since(*limits, hour - EVER, scope=scope)
    if not counts[-1]:
        return ()
    younger = (0, *counts)
    return tuple(
        Aged(name, since, until, count - before)
        for name, since, until, count, before in zip(
            NAMES, (*limits, None), (None, *limits), counts, younger, strict=False
        )
    )
