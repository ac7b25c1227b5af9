"""Text in the colour of the ground that it stands on: there for filters, invisible to readers.

Only what is certain counts: a picture, or a class whose rule may paint something, makes the ground unknown and honest.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_NODES = 2_000
MAX_ANCESTORS = 12
ALIKE = 14  # of 255 in each channel: no reader tells #fefefe from white

Colour = tuple[int, int, int]
WHITE: Colour = (255, 255, 255)
_NAMES: dict[str, Colour] = {
    "white": WHITE,
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "floralwhite": (255, 250, 240),
    "azure": (240, 255, 255),
    "red": (255, 0, 0),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "lightgray": (211, 211, 211),
    "lightgrey": (211, 211, 211),
    "silver": (192, 192, 192),
    "navy": (0, 0, 128),
    "blue": (0, 0, 255),
    "yellow": (255, 255, 0),
}
_TEXT = re.compile(r"(?<![-\w])color\s*:\s*([^;!]{3,40})", re.IGNORECASE)
_GROUND = re.compile(r"background(?:-color)?\s*:\s*([^;!]{3,200})", re.IGNORECASE)
_HEXADECIMAL = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})(?:[0-9a-f]{2})?")
_FUNCTION = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})")
_NOTHING = ("transparent", "none", "inherit", "initial", "unset")


def unreadable(tree: LexborHTMLParser, styled: Sequence[tuple[LexborNode, str]]) -> list[LexborNode]:
    """Elements whose text has the colour of its ground. `styled` are all elements with a style."""
    written = [(node, colour) for node, style in styled if (colour := _text_colour(style)) is not None]
    for node in tree.css("font[color]")[:MAX_NODES]:
        colour = colour_of(node.attrs.get("color") or "")
        if colour is not None:
            written.append((node, colour))
    if not written:
        return []
    grounds = frozenset((WHITE, *_grounds(tree, styled)))
    suspect = {colour for colour in {colour for _, colour in written} if _among(colour, grounds)}
    return [node for node, colour in written if colour in suspect and _on_itself(node, colour)]


@lru_cache(maxsize=4096)
def colour_of(written: str) -> Colour | None:
    """The colour of a CSS or HTML value; None when it is no plain colour."""
    plain = written.strip().lower()
    if plain in _NAMES:
        return _NAMES[plain]
    hexadecimal = _HEXADECIMAL.fullmatch(plain)
    if hexadecimal is not None:
        digits = hexadecimal.group(1)
        pairs = [digit * 2 for digit in digits] if len(digits) == 3 else [digits[at : at + 2] for at in (0, 2, 4)]
        return int(pairs[0], 16), int(pairs[1], 16), int(pairs[2], 16)
    function = _FUNCTION.match(plain)
    return (int(function.group(1)), int(function.group(2)), int(function.group(3))) if function else None


def alike(one: Colour, other: Colour) -> bool:
    """Whether a reader cannot tell the two apart."""
    return abs(one[0] - other[0]) <= ALIKE and abs(one[1] - other[1]) <= ALIKE and abs(one[2] - other[2]) <= ALIKE


@lru_cache(maxsize=8192)
def _text_colour(style: str) -> Colour | None:
    found = _TEXT.search(style[:2_000]) if "olor" in style or "OLOR" in style else None
    return colour_of(found.group(1)) if found else None


@lru_cache(maxsize=8192)
def _ground(style: str) -> Colour | bool | None:
    """The colour that a style paints; None when it paints none, True when it paints something unknown."""
    found = _GROUND.findall(style[:2_000]) if "ackground" in style or "ACKGROUND" in style else []
    values = [value.strip().lower() for value in found if value.strip().lower() not in _NOTHING]
    if not values:
        return None
    return colour_of(values[-1]) or True


def _grounds(tree: LexborHTMLParser, styled: Sequence[tuple[LexborNode, str]]) -> set[Colour]:
    painted = {ground for _, style in styled if isinstance(ground := _ground(style), tuple)}
    named = (colour_of(node.attrs.get("bgcolor") or "") for node in tree.css("[bgcolor]")[:MAX_NODES])
    return painted | {colour for colour in named if colour is not None}


@lru_cache(maxsize=4_096)
def _among(colour: Colour, grounds: frozenset[Colour]) -> bool:
    return any(alike(colour, ground) for ground in grounds)


def _on_itself(node: LexborNode, colour: Colour) -> bool:
    text = node.text(deep=True)
    if not text or text.isspace():
        return False
    if any("olor" in (child.attrs.get("style") or "") for child in node.css("[style]")[1:20]):
        return False
    above: LexborNode | None = node
    for _ in range(MAX_ANCESTORS):
        if above is None or above.tag == "html":
            return alike(colour, WHITE)
        ground = _ground_here(above)
        if ground is not None:
            return isinstance(ground, tuple) and alike(colour, ground)
        above = above.parent
    return False


def _ground_here(node: LexborNode) -> Colour | bool | None:
    attributes = node.attrs
    own = _ground(attributes.get("style") or "")
    if own is not None:
        return own
    if attributes.get("bgcolor"):
        return colour_of(attributes.get("bgcolor") or "") or True
    return True if attributes.get("background") or attributes.get("class") else None
