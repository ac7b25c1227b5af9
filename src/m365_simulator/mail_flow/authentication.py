"""Sender authentication as Exchange reports it: SPF, DKIM, DMARC, composite authentication and ARC override.

SPF is pyspf and DKIM/ARC are dkimpy, both asked to look only into the simulated DNS. DMARC alignment (RFC 7489
§3.1) and the compauth reasons (microsoft-365.md §4.7) are evaluated here; of the reasons only 000, 001, 010, 100,
109, 130, 601 and 703 are produced. A trusted sealer overrides only with a chain whose every signature verifies, and
only when its own results say that the message had passed (§4.7).
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dkim
import spf
from publicsuffixlist import PublicSuffixList

from m365_simulator.mail_flow.headers import HeaderBlock
from m365_simulator.mail_flow.identities import header_from
from m365_simulator.mail_flow.message import Message, domain_of

Lookup = Callable[[str, str], list[str]]  # (name, record type) -> texts
MAX_SIGNATURES = 5
# What dkimpy lets out when a signature, seal or key is malformed beyond what it checks itself.
_BROKEN = (dkim.DKIMException, ValueError, LookupError)
_QUIET = logging.getLogger("m365_simulator.dkimpy")
_QUIET.setLevel(logging.CRITICAL)  # a signature that fails is an outcome here, not an error
_SUFFIXES = PublicSuffixList()
_COMMENT = re.compile(r"\([^()]*\)")
_PASSED = re.compile(r"\s*(?:dmarc\s*=\s*(?:pass|bestguesspass)|compauth\s*=\s*pass)\b")


@dataclass(frozen=True, slots=True)
class Authentication:
    """The results for one message. `arc` is none, pass or fail; `sealer` the outermost seal's domain."""

    spf: str
    spf_domain: str
    dkim: str
    dkim_domain: str
    dmarc: str
    dmarc_action: str
    policy: str
    from_domain: str
    compauth: str
    reason: str
    arc: str = "none"
    sealer: str = ""


def authenticate(message: Message, lookup: Lookup, trusted_sealers: list[str], own_domain: bool) -> Authentication:
    """Everything about one message at its arrival. `own_domain`: From is a domain of the receiving tenant."""
    origin, envelope = message.origin, message.envelope
    from_domain = domain_of(header_from(HeaderBlock(message.content)))
    spf_domain = domain_of(envelope.mail_from) or origin.helo.lower()
    spf_result = check_spf(origin.client_ip, envelope.mail_from, origin.helo, lookup)
    dkim_result, dkim_domain = check_dkim(message.content, from_domain, lookup)
    arc, sealer = check_arc(message.content, lookup)
    aligned = (spf_result == "pass" and aligns(spf_domain, from_domain)) or (
        dkim_result == "pass" and aligns(dkim_domain, from_domain)
    )
    policy = dmarc_policy(from_domain, lookup)
    dmarc = ("pass" if aligned else "fail") if policy else ("bestguesspass" if aligned else "none")
    trusted = arc == "pass" and sealer in trusted_sealers and had_passed(message.content)
    compauth, reason = _composite(dmarc, policy, own_domain, trusted)
    action = {"reject": "oreject", "quarantine": "quarantine"}.get(policy, "none") if dmarc == "fail" else "none"
    return Authentication(
        spf=spf_result,
        spf_domain=spf_domain,
        dkim=dkim_result,
        dkim_domain=dkim_domain,
        dmarc=dmarc,
        dmarc_action=action if not trusted else "none",
        policy=policy,
        from_domain=from_domain,
        compauth=compauth,
        reason=reason,
        arc=arc,
        sealer=sealer,
    )


def _composite(dmarc: str, policy: str, own_domain: bool, trusted_seal: bool) -> tuple[str, str]:
    if dmarc == "pass":
        return "pass", "100"
    if dmarc == "bestguesspass":
        return "pass", "109"
    if trusted_seal:
        return "pass", "130"
    if own_domain:
        return "fail", "010" if policy in {"reject", "quarantine"} else "601"
    return "fail", "000" if policy in {"reject", "quarantine"} else "001"


def check_spf(client_ip: str, mail_from: str, helo: str, lookup: Lookup) -> str:
    """pyspf's result word for MAIL FROM, or for HELO with the null sender (RFC 7208 §2.4)."""
    sender = mail_from or f"postmaster@{helo}"
    if not domain_of(sender):
        return "none"
    query: Any = spf.query(i=client_ip, s=sender, h=helo or "unknown", receiver="mail.protection.outlook.com")

    def answers(name: str, kind: str, _cnames: object = None, ignore_void: bool = False) -> list[Any]:
        found = lookup(name, kind)
        if not found and not ignore_void:
            query.void_lookups += 1
        return [_spf_record(kind, text) for text in found]

    query.dns = answers
    try:
        return str(query.check()[0]).lower()
    except (ValueError, LookupError, TypeError):  # a name or address that pyspf cannot take apart
        return "permerror"


def _spf_record(kind: str, text: str) -> Any:
    if kind in {"TXT", "SPF"}:
        return (text.encode(),)
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return int(preference), host.rstrip(".")
    return text


def check_dkim(content: bytes, from_domain: str, lookup: Lookup) -> tuple[str, str]:
    """Result and domain of the best signature: an aligned pass before any pass before a failure."""
    signatures = HeaderBlock(content).all("DKIM-Signature")[:MAX_SIGNATURES]
    results = [
        ("pass" if _verifies(content, index, lookup) else "fail", tag(signature, "d").lower())
        for index, signature in enumerate(signatures)
    ]
    if not results:
        return "none", ""
    return max(results, key=lambda one: (one[0] == "pass", one[0] == "pass" and aligns(one[1], from_domain)))


def _verifies(content: bytes, index: int, lookup: Lookup) -> bool:
    try:
        return bool(dkim.DKIM(content, logger=_QUIET).verify(idx=index, dnsfunc=_text_of(lookup)))
    except _BROKEN:
        return False


def check_arc(content: bytes, lookup: Lookup) -> tuple[str, str]:
    """The chain's state and the domain of its outermost seal."""
    block = HeaderBlock(content)
    seals = block.all("ARC-Seal")
    if not seals:
        return "none", ""
    try:
        state, _results, _reason = dkim.arc_verify(content, logger=_QUIET, dnsfunc=_text_of(lookup))
    except _BROKEN:
        state = dkim.CV_Fail
    outermost = max(seals, key=instance)
    return ("pass" if state == dkim.CV_Pass else "fail"), tag(outermost, "d").lower()


def had_passed(content: bytes) -> bool:
    """Whether the newest ARC-Authentication-Results say that DMARC, or Exchange's composite result, had passed."""
    newest = max(HeaderBlock(content).all("ARC-Authentication-Results"), key=instance, default="")
    return any(_PASSED.match(part) for part in _COMMENT.sub("", newest).split(";"))


def instance(value: str) -> int:
    """The i= of an ARC field; 0 when it has none that is a number."""
    number = tag(value, "i")
    return int(number) if number.isdecimal() else 0


def tag(value: str, name: str) -> str:
    """One tag of a DKIM-style tag list, white space removed."""
    for part in value.split(";"):
        key, _, text = part.partition("=")
        if key.strip() == name:
            return "".join(text.split())
    return ""


def _text_of(lookup: Lookup) -> Callable[..., bytes | None]:
    def find(name: bytes, timeout: int = 5) -> bytes | None:  # noqa: ARG001 - dkimpy's signature
        found = lookup(name.decode("ascii", "replace").rstrip("."), "TXT")
        return found[0].encode() if found else None

    return find


def dmarc_policy(from_domain: str, lookup: Lookup) -> str:
    """`none`, `quarantine` or `reject` of the domain or its organisational domain; empty without a record."""
    organisational = organisational_domain(from_domain)
    for place, name in enumerate(dict.fromkeys((from_domain, organisational))):
        for text in lookup(f"_dmarc.{name}", "TXT") if name else []:
            if tag(text, "v").upper() == "DMARC1":
                return (tag(text, "sp") if place else "") or tag(text, "p") or "none"
    return ""


def organisational_domain(domain: str) -> str:
    """The registrable domain by the public suffix list."""
    return str(_SUFFIXES.privatesuffix(domain) or domain)


def aligns(authenticated: str, from_domain: str) -> bool:
    """Relaxed alignment (RFC 7489 §3.1)."""
    return bool(authenticated) and organisational_domain(authenticated) == organisational_domain(from_domain)
