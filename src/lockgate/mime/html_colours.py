"""Text in the colour of the ground that it stands on: there for filters, invisible to readers.

Only what is certain counts: a picture, or a class whose rule may paint something, makes the ground unknown and honest.
"""

from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from lockgate.mime.html_styles import WHITE, Colour, Style, colour_of, style_of

MAX_NODES = 2_000
MAX_ANCESTORS = 12
ALIKE = 14  # of 255 in each channel: no reader tells #fefefe from white


def unreadable(tree: LexborHTMLParser, styled: Sequence[tuple[LexborNode, Style]]) -> list[LexborNode]:
    """Elements whose text has the colour of its ground. `styled` are all elements with a style."""
    written = [(node, style.letters) for node, style in styled if style.letters is not None]
    for node in tree.css("font[color]")[:MAX_NODES]:
        colour = colour_of(node.attrs.get("color") or "")
        if colour is not None:
            written.append((node, colour))
    if not written:
        return []
    grounds = {WHITE, *_grounds(tree, styled)}
    colours = {colour for _, colour in written}
    suspect = {colour for colour in colours if any(alike(colour, ground) for ground in grounds)}
    return [node for node, colour in written if colour in suspect and _on_itself(node, colour)]


def alike(one: Colour, other: Colour) -> bool:
    """Whether a reader cannot tell the two apart."""
    return abs(one[0] - other[0]) <= ALIKE and abs(one[1] - other[1]) <= ALIKE and abs(one[2] - other[2]) <= ALIKE


def _grounds(tree: LexborHTMLParser, styled: Sequence[tuple[LexborNode, Style]]) -> set[Colour]:
    painted = {style.ground for _, style in styled if isinstance(style.ground, tuple)}
    named = (colour_of(node.attrs.get("bgcolor") or "") for node in tree.css("[bgcolor]")[:MAX_NODES])
    return painted | {colour for colour in named if colour is not None}


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
    own = style_of(attributes.get("style") or "").ground
    if own is not None:
        return own
    if attributes.get("bgcolor"):
        return colour_of(attributes.get("bgcolor") or "") or True
    return True if attributes.get("background") or attributes.get("class") else None
