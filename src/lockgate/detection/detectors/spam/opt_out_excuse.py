"""The text explains why it is no spam, or how to be removed, without the header that mail programs use for that.

Why it matters: senders who keep to the rules put List-Unsubscribe in the header (large providers demand it); excuses
in the text alone are older than those rules.
Known false positives: small newsletters sent by hand.
References: RFC 2369, RFC 8058; Google and Yahoo, sender requirements of February 2024.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

STRONG = frozenset(
    {"remove yourself", "click here to remove", "unsubscribe from all email list", "this is not spam",
     "cannot be considered spam",
     "reply with remove", 'reply with "remove"', "this email is not spam", "senate bill", "s.1618", "unsbscribe",
     "bulk email", "bulk e-mail", "safely unsubscribe", "one time mailing", "one-time mailing", "opt in list",
     "considered spam", "to be removed", "to be removed from", "removed from future", "with remove in the subject",
     '"remove" in the subject', "remove in the subject", "by replying to this email", "this is an advertisement"}
)  # fmt: skip


TOPICS = ("opt-out-excuse",)


@detector("spam.opt-out-excuse", Category.SPAM, weight=1.0, direction=Direction.INBOUND, topics=TOPICS)
def opt_out_excuse(message: Message, content: Content) -> Iterator[Outcome]:
    said = content.said(*TOPICS)
    if not said or message.header("List-Unsubscribe") is not None or content.is_discussion:
        return
    strong = [mention for mention in said if mention.phrase in STRONG]
    if not strong:
        return
    strength = min(0.5 + 0.5 * len(strong), 2.0)
    evidence = tuple(Evidence("text", mention.phrase) for mention in said[:5])
    yield Found(f"the text excuses itself: '{(strong or said)[0].phrase}'", evidence, round(strength, 2))
