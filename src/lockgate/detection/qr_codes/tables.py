"""QR codes drawn by the cells of an HTML table with dark and light ground.

The table is laid out on a grid of modules and painted into a bitmap, without a browser.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockgate.detection.qr_codes.images import codes
from lockgate.detection.qr_codes.painting import (
    DOT,
    FEWEST,
    MOST,
    NOTHING,
    QUIET,
    Drawings,
    Grid,
    painted,
    resembles_code,
)

TABLES = 4
FEWEST_CELLS = 3 * FEWEST  # neighbours of one colour may be one cell
LOOKED_AT = 1_000_000  # characters

_ROW = re.compile(r"<[tT][rR]\b")
_CELL = re.compile(r"<[tT][dDhH]\b")
_SIZE = re.compile(r"(?<![-\w])(width|height)\s*:\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{3,60})", re.IGNORECASE)
_CLASS_RULE = re.compile(r"\.([\w-]{1,60})\s*\{([^}]{0,500})\}")
_NUMBER = re.compile(r"\s*(\d+(?:\.\d+)?)")


def in_html(html: str) -> Drawings:
    """The codes drawn in an HTML body. Nearly all bodies are done with a quick look. Never raises."""
    head = html[:LOOKED_AT]
    if head.count("<t") + head.count("<T") < FEWEST + FEWEST_CELLS:
        return NOTHING
    if len(_ROW.findall(head)) < FEWEST or len(_CELL.findall(head)) < FEWEST_CELLS:
        return NOTHING
    drawn = list(_grids(head))
    texts = dict.fromkeys(text for grid, _ in drawn for text in codes(painted(grid, DOT, DOT)))
    return Drawings(tuple(texts), any(bare and resembles_code(grid) for grid, bare in drawn))


def _grids(html: str) -> Iterator[tuple[Grid, bool]]:
    """The squares of modules, and whether their cells are bare; figures on changing grounds are no code."""
    tree = LexborHTMLParser(html)
    grounds = {name: ground for name, body in _CLASS_RULE.findall(_sheets(tree)) if (ground := _ground_of(body))}
    groups: dict[int, list[LexborNode]] = {}
    for row in tree.css("tr"):
        if row.parent is not None:
            groups.setdefault(row.parent.mem_id, []).append(row)
    for rows in [rows for rows in groups.values() if FEWEST <= len(rows) <= 2 * MOST][:TABLES]:
        grid = _grid(rows, grounds)
        if grid is not None:
            yield grid, not any(row.text(deep=True).strip() for row in rows)


def _sheets(tree: LexborHTMLParser) -> str:
    return "\n".join(sheet.text(deep=True)[:50_000] for sheet in tree.css("style")[:5])


def _grid(rows: list[LexborNode], grounds: dict[str, str]) -> Grid | None:
    """The table's modules; None when it is no square of modules, as nearly no table is."""
    cells = [[cell for cell in row.iter() if cell.tag in ("td", "th")] for row in rows]
    if sum(map(len, cells)) < FEWEST_CELLS:
        return None
    module = min((size for row in cells for cell in row if (size := _size(cell, "width"))), default=0.0)
    tallest = [_height(row, line) for row, line in zip(rows, cells, strict=True)]
    low = min((size for size in tallest if size), default=0.0)
    grid: Grid = []
    above: dict[int, tuple[int, bool]] = {}  # column: how many more rows a cell from above covers, and its colour
    for row, line, height in zip(rows, cells, tallest, strict=True):
        modules, above = _row(line, module, above, is_dark(_ground(row, grounds)), grounds)
        grid += [modules] * (min(round(height / low), MOST) if low and height else 1)
        if len(grid) > 2 * MOST or len(modules) > 2 * MOST:
            return None
    width = max(map(len, grid))
    if not FEWEST <= width <= MOST or abs(width - len(grid)) > 2 * QUIET + 2:
        return None
    return [modules + [False] * (width - len(modules)) for modules in grid]


def _row(
    cells: list[LexborNode], module: float, above: dict[int, tuple[int, bool]], ground: bool, grounds: dict[str, str]
) -> tuple[list[bool], dict[int, tuple[int, bool]]]:
    modules: list[bool] = []
    below: dict[int, tuple[int, bool]] = {}

    def covered() -> None:
        while len(modules) in above and len(modules) <= 2 * MOST:
            left, dark = above[len(modules)]
            if left > 1:
                below[len(modules)] = (left - 1, dark)
            modules.append(dark)

    for cell in cells:
        covered()
        width = _size(cell, "width")
        count = round(width / module) if module and width else _span(cell, "colspan")
        own = _ground(cell, grounds)
        dark = is_dark(own) if own else ground or _is_block(cell)
        down = _span(cell, "rowspan")
        for _ in range(min(count, MOST)):
            if down > 1:
                below[len(modules)] = (down - 1, dark)
            modules.append(dark)
        if len(modules) > 2 * MOST:
            break
    covered()
    return modules, below


def _height(row: LexborNode, cells: list[LexborNode]) -> float:
    return _size(row, "height") or next((size for cell in cells if (size := _size(cell, "height"))), 0.0)


def _size(node: LexborNode, name: str) -> float:
    attributes = node.attributes
    written = _NUMBER.match(attributes.get(name) or "")
    if written is not None and "%" not in (attributes.get(name) or ""):
        return float(written.group(1))
    for found, value in _SIZE.findall((attributes.get("style") or "")[:500]):
        if found.lower() == name:
            return float(value)
    return 0.0


def _span(cell: LexborNode, name: str) -> int:
    value = (cell.attributes.get(name) or "1").strip()
    return min(int(value), MOST) if value.isascii() and value.isdigit() and int(value) else 1


def _ground(node: LexborNode, grounds: dict[str, str]) -> str:
    attributes = node.attributes
    own = (attributes.get("bgcolor") or "").strip() or _ground_of(attributes.get("style") or "")
    if own:
        return own
    return next((grounds[name] for name in (attributes.get("class") or "").split() if name in grounds), "")


def _ground_of(style: str) -> str:
    found = _GROUND.search(style[:500])
    return found.group(1).strip() if found else ""


def _is_block(cell: LexborNode) -> bool:
    text = cell.text(deep=True).strip()
    return bool(text) and len(text) <= 2 and text[0] in "\u2588\u25a0\u2b1b"


@lru_cache(maxsize=512)
def is_dark(colour: str) -> bool:
    """Whether a colour as CSS writes it is nearer to black than to white; what is no colour is light."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(colour.strip().lower())[:3]
    except ValueError:
        return False
    return 299 * red + 587 * green + 114 * blue < 128_000
