"""The message comes over a list that people write to.

Why it matters: discussion lists quote, forward and rewrite; what looks odd in a letter is ordinary there.
Known false positives: spam that is sent to a list, or that forges the fields of one.
References: RFC 2919; RFC 2369.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("innocence.mailing-list", Category.INNOCENCE, weight=-0.8, direction=Direction.INBOUND)
def mailing_list(message: Message, content: Content) -> Iterator[Outcome]:
    if content.is_discussion:
        value = message.header("List-Post") or ""
        yield Found("it comes over a list that people write to", (Evidence("header List-Post", value),))
