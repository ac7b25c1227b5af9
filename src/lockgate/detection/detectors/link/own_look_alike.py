"""A link leads to a domain that resembles one of ours or of a close partner.

Why it matters: `contoso-login.com` and `contoso.com.example.net` are set up for this organisation's people alone; no
list knows them yet.
Known false positives: sister companies and own marketing domains (add them to the protected domains).
References: MITRE ATT&CK T1583.001; Unicode UTS #39.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import registered_domain
from lockgate.detection.resemblance import resembles
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
            how = resembles(target.host, own)
            if how:
                yield Found(f"a link leads to {target.host}, which resembles {own}: {how}", (target.evidence,))
                break
