"""Where a message goes next: which connector, which hosts, with which TLS (microsoft-365.md §4.12).

A route is resolved anew at every attempt, so that a connector that is switched off, changed or deleted while
mail waits is noticed.
"""

import ipaddress
from dataclasses import dataclass

from m365_simulator.dns_records import lookup, mx_host
from m365_simulator.exchange_admin import organisation
from m365_simulator.exchange_admin.organisation import OutboundConnectorView
from m365_simulator.mail_flow.addresses import domain_listed
from m365_simulator.mail_flow.client import Host, TlsDemand
from m365_simulator.mail_flow.tls import MailTls
from m365_simulator.world import Tenant, World

OUTBOUND_ADDRESS = "40.107.22.101"  # inside the ranges that Exchange Online sends from


@dataclass(frozen=True, slots=True)
class ConnectorRoute:
    """Through an outbound connector, named by name or GUID."""

    connector: str
    require_tls: bool = False


@dataclass(frozen=True, slots=True)
class InternetRoute:
    """To the mail exchanger of a domain."""

    domain: str
    require_tls: bool = False


Route = ConnectorRoute | InternetRoute


@dataclass(frozen=True, slots=True)
class Destination:
    """The hosts to try in this order, and the TLS to ask for, by host name."""

    hosts: tuple[Host, ...]
    demands: tuple[TlsDemand, ...]
    keep_internal: bool = False
    claimed_ip: str = ""  # the address that another tenant's exchanger is to see


@dataclass(frozen=True, slots=True)
class Waiting:
    """No way at present; the argument is the LED string."""

    led: str


@dataclass(frozen=True)
class Network:
    """The simulated network: who answers on port 25 of which name. The two addresses are our own servers'."""

    world: World
    tls: MailTls
    mx: tuple[str, int]
    internet: tuple[str, int]

    def destination(self, tenant: Tenant, route: Route, attempt: int) -> Destination | Waiting:
        """How to reach the next hop now; `attempt` turns the order of several smart hosts."""
        match route:
            case ConnectorRoute(name, require_tls):
                connector = find_connector(tenant, name)
                if connector is None or not connector.enabled or connector.blocked:
                    state = "not found" if connector is None else "disabled"
                    return Waiting(f"451 4.4.0 Outbound connector '{name}' is {state}; message deferred")
                return self._through(connector, require_tls, attempt)
            case InternetRoute(domain, require_tls):
                host = self._exchanger(domain)
                seen_as = OUTBOUND_ADDRESS if self.world.tenant_of_domain(domain) is not None else ""
                demand = self.tls.opportunistic(host.name, required=require_tls)
                return Destination((host,), (demand,), claimed_ip=seen_as)

    def _through(self, connector: OutboundConnectorView, require_tls: bool, attempt: int) -> Destination | Waiting:
        names = [name.strip("[]") for name in connector.smart_hosts]
        if connector.use_mx_record or not names:
            return Waiting("450 4.4.312 DNS query failed [Message=the connector names no smart host]")
        turn = attempt % len(names)
        hosts = tuple(self.locate(name) for name in names[turn:] + names[:turn])
        demands = tuple(self.tls.demand(connector, host.name, require_tls) for host in hosts)
        return Destination(hosts, demands, connector.cloud_services_mail_enabled)

    def _exchanger(self, domain: str) -> Host:
        if self.world.tenant_of_domain(domain) is not None:
            return Host(mx_host(domain), *self.mx)
        for record in sorted(lookup(self.world, domain, "MX"), key=lambda text: int(text.split()[0])):
            name = record.split()[1].rstrip(".").lower()
            if name in self.world.network:
                return Host(name, *self.world.network[name])
        return Host(f"mx.{domain}", *self.internet)

    def locate(self, name: str) -> Host:
        """Port 25 of a host name or address: as the World's network map says, else the simulated DNS."""
        known = self.world.network.get(name.lower()) or self.world.network.get(name)
        if known is not None:
            return Host(name, *known)
        try:
            return Host(name, str(ipaddress.ip_address(name)), 25)
        except ValueError:
            found = lookup(self.world, name, "A")
            return Host(name, found[0] if found else "127.0.0.1", 25)


def find_connector(tenant: Tenant, name: str) -> OutboundConnectorView | None:
    """An outbound connector by name or GUID, whatever its state."""
    wanted = name.lower()
    connectors = organisation.outbound_connectors(tenant)
    return next((one for one in connectors if wanted in {one.name.lower(), one.guid.lower()}), None)


def default_route(tenant: Tenant, domain: str, require_tls: bool = False) -> Route:
    """Without a rule: exact RecipientDomains, then AllAcceptedDomains, then wildcards, then the MX record."""
    usable = [
        one
        for one in organisation.outbound_connectors(tenant)
        if one.enabled and not one.rule_scoped and not one.test_mode and not one.use_mx_record
    ]
    exact = [one for one in usable if domain in one.recipient_domains]
    accepted = [one for one in usable if one.all_accepted_domains and tenant.accepts_domain(domain)]
    wild = [one for one in usable if domain_listed(domain, one.recipient_domains)]
    chosen = next(iter([*exact, *accepted, *wild]), None)
    return ConnectorRoute(chosen.name, require_tls) if chosen else InternetRoute(domain, require_tls)
