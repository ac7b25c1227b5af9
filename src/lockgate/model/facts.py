"""Facts: what detection is told about the world, because it may not look anything up itself.

A fact type is a frozen record; a detector names the types that it needs as parameters. Every fact that was
wanted and could not be had is named in `Facts.missing`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from lockgate.model.data_loss import DataLossRules
from lockgate.model.envelope import Direction, belongs
from lockgate.model.header_rules import HeaderRules
from lockgate.model.reputation import Reputation
from lockgate.model.scans import ClamavScan, IcapScan, SandboxScan
from lockgate.model.tuning import Tuning


@dataclass(frozen=True, slots=True)
class Origin:
    """How the message reached the tenant. Always present; offline inspection fills in what it is told."""

    direction: Direction
    mail_from: str
    rcpt_tos: tuple[str, ...]
    internal_domains: frozenset[str]
    received_at: datetime | None = None
    client_ip: str = ""  # of the host that handed the message to the tenant
    helo: str = ""

    def is_internal(self, domain: str) -> bool:
        """Whether `domain` is one of the organisation's own, or below one."""
        return belongs(domain.lower(), self.internal_domains)


@dataclass(frozen=True, slots=True)
class SenderAuthentication:
    """Results in the words of RFC 8601 §2.7 (`pass`, `fail`, `none`, ...); `judge` says who evaluated them."""

    spf: str
    dkim: str
    dmarc: str
    judge: str  # "exchange" or "lockgate"
    spf_domain: str = ""
    dkim_domains: tuple[str, ...] = ()
    dmarc_policy: str = ""
    compauth: str = ""  # Microsoft's composite result: pass, fail, softpass, none
    compauth_reason: str = ""
    arc: str = ""


@dataclass(frozen=True, slots=True)
class ExchangeVerdict:
    """Exchange Online's own filter in its first pass (X-Forefront-Antispam-Report, X-Microsoft-Antispam)."""

    spam_confidence: int | None  # SCL, -1..9
    bulk_complaint: int | None  # BCL, 0..9
    category: str = ""  # CAT: NONE, SPM, HSPM, PHSH, HPHISH, MALW, SPOOF, BULK, ...
    filter_verdict: str = ""  # SFV
    country: str = ""
    client_ip: str = ""
    helo: str = ""


@dataclass(frozen=True, slots=True)
class ProtectedPerson:
    """Somebody worth impersonating, with every address that is truly theirs."""

    display_name: str
    addresses: frozenset[str]


@dataclass(frozen=True, slots=True)
class ProtectedIdentities:
    """The people and domains that attackers of this organisation imitate."""

    people: tuple[ProtectedPerson, ...]
    domains: frozenset[str]  # own domains and those of close partners
    exceptions: frozenset[str] = frozenset()  # outside addresses that may carry the name of one of the people


@dataclass(frozen=True, slots=True)
class Namesake:
    """An author, and how many people of the directory bear the same full name."""

    address: str  # lower-case
    name: str  # its words as `detection.text.full_name` gives them
    people: int


@dataclass(frozen=True, slots=True)
class Namesakes:
    """Authors who bear the name of somebody in the directory; only where the organisation guards everybody's."""

    namesakes: tuple[Namesake, ...]


@dataclass(frozen=True, slots=True)
class SenderHistory:
    """What this organisation has seen of the header-from address before this message."""

    messages: int
    first_seen: datetime | None = None
    wrote_to: int = 0  # how often somebody here wrote to that address

    @property
    def known(self) -> bool:
        """Whether the correspondence existed before."""
        return self.messages > 0 or self.wrote_to > 0


Fact = (
    Origin
    | SenderAuthentication
    | ExchangeVerdict
    | ProtectedIdentities
    | SenderHistory
    | DataLossRules
    | ClamavScan
    | IcapScan
    | SandboxScan
    | Tuning
    | Reputation
    | HeaderRules
    | Namesakes
)
FactT = TypeVar(
    "FactT",
    Origin,
    SenderAuthentication,
    ExchangeVerdict,
    ProtectedIdentities,
    SenderHistory,
    DataLossRules,
    ClamavScan,
    IcapScan,
    SandboxScan,
    Tuning,
    Reputation,
    HeaderRules,
    Namesakes,
)


@dataclass(frozen=True, slots=True)
class MissingFact:
    """A fact that was wanted and why it is not there: `timed out`, `lookup failed`, `not configured`."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All facts about one message."""

    known: tuple[Fact, ...]
    missing: tuple[MissingFact, ...] = ()

    def get(self, kind: type[FactT]) -> FactT | None:
        """The fact of this type, or None when it is not there."""
        return next((fact for fact in self.known if isinstance(fact, kind)), None)
