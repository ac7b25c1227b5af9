"""What mail of our own needs from others, in its own words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from zoneinfo import ZoneInfo

from lockgate.storage.unit_of_work import Unit


class Transport(Protocol):
    """Hands one finished message to a server that delivers it."""

    async def send(self, sender: str, recipients: Sequence[str], content: bytes) -> str:
        """Return once a server has taken it for at least one recipient; a remark names the others, empty for none.

        Raises LockgateError with a sentence when it was taken for nobody.
        """
        ...


@dataclass(frozen=True, slots=True)
class Home:
    """An organisation as its letters name it. `own_page` is where people see what is theirs; empty: nowhere."""

    tenant_id: str
    name: str
    zone: ZoneInfo
    own_page: str


class Knows(Protocol):
    """Who is who, for an organisation's own notifications."""

    def organisations(self, unit: Unit) -> Sequence[str]:
        """The tenant ids of those whose mail comes past us."""
        ...

    def home(self, unit: Unit, tenant_id: str) -> Home:
        """One of them."""
        ...

    def languages(self, unit: Unit, tenant_id: str, addresses: Collection[str]) -> Mapping[str, str]:
        """Those of these addresses (lower-case) that are a person's of the organisation, each with its language."""
        ...
