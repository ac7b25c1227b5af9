"""Archives that hide behind a file of another kind: self-extracting programs, pictures and PDF files with a tail.

Programs for archives look for their magic number behind whatever stands in front; viewers stop where their file ends.
"""

import zipfile
from io import BytesIO

from lockgate.detection.files import kinds
from lockgate.detection.files.identify import identify
from lockgate.detection.files.kinds import Family, Kind

CARRIERS = frozenset(
    {Family.EXECUTABLE, Family.IMAGE, Family.MEDIA, Family.PDF, Family.SHORTCUT, Family.HTML, Family.HELP, Family.DATA}
)
ZIP_TAIL = 66_000  # the directory's end may have a comment of 65,535 bytes behind it
ZIP_END, ZIP_START = b"PK\x05\x06", b"PK\x03\x04"
MAGIC = (b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c", b"MSCF\x00\x00\x00\x00")
SMALLEST = 64


def appended_archive(content: bytes, kind: Kind) -> tuple[Kind, bytes] | None:
    """The first archive that begins inside `content`, with its bytes, or None."""
    if kind.family not in CARRIERS or kind in (kinds.JAR, kinds.APK) or len(content) < SMALLEST:
        return None
    zip_at = content.find(ZIP_START, 1) if ZIP_END in content[-ZIP_TAIL:] else -1
    if zip_at > 0 and not zipfile.is_zipfile(BytesIO(content)):
        zip_at = -1
    known = MAGIC if kind.family is not Family.DATA else ()
    others = [start for magic in known if (start := content.find(magic, 1, zip_at if zip_at > 0 else None)) > 0]
    if others:  # a ZIP behind the beginning of another archive is a file in it
        return identify(content[min(others) :]), content[min(others) :]
    return (kinds.ZIP, content) if zip_at > 0 else None  # offsets in its directory may count from either start
