"""Which leaves a mail client shows as the body, and what it shows of them (RFC 2046 §5.1, RFC 3676)."""

import re
from dataclasses import dataclass

from lockgate.mime.charsets import decode_text
from lockgate.mime.html_text import HtmlReading, read_html, tidy
from lockgate.mime.structure import Entity
from lockgate.model.message import Defect, Part

MAX_SHOWN = 50
MAX_TEXT = 2_000_000
_PLAIN = frozenset({"text/plain", "text/enriched", "text/richtext", ""})
_ENRICHED_TAG = re.compile(r"</?[a-zA-Z-]{1,60}>")
_CALENDAR_TEXT = re.compile(r"^(?:SUMMARY|DESCRIPTION|LOCATION|COMMENT)(?:;[^:\r\n]{0,200})?:(.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the tree with its part."""

    entity: Entity
    part: Part


@dataclass(frozen=True, slots=True)
class Shown:
    """The body as a reader sees it, with the reading of each HTML part by its path."""

    text: str
    html: str
    visible: str
    hidden: str
    readings: tuple[tuple[str, HtmlReading], ...]
    texts: tuple[tuple[str, str], ...]  # (path, text) of every plain part shown or offered as an alternative
    defects: tuple[Defect, ...]


def show(root: Entity, leaves: list[Leaf]) -> Shown:
    """Choose and decode the body. A message that is only a forwarded message shows what is forwarded."""
    bodies = [leaf for leaf in leaves if _is_body(leaf, root)]
    own = [leaf for leaf in bodies if not _in_nested_message(leaf.entity)] or bodies
    return _render(own[:MAX_SHOWN])


def _render(bodies: list[Leaf]) -> Shown:
    htmls = [leaf for leaf in bodies if leaf.part.content_type == "text/html"]
    plains = [leaf for leaf in bodies if leaf.part.content_type in _PLAIN]
    defects: list[Defect] = []
    sources = [(leaf, _decoded(leaf, defects)) for leaf in htmls]
    readings = tuple((leaf.part.path, read_html(source)) for leaf, source in sources)
    texts = tuple((leaf.part.path, plain_text(leaf, defects)) for leaf in plains)
    outside = [
        text for leaf, (_, text) in zip(plains, texts, strict=True) if not htmls or not _has_html_sibling(leaf.entity)
    ]
    visible = [reading.visible for _, reading in readings] + [tidy(text) for text in outside]
    if not any(visible):
        visible = [_calendar_text(leaf, defects) for leaf in bodies if leaf.part.content_type == "text/calendar"]
    return Shown(
        text="\n".join(text for _, text in texts),
        html="\n".join(source for _, source in sources),
        visible="\n".join(piece for piece in visible if piece),
        hidden="\n".join(reading.hidden for _, reading in readings if reading.hidden),
        readings=readings,
        texts=texts,
        defects=(*defects, *(defect for _, reading in readings for defect in reading.defects)),
    )


def _is_body(leaf: Leaf, root: Entity) -> bool:
    kind = leaf.part.content_type
    if kind not in _PLAIN and kind not in {"text/html", "text/calendar"}:
        return False
    if leaf.entity is root:
        return True
    return leaf.part.disposition != "attachment" and (not leaf.part.filename or leaf.part.disposition == "inline")


def _in_nested_message(entity: Entity) -> bool:
    above = entity.parent
    while above is not None:
        if above.is_message:
            return True
        above = above.parent
    return False


def _has_html_sibling(entity: Entity) -> bool:
    """Whether an alternative above offers HTML, which clients prefer."""
    node, above = entity, entity.parent
    while above is not None:
        if above.content_type == "multipart/alternative" and any(
            _holds_html(child) for child in above.children if child is not node
        ):
            return True
        node, above = above, above.parent
    return False


def _holds_html(entity: Entity) -> bool:
    return entity.content_type == "text/html" or any(
        _holds_html(child) for child in entity.children if entity.is_multipart
    )


def _decoded(leaf: Leaf, defects: list[Defect]) -> str:
    content = leaf.part.content
    if len(content) > MAX_TEXT:
        defects.append(Defect("mime.text-truncated", f"{leaf.part.path}: {len(content)} bytes"))
        content = content[:MAX_TEXT]
    text, defect = decode_text(content, leaf.part.charset, html=leaf.part.content_type == "text/html")
    if defect is not None:
        defects.append(defect)
    return text


def plain_text(leaf: Leaf, defects: list[Defect]) -> str:
    """A plain part as shown: line ends as \\n, format=flowed joined (RFC 3676 §4), enriched markup taken off."""
    text = _decoded(leaf, defects).replace("\r\n", "\n").replace("\r", "\n")
    if leaf.part.content_type in {"text/enriched", "text/richtext"}:
        return _ENRICHED_TAG.sub("", text)
    if leaf.entity.type_field.first("format").lower() == "flowed":
        return unflowed(text, delete_space=leaf.entity.type_field.first("delsp").lower() == "yes")
    return text


def unflowed(text: str, *, delete_space: bool) -> str:
    """Paragraphs put back together: a line that ends in a blank goes on in the next one (RFC 3676 §4.1, §4.4)."""
    lines: list[str] = []
    flowing = False
    for raw in text.split("\n"):
        quoted = raw.startswith(">")
        line = raw.removeprefix(" ")
        if flowing and not quoted and line != "-- ":
            lines[-1] += line
        else:
            lines.append(line)
        flowing = line.endswith(" ") and line != "-- " and not quoted
        if flowing and delete_space:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)


def _calendar_text(leaf: Leaf, defects: list[Defect]) -> str:
    text = _decoded(leaf, defects).replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "")
    found = "\n".join(each.group(1) for each in _CALENDAR_TEXT.finditer(text))
    return tidy(found.replace("\\n", "\n").replace("\\,", ",").replace("\\;", ";"))
