"""Words and build as a whole are those of wanted mail, as a model has learnt it from mail.

Why it matters: a notice that has one sign of phishing and looks like a thousand genuine ones is most likely genuine.
Known false positives: an attacker may copy a genuine notice word for word; what this can outweigh is limited.
References: docs/models/classifier.md.
"""

from collections.abc import Iterator

from lockgate.detection.classifier.findings import speaks_for
from lockgate.detection.content import Content
from lockgate.detection.detector import Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category


@detector("innocence.classifier", Category.INNOCENCE, weight=-1.0, direction=Direction.INBOUND)
def classifier(content: Content) -> Iterator[Outcome]:
    yield from speaks_for(content)
