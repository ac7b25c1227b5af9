"""The sender's domain resembles one of the organisation's or of a close partner's.

Why it matters: cousin domains (`contoso-invoices.com`, `c0ntoso.com`, `contosso.com`) pass every sender
authentication, because the attacker owns them.
Known false positives: sister companies (add their domains to the protected ones).
References: MITRE ATT&CK T1583.001; Unicode UTS #39; Levenshtein, 1966.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.resemblance import resembles
from lockgate.model.envelope import Direction, belongs
from lockgate.model.facts import Origin, ProtectedIdentities
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("impersonation.protected-domain", Category.FRAUD, weight=5.5, direction=Direction.INBOUND)
def protected_domain(
    message: Message, content: Content, origin: Origin, identities: ProtectedIdentities | None
) -> Iterator[Outcome]:
    protected = origin.internal_domains | (identities.domains if identities else frozenset())
    places = [("header From", author.domain) for author in content.authors]
    places += [("header Reply-To", mailbox.domain) for mailbox in message.reply_to]
    in_order = sorted(protected)
    for where, domain in places:
        if not domain or belongs(domain, protected):
            continue
        for own in in_order:
            how = resembles(domain, own)
            if how:
                explanation = f"{domain} resembles {own}: {how}"
                yield Found(explanation, (Evidence(where, domain),), 1.0, ("impersonation:domain",))
