"""The message is a picture behind a link, with hardly any text.

Why it matters: a picture of text escapes filters that read text; honest mail has words too.
Known false positives: signatures, scans and photos sent without a word (they have no link around the picture), and mail
of shops, which counts little where one can unsubscribe.
References: Fumera et al., "Spam filtering based on the analysis of text information embedded into images", 2006.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_IMAGE = re.compile(r"<(?i:img)\b")
_BEHIND_A_LINK = re.compile(r"<a\b[^>]{0,2000}>(?:\s{0,20}<(?!/a)[^>]{0,600}>){0,12}?\s{0,20}<img\b", re.IGNORECASE)
_CJK = re.compile("[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]")
CJK_SAYS = 3
"""A letter of Chinese, Japanese or Korean says about as much as three of an alphabet."""
HARDLY_A_WORD, FEW_WORDS = 120, 180
"""Letters. Up to 250 a tenth of honest notices with a logo are as short, and the sign said nothing."""


@detector("spam.picture-only", Category.SPAM, weight=1.8, direction=Direction.INBOUND)
def picture_only(message: Message, content: Content) -> Iterator[Outcome]:
    if not message.html or len(message.visible_text) > FEW_WORDS or content.is_discussion or not content.web_targets:
        return
    letters = len(message.visible_text) + (CJK_SAYS - 1) * len(_CJK.findall(message.visible_text))
    html = message.html[:300_000]
    images = len(_IMAGE.findall(html))
    hardly = letters <= HARDLY_A_WORD
    if letters > FEW_WORDS or not images or not (hardly or _BEHIND_A_LINK.search(html)):
        return
    leavable = message.header("List-Unsubscribe") is not None
    shown = f"{len(message.visible_text)} characters, {images} pictures, {len(content.web_targets)} links"
    strength = (1.0 if hardly else 0.5) * (0.3 if leavable else 1.0)
    yield Found("the message is a picture behind a link", (Evidence("html", shown),), strength)
