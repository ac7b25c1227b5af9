"""A link leads to a page that nobody has rated: no list knows it, and it is neither ours nor the sender's own.

Why it matters: a page that is new to every list may be harmless or an hour old; some organisations want a banner, or
another action of their own, on such mail. It weighs nothing and does not run until it is switched on, because most mail
has such links: `lockgate detectors rules mature link.unrated enforced`. A policy's rule then names `link:unrated`.
Known false positives: every honest page that no list knows; approve its domain.
References: RFC 7489 (why the sender's own domain counts only when it is authenticated); MITRE ATT&CK T1566.002.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.organisations import same_organisation
from lockgate.model.facts import Origin, SenderAuthentication
from lockgate.model.findings import Category, Maturity
from lockgate.model.reputation import Reputation, Subject

LISTED = frozenset({Subject.URL, Subject.DOMAIN})


@detector("link.unrated", Category.PHISHING, weight=0.0, maturity=Maturity.DRAFT)
def unrated(
    content: Content, origin: Origin, reputation: Reputation | None, authentication: SenderAuthentication | None
) -> Iterator[Outcome]:
    hits = reputation.hits if reputation is not None else ()
    rated = {hit.value for hit in hits if hit.subject in LISTED and not hit.policy_id}
    proven = authentication is not None and "pass" in (authentication.dmarc, authentication.compauth)
    for target in content.web_targets:
        own = origin.is_internal(target.host) or (proven and same_organisation(target.host, content.header_from.domain))
        if own or {target.host, target.url[:200], target.link.url[:200]} & rated:
            continue
        yield Found(f"nobody has rated {target.host}", (target.evidence,), 1.0, ("link:unrated",))
