"""Which elements of an HTML body a reader does not see. Cheap: nothing is looked at unless its bytes could hide.

Covers `display:none`, `visibility:hidden`, no opacity, `font-size` under 3 px, zero size with `overflow:hidden`, text
off the page, Outlook's `mso-hide:all`, `hidden`, rules of <style> outside @media, and white text without a background.
"""

import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_NODES = 2_000
MAX_RULES = 50
MAX_ANCESTORS = 12

_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|opacity\s*:\s*0?(?:\.0\d*)?\s*(?:[;!\"']|$|%)"
    r"|font-size\s*:\s*(?:0(?!\.?\d)(?:\.0+)?|[0-2](?:\.\d+)?\s*(?:px|pt)|0?\.[0-4]\d*\s*(?:px|pt|r?em|%))"
    r"|font\s*:\s*0(?:px|pt)?[\s/]|text-indent\s*:\s*-\d{3,}|(?:left|top)\s*:\s*-\d{3,}"
    r"|max-height\s*:\s*0(?!\.?\d)|(?<![-\w])(?:height|width)\s*:\s*0(?:px)?\s*[;!\"'][^\"<>]{0,300}overflow\s*:\s*hidden"
    r"|clip\s*:\s*rect\(\s*0",
    re.IGNORECASE,
)
_ZERO_SIZE = re.compile(r"max-height\s*:\s*0|(?<![-\w])(?:height|width)\s*:\s*0", re.IGNORECASE)
_FONT_ZERO = re.compile(r"font-size|font\s*:", re.IGNORECASE)
_WHITE = re.compile(
    r"(?<![-\w])color\s*[:=]\s*[\"']?\s*(?:#fff(?:fff)?\b|#fefefe\b|white\b|rgb\(\s*255\s*,\s*255\s*,\s*255)",
    re.IGNORECASE,
)
_BACKGROUND = re.compile(r"background|bgcolor", re.IGNORECASE)
_WHITE_GROUND = re.compile(
    r"background(?:-color)?\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent|none|inherit|rgb\(\s*255\s*,\s*255\s*,\s*255)[^;]*",
    re.IGNORECASE,
)
_MEDIA = re.compile(r"@[^{};]{0,300}\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")
_RULE = re.compile(r"([^{}@;]{1,200})\{([^{}]{0,2000})\}")
_PLAIN_SELECTOR = re.compile(r"[a-zA-Z0-9]*[.#][\w-]+")


def hidden_nodes(tree: LexborHTMLParser, html: str) -> list[LexborNode]:
    """The elements to take out, outermost first is not promised. Never raises; empty for nearly all honest mail."""
    found: list[LexborNode] = []
    if _HIDDEN.search(html):
        found += [node for node in tree.css("[style]")[:MAX_NODES] if _hides(node)]
        found += _by_style_sheet(tree)
    if "hidden" in html:
        found += [node for node in tree.css("[hidden]") if node.tag not in {"html", "body"}]
    if _WHITE.search(html):
        found += [node for node in tree.css("[style],font[color]")[:MAX_NODES] if _white_on_white(node)]
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


def _hides(node: LexborNode) -> bool:
    style = node.attributes.get("style") or ""
    found = _HIDDEN.search(style)
    if found is None or node.tag in {"html", "body", "img", "input"}:
        return False
    if _ZERO_SIZE.match(found.group()):
        return "overflow" in style and "hidden" in style
    if _FONT_ZERO.match(found.group()):
        return not _sized_again(node)
    return True


def _sized_again(node: LexborNode) -> bool:
    """A layout trick of honest mail: the table cell says font-size:0, what stands inside says a size of its own."""
    return any(
        "font-size" in (child.attributes.get("style") or "")
        for child in node.css("[style]")[:50]
        if child.mem_id != node.mem_id
    )


def _by_style_sheet(tree: LexborHTMLParser) -> list[LexborNode]:
    found: list[LexborNode] = []
    rules = 0
    for sheet in tree.css("style")[:20]:
        text = (sheet.text(deep=True) or "")[:100_000]
        if not _HIDDEN.search(text):
            continue
        for rule in _RULE.finditer(_MEDIA.sub(" ", text)):
            if rules >= MAX_RULES or not _HIDDEN.search(rule.group(2)) or _ZERO_SIZE.search(rule.group(2)):
                continue
            rules += 1
            for selector in rule.group(1).split(",")[:10]:
                if _PLAIN_SELECTOR.fullmatch(selector.strip()):
                    found += tree.css(selector.strip())[:MAX_NODES]
    return found


def _white_on_white(node: LexborNode) -> bool:
    attributes = node.attributes
    style = attributes.get("style") or ""
    if not (_WHITE.search(style) or _WHITE.search(f"color={attributes.get('color') or ''}")):
        return False
    text = node.text(deep=True)
    if not text or text.isspace() or any("color" in (child.html or "")[:400] for child in node.css("[style]")[1:20]):
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
    if attributes.get("background") or (attributes.get("bgcolor") or "").strip().lower() not in {
        "",
        "#fff",
        "#ffffff",
        "white",
    }:
        return True
    if attributes.get("class"):
        return True  # a style sheet may paint it
    return bool(_BACKGROUND.search(_WHITE_GROUND.sub("", attributes.get("style") or "")))
