"""Is this message really from one of our tenants, and on its way through us? (microsoft-365.md §4.8)

A certificate of Exchange Online proves only "some tenant": any tenant's mail comes from those hosts. So all of
these must hold: Exchange's certificate, exactly one cross-tenant id, which is a tenant of ours, a secret that
only that tenant's routing rule knows, and an envelope that belongs to the tenant. A mismatch is final (550
5.7.1): the message was never meant for us. A tenant that is known but not granted for the direction gets 451,
because its administrator can still change that and the mail must not be lost.
"""

import hmac

from lockgate.gateway.arrival import PeerFacts, Proof, Refusal
from lockgate.gateway.ports import Tenants
from lockgate.mime.headers import HeaderBlock
from lockgate.model.envelope import Direction, Envelope, domain_of
from lockgate.model.headers import RETURN, ROUTE
from lockgate.model.tenant import Passage, Protection, Tenant

CROSS_TENANT_ID = "X-MS-Exchange-CrossTenant-Id"
CROSS_TENANT_AUTH_AS = "X-MS-Exchange-CrossTenant-AuthAs"
NETWORK_MESSAGE_IDS = ("X-MS-Exchange-CrossTenant-Network-Message-Id", "X-MS-Exchange-Organization-Network-Message-Id")
NOT_FOR_US = "This host takes mail only from the tenants that it protects"


class TenantDoor:
    """The door of a gateway that protects tenants (implements `reception.Door`)."""

    requires_tls: bool = True

    def __init__(self, tenants: Tenants, peer_names: tuple[str, ...], maximum_received: int) -> None:
        self._tenants = tenants
        self._peer_names = {name.lower() for name in peer_names}
        self._maximum_received = maximum_received

    def refuses_peer(self, peer: PeerFacts) -> Refusal | None:
        """Only hosts with Exchange Online's verified client certificate may speak of mail."""
        if any(name.lower() in self._peer_names for name in peer.certificate_names):
            return None
        shown = ", ".join(peer.certificate_names) or "none"
        return _refused(f"client certificate is not Exchange Online's (it is: {shown})")

    def refuses_address(self, mail_from: str, rcpt_to: str) -> Refusal | None:
        """Sender or recipient must be of a tenant of ours; for the null sender the headers decide."""
        domains = (domain_of(rcpt_to), domain_of(mail_from))
        if not mail_from or any(domain and self._tenants.any_accepts(domain) for domain in domains):
            return None
        return _refused(f"neither {mail_from} nor {rcpt_to} is of a tenant protected here")

    def prove(self, header: HeaderBlock, envelope: Envelope) -> Proof | Refusal:
        """The tenant and direction that the message proves, or why it is refused."""
        return prove(header, envelope, self._tenants, self._maximum_received)


def prove(header: HeaderBlock, envelope: Envelope, tenants: Tenants, maximum_received: int) -> Proof | Refusal:
    """The tenant and direction that the message proves, or why it is refused."""
    ids = [value.strip().lower() for value in header.values(CROSS_TENANT_ID)]
    if len(ids) != 1:
        return _refused(f"{len(ids)} cross-tenant ids; a message that Exchange hands over has exactly one")
    tenant = tenants.by_id(ids[0])
    if tenant is None:
        return _refused(f"tenant {ids[0][:40]} is not protected here")
    network_message_id = next((value.strip() for name in NETWORK_MESSAGE_IDS for value in header.values(name)), "")
    found = _passage(header, tenant)
    if isinstance(found, str):
        return _refused(found, tenant, None, network_message_id)
    problem = _loop(header, found, maximum_received)
    if problem:
        return Refusal(554, "5.4.6", "Mail loop detected", problem, tenant.id, found.direction, network_message_id)
    problem = _envelope_problem(header, envelope, tenant, found.direction)
    if problem:
        return _refused(problem, tenant, found.direction, network_message_id)
    if found.protection is Protection.OFF:
        cause = f"{found.direction} protection of this tenant is off"
        return Refusal(
            451, "4.7.1", "Not ready for this tenant, try again later", cause, tenant.id, found.direction,
            network_message_id,
        )  # fmt: skip
    return Proof(tenant, found, network_message_id)


def _refused(
    cause: str, tenant: Tenant | None = None, direction: Direction | None = None, network_message_id: str = ""
) -> Refusal:
    return Refusal(550, "5.7.1", NOT_FOR_US, cause, tenant.id if tenant else "", direction, network_message_id)


def _passage(header: HeaderBlock, tenant: Tenant) -> Passage | str:
    """The one direction whose route secret the message carries, or what is wrong."""
    proven = [
        passage for passage in tenant.passages if _carries(header, ROUTE[passage.direction], passage.route_secrets)
    ]
    if len(proven) == 1:
        return proven[0]
    if proven:
        return "route secrets of both directions; a message goes one way"
    present = any(header.count(name) for name in ROUTE.values())
    return "a route header with a wrong secret" if present else "no route header: no routing rule of the tenant sent it"


def _carries(header: HeaderBlock, name: str, secrets: tuple[str, ...]) -> bool:
    """Whether a field `name` holds one of the secrets; compared in constant time."""
    return any(
        hmac.compare_digest(value.strip().encode(), secret.encode())
        for value in header.values(name)
        for secret in secrets
        if secret
    )


def _loop(header: HeaderBlock, passage: Passage, maximum_received: int) -> str:
    """Why this message goes round in circles; empty when it does not (RFC 5321 §6.3, microsoft-365.md §4.4)."""
    if _carries(header, RETURN[passage.direction], passage.return_secrets):
        return "it has been through here in this direction already: the tenant's rule does not honour our return header"
    received = header.count("Received")
    if received > maximum_received:
        return f"{received} Received fields, more than {maximum_received}"
    return ""


def _envelope_problem(header: HeaderBlock, envelope: Envelope, tenant: Tenant, direction: Direction) -> str:
    """Why sender or recipients do not belong to the tenant; empty when they do."""
    if direction is Direction.INBOUND:
        foreign = [rcpt.address for rcpt in envelope.recipients if not tenant.accepts(rcpt.domain)]
        return f"recipient domain is not the tenant's: {foreign[0]}" if foreign else ""
    if envelope.mail_from and not tenant.accepts(domain_of(envelope.mail_from)):
        return f"sender domain is not the tenant's: {envelope.mail_from}"
    identities = {value.strip().lower() for value in header.values(CROSS_TENANT_AUTH_AS)}
    if identities != {"internal"}:
        return f"outbound mail must be authenticated as internal, not {', '.join(sorted(identities)) or 'unstated'}"
    return ""
