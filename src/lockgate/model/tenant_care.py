"""What looking after a tenant has found: changes that others made, trouble with our access, a rotation under way."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

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

    A pilot is either a group or domains, never both: conditions of one rule all have to hold.
    """

    group: str = ""
    domains: tuple[str, ...] = ()

    @property
    def everybody(self) -> bool:
        """Whether it is no pilot any more."""
        return not self.group and not self.domains

    @property
    def words(self) -> str:
        """For people."""
        if self.group:
            return f"pilot: members of {self.group}"
        return f"pilot: {', '.join(self.domains)}" if self.domains else "everybody"
