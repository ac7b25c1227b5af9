# ruff: noqa: E501 - mail is written as people and programs write it
"""Files that the demo attaches, made when it runs: no file of the repository is one that a scanner would stop."""

import gzip
import io
import random
import tarfile
import zipfile

import pikepdf
import segno

VIRUS_TEST_TEXT = "".join(("X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*")).encode()
"""The EICAR test file, which every scanner takes for malware and which does nothing."""


def zipped(**members: bytes) -> bytes:
    """A ZIP; a double underscore in a name stands for the dot before its extension."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


def locked_zip(name: str, content: bytes) -> bytes:
    """A ZIP whose entry says that it is encrypted (bit 0 of the general purpose flags, in both headers)."""
    data = bytearray(zipped(**{name: content}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(magic) + offset] |= 1
    return bytes(data)


def tarred_and_packed(name: str, content: bytes) -> bytes:
    """A .tar.gz with one member."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        item = tarfile.TarInfo(name)
        item.size = len(content)
        archive.addfile(item, io.BytesIO(content))
    return gzip.compress(stream.getvalue(), mtime=0)


def program() -> bytes:
    """The head of a Windows program; it does not run."""
    head = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00" + b"\0" * 44 + b"\x80\0\0\0"
    stub = b"This program cannot be run in DOS mode.\r\r\n$".ljust(64, b"\0")
    return head + stub + b"PE\0\0\x4c\x01\x01\x00" + b"\0" * 240


def script() -> bytes:
    """JScript that would start a program if it were run."""
    return b"var shell = new ActiveXObject('WScript.Shell');\r\nshell.Run('calc.exe');\r\n"


def disk_image() -> bytes:
    """An ISO 9660 image with an empty volume."""
    return b"\0" * 0x8000 + b"\x01CD001\x01\0" + b"\0" * 4000


def pdf(*lines: str) -> bytes:
    """One page with these lines."""
    document = pikepdf.new()
    page = document.add_blank_page(page_size=(595, 842))
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    shown = " T* ".join(f"({line}) Tj" for line in lines)
    page.Contents = document.make_stream(f"BT /F1 11 Tf 15 TL 60 780 Td {shown} ET".encode("latin-1"))
    stream = io.BytesIO()
    document.save(stream, deterministic_id=True)
    return stream.getvalue()


def spreadsheet(rows: tuple[tuple[str, ...], ...]) -> bytes:
    """A small XLSX with texts."""
    cells = "".join(
        "<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in rows
    )
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return zipped(
        **{
            "[Content_Types]__xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
            "xl/workbook__xml": f'<?xml version="1.0"?><workbook xmlns="{space}"/>'.encode(),
            "xl/worksheets/sheet1__xml": f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode(),
        }
    )


def qr_code(address: str) -> bytes:
    """A PNG with a QR code."""
    stream = io.BytesIO()
    segno.make(address, error="m", micro=False).save(stream, kind="png", scale=5, border=4)
    return stream.getvalue()


def recording(size: int) -> bytes:
    """A WAV file of `size` bytes of noise, which does not compress."""
    noise = random.Random(7).randbytes(size - 44)
    head = b"RIFF" + (size - 8).to_bytes(4, "little") + b"WAVEfmt " + (16).to_bytes(4, "little")
    head += (
        bytes([1, 0, 2, 0]) + (44_100).to_bytes(4, "little") + (176_400).to_bytes(4, "little") + bytes([4, 0, 16, 0])
    )
    return head + b"data" + len(noise).to_bytes(4, "little") + noise
