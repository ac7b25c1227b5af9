"""Somebody from outside wants what impostors want of firms: another account for a payment, cards, records, silence.

Why it matters: the words change with every message and every language; what is wanted does not. So it is told by words
that stand near one another, not by phrases.
Known false positives: suppliers who really change banks, accountants who ask for lists; it only tips a scale alone.
References: FBI IC3, "Business Email Compromise: The $55 Billion Scam"; MITRE ATT&CK T1656, T1657.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.detection.wishes import Wishes
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

SHORT = 2_500  # letters; who wants such a thing does not write long letters

WISHES = (
    ("cards and the codes on them", ("prepaid cards", "cards", "codes"), 1.3),
    ("gift cards and the codes on them", ("gift cards", "codes"), 1.3),
    ("wages on another account", ("wages", "bank account", "change"), 1.0),
    ("wages on another account", ("wages", "bank account", "obstacle"), 1.0),
    ("a payment to another account", ("payment", "bank account", "change"), 0.7),
    ("a payment to another account", ("payment", "bank account", "obstacle"), 0.8),
    ("silence about a deal", ("deal", "secrecy"), 1.0),
    ("lists of debtors or of people", ("records", "send me"), 0.8),
    ("a payment at once", ("payment", "hurry", "excuse"), 0.8),
    ("a favour, by mail only", ("favour", "excuse", "hurry"), 0.8),
    ("a telephone number at once", ("telephone number", "hurry", "favour"), 0.7),
)
"""What is wanted, the words that tell it, and how much it says; the first that is told counts."""
_ACCOUNTS = "account"


@detector("fraud.impostors-wish", Category.FRAUD, weight=1.6, direction=Direction.INBOUND)
def impostors_wish(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if origin.is_internal(author.domain) or content.is_discussion or (history is not None and history.known):
        return
    if message.header("List-Unsubscribe") is not None or len(content.words) > SHORT or _leads_away(content):
        return
    elsewhere = any(not same_organisation(one.domain, author.domain) for one in message.reply_to)
    more = (0.5 if covers("free_mail", author.domain) else 0.0) + (0.3 if elsewhere else 0.0)
    for what, needs, strength in WISHES:
        told = content.wishes.together(*needs)
        if told and not (what.endswith(_ACCOUNTS) and _is_reassuring(content.wishes)):
            words = ", ".join(dict.fromkeys(one.word for one in told))
            evidence = (Evidence("text", words), Evidence("header From", author.address))
            yield Found(f"somebody outside wants {what}", evidence, round(strength + more, 2))
            return


def _leads_away(content: Content) -> bool:
    """Whether there is more than one page to visit; impostors want an answer, not a visit."""
    return len({target.domain for target in content.web_targets}) > 1


def _is_reassuring(found: Wishes) -> bool:
    """Whether the account stays the same, or the change is told by letter and telephone as well."""
    return bool(found.together("bank account", "the same") or found.together("bank account", "a call"))
