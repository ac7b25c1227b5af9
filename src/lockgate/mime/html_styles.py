"""What a style says about whether a reader sees the text: each is read once and remembered."""

import re
from functools import lru_cache
from typing import NamedTuple

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
_ALWAYS = (
    "display:none", "visibility:hidden", "visibility:collapse", "mso-hide:all", "clip:rect(0", "clip:rect(1px",
    "clip-path:inset(100", "clip-path:inset(50%", "clip-path:circle(0", "scale(0)",
    "scale(0,", "scale3d(0,", "scalex(0)", "scaley(0)", "filter:opacity(0", "text-fill-color:transparent",
)  # fmt: skip
_HINTS = ("display:none", "y:hidden", "collapse", "hide", "clip", "scale", "opacity(", "transparent")  # of one of them
# What may not stand in front is looked for behind the word: an expression that begins with letters is much quicker.
_OPACITY = re.compile(r"opacity:(?<![-\w]opacity:)0*(?:\.0\d*)?(?:%|;|!|$)")
_CLEAR = re.compile(
    r"color:(?<![-\w]color:)(?:transparent|#[0-9a-f]{6}0[0-9a-f]"
    r"|(?:rgb|hsl)a?\((?:(?:[^,)]{1,12},){3}|[^/)]{1,40}/)0?(?:\.0\d?)?%?\))"
)
_TINY = re.compile(r"font-size:(?:0*(?:\.0+)?(?:;|!|$|[a-z%])|[0-2](?:\.\d+)?(?:px|pt)|0?\.[0-4]\d*(?:px|pt|r?em))")
_TINY_FONT = re.compile(r"font:0(?<![-\w]font:0)(?:px|pt)?[/;a-z]")
_OFF_PAGE = re.compile(
    r"(?:text-indent|(?<![-\w])(?:left|right|top|bottom)|margin-(?:left|top)):-\d{3,}|translate[xy]?\(-\d{4,}"
)
_NO_SIZE = re.compile(r"(?<![-\w])(?:max-)?(?:height|width):[01](?:px|pt)?(?:;|!|$)")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|([g-z]))", re.IGNORECASE)
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")


class Style(NamedTuple):
    """`hides`: 0 not, 1 yes, 2 unless something inside has a size of its own.

    `letters` are of a plain colour or None; `ground` is None when nothing is painted, True when something unknown is.
    """

    hides: int
    letters: Colour | None
    ground: Colour | bool | None


@lru_cache(maxsize=8_192)
def style_of(written: str) -> Style:
    """The declarations of a style attribute or a rule."""
    return Style(_hiding(written), _text_colour(written), _ground(written))


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


def _hiding(style: str) -> int:
    plain = _squeezed(style)
    if _always(plain) or ("opacity" in plain and _OPACITY.search(plain)):
        return 1
    if "color:" in plain and ("(" in plain or "tra" in plain or "#" in plain) and _CLEAR.search(plain):
        return 2
    if (":-" in plain or "(-" in plain) and _OFF_PAGE.search(plain):
        return 1
    if "overflow" in plain and "hidden" in plain and _NO_SIZE.search(plain):
        return 1
    if "font" in plain and (_TINY.search(plain) or _TINY_FONT.search(plain)):
        return 2
    return 0


def _always(plain: str) -> bool:
    return any(map(plain.__contains__, _HINTS)) and any(map(plain.__contains__, _ALWAYS))


def _squeezed(style: str) -> str:
    """Lower case, without blanks, comments and CSS escapes (CSS Syntax 3 §4.3.7)."""
    written = _ESCAPE.sub(_unescaped, style[:4_000]) if "\\" in style else style[:4_000]
    plain = "".join(written.lower().split())
    return _COMMENT.sub("", plain) if "/*" in plain else plain


def _unescaped(match: re.Match[str]) -> str:
    number = int(match.group(1), 16) if match.group(1) else 0
    return match.group(2) or (chr(number) if 0 < number < 0x110000 else "")


def _text_colour(style: str) -> Colour | None:
    found = _TEXT.search(style[:2_000]) if "olor" in style or "OLOR" in style else None
    return colour_of(found.group(1)) if found else None


def _ground(style: str) -> Colour | bool | None:
    found = _GROUND.findall(style[:2_000]) if "ackground" in style or "ACKGROUND" in style else []
    values = [value.strip().lower() for value in found if value.strip().lower() not in _NOTHING]
    if not values:
        return None
    return colour_of(values[-1]) or True
