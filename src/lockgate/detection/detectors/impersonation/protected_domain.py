"""The sender's domain resembles one of the organisation's or of a close partner's, or carries its name.

Why it matters: cousin domains (`contoso-invoices.com`, `c0ntoso.com`, `contosso-ireland.com`) pass every sender
authentication, because the attacker owns them.
Known false positives: sister companies and agencies (add their domains to the protected ones). A name that is an
ordinary word, a service that puts its customer's name in front of its own, and a name beside words that are no firm's
are weaker.
References: MITRE ATT&CK T1583.001; Unicode UTS #39; Levenshtein, 1966.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label
from lockgate.detection.resemblance import SAME_NAME, as_tenant, carries, is_baited, is_purpose, resembles
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
        how, own, strength = _nearest(domain, in_order)
        if how:
            evidence = (Evidence(where, domain),)
            yield Found(f"{domain} resembles {own}: {how}", evidence, strength, ("impersonation:domain",))


def _nearest(domain: str, protected: Iterable[str]) -> tuple[str, str, float]:
    """Which of ours it is likest to, and how sure that is."""
    found = ((*_likeness(domain, own), own) for own in protected)
    how, strength, own = max(found, key=lambda one: one[1], default=("", 0.0, ""))
    return how, own, strength


@lru_cache(maxsize=16_384)
def _likeness(domain: str, own: str) -> tuple[str, float]:
    if covers("tenant_hosts", domain):
        return "", 0.0
    ordinary = label(own) in listed("ordinary_words")
    if how := resembles(domain, own):
        return how, _sureness(how, domain, ordinary=ordinary)
    if ordinary:
        return "", 0.0
    if how := carries(domain, own):
        return how, 0.4
    if how := as_tenant(domain, own):
        return how, 0.65 if is_baited(domain) else 0.2
    return "", 0.0


def _sureness(how: str, domain: str, *, ordinary: bool) -> float:
    """Branches and partners are called like a firm with a place behind it; only frauds add what they are for."""
    if ordinary and (how == SAME_NAME or "added" in how):
        return 0.3
    return 0.5 if "added" in how and not any(map(is_purpose, label(domain).split("-"))) else 1.0
