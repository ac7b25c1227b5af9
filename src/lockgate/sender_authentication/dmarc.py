"""DMARC (RFC 7489): does the domain that a reader sees vouch for this message, and what does it ask for otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from lockgate.model.errors import TemporaryError
from lockgate.sender_authentication.resolver import Resolver

_POLICIES = frozenset({"none", "quarantine", "reject"})


@dataclass(frozen=True, slots=True)
class DmarcRecord:
    """A published policy, found at `domain`."""

    domain: str
    policy: str
    subdomain_policy: str
    strict_dkim: bool
    strict_spf: bool
    percent: int


@dataclass(frozen=True, slots=True)
class DmarcResult:
    """`result`: pass, fail, none (no policy), temperror, permerror. `policy` is what the owner asks for."""

    result: str
    policy: str = ""
    domain: str = ""
    reason: str = ""


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def organisational_domain(domain: str) -> str:
    """The registered domain (RFC 7489 §3.2) after the Public Suffix List; the domain itself below no known suffix."""
    found = _suffixes().privatesuffix(domain.lower().rstrip("."))
    return str(found) if found else domain.lower().rstrip(".")


def aligned(authenticated: str, header_from: str, *, strict: bool) -> bool:
    """Identifier alignment (RFC 7489 §3.1)."""
    left, right = authenticated.lower().rstrip("."), header_from.lower().rstrip(".")
    if not left or not right:
        return False
    return left == right or (not strict and organisational_domain(left) == organisational_domain(right))


def read_record(record: bytes, domain: str) -> DmarcRecord | None:
    """A policy record (RFC 7489 §6.3); None when it is none. Unknown tags and odd values take their defaults."""
    tags: dict[str, str] = {}
    for index, item in enumerate(record.decode("utf-8", "replace").split(";")):
        name, equals, value = item.partition("=")
        if index == 0 and (name.strip() != "v" or value.strip() != "DMARC1"):
            return None
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    policy = tags.get("p", "").lower()
    if policy not in _POLICIES:
        if not tags.get("rua"):
            return None
        policy = "none"  # RFC 7489 §6.6.3 step 6
    below = tags.get("sp", policy).lower()
    percent = tags.get("pct", "100")
    return DmarcRecord(
        domain=domain,
        policy=policy,
        subdomain_policy=below if below in _POLICIES else policy,
        strict_dkim=tags.get("adkim", "r").lower() == "s",
        strict_spf=tags.get("aspf", "r").lower() == "s",
        percent=int(percent) if percent.isdigit() and int(percent) <= 100 else 100,
    )


async def discover(domain: str, resolver: Resolver) -> DmarcRecord | None:
    """The policy for a header-from domain: its own, else its organisation's (RFC 7489 §6.6.3)."""
    for name in dict.fromkeys((domain.lower().rstrip("."), organisational_domain(domain))):
        if not name:
            continue
        records = [read_record(each, name) for each in await resolver.txt(f"_dmarc.{name}")]
        found = [each for each in records if each is not None]
        if len(found) == 1:
            return found[0]
        if found:
            return None  # several policies are none
    return None


async def evaluate(
    header_from: Sequence[str], spf: tuple[str, str], dkim_domains: Sequence[str], resolver: Resolver
) -> DmarcResult:
    """`header_from` are the domains of all authors, `spf` is (result, domain), `dkim_domains` those that passed.

    Several author domains, or none, cannot be judged: permerror (RFC 7489 §6.6.1 leaves it to the receiver).
    """
    domains = list(dict.fromkeys(each.lower().rstrip(".") for each in header_from if each))
    if len(domains) != 1:
        return DmarcResult("permerror", reason="there is not exactly one author domain")
    (domain,) = domains
    try:
        record = await discover(domain, resolver)
    except TemporaryError:
        return DmarcResult("temperror", domain=domain, reason="the policy could not be looked up")
    if record is None:
        return DmarcResult("none", domain=domain)
    policy = record.policy if record.domain == domain else record.subdomain_policy
    result, by_domain = spf
    if any(aligned(each, domain, strict=record.strict_dkim) for each in dkim_domains):
        return DmarcResult("pass", policy, domain)
    if result == "pass" and aligned(by_domain, domain, strict=record.strict_spf):
        return DmarcResult("pass", policy, domain)
    if result == "temperror":
        return DmarcResult("temperror", policy, domain, "SPF could not be evaluated")
    return DmarcResult("fail", policy, domain)
