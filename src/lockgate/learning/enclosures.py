"""Files that go with invented mail: small, valid and inert."""

import gzip
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enclosure:
    """One file. With `content_id` it is shown inside the text."""

    name: str
    content_type: str
    content: bytes
    content_id: str = ""


def pdf(name: str, lines: Sequence[str], drawing: str = "") -> Enclosure:
    """A page of text (ISO 32000-1 §7.5), with drawing operators in front."""
    text = "".join(f"({_pdf_text(line)}) Tj T* " for line in lines)
    stream = f"{drawing} BT /F1 11 Tf 14 TL 60 780 Td {text}ET".encode("latin-1", "replace")
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]  # fmt: skip
    out, places = io.BytesIO(), []
    out.write(b"%PDF-1.4\n")
    for number, content in enumerate(objects, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, content))
    start = out.tell()
    out.write(b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start)
    return Enclosure(name, "application/pdf", out.getvalue())


def word_document(name: str, lines: Sequence[str]) -> Enclosure:
    """A document of paragraphs (ECMA-376)."""
    inside = "".join(
        f"<w:p><w:r><w:t>{line.replace('&', '&amp;').replace('<', '&lt;')}</w:t></w:r></w:p>" for line in lines
    )
    kinds = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Override PartName="/word/document.xml" '
        'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    main = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="r1" Type="{main}" Target="word/document.xml"/></Relationships>'
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body>{inside}</w:body></w:document>'
    packed = _zip({"[Content_Types].xml": kinds, "_rels/.rels": relations, "word/document.xml": body})
    return Enclosure(name, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", packed)


def calendar(summary: str, organiser: str, attendee: str, method: str, chance: random.Random) -> Enclosure:
    """An invitation or an answer (RFC 5546)."""
    day = f"2026{chance.randint(1, 12):02}{chance.randint(1, 28):02}T{chance.randint(7, 17):02}0000Z"
    lines = (
        "BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Calendar//EN", f"METHOD:{method}", "BEGIN:VEVENT",
        f"UID:{chance.getrandbits(64):x}", f"DTSTART:{day}", f"DTSTAMP:{day}", f"SUMMARY:{summary}",
        f"ORGANIZER:mailto:{organiser}", f"ATTENDEE:mailto:{attendee}", "END:VEVENT", "END:VCALENDAR", "",
    )  # fmt: skip
    return Enclosure("invite.ics", f"text/calendar; method={method}", "\r\n".join(lines).encode())


def report(domain: str, chance: random.Random) -> Enclosure:
    """An aggregate DMARC report (RFC 7489 §7.2), zipped or with gzip."""
    head = f"<report_metadata><org_name>{domain}</org_name></report_metadata>"
    xml = f"<feedback>{head}<record><row><count>{chance.randint(1, 900)}</count></row></record></feedback>"
    name = f"{domain}!contoso.com!{chance.randint(1_600_000_000, 1_790_000_000)}.xml"
    if chance.random() < 0.5:
        return Enclosure(f"{name}.gz", "application/gzip", gzip.compress(xml.encode(), mtime=0))
    return Enclosure(f"{name}.zip", "application/zip", _zip({name: xml}))


def picture(name: str, rows: Sequence[Sequence[bool]], scale: int, content_id: str = "") -> Enclosure:
    """A black and white PNG (ISO/IEC 15948) of these dots, each `scale` pixels wide."""
    width, height = len(rows[0]) * scale, len(rows) * scale
    wide = [b"".join((b"\x00" if dot else b"\xff") * scale for dot in row) for row in rows]
    raw = b"".join(b"\x00" + row for row in wide for _ in range(scale))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", head), _chunk(b"IDAT", zlib.compress(raw, 9)), _chunk(b"IEND", b""))
    return Enclosure(name, "image/png", b"\x89PNG\r\n\x1a\n" + b"".join(chunks), content_id)


def logo(name: str, content_id: str, chance: random.Random) -> Enclosure:
    """A small picture of coarse dots."""
    return picture(name, [[chance.random() < 0.4 for _ in range(12)] for _ in range(6)], 8, content_id)


def qr_dots(address: str) -> list[list[bool]]:
    """The dots of a QR code with its margin (ISO/IEC 18004). Needs segno, which comes with the `training` extra."""
    import segno

    return [[bool(dot) for dot in row] for row in segno.make(address, micro=False).matrix_iter(border=4)]


def qr_in_pdf(name: str, address: str, lines: Sequence[str]) -> Enclosure:
    """A PDF whose page shows a QR code as rectangles."""
    dots = qr_dots(address)
    return pdf(name, lines, "0 g " + "".join(_rectangles(dots)))


def qr_as_table(address: str) -> str:
    """A QR code without any picture: cells of a table with background colours."""
    rows = "".join(
        "<tr>"
        + "".join(f'<td bgcolor="{"#000000" if dot else "#ffffff"}" width="5" height="5"></td>' for dot in row)
        + "</tr>"
        for row in qr_dots(address)
    )
    return f'<table cellspacing="0" cellpadding="0" style="border-collapse:collapse">{rows}</table>'


def _rectangles(dots: Sequence[Sequence[bool]]) -> Iterator[str]:
    for y, row in enumerate(dots):
        for x, dot in enumerate(row):
            if dot:
                yield f"{180 + x * 5} {600 - y * 5} 5 5 re f "


def _pdf_text(line: str) -> str:
    return line.replace("\\", "").replace("(", "").replace(")", "")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _zip(entries: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in entries.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), text)
    return out.getvalue()
