"""The sender's domain is made from one that the message itself names: in the signature, in a link, in the quoted
thread, or in the fields that say what it answers.

Why it matters: whoever goes on with a supplier's correspondence copies the signature and the thread, and cannot write
from its domain.
Known false positives: firms that write from one domain and show another of theirs; weak when that one is linked only.
References: MITRE ATT&CK T1583.001, T1656; FBI IC3 annual report; RFC 5322 §3.6.4.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.resemblance import ONE_LETTER, derived
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

READ = 6_000
MOST = 12
ANSWERED = 2_000  # characters of References
_NAMED = re.compile(r"(?:@|\bwww\.|https?://(?:www\.)?)((?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,24})\b")


@detector("impersonation.cousin-of-named", Category.FRAUD, weight=1.8, direction=Direction.INBOUND)
def cousin_of_named(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if not author.domain or origin.is_internal(author.domain) or covers("free_mail", author.domain):
        return
    if message.header("List-Unsubscribe") is not None or content.is_discussion:
        return
    named, answered = _named(message.visible_text[:READ].lower()), _answered(message)
    own = registered_domain(author.domain)
    if own in named or own in answered:
        return
    likely = [one for one in named | answered if label(one)[:1] == label(own)[:1] or label(one) in author.domain]
    for domain in sorted(likely)[:MOST]:
        how = "" if origin.is_internal(domain) else derived(author.domain, domain)
        if not how:
            continue
        in_thread = domain in answered or f"@{domain}" in message.visible_text[content.quoted_from : READ].lower()
        same_person = f"{author.address.partition('@')[0].lower()}@{domain}" in message.visible_text.lower()
        strength = 2.2 if same_person else 1.7 if in_thread else 1.3 if how == ONE_LETTER else 1.0
        where = "header References" if domain not in named else "text"
        evidence = (Evidence("header From", author.address), Evidence(where, domain))
        explanation = f"the {'thread' if in_thread else 'text'} names {domain}, the sender's domain is {own}: {how}"
        yield Found(explanation, evidence, strength)
        return


def _named(text: str) -> set[str]:
    if "@" not in text and "www." not in text and "://" not in text:
        return set()
    return {registered_domain(match[1]) for match in _NAMED.finditer(text)}


def _answered(message: Message) -> set[str]:
    fields = f"{message.header('In-Reply-To') or ''} {message.header('References') or ''}"[:ANSWERED].lower()
    return _named(fields) if "@" in fields else set()
