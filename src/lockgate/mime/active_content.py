"""Active content taken out of Office and PDF files: macros, scripts, launches. What is left is the document.

Open XML: the macro project and macro sheets go, with what refers to them (ECMA-376 part 2; MS-OFFMACRO2 §2.2). PDF:
actions that run or fetch something go (ISO 32000-2 §12.6.4). A file of another kind, or one that cannot be read, is not
cleaned, and says so.
"""

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO

from lockgate.mime import body_encoding
from lockgate.mime.attachments import part_at
from lockgate.mime.edits import Edit, NotChanged, apply
from lockgate.mime.parser import parse
from lockgate.mime.structure import build

LIMIT = 150_000_000  # bytes that a package may unpack to
DANGEROUS = frozenset({
    "/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/RichMediaExecute", "/Rendition", "/GoToE", "/Movie",
    "/Sound",
})  # fmt: skip
_ACTIVE_PART = re.compile(
    r"(?i)(?:^|/)(?:vbaProject(?:Signature(?:Agile|V3)?)?\.bin|vbaData\.xml|macrosheets/|activeX/|attachedToolbars\.bin"
    r"|embeddings/)"
)
_MACRO_TYPES = re.compile(
    rb"application/vnd\.ms-(word|excel|powerpoint)\.(?:document|template|sheet|presentation|slideshow|addin)"
    rb"\.macroEnabled(?:Template)?\.(?:main\+xml|12)"
)
_PLAIN_TYPE = {
    b"word": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    b"excel": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
    b"powerpoint": b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml",
}
_OVERRIDE = re.compile(rb'<Override\b[^>]*\bPartName="/([^"]+)"[^>]*/>')
_RELATION = re.compile(rb'<Relationship\b[^>]*\bTarget="([^"]+)"[^>]*/>')
_DDE_FIELD = re.compile(rb"(<w:instrText[^>]*>)[^<]*\bDDE(?:AUTO)?\b[^<]*(</w:instrText>)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file without active content, and what was taken out; the same bytes when there was none."""

    content: bytes
    removed: tuple[str, ...]


def sanitise(content: bytes, paths: tuple[str, ...]) -> bytes | NotChanged:
    """The message with these parts cleaned. NotChanged when one of them cannot be. Never raises."""
    root = build(content, [])
    parts = {part.path: part for part in parse(content).parts}
    edits: list[Edit] = []
    for path in dict.fromkeys(paths):
        entity, part = part_at(root, path), parts.get(path)
        if entity is None or part is None or (entity.path or "1") != path:
            return NotChanged(f"part {path} has no bytes of its own")
        cleaned = clean_file(part.content)
        if cleaned is None:
            return NotChanged(f"active content of '{part.filename or path}' cannot be taken out")
        if not cleaned.removed:
            continue
        encoding = entity.encoding if entity.encoding in {"base64", "quoted-printable", "binary"} else ""
        if not encoding:
            return NotChanged(f"part {path} is not encoded as files are")
        line_end = b"\r\n" if b"\r\n" in content else b"\n"
        edits.append(Edit(entity.body_start, entity.end, body_encoding.encode(cleaned.content, encoding, line_end)))
    return apply(content, edits) if edits else content


def clean_file(content: bytes) -> Cleaned | None:
    """The file without active content; None for a kind that cannot be cleaned. Never raises."""
    try:
        if content.startswith(b"PK\x03\x04"):
            return _package(content)
        return _pdf(content) if b"%PDF-" in content[:1024] else None
    except Exception:  # noqa: BLE001 - hostile bytes; what cannot be read cannot be cleaned, and the caller says so
        return None


def _package(content: bytes) -> Cleaned | None:
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as package:
        names = package.namelist()
        if "[Content_Types].xml" not in names or sum(item.file_size for item in package.infolist()) > LIMIT:
            return None
        gone = {name for name in names if _ACTIVE_PART.search(name)}
        removed = sorted(gone)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as cleaned:
            for item in package.infolist():
                if item.filename in gone:
                    continue
                data = package.read(item)
                without = _without(item.filename, data, gone)
                if _DDE_FIELD.search(without):
                    without = _DDE_FIELD.sub(rb"\1\2", without)
                    removed.append(f"DDE field in {item.filename}")
                cleaned.writestr(item, without)
    return Cleaned(out.getvalue(), tuple(removed)) if removed else Cleaned(content, ())


def _without(name: str, data: bytes, gone: set[str]) -> bytes:
    """A part without its references to parts that are gone."""
    if name == "[Content_Types].xml":
        kept = _OVERRIDE.sub(lambda found: b"" if found[1].decode("utf-8", "replace") in gone else found[0], data)
        return _MACRO_TYPES.sub(lambda found: _PLAIN_TYPE[found[1]] if found[0].endswith(b"xml") else found[0], kept)
    if name.endswith(".rels"):
        return _RELATION.sub(
            lambda found: b"" if _ACTIVE_PART.search(found[1].decode("utf-8", "replace")) else found[0], data
        )
    return data


def _pdf(content: bytes) -> Cleaned | None:
    import pikepdf

    with pikepdf.open(BytesIO(content)) as document:
        if document.is_encrypted:
            return None
        removed = list(dict.fromkeys(_stripped(document)))
        if not removed:
            return Cleaned(content, ())
        out = BytesIO()
        document.save(out)
    return Cleaned(out.getvalue(), tuple(removed))


def _stripped(document: object) -> list[str]:
    """Take actions out of the document in memory; their names."""
    import pikepdf

    assert isinstance(document, pikepdf.Pdf)  # noqa: S101 - narrows for the type checker
    removed: list[str] = []
    root = document.Root
    for key in ("/OpenAction", "/AA"):
        if key in root and (key == "/AA" or _is_dangerous(root[key])):
            del root[key]
            removed.append(key[1:])
    names = root.get("/Names")
    for key in ("/JavaScript", "/EmbeddedFiles"):
        if isinstance(names, pikepdf.Dictionary) and key in names:
            del names[key]
            removed.append(key[1:])
    for item in document.objects:
        if isinstance(item, pikepdf.Dictionary):
            removed += _disarmed(item)
    return removed


def _disarmed(item: object) -> list[str]:
    import pikepdf

    assert isinstance(item, pikepdf.Dictionary)  # noqa: S101 - narrows for the type checker
    removed: list[str] = []
    if "/A" in item and _is_dangerous(item["/A"]):
        removed.append(str(item["/A"]["/S"])[1:])
        del item["/A"]
    if "/AA" in item:
        del item["/AA"]
        removed.append("AA")
    if _is_dangerous(item):
        removed.append(str(item["/S"])[1:])
        for key in list(item.keys()):
            if key not in ("/Type", "/S"):
                del item[key]
        item["/S"] = pikepdf.Name("/Named")
        item["/N"] = pikepdf.Name("/FirstPage")
    return removed


def _is_dangerous(action: object) -> bool:
    import pikepdf

    return isinstance(action, pikepdf.Dictionary) and str(action.get("/S", "")) in DANGEROUS
