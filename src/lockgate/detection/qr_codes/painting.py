"""Modules of a QR code as a bitmap that a reader of codes takes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

FEWEST, MOST = 21, 185  # modules a side (ISO/IEC 18004 §5.1), with a quiet zone
QUIET = 4  # modules of white around a code
DOT = 4  # pixels of one module

Grid = list[list[bool]]  # rows of modules, True is dark


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
