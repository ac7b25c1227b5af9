"""Texts that can be searched for data: header and body, and the text of text, Office, OpenDocument and PDF files."""

import re
from collections.abc import Iterable, Iterator, Mapping
from html import unescape

from lockgate.detection.files import kinds, pdf_text
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.properties import file_properties
from lockgate.detection.files.unpacking import File
from lockgate.model.message import Message

LIMIT = 2_000_000
_TAG = re.compile(rb"<[^>]{0,2000}>")
# Ends of paragraphs, cells and lines; elsewhere the text runs on: a word may be in several runs (ECMA-376 §17.3.2).
_BREAK = re.compile(
    rb"</(?:w:p|w:tc|a:p|si|c|row|text:p|text:h|table:table-cell)>|<(?:w:tab|w:br|a:br|text:tab|text:line-break)\b[^>]{0,200}>"
)
_OFFICE_TEXT = re.compile(
    r"^(?:word/(?:document|header|footer|comments|footnotes)\d*|xl/sharedStrings|xl/comments\d*|xl/worksheets/sheet\d+"
    r"|ppt/(?:slides/slide|notesSlides/notesSlide)\d+|content)\.xml$"
)
WRITTEN = ("Comments", "Keywords", "Organization", "Thread-Topic", "Sensitivity")
NOTHING: Mapping[str, str] = {}


def documents(message: Message, files: Iterable[File]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Where, text and properties of everything that can be read; the header fields first."""
    yield "header", _header(message), _labels(message)
    yield "text", message.visible_text[:LIMIT], NOTHING
    if message.html and message.text:
        yield "text alternative", message.text[:LIMIT], NOTHING
    for file in files:
        text, properties = text_of(file), file_properties(file)
        if text or properties:
            yield file.where, text, properties


def _header(message: Message) -> str:
    """The fields that people write."""
    return "\n".join((message.subject, *(message.header(name) or "" for name in WRITTEN)))


def _labels(message: Message) -> Mapping[str, str]:
    """The sensitivity labels that Outlook notes in a field of its own, as properties."""
    pairs = (pair.partition("=") for pair in (message.header("msip_labels") or "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def text_of(file: File) -> str:
    """The text of one file; empty for a kind that has none."""
    content = file.text[:LIMIT]
    if file.container is not None and file.container.family is Family.OFFICE:
        return _office(content) if _OFFICE_TEXT.match(file.name) else ""
    if file.kind.family is Family.HTML:
        return _plain(_TAG.sub(b" ", content))
    if file.kind is kinds.OFFICE_XML:
        return _office(content)
    if file.kind is kinds.PDF:
        return pdf_text.text(file.content)
    if file.kind in (kinds.TEXT, kinds.XML):
        return content.decode("utf-8", "replace")
    return ""


def _office(content: bytes) -> str:
    return _plain(_TAG.sub(b"", _BREAK.sub(b"\n", content)))


def _plain(content: bytes) -> str:
    return unescape(content.decode("utf-8", "replace"))
