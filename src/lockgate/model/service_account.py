"""A service account: what an administrator has granted us in one tenant, and how far it has come."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from lockgate.model.envelope import Direction
from lockgate.model.fixes import Fix, KeptSetting
from lockgate.model.tenant import AcceptedDomain, OwnRetention, Protection
from lockgate.model.tenant_care import WATCHDOG, Deviation, Reach, Rotation, TroubleCause, Watchdog


class ConsentStep(StrEnum):
    """What is consented to, each with an application registration of its own (docs/decisions/0004)."""

    MAIL_FLOW = "mail_flow"
    DIRECTORY = "directory"
    ACTIVITY = "activity"


class AccountStatus(StrEnum):
    """Where the grant stands."""

    GRANTING = "granting"  # consents or the role are missing
    SYNCING = "syncing"  # everything is granted; users and domains are being read
    READY = "ready"  # service account created and data synced; mail flow not set up yet
    APPLYING = "applying"  # objects are being made and probed
    ACTIVE = "active"
    ATTENTION = "attention"  # something failed; `problem` says what and what to do
    CHANGING = "changing"  # a rule is switched, or secrets are renewed
    REVOKING = "revoking"
    REVOKED = "revoked"


BUSY = frozenset({
    AccountStatus.SYNCING, AccountStatus.APPLYING, AccountStatus.CHANGING, AccountStatus.REVOKING,
})  # fmt: skip
LEAVING = frozenset({AccountStatus.CHANGING, AccountStatus.REVOKING})  # objects may be about to go


@dataclass(frozen=True, slots=True)
class SyncCounts:
    """How much the last sync found."""

    users: int = 0
    groups: int = 0
    domains: int = 0


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The grant of one tenant. `tenant_id` is empty until the first consent has come back."""

    id: str
    tenant_id: str
    tenant_name: str
    status: AccountStatus
    directions: dict[Direction, Protection]  # OFF means wanted and not set up yet; absent means not wanted
    monitor_only: bool  # which default policy is switched on
    created_at: datetime
    created_by: str
    consents: dict[ConsentStep, datetime] = field(default_factory=dict)
    role_seen_at: datetime | None = None
    domains: tuple[AcceptedDomain, ...] = ()
    next_hop: str = ""
    probe_mailbox: str = ""  # primary address of the mailbox that probes are sent to
    last_sync: datetime | None = None
    counts: SyncCounts = SyncCounts()
    allow_entries: tuple[str, ...] = ()  # names of allow entries that we made, or are about to make
    fixes: frozenset[Fix] = frozenset()  # settings of theirs that the administrator lets us change
    next_fixes: frozenset[Fix] | None = None  # what was chosen and not applied yet
    kept_settings: tuple[KeptSetting, ...] = ()  # what such settings were before us
    plan_digest: str = ""  # the plan that was approved last
    problem: str = ""  # a sentence that says what to do; empty when all is well
    reach: Reach = field(default_factory=Reach)  # whose mail the routing rules route
    next_reach: Reach | None = None  # what was chosen and not applied yet
    rotation: Rotation | None = None
    watched_at: datetime | None = None  # when we last looked whether all is as we left it
    trouble: str = ""  # why Microsoft does not let us in as granted; empty when it does
    trouble_cause: TroubleCause | None = None
    trouble_step: ConsentStep | None = None  # the permission that is in trouble; None when it is the role
    deviations: tuple[Deviation, ...] = ()
    tls_rule_seen: bool = False  # in order, when we last looked; an account of an older version was not looked at so
    gateway_host: str = ""  # the gateway's name in the connectors that were applied last; empty: its first
    retention: OwnRetention = field(default_factory=OwnRetention)
    lets_go: bool = False  # held mail that later verdicts call clean is released by itself
    watchdog: Watchdog | None = None  # None: only people lead mail past the gateway
    resumed_at: dict[Direction, datetime] = field(default_factory=dict)  # put back into service, for the last time
    bypassed_by: dict[Direction, str] = field(default_factory=dict)  # who, where no person did it here

    @property
    def chosen_fixes(self) -> frozenset[Fix]:
        """What the next plan may put right."""
        return self.fixes if self.next_fixes is None else self.next_fixes

    def switched(
        self, direction: Direction, protection: Protection, at: datetime, by_watchdog: bool
    ) -> "ServiceAccount":
        """The account after a direction was led past the gateway, or put back."""
        by = {one: who for one, who in self.bypassed_by.items() if one is not direction}
        if protection is Protection.BYPASSED and by_watchdog:
            by[direction] = WATCHDOG
        resumed = {**self.resumed_at, direction: at} if protection is Protection.LIVE else self.resumed_at
        directions = {**self.directions, direction: protection}
        return replace(self, directions=directions, bypassed_by=by, resumed_at=resumed)

    def granted(self, *steps: ConsentStep) -> bool:
        """Whether all these consents were given."""
        return all(step in self.consents for step in steps)

    def wants(self, direction: Direction) -> bool:
        """Whether the direction belongs to the grant."""
        return direction in self.directions

    def protection(self, direction: Direction) -> Protection:
        """The direction's state; OFF when it is not part of the grant."""
        return self.directions.get(direction, Protection.OFF)


class StageState(StrEnum):
    """Where one stage of a long task stands."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Stage:
    """One line of progress."""

    name: str
    state: StageState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """A long task as it stands: its stages, whether it has ended, and the sentence that sums it up."""

    stages: tuple[Stage, ...]
    finished: bool
    failed: bool
    sentence: str
