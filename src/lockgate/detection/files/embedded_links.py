"""Links inside attachments: HTML, PDF annotations and page text, Office fields and relationships, calendars, text.

Each link has its target behind known rewriters, as links of the body have.
"""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Family
from lockgate.detection.files.unpacking import File
from lockgate.mime.links import calendar_links, text_links
from lockgate.mime.unwrap import unwrap
from lockgate.model.message import Link, LinkSource

PER_FILE = 100
TEXT_LIMIT = 500_000
OFFICE_LIMIT = 2_000_000
_OFFICE = (kinds.WORD, kinds.EXCEL, kinds.POWERPOINT, kinds.MACRO_OFFICE)
_WEB = rb"https?://[^\s\"'<>\\{}]{4,1000}"
_BARE = re.compile(rb"https?://[^\s<>\"'\\)\]}]{4,1000}", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    rb"(?:href|action|src|data)\s{0,20}=\s{0,20}[\"']?\s{0,20}(https?://[^\s\"'<>]{4,1000})", re.IGNORECASE
)
_RELATION = re.compile(rb"Type=\"[^\"]*/hyperlink\"[^>]*Target=\"(https?://[^\"]{4,1000})\"")
_TARGET_FIRST = re.compile(rb"Target=\"(https?://[^\"]{4,1000})\"[^>]*Type=\"[^\"]*/hyperlink\"")
# A field of Word or RTF, a formula of Excel: HYPERLINK "https://..." (ECMA-376 part 1 §17.16.5.25, §18.17.7.138).
_FIELD = re.compile(
    rb"HYPERLINK\s{0,9}\(?(?:&quot;|\\?\"|\\'22|\s){1,9}(" + _WEB + rb"?)(?:&quot;|\\?\"|\\'22|\s)", re.IGNORECASE
)
_LINKED = re.compile(rb"xlink:href=\"(https?://[^\"]{4,1000})\"")
_PDF_URI = re.compile(rb"/URI\s{0,20}\((https?:[^)]{4,1000})\)", re.IGNORECASE)
_WIDE_WEB = re.compile(rb"h\0t\0t\0p\0(?:s\0)?:\0/\0/\0(?:[!-~]\0){4,500}")


def links(files: Iterable[File]) -> Iterator[Link]:
    """Every web link of these files, at most `PER_FILE` each, without repetition inside a file."""
    for file in files:
        seen: dict[str, None] = {}
        for url in _urls(file):
            if len(seen) >= PER_FILE:
                break
            seen.setdefault(url)
        source = LinkSource.CALENDAR if _is_calendar(file) else LinkSource.ATTACHMENT
        yield from (Link(url, "", source, file.where, unwrap(url)) for url in seen)


def _is_calendar(file: File) -> bool:
    return file.declared == "text/calendar" or file.text[:40].lstrip().startswith(b"BEGIN:VCALENDAR")


def _urls(file: File) -> Iterator[str]:
    if _is_calendar(file):
        text = file.text[:TEXT_LIMIT].decode("utf-8", "replace")
        yield from (link.url for link in calendar_links(text, file.where))
    elif file.kind.family is Family.HTML:
        yield from _matches(_ATTRIBUTE, file.text[:TEXT_LIMIT])
    elif file.kind.family is Family.PDF:
        yield from _pdf_urls(file)
    elif file.container in _OFFICE or file.container is kinds.OPEN_DOCUMENT:
        yield from _office_urls(file)
    elif file.kind.family is Family.OFFICE:
        yield from _binary_office_urls(file.content[:OFFICE_LIMIT])
    elif file.kind is kinds.TEXT:
        yield from _matches(_BARE, file.text[:TEXT_LIMIT])


def _matches(pattern: re.Pattern[bytes], content: bytes) -> Iterator[str]:
    for match in pattern.finditer(content):
        yield unescape((match.group(1) if match.lastindex else match.group()).decode("utf-8", "replace"))


def _office_urls(file: File) -> Iterator[str]:
    """Members of an Office file: relationships, fields of the text, formulas, links of OpenDocument."""
    head = file.text[:OFFICE_LIMIT]
    if file.name.endswith(".rels"):
        yield from _matches(_RELATION, head)
        yield from _matches(_TARGET_FIRST, head)
    elif file.name.endswith(".xml"):
        if b"HYPERLINK" in head:
            yield from _matches(_FIELD, head)
        if b"xlink:href" in head:
            yield from _matches(_LINKED, head)


def _binary_office_urls(content: bytes) -> Iterator[str]:
    """RTF fields, and the hyperlinks that old Word and Excel files hold as wide strings."""
    if b"HYPERLINK" in content:
        yield from _matches(_FIELD, content)
    if b"h\0t\0t\0p\0" in content:
        for match in _WIDE_WEB.finditer(content):
            yield match.group().decode("utf-16-le", "replace")


def _pdf_urls(file: File) -> Iterator[str]:
    """Annotations with a URI action (ISO 32000-1 §12.6.4.7), plain and compressed; then addresses that a reader
    makes into links because they stand in the text."""
    for match in _PDF_URI.finditer(file.content):
        yield match.group(1).decode("latin-1")
    from lockgate.detection.files import pdf
    from lockgate.detection.qr_codes import pages

    yield from pdf.facts(file.content).links
    text = pages.read(file.content).text
    if "http" in text or "www." in text:
        yield from (link.url for link in text_links(text, file.where))
