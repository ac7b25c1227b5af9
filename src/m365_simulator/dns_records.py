"""What the simulated DNS answers: records derived from the tenants, and those in `World.dns`, which win.

For every verified domain of a tenant: MX to its `*.mail.protection.outlook.com` host, the SPF record that
Microsoft asks for, NS and SOA. A name exists when it has a record of any type or lies above one that does.
"""

from m365_simulator.world import Tenant, World

PROTECTION_SUFFIX = ".mail.protection.outlook.com"
NAME_SERVER = "ns1.simulated-dns.example"
TENANT_SPF = "v=spf1 include:spf.protection.outlook.com -all"


def mx_host(domain: str) -> str:
    """The MX target that Exchange Online gives a domain: dots become dashes."""
    return domain.lower().replace(".", "-") + PROTECTION_SUFFIX


def lookup(world: World, name: str, record_type: str) -> list[str]:
    """The texts of a name's records of one type, as a zone file would show them (TXT without quotes)."""
    wanted = name.lower().rstrip(".")
    if (wanted, record_type) in world.dns:
        return list(world.dns[(wanted, record_type)])
    return _derived(world, wanted).get(record_type, [])


def exists(world: World, name: str) -> bool:
    """Whether the name is there at all; if not, the answer is NXDOMAIN."""
    wanted = name.lower().rstrip(".")
    if _derived(world, wanted):
        return True
    own = {known for known, _ in world.dns} | _tenant_names(world)
    return any(known == wanted or known.endswith("." + wanted) for known in own)


def _tenant_names(world: World) -> set[str]:
    names = {domain for tenant in world.tenants.values() for domain in tenant.domains}
    return names | {mx_host(name) for name in names}


def _derived(world: World, name: str) -> dict[str, list[str]]:
    if name.endswith(PROTECTION_SUFFIX):
        known = any(mx_host(domain) == name for tenant in world.tenants.values() for domain in tenant.domains)
        return {"A": ["127.0.0.1"]} if known else {}
    tenant = next((found for found in world.tenants.values() if name in found.domains), None)
    return _tenant_records(tenant, name) if tenant is not None else {}


def _tenant_records(tenant: Tenant, name: str) -> dict[str, list[str]]:
    records = {
        "NS": [f"{NAME_SERVER}."],
        "SOA": [f"{NAME_SERVER}. hostmaster.simulated-dns.example. 1 3600 600 604800 300"],
        "A": ["127.0.0.1"],
    }
    if tenant.domains[name].is_verified:
        records["MX"] = [f"0 {mx_host(name)}."]
        records["TXT"] = [TENANT_SPF]
    return records
