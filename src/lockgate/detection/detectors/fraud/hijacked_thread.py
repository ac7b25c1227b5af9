"""Somebody who was no party to a quoted conversation goes on with it.

Why it matters: a stolen conversation is believed; the thief writes from a look-alike of the partner's domain or from
anywhere, quotes the mails that he read in the broken mailbox, and changes the bank account.
Known false positives: somebody who is brought into a conversation by a party that we do not see, forwarders.
References: MITRE ATT&CK T1586.002, T1656; FBI IC3 annual report; RFC 5322 §3.6.4.
"""

import re
from collections.abc import Iterator

from lockgate.detection import quoting
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import registered_domain
from lockgate.detection.resemblance import resembles
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_ANSWER = re.compile(
    r"^\s{0,9}(?:re|aw|wg|fw|fwd|sv|vs|tr|rv|rif|r|antw|res|enc|odp|回复|答复|返信)\s{0,9}(?:\[\d{1,3}\])?[:：]",
    re.IGNORECASE,
)
_AT_DOMAIN = re.compile(r"@((?:[\w-]{1,63}\.){1,5}[a-z]{2,24})", re.IGNORECASE)
_MONEY = ("bank-details-change", "payment-request", "payroll-change")


@detector("fraud.hijacked-thread", Category.FRAUD, weight=2.2, direction=Direction.INBOUND)
def hijacked_thread(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if not author.domain or not _ANSWER.match(message.subject) or content.is_discussion:
        return
    if origin.is_internal(author.domain) or (history is not None and history.known):
        return
    parties = _parties(message, content)
    ours = {domain for domain in parties if origin.is_internal(domain)}
    others = sorted(parties - ours)
    own = registered_domain(author.domain)
    if not ours or not others or own in others:
        return
    cousin = next((how for domain in others if (how := resembles(author.domain, domain))), "")
    answers = any(message.header(name) for name in ("In-Reply-To", "References"))
    money = content.said(*_MONEY)
    wanted = content.demand is not None and content.demand.is_of_accounts
    if answers and not (cousin or money or wanted):
        return
    strength = 0.6 + (1.0 if cousin else 0.0) + (0.4 if money or wanted else 0.0) - (0.2 if answers else 0.0)
    strength += 0.3 if covers("free_mail", author.domain) else 0.0
    explanation = f"{author.address} goes on with a conversation between {', '.join([*sorted(ours), *others][:3])}"
    evidence = [Evidence("header From", author.address), Evidence("header Subject", message.subject)]
    evidence += [Evidence("text", mention.phrase) for mention in money[:2]]
    yield Found(explanation + (f"; {cousin}" if cousin else ""), tuple(evidence), round(strength, 2))


def _parties(message: Message, content: Content) -> set[str]:
    """Registered domains of the addresses in the quoted part."""
    text = message.visible_text[: quoting.READ]
    return {registered_domain(match.group(1)) for match in _AT_DOMAIN.finditer(text, content.quoted_from)}
