"""QR codes drawn with block characters, in plain text or in HTML.

Filters that look at images see nothing there; the reader's telephone does. A character cell is half as wide as it is
high, unless the characters are squares.
"""

import re
from collections.abc import Iterator
from html import unescape

from lockgate.detection.qr_codes.images import codes
from lockgate.detection.qr_codes.painting import DOT, LEAST_LIKE, MOST, NOTHING, Drawings, Grid, painted, resembles_code
from lockgate.detection.text import has_any

LOOKED_AT = 1_000_000  # characters
_LINE_END = re.compile(r"<br\b[^>]{0,200}>|</(?:div|p|tr|pre|li)\s*>", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_CORNER = "(?:[\u2588\u259b]\u2580{3,7}[\u2588\u259c]|[\u2588\u258c] ?\u2584{3,5} ?[\u2588\u2590])"
_CORNERS = re.compile(f"{_CORNER}.{{1,60}}{_CORNER}")
"""Two corners of a code side by side, as they are drawn by hand."""

# Quarters of a character cell that are dark: upper left 1, upper right 2, lower left 4, lower right 8.
_BLOCKS = {
    " ": 0, "\u00a0": 0, "\u2007": 0, "\u2003": 0, "\u2588": 15, "\u2580": 3, "\u2584": 12, "\u258c": 5, "\u2590": 10,
    "\u2596": 4, "\u2597": 8, "\u2598": 1, "\u2599": 13, "\u259a": 9, "\u259b": 7, "\u259c": 11, "\u259d": 2,
    "\u259e": 6, "\u259f": 14, "\u2591": 0, "\u2593": 15,
}  # fmt: skip
_SQUARES = {"\u2b1b": 15, "\u2b1c": 0, "\u25a0": 15, "\u25a1": 0, "\u3000": 0, "\U0001f533": 15, "\U0001f532": 0}
_DARK = "\u2588\u2580\u2584\u2596\u2597\u2598\u2599\u259a\u259b\u259c\u259d\u259e\u259f\u2b1b\u25a0"
_ENTITY = re.compile("&#(?:9608|9600|9604|x258[048]|11035|9632);|&bloc")


def in_html(html: str) -> Drawings:
    """The codes drawn in an HTML body. Nearly all bodies are done with a quick look. Never raises."""
    head = html[:LOOKED_AT]
    if not _has_dark(head) and not (("&#" in head or "&bloc" in head) and _ENTITY.search(head)):
        return NOTHING
    return in_text(unescape(_TAG.sub("", _LINE_END.sub("\n", head))))


def in_text(text: str) -> Drawings:
    """The codes drawn in plain text."""
    if not _has_dark(text):
        return NOTHING
    found: list[str] = []
    resembles = _CORNERS.search(text[:LOOKED_AT]) is not None
    for lines in _drawings(text[:LOOKED_AT]):
        quarters, square = _quarters(lines)
        found += codes(painted(quarters, DOT, DOT if square else 2 * DOT))
        resembles |= any(resembles_code(grid) for grid in _modules(quarters))
    return Drawings(tuple(dict.fromkeys(found)), resembles)


def _has_dark(text: str) -> bool:
    return not text.isascii() and has_any(text, _DARK)


def _drawings(text: str) -> Iterator[list[str]]:
    """Runs of lines that consist of block characters and blanks."""
    lines: list[str] = []
    for line in [*text.splitlines(), "end"]:
        bare = line.rstrip("\r\n")
        if bare and len(bare) <= 2 * MOST and all(letter in _BLOCKS or letter in _SQUARES for letter in bare):
            lines.append(bare)
            continue
        if len(lines) >= LEAST_LIKE // 2:
            yield lines[:MOST]
        lines = []


def _modules(quarters: Grid) -> Iterator[Grid]:
    """What may be the modules: half characters, whole characters, or two characters side by side."""
    for across, down in ((2, 1), (2, 2), (4, 2)):
        yield [row[::across] for row in quarters[::down]]


def _quarters(lines: list[str]) -> tuple[Grid, bool]:
    """Two half-width dots a character, two rows a line; and whether the characters are square."""
    square = any(letter in _SQUARES and letter != "\u3000" for line in lines for letter in line)
    width = max(len(line) for line in lines)
    grid: Grid = []
    for line in lines:
        masks = [_BLOCKS.get(letter, _SQUARES.get(letter, 0)) for letter in line.ljust(width)]
        grid.append([bool(mask & bit) for mask in masks for bit in (1, 2)])
        grid.append([bool(mask & bit) for mask in masks for bit in (4, 8)])
    return grid, square
