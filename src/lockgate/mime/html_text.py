"""What a reader of an HTML body sees, what is hidden from the reader, and where it leads.

Built on Lexbor (the HTML standard's own algorithm, so broken markup is read as browsers read it). Input is cut at
MAX_HTML characters, and markup nested so deeply that tree building would become slow is read by a plain scan.
"""

import re
from dataclasses import dataclass
from urllib.parse import urljoin

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockgate.mime.beyond_ascii import beyond_ascii
from lockgate.mime.html_conditional import adds_words, for_outlook
from lockgate.mime.html_hiding import hidden_nodes
from lockgate.model.message import Defect, LinkSource

MAX_HTML = 1_000_000
MAX_LINKS = 1_000
MAX_NESTING = 1_200

# Tags that begin a new line or cell, told by their first letters: one quick pass instead of a walk over the tree.
_BLOCK = re.compile(r"<(?=/?(?:[pdthloPDTHLO]|[bB][rlRL]|[uU][lL]|[sS][eE][cC]))")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NO_DEPTH = frozenset(
    [
        "p",
        "li",
        "td",
        "tr",
        "th",
        "dt",
        "dd",
        "option",
        "br",
        "img",
        "input",
        "meta",
        "link",
        "hr",
        "area",
        "base",
        "col",
        "wbr",
        "tbody",
        "thead",
    ]
)
_BLANK = r"[ \t\r\f\v\xa0\u2000-\u200a\u202f\u205f\u3000]"
# A single blank between words, which nearly all are, stays as it is and is not matched.
_SPACES = re.compile(rf" {_BLANK}+|[\t\r\f\v\xa0\u2000-\u200a\u202f\u205f\u3000]{_BLANK}*")
_LINES = re.compile(r" ?\n[ \n]*")
_OTHER_SPACE, _OTHER_SPACE_OF_ASCII = re.compile(r"[\x85\u1680\u2028\u2029]"), "\x1c\x1d\x1e\x1f"
"""What `str.split` takes for a blank and no browser does."""
_INVISIBLE_RANGES = ((0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2065), (0xE0000, 0xE0080))
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x34F, 0x61C, 0x180E, 0xFEFF, *(code for first, last in _INVISIBLE_RANGES for code in range(first, last)))
)
_HAS_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]"
)
_SPLIT_WORD = re.compile(r"\w[\xad\u200b-\u200d\u2060\ufeff\u034f]+\w")
_REFRESH = re.compile(r"url\s*=\s*[\"']?([^\"'>]+)", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x20\x7f]+")
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_PLAIN_HREF = re.compile(r"""\b(?:href|action|src)\s*=\s*["']?([^\s"'<>]{4,2000})""", re.IGNORECASE)
_TARGETS = (
    ({"a", "area"}, "href", LinkSource.HTML),
    ({"form"}, "action", LinkSource.FORM),
    ({"button", "input"}, "formaction", LinkSource.FORM),
    ({"iframe", "frame", "embed"}, "src", LinkSource.HTML),
    ({"img", "input"}, "src", LinkSource.IMAGE),
)
_PICTURE = "input[type=image]"
_LEADING = "[href],[action],[formaction],[src],[http-equiv]"
_IGNORED_SCHEMES = ("cid:", "mailto:", "tel:", "sms:", "callto:", "about:", "mid:", "#")


@dataclass(frozen=True, slots=True)
class HtmlReading:
    """One HTML body as read. `targets` are (address, text, kind) in document order per kind."""

    visible: str
    hidden: str
    targets: tuple[tuple[str, str, LinkSource], ...]
    defects: tuple[Defect, ...]


def read_html(html: str) -> HtmlReading:
    """Visible text, hidden text and link targets. Never raises; about 0.2 ms for 30 kB of marketing HTML."""
    defects: list[Defect] = []
    if len(html) > MAX_HTML:
        defects.append(Defect("mime.text-truncated", f"HTML of {len(html)} characters"))
        html = html[:MAX_HTML]
    if "\x00" in html:
        html = html.replace("\x00", "")
    if html.count("<") > 2 * MAX_NESTING and _nesting(html) > MAX_NESTING:
        defects.append(Defect("mime.deep-html", "nested too deeply to be read as a tree"))
        return HtmlReading(tidy(_ANY_TAG.sub(" ", html)), "", _plain_targets(html), tuple(defects))
    tree = LexborHTMLParser(_BLOCK.sub("\n<", html))
    targets = _targets(tree)
    outlook = for_outlook(html) if "<!--[if" in html else ""
    if "href" in outlook:
        targets = tuple(dict.fromkeys((*targets, *_targets(LexborHTMLParser(outlook)))))[:MAX_LINKS]
    hidden = _take_out(tree)
    tree.strip_tags(["style", "script", "head", "title", "template", "noscript", "object"])
    body = tree.root
    raw = body.text(deep=True) if body is not None else ""
    if _HAS_INVISIBLE.search(beyond_ascii(raw)) and len(_SPLIT_WORD.findall(raw)) > 2:
        defects.append(Defect("mime.split-words", "invisible characters inside words"))
    visible = tidy(raw)
    if outlook and adds_words(outlook, visible):
        defects.append(Defect("mime.text-for-outlook", "Outlook shows text that other programs do not"))
        visible = f"{visible}\n{tidy(_ANY_TAG.sub(' ', outlook))}"
    return HtmlReading(visible, hidden, targets, tuple(defects))


def tidy(text: str) -> str:
    """Text with runs of blanks made one, empty lines and invisible characters (zero width, direction marks) removed."""
    rare = beyond_ascii(text)
    if _HAS_INVISIBLE.search(rare):
        text = text.translate(_INVISIBLE)
    if _OTHER_SPACE.search(rare) or any(map(text.__contains__, _OTHER_SPACE_OF_ASCII)):
        return _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    return "\n".join(filter(None, map(" ".join, map(str.split, filter(None, text.split("\n"))))))


def clean_address(value: str) -> str:
    """A link target as a browser reads it: control characters and blanks removed."""
    return value if value.isprintable() and " " not in value else _CONTROL.sub("", value)


def _take_out(tree: LexborHTMLParser) -> str:
    pieces: list[str] = []
    for node in hidden_nodes(tree):
        text = node.text(deep=True)
        if text and not text.isspace():
            pieces.append(text)
        node.decompose(recursive=True)
    return tidy("\n".join(dict.fromkeys(pieces)))


def _targets(tree: LexborHTMLParser) -> tuple[tuple[str, str, LinkSource], ...]:
    leading = [(node, node.tag) for node in tree.css(_LEADING)]  # one walk: each costs as much as all the rest
    base = _base(tree) if any(tag == "base" for _, tag in leading) else ""
    found: dict[tuple[str, str, LinkSource], None] = {}
    for tags, attribute, source in _TARGETS:
        for node, tag in leading:
            if tag not in tags or (source is LinkSource.IMAGE and tag == "input" and not node.css_matches(_PICTURE)):
                continue
            address = _absolute(node.attrs.get(attribute), base)
            if address:
                text = tidy(node.text(deep=True)) if source is LinkSource.HTML else ""
                found[(address, text, source)] = None
            if len(found) >= MAX_LINKS:
                return tuple(found)
    for node, tag in leading:
        refresh = _REFRESH.search(node.attrs.get("content") or "") if tag == "meta" and _is_refresh(node) else None
        if refresh is not None:
            found[(_absolute(refresh.group(1), base), "", LinkSource.HTML)] = None
    return tuple(found)


def _is_refresh(node: LexborNode) -> bool:
    return (node.attrs.get("http-equiv") or "").strip().lower() == "refresh"


def _base(tree: LexborHTMLParser) -> str:
    node = tree.css_first("base[href]")
    return clean_address(node.attrs.get("href") or "") if node is not None else ""


def _absolute(value: str | None, base: str) -> str:
    if not value:
        return ""
    address = clean_address(value)
    if not address or address[:9].lower().startswith(_IGNORED_SCHEMES):
        return ""
    if address.startswith(("//", "\\\\")):
        return "https://" + address[2:]
    if base and ":" not in address[:12]:
        try:
            return urljoin(base, address)
        except ValueError:
            return address
    return address


def _nesting(html: str) -> int:
    depth = deepest = 0
    for found in _TAG.finditer(html):
        if found.group(2).lower() in _NO_DEPTH:
            continue
        depth = max(0, depth - 1) if found.group(1) else depth + 1
        deepest = max(deepest, depth)
    return deepest


def _plain_targets(html: str) -> tuple[tuple[str, str, LinkSource], ...]:
    found = dict.fromkeys(_absolute(each.group(1), "") for each in _PLAIN_HREF.finditer(html))
    return tuple((address, "", LinkSource.HTML) for address in list(found)[:MAX_LINKS] if address)
