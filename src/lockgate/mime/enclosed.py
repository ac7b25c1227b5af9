"""The message that another message carries as an attachment, as whoever forwards one for analysis sends it."""

from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.mime.parser import parse
from lockgate.mime.structure import Entity, build
from lockgate.mime.transfer_encodings import IDENTITY, decode

LONGEST_COMMENT = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Enclosed:
    """The first message inside, byte for byte, and what was written above it. `message` is empty when there is none."""

    comment: str
    message: bytes


def enclosed(content: bytes) -> Enclosed:
    """What is inside: a part of a message type (RFC 2046 §5.2.1), else a file named `.eml`. Never raises."""
    for entity in _walk(build(content, [])):
        if entity.is_message and entity.parent is not None:
            raw = entity.content[entity.body_start : entity.end]
            inner = raw if entity.encoding in IDENTITY else decode(raw, entity.encoding)[0]
            above = content[: entity.start] if entity.content is content else b""
            return Enclosed(_comment(above), bytes(inner).strip(b"\r\n") + b"\r\n")
    outer = parse(content)
    file = next((one.content for one in outer.parts if one.filename.lower().endswith(".eml")), b"")
    return Enclosed(outer.text.strip()[:LONGEST_COMMENT], file)


def _walk(entity: Entity) -> Iterator[Entity]:
    yield entity
    for child in entity.children:
        yield from _walk(child)


def _comment(above: bytes) -> str:
    return parse(above).text.strip()[:LONGEST_COMMENT]
