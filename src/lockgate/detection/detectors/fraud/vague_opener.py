"""A stranger with a free-mail address writes two lines that only ask for an answer.

Why it matters: advance-fee and romance fraud begins with bait that has no content to filter; an answer marks a victim.
Known false positives: short private notes; the weight only tips a scale.
References: FTC, "Romance scams"; ACSC, "Business email compromise".
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.organisations import same_organisation
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

TOPICS = ("conversation-opener",)


@detector("fraud.vague-opener", Category.FRAUD, weight=2.0, direction=Direction.INBOUND, topics=TOPICS)
def vague_opener(
    message: Message, content: Content, origin: Origin, history: SenderHistory | None
) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    author = content.header_from
    if not said or len(content.words) > 700 or message.header("In-Reply-To") is not None:
        return
    if (history is not None and history.known) or origin.is_internal(author.domain):
        return
    elsewhere = any(not same_organisation(mailbox.domain, author.domain) for mailbox in message.reply_to)
    free = covers("free_mail", author.domain)
    if not (free or elsewhere):
        return
    strength = 0.5 + (0.4 if elsewhere else 0.0) + (0.2 if len(said) > 1 else 0.0)
    explanation = f"a stranger writes little more than '{said[0].phrase}'"
    yield Found(explanation, tuple(Evidence("text", mention.phrase) for mention in said[:3]), strength)
