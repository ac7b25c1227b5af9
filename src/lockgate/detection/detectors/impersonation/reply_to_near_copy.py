"""Replies go to a domain that is made from the sender's: a word added, a letter changed.

Why it matters: the sender's address is forged or its mailbox broken into, and the answer goes to a look-alike that its
reader takes for the same firm.
Known false positives: firms that answer from a second domain (newsletters and lists are excluded; the same name below
another suffix is none).
References: MITRE ATT&CK T1583.001, T1656; FBI IC3 annual report.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.detection.resemblance import derived
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("impersonation.reply-to-near-copy", Category.FRAUD, weight=3.4, direction=Direction.INBOUND)
def reply_to_near_copy(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if not message.reply_to or not author.domain or covers("free_mail", author.domain):
        return
    if content.is_discussion or message.header("List-Unsubscribe") is not None or origin.is_internal(author.domain):
        return
    for mailbox in message.reply_to[:3]:
        if not mailbox.domain or same_organisation(mailbox.domain, author.domain):
            continue
        how = derived(mailbox.domain, author.domain)
        if how:
            evidence = (Evidence("header Reply-To", mailbox.address), Evidence("header From", author.address))
            yield Found(f"replies go to {mailbox.domain}, the sender's domain is {author.domain}: {how}", evidence)
