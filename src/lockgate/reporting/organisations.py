"""One row per organisation for whoever runs many: what it is protected by, what goes on, and who needs attention first.

Rule: rows are put in order by what is wrong, never by how much mail there is; counts come from counters, not the trace.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from lockgate.model.access import Scope
from lockgate.model.envelope import Direction
from lockgate.model.findings import DANGEROUS
from lockgate.model.service_account import AccountStatus, ServiceAccount
from lockgate.model.tenant import Protection
from lockgate.reporting.summaries import Period
from lockgate.storage.held_messages import HeldMessages
from lockgate.storage.outbox import Backlog, Outbox
from lockgate.storage.service_accounts import ServiceAccounts
from lockgate.storage.tallies import Tallies
from lockgate.storage.unit_of_work import Unit
from lockgate.storage.vault import Vault

OLD_OUTBOX = timedelta(hours=1)
OLD_SYNC = timedelta(hours=26)  # the daily one, and time for it to run
UNDER_WAY = frozenset({AccountStatus.GRANTING, AccountStatus.SYNCING, AccountStatus.READY, AccountStatus.APPLYING})
NOTHING_QUEUED = Backlog(0, None)


class Urgency(IntEnum):
    """How soon somebody should look, the most urgent first."""

    NOW = 0  # mail is not protected, not delivered, or we are not let in
    SOON = 1
    SOMETIME = 2
    NOTHING = 3


@dataclass(frozen=True, slots=True)
class Concern:
    """One thing that is not as it should be."""

    urgency: Urgency
    sentence: str


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation. Counts are of the last 24 hours."""

    account: ServiceAccount
    messages: int
    threats: int
    waiting: int  # recipients in quarantine
    queued: Backlog
    concerns: tuple[Concern, ...]

    @property
    def urgency(self) -> Urgency:
        """That of the worst concern."""
        return min((one.urgency for one in self.concerns), default=Urgency.NOTHING)


def overview(unit: Unit, vault: Vault, scope: Scope, now: datetime) -> list[OrganisationRow]:
    """The organisations in scope that have a grant, those that need attention first, then by name."""
    verdicts = Tallies(unit).verdicts_by_organisation(Period.DAY.beginning(now), now + timedelta(hours=1))
    waiting, queued = HeldMessages(unit).waiting_by_organisation(), Outbox(unit).backlog_by_organisation()
    rows = []
    for account in ServiceAccounts(unit, vault).all():
        if account.status is AccountStatus.REVOKED or (scope is not None and account.tenant_id not in scope):
            continue
        mine = verdicts.get(account.tenant_id, {})
        backlog = queued.get(account.tenant_id, NOTHING_QUEUED)
        threats = sum(count for verdict, count in mine.items() if verdict in DANGEROUS)
        held = waiting.get(account.tenant_id, 0)
        found = tuple(sorted(concerns(account, backlog, now), key=lambda one: one.urgency))
        rows.append(OrganisationRow(account, sum(mine.values()), threats, held, backlog, found))
    return sorted(rows, key=lambda row: (row.urgency, row.account.tenant_name.casefold(), row.account.id))


def concerns(account: ServiceAccount, queued: Backlog, now: datetime) -> Iterator[Concern]:
    """What is wrong with one organisation; pure."""
    if account.trouble:
        yield Concern(Urgency.NOW, account.trouble)
    if account.problem:
        yield Concern(Urgency.NOW, account.problem)
    if queued.oldest is not None and now - queued.oldest > OLD_OUTBOX:
        yield Concern(Urgency.NOW, f"{queued.recipients} recipients wait for redelivery.")
    for direction in Direction:
        if account.protection(direction) is Protection.BYPASSED:
            who = account.bypassed_by.get(direction)
            yield Concern(Urgency.SOON, f"{direction.capitalize()} mail passes by{f', by {who}' if who else ''}.")
    if account.deviations:
        yield Concern(Urgency.SOON, f"{len(account.deviations)} objects in Exchange are not as they were left.")
    if account.last_sync is not None and now - account.last_sync > OLD_SYNC:
        yield Concern(Urgency.SOON, "The last sync is more than a day old.")
    if account.status in UNDER_WAY:
        yield Concern(Urgency.SOMETIME, "The grant is not finished.")
