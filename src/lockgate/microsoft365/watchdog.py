"""When to lead mail past the gateway without asking, and when back again; pure. Off unless an administrator wants it.

Rules: it acts only on what was seen for the whole time that was asked for; what a person has put back into service it
leaves alone for as long again; it puts back only what it has taken out itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import WATCHDOG, Watchdog

FEWEST = 5  # messages from which on a share says something


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of this installation's gateways and of one organisation's mail.

    `watching_since`: before that nobody looked. `well_since`: from then on some gateway was fit at every look; None
    when none is now. `percent_put_off` of `messages` within the watchdog's time could not be inspected, the first of
    them at `first_put_off`.
    """

    watching_since: datetime
    last_fit: datetime | None
    well_since: datetime | None
    messages: int = 0
    percent_put_off: float = 0.0
    first_put_off: datetime | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """What the watchdog does, and why."""

    direction: Direction
    goal: Protection
    why: str


def acts(account: ServiceAccount, health: Health, now: datetime) -> list[Act]:
    """What is to be done now for this account."""
    rules = account.watchdog
    if rules is None or account.status not in (AccountStatus.ACTIVE, AccountStatus.ATTENTION):
        return []
    found = []
    sick, well = _sickness(rules, health, now), _is_well(rules, health, now)
    for direction, protection in account.directions.items():
        resumed = account.resumed_at.get(direction)
        rests = resumed is not None and now - resumed < _span(rules.minutes)
        if protection is Protection.LIVE and sick and not rests:
            found.append(Act(direction, Protection.BYPASSED, sick))
        elif protection is Protection.BYPASSED and well and account.bypassed_by.get(direction) == WATCHDOG:
            found.append(
                Act(direction, Protection.LIVE, f"gateways have been well for {rules.resume_minutes:g} minutes")
            )
    return found


def _sickness(rules: Watchdog, health: Health, now: datetime) -> str:
    """Why mail is better led past; empty when it is not."""
    since = now - _span(rules.minutes)
    if health.watching_since <= since and (health.last_fit is None or health.last_fit <= since):
        return f"no gateway has accepted and inspected mail for {rules.minutes:g} minutes"
    lasts = health.first_put_off is not None and health.first_put_off <= now - _span(rules.minutes / 2)
    if lasts and health.messages >= FEWEST and health.percent_put_off >= rules.percent:
        return (
            f"{health.percent_put_off:.0f} % of {health.messages} messages of the last {rules.minutes:g} minutes could "
            "not be inspected"
        )
    return ""


def _is_well(rules: Watchdog, health: Health, now: datetime) -> bool:
    span = _span(rules.resume_minutes)
    return bool(rules.resume_minutes) and health.well_since is not None and now - health.well_since >= span


def _span(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)
