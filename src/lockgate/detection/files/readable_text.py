"""Text that can be searched for identifiers: the body, text attachments, and the text of Office files."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.message import Message

LIMIT = 2_000_000
_TAG = re.compile(rb"<[^>]{0,2000}>")
_OFFICE_TEXT = re.compile(
    r"^(?:word/document\d*|word/(?:header|footer|comments)\d*|xl/sharedStrings|xl/worksheets/sheet\d+"
    r"|ppt/slides/slide\d+|content)\.xml$"
)


def readable_texts(message: Message, files: Iterable[File]) -> Iterator[tuple[str, str]]:
    """Pairs of where and text; subject first."""
    yield "header Subject", message.subject
    yield "text", message.visible_text[:LIMIT]
    if message.html and message.text:
        yield "text alternative", message.text[:LIMIT]
    for file in files:
        text = _text_of(file)
        if text:
            yield file.where, text


def _text_of(file: File) -> str:
    content = file.content[:LIMIT]
    if file.container is not None and file.container.family is Family.OFFICE:
        return _without_tags(content) if _OFFICE_TEXT.match(file.name) else ""
    if file.kind.family is Family.HTML:
        return _without_tags(content)
    if file.kind in (kinds.TEXT, kinds.XML):
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            return content.decode("utf-16", "replace")
        return content.decode("utf-8", "replace")
    return ""


def _without_tags(content: bytes) -> str:
    return unescape(_TAG.sub(b" ", content).decode("utf-8", "replace"))
