"""What the mail path needs from others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from lockgate.model.data_loss import DataLossRules
from lockgate.model.envelope import Direction
from lockgate.model.facts import Fact, Namesakes, ProtectedIdentities, SenderHistory
from lockgate.model.header_rules import HeaderRules
from lockgate.model.policy import PolicySet, RecipientProfile
from lockgate.model.reputation import Indicators, Reputation
from lockgate.model.scans import CarriedFile
from lockgate.model.settling import Earlier, Settling
from lockgate.model.tenant import Tenant
from lockgate.model.trace import Step
from lockgate.model.tuning import Tuning

__all__ = [
    "DataLoss", "Directory", "Earlier", "KeepsReports", "Knowledge", "Ledger", "Notes", "Policies", "Scans",
    "Senders", "Settling", "Tenants",
]  # fmt: skip


class Tenants(Protocol):
    """The protected tenants. Answers from memory; changes arrive within seconds."""

    def by_id(self, tenant_id: str) -> Tenant | None:
        """The tenant with this GUID, or None when it is not ours."""
        ...

    def any_accepts(self, domain: str) -> bool:
        """Whether `domain` is an accepted domain of any protected tenant."""
        ...


class Notes(Protocol):
    """Where it is written down what was done with one message."""

    def note(self, step: Step, detail: str, rcpt_to: str = "") -> None:
        """One step, now."""
        ...


class Policies(Protocol):
    """The policies in force. Answers from memory; changes arrive within seconds."""

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        """All policies of that direction, in priority order; empty when there are none."""
        ...


class Directory(Protocol):
    """What the synced directory knows. Answers from memory."""

    def profile(self, tenant_id: str, address: str) -> RecipientProfile:
        """The person behind an address; an unknown address has itself and no groups."""
        ...

    def protected_identities(self, tenant_id: str) -> ProtectedIdentities:
        """The people and domains that attackers of this tenant imitate."""
        ...


class DataLoss(Protocol):
    """What organisations added to the identifiers and templates that ship. Answers from memory."""

    def rules(self, tenant_id: str) -> DataLossRules | None:
        """The organisation's own rules; None when it has none."""
        ...


class Knowledge(Protocol):
    """What the organisation has added to detection: its tuning and its lists. Answers from memory."""

    def tuning(self, tenant_id: str) -> Tuning | None:
        """The version in force; None when the organisation never changed anything."""
        ...

    def header_rules(self, tenant_id: str) -> HeaderRules | None:
        """Approved and blocked header fields that are not over; None when there are none."""
        ...

    def namesakes(self, tenant_id: str, authors: Iterable[tuple[str, str]]) -> Namesakes | None:
        """Which authors bear the name of somebody in the directory; None where nobody guards everybody's name."""
        ...

    def has_lists(self, tenant_id: str) -> bool:
        """Whether anything is listed; otherwise a message need not be asked what could be."""
        ...

    async def reputation(self, tenant_id: str, found: Indicators) -> Reputation:
        """Every hit; lists in the DNS are asked under their own deadline. Never raises."""
        ...


class Senders(Protocol):
    """What this tenant has seen of a sender before."""

    async def history(self, tenant_id: str, header_from: str) -> SenderHistory:
        """Counts over the trace; raises TemporaryError when it cannot be told."""
        ...


class Scans(Protocol):
    """A scanner outside of this program. `fact` is the name of the fact type that it gives."""

    @property
    def fact(self) -> str:
        """Name of the fact type."""
        ...

    async def scan(self, message_id: str, content: bytes, files: Sequence[CarriedFile]) -> Fact:
        """The answer for a message (by our id) and its files. Raises TemporaryError when it cannot be had in time."""
        ...


class KeepsReports(Protocol):
    """Where mail goes that people send to the report address."""

    async def keep(self, tenant_id: str, reporter: str, key: str, content: bytes, at: datetime) -> str | None:
        """The report's id, once it is durable; the same `key` again is the same report. Raises TemporaryError.

        None when this person has reported as many as may be; then it is not kept, and they are told.
        """
        ...


class Ledger(Protocol):
    """Durable memory of the mail path."""

    async def earlier(self, tenant_id: str, direction: Direction, network_message_id: str, sha256: str) -> Earlier:
        """What is known of this message from before; empty when it is new."""
        ...

    async def keep_content(self, content: Sequence[bytes]) -> str:
        """Write bytes durably (synced to disk or acknowledged by the object store) and return their blob key."""
        ...

    async def settle(self, settling: Settling) -> None:
        """Commit all of it or nothing; returns when it is durable. Many callers share one commit."""
        ...
