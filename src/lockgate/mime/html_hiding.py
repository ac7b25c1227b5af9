"""Which elements of an HTML body a reader does not see. Cheap: styles are judged once each and remembered.

Covers `display:none`, `visibility:hidden`, (nearly) no opacity, `font-size` under 3 px, no size with `overflow:hidden`,
text off the page, scaled or clipped to nothing, transparent letters, Outlook's `mso-hide:all`, `hidden`, rules of
<style> outside @media, CSS escapes, and text in the colour of the ground that it stands on (`html_colours`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from lockgate.mime.html_colours import unreadable

MAX_NODES = 2_000
MAX_RULES = 50

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
_SELECTOR = re.compile(r"[\w\s.#>*-]{1,80}")
_TOO_WIDE = re.compile(r"(?:^|[\s>])(?:\*|html|body)\s*$", re.IGNORECASE)
_TELLING = ("display", "visib", "opacity", "hid", "transparent", "scale", "clip", "-9999", "\\")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|([g-z]))", re.IGNORECASE)
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")


def hidden_nodes(tree: LexborHTMLParser) -> list[LexborNode]:
    """The elements to take out, none inside another. Never raises."""
    found: list[LexborNode] = []
    styled = [(node, node.attrs.get("style") or "") for node in tree.css("[style]")[:MAX_NODES]]
    for node, style in styled:
        kind = _hiding(style)
        if kind and node.tag not in {"html", "body", "img", "input"} and (kind == 1 or not _sized_again(node)):
            found.append(node)
    found += _by_style_sheet(tree)
    found += [node for node in tree.css("[hidden]") if node.tag not in {"html", "body"}]
    found += unreadable(tree, styled)
    unique: dict[int, LexborNode] = {}
    for node in found:
        unique.setdefault(node.mem_id, node)
    chosen = set(unique)
    return [node for node in unique.values() if not _inside(node, chosen)]


def _inside(node: LexborNode, chosen: set[int]) -> bool:
    """Whether an ancestor is taken out already; a freed node must not be touched again."""
    above = node.parent
    while above is not None:
        if above.mem_id in chosen:
            return True
        above = above.parent
    return False


@lru_cache(maxsize=8192)
def _hiding(style: str) -> int:
    """0: does not hide. 1: hides. 2: hides unless something inside has a size of its own."""
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


def _sized_again(node: LexborNode) -> bool:
    """A layout trick of honest mail: the table cell says font-size:0, what stands inside says a size of its own."""
    inner = [child.attrs.get("style") or "" for child in node.css("[style]")[:50] if child.mem_id != node.mem_id]
    return any("font" in style and _hiding(style) == 0 for style in inner)


def _by_style_sheet(tree: LexborHTMLParser) -> list[LexborNode]:
    found: list[LexborNode] = []
    rules = 0
    for sheet in tree.tags("style")[:20]:
        for selectors, body in _rules(sheet.text(deep=True)[:100_000]):
            plain = _squeezed(body)
            if rules >= MAX_RULES or (not _always(plain) and _hiding(body) != 1):
                continue
            rules += 1
            for selector in selectors.split(",")[:10]:
                bare = selector.strip()
                if _SELECTOR.fullmatch(bare) and not _TOO_WIDE.search(bare):
                    found += _selected(tree, bare)
    return found


def _selected(tree: LexborHTMLParser, selector: str) -> list[LexborNode]:
    try:
        return tree.css(selector)[:MAX_NODES]
    except (ValueError, SelectolaxError):  # what Lexbor cannot read no browser applies
        return []


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """(selectors, declarations) of every rule that is not inside @media or another at-rule."""
    inside = False
    for chunk in sheet.split("}"):
        opened = chunk.count("{")
        if opened == 0:
            inside = False
        elif opened > 1:
            inside = True
        elif not inside and "@" not in chunk:
            selectors, _, body = chunk.partition("{")
            if any(map(body.__contains__, _TELLING)):
                yield selectors, body
