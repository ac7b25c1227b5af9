"""Files inside documents: RTF objects, OneNote embeddings, PDF attachments, Office as one XML file.

Also documents that a password locks: opened with the passwords at hand, the opened document is what is inside.
"""

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO

from lockgate.detection.files import compound_bounds, pdf, rtf
from lockgate.detection.files.containers import compound
from lockgate.detection.files.containers.reading import NEEDS_PASSWORD, Entry, Opening, Outcome, Refusal, Why

ONENOTE_FILE = (
    b"\xe7\x16\xe3\xbd\x65\x26\x11\x45\xa4\xc4\x8d\x4d\x0b\x7a\x9e\xac"  # FileDataStoreObject, MS-ONESTORE §2.6.13
)
ONENOTE_HEADER = 36
_BINARY = re.compile(
    rb"<(?:pkg:binaryData|w:binData|o:OLEObject|w:docOleData)\b[^>]{0,300}>([A-Za-z0-9+/=\s&#;xd]{40,})<"
)
_PART_NAME = re.compile(rb"pkg:name=\"([^\"]{1,300})\"")
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ACTIVE_MIME = b"ActiveMime"
ACTIVE_MIME_HEADER = 0x32
OFFICE_COST = 100  # milliseconds: agile encryption derives its key with 100,000 rounds of SHA-512
PDF_COST = 5


def read_rtf(opening: Opening) -> Iterator[Outcome]:
    """Every object: a package as the file that is in it, others as they are."""
    for item in rtf.objects(opening.content):
        entry = compound.package(bytes(4) + item.content) if item.is_package else None
        if entry is None and item.content:
            entry = Entry(item.class_name or "object", item.content)
        if entry is not None:
            opening.one_more_file()
            opening.spend(len(entry.content))
            yield entry


def read_onenote(opening: Opening) -> Iterator[Outcome]:
    """Embedded files. Their names stand elsewhere in the notebook, so their content alone says what they are."""
    content, place, number = opening.content, 0, 0
    while (place := content.find(ONENOTE_FILE, place)) >= 0:
        place += len(ONENOTE_FILE)
        try:
            (size,) = struct.unpack_from("<Q", content, place)
        except struct.error:
            return
        start = place + ONENOTE_HEADER - len(ONENOTE_FILE)
        if 0 < size <= len(content) - start:
            number += 1
            opening.one_more_file()
            opening.spend(size)
            yield Entry(f"embedded {number}", content[start : start + size])


def read_pdf(opening: Opening) -> Iterator[Outcome]:
    """Attached files (ISO 32000-1 §7.11.4); of a locked document the document itself, unlocked."""
    found = pdf.facts(opening.content)
    if found.encrypted and not found.readable:
        password = opening.unlock(lambda text: pdf.opens(opening.content, text), PDF_COST)
        if password is None:
            yield Refusal("", Why.ENCRYPTED, NEEDS_PASSWORD)
            return
        unlocked = pdf.unlocked(opening.content, password)
        opening.one_more_file()
        opening.spend(len(unlocked))
        yield Entry(opening.name or "unlocked.pdf", unlocked)
    elif found.embedded:
        for name, content in pdf.attachments(opening.content):
            opening.one_more_file()
            opening.spend(len(content))
            yield Entry(name, content)


def read_office_xml(opening: Opening) -> Iterator[Outcome]:
    """Binary parts of an Office document that is one XML file (flat OPC, Word 2003 XML)."""
    for number, match in enumerate(_BINARY.finditer(opening.content), 1):
        try:
            data = base64.b64decode(re.sub(rb"&#x?[0-9a-f]{1,3};|\s", b"", match.group(1)))
        except (binascii.Error, ValueError):
            continue
        names = _PART_NAME.findall(opening.content[max(0, match.start() - 600) : match.start()])
        name = names[-1].decode("utf-8", "replace").lstrip("/") if names else f"binary {number}"
        if data.startswith(ACTIVE_MIME):
            data = zlib.decompressobj().decompress(data[ACTIVE_MIME_HEADER:], 50_000_000)
        opening.one_more_file()
        opening.spend(len(data))
        yield Entry(name, data)


def read_locked_office(opening: Opening) -> Iterator[Outcome]:
    """An Office document behind a password (MS-OFFCRYPTO)."""
    compound_bounds.check(opening.content)
    found: list[bytes] = []

    def opens(text: str) -> bool:
        found[:] = [_decrypted(opening.content, text)]
        return True

    if opening.unlock(opens, OFFICE_COST, office=True) is None:
        yield Refusal("", Why.ENCRYPTED, NEEDS_PASSWORD)
        return
    opening.one_more_file()
    opening.spend(len(found[0]))
    yield Entry(opening.name or "unlocked", found[0])


def _decrypted(content: bytes, password: str) -> bytes:
    """Raises anything when the password is wrong.

    The library's own check of a password refuses good ones whose hash is shorter than its block, so the result decides.
    """
    import msoffcrypto

    document = msoffcrypto.OfficeFile(BytesIO(content))
    document.load_key(password=password)
    target = BytesIO()
    document.decrypt(target)
    made = target.getvalue()
    if made == content or not made.startswith((b"PK", OLE_MAGIC)):
        raise ValueError("nothing was decrypted")
    return made


def read_older_office(opening: Opening) -> Iterator[Outcome]:
    """A Word, Excel or PowerPoint 97 file: what is inside, or the document itself when a password locks it."""
    compound_bounds.check(opening.content)
    if _is_locked(opening.content):
        yield from read_locked_office(opening)
    else:
        yield from compound.read_compound(opening)


def _is_locked(content: bytes) -> bool:
    import msoffcrypto

    try:
        return bool(msoffcrypto.OfficeFile(BytesIO(content)).is_encrypted())
    except Exception:  # noqa: BLE001 - not an Office file to this library, so not one that it could unlock
        return False
