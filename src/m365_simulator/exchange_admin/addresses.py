"""Checks on the IP addresses, domains and address spaces that connectors and policies carry (§3.4)."""

import ipaddress
import re

from m365_simulator.exchange_admin.failures import CmdletFailure, invalid

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"^{_LABEL}(?:\.{_LABEL})*$", re.IGNORECASE)
NARROWEST_PREFIX, WIDEST_PREFIX, LARGEST_RANGE = 32, 24, 256


def is_domain(text: str) -> bool:
    """Whether this could be a domain name in A-label form."""
    return bool(_DOMAIN.match(text)) and len(text) <= 253


def is_domain_pattern(text: str, *, everything: bool = True) -> bool:
    """A domain, `*.domain`, or (with `everything`) `*`. Wildcards inside are refused."""
    if everything and text == "*":
        return True
    return is_domain(text.removeprefix("*."))


def address_space(value: str) -> str:
    """`*.contoso.com` as Exchange shows it: `smtp:*.contoso.com;1`."""
    kind, colon, rest = value.partition(":")
    pattern, _, cost = (rest if colon else value).partition(";")
    pattern = pattern.strip()
    if (colon and kind.lower() != "smtp") or not is_domain_pattern(pattern):
        raise invalid(
            f"The address space '{value}' isn't valid: wildcards are allowed only in front, as in *.contoso.com."
        )
    return f"smtp:{pattern.lower()};{cost or '1'}"


def ipv4_or_block(value: str, property_name: str) -> str:
    """A single IPv4 address or a block of /24 to /32."""
    try:
        network = ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise _bad_ip(value, property_name) from None
    if network.version != 4:
        raise invalid(f"The IP address '{value}' in {property_name} isn't supported. Only IPv4 addresses can be used.")
    if not WIDEST_PREFIX <= network.prefixlen <= NARROWEST_PREFIX:
        raise invalid(
            f"The CIDR range '{value}' in {property_name} must be between /{WIDEST_PREFIX} and /{NARROWEST_PREFIX}."
        )
    return value.strip()


def ipv4_range(value: str, property_name: str) -> str:
    """As `ipv4_or_block`, or `first-last` of at most 256 addresses."""
    first, dash, last = value.partition("-")
    if not dash:
        return ipv4_or_block(value, property_name)
    try:
        low, high = ipaddress.IPv4Address(first.strip()), ipaddress.IPv4Address(last.strip())
    except ValueError:
        raise _bad_ip(value, property_name) from None
    if not 0 <= int(high) - int(low) < LARGEST_RANGE:
        raise invalid(f"The IP range '{value}' in {property_name} may hold at most {LARGEST_RANGE} addresses.")
    return value.strip()


def any_ip_range(value: str, property_name: str) -> str:
    """Any IPv4 or IPv6 address, block or range (transport rules, EFSkipIPs)."""
    try:
        if "-" in value:
            first, _, last = value.partition("-")
            low, high = ipaddress.ip_address(first.strip()), ipaddress.ip_address(last.strip())
            if low.version != high.version or int(low) > int(high):
                raise _bad_ip(value, property_name)
        else:
            ipaddress.ip_network(value.strip(), strict=False)
    except ValueError:
        raise _bad_ip(value, property_name) from None
    return value.strip()


def smart_host(value: str) -> str:
    """A host name, an IPv4 address (brackets allowed) or a block."""
    bare = value.strip().strip("[]")
    try:
        if ipaddress.ip_network(bare, strict=False).version == 4:
            return value.strip()
    except ValueError:
        if is_domain(bare) and "." in bare:
            return value.strip()
    raise invalid(f"The smart host '{value}' isn't a valid host name or IPv4 address.")


def _bad_ip(value: str, property_name: str) -> CmdletFailure:
    return invalid(f"'{value}' in {property_name} isn't a valid IP address, range or CIDR block.")
