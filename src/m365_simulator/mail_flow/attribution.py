"""Which tenant and which inbound connector a message belongs to, and what is refused at the door.

Order for connectors of type OnPremises: client certificate, then MAIL FROM, then RCPT TO (microsoft-365.md §4.1).
Pure: reads the World, changes nothing.
"""

from dataclasses import dataclass

from m365_simulator.exchange_admin import organisation
from m365_simulator.exchange_admin.organisation import InboundConnectorView
from m365_simulator.mail_flow.addresses import certificate_covers, domain_listed, ip_listed
from m365_simulator.mail_flow.listener import Peer
from m365_simulator.mail_flow.message import domain_of
from m365_simulator.world import Tenant, World

RELAY_DENIED = "550 5.7.64 TenantAttribution; Relay Access Denied"
UNKNOWN_RECIPIENT = (
    "550 5.4.1 Recipient address rejected: Access denied. For more information see https://aka.ms/EXOSmtpErrors"
)
PARTNER_RESTRICTED = (
    "550 5.7.51 TenantInboundAttribution; Rejecting. Recipient has a partner connector with "
    "RestrictDomainsToIPAddresses or RestrictDomainsToCertificate set"
)
DIRECT_SEND = (
    "550 5.7.68 TenantInboundAttribution; Direct Send not allowed for this organization from unauthorized sources"
)
TLS_REQUIRED = "451 5.7.3 STARTTLS is required to send mail"
BLOCKED_CLIENT = "550 5.7.1 Service unavailable, client host blocked by the connection filter policy"


@dataclass(frozen=True, slots=True)
class Attribution:
    """The tenant that takes the message; `connector` when an inbound connector matched."""

    tenant: Tenant
    connector: InboundConnectorView | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The SMTP reply to give."""

    reply: str


def attribute(world: World, peer: Peer, mail_from: str, rcpt_to: str) -> Attribution | Refusal:
    """Where one recipient's copy goes."""
    own = world.tenant_of_domain(domain_of(rcpt_to))
    found = _on_premises(world, peer, domain_of(mail_from), own)
    if found is not None:
        return _through_connector(found, rcpt_to)
    if own is None:
        return Refusal(f"{RELAY_DENIED} [{peer.ip}]")
    return _from_outside(own, peer, mail_from, rcpt_to)


def _on_premises(world: World, peer: Peer, sender: str, own: Tenant | None) -> Attribution | None:
    for tenant in world.tenants.values():
        connector = _matching(tenant, peer, by_certificate_domain=True)
        if connector is not None:
            return Attribution(tenant, connector)
    sending = world.tenant_of_domain(sender) if sender else None
    for candidate in (sending, own):
        connector = _matching(candidate, peer) if candidate is not None else None
        if candidate is not None and connector is not None:
            return Attribution(candidate, connector)
    return None


def _matching(tenant: Tenant, peer: Peer, by_certificate_domain: bool = False) -> InboundConnectorView | None:
    for connector in organisation.inbound_connectors(tenant):
        if not connector.enabled or connector.blocked or connector.connector_type != "OnPremises":
            continue
        wanted = connector.tls_sender_certificate_name
        by_certificate = bool(wanted) and certificate_covers(peer.certificate_names, wanted)
        if by_certificate_domain:
            if by_certificate and tenant.accepts_domain(wanted.removeprefix("*.")):
                return connector
        elif by_certificate or _by_address(connector, peer):
            return connector
    return None


def _by_address(connector: InboundConnectorView, peer: Peer) -> bool:
    if connector.restrict_domains_to_certificate or (connector.require_tls and not peer.tls):
        return False
    return ip_listed(peer.ip, connector.sender_ip_addresses)


def _through_connector(found: Attribution, rcpt_to: str) -> Attribution | Refusal:
    tenant = found.tenant
    if not tenant.accepts_domain(domain_of(rcpt_to)):
        return found
    return found if recipient_exists(tenant, rcpt_to) else Refusal(UNKNOWN_RECIPIENT)


def _from_outside(tenant: Tenant, peer: Peer, mail_from: str, rcpt_to: str) -> Attribution | Refusal:
    lists = organisation.connection_filter(tenant)
    if ip_listed(peer.ip, lists.blocked) and not ip_listed(peer.ip, lists.allowed):
        return Refusal(f"{BLOCKED_CLIENT} [{peer.ip}]")
    partner = _partner(tenant, domain_of(mail_from))
    if partner is not None:
        refusal = _partner_refusal(partner, peer)
        if refusal:
            return Refusal(refusal)
    elif _is_direct_send(tenant, mail_from):
        return Refusal(DIRECT_SEND)
    if not recipient_exists(tenant, rcpt_to):
        return Refusal(UNKNOWN_RECIPIENT)
    return Attribution(tenant, partner)


def _partner(tenant: Tenant, sender: str) -> InboundConnectorView | None:
    """The most specific enabled Partner connector for a sender domain (an exact name before wildcards)."""
    fitting = [
        connector
        for connector in organisation.inbound_connectors(tenant)
        if connector.enabled
        and connector.connector_type == "Partner"
        and domain_listed(sender, connector.sender_domains)
    ]
    return min(fitting, key=lambda one: (sender not in one.sender_domains, "*" in one.sender_domains), default=None)


def _partner_refusal(connector: InboundConnectorView, peer: Peer) -> str:
    if connector.require_tls and not peer.tls:
        return TLS_REQUIRED
    certificate = connector.tls_sender_certificate_name
    if connector.restrict_domains_to_certificate and not certificate_covers(peer.certificate_names, certificate):
        return PARTNER_RESTRICTED
    if connector.restrict_domains_to_ip_addresses and not ip_listed(peer.ip, connector.sender_ip_addresses):
        return PARTNER_RESTRICTED
    return ""


def _is_direct_send(tenant: Tenant, mail_from: str) -> bool:
    rejects = organisation.flag(organisation.organization_config(tenant), "RejectDirectSend")
    return rejects and tenant.accepts_domain(domain_of(mail_from))


def recipient_exists(tenant: Tenant, address: str) -> bool:
    """Whether the directory knows the recipient; domains that are not authoritative take every address."""
    domain = domain_of(address)
    known = tenant.domains.get(domain)
    if known is not None and known.domain_type != "Authoritative":
        return True
    user = tenant.user_by_address(plain_address(address))
    if user is not None:
        return bool(user.mailbox_type)
    return tenant.group_by_address(address) is not None


def plain_address(address: str) -> str:
    """Without a plus part: `jo+news@contoso.com` is `jo@contoso.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if "+" in local else address
