"""What looking after a tenant has found: changes that others made, trouble with our access, a rotation under way."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

TLS_RULE = "Lockgate outbound: require TLS"  # while it is not in order, what needs TLS is held
WATCHDOG = "the watchdog"  # who has led mail past the gateway


@dataclass(frozen=True, slots=True)
class Watchdog:
    """When mail is led past the gateway without asking. Times in minutes.

    It acts when no gateway has accepted and inspected mail for `minutes`, or when `percent` of the messages of those
    minutes (and five at least) could not be inspected, the first of them in the first half. It puts mail back after
    `resume_minutes` of health; 0 leaves that to a person.
    """

    minutes: float = 15.0
    percent: float = 50.0
    resume_minutes: float = 0.0


class TroubleCause(StrEnum):
    """Why Microsoft does not let us in as granted. Each has one repair."""

    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_UNKNOWN = "certificate-unknown"
    CLOCK = "clock"
    CONSENT = "consent"
    PERMISSION = "permission"
    APPLICATION_MISSING = "application-missing"
    APPLICATION_DISABLED = "application-disabled"
    ROLE = "role"
    CONDITIONAL_ACCESS = "conditional-access"
    ORGANISATION_GONE = "organisation-gone"
    OTHER_CLOUD = "other-cloud"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Deviation:
    """One object of ours that is not as we left it. `by` and `at` are empty where Microsoft's records do not tell."""

    kind: str
    name: str
    what: str  # such as "is missing", or the fields that differ
    by: str = ""
    at: datetime | None = None


class RotationPhase(StrEnum):
    """How far new secrets have come; each phase needs the one before to have reached all of Exchange."""

    INTRODUCED = "introduced"  # rules and gateways take old and new, and still write the old
    IN_USE = "in use"  # the new ones are written; mail under way may still carry the old


@dataclass(frozen=True, slots=True)
class Rotation:
    """A rotation of secrets that is under way, and since when it has been in its phase."""

    phase: RotationPhase
    since: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose mail is routed. Empty: everybody's. `group` is the mail address of a group of the tenant.

    It is one of four: a group, domains, `people` (addresses of people and groups), or whoever an enabled policy is for.
    For the last two our own group in the tenant holds who it is, and follows with every sync.
    """

    group: str = ""
    domains: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    of_policies: bool = False

    @property
    def everybody(self) -> bool:
        """Whether it is no pilot any more."""
        return not (self.group or self.domains or self.people or self.of_policies)

    @property
    def has_group_of_ours(self) -> bool:
        """Whether it needs a group of our own."""
        return bool(self.people) or self.of_policies

    @property
    def words(self) -> str:
        """For people."""
        if self.of_policies:
            return "whoever an enabled policy is for"
        if self.people:
            return f"pilot: {', '.join(self.people)}"
        if self.group:
            return f"pilot: members of {self.group}"
        return f"pilot: {', '.join(self.domains)}" if self.domains else "everybody"
