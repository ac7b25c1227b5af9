"""What the link service needs from others, in its own words. `bootstrap` hands over the real things."""

from collections.abc import Sequence
from typing import Protocol

from lockgate.model.clicks import Click
from lockgate.model.findings import Finding
from lockgate.model.reputation import Indicators, Reputation


class Knowledge(Protocol):
    """Today's lists. Answers from memory, but for lists in the DNS."""

    async def reputation(self, tenant_id: str, found: Indicators) -> Reputation:
        """Every hit."""
        ...


class Inspects(Protocol):
    """The detectors of links."""

    async def findings(self, tenant_id: str, address: str, reputation: Reputation) -> Sequence[Finding]:
        """What they say of a page today. Raises TemporaryError when they cannot be asked."""
        ...


class Notes(Protocol):
    """The click log."""

    async def note(self, click: Click) -> None:
        """Keep it, with the recipient's address where the trace still knows it. Raises TemporaryError."""
        ...
