"""Which elements of an HTML body a reader does not see. Cheap: styles are judged once each and remembered.

Covers `display:none`, `visibility:hidden`, (nearly) no opacity, `font-size` under 3 px, no size with `overflow:hidden`,
text off the page, scaled or clipped to nothing, transparent letters, Outlook's `mso-hide:all`, `hidden`, rules of
<style> outside @media, CSS escapes, and text in the colour of the ground that it stands on (`html_colours`).
"""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from lockgate.mime.html_colours import unreadable
from lockgate.mime.html_styles import style_of

MAX_NODES = 2_000
MAX_RULES = 50

_SELECTOR = re.compile(r"[\w\s.#>*-]{1,80}")
_TOO_WIDE = re.compile(r"(?:^|[\s>])(?:\*|html|body)\s*$", re.IGNORECASE)
_TELLING = ("display", "visib", "opacity", "hid", "transparent", "scale", "clip", "-9999", "\\")


def hidden_nodes(tree: LexborHTMLParser) -> list[LexborNode]:
    """The elements to take out, none inside another. Never raises."""
    found: list[LexborNode] = []
    styled = [(node, style_of(node.attrs.get("style") or "")) for node in tree.css("[style]")[:MAX_NODES]]
    for node, (kind, _, _) in styled:
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


def _sized_again(node: LexborNode) -> bool:
    """A layout trick of honest mail: the table cell says font-size:0, what stands inside says a size of its own."""
    inner = [child.attrs.get("style") or "" for child in node.css("[style]")[:50] if child.mem_id != node.mem_id]
    return any("font" in style and style_of(style).hides == 0 for style in inner)


def _by_style_sheet(tree: LexborHTMLParser) -> list[LexborNode]:
    found: list[LexborNode] = []
    rules = 0
    for sheet in tree.tags("style")[:20]:
        for selectors, body in _rules(sheet.text(deep=True)[:100_000]):
            if rules >= MAX_RULES or style_of(body).hides != 1:
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
