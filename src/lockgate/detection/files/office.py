"""What an Office file does: its macros by oletools, and content it fetches from elsewhere."""

import re
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from lockgate.detection.files import compound_bounds, kinds, workbooks
from lockgate.detection.files.unpacking import File
from lockgate.detection.files.zip_parts import beginning

SIZE_LIMIT = 20_000_000
SHEET_LIMIT = 2_000_000
EXCEL_4 = "Excel 4 macros"
VAGUE = frozenset({"Hex Strings", "Base64 Strings", "VBA Stomping"})
"""What olevba calls suspicious in ordinary macros, too."""

_CALL = re.compile(
    rb"\b(EXEC|CALL|REGISTER|FORMULA|FOPEN|FWRITE|HALT|URLDownloadToFile\w?|ShellExecute\w?)\s*\(", re.IGNORECASE
)
_RELATION = re.compile(rb"<Relationship\b[^>]{0,2000}>")
_EXTERNAL = re.compile(rb"TargetMode=\"External\"", re.IGNORECASE)
_TYPE = re.compile(rb"Type=\"[^\"]*/(attachedTemplate|oleObject|frame|subDocument|externalLink\w*)\"", re.IGNORECASE)
_TARGET = re.compile(rb"Target=\"([^\"]{1,1000})\"")


@dataclass(frozen=True, slots=True)
class Macros:
    """What olevba says. `suspicious` are keywords in its own words."""

    present: bool
    kind: str
    starts_by_itself: bool
    suspicious: tuple[str, ...]


def may_have_macros(file: File) -> bool:
    """Whether it is worth the time of a macro parser."""
    if file.kind in (kinds.MACRO_OFFICE, kinds.SYMBOLIC_LINK):
        return True
    if file.kind is not kinds.OLE:
        return False
    marks = (b"M\0a\0c\0r\0o\0s", b"_\0V\0B\0A")
    return any(mark in file.content for mark in marks) or bool(workbooks.facts(file.content).macro_sheets)


def macros(content: bytes, name: str) -> Macros | None:
    """Macros of one file; None when the parser cannot read it."""
    with warnings.catch_warnings():  # olevba still uses names that pyparsing has renamed
        warnings.simplefilter("ignore")
        from oletools.olevba import VBA_Parser

    try:
        compound_bounds.check(content)
        parser = VBA_Parser(name or "file", data=content[:SIZE_LIMIT])
        try:
            present = bool(parser.detect_vba_macros() or parser.detect_xlm_macros())
            found = parser.analyze_macros(show_decoded_strings=False) if present else []
            kind = EXCEL_4 if parser.contains_xlm_macros else "VBA macros"
        finally:
            parser.close()
    except Exception:  # noqa: BLE001 - the parser raises anything on hostile files; all of it means unreadable
        return None
    if not present and content.startswith(b"PK"):
        return _macro_sheets(content)
    rows = [(str(row[0]), str(row[1])) for row in found or ()]
    suspicious = tuple(dict.fromkeys(word for kind_of, word in rows if kind_of == "Suspicious" and word not in VAGUE))
    book = workbooks.facts(content) if content.startswith(b"\xd0\xcf") else workbooks.WorkbookFacts()
    if book.macro_sheets and kind != EXCEL_4:
        return Macros(True, EXCEL_4, book.opens_by_itself, suspicious or book.macro_sheets)
    return Macros(present, kind, any(kind_of == "AutoExec" for kind_of, _ in rows), suspicious)


def _macro_sheets(content: bytes) -> Macros:
    """Excel 4 macro sheets of an Open XML workbook, which olevba does not read (ECMA-376 does not know them either)."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = [name for name in archive.namelist() if "/macrosheets/" in name.lower()]
        sheets = b"".join(beginning(archive, name, SHEET_LIMIT) for name in names[:20])
        books = [name for name in archive.namelist() if name in ("xl/workbook.xml", "xl/workbook.bin")]
        book = b"".join(beginning(archive, name, SHEET_LIMIT) for name in books)
    calls = dict.fromkeys(match.decode().upper() for match in _CALL.findall(sheets))
    starts = b"_xlnm.auto_" in book.replace(b"\0", b"").lower()
    return Macros(bool(names), EXCEL_4, starts, tuple(calls))


def external_content(files: Iterable[File]) -> list[tuple[File, str, str]]:
    """Templates, objects and frames that Office files load from elsewhere: file, what it is, and its address."""
    found = []
    for file in files:
        if file.container is None or file.container.family is not kinds.Family.OFFICE:
            continue
        if not file.name.endswith(".rels"):
            continue
        for relation in _RELATION.findall(file.text):
            kind, target = _TYPE.search(relation), _TARGET.search(relation)
            if kind and target and _EXTERNAL.search(relation):
                found.append((file, kind.group(1).decode(), target.group(1).decode("utf-8", "replace")))
    return found
