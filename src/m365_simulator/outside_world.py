"""The Internet around the simulated tenants: domains of partners, shops and criminals, and their DNS.

Each domain sends from one documentation address (RFC 5737), so that a test can send as its real owner or as an
impostor. Every MX leads to the simulated Internet host, except that of `unreachable.example`.
"""

from dataclasses import dataclass

from m365_simulator.settings import Settings
from m365_simulator.world import World

NOBODY_LISTENS = 1  # tcpmux: a port on which no host here answers


@dataclass(frozen=True, slots=True)
class OutsideDomain:
    """`spf_end` is the qualifier of the final `all`; an empty `dmarc` publishes no policy."""

    name: str
    address: str
    spf_end: str = "-all"
    dmarc: str = ""


OUTSIDE_DOMAINS = (
    OutsideDomain("northwind.example", "192.0.2.10", dmarc="reject"),
    OutsideDomain("adatum.example", "192.0.2.20", spf_end="~all", dmarc="quarantine"),
    OutsideDomain("woodgrove-bank.example", "192.0.2.30", dmarc="reject"),
    OutsideDomain("newsletter.example", "192.0.2.40", dmarc="none"),
    OutsideDomain("no-policy.example", "192.0.2.50", spf_end="?all"),
    OutsideDomain("prize-draw.example", "198.51.100.66"),
    OutsideDomain("contoso-payments.example", "198.51.100.77", dmarc="reject"),
    OutsideDomain("unreachable.example", "192.0.2.99"),
)

# The address ranges that Exchange Online publishes for its outbound hosts (microsoft-365.md §4.6).
EXCHANGE_ONLINE_SPF = "v=spf1 ip4:40.92.0.0/15 ip4:40.107.0.0/16 ip4:52.100.0.0/14 ip4:104.47.0.0/17 -all"


def add_outside_world(world: World, settings: Settings) -> None:
    """Fill `World.dns` and `World.network` with everything outside the tenants."""
    world.dns[("spf.protection.outlook.com", "TXT")] = [EXCHANGE_ONLINE_SPF]
    for domain in OUTSIDE_DOMAINS:
        host = f"mx.{domain.name}"
        world.dns[(domain.name, "MX")] = [f"10 {host}."]
        world.dns[(domain.name, "A")] = [domain.address]
        world.dns[(host, "A")] = [domain.address]
        world.dns[(domain.name, "TXT")] = [f"v=spf1 ip4:{domain.address} {domain.spf_end}"]
        if domain.dmarc:
            world.dns[(f"_dmarc.{domain.name}", "TXT")] = [f"v=DMARC1; p={domain.dmarc}"]
        reachable = domain.name != "unreachable.example"
        world.network[host] = (settings.host, settings.ports.internet if reachable else NOBODY_LISTENS)
