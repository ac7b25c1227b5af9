"""Where in the source of an HTML body the attributes stand that lead somewhere when they are clicked.

A tokeniser of the HTML standard (WHATWG HTML §13.2.5), as far as tags, comments and raw text go, that keeps positions.
What Outlook alone reads (conditional comments) is read too. Linear in the size, never raises.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

_OPEN = re.compile(r"<(?:(/?)([A-Za-z][^\t\n\f\r />]*)|(!--)|[!?/])")
_COMMENT_END = re.compile(r"--!?>")
_CONDITION = re.compile(r"<!--\[if[^\]>]{0,200}\]>", re.IGNORECASE)
_BLANK = "\t\n\f\r "
_NAME = re.compile(r"[\t\n\f\r /]*([^\t\n\f\r />][^\t\n\f\r />=]*)[\t\n\f\r ]*")
_AFTER_EQUALS = re.compile(r"=[\t\n\f\r ]*")
_UNQUOTED = re.compile(r"[^\t\n\f\r >]*")
_RAW = {name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE) for name in (
    "style", "script", "title", "textarea", "xmp", "iframe", "noembed", "noframes",
)}  # fmt: skip
_CLICKED = frozenset(
    {("a", "href"), ("area", "href"), ("form", "action"), ("button", "formaction"), ("input", "formaction")}
)
_REFERENCE = re.compile(r"&(#[0-9]{1,100};?|#[xX][0-9a-fA-F]{1,100};?|[A-Za-z][A-Za-z0-9]{1,40};?)(?=([=A-Za-z0-9]?))")
_CONTROLS = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\n\r")
_WEB = re.compile(r"https?:[/\\]*[^/\\\s]", re.IGNORECASE)
_RELATIVE_WEB = re.compile(r"[/\\]{2}[^/\\\s]")


@dataclass(frozen=True, slots=True)
class Value:
    """The value of one attribute: characters [start, end) of the source, between `quote`s or none."""

    start: int
    end: int
    quote: str


def clicked(source: str) -> Iterator[Value]:
    """The values of `href` of links, areas and VML shapes, and of where forms send, in the order of the source."""
    yield from _values(source, 0, len(source))


def _values(source: str, position: int, end: int) -> Iterator[Value]:
    while (found := _OPEN.search(source, position, end)) is not None:
        if found.group(3):
            close = _COMMENT_END.search(source, found.start() + 2, end)
            if close is None:
                return  # the rest is a comment
            inside = _CONDITION.match(source, found.start(), close.start())
            if inside is not None:
                yield from _values(source, inside.end(), close.start())
            position = close.end()
        elif found.group(2) is None:
            close_at = source.find(">", found.end(), end)
            if close_at < 0:
                return
            position = close_at + 1
        else:
            tag = found.group(2).lower()
            values: list[Value] = []
            position = _attributes(source, found.end(), end, tag, values)
            if position < 0:
                return  # the tag never ends, so for a browser it never was
            if found.group(1):
                continue
            yield from values
            if tag == "plaintext":
                return
            if tag in _RAW:
                raw_end = _RAW[tag].search(source, position, end)
                if raw_end is None:
                    return
                position = raw_end.start()


def _attributes(source: str, position: int, end: int, tag: str, values: list[Value]) -> int:
    """Behind the tag; -1 when it has no end. `values` gets those that count."""
    while True:
        named = _NAME.match(source, position, end)
        if named is None:
            close = source.find(">", position, end)
            return close + 1 if close >= 0 else -1
        position = named.end()
        equals = _AFTER_EQUALS.match(source, position, end)
        if equals is None:
            continue
        position = equals.end()
        quote = source[position : position + 1] if position < end else ""
        if quote and quote in "\"'":
            start, position = position + 1, source.find(quote, position + 1, end)
            if position < 0:
                return -1
            value = Value(start, position, quote)
            position += 1
        else:
            bare = _UNQUOTED.match(source, position, end)
            value = Value(position, bare.end() if bare else position, "")
            position = value.end
        if _counts(tag, named.group(1).lower()):
            values.append(value)


def _counts(tag: str, name: str) -> bool:
    return (tag, name) in _CLICKED or (name == "href" and tag.startswith("v:"))


def base_of(source: str) -> str:
    """The address that relative links count from; empty when the body names none."""
    found = re.search(r"<base\b[^>]{0,500}?\bhref\s*=\s*[\"']?([^\"'>\s]{1,2000})", source, re.IGNORECASE)
    return address_of(found.group(1), markup=True) if found else ""


def address_of(text: str, *, markup: bool) -> str:
    """The web address that a browser makes of a written one; empty for everything that is no web page.

    References are resolved as in attributes (WHATWG HTML §13.2.5.73: `&copy=` stays), control characters go as in the
    URL standard §4.4, `//host` and `www.` get the scheme that mail programs give them.
    """
    if markup:
        text = _REFERENCE.sub(_resolved, text)
    text = text.strip(_CONTROLS).translate(_DROPPED)
    if _RELATIVE_WEB.match(text):
        return "https:" + text
    if not markup and text[:4].lower() == "www.":
        return "http://" + text
    return text if _WEB.match(text) else ""


def _resolved(found: re.Match[str]) -> str:
    name, behind = found.group(1), found.group(2)
    if name.startswith("#"):
        return html.unescape(found.group())
    if name.endswith(";"):
        return html5.get(name, found.group())
    return found.group() if behind else html5.get(name, found.group())
