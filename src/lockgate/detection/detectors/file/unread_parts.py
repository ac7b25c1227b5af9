"""Parts, levels or header fields beyond the limits were not read, so that nobody here knows what is in them.

Why it matters: a hundred thousand parts or a thousand levels have one use, to get something past a filter or to bring
it down. What was not read makes the inspection incomplete, because nothing passes for clean that was not seen.
Known false positives: none among letters; automatic digests of thousands of messages.
References: CWE-400, CWE-674; RFC 2046 §5.1 (nesting without an end is allowed, reading it is not demanded).
"""

from collections.abc import Iterator

from lockgate.detection.detector import Found, Outcome, Unfinished, detector
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

UNREAD = {
    "mime.too-many-parts": ("it has more parts than are read", 2.0, True),
    "mime.too-deep": ("its parts are nested deeper than they are read", 2.0, True),
    "mime.header-too-large": ("its header has more fields than are read", 1.5, True),
    "mime.text-truncated": ("its text is longer than is read", 0.5, False),
}


@detector("file.unread-parts", Category.FILE, weight=1.0)
def unread_parts(message: Message) -> Iterator[Outcome]:
    for defect in message.defects:
        told = UNREAD.get(defect.id)
        if told is not None:
            what, strength, essential = told
            yield Found(f"the message was not read to its end: {what}", (Evidence(defect.id, defect.detail),), strength)
            yield Unfinished(f"{what} ({defect.detail})", essential=essential)
