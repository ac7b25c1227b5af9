"""Links of every kind of part, each with the target behind known rewriters."""

import re
from collections.abc import Iterable, Iterator

from lockgate.mime.html_text import MAX_LINKS, clean_address
from lockgate.mime.unwrap import unwrap
from lockgate.model.message import Link, LinkSource

MAX_TEXT = 1_000_000

# A scheme, `www.`, or a host name with a path behind it (what mail clients turn into links); bare host names are
# linked by clients too when the top-level domain is a well-known one.
_URL = re.compile(
    r"(?<![A-Za-z0-9@])(?:(?:https?|hxxps?|ftp):[/\\]{1,3}[^\s<>\"'`{}|^\u00ab\u00bb\u201c\u201d]{3,2048}"
    r"|www\.[A-Za-z0-9-]{1,63}\.[^\s<>\"'`{}|^]{2,2048}"
    r"|(?:[A-Za-z0-9-]{1,63}\.){1,5}(?:com|net|org|info|biz|online|site|shop|top|xyz|app|dev|link|click|live|ru|cn|io|co|me|ly|de|fr|uk|it|es|nl|br|in|us|eu|ch|at|pl)"
    r"(?![A-Za-z0-9.-]*@)(?:/[^\s<>\"'`{}|^]{0,2048}|(?![\w.@-])))",
    re.IGNORECASE,
)  # fmt: skip
_TRAILING = ".,;:!?*_~\u2026"
_PAIRS = {")": "(", "]": "[", ">": "<"}
_CALENDAR_URL = re.compile(r"https?://[^\s\"<>\\]{3,2048}")
_FOLDED_CALENDAR = re.compile(r"\r?\n[ \t]")


def text_links(text: str, part_path: str, source: LinkSource = LinkSource.TEXT) -> Iterator[Link]:
    """Links that a mail client would make clickable in plain text, with and without a scheme."""
    if "." not in text and "://" not in text:
        return
    seen: set[str] = set()
    for found in _URL.finditer(text, 0, MAX_TEXT):
        shown = trimmed(found.group())
        url = shown if ":" in shown[:6] else f"http://{shown}"
        if url in seen:
            continue
        seen.add(url)
        if len(seen) > MAX_LINKS:
            return
        yield Link(url, shown, source, part_path, unwrap(url))


def html_links(targets: Iterable[tuple[str, str, LinkSource]], part_path: str) -> Iterator[Link]:
    """Links of an HTML body as `read_html` found them."""
    known: dict[str, str] = {}
    for url, text, source in targets:
        target = known.get(url)
        if target is None:
            target = known[url] = unwrap(url)
        yield Link(url, text, source, part_path, target)


def calendar_links(text: str, part_path: str) -> Iterator[Link]:
    """Links of an iCalendar part (RFC 5545 §3.1: folded lines, escaped commas and line breaks)."""
    plain = (
        _FOLDED_CALENDAR.sub("", text[:MAX_TEXT])
        .replace("\\n", "\n")
        .replace("\\N", "\n")
        .replace("\\,", ",")
        .replace("\\;", ";")
    )
    for url in list(dict.fromkeys(trimmed(each.group()) for each in _CALENDAR_URL.finditer(plain)))[:MAX_LINKS]:
        address = clean_address(url)
        yield Link(address, url, LinkSource.CALENDAR, part_path, unwrap(address))


def trimmed(url: str) -> str:
    """Punctuation behind a link belongs to the sentence; a closing bracket does unless it was opened inside."""
    while url:
        last = url[-1]
        if last in _TRAILING or (last in _PAIRS and url.count(last) > url.count(_PAIRS[last])):
            url = url[:-1]
        else:
            break
    return url
