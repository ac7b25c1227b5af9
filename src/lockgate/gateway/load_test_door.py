"""A door for load tests: everybody on the loopback is the one fixed tenant, so public tools can drive the real path.

`lockgate bench gateway` refuses to listen anywhere else; no other command can be told to use it.
"""

from lockgate.gateway.arrival import PeerFacts, Proof, Refusal
from lockgate.mime.headers import HeaderBlock
from lockgate.model.envelope import Direction, Envelope
from lockgate.model.tenant import AcceptedDomain, Passage, Protection, Tenant

TENANT = Tenant(
    id="00000000-0000-4000-8000-000000000000",
    organisation_id="load-test",
    display_name="Load test",
    domains=(AcceptedDomain("example.com", match_subdomains=True),),
    next_hop="load-test",
    passages=(
        Passage(Direction.INBOUND, Protection.LIVE, ("load-test-route",), ("load-test-return",), "load-test-junk"),
    ),
)


class LoadTestDoor:
    """Lets everything in as inbound mail of the fixed tenant (implements `reception.Door`)."""

    def refuses_peer(self, peer: PeerFacts) -> Refusal | None:
        """Nobody is refused: the listener is bound to the loopback."""
        del peer
        return None

    def refuses_address(self, mail_from: str, rcpt_to: str) -> Refusal | None:
        """Nothing is refused."""
        del mail_from, rcpt_to
        return None

    def prove(self, header: HeaderBlock, envelope: Envelope) -> Proof | Refusal:
        """The fixed tenant; the network message id is the message's own id, so that repeats are recognised."""
        del envelope
        return Proof(TENANT, TENANT.passages[0], next(iter(header.values("Message-ID")), "")[:200])
