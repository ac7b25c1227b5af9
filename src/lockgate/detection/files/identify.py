"""From bytes to a `Kind`: magic numbers first, then what is inside a container, then the shape of a text."""

import re
import struct
import zipfile
from collections.abc import Iterable
from io import BytesIO

from lockgate.detection.files import kinds
from lockgate.detection.files.kinds import Kind
from lockgate.detection.files.plain_text import as_read
from lockgate.detection.files.zip_parts import UNREADABLE, beginning

HEAD = 4_096
PAGE_HEAD = 65_536
"""Bytes among which a page's first tag is looked for: comments and blanks may stand before it."""
SECTOR = 512
ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CONTROLS = bytes(set(range(32)) - {7, 8, 9, 10, 12, 13, 27})
_STRAY = 0.02
"""Share of control characters up to which bytes are still a text; binary files have about 0.1."""
_TAG = re.compile(rb"<(?:!doctype|html|head|body|script|iframe|form|meta|svg|a|div|table|img)\b", re.IGNORECASE)


def identify(content: bytes, name: str = "") -> Kind:
    """What the bytes are. `name` says what would run a plain text, and what a browser shows. Never raises."""
    page = kinds.PAGE_BY_NAME.get(extension(name))
    if page is not None and _TAG.search(as_read(content[:PAGE_HEAD])):
        return page
    for offset, magic, kind in kinds.MAGIC:
        if content.startswith(magic, offset):
            return kind
    program = _program_kind(content, name)
    if program is not None:
        return program
    if content.startswith(ZIP_STARTS) or (content.startswith(b"PK") and zipfile.is_zipfile(BytesIO(content))):
        return _zip_kind(content)
    if content.startswith(OLE_MAGIC):
        return _ole_kind(content)
    if b"%PDF-" in content[:1024]:
        return kinds.PDF
    disk = _disk_kind(content)
    if disk is not None:
        return disk
    if _is_old_tar(content):
        return kinds.TAR
    if content.startswith(b"BM") and len(content) > 26 and content[6:10] == b"\0\0\0\0":
        return kinds.BMP
    if content[-SECTOR:].startswith(b"koly") and len(content) > SECTOR:
        return kinds.DMG
    return _text_kind(content, name)


def _program_kind(content: bytes, name: str) -> Kind | None:
    if content.startswith(b"MZ") and len(content) > 64:
        return kinds.XLL if extension(name) == "xll" else kinds.EXE
    if content.startswith(b"\xca\xfe\xba\xbe") and len(content) > 8:
        # Java and universal Mach-O share the number; Java's major version is at least 45 (JVMS §4.1).
        return kinds.JAVA_CLASS if struct.unpack(">H", content[6:8])[0] >= 45 else kinds.MACH_O
    return None


def _disk_kind(content: bytes) -> Kind | None:
    """A raw image begins with a boot sector: of a file system, or a partition table with a sensible first entry."""
    if content[-SECTOR:].startswith(b"conectix") and len(content) > SECTOR:
        return kinds.VHD
    if content[510:512] != b"\x55\xaa" or len(content) % SECTOR:
        return None
    if content[3:11] in (b"NTFS    ", b"EXFAT   ") or content[54:57] == b"FAT" or content[82:85] == b"FAT":
        return kinds.RAW_DISK
    status, kind, first = content[446], content[450], int.from_bytes(content[454:458], "little")
    return kinds.RAW_DISK if status in (0, 0x80) and kind and 0 < first * SECTOR < len(content) else None


def _is_old_tar(content: bytes) -> bool:
    """A TAR without the later magic number: the sum over its first header is written in it (POSIX.1-1988)."""
    if len(content) < SECTOR * 2 or len(content) % SECTOR or not content[0]:
        return False
    told = content[148:156].strip(b" \0")
    if not told.isdigit() or b"8" in told or b"9" in told:
        return False
    return int(told, 8) == sum(content[:148]) + 8 * 32 + sum(content[156:SECTOR])


def extension(name: str) -> str:
    """The part of a file name that decides what opens it: after the last dot, lower-case, trailing dots ignored.

    Windows drops dots and spaces at the end of a name when it saves a file.
    """
    leaf = name.replace("\\", "/").rpartition("/")[2].rstrip(". \u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e")
    return leaf.rpartition(".")[2].lower() if "." in leaf else ""


def _zip_kind(content: bytes) -> Kind:
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            mimetype = beginning(archive, "mimetype", 100) if names[:1] == ["mimetype"] else b""
    except UNREADABLE:
        return kinds.ZIP
    lower = {name.lower() for name in names}
    if mimetype.startswith(b"application/vnd.oasis.opendocument"):
        return kinds.OPEN_DOCUMENT
    if "[content_types].xml" in lower:
        return _office_kind(lower)
    if "androidmanifest.xml" in lower:
        return kinds.APK
    if "meta-inf/manifest.mf" in lower and any(name.endswith(".class") for name in lower):
        return kinds.JAR
    return kinds.ZIP


def _office_kind(names: Iterable[str]) -> Kind:
    listed = set(names)
    if "appxmanifest.xml" in listed:
        return kinds.MSIX
    if any(name.endswith("vbaproject.bin") or "/macrosheets/" in name for name in listed):
        return kinds.MACRO_OFFICE
    for folder, kind in (("word/", kinds.WORD), ("xl/", kinds.EXCEL), ("ppt/", kinds.POWERPOINT)):
        if any(name.startswith(folder) for name in listed):
            return kind
    return kinds.ZIP


def _ole_kind(content: bytes) -> Kind:
    """Told from the names of streams, which lie in the file as UTF-16 (MS-CFB §2.6.1)."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in content

    if has("EncryptedPackage"):
        return kinds.ENCRYPTED_OFFICE
    if has("__properties_version1.0"):
        return kinds.OUTLOOK_MESSAGE
    if has("_VBA_PROJECT"):
        return kinds.MACRO_OFFICE
    if has("WordDocument") or has("Workbook") or has("PowerPoint Document"):
        return kinds.OLE
    # The root entry of an installer carries the class id {000C1084-...} (Windows Installer SDK).
    if b"\x84\x10\x0c\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46" in content:
        return kinds.MSI
    return kinds.OLE


def _text_kind(content: bytes, name: str) -> Kind:
    text = as_read(content[:PAGE_HEAD]).lstrip()[:HEAD]
    head = text.translate(None, _CONTROLS)
    by_name = kinds.RUN_BY_NAME.get(extension(name))
    if not head or (len(text) - len(head) > _STRAY * len(text) and by_name is None):
        return kinds.DATA
    for shape, kind in kinds.TEXT_SHAPES:
        if shape.search(head):
            if kind is kinds.SCRIPT and extension(name) in kinds.TEXT.extensions:
                return kinds.TEXT  # opened by an editor, whatever it says
            return by_name if by_name and kind.family in (kinds.Family.HTML, kinds.Family.TEXT) else kind
    return by_name or kinds.TEXT
