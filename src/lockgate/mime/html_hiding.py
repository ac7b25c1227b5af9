"""Which elements of an HTML body a reader does not see. Cheap: styles are judged once each and remembered.

Covers `display:none`, `visibility:hidden`, no opacity, `font-size` under 3 px, zero size with `overflow:hidden`, text
off the page, Outlook's `mso-hide:all`, `hidden`, rules of <style> outside @media, and white text without a background.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_NODES = 2_000
MAX_RULES = 50
MAX_ANCESTORS = 12

_ALWAYS = ("display:none", "visibility:hidden", "visibility:collapse", "mso-hide:all", "clip:rect(0", "clip:rect(1px")
_OPACITY = re.compile(r"(?<![-\w])opacity:0*(?:\.0\d*)?(?:%|;|!|$)")
_TINY = re.compile(r"font-size:(?:0*(?:\.0+)?(?:;|!|$|[a-z%])|[0-2](?:\.\d+)?(?:px|pt)|0?\.[0-4]\d*(?:px|pt|r?em))")
_TINY_FONT = re.compile(r"(?<![-\w])font:0(?:px|pt)?[/;a-z]")
_OFF_PAGE = re.compile(r"(?:text-indent|(?<![-\w])left|(?<![-\w])top|margin-left):-\d{3,}")
_NO_SIZE = re.compile(r"(?<![-\w])(?:max-)?(?:height|width):0(?:px)?(?:;|!|$)")
_WHITE = re.compile(r"(?<![-\w])color:(?:#fff(?:fff)?(?![0-9a-f])|#fefefe|white|rgba?\(255,255,255)")
_WHITE_GROUND = re.compile(
    r"background(?:-color)?:(?:#fff(?:fff)?(?![0-9a-f])|white|transparent|none|inherit|initial|rgba?\(255,255,255)[^;]*"
)
_WHITE_NAMES = frozenset({"#fff", "#ffffff", "fff", "ffffff", "white", "#fefefe"})
_SELECTOR = re.compile(r"[a-zA-Z0-9]*[.#][\w-]+")
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/")


def hidden_nodes(tree: LexborHTMLParser) -> list[LexborNode]:
    """The elements to take out, none inside another. Never raises."""
    found: list[LexborNode] = []
    styled = [(node, node.attributes.get("style") or "") for node in tree.css("[style]")[:MAX_NODES]]
    for node, style in styled:
        kind = _hiding(style)
        if kind and node.tag not in {"html", "body", "img", "input"} and (kind == 1 or not _sized_again(node)):
            found.append(node)
    found += _by_style_sheet(tree)
    found += [node for node in tree.css("[hidden]") if node.tag not in {"html", "body"}]
    found += [node for node, style in styled if _is_white(style) and _white_on_white(node)]
    found += [node for node in tree.css("font[color]")[:MAX_NODES] if _white_font(node) and _white_on_white(node)]
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
    if any(each in plain for each in _ALWAYS) or ("opacity" in plain and _OPACITY.search(plain)):
        return 1
    if ":-" in plain and _OFF_PAGE.search(plain):
        return 1
    if "overflow" in plain and "hidden" in plain and _NO_SIZE.search(plain):
        return 1
    if "font" in plain and (_TINY.search(plain) or _TINY_FONT.search(plain)):
        return 2
    return 0


def _squeezed(style: str) -> str:
    """Lower case, without blanks, comments and CSS escapes of letters."""
    plain = "".join(style[:4_000].lower().split())
    return _COMMENT.sub("", plain) if "/*" in plain else plain


def _sized_again(node: LexborNode) -> bool:
    """A layout trick of honest mail: the table cell says font-size:0, what stands inside says a size of its own."""
    inner = [child.attributes.get("style") or "" for child in node.css("[style]")[:50] if child.mem_id != node.mem_id]
    return any("font" in style and _hiding(style) == 0 for style in inner)


def _by_style_sheet(tree: LexborHTMLParser) -> list[LexborNode]:
    found: list[LexborNode] = []
    rules = 0
    for sheet in tree.css("style")[:20]:
        for selectors, body in _rules(sheet.text(deep=True)[:100_000]):
            plain = _squeezed(body)
            if rules >= MAX_RULES or (not any(each in plain for each in _ALWAYS[:4]) and _hiding(body) != 1):
                continue
            rules += 1
            for selector in selectors.split(",")[:10]:
                if _SELECTOR.fullmatch(selector.strip()):
                    found += tree.css(selector.strip())[:MAX_NODES]
    return found


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
            if "display" in body or "visib" in body or "opacity" in body or "hid" in body:
                yield selectors, body


@lru_cache(maxsize=8192)
def _is_white(style: str) -> bool:
    return "color" in style and _WHITE.search(_squeezed(style)) is not None


def _white_font(node: LexborNode) -> bool:
    return (node.attributes.get("color") or "").strip().lower() in _WHITE_NAMES


def _white_on_white(node: LexborNode) -> bool:
    """White text over nothing but white; anything that may be painted by an image or a style sheet is honest."""
    text = node.text(deep=True)
    if not text or text.isspace():
        return False
    if any("color" in (child.attributes.get("style") or "") for child in node.css("[style]")[1:20]):
        return False
    above: LexborNode | None = node
    for _ in range(MAX_ANCESTORS):
        if above is None or above.tag == "html":
            return True
        if _has_ground(above):
            return False
        above = above.parent
    return False


def _has_ground(node: LexborNode) -> bool:
    attributes = node.attributes
    colour = (attributes.get("bgcolor") or "").strip().lower()
    if attributes.get("background") or attributes.get("class") or (colour and colour not in _WHITE_NAMES):
        return True
    return "background" in _WHITE_GROUND.sub("", _squeezed(attributes.get("style") or ""))
