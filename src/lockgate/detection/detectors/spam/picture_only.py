"""The message is a picture behind a link, with hardly any text.

Why it matters: a picture of text escapes filters that read text; honest mail has words too.
Known false positives: signatures, scans and photos sent without a word (they have no link around the picture).
References: Fumera et al., "Spam filtering based on the analysis of text information embedded into images", 2006.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_IMAGE = re.compile(r"<img\b", re.IGNORECASE)
FEW_WORDS = 250


@detector("spam.picture-only", Category.SPAM, weight=1.8, direction=Direction.INBOUND)
def picture_only(message: Message, content: Content) -> Iterator[Outcome]:
    if not message.html or len(message.visible_text) > FEW_WORDS or content.is_discussion:
        return
    images = len(_IMAGE.findall(message.html[:300_000]))
    if images and content.web_targets:
        leavable = message.header("List-Unsubscribe") is not None
        shown = f"{len(message.visible_text)} characters, {images} pictures, {len(content.web_targets)} links"
        yield Found("the message is a picture behind a link", (Evidence("html", shown),), 0.6 if leavable else 1.0)
