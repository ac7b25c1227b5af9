"""What every change of a body needs: whether a part may be written again, its text, and the edits that write it."""

import codecs
import re
from dataclasses import dataclass

from lockgate.mime import body_encoding
from lockgate.mime.charsets import python_codec, writing_codec
from lockgate.mime.edits import Edit
from lockgate.mime.headers import RawField
from lockgate.mime.structure import Entity
from lockgate.mime.transfer_encodings import IDENTITY, decode

LINE = 998  # octets, RFC 5322 §2.1.1
WIDE = frozenset({"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"})
_SHIFTED = re.compile(r"iso2022|hz|utf.?7|utf.?16|utf.?32", re.IGNORECASE)
_LONG_LINE = re.compile(rb"[^\n]{999}")


@dataclass(frozen=True, slots=True)
class BodyText:
    """A part's text that can be written back. `ascii_only`: its bytes are no sound text of its charset, and each
    character stands for one byte; only ASCII may be put in.
    """

    entity: Entity
    text: str
    codec: str
    ascii_only: bool


def can_change(entity: Entity) -> bool:
    """Whether all clients read this part alike and we can write it again."""
    clear = not entity.shadow and not entity.block.junk and len(entity.encodings) < 2
    known = entity.encoding in IDENTITY or entity.encoding in {"base64", "quoted-printable"}
    return clear and known and entity.block.count("content-type") < 2 and not entity.block.truncated


def exact_text(entity: Entity) -> BodyText | None:
    """The text from which exactly the same bytes can be made again; None when its charset does not allow that."""
    plain, _ = decode(entity.content[entity.body_start : entity.end], entity.encoding)
    charset = entity.type_field.first("charset")
    for codec in dict.fromkeys(_codecs(plain, charset)):
        try:
            text = plain.decode(codec)
            if text.encode(codec) == plain:
                return BodyText(entity, text, codec, ascii_only=False)
        except (UnicodeError, ValueError, LookupError):
            continue
    if wide_codec(plain, python_codec(charset) if charset else None) or _SHIFTED.search(charset):
        return None
    return BodyText(entity, plain.decode("latin-1"), "latin-1", ascii_only=True)


def _codecs(plain: bytes, charset: str) -> list[str]:
    exact = writing_codec(charset) if charset else None
    wide = wide_codec(plain, exact)
    if wide is not None:
        return [wide]
    if plain.startswith(codecs.BOM_UTF8) or not charset:
        return ["utf-8"]
    lenient = python_codec(charset)
    return [codec for codec in (exact, lenient) if codec]


def wide_codec(plain: bytes, codec: str | None) -> str | None:
    """The exact codec of two- and four-byte charsets, in which nothing can be inserted as ASCII."""
    if plain.startswith(b"\xff\xfe"):
        return "utf-16-le"
    if plain.startswith(b"\xfe\xff"):
        return "utf-16-be"
    if codec not in WIDE:
        return None
    return {"utf-16": "utf-16-be", "utf-32": "utf-32-be"}.get(codec, codec)  # RFC 2781 §4.3: big-endian without mark


def written_again(body: BodyText, text: str, line_end: bytes) -> list[Edit]:
    """The edits that give the part exactly this text, in its own charset and, where it can be, transfer encoding.

    Quoted-printable takes the place of an encoding in which a line would be too long, and base64 of quoted-printable
    that cannot say the text's own line ends.
    """
    entity = body.entity
    new = text.encode(body.codec)
    encoding = entity.encoding
    if encoding in IDENTITY and encoding != "binary" and _LONG_LINE.search(new):
        encoding = "quoted-printable"
    encoded = body_encoding.encode(new, encoding, line_end)
    if decode(encoded, encoding)[0] != new:
        encoding = "base64"
        encoded = body_encoding.encode(new, encoding, line_end)
    edits = [] if encoding == entity.encoding else [encoding_edit(entity, encoding, line_end)]
    if edits and entity.parent is None and entity.block.value("mime-version") is None:
        edits.insert(0, Edit(entity.start, entity.start, b"MIME-Version: 1.0" + line_end))
    if encoding == "base64" and not entity.content[entity.body_start : entity.end].endswith(b"\n"):
        encoded = encoded.rstrip(b"\r\n")
    return [*edits, Edit(entity.body_start, entity.end, encoded)]


def has_empty_line(entity: Entity) -> bool:
    """A header that ends with the message has no empty line behind it; a body needs one."""
    head = entity.content[entity.start : entity.body_start]
    return head in {b"\n", b"\r\n"} or head.endswith((b"\n\n", b"\n\r\n"))


def encoding_edit(entity: Entity, encoding: str, line_end: bytes) -> Edit:
    """The part's Content-Transfer-Encoding, put in or in the place of the one that is there."""
    line = b"Content-Transfer-Encoding: " + encoding.encode("ascii") + line_end
    found = field_of(entity, "content-transfer-encoding")
    return Edit(entity.start, entity.start, line) if found is None else Edit(found.start, found.end, line)


def field_of(entity: Entity, name: str) -> RawField | None:
    """The part's first field of that lower-case name."""
    return next((field for field in entity.block.fields if field.name == name), None)
