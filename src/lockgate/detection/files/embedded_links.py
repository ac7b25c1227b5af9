"""Links inside attachments: HTML, PDF annotations, Office relationships, calendar entries and plain text."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.model.message import Link, LinkSource

PER_FILE = 100
TEXT_LIMIT = 500_000
_BARE = re.compile(rb"https?://[^\s<>\"'\\)\]}]{4,1000}", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"(?:href|action|src|data)\s*=\s*[\"']?\s*(https?://[^\s\"'<>]{4,1000})", re.IGNORECASE)
_RELATION = re.compile(rb"Type=\"[^\"]*/hyperlink\"[^>]*Target=\"(https?://[^\"]{4,1000})\"")
_PDF_URI = re.compile(rb"/URI\s{0,20}\((https?:[^)]{4,1000})\)", re.IGNORECASE)


def links(files: Iterable[File]) -> Iterator[Link]:
    """Every web link of these files, at most `PER_FILE` each, without repetition inside a file."""
    for file in files:
        seen: dict[str, None] = {}
        for url in _urls(file):
            if len(seen) >= PER_FILE:
                break
            seen.setdefault(url)
        source = LinkSource.CALENDAR if file.declared == "text/calendar" else LinkSource.ATTACHMENT
        yield from (Link(url, "", source, file.where, url) for url in seen)


def _urls(file: File) -> Iterator[str]:
    head = file.content[:TEXT_LIMIT]
    if file.kind.family is Family.HTML:
        pattern = _ATTRIBUTE
    elif file.kind.family is Family.PDF:
        yield from _pdf_urls(file.content)
        return
    elif file.container in (kinds.WORD, kinds.EXCEL, kinds.POWERPOINT, kinds.MACRO_OFFICE):
        if not file.name.endswith(".rels"):
            return
        pattern = _RELATION
    elif file.kind is kinds.TEXT:
        pattern = _BARE
    else:
        return
    for match in pattern.finditer(head):
        yield unescape((match.group(1) if match.lastindex else match.group()).decode("utf-8", "replace"))


def _pdf_urls(content: bytes) -> Iterator[str]:
    """Annotations with a URI action (ISO 32000-1 §12.6.4.7); plain ones first, then those in compressed objects."""
    for match in _PDF_URI.finditer(content):
        yield match.group(1).decode("latin-1")
    from lockgate.detection.files import pdf

    yield from pdf.facts(content).links
