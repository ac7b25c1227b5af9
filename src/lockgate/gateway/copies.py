"""What goes back to the tenant: the bytes of each variant, with our fields in front, the seal on top."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from lockgate.gateway.arrival import Arrival
from lockgate.gateway.relay import Stamp, stamps
from lockgate.gateway.sealing import Seals
from lockgate.model.decision import Changes
from lockgate.model.envelope import Direction


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one message. A seal covers none of our fields, so that one serves marked and unmarked copies."""

    arrival: Arrival
    variants: Mapping[Changes, bytes]
    hostname: str
    seals: dict[Changes, bytes] = field(default_factory=dict)

    async def seal(self, wanted: Iterable[Changes], sealing: Seals) -> str:
        """Seal these variants; the remark for the trace. Outbound mail is never sealed, and has no remark.

        The tenant signs outbound mail itself after we return it.
        """
        changes = list(dict.fromkeys(wanted))
        if self.arrival.direction is not Direction.INBOUND or not changes:
            return ""
        sealed = await sealing.seal(self.arrival.content, [self.content(each) for each in changes])
        self.seals.update(zip(changes, sealed.fronts, strict=True))
        return sealed.remark

    def content(self, changes: Changes) -> bytes:
        """The received bytes, or the changed ones."""
        return self.variants.get(changes, self.arrival.content) if changes else self.arrival.content

    def ready(self, changes: Changes, *, junk: bool, require_tls: bool = False) -> list[bytes]:
        """What is sent, in chunks."""
        return [self.seals.get(changes, b"") + self.stamps(junk=junk, require_tls=require_tls), self.content(changes)]

    def stamps(self, *, junk: bool, require_tls: bool = False) -> bytes:
        """Our own fields."""
        arrival = self.arrival
        stamp = Stamp(self.hostname, arrival.id, arrival.peer.address, arrival.peer.helo, arrival.received_at)
        return stamps(arrival.tenant, arrival.proof.passage, stamp, junk, require_tls=require_tls)
