"""The sender's domain resembles one that the message itself names: in the signature, in a link, in the quoted thread.

Why it matters: whoever goes on with a supplier's correspondence copies the signature, and cannot write from its domain.
Known false positives: firms that write from one domain and show another of theirs; weak when that one is linked only.
References: MITRE ATT&CK T1583.001, T1656; FBI IC3 annual report.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import registered_domain
from lockgate.detection.resemblance import ONE_LETTER, SAME_NAME, resembles
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

READ = 6_000
MOST = 12
_NAMED = re.compile(r"(?:@|\bwww\.|https?://(?:www\.)?)((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})\b")


@detector("impersonation.cousin-of-named", Category.FRAUD, weight=1.8, direction=Direction.INBOUND)
def cousin_of_named(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if not author.domain or origin.is_internal(author.domain) or covers("free_mail", author.domain):
        return
    if message.header("List-Unsubscribe") is not None or content.is_discussion:
        return
    text = message.visible_text[:READ].lower()
    if "@" not in text and "www." not in text and "://" not in text:
        return
    named = {registered_domain(match[1]) for match in _NAMED.finditer(text)}
    own = registered_domain(author.domain)
    if own in named:
        return
    for domain in sorted(named)[:MOST]:
        how = resembles(author.domain, domain)
        if how and how != SAME_NAME and not origin.is_internal(domain):
            evidence = (Evidence("header From", author.address), Evidence("text", domain))
            strength = 1.3 if how == ONE_LETTER else 1.0
            yield Found(f"the text names {domain}, the sender's domain is {own}: {how}", evidence, strength)
            return
