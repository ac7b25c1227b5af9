"""When the watchdog acts: on what lasted as long as was asked for, and never against a person."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lockgate.microsoft365.watchdog import Health, acts
from lockgate.model.envelope import Direction
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.model.tenant_care import WATCHDOG, Watchdog

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RULES = Watchdog(minutes=15, percent=50, resume_minutes=30)
BOTH = dict.fromkeys(Direction, Protection.LIVE)
ACCOUNT = ServiceAccount("a1", "t1", "Contoso", AccountStatus.ACTIVE, BOTH, False, NOW, "ada", watchdog=RULES)
OUT = replace(
    ACCOUNT,
    directions={Direction.INBOUND: Protection.BYPASSED, Direction.OUTBOUND: Protection.BYPASSED},
    bypassed_by={Direction.INBOUND: WATCHDOG, Direction.OUTBOUND: "somebody"},
)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def health(last_fit: float | None = 0, watching: float = 60, well: float | None = 60) -> Health:
    return Health(
        ago(watching), None if last_fit is None else ago(last_fit), None if well is None else ago(well)
    )  # fmt: skip


FAILING = replace(health(), messages=10, percent_put_off=60.0, first_put_off=ago(12))
DEAD = health(last_fit=16, well=None)


@pytest.mark.parametrize(
    ("account", "seen", "goals"),
    [
        (ACCOUNT, health(), {}),
        (ACCOUNT, DEAD, dict.fromkeys(Direction, Protection.BYPASSED)),
        (replace(ACCOUNT, watchdog=None), DEAD, {}),
        (ACCOUNT, health(last_fit=14, well=None), {}),
        (ACCOUNT, health(last_fit=600, watching=5, well=None), {}),  # the whole machine was off, and is starting
        (ACCOUNT, health(last_fit=None, well=None), dict.fromkeys(Direction, Protection.BYPASSED)),
        (replace(ACCOUNT, resumed_at={Direction.INBOUND: ago(5)}), DEAD, {Direction.OUTBOUND: Protection.BYPASSED}),
        (replace(ACCOUNT, status=AccountStatus.REVOKING), DEAD, {}),
        (ACCOUNT, FAILING, dict.fromkeys(Direction, Protection.BYPASSED)),
        (ACCOUNT, replace(FAILING, percent_put_off=49.0), {}),
        (ACCOUNT, replace(FAILING, messages=4), {}),
        (ACCOUNT, replace(FAILING, first_put_off=ago(2)), {}),
        (OUT, health(well=31), {Direction.INBOUND: Protection.LIVE}),  # what somebody has led past stays there
        (OUT, health(well=29), {}),
        (OUT, health(well=None), {}),
        (replace(OUT, watchdog=replace(RULES, resume_minutes=0)), health(well=600), {}),
    ],
)
def test_what_the_watchdog_does(account: ServiceAccount, seen: Health, goals: dict[Direction, Protection]) -> None:
    assert {one.direction: one.goal for one in acts(account, seen, NOW)} == goals
