"""What a reader sees of an HTML body, what is hidden from them, and where its links lead. By Lexbor (selectolax)."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

SIZE_LIMIT = 2 * 1024 * 1024  # characters of HTML that are looked at; larger bodies are cut
NODE_LIMIT = 50_000
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])"
    r"|max-height\s*:\s*0(?![.\d]*[1-9])|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_BLANK = re.compile(r"\s+")
_UNSEEN = {"script", "style", "head", "title", "template", "noscript"}
_LINKING = {"a": "href", "area": "href", "form": "action", "iframe": "src", "base": "href", "link": "href"}


@dataclass(frozen=True, slots=True)
class Anchor:
    """One link of the HTML: element name, target as written, and the text (or alt text) that a reader sees."""

    element: str
    url: str
    text: str


@dataclass(frozen=True, slots=True)
class HtmlView:
    """The reader's view."""

    visible: str
    hidden: str
    anchors: tuple[Anchor, ...]


def read_html(source: str) -> HtmlView:
    """Never raises; markup that makes no sense is read as browsers would."""
    tree = LexborHTMLParser(source[:SIZE_LIMIT])
    visible: list[str] = []
    hidden: list[str] = []
    root = tree.root
    if root is not None:
        _collect(root, visible, hidden)
    anchors = tuple(_anchors(tree))
    return HtmlView(_tidy(visible), _tidy(hidden), anchors)


def _collect(root: LexborNode, visible: list[str], hidden: list[str]) -> None:
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    seen = 0
    while stack and seen < NODE_LIMIT:
        node, concealed = stack.pop()
        seen += 1
        if node.tag == "-text":
            (hidden if concealed else visible).append(node.text_content or "")
            continue
        if node.tag in _UNSEEN or node.tag == "-comment":
            continue
        attributes = node.attributes
        style = attributes.get("style") or ""
        concealed = concealed or "hidden" in attributes or bool(style and _HIDING.search(style))
        child = node.first_child
        children = []
        while child is not None:
            children.append((child, concealed))
            child = child.next
        stack.extend(reversed(children))


def _tidy(pieces: list[str]) -> str:
    return _BLANK.sub(" ", " ".join(pieces)).strip()


def _anchors(tree: LexborHTMLParser) -> list[Anchor]:
    found = []
    for node in tree.css("a, area, form, iframe, base, meta[http-equiv]"):
        name = node.tag or ""
        url = _refresh_target(node) if name == "meta" else (node.attributes.get(_LINKING[name]) or "").strip()
        if url:
            found.append(Anchor(name, url, _shown_text(node)))
    return found


def _shown_text(node: LexborNode) -> str:
    text = _BLANK.sub(" ", node.text(deep=True, separator=" ")).strip() if node.tag == "a" else ""
    if text:
        return text
    image = node.css_first("img[alt]")
    return (image.attributes.get("alt") or "").strip() if image is not None else ""


def _refresh_target(node: LexborNode) -> str:
    if (node.attributes.get("http-equiv") or "").lower() != "refresh":
        return ""
    _, _, target = (node.attributes.get("content") or "").partition("=")
    return target.strip().strip("'\"")
