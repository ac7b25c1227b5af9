"""The reader's mailbox is said to be full, blocked or about to end, or mail to be held back, and a link is to mend it.

Why it matters: the oldest pretext for a forged sign-in page, in new words every week; so it is told by words near one
another. A stranger who names the reader's own address or domain claims to run the mailbox.
Known false positives: real notices of a provider of mail that the firm uses besides.
References: MITRE ATT&CK T1566.002, T1598.003.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lure_words import lure_words, span
from lockgate.detection.lures import is_short_notice, is_stranger, pages_elsewhere
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

CLOSE = 8  # words
AT_ONCE = 700  # characters in which the recipient is addressed; footers come later


@detector("phishing.mailbox-lure", Category.PHISHING, weight=2.6, direction=Direction.INBOUND)
def mailbox_lure(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    if not is_short_notice(message, content) or not is_stranger(content, origin, history):
        return
    told = lure_words(content.fresh)
    if not {"stopped", "rescue"} <= told.names:
        return
    found = ((what, told.together(what, "stopped")) for what in ("mailbox", "password"))
    what, near = min((one for one in found if one[1]), key=lambda one: span(one[1]), default=("", ()))
    pages = pages_elsewhere(content, origin)
    if not near or not pages or span(near) > CLOSE:
        return
    claimed = _claimed(message, content)
    announced = {what, "stopped"} <= lure_words(content.subject).names
    if not claimed and not announced:
        return
    rescued = bool(told.together(what, "stopped", "rescue"))
    strength = (1.3 if claimed else 0.6) + (0.1 if rescued else -0.2) + (0.2 if claimed and announced else 0.0)
    named = f", in the name of {claimed}" if claimed else ""
    explanation = f"a {what} is said to be in trouble{named}, and a link to {pages[0].host} to help"
    evidence = (Evidence("text", ", ".join(one.word for one in near)), pages[0].evidence)
    yield Found(explanation, evidence, round(strength, 2))


def _claimed(message: Message, content: Content) -> str:
    """The recipient's address or domain where the text or the sender's name has it."""
    begin = content.fresh[:AT_ONCE]
    for mailbox in message.to[:3]:
        address = mailbox.address.lower()
        domain = address.rpartition("@")[2]
        if address and address in begin:
            return address
        if domain and domain in begin and domain != content.header_from.domain.lower():
            return domain
    return ""
