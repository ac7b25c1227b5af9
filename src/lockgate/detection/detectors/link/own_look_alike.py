"""A link leads to a domain that resembles one of ours or of a close partner.

Why it matters: `contoso-login.com` and `contoso.com.example.net` are set up for this organisation's people alone; no
list knows them yet.
Known false positives: sister companies and own marketing domains (add them to the protected domains).
References: MITRE ATT&CK T1583.001; Unicode UTS #39.
"""

from collections.abc import Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import registered_domain
from lockgate.detection.resemblance import as_tenant, is_baited, resembles
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, ProtectedIdentities
from lockgate.model.findings import Category

HOSTS = 60


@detector("link.own-look-alike", Category.PHISHING, weight=3.0, direction=Direction.INBOUND)
def own_look_alike(content: Content, origin: Origin, identities: ProtectedIdentities | None) -> Iterator[Outcome]:
    protected = origin.internal_domains | (identities.domains if identities else frozenset())
    homes = {registered_domain(domain) for domain in protected} | {registered_domain(content.header_from.domain)}
    in_order = sorted(protected)
    seen: set[str] = set()
    for target in content.web_targets:
        if target.host in seen or target.domain in homes or len(seen) > HOSTS:
            continue
        seen.add(target.host)
        for own in in_order:
            how, strength = _likeness(target.host, own)
            if how:
                explanation = f"a link leads to {target.host}, which resembles {own}: {how}"
                yield Found(explanation, (target.evidence,), strength)
                break


@lru_cache(maxsize=16_384)
def _likeness(host: str, own: str) -> tuple[str, float]:
    if covers("tenant_hosts", host):
        return "", 0.0
    if how := resembles(host, own):
        return how, 1.0
    return (as_tenant(host, own), 0.5) if is_baited(host) else ("", 0.0)
