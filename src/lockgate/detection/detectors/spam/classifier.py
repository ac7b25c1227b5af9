"""Words and build as a whole are those of spam, as a model has learnt it from mail.

Why it matters: a list of phrases knows what somebody thought of; a model that was trained on mail knows thousands of
weak signs more, and which of them together mean something. Its weight is limited, so that what it says alone is junk
at most; near certainty takes other findings too.
Known false positives: advertising that one asked for, in the words of spammers.
References: docs/models/classifier.md; Weinberger et al., 2009.
"""

from collections.abc import Iterator

from lockgate.detection.classifier.findings import speaks_against
from lockgate.detection.content import Content
from lockgate.detection.detector import Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("spam.classifier", Category.SPAM, weight=1.0, direction=Direction.INBOUND)
def classifier(content: Content) -> Iterator[Outcome]:
    yield from speaks_against(content, "spam", "spam")
