"""Links of a message replaced by others, and put back. Only the parts that hold them are written again.

What may not be changed (signed, encrypted, rights-protected, calendar) is left alone, as are attachments and messages
inside of the message: those are somebody else's, and may be evidence or under a signature of their own.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from lockgate.mime.body_links import Place, html_places, own, replaced, restored, text_places
from lockgate.mime.edits import Edit, NotChanged, apply, why_untouchable
from lockgate.mime.parser import parse
from lockgate.mime.part_edits import BodyText, can_change, exact_text, written_again
from lockgate.mime.signed_links import Written
from lockgate.mime.structure import Entity, build, leaves
from lockgate.model.message import Defect, Message

_ASCII = "".join(map(chr, range(0x21, 0x7F)))
MAX_BODY = 2_000_000  # bytes of one part
MAX_BODIES = 50
MAX_LINKS = 5_000  # different ones of a message


@dataclass(frozen=True, slots=True)
class Replaced:
    """The message with `count` links replaced; `left` says of each part that was left alone why."""

    content: bytes
    count: int
    left: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Opened:
    bodies: tuple[BodyText, ...]
    left: tuple[str, ...]
    line_end: bytes


def links_of(content: bytes, message: Message, *, plain_text: bool) -> tuple[Written, ...] | NotChanged:
    """The links of the message that can be replaced, each once; in plain text too if wanted. Never raises."""
    opened = _open(content, message, plain_text=plain_text)
    if isinstance(opened, NotChanged):
        return opened
    found: dict[Written, None] = {}
    for body in opened.bodies:
        found.update((place.written, None) for place in _places(body))
        if len(found) > MAX_LINKS:
            return NotChanged(f"it has more than {MAX_LINKS} links")
    return tuple(found)


def replace_links(content: bytes, new: Mapping[Written, str], message: Message | None = None) -> Replaced | NotChanged:
    """The message with the addresses of `new` in the places of its links; `message` spares parsing it again."""
    opened = _open(content, message or parse(content), plain_text=any(not one.markup for one in new))
    if isinstance(opened, NotChanged):
        return opened

    def edited(body: BodyText) -> tuple[str, int]:
        return replaced(body.text, _places(body), lambda written: new.get(written, ""))

    return _written(content, opened, edited)


def restore_links(content: bytes, begin: str, read: Mapping[str, Written]) -> Replaced | NotChanged:
    """The message with what stood there in the places of links that begin with `begin`, by their tokens."""
    opened = _open(content, parse(content), plain_text=True)
    if isinstance(opened, NotChanged):
        return opened
    pattern = own(begin)

    def edited(body: BodyText) -> tuple[str, int]:
        text = restored(body.text, pattern, lambda token: _sayable(read.get(token), body), markup=_is_html(body.entity))
        return text, len(pattern.findall(body.text)) - len(pattern.findall(text))

    return _written(content, opened, edited)


def own_tokens(content: bytes, message: Message, begin: str) -> tuple[str, ...]:
    """The tokens of links that begin with `begin` in the message's bodies, each once."""
    if begin not in message.html and begin not in message.text:
        return ()
    opened = _open(content, message, plain_text=True)
    if isinstance(opened, NotChanged):
        return ()
    pattern = own(begin)
    found = dict.fromkeys(token for body in opened.bodies for token in pattern.findall(body.text))
    return tuple(found)[:MAX_LINKS]


def _open(content: bytes, message: Message, *, plain_text: bool) -> _Opened | NotChanged:
    if reason := why_untouchable(message):
        return NotChanged(reason)
    defects: list[Defect] = []
    root = build(content, defects)
    line_end = b"\r\n" if b"\r\n" in content[: root.body_start] or b"\n" not in content else b"\n"
    bodies: list[BodyText] = []
    left: list[str] = []
    wanted = {"text/html", "text/plain"} if plain_text else {"text/html"}
    for entity in [one for one in leaves(root) if one.content_type in wanted and _is_body(one)]:
        opened = _text(entity) if len(bodies) < MAX_BODIES else "there are too many parts"
        if isinstance(opened, str):
            left.append(f"part {entity.path or '1'}: {opened}")
        else:
            bodies.append(opened)
    return _Opened(tuple(bodies), tuple(left), line_end)


def _text(entity: Entity) -> BodyText | str:
    """The part's text, or why it is left alone."""
    if not can_change(entity) or entity.content is not _root(entity).content:
        return "mail programs read it in different ways"
    if entity.end - entity.body_start > MAX_BODY:
        return "it is too large"
    return exact_text(entity) or "its charset cannot be written again exactly"


def _is_body(entity: Entity) -> bool:
    above = entity.parent
    while above is not None:
        if above.is_message and above.parent is not None:
            return False
        above = above.parent
    if entity.disposition().value == "attachment":
        return False
    named = entity.disposition().first("filename") or entity.type_field.first("name")
    in_alternatives = entity.parent is not None and entity.parent.content_type == "multipart/alternative"
    return entity.parent is None or in_alternatives or not named or entity.disposition().value == "inline"


def _sayable(written: Written | None, body: BodyText) -> Written | None:
    """What the part's charset can say: as it stood there, else with percent signs (RFC 3987 §3.1)."""
    if written is None or written.text.isascii():
        return written
    try:
        if not body.ascii_only:
            written.text.encode(body.codec)
            return written
    except UnicodeEncodeError:
        pass
    return Written(quote(written.address, safe=_ASCII), markup=False)


def _root(entity: Entity) -> Entity:
    while entity.parent is not None:
        entity = entity.parent
    return entity


def _is_html(entity: Entity) -> bool:
    return entity.content_type == "text/html"


def _places(body: BodyText) -> Iterator[Place]:
    places = html_places(body.text) if _is_html(body.entity) else text_places(body.text)
    return (place for place in places if not body.ascii_only or place.written.text.isascii())


def _written(content: bytes, opened: _Opened, edited: Callable[[BodyText], tuple[str, int]]) -> Replaced:
    edits: list[Edit] = []
    total = 0
    for body in opened.bodies:
        text, count = edited(body)
        if count and text != body.text:
            edits += written_again(body, text, opened.line_end)
            total += count
    return Replaced(apply(content, edits) if edits else content, total, opened.left)
