"""An address of ours seems to write from outside, and replies go to a stranger.

Why it matters: a colleague's address is easily forged and can't be answered to; so the answer is led elsewhere.
Known false positives: forms of our web site that a provider sends under our name, with the visitor's address for the
reply (none when the sender's address is a form's or a machine's), colleagues who want answers at home (weak with
sender authentication: not looked at then).
References: RFC 5322 §3.6.2; MITRE ATT&CK T1656; FBI IC3 annual report.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderAuthentication
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_FORM = re.compile(
    r"(?:^|[._\-])(?:no.?reply|do.?not.?reply|web|www|form|contact|kontakt|contatt|contato|anfrage|enquir|inquir|info|shop|"
    r"order|wordpress|apache|root|mailer|notif|site|survey|ticket|support|booking|system|alert|server|bounce|list)"
)


@detector("impersonation.own-sender-foreign-reply", Category.FRAUD, weight=3.2, direction=Direction.INBOUND)
def own_sender_foreign_reply(
    message: Message, content: Content, origin: Origin, authentication: SenderAuthentication | None
) -> Iterator[Outcome]:
    author = content.header_from
    if not message.reply_to or not origin.is_internal(author.domain) or message.is_mailing_list:
        return
    if authentication is not None and "pass" in (authentication.dmarc, authentication.compauth):
        return
    if any(origin.is_internal(mailbox.domain) for mailbox in message.reply_to):
        return
    local = author.address.rpartition("@")[0].lower()
    for mailbox in message.reply_to[:3]:
        served = covers("tenant_hosts", mailbox.domain) and not covers("free_mail", mailbox.domain)
        if not mailbox.domain or served:
            continue
        same = mailbox.address.rpartition("@")[0].lower() == local
        if _FORM.search(local) and not same:
            continue
        evidence = (Evidence("header From", author.address), Evidence("header Reply-To", mailbox.address))
        yield Found(f"{author.address} seems to write from outside, and replies go to {mailbox.address}", evidence)
