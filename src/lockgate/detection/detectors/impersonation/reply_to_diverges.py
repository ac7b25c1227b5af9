"""Replies go to another organisation than the one that seems to write.

Why it matters: the visible sender is forged or harmless, and the conversation goes on elsewhere; a free-mail address
behind a company's name is the usual opening of invoice and payroll fraud.
Known false positives: ticket systems, mailing lists (excluded), newsletters whose replies go to the shop.
References: MITRE ATT&CK T1656; FBI IC3 annual report.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("impersonation.reply-to-diverges", Category.FRAUD, weight=1.6, direction=Direction.INBOUND)
def reply_to_diverges(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    author = content.header_from
    if content.is_discussion or not author.domain or message.header("List-Unsubscribe") is not None:
        return
    for mailbox in message.reply_to[:3]:
        if not mailbox.domain or same_organisation(mailbox.domain, author.domain) or origin.is_internal(mailbox.domain):
            continue
        free = covers("free_mail", mailbox.domain)
        both_free = free and author.domain in listed("free_mail")
        strength = 1.5 if free and not both_free else 1.2 if both_free else 0.5
        explanation = f"replies go to {mailbox.address}, not to {author.address}"
        yield Found(explanation, (Evidence("header Reply-To", mailbox.address),), strength)
