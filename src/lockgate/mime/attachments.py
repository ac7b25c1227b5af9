"""Attachments taken out or exchanged, each by editing only the bytes of its own part.

A part inside a message that is itself encoded has no bytes of its own in ours; then the part that holds it is meant.
"""

import re
from collections.abc import Iterable, Iterator

from lockgate.mime import body_encoding
from lockgate.mime.edits import Edit, NotChanged, apply
from lockgate.mime.encoded_words import decode_words
from lockgate.mime.structure import Entity, build

NAME_TOKEN = "[Attachment Name]"  # noqa: S105 - stands in the text for the file's name
_DERIVED = re.compile(r"\.[a-z]+\d+$")  # further readings of a part, such as 1.2.uu1
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|]+')
_CONTENT = "content-"


def replace_attachments(content: bytes, paths: Iterable[str], text: str) -> bytes | NotChanged:
    """The same message with a text file in place of each of these parts; `text` is what it says. Never raises.

    `paths` are those of `Part.path`; NotChanged when one of them cannot be found.
    """
    root = build(content, [])
    chosen: dict[int, Entity] = {}
    for path in paths:
        entity = part_at(root, path)
        if entity is None:
            return NotChanged(f"part {path} has no bytes of its own")
        chosen[entity.start] = entity
    outermost = [one for one in chosen.values() if not any(_holds(other, one) for other in chosen.values())]
    if not outermost:
        return NotChanged("no attachment is named")
    return apply(content, [edit for entity in outermost for edit in _exchanged(entity, text, _line_end(content))])


def part_at(root: Entity, path: str) -> Entity | None:
    """The node with this path, or the nearest above it that has bytes of its own in the message."""
    known = {entity.path or "1": entity for entity in _walk(root) if entity.content is root.content}
    while path:
        if path in known and (known[path].parent is not None or not known[path].children):
            return known[path]
        shorter = _DERIVED.sub("", path)
        path = shorter if shorter != path else path.rpartition(".")[0]
    return None


def _walk(entity: Entity) -> Iterator[Entity]:
    yield entity
    for child in entity.children:
        yield from _walk(child)


def _holds(outer: Entity, inner: Entity) -> bool:
    return outer is not inner and outer.start <= inner.start and inner.end <= outer.end


def _exchanged(entity: Entity, text: str, line_end: bytes) -> Iterator[Edit]:
    name = _name(entity)
    told = text.replace(NAME_TOKEN, name)
    lines = [piece for line in told.splitlines() for piece in body_encoding.short_lines(line)]
    body = body_encoding.encode("".join(line + "\n" for line in lines).encode("utf-8"), "quoted-printable", line_end)
    fields = line_end.join([
        b'Content-Type: text/plain; charset="utf-8"',
        b"Content-Transfer-Encoding: quoted-printable",
        b'Content-Disposition: attachment; filename="' + _file_name(name) + b'"',
        b"",
    ])  # fmt: skip
    if entity.parent is not None:
        yield Edit(entity.start, entity.end, fields + line_end + body)
        return
    own = [field for field in entity.block.fields if field.name.startswith(_CONTENT)]
    yield Edit(entity.start, entity.start, fields)
    for field in own:
        yield Edit(field.start, field.end, b"")
    yield Edit(entity.body_start, entity.end, body)


def _name(entity: Entity) -> str:
    declared = entity.disposition().first("filename") or entity.type_field.first("name")
    return " ".join(_UNSAFE.sub(" ", decode_words(declared)).split())[:100] or "attachment"


def _file_name(name: str) -> bytes:
    """An ASCII name that nobody opens as anything but a text."""
    return (re.sub(r"[^A-Za-z0-9._ -]", "_", name).strip() or "attachment").encode("ascii") + b".txt"


def _line_end(content: bytes) -> bytes:
    return b"\r\n" if b"\r\n" in content or b"\n" not in content else b"\n"
