"""All that the answers are made from: what the tenant's Exchange, its Graph and the public DNS say."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lockgate.microsoft365.exchange_client import Json
from lockgate.microsoft365.installation import Installation
from lockgate.microsoft365.survey import Survey
from lockgate.microsoft365.verification.sender_policy import SenderPolicy
from lockgate.microsoft365.wanted import owner_mark
from lockgate.model.envelope import Direction

NOT_READ = "It was not read."


@dataclass(frozen=True, slots=True)
class Unread:
    """It could not be read; `why` is a sentence for the administrator."""

    why: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tenant as it is now. `graph_domains` are verified and lower-case; policies are by domain."""

    survey: Survey
    installation: Installation
    directions: frozenset[Direction] = frozenset(Direction)
    graph_domains: tuple[str, ...] | Unread = Unread(NOT_READ)
    sender_policies: Mapping[str, SenderPolicy | Unread] = field(default_factory=dict)

    def found(self, cmdlet: str) -> list[Json]:
        """What a cmdlet answered; nothing when it was not read, so ask `why_unread` first."""
        return self.survey.extras.get(cmdlet, [])

    def why_unread(self, *cmdlets: str) -> str:
        """Why one of these could not be read; empty when all were."""
        missing = [one for one in cmdlets if one not in self.survey.extras]
        return self.survey.unread.get(missing[0], NOT_READ) if missing else ""

    def is_ours(self, comment: object) -> bool:
        """Whether the comment of an object carries our owner mark."""
        return owner_mark(self.installation.id) in str(comment or "")
