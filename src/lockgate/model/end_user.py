"""What people whose mail is held may do themselves: rights by reason, how often they are told, what they wish for.

Rule: a right is decided by the administrator and never above its ceiling: nobody lets malware out for themselves, and
phishing or fraud goes past an administrator first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from lockgate.model.custody import Held
from lockgate.model.findings import Verdict

LANGUAGES = ("en", "de", "fr", "es", "ja")


class Right(StrEnum):
    """What somebody may do with a message held for them, weakest first; each includes those before it."""

    NONE = "none"  # they are not told of it
    SEE = "see"
    REQUEST = "request"  # ask an administrator for it
    RELEASE = "release"  # have it delivered


class Reason(StrEnum):
    """Why a message is held, as far as rights and retention go by it; the most dangerous first."""

    MALWARE = "malware"
    PHISHING = "phishing"
    FRAUD = "fraud"
    FILE = "file"
    DLP = "dlp"
    SPAM = "spam"
    BULK = "bulk"
    OTHER = "other"  # a rule of the organisation, or an inspection that could not be finished


class Act(StrEnum):
    """What can be done with one message for one person."""

    RELEASE = "release"
    REQUEST = "request"
    WANTED = "wanted"  # say that it should not have been held
    DELETE = "delete"


class Wish(StrEnum):
    """What somebody has said of a message, for administrators to see."""

    RELEASE = "release"
    WANTED = "wanted"


class Frequency(StrEnum):
    """How often somebody is told of what is newly held."""

    OFF = "off"
    DAILY = "daily"
    WORKING_HOURS = "working-hours"  # at some hours from Monday to Friday
    WEEKLY = "weekly"


CEILINGS = {Reason.MALWARE: Right.SEE, Reason.PHISHING: Right.REQUEST, Reason.FRAUD: Right.REQUEST}
DEFAULTS: dict[Reason, Right] = {
    Reason.MALWARE: Right.NONE, Reason.PHISHING: Right.REQUEST, Reason.FRAUD: Right.REQUEST,
    Reason.FILE: Right.REQUEST, Reason.DLP: Right.NONE, Reason.SPAM: Right.RELEASE, Reason.BULK: Right.RELEASE,
    Reason.OTHER: Right.REQUEST,
}  # fmt: skip
ACTS: dict[Right, frozenset[Act]] = {
    Right.NONE: frozenset(),
    Right.SEE: frozenset(),
    Right.REQUEST: frozenset({Act.REQUEST, Act.WANTED}),
    Right.RELEASE: frozenset({Act.RELEASE, Act.WANTED, Act.DELETE}),
}
_ORDER = list(Right)
_REASONS: dict[str, Reason] = {
    Verdict.MALWARE: Reason.MALWARE, Verdict.PHISHING: Reason.PHISHING, Verdict.FRAUD: Reason.FRAUD,
    Verdict.DLP: Reason.DLP, Verdict.SPAM: Reason.SPAM, Verdict.BULK: Reason.BULK, Verdict.CLEAN: Reason.OTHER,
}  # fmt: skip
_FAMILIES = {"malware": Reason.MALWARE, "file": Reason.FILE, "dlp": Reason.DLP}  # of a detector's id, before its dot


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of an organisation, known by the directory's id; `addresses` are lower-case, the primary one first."""

    tenant_id: str
    id: str
    name: str
    addresses: tuple[str, ...]
    language: str = ""  # as the directory has it, such as `de-AT`; empty: it does not say


def permitted(reason: Reason, right: Right) -> Right:
    """The right, or the ceiling of the reason where that is lower."""
    return min(right, CEILINGS.get(reason, Right.RELEASE), key=_ORDER.index)


def reason_of(held: Held) -> Reason:
    """The most dangerous of what the verdict and the detectors behind the decision say."""
    return reason_for(held.verdict, held.reasons)


def reason_for(verdict: str, detectors: Collection[str]) -> Reason:
    """As `reason_of`, of what is about to be held."""
    said = {_REASONS.get(verdict, Reason.OTHER)}
    said |= {_FAMILIES[family] for one in detectors if (family := one.partition(".")[0]) in _FAMILIES}
    return min(said, key=list(Reason).index)


def right_over(held: Held, rights: Mapping[Reason, Right]) -> Right:
    """What its people may do with it."""
    reason = reason_of(held)
    return permitted(reason, rights.get(reason, DEFAULTS[reason]))
