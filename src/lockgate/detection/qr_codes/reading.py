"""All QR codes of a message, as links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lockgate.detection.files.kinds import SVG, Family
from lockgate.detection.files.unpacking import File
from lockgate.detection.qr_codes import blocks, images, pages, tables, vector
from lockgate.mime.unwrap import unwrap
from lockgate.model.message import Link, LinkSource, Message

_WEB = re.compile(r"https?:[/\\]{1,3}[^\s<>\"]{3,2000}", re.IGNORECASE)
_BARE = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,5}[a-z]{2,24}(?:[:/?#]\S{0,2000})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reading:
    """Links found, what was not looked at because of size or number, and drawings that only look like a code."""

    links: tuple[Link, ...]
    unread: tuple[str, ...]
    undecoded: tuple[str, ...] = ()


def read(message: Message, files: Iterable[File]) -> Reading:
    """Every code of the message. What cannot be decoded shows no code to a reader either. Never raises."""
    found: list[tuple[str, str]] = []
    budget = images.Pixels()
    for where, content in _pictures(message, files):
        if vector.is_svg(content):
            found += [(where, text) for text in vector.in_svg(content.decode("utf-8", "replace"), budget)]
        else:
            found += [(where, text) for text in images.read(where, content, budget)]
    unread = list(budget.unread)
    for file in files:
        if file.kind.family is Family.PDF:
            seen = pages.read(file.content)
            found += [(file.where, text) for text in seen.codes]
            unread += [file.where] if seen.unread else []
    if "<svg" in message.html:
        found += [("html", text) for text in vector.in_svg(message.html, budget)]
    drawn = [("html", tables.in_html(message.html)), ("html", blocks.in_html(message.html))]
    drawn.append(("text", blocks.in_text(message.text)))
    found += [(where, text) for where, drawings in drawn for text in drawings.texts]
    undecoded = tuple(dict.fromkeys(where for where, drawings in drawn if drawings.resembles and not drawings.texts))
    links = [link_of(where, text) for where, text in dict.fromkeys(found)]
    return Reading(tuple(links), tuple(unread), undecoded)


def link_of(where: str, text: str) -> Link:
    """What a telephone makes of the text: the web address in it, also one without a scheme."""
    stripped = text.strip()
    url = f"https://{stripped}" if _BARE.fullmatch(stripped) else stripped
    written = _WEB.search(text)
    if written is not None:
        url = written.group()
    return Link(url, "", LinkSource.QR_CODE, where, unwrap(url))


def _pictures(message: Message, files: Iterable[File]) -> Iterable[tuple[str, bytes]]:
    seen = (file for file in files if file.kind.family is Family.IMAGE or file.kind is SVG)
    yield from ((file.where, file.text if file.kind is SVG else file.content) for file in seen)
    for number, link in enumerate(message.links, 1):
        if link.source is LinkSource.IMAGE and link.url[:11].lower() == "data:image/":
            yield f"picture in link {number}", images.of_data_address(link.url)
