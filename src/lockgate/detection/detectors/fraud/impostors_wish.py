"""Somebody from outside wants what impostors want of firms: another account for a payment, cards, records, silence.

Why it matters: the words change with every message and every language; what is wanted does not. So it is told by words
that stand near one another, not by phrases.
Known false positives: suppliers who really change banks, accountants who ask for lists; it only tips a scale alone.
References: FBI IC3, "Business Email Compromise: The $55 Billion Scam"; MITRE ATT&CK T1656, T1657.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.demands import Demand
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Mailbox, Message

SHORT = 3_000  # letters of one's own; who wants such a thing does not write long ones
LEAST = 0.5
CLEAR = 2.2  # log-odds
AS_ANSWER = 0.4  # honest firms announce another account to everybody, not in the middle of a conversation
SENT_BY_A_PROGRAM = 1.0
_PROGRAM = re.compile(r"(?:no|do-?not)[._-]?reply|notif|mailer-daemon|bounce|alerts?@", re.IGNORECASE)


@detector("fraud.impostors-wish", Category.FRAUD, weight=1.0, direction=Direction.INBOUND)
def impostors_wish(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    elsewhere = any(not same_organisation(one.domain, author.domain) for one in message.reply_to)
    if (_is_colleague(message, author, origin) and not elsewhere) or content.is_discussion:
        return
    if message.header("List-Unsubscribe") is not None or len(content.fresh) > SHORT or _leads_away(content):
        return
    wanted = content.demand
    if wanted is None or (history is not None and history.known and not _is_stolen(wanted)):
        return
    strength = wanted.strength + (0.4 if covers("free_mail", author.domain) else 0.0) + (0.3 if elsewhere else 0.0)
    strength += AS_ANSWER if wanted.is_of_accounts and message.header("In-Reply-To") is not None else 0.0
    strength -= SENT_BY_A_PROGRAM if not elsewhere and _PROGRAM.match(author.address) else 0.0
    if strength >= LEAST:
        evidence = (Evidence("text", ", ".join(wanted.words)[:200]), Evidence("header From", author.address))
        labels = ("fraud:another-account",) if wanted.is_of_accounts else ()
        yield Found(f"somebody outside wants {wanted.what}", evidence, round(strength, 2), labels)


def _is_colleague(message: Message, author: Mailbox, origin: Origin) -> bool:
    """Whether the author's domain is one of ours, or the recipient's: the list of our domains may lag behind."""
    return origin.is_internal(author.domain) or any(author.domain == one.domain for one in message.to)


def _is_stolen(wanted: Demand) -> bool:
    """Whether it is what acquaintances' mailboxes are broken into for, and clearly so."""
    return wanted.is_of_accounts and wanted.strength >= CLEAR


def _leads_away(content: Content) -> bool:
    """Whether there is more than one page to visit; impostors want an answer, not a visit."""
    return len({target.domain for target in content.web_targets}) > 1
