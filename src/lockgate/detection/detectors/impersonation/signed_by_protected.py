"""A letter from a free-mail address or a stranger is signed with the name of a protected person.

Why it matters: where the sender's name is watched, impostors put the name under the letter instead.
Known false positives: private letters of the person (add the address), copies of announcements.
References: FBI IC3, "Business Email Compromise"; MITRE ATT&CK T1656.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.text import name_words
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, ProtectedIdentities, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

LONGEST = 2_500  # characters of a letter
LAST_LINES = 6
LINE = 60
_ASKING = ("availability-probe", "gift-card", "payment-request", "payroll-change", "bank-details-change", "secrecy",
           "urgency")  # fmt: skip


@detector("impersonation.signed-by-protected", Category.FRAUD, weight=2.2, direction=Direction.INBOUND)
def signed_by_protected(
    message: Message, content: Content, origin: Origin, identities: ProtectedIdentities, history: SenderHistory | None
) -> Iterator[Outcome]:
    author = content.header_from
    if origin.is_internal(author.domain) or content.is_discussion or len(message.visible_text) > LONGEST:
        return
    if author.address.lower() in identities.exceptions:
        return
    if (history is not None and history.known) or message.header("List-Unsubscribe") is not None:
        return
    said = content.said(*_ASKING)
    if not said and not covers("free_mail", author.domain):
        return
    lines = [line.strip(" -–,.") for line in message.visible_text.splitlines() if line.strip()][-LAST_LINES:]
    signed = [name_words(line) for line in lines if len(line) <= LINE]
    for person in identities.people:
        wanted = name_words(person.display_name)
        if len(wanted) < 2 or author.address.lower() in person.addresses or wanted <= name_words(author.display_name):
            continue
        if wanted in signed:
            explanation = f"{author.address or 'no address'} signs as {person.display_name}"
            evidence = (Evidence("text", person.display_name), Evidence("header From", author.address))
            yield Found(explanation, evidence, 1.0 if said else 0.5, ("impersonation:person",))
            return
