"""A notice on top of what a reader sees. Only the parts that get it are written again; all other bytes stay.

Alternatives of one body each get it, so that a reader sees it once whichever is shown. A message without a body that
can be changed is wrapped into multipart/mixed with the notice as its first part.
"""

import hashlib
import html
import re

from lockgate.mime import body_encoding
from lockgate.mime.charsets import decode_text, writing_codec
from lockgate.mime.edits import Edit, NotChanged, apply, why_untouchable
from lockgate.mime.html_place import top_of_body
from lockgate.mime.parser import parse
from lockgate.mime.part_edits import can_change, encoding_edit, field_of, has_empty_line, wide_codec
from lockgate.mime.structure import Entity, build
from lockgate.mime.transfer_encodings import decode
from lockgate.model.message import Defect

MAX_NOTICE = 10_000
_CHARSET = re.compile(rb"charset\*?\d*\*?\s*=\s*(?:\"[^\"]*\"|[^;\s]*)", re.IGNORECASE)
_CONTENT_FIELD = "content-"
_STYLE = (
    "display:block !important;visibility:visible !important;opacity:1 !important;max-height:none !important;"
    "border:1px solid #999999;padding:8px;margin:0 0 12px 0;font-family:sans-serif;font-size:14px;line-height:20px;"
    "color:#222222;background:#f6f6f6"
)


def add_disclaimer(content: bytes, text: str) -> bytes | NotChanged:
    """The same message with `text` (plain; escaped for HTML) on top of what clients show. Never raises."""
    notice = _cleaned(text)
    if not notice:
        return NotChanged("the text is empty")
    if reason := why_untouchable(parse(content)):
        return NotChanged(reason)
    if b"\r" in content and b"\n" not in content:
        return NotChanged("its lines end in CR alone")
    defects: list[Defect] = []
    root = build(content, defects)
    line_end = b"\r\n" if b"\r\n" in content[: root.body_start] or b"\n" not in content else b"\n"
    targets = _targets(root)
    if targets and all(can_change(target) for target in targets):
        return apply(content, [edit for target in targets for edit in _edits(target, notice, line_end)])
    return _wrapped(root, notice, line_end)


def _cleaned(text: str) -> list[str]:
    kept = text[:MAX_NOTICE].encode("utf-8", "ignore").decode("utf-8")
    lines = ["".join(char for char in line if char.isprintable()).rstrip() for line in kept.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _targets(entity: Entity) -> list[Entity]:
    """The leaves of which a client shows exactly one first: all alternatives of the first body."""
    if entity.is_message and entity.parent is not None:
        return []
    if not entity.children:
        return [entity] if _is_body(entity) else []
    found = [_targets(child) for child in entity.children]
    if entity.content_type == "multipart/alternative":
        return [leaf for leaves in found for leaf in leaves]
    return next((leaves for leaves in found if leaves), [])


def _is_body(entity: Entity) -> bool:
    if entity.content_type not in {"text/plain", "text/html"}:
        return False
    if entity.parent is None:
        return entity.disposition().value != "attachment"
    named = entity.disposition().first("filename") or entity.type_field.first("name")
    return entity.disposition().value != "attachment" and not named


def _edits(entity: Entity, notice: list[str], line_end: bytes) -> list[Edit]:
    raw = entity.content[entity.body_start : entity.end]
    plain, _ = decode(raw, entity.encoding)
    charset = entity.type_field.first("charset")
    codec = writing_codec(charset) if charset else None
    edits: list[Edit] = []
    if entity.content_type == "text/html":
        block = _html_block(notice, line_end.decode("ascii"))
        new = _into_html(plain, block, wide_codec(plain, codec))
    else:
        block = _text_block(notice, entity, line_end.decode("ascii"))
        merged = _into_text(plain, block, codec, wide_codec(plain, codec))
        if merged is None:
            decoded, _ = decode_text(plain, charset)
            merged = block.encode("utf-8") + decoded.encode("utf-8", "replace")
            edits.append(_charset_edit(entity, line_end))
        new = merged
    encoding = entity.encoding
    if encoding in {"", "7bit"} and not new.isascii():
        encoding = "quoted-printable"
        edits.append(encoding_edit(entity, encoding, line_end))
    if edits and entity.parent is None and entity.block.value("mime-version") is None:
        edits.insert(0, Edit(entity.start, entity.start, b"MIME-Version: 1.0" + line_end))
    missing_line = b"" if has_empty_line(entity) else line_end
    encoded = body_encoding.encode(new, encoding, line_end)
    if raw.endswith(b"\n") and not encoded.endswith(b"\n"):
        encoded += line_end
    return [*edits, Edit(entity.body_start, entity.end, missing_line + encoded)]


def _into_html(plain: bytes, block: str, wide: str | None) -> bytes:
    if wide is not None:
        text = plain.decode(wide, "surrogatepass" if wide.startswith("utf") else "replace")
        at = top_of_body(text)
        return (text[:at] + block + text[at:]).encode(wide, "surrogatepass")
    at = top_of_body(plain.decode("latin-1"))
    mark = 3 if plain.startswith(b"\xef\xbb\xbf") else 0
    return plain[: max(at, mark)] + block.encode("ascii") + plain[max(at, mark) :]


def _into_text(plain: bytes, block: str, codec: str | None, wide: str | None) -> bytes | None:
    """The block in the body's own charset in front of it; None when that charset cannot say it."""
    mark = 2 if wide and plain[:2] in {b"\xff\xfe", b"\xfe\xff"} else 3 if plain.startswith(b"\xef\xbb\xbf") else 0
    try:
        if wide is not None:
            return plain[:mark] + block.encode(wide) + plain[mark:]
        if mark or (codec is None and block.isascii()):
            return plain[:mark] + block.encode("utf-8") + plain[mark:]
        return None if codec is None else block.encode(codec) + plain
    except (UnicodeError, LookupError):
        return None


def _html_block(notice: list[str], line_end: str) -> str:
    lines = f"<br>{line_end}".join(html.escape(line) for line in notice)
    block = f'<div style="{_STYLE}">{line_end}{lines}{line_end}</div>{line_end}'
    return block.encode("ascii", "xmlcharrefreplace").decode("ascii")


def _text_block(notice: list[str], entity: Entity, line_end: str) -> str:
    lines = [piece for line in notice for piece in body_encoding.short_lines(line)]
    if entity.type_field.first("format").lower() == "flowed":
        lines = [f" {line}" if line.startswith((" ", ">", "From ")) else line for line in lines]
    return "".join(line + line_end for line in (*lines, ""))


def _charset_edit(entity: Entity, line_end: bytes) -> Edit:
    """Content-Type with charset utf-8 and every other parameter as it is."""
    field = field_of(entity, "content-type")
    if field is None:
        line = b'Content-Type: text/plain; charset="utf-8"' + line_end
        return Edit(entity.start, entity.start, line)
    old = entity.content[field.value_start : field.end]
    new, count = _CHARSET.subn(b'charset="utf-8"', old, count=1)
    if not count:
        kept = old.rstrip(b" \t\r\n;")
        new = kept + b'; charset="utf-8"' + old[len(old.rstrip(b"\r\n")) :]
    return Edit(field.value_start, field.end, new)


def _wrapped(root: Entity, notice: list[str], line_end: bytes) -> bytes | NotChanged:
    """The whole message as the second part of a multipart/mixed whose first part is the notice."""
    if root.block.truncated or root.block.junk:
        return NotChanged("its header cannot be read with certainty")
    content = root.content
    boundary = b"=_lockgate_" + hashlib.sha256(content).hexdigest()[:40].encode("ascii")
    if boundary in content:
        return NotChanged("no boundary can be made for it")
    own = [field for field in root.block.fields if field.name.startswith(_CONTENT_FIELD)]
    moved = b"".join(_whole_line(content[field.start : field.end], line_end) for field in own)
    header = apply(content[: root.body_start], [Edit(field.start, field.end, b"") for field in own]).rstrip(b"\r\n")
    if header:
        header += line_end
    if root.block.value("mime-version") is None:
        header += b"MIME-Version: 1.0" + line_end
    body = content[root.body_start :]
    text = "".join(piece + "\n" for line in notice for piece in body_encoding.short_lines(line))
    lines = [
        header + b'Content-Type: multipart/mixed; boundary="' + boundary + b'"',
        *([] if body.isascii() else [b"Content-Transfer-Encoding: 8bit"]),
        b"",
        b"--" + boundary,
        b'Content-Type: text/plain; charset="utf-8"',
        b"Content-Disposition: inline",
        b"Content-Transfer-Encoding: quoted-printable",
        b"",
        body_encoding.encode(text.encode("utf-8"), "quoted-printable", line_end) + b"--" + boundary,
        moved + line_end + body,
        b"--" + boundary + b"--",
        b"",
    ]
    return line_end.join(lines)


def _whole_line(field: bytes, line_end: bytes) -> bytes:
    return field if field.endswith(b"\n") else field + line_end
