"""What of a held message may be shown: text, headers, a list of attachments, and HTML that can do nothing.

Rule: the HTML of a preview loads nothing, links nowhere, runs nothing and cannot be styled over the console's page.
Where links would have led is listed as text. Pure; run it where it may be killed (`reading.py`).
"""

import hashlib
from dataclasses import dataclass

import nh3

from lockgate.mime.parser import parse
from lockgate.model.message import Message, Part

LONGEST_TEXT = 200_000  # characters of a body
LONGEST_VALUE = 4_000  # of a header field
MOST_LINKS = 500
MOST_HEADERS = 500

_LAYOUT = {"align", "valign", "dir", "lang"}
_TAGS = {
    "abbr", "b", "bdi", "bdo", "big", "blockquote", "br", "caption", "center", "cite", "code", "col", "colgroup",
    "dd", "del", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li",
    "ol", "p", "pre", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
}  # fmt: skip
_ATTRIBUTES = {
    "*": _LAYOUT,
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "table": {"cellpadding", "cellspacing"},
}
_WITHOUT_TRACE = {"script", "style", "title", "head", "noscript", "template", "iframe", "object", "svg", "math"}


@dataclass(frozen=True, slots=True)
class AttachmentLine:
    """One attachment, described and not handed out. `size` in bytes after decoding."""

    path: str
    filename: str
    content_type: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LinkLine:
    """A link: what it says and where it leads."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Preview:
    """A message, made harmless. `html` is empty when the message has none; `cut` says that something was left out."""

    subject: str
    header_from: str
    to: str
    date: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    links: tuple[LinkLine, ...]
    attachments: tuple[AttachmentLine, ...]
    defects: tuple[str, ...]
    cut: bool


def preview(content: bytes) -> Preview:
    """The preview of a message as received."""
    message = parse(content)
    text = message.text or message.visible_text
    cut = len(text) > LONGEST_TEXT or len(message.html) > LONGEST_TEXT or len(message.headers) > MOST_HEADERS
    return Preview(
        subject=message.subject[:LONGEST_VALUE],
        header_from=(message.header("From") or "")[:LONGEST_VALUE],
        to=(message.header("To") or "")[:LONGEST_VALUE],
        date=(message.header("Date") or "")[:LONGEST_VALUE],
        headers=tuple((one.name[:200], one.value[:LONGEST_VALUE]) for one in message.headers[:MOST_HEADERS]),
        text=text[:LONGEST_TEXT],
        html=harmless(message.html[:LONGEST_TEXT]),
        links=_links(message),
        attachments=tuple(_line(part) for part in message.attachments),
        defects=tuple(f"{defect.id}: {defect.detail}" for defect in message.defects),
        cut=cut,
    )


def said(content: bytes) -> str:
    """What a message says to its reader, in subject and body; never empty, cut where nobody would search."""
    message = parse(content)
    other = message.text if message.text != message.visible_text else ""
    return "\n".join((message.subject, message.visible_text, other, ""))[:LONGEST_TEXT]


def harmless(html: str) -> str:
    """The HTML without anything that loads, links, runs or positions itself; layout of tables and text stays."""
    if not html:
        return ""
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_WITHOUT_TRACE,
        attributes=_ATTRIBUTES,
        url_schemes=set(),
        strip_comments=True,
        link_rel=None,
    )


def _links(message: Message) -> tuple[LinkLine, ...]:
    unique = dict.fromkeys((link.text.strip()[:200], link.url[:2000]) for link in message.links)
    return tuple(LinkLine(text, url) for text, url in list(unique)[:MOST_LINKS])


def _line(part: Part) -> AttachmentLine:
    digest = hashlib.sha256(part.content).hexdigest()
    return AttachmentLine(part.path, part.filename[:255], part.content_type[:255], len(part.content), digest)
