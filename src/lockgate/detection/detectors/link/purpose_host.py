"""A link leads to a domain that says what it is for instead of whose it is, and the sender writes from another.

Why it matters: `arden-securemail.example` is shown as the sender's own portal, `forms-hub-collect.example` as a
service; both are registered for one campaign.
Known false positives: portals and services that are called by what they do (weak alone).
References: MITRE ATT&CK T1583.001; Anti-Phishing Working Group, "Phishing Activity Trends Report".
"""

from collections.abc import Iterator
from functools import lru_cache

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.purposes import NONE, purpose_of
from lockgate.detection.resemblance import ONE_LETTER, is_purpose, letter_changed
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category
from lockgate.model.message import LinkSource, Message

HOSTS = 20
SHORTEST = 5
LONG_ENOUGH = 7


@detector("link.purpose-host", Category.PHISHING, weight=1.2, direction=Direction.INBOUND)
def purpose_host(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion or message.header("List-Unsubscribe") is not None:
        return
    author = content.header_from.domain
    home = registered_domain(author) if author else ""
    seen: set[str] = set()
    for target in content.web_targets:
        if target.domain == home or target.domain in seen or target.link.source is LinkSource.IMAGE:
            continue
        seen.add(target.domain)
        if len(seen) > HOSTS or origin.is_internal(target.host) or covers("tenant_hosts", target.host):
            continue
        if home and (how := _borrows(target.domain, home)):
            yield Found(
                f"a link leads to {target.domain}, made from the sender's domain: {how}", (target.evidence,), 1.5
            )
        elif (purpose := purpose_of(target.domain)) is not NONE and not purpose.lengthened:
            yield Found(f"a link's domain {target.domain} {purpose.how}", (target.evidence,), purpose.strength)


@lru_cache(maxsize=16_384)
def _borrows(domain: str, home: str) -> str:
    """How a domain borrows the sender's name: with one letter changed, or its first word before words of a purpose."""
    theirs, own = label(domain), label(home)
    if len(own) >= LONG_ENOUGH and theirs[0] == own[0] and letter_changed(theirs, own):
        return "" if theirs in listed("ordinary_words") else ONE_LETTER
    first, *rest = theirs.split("-")
    if not rest or len(first) < SHORTEST or first in listed("ordinary_words") or first != own.split("-")[0]:
        return ""
    return f"'{first}' before '{'-'.join(rest)}'" if all(map(is_purpose, rest)) else ""
