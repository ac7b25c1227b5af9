"""One node of the tree to the part or parts that clients would make of it: names, decoded content, other readings."""

import re
from dataclasses import replace

from lockgate.mime import parameters
from lockgate.mime.encoded_words import decode_words
from lockgate.mime.structure import Entity
from lockgate.mime.transfer_encodings import IDENTITY, decode, inline_uuencoded, other_readings
from lockgate.model.message import Defect, Part

MAX_DECODED = 2_000_000  # bytes of a text part that are searched for links
MAX_NAME = 500
_TEXTS = frozenset({"text/plain", "text/html"})
_READABLE = re.compile(rb"[!-~\x80-\xff]+(?=[\s<>]|\Z)")
# What a name may end in without anybody caring; of two readings of a name the other one is the one to judge.
_HARMLESS = frozenset({"", "png", "jpg", "jpeg", "gif", "bmp", "txt", "pdf", "csv", "ics", "vcf", "mp3", "mp4", "wav"})


def make_parts(entity: Entity, defects: list[Defect]) -> list[Part]:
    """The part of this node, then one part for every other reading that is a file. Never raises."""
    raw = entity.content[entity.body_start : entity.end]
    encoding = entity.encoding
    usual, defect = decode(raw, encoding)
    if defect is not None:
        defects.append(Defect(defect.id, f"{entity.path or '1'}: {defect.detail}"))
    part = _part(entity, usual, _filename(entity, defects))
    made = [part]
    if (raw or entity.block.junk) and not entity.is_message and not _plainly_text(part, entity):
        made += _others(part, raw, entity, defects)
    made += _other_texts(part, raw, entity, defects)
    if part.content_type.startswith("text/") and b"begin" in usual:
        for number, (name, content) in enumerate(inline_uuencoded(usual), 1):
            made.append(_derived(part, f"{part.path}.uu{number}", name, content))
            defects.append(Defect("mime.inline-uuencode", f"{part.path}: {name[:100]}"))
    return made


def _other_texts(part: Part, raw: bytes, entity: Entity, defects: list[Defect]) -> list[Part]:
    """A body text of which the header gives two encodings or two types: what each client would show instead."""
    if not part.content_type.startswith("text/") or part.is_attachment:
        return []
    declared = [parameters.parse(value).value for value in entity.block.values("content-type")]
    types = [kind for kind in dict.fromkeys(declared) if kind in _TEXTS and kind != part.content_type]
    contents = [part.content]
    if len(entity.encodings) > 1:
        contents += [decode(raw, encoding)[0] for encoding in (*entity.encodings[1:], "7bit")]
    seen = {(part.content_type, part.content)}
    made: list[Part] = []
    for kind, content in [(kind, content) for kind in (part.content_type, *types) for content in contents]:
        if (kind, content) in seen or not _is_readable(content):
            continue
        seen.add((kind, content))
        made.append(replace(part, path=f"{part.path}.t{len(made) + 1}", content_type=kind, content=content))
        defects.append(Defect("mime.other-text-reading", f"{part.path}: clients show different texts"))
    return made


def _is_readable(content: bytes) -> bool:
    """Whether it is a text that somebody could read, not what a wrong decoding leaves."""
    head = content[:4_000]
    words = _READABLE.findall(head)
    return len(words) >= 3 and sum(map(len, words)) > len(head) // 2 and max(map(len, words)) < 200


def _part(entity: Entity, content: bytes, filename: str) -> Part:
    content_type = entity.content_type
    if entity.is_multipart and not entity.children:
        content_type = "text/plain"  # a multipart without a single delimiter is shown as text
    content_id = entity.block.value("content-id") or ""
    return Part(
        path=entity.path or "1",
        content_type=content_type,
        charset=entity.type_field.first("charset").strip().lower()[:60],
        disposition=_disposition(entity),
        filename=filename,
        content_id=content_id.strip().strip("<>"),
        transfer_encoding=entity.encoding or "7bit",
        content=content,
        start=entity.start,
        body_start=entity.body_start,
        end=entity.end,
    )


def _plainly_text(part: Part, entity: Entity) -> bool:
    """A text part that every client reads alike: no other reading is looked for."""
    known = entity.encoding in IDENTITY or entity.encoding in {"base64", "quoted-printable"}
    clear = len(entity.encodings) < 2 and not entity.block.junk and not entity.shadow
    return known and clear and not part.is_attachment and bool(part.content)


def _disposition(entity: Entity) -> str:
    value = entity.disposition().value
    if not value or value == "inline":
        return value
    # RFC 2183 §2.8: an unknown disposition is an attachment; a value that is only a parameter says nothing.
    return "" if "=" in value else "attachment"


def _filename(entity: Entity, defects: list[Defect]) -> str:
    declared = [
        *entity.disposition().values("filename"),
        *entity.type_field.values("name"),
        *_further_names(entity),
    ]
    names = list(dict.fromkeys(name for value in declared if (name := clean_name(value))))
    if not names:
        return ""
    endings = {_ending(name) for name in names}
    if len(endings) == 1:
        return names[0]
    defects.append(Defect("mime.ambiguous-filename", " | ".join(names)[:300]))
    return next((name for name in names if _ending(name) not in _HARMLESS), names[0])


def _further_names(entity: Entity) -> list[str]:
    values = [*entity.block.values("content-disposition")[1:], *entity.block.values("content-type")[1:]]
    read = [parameters.parse(value) for value in values]
    return [name for each in read for name in (*each.values("filename"), *each.values("name"))]


def clean_name(value: str) -> str:
    """A file name as a client would save it: decoded, last path segment, no control characters."""
    name = decode_words(value) if "=?" in value else value
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    if not name.isprintable():
        name = "".join(char for char in name if char >= " " and char != "\x7f")
    return name.strip().strip("\"'").strip()[:MAX_NAME]


def _ending(name: str) -> str:
    return name.rpartition(".")[2].rstrip(" .").lower() if "." in name else ""


def _others(part: Part, raw: bytes, entity: Entity, defects: list[Defect]) -> list[Part]:
    """Other readings: of the bytes as they are, and from the first line that is no header field."""
    candidates = list(other_readings(raw, list(entity.encodings), part.content))
    if entity.block.junk:
        early = entity.content[entity.block.junk[0] : entity.end]
        if len(early) < 50_000_000 and early != raw:
            candidates += list(other_readings(early, [*entity.encodings, "base64"], part.content))
    elif entity.encoding not in IDENTITY and part.is_attachment and not part.content:
        candidates.append(raw)
    made: list[Part] = []
    for number, content in enumerate(dict.fromkeys(candidates), 1):
        defects.append(Defect("mime.other-reading", f"{part.path}: clients decode these bytes differently"))
        made.append(_derived(part, f"{part.path}.r{number}", part.filename or "unnamed", content))
    return made


def _derived(part: Part, path: str, filename: str, content: bytes) -> Part:
    return Part(
        path, "application/octet-stream", "", "attachment", clean_name(filename) or "unnamed", "",
        part.transfer_encoding, content, part.start, part.body_start, part.end,
    )  # fmt: skip
