"""QR codes in SVG pictures: squares, paths and lines painted into a bitmap, and pictures that are put into the drawing.

Only what programs that make codes write is understood: straight edges, one scale for all. Nothing is fetched, neither
from the net nor from disk, which a whole renderer would do. Bounded by size and by the number of shapes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockgate.detection.qr_codes import images
from lockgate.detection.qr_codes.painting import QUIET
from lockgate.detection.qr_codes.tables import is_dark

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LOOKED_AT = 600_000  # characters
SHAPES = 6_000
FEWEST_SHAPES = 12  # a code has three corners of three squares each, and more
SIDE = 700  # pixels
COATS = 30  # how often the whole picture may be painted over
SMALLEST, FARTHEST = 0.01, 1_000_000.0  # units of the drawing
OUTLINES = 16  # shapes large enough to hold others, as the corners of a code do
_PIECE = re.compile(r"[MmLlHhVvZz]|-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_MOVED = re.compile(r"translate\(\s*(-?[\d.]+)(?:[\s,]+(-?[\d.]+))?")
_STYLE = re.compile(r"(?<![-\w])(fill|stroke)\s*:\s*([^;!]{1,60})", re.IGNORECASE)

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Shape:
    """A closed outline; `dark` says how it is filled."""

    points: tuple[Point, ...]
    dark: bool

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        across, down = [x for x, _ in self.points], [y for _, y in self.points]
        return min(across), min(down), max(across), max(down)


def is_svg(content: bytes) -> bool:
    """Whether a picture is a drawing in SVG, by how it begins."""
    return b"<svg" in content[:2_000].lower() or b"<svg:svg" in content[:2_000].lower()


def in_svg(text: str, budget: images.Pixels) -> tuple[str, ...]:
    """The texts of the codes that an SVG picture, or HTML with one in it, shows. Never raises."""
    tree = LexborHTMLParser(text[:LOOKED_AT])
    found: list[str] = []
    for node in tree.css("svg image")[: images.IMAGES]:
        address = node.attributes.get("href") or node.attributes.get("xlink:href") or ""
        if address[:11].lower() == "data:image/":
            found += images.read("picture in a drawing", images.of_data_address(address), budget)
    shapes = [shape for shape in islice(_shapes(tree), SHAPES) if _is_near(shape)]
    if sum(shape.dark for shape in shapes) >= FEWEST_SHAPES:
        picture = _painted(shapes)
        found += images.codes(picture) if picture is not None else ()
    return tuple(dict.fromkeys(found))


def _shapes(tree: LexborHTMLParser) -> Iterator[_Shape]:
    for node in tree.css("svg rect, svg path, svg use, svg polygon"):
        x, y = _moved(node)
        filled, stroked = _paint(node, "fill"), _paint(node, "stroke")
        if node.tag == "path":
            outlines = list(islice(_outlines(node.attributes.get("d") or "", x, y), SHAPES))
            if stroked and stroked != "none":
                dark = is_dark(stroked)
                yield from (_Shape(points, dark) for outline in outlines for points in _line(outline))
            elif filled != "none":
                yield from _nested(outlines, dark=is_dark(filled or "black"))
        elif node.tag == "polygon":
            numbers = [float(one) for one in _NUMBER.findall(node.attributes.get("points") or "")]
            points = tuple((x + a, y + b) for a, b in zip(numbers[::2], numbers[1::2], strict=False))
            if len(points) > 2 and filled != "none":
                yield _Shape(points, is_dark(filled or "black"))
        else:
            left, top = x + _size(node, "x"), y + _size(node, "y")
            width, height = _size(node, "width") or 1.0, _size(node, "height") or 1.0
            if filled != "none":
                yield _Shape(_square(left, top, left + width, top + height), is_dark(filled or "black"))


def _outlines(written: str, x: float, y: float) -> Iterator[tuple[Point, ...]]:
    """The pieces of a path of straight lines (SVG 2 §9.3); curves end it."""
    origin = here = (x, y)
    points: list[Point] = []
    command = "M"
    numbers: list[float] = []
    for piece in _PIECE.findall(written):
        if piece.isalpha():
            command, numbers = piece, []
            if piece in "Zz":
                yield tuple(points)
                points, here = [], points[0] if points else here
            continue
        numbers.append(float(piece))
        if len(numbers) < (1 if command in "HhVv" else 2):
            continue
        if command in "Mm" and points:
            yield tuple(points)
            points = []
        if command in "LlHhVv" and not points:
            points.append(here)
        here = _step(command, numbers, here, origin)
        points.append(here)
        command = {"M": "L", "m": "l"}.get(command, command)
        numbers = []
    if points:
        yield tuple(points)


def _step(command: str, numbers: list[float], here: Point, origin: Point) -> Point:
    x, y = here
    match command:
        case "H":
            return origin[0] + numbers[0], y
        case "h":
            return x + numbers[0], y
        case "V":
            return x, origin[1] + numbers[0]
        case "v":
            return x, y + numbers[0]
        case "M" | "L":
            return origin[0] + numbers[0], origin[1] + numbers[1]
        case _:
            return x + numbers[0], y + numbers[1]


def _line(points: tuple[Point, ...]) -> Iterator[tuple[Point, ...]]:
    """Each stroke one module wide, as programs that write rows as strokes have it."""
    for (left, top), (right, bottom) in pairwise(points):
        if top == bottom:
            yield _square(min(left, right), top - 0.5, max(left, right), top + 0.5)
        elif left == right:
            yield _square(left - 0.5, min(top, bottom), left + 0.5, max(top, bottom))


def _nested(outlines: list[tuple[Point, ...]], *, dark: bool) -> Iterator[_Shape]:
    """Outlines of one path; what lies inside another is a hole, what lies inside that is filled again."""
    shapes = [_Shape(points, dark) for points in outlines if len(points) > 2]
    large = sorted(shapes, key=lambda one: -(one.box[2] - one.box[0]))[:OUTLINES]
    boxes = [one.box for one in large]
    for shape in sorted(shapes, key=lambda one: -(one.box[2] - one.box[0])):
        own = shape.box
        around = sum(_holds(box, own) for box in boxes)
        yield _Shape(shape.points, dark if around % 2 == 0 else not dark)


def _holds(outer: tuple[float, ...], inner: tuple[float, ...]) -> bool:
    return (
        outer != inner and outer[0] < inner[0] and outer[1] < inner[1] and outer[2] > inner[2] and outer[3] > inner[3]
    )


def _painted(shapes: list[_Shape]) -> "Picture | None":
    from PIL import Image, ImageDraw

    boxes = [shape.box for shape in shapes if shape.dark]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    extent = max(max(box[2] for box in boxes) - left, max(box[3] for box in boxes) - top)
    if extent < SMALLEST:
        return None
    scale = SIDE / extent
    margin = SIDE * QUIET // 20
    picture = Image.new("L", (SIDE + 2 * margin, SIDE + 2 * margin), 255)
    pen = ImageDraw.Draw(picture)
    paint = COATS * extent * extent
    for shape in shapes:
        over = shape.box
        paint -= min(over[2] - over[0], extent) * min(over[3] - over[1], extent)
        if paint < 0:
            return None
        points = [(_pixel(margin + (x - left) * scale), _pixel(margin + (y - top) * scale)) for x, y in shape.points]
        pen.polygon(points, fill=0 if shape.dark else 255)
    return picture


def _pixel(value: float) -> float:
    """Not farther outside than the drawing program can count."""
    return min(max(value, -4.0 * SIDE), 4.0 * SIDE)


def _is_near(shape: _Shape) -> bool:
    """Whether all of it lies where a drawing can be; what is no number lies nowhere."""
    return all(abs(x) < FARTHEST and abs(y) < FARTHEST for x, y in shape.points)


def _square(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _moved(node: LexborNode) -> Point:
    found = _MOVED.search(node.attributes.get("transform") or "")
    return (float(found.group(1)), float(found.group(2) or 0)) if found else (0.0, 0.0)


def _size(node: LexborNode, name: str) -> float:
    found = _NUMBER.match((node.attributes.get(name) or "").strip())
    return float(found.group()) if found else 0.0


def _paint(node: LexborNode, name: str) -> str:
    """The colour of the shape, its own or that of a group around it; empty when none is given."""
    one: LexborNode | None = node
    while one is not None and one.tag not in ("svg", "body"):
        styled = next(
            (value for key, value in _STYLE.findall(one.attributes.get("style") or "") if key.lower() == name), ""
        )
        own = (styled or one.attributes.get(name) or "").strip().lower()
        if own:
            return own
        one = one.parent
    return ""
