"""The subject shouts: capitals only, many exclamation marks, sums of money, fake answers.

Why it matters: a stranger's mail has one line to be opened by; advertising and fraud shout in it.
Known false positives: people who always write in capitals; alarms of systems.
References: Apache SpamAssassin, rule SUBJ_ALL_CAPS and its measured hit rates.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_FAKE_ANSWER = re.compile(r"^(?:re|aw|sv|rv|fw|fwd|wg|tr)\s*:", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s?\d|\d\s?(?:[$€£]|usd|eur|btc)\b|100\s?%", re.IGNORECASE)
_TRACKING = re.compile(r"(?:[#\[(]|id|no|nr|ref|:)\s?[A-Z0-9\-]{8,}[\])]?\s*$|\s{5,}\S+$", re.IGNORECASE)

LETTERS = 8
"""Capitals that make a shout; an order's number in a subject without other capitals makes none."""


@detector("spam.shouting", Category.SPAM, weight=0.9, direction=Direction.INBOUND)
def shouting(message: Message, content: Content, origin: Origin) -> Iterator[Outcome]:
    if content.is_discussion or origin.is_internal(content.header_from.domain):
        return
    subject, name = message.subject.strip(), content.header_from.display_name.strip()
    signs = []
    if subject.isupper() and sum(map(str.isupper, subject)) > max(LETTERS, 0.7 * sum(map(str.isalpha, subject))):
        signs.append(("the subject is in capitals", 1.3))
    if subject.count("!") >= 2:
        signs.append(("the subject has many exclamation marks", 1.0))
    elif "!" in subject or _MONEY.search(subject):
        signs.append(("the subject calls out", 0.6))
    if _FAKE_ANSWER.match(subject) and message.header("In-Reply-To") is None and message.header("References") is None:
        signs.append(("the subject pretends to be an answer", 0.7))
    if name.isupper() and len(name) > 6 and " " in name:
        signs.append(("the sender's name is in capitals", 0.8))
    if "     " in message.subject and _TRACKING.search(message.subject) and not _FAKE_ANSWER.match(subject):
        signs.append(("the subject ends in a code far to the right", 1.5))
    if signs:
        strength = min(sum(strength for _, strength in signs), 2.2)
        evidence = (Evidence("header Subject", message.subject), Evidence("header From", name))
        yield Found(" and ".join(text for text, _ in signs), evidence, round(strength, 2))
