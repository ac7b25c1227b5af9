"""A door for load tests: everybody on the loopback is the one fixed tenant, so public tools can drive the real path.

`lockgate bench gateway` refuses to listen anywhere else; no other command can be told to use it.
"""

from collections.abc import Sequence

from lockgate.gateway.arrival import Arrival, PeerFacts, Proof, Refusal
from lockgate.gateway.examination import Examined
from lockgate.gateway.journal import Journal
from lockgate.mime.headers import HeaderBlock
from lockgate.model.decision import Changes, Decision, Fate
from lockgate.model.envelope import Direction, Envelope, Recipient
from lockgate.model.facts import ProtectedIdentities
from lockgate.model.findings import Report, Verdict
from lockgate.model.policy import Policy, PolicySet, RecipientProfile
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

    requires_tls: bool = False

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


class LoadTestPolicies:
    """The policies given at the start (implements `ports.Policies`)."""

    def __init__(self, policies: tuple[Policy, ...]) -> None:
        self._policies = policies

    def current(self, tenant_id: str, direction: Direction) -> PolicySet:
        """The same at any time."""
        return PolicySet(tenant_id, direction, self._policies)


class LoadTestDirectory:
    """A directory that knows nobody (implements `ports.Directory`)."""

    def profile(self, tenant_id: str, address: str) -> RecipientProfile:
        """Somebody with one address and no groups."""
        del tenant_id
        return RecipientProfile(address, frozenset({address.lower()}))

    def protected_identities(self, tenant_id: str) -> ProtectedIdentities:
        """Nobody in particular."""
        del tenant_id
        return ProtectedIdentities((), frozenset(domain.name for domain in TENANT.domains))


class Uninspected:
    """Relays everything unread: what the mail path costs without inspection (implements `pipeline.Examines`)."""

    async def examine(
        self, arrival: Arrival, recipients: Sequence[Recipient], tries: int, journal: Journal
    ) -> Examined:
        """A clean report and RELAY for everybody."""
        del arrival, tries, journal
        decisions = tuple(
            Decision(item.address, Fate.RELAY, Changes(), "load test: not inspected") for item in recipients
        )
        return Examined(Report(Verdict.CLEAN, 0.0, ()), decisions, {}, "", "")
