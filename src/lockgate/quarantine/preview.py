"""What of a held message may be shown: text, headers, a list of attachments, and HTML that can do nothing.

Rule: the HTML of a preview loads nothing, links nowhere, runs nothing and cannot be styled over the console's page.
Where links would have led is listed as text. Pictures are shown when somebody asks: those that the message carries,
painted anew. Pure; run it where it may be killed (`reading.py`).
"""

import hashlib
from dataclasses import dataclass

import nh3

from lockgate.mime.parser import parse
from lockgate.model.message import Message, Part
from lockgate.quarantine.pictures import Pictures, carries_pictures

LONGEST_TEXT = 200_000  # characters of a body
LONGEST_HTML = 5_000_000  # characters before it is made harmless: pictures may be written into it
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
_OF_PICTURES = {"src", "alt", "width", "height"}
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
    """A message, made harmless. `html` is empty when the message has none; `cut` says that something was left out.

    `has_pictures`: its HTML shows some that are in it.
    """

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
    has_pictures: bool = False


def preview(content: bytes, *, with_pictures: bool = False) -> Preview:
    """The preview of a message as received; with the pictures that it carries, if wanted."""
    message = parse(content)
    text = message.text or message.visible_text
    html, html_cut = _shown(message, with_pictures=with_pictures)
    cut = len(text) > LONGEST_TEXT or html_cut or len(message.headers) > MOST_HEADERS
    return Preview(
        subject=message.subject[:LONGEST_VALUE],
        header_from=(message.header("From") or "")[:LONGEST_VALUE],
        to=(message.header("To") or "")[:LONGEST_VALUE],
        date=(message.header("Date") or "")[:LONGEST_VALUE],
        headers=tuple((one.name[:200], one.value[:LONGEST_VALUE]) for one in message.headers[:MOST_HEADERS]),
        text=text[:LONGEST_TEXT],
        html=html,
        links=_links(message),
        attachments=tuple(_line(part) for part in message.attachments),
        defects=tuple(f"{defect.id}: {defect.detail}" for defect in message.defects),
        cut=cut,
        has_pictures=carries_pictures(message.html[:LONGEST_HTML]),
    )


def _shown(message: Message, *, with_pictures: bool) -> tuple[str, bool]:
    """The harmless HTML, and whether some of it was left out."""
    html, cut = message.html[:LONGEST_HTML], len(message.html) > LONGEST_HTML
    if with_pictures:
        return harmless(html, Pictures(message)), cut
    shown = harmless(html)
    if len(shown) > LONGEST_TEXT:
        return harmless(shown[:LONGEST_TEXT]), True
    return shown, cut


def said(content: bytes) -> str:
    """What a message says to its reader, in subject and body; never empty, cut where nobody would search."""
    message = parse(content)
    other = message.text if message.text != message.visible_text else ""
    return "\n".join((message.subject, message.visible_text, other, ""))[:LONGEST_TEXT]


def harmless(html: str, pictures: Pictures | None = None) -> str:
    """The HTML without anything that loads, links, runs or positions itself; layout of tables and text stays.

    With `pictures` those of the message stay too, as they were painted; others leave the words that stand for them.
    """
    if not html:
        return ""

    def painted(element: str, attribute: str, value: str) -> str | None:
        if pictures is None or (element, attribute) != ("img", "src"):
            return value
        return pictures.painted(value)

    return nh3.clean(
        html,
        tags=_TAGS | ({"img"} if pictures else set()),
        clean_content_tags=_WITHOUT_TRACE,
        attributes={**_ATTRIBUTES, **({"img": _OF_PICTURES} if pictures else {})},
        attribute_filter=painted,
        url_schemes={"cid", "data"} if pictures else set(),
        strip_comments=True,
        link_rel=None,
    )


def _links(message: Message) -> tuple[LinkLine, ...]:
    unique = dict.fromkeys((link.text.strip()[:200], link.url[:2000]) for link in message.links)
    return tuple(LinkLine(text, url) for text, url in list(unique)[:MOST_LINKS])


def _line(part: Part) -> AttachmentLine:
    digest = hashlib.sha256(part.content).hexdigest()
    return AttachmentLine(part.path, part.filename[:255], part.content_type[:255], len(part.content), digest)
