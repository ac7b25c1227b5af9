"""The message comes over a mailing list.

Why it matters: discussion lists quote, forward and rewrite; what looks odd in a letter is ordinary there.
Known false positives: spam that is sent to a list, or that forges the fields of one.
References: RFC 2919; RFC 2369.
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message


@detector("innocence.mailing-list", Category.INNOCENCE, weight=-0.8, direction=Direction.INBOUND)
def mailing_list(message: Message) -> Iterator[Outcome]:
    if message.is_mailing_list and message.header("List-Unsubscribe") is not None:
        value = message.header("List-Id") or message.header("List-Post") or ""
        yield Found("it comes over a mailing list", (Evidence("header List-Id", value),))
