"""What detection says: findings with evidence, an outcome for every detector, and the verdict over all."""

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """The family a finding speaks for."""

    MALWARE = "malware"
    PHISHING = "phishing"
    FRAUD = "fraud"
    SPAM = "spam"
    BULK = "bulk"
    DLP = "dlp"
    FILE = "file"  # a file of a kind that a policy may block; not a threat by itself
    EVASION = "evasion"
    AUTHENTICATION = "authentication"
    INNOCENCE = "innocence"  # speaks for the message; its weight is negative

    __hash__ = str.__hash__  # an Enum's own is slow, and weighing asks for it again and again


class Maturity(StrEnum):
    """How far a detector's findings count: DRAFT is not run, SHADOW is recorded only, ENFORCED decides."""

    DRAFT = "draft"
    SHADOW = "shadow"
    ENFORCED = "enforced"


class Verdict(StrEnum):
    """What we think of a message, mildest first."""

    CLEAN = "clean"
    BULK = "bulk"
    SPAM = "spam"
    DLP = "dlp"
    FRAUD = "fraud"
    PHISHING = "phishing"
    MALWARE = "malware"


DANGEROUS = frozenset({Verdict.MALWARE, Verdict.PHISHING, Verdict.FRAUD})
UNWANTED = frozenset({Verdict.SPAM, Verdict.BULK})


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where and what: `where` is like `header Reply-To`, `part 1.2`, `link 3`; `excerpt` is at most 200 characters."""

    where: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason. `detector` is the stable id that policy, console, logs and exports use."""

    detector: str
    category: Category
    weight: float  # in log-odds; scoring says how weights add up
    explanation: str  # one sentence for the administrator
    evidence: tuple[Evidence, ...]
    maturity: Maturity = Maturity.ENFORCED
    labels: tuple[str, ...] = ()  # such as `file-type:exe`, `rule:eicar`, `dlp-template:pci-dss`


class Failure(StrEnum):
    """Why a detector has no result."""

    MISSING_FACT = "missing-fact"
    CRASHED = "crashed"
    TIMED_OUT = "timed-out"
    PENDING = "pending"  # a verdict that comes later, by itself
    LIMIT = "limit"  # an archive or part beyond the limits was not looked into


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A detector (or the whole inspection, detector `inspection`) that could not finish, and why."""

    detector: str
    failure: Failure
    why: str
    essential: bool = True  # False: the verdict stands without it (a fact that is optional was missing)


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file that the message carries, however deep; what it truly is, and what it calls itself.

    `where` is like `part 1.2 > a.zip > b.exe`. Of a file in an archive that cannot be opened only the name is known.
    """

    where: str
    name: str
    extension: str  # lower-case, without the dot
    kind: str  # by its bytes, such as `exe`; empty when nobody could look
    family: str  # of kinds, such as `office`
    nested: bool  # it lies inside another file


@dataclass(frozen=True, slots=True)
class Report:
    """The judgement of one message: `score` in 0..1 is the probability that it is unwanted or dangerous."""

    verdict: Verdict
    score: float
    findings: tuple[Finding, ...]
    incomplete: tuple[Incomplete, ...] = ()
    shadow: tuple[Finding, ...] = ()
    milliseconds: float = 0.0
    catalogue: str = ""  # fingerprint of the detectors that ran, so that a replay can say what differs
    files: tuple[SeenFile, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether nothing essential is missing."""
        return not any(gap.essential for gap in self.incomplete)
