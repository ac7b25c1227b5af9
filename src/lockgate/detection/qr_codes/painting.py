"""Modules of a QR code as a bitmap that a reader of codes takes."""

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FEWEST, MOST = 21, 185  # modules a side (ISO/IEC 18004 §5.1), with a quiet zone
LEAST_LIKE = 13  # modules a side of a drawing that resembles a code; drawn by hand they are small
QUIET = 4  # modules of white around a code
DOT = 4  # pixels of one module

Grid = list[list[bool]]  # rows of modules, True is dark


@dataclass(frozen=True, slots=True)
class Drawings:
    """The texts of codes that were read, and whether something else has the look of one: drawn by hand, or spoilt."""

    texts: tuple[str, ...] = ()
    resembles: bool = False


NOTHING = Drawings()


def painted(grid: Grid, across: int, down: int) -> "Picture":
    """Modules as a grey picture with white around."""
    from PIL import Image

    width, height = len(grid[0]) * across, len(grid) * down
    rows = (bytes(0 if dark else 255 for dark in modules for _ in range(across)) * down for modules in grid)
    picture = Image.frombytes("L", (width, height), b"".join(rows))
    margin = QUIET * max(across, down)
    framed = Image.new("L", (width + 2 * margin, height + 2 * margin), 255)
    framed.paste(picture, (margin, margin))
    return framed


def resembles_code(grid: Grid) -> bool:
    """Whether a square of modules is about half dark and changes between dark and light all over, as codes do.

    Bars, frames, logos and charts change seldom along a row; letters drawn of blocks are no squares.
    """
    rows = _cropped(grid)
    width = len(rows[0]) if rows else 0
    if not LEAST_LIKE <= width <= MOST or not 0.6 <= len(rows) / width <= 1.7:
        return False
    dark = sum(map(sum, rows)) / (width * len(rows))
    changes = sum(one != other for row in rows for one, other in pairwise(row)) / (width * len(rows))
    busy = sum(sum(one != other for one, other in pairwise(row)) >= width // 5 for row in rows) / len(rows)
    return 0.3 <= dark <= 0.7 and changes >= 0.25 and busy >= 0.7


def _cropped(grid: Grid) -> Grid:
    """Without the light margin."""
    rows = [row for row in grid if any(row)]
    columns = [at for row in rows for at, dark in enumerate(row) if dark]
    return [row[min(columns) : max(columns) + 1] for row in rows] if columns else []
