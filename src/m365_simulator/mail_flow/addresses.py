"""Matching of IP addresses and domains the way connectors, policies and rules write them."""

import ipaddress


def ip_listed(address: str, entries: list[str]) -> bool:
    """Whether an address is in a list of single addresses, CIDR blocks and `a-b` ranges."""
    try:
        wanted = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(_contains(entry.strip(), wanted) for entry in entries)


def _contains(entry: str, wanted: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        if "-" in entry:
            low, _, high = entry.partition("-")
            ends = ipaddress.ip_address(low.strip()), ipaddress.ip_address(high.strip())
            return int(ends[0]) <= int(wanted) <= int(ends[1]) and ends[0].version == wanted.version
        return wanted in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def domain_listed(domain: str, patterns: list[str]) -> bool:
    """Whether a domain is in a connector's address space: `*`, `contoso.com` or `*.contoso.com`."""
    return any(
        pattern == "*" or pattern == domain or (pattern.startswith("*.") and domain.endswith(pattern[1:]))
        for pattern in (pattern.lower() for pattern in patterns)
    )


def domain_or_below(domain: str, wanted: str) -> bool:
    """Whether `domain` is `wanted` or a subdomain of it."""
    return domain.lower() == wanted.lower() or domain.lower().endswith("." + wanted.lower())


def certificate_covers(names: tuple[str, ...], wanted: str) -> bool:
    """Whether a client certificate satisfies TlsSenderCertificateName, which may start with `*.`."""
    domain = wanted.lower()
    for name in names:
        if name == domain or (domain.startswith("*.") and name.partition(".")[2] == domain[2:]):
            return True
        if name.startswith("*.") and domain.partition(".")[2] == name[2:]:
            return True
    return False
