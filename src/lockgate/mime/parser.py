"""`parse`: bytes to `Message`. Whatever any common client would show is there; what is odd is in `defects`."""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from email.utils import parsedate_to_datetime

from lockgate.mime.headers import HeaderBlock, decode_text, decoded, fields_of, mailboxes
from lockgate.mime.html import HtmlView, read_html
from lockgate.mime.links import LINKS, links_in_text, unwrap
from lockgate.mime.tree import Leaves, walk
from lockgate.model.message import Link, LinkSource, Message, Part

ONCE = ("From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID")  # RFC 5322 §3.6
TEXT_LIMIT = 1024 * 1024
NO_HTML = HtmlView("", "", ())


def parse(content: bytes) -> Message:
    """The message in `content`; never raises."""
    leaves = Leaves(content)
    header = walk(leaves, 0, len(content))
    _check_header(header, leaves)
    texts, html_part = _bodies(leaves.parts)
    text = "\n".join(_text_of(part) for part in texts)[:TEXT_LIMIT]
    html = _text_of(html_part) if html_part else ""
    view = read_html(html) if html else NO_HTML
    senders = mailboxes(header.values("Sender"))
    return Message(
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        headers=fields_of(header),
        header_from=mailboxes(header.values("From")),
        sender=senders[0] if senders else None,
        reply_to=mailboxes(header.values("Reply-To")),
        to=mailboxes(header.values("To")),
        cc=mailboxes(header.values("Cc")),
        subject=_first(header, "Subject"),
        internet_message_id=_first(header, "Message-ID"),
        date=_date(_first(header, "Date")),
        parts=tuple(leaves.parts),
        text=text,
        html=html,
        visible_text=view.visible or " ".join(text.split()),
        hidden_text=view.hidden,
        links=tuple(_links(view, html_part, texts, leaves.parts)),
        body_start=header.body_start,
        defects=tuple(leaves.defects),
        attachments=tuple(part for part in leaves.parts if part.is_attachment),
    )


def _check_header(header: HeaderBlock, leaves: Leaves) -> None:
    for name in ONCE:
        count = header.count(name)
        if count > 1:
            leaves.defect("mime.duplicate-header", f"{count} {name} fields")
    if header.strays:
        leaves.defect("mime.stray-header-line", f"{header.strays} lines in the header are no header field")
    if b"\0" in leaves.content[: header.body_start]:
        leaves.defect("mime.nul-in-header", "a NUL byte in the header")


def _first(header: HeaderBlock, name: str) -> str:
    return decoded(next(header.values(name), ""))


def _bodies(parts: list[Part]) -> tuple[list[Part], Part | None]:
    """The plain-text parts and the first HTML part that a client shows as the body."""
    shown = [part for part in parts if not part.is_attachment and ".0" not in part.path]
    texts = [part for part in shown if part.content_type in ("text/plain", "text/enriched", "text")]
    return texts, next((part for part in shown if part.content_type in ("text/html", "application/xhtml+xml")), None)


def _text_of(part: Part) -> str:
    return decode_text(part.content[: 4 * TEXT_LIMIT], part.charset or "utf-8")


def _links(view: HtmlView, html_part: Part | None, texts: list[Part], parts: list[Part]) -> Iterable[Link]:
    found: list[Link] = []
    base = next((anchor.url for anchor in view.anchors if anchor.element == "base"), "")
    path = html_part.path if html_part else ""
    for anchor in view.anchors[:LINKS]:
        if anchor.element == "base":
            continue
        url = base.rstrip("/") + "/" + anchor.url.lstrip("/") if base and "://" not in anchor.url else anchor.url
        if ":" not in url or url.lower().startswith(("mailto:", "tel:", "cid:", "#")):
            continue
        found.append(Link(url, anchor.text, LinkSource.HTML, path, unwrap(url)))
    known = {link.url for link in found}
    for part in texts:
        new = [url for url in links_in_text(_text_of(part)[:TEXT_LIMIT]) if url not in known]
        found += [Link(url, url, LinkSource.TEXT, part.path, unwrap(url)) for url in new]
    if not texts and view.visible:
        new = [url for url in links_in_text(view.visible) if url not in known and f"{url}/" not in known]
        found += [Link(url, url, LinkSource.TEXT, path, unwrap(url)) for url in new]
    for part in parts:
        if part.content_type == "text/calendar":
            unfolded = _text_of(part).replace("\r\n ", "").replace("\n ", "").replace("\\n", " ").replace("\\,", ",")
            found += [Link(url, url, LinkSource.CALENDAR, part.path, unwrap(url)) for url in links_in_text(unfolded)]
    return found[: 2 * LINKS]


def _date(value: str) -> datetime | None:
    try:
        return parsedate_to_datetime(value) if value else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
