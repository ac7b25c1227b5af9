"""Where links stand in the text of a body, and the text with others in their place. Nothing else of it changes.

HTML: the attributes of `html_attributes`. Plain text: what begins with `http://`, `https://` or `www.`; addresses
without either stay, because what takes their place could not be told from the sentence around it.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urljoin

from lockgate.mime.html_attributes import base_of, clicked
from lockgate.mime.links import trimmed
from lockgate.mime.signed_links import LONGEST, TOKEN, Written

# ASCII of addresses (RFC 3986), and letters of alphabets that separate words by blanks.
_PLAIN = re.compile(
    r"(?<![A-Za-z0-9@/.-])(?:https?://|www\.)[^\s<>\"'`{}|^\\\x00-\x20\x7f\xa0\xab\xbb\u2000-\u206f\u2e80-\U0010ffff]{3,}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Place:
    """Characters [start, end) of a body's text are a link."""

    start: int
    end: int
    written: Written
    quote: str = ""


def html_places(source: str) -> Iterator[Place]:
    """The links of an HTML source. A relative one counts from the base that the source names, and is written whole."""
    base = base_of(source) if "<base" in source.lower() else ""
    for value in clicked(source):
        text = source[value.start : value.end]
        written = Written(text, markup=True)
        if not written.address and base and text.strip() and not re.match(r"\s*(?:#|[A-Za-z][A-Za-z0-9+.-]*:)", text):
            written = Written(html.escape(_joined(base, html.unescape(text.strip())), quote=True), markup=True)
        if written.address and len(text) <= LONGEST:
            yield Place(value.start, value.end, written, value.quote)


def text_places(text: str) -> Iterator[Place]:
    """The links of a plain text."""
    for found in _PLAIN.finditer(text):
        shown = trimmed(found.group())
        written = Written(shown, markup=False)
        if len(found.group()) <= LONGEST and "." in shown and written.address:
            yield Place(found.start(), found.start() + len(shown), written)


def replaced(text: str, places: Iterator[Place], new: Callable[[Written], str]) -> tuple[str, int]:
    """The text with what `new` says in the place of each link (nothing: it stays), and how many were replaced."""
    pieces: list[str] = []
    position = count = 0
    for place in places:
        address = new(place.written)
        if address:
            pieces += (text[position : place.start], address)
            position = place.end
            count += 1
    return "".join((*pieces, text[position:])), count


def own(begin: str) -> re.Pattern[str]:
    """Links of ours, which begin with `begin`; the token is a group."""
    return re.compile(re.escape(begin) + f"({TOKEN})", re.IGNORECASE)


def restored(text: str, pattern: re.Pattern[str], read: Callable[[str], Written | None], *, markup: bool) -> str:
    """The text with what stood there in the place of each link of ours; what `read` does not know stays."""

    def original(found: re.Match[str]) -> str:
        written = read(found.group(1))
        if written is None:
            return found.group()
        if not markup:
            return written.address if written.markup else written.text
        before = text[found.start() - 1 : found.start()]
        if written.markup and _fits(written.text, before):
            return written.text
        return html.escape(written.address, quote=True).replace(" ", "%20")

    return pattern.sub(original, text)


def _fits(text: str, before: str) -> bool:
    """Whether the value of an attribute can stand where the character `before` precedes it."""
    if before in {'"', "'"}:
        return before not in text
    return before == "=" and not re.search(r"[\s>]", text) and text[:1] not in {'"', "'"}


def _joined(base: str, relative: str) -> str:
    try:
        return urljoin(base, relative)
    except ValueError:
        return ""
