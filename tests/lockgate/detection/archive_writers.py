"""Writers for the containers that no library of ours writes, each the smallest that its format allows.

They are written from the formats' descriptions, not from the readers, so that a misreading does not pass its own test.
"""

import base64
import binascii
import io
import struct
import uuid
import zlib
from collections.abc import Callable
from email.message import EmailMessage

import libarchive
import pycdlib

Entries = list[tuple[str, bytes]]


def by_libarchive(archive_format: str, archive_filter: str | None = None) -> Callable[[Entries], bytes]:
    """A writer for what libarchive writes."""

    def write(entries: Entries) -> bytes:
        made = bytearray()

        def keep(data: bytes) -> int:
            made.extend(bytes(data))
            return len(data)

        with libarchive.custom_writer(keep, archive_format, archive_filter) as archive:
            for name, content in entries:
                archive.add_file_from_memory(name, len(content), content)
        return bytes(made)

    return write


def cab(entries: Entries) -> bytes:
    """One folder with MSZIP, one file after the other (MS-CAB)."""
    content = b"".join(data for _, data in entries)
    blocks = []
    for start in range(0, len(content) or 1, 32_768):
        piece = content[start : start + 32_768]
        packer = zlib.compressobj(wbits=-15)
        packed = b"CK" + packer.compress(piece) + packer.flush()
        blocks.append(struct.pack("<IHH", 0, len(packed), len(piece)) + packed)
    files, offset = b"", 0
    for name, data in entries:
        files += struct.pack("<IIHHHH", len(data), offset, 0, 0, 0, 0x20) + name.encode() + b"\0"
        offset += len(data)
    first_file = 36 + 8
    folder = struct.pack("<IHH", first_file + len(files), len(blocks), 1)
    size = first_file + len(files) + sum(map(len, blocks))
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, first_file, 0, 3, 1, 1, len(entries), 0, 0, 0)
    return head + folder + files + b"".join(blocks)


def lzh(entries: Entries) -> bytes:
    """Level 0 headers, stored."""
    made = b""
    for name, data in entries:
        body = b"-lh0-" + struct.pack("<IIIBB", len(data), len(data), 0, 0x20, 0) + bytes([len(name)]) + name.encode()
        body += struct.pack("<H", _crc16(data))
        made += bytes([len(body), sum(body) & 0xFF]) + body + data
    return made + b"\0"


def _crc16(data: bytes) -> int:
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value


def arj(entries: Entries) -> bytes:
    """Stored entries behind the archive's own header."""

    def block(kind: int, size: int, crc: int, name: str) -> bytes:
        fixed = struct.pack("<BBBBBBBBIIIIHHH", 30, 11, 1, 0, 0, 0, kind, 0, 0, size, size, crc, 0, 0, 0)
        header = fixed + name.encode() + b"\0\0"
        checked = struct.pack("<I", zlib.crc32(header))
        return b"\x60\xea" + struct.pack("<H", len(header)) + header + checked + b"\0\0"

    made = block(2, 0, 0, "archive.arj")
    for name, data in entries:
        made += block(0, len(data), zlib.crc32(data), name) + data
    return made + b"\x60\xea\0\0"


def ace(entries: Entries) -> bytes:
    """Stored entries (ACE 1.0 headers)."""

    def header(body: bytes) -> bytes:
        return struct.pack("<HH", zlib.crc32(body) & 0xFFFF ^ 0xFFFF, len(body)) + body

    made = header(struct.pack("<BH7sBBBBI8sB", 0, 0, b"**ACE**", 20, 20, 2, 0, 0, bytes(8), 0))
    for name, data in entries:
        crc = zlib.crc32(data) ^ 0xFFFFFFFF
        body = (
            struct.pack("<BHIIIIIBBHHH", 1, 1, len(data), len(data), 0, 0x20, crc, 0, 3, 10, 0, len(name))
            + name.encode()
        )
        made += header(body) + data
    return made


def rar4(entries: Entries) -> bytes:
    """Stored entries (RAR 4)."""

    def block(body: bytes) -> bytes:
        return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body

    made = b"Rar!\x1a\x07\x00" + block(struct.pack("<BHH", 0x73, 0, 13) + bytes(6))
    for name, data in entries:
        size = 32 + len(name)
        body = struct.pack("<BHHIIBIIBBHI", 0x74, 0x8000, size, len(data), len(data), 2, zlib.crc32(data), 0, 20, 0x30,
                           len(name), 0x20)  # fmt: skip
        made += block(body + name.encode()) + data
    return made + block(struct.pack("<BHH", 0x7B, 0x4000, 7))


def rar5(entries: Entries, password: str | None = None) -> bytes:
    """Stored entries (RAR 5.0), locked when there is a password."""

    def block(*pieces: int | bytes) -> bytes:
        body = b"".join(piece if isinstance(piece, bytes) else _variable(piece) for piece in pieces)
        sized = _variable(len(body)) + body
        return struct.pack("<I", zlib.crc32(sized)) + sized

    made = b"Rar!\x1a\x07\x01\x00" + block(1, 0, 0)
    for name, data in entries:
        text = name.encode()
        if password is None:
            crc = struct.pack("<I", zlib.crc32(data))
            made += block(2, 2, len(data), 4, len(data), 0x20, crc, 0, 0, len(text), text) + data
        else:
            extra, locked = _rar5_lock(data, password)
            made += block(2, 3, len(extra), len(locked), 0, len(data), 0x20, 0, 0, len(text), text, extra) + locked
    return made + block(5, 0, 0)


def _rar5_lock(data: bytes, password: str) -> tuple[bytes, bytes]:
    from hashlib import pbkdf2_hmac, sha256

    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    salt, vector, rounds = b"s" * 16, b"v" * 16, 15
    key = pbkdf2_hmac("sha256", password.encode(), salt, 1 << rounds)
    value = pbkdf2_hmac("sha256", password.encode(), salt, (1 << rounds) + 32)
    check = bytes(value[n] ^ value[n + 8] ^ value[n + 16] ^ value[n + 24] for n in range(8))
    record = (
        _variable(1)
        + _variable(0)
        + _variable(1)
        + bytes([rounds])
        + salt
        + vector
        + check
        + sha256(check).digest()[:4]
    )
    encryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).encryptor()
    return _variable(len(record)) + record, encryptor.update(data + bytes(-len(data) % 16)) + encryptor.finalize()


def _variable(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def iso(entries: Entries) -> bytes:
    """ISO 9660 with Joliet."""
    disc = pycdlib.PyCdlib()
    disc.new(joliet=3)
    for number, (name, content) in enumerate(entries):
        disc.add_fp(io.BytesIO(content), len(content), f"/F{number}.;1", joliet_path=f"/{name}")
    return _written(disc)


def udf(entries: Entries) -> bytes:
    """A bridge disc whose files only the UDF side shows."""
    disc = pycdlib.PyCdlib()
    disc.new(udf="2.60")
    for name, content in entries:
        disc.add_fp(io.BytesIO(content), len(content), udf_path=f"/{name}")
    return _written(disc)


def _written(disc: pycdlib.PyCdlib) -> bytes:
    target = io.BytesIO()
    disc.write_fp(target)
    disc.close()
    return target.getvalue()


CLUSTER, SECTOR = 512, 512


def fat12(entries: Entries) -> bytes:
    """A FAT12 volume with long names."""
    root, data, table, cluster = b"", b"", [0xFF8, 0xFFF], 2
    for number, (name, content) in enumerate(entries):
        count = max(1, -(-len(content) // CLUSTER))
        table += [*range(cluster + 1, cluster + count), 0xFFF]
        short = f"F{number:07d}TXT".encode()
        root += (
            _long_name(name, short)
            + short
            + struct.pack("<BBBHHHHHHHI", 0x20, 0, 0, 0, 0, 0, 0, 0, 0, cluster, len(content))
        )
        data += content.ljust(count * CLUSTER, b"\0")
        cluster += count
    packed = bytearray(SECTOR * 9)
    for number, value in enumerate(table):
        place = number * 3 // 2
        pair = int.from_bytes(packed[place : place + 2], "little")
        packed[place : place + 2] = (pair | (value << 4 if number & 1 else value)).to_bytes(2, "little")
    boot = b"\xeb\x3c\x90MSDOS5.0" + struct.pack("<HBHBHHBHHHII", SECTOR, 1, 1, 1, 224, 2880, 0xF0, 9, 18, 2, 0, 0)
    boot += struct.pack("<BBBI11s8s", 0, 0, 0x29, 0, b"NO NAME    ", b"FAT12   ")
    boot = boot.ljust(510, b"\0") + b"\x55\xaa"
    return boot + bytes(packed) + root.ljust(224 * 32, b"\0") + data.ljust(SECTOR, b"\0")


def _long_name(name: str, short: bytes) -> bytes:
    check = 0
    for byte in short:
        check = ((check & 1) << 7 | check >> 1) + byte & 0xFF
    letters = name.encode("utf-16-le") + b"\0\0"
    pieces = [letters[start : start + 26].ljust(26, b"\xff") for start in range(0, len(letters), 26)]
    made = b""
    for number in range(len(pieces), 0, -1):
        piece = pieces[number - 1]
        order = number | (0x40 if number == len(pieces) else 0)
        made += bytes([order]) + piece[:10] + bytes([0x0F, 0, check]) + piece[10:22] + b"\0\0" + piece[22:]
    return made


def partitioned(entries: Entries) -> bytes:
    """An MBR disk with one FAT partition."""
    volume = fat12(entries)
    entry = struct.pack("<B3sB3sII", 0x80, b"\0\0\0", 0x01, b"\0\0\0", 8, len(volume) // SECTOR)
    return bytes(446) + entry + bytes(48) + b"\x55\xaa" + bytes(7 * SECTOR) + volume


def vhd(entries: Entries) -> bytes:
    """A fixed VHD: the disk with a footer behind it."""
    disk = partitioned(entries)
    return disk + _vhd_footer(len(disk), 2)


def _vhd_footer(size: int, kind: int) -> bytes:
    fixed = struct.pack(
        ">8sIIQI4sI4sQQII",
        b"conectix",
        2,
        0x10000,
        512 if kind == 3 else 2**64 - 1,
        0,
        b"win ",
        0xA0000,
        b"Wi2k",
        size,
        size,
        0,
        kind,
    )
    return fixed.ljust(512, b"\0")


def dynamic_vhd(entries: Entries) -> bytes:
    """A dynamic VHD whose blocks are stored in reverse order."""
    block = 2 << 20
    disk = partitioned(entries)
    disk = disk.ljust(-(-len(disk) // block) * block, b"\0")
    count = len(disk) // block
    footer = _vhd_footer(len(disk), 3)
    header = struct.pack(">8sQQIII", b"cxsparse", 2**64 - 1, 1536, 0x10000, count, block).ljust(1024, b"\0")
    bitmap = b"\xff" * 512
    places, blocks = [0] * count, b""
    for number in reversed(range(count)):
        places[number] = 4 + len(blocks) // SECTOR
        blocks += bitmap + disk[number * block : (number + 1) * block]
    table = b"".join(struct.pack(">I", place) for place in places).ljust(512, b"\xff")
    return footer + header + table + blocks + footer


def vhdx(entries: Entries) -> bytes:
    """A VHDX with one region table and blocks of one megabyte."""
    megabyte = 1 << 20
    disk = partitioned(entries)
    disk = disk.ljust(-(-len(disk) // megabyte) * megabyte, b"\0")
    count = len(disk) // megabyte
    regions = b"regi" + struct.pack("<III", 0, 2, 0)
    regions += uuid.UUID("2dc27766-f623-4200-9d64-115e9bfd4a08").bytes_le + struct.pack(
        "<QII", 3 * megabyte, megabyte, 1
    )
    regions += uuid.UUID("8b7ca206-4790-4b9a-b8fe-575f050f886e").bytes_le + struct.pack(
        "<QII", 2 * megabyte, megabyte, 1
    )
    metadata = b"metadata" + struct.pack("<HH20x", 0, 2)
    metadata += uuid.UUID("caa16737-fa36-4d43-b3b6-33f0aa44e76b").bytes_le + struct.pack("<IIII", 65_536, 8, 0, 0)
    metadata += uuid.UUID("2fa54224-cd1b-4876-b211-5dbed83bf4b8").bytes_le + struct.pack("<IIII", 65_544, 8, 0, 0)
    metadata = metadata.ljust(65_536, b"\0") + struct.pack("<IIQ", megabyte, 0, len(disk))
    table = b"".join(struct.pack("<Q", (4 + number) << 20 | 6) for number in range(count))
    made = b"vhdxfile".ljust(192 * 1024, b"\0") + regions
    made = made.ljust(2 * megabyte, b"\0") + metadata
    made = made.ljust(3 * megabyte, b"\0") + table
    return made.ljust(4 * megabyte, b"\0") + disk


def tnef(entries: Entries) -> bytes:
    """A message with attachments (MS-OXTNEF)."""

    def attribute(identity: int, value: bytes) -> bytes:
        return struct.pack("<BII", 2, identity, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)

    made = struct.pack("<IH", 0x223E9F78, 1) + attribute(0x00089006, struct.pack("<I", 0x00010000))
    for name, content in entries:
        made += attribute(0x00069002, bytes(14)) + attribute(0x0006800F, content)
        made += attribute(0x00018010, b"SHORT.TXT\0") + attribute(0x00069005, _mapi_name(name))
    return made


def _mapi_name(name: str) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    padded = text.ljust(len(text) + -len(text) % 4, b"\0")
    return struct.pack("<IHHII", 1, 0x001F, 0x3707, 1, len(text)) + padded


def saved_message(entries: Entries) -> bytes:
    """An .eml."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "ada@sender.example", "tom@contoso.com", "Inside"
    message.set_content("See the file.")
    for name, content in entries:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def outlook_message(entries: Entries) -> bytes:
    """A .msg."""
    streams: dict[tuple[str, ...], bytes] = {("__properties_version1.0",): bytes(32)}
    for number, (name, content) in enumerate(entries):
        folder = f"__attach_version1.0_#{number:08X}"
        streams[folder, "__substg1.0_37010102"] = content
        streams[folder, "__substg1.0_3707001F"] = name.encode("utf-16-le")
    return compound(streams)


def ole_package(entries: Entries) -> bytes:
    """A compound file with one Ole10Native stream for each file."""
    return compound({(f"Object{number}", "\x01Ole10Native"): native(*entry) for number, entry in enumerate(entries)})


def native(name: str, content: bytes) -> bytes:
    """The Ole10Native stream of a packaged file."""
    text = name.encode() + b"\0"
    body = struct.pack("<H", 2) + text + text + struct.pack("<II", 0x00030000, len(text)) + text
    body += struct.pack("<I", len(content)) + content
    return struct.pack("<I", len(body)) + body


def compound(streams: dict[tuple[str, ...], bytes]) -> bytes:
    """A compound file (MS-CFB, version 3). Streams are padded to 4,096 bytes, so that no mini stream is needed."""
    nodes: list[tuple[str, int, bytes]] = [("Root Entry", 5, b"")]
    children: dict[tuple[str, ...], list[int]] = {(): []}
    for path, content in streams.items():
        for depth in range(1, len(path)):
            if path[:depth] not in children:
                children[path[: depth - 1]].append(len(nodes))
                children[path[:depth]] = []
                nodes.append((path[depth - 1], 1, b""))
        children[path[:-1]].append(len(nodes))
        nodes.append((path[-1], 2, content.ljust(4_096, b"\0") if len(content) < 4_096 else content))
    names = {index: path for path, index in _places(streams, nodes)}
    directory_sectors = -(-len(nodes) // 4)
    sectors, starts, place = b"", {}, directory_sectors
    chain = [*range(1, directory_sectors), 0xFFFFFFFE]
    for number, (_, kind, content) in enumerate(nodes):
        if kind == 2:
            count = -(-len(content) // 512)
            starts[number] = place
            chain += [*range(place + 1, place + count), 0xFFFFFFFE]
            sectors += content.ljust(count * 512, b"\0")
            place += count
    table_sectors = -(-(len(chain) + 4) // 127)
    chain += [0xFFFFFFFD] * table_sectors
    table = struct.pack(f"<{len(chain)}I", *chain).ljust(table_sectors * 512, b"\xff")
    directory = b""
    for number, (name, kind, content) in enumerate(nodes):
        below = children[names[number]] if kind != 2 else []
        siblings = children[names[number][:-1]] if number else []
        following = (
            siblings[siblings.index(number) + 1] if number in siblings and number != siblings[-1] else 0xFFFFFFFF
        )
        text = name.encode("utf-16-le")
        directory += text.ljust(64, b"\0") + struct.pack(
            "<HBBIII16sIQQIQ", len(text) + 2, kind, 1, 0xFFFFFFFF, following, below[0] if below else 0xFFFFFFFF,
            bytes(16), 0, 0, 0, starts.get(number, 0xFFFFFFFE if kind == 5 else 0), len(content),
        )  # fmt: skip
    directory = directory.ljust(directory_sectors * 512, b"\0")
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack(
        "<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, table_sectors, 0, 0, 4_096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0
    )  # fmt: skip
    difat = [place + number for number in range(table_sectors)]
    header += struct.pack("<109I", *difat, *[0xFFFFFFFF] * (109 - len(difat)))
    return header + directory + sectors + table


def _places(
    streams: dict[tuple[str, ...], bytes], nodes: list[tuple[str, int, bytes]]
) -> list[tuple[tuple[str, ...], int]]:
    """The path of each node, in the order in which they were made."""
    found: list[tuple[tuple[str, ...], int]] = [((), 0)]
    seen: set[tuple[str, ...]] = {()}
    for path in streams:
        for depth in range(1, len(path) + 1):
            if path[:depth] not in seen:
                seen.add(path[:depth])
                found.append((path[:depth], len(found)))
    assert len(found) == len(nodes)
    return found


def onenote(entries: Entries) -> bytes:
    """A notebook's head with embedded files (MS-ONESTORE §2.6.13)."""
    made = b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d\xae\xb1\x53\x78\xd0\x29\x96\xd3" + bytes(1_008)
    for _, content in entries:
        made += uuid.UUID("bde316e7-2665-4511-a4c4-8d4d0b7a9eac").bytes_le + struct.pack("<QIQ", len(content), 0, 0)
        made += content + uuid.UUID("71fba722-0f79-4a0b-bb13-899256426b24").bytes_le
    return made


def rtf(entries: Entries, class_name: bytes = b"Package") -> bytes:
    """A document with packaged files (RTF 1.9.1, MS-OLEDS §2.2.5)."""
    made = b"{\\rtf1\\ansi hello"
    for name, content in entries:
        data = native(name, content)[4:] if class_name == b"Package" else content
        label = class_name + b"\0"
        body = struct.pack("<III", 0x501, 2, len(label)) + label + struct.pack("<III", 0, 0, len(data)) + data
        made += b"{\\object\\objemb{\\*\\objclass " + class_name + b"}{\\*\\objdata " + binascii.hexlify(body) + b"}}"
    return made + b"}"


def office_xml(entries: Entries) -> bytes:
    """A Word document as one XML file (flat OPC)."""
    parts = b"".join(
        b'<pkg:part pkg:name="/word/media/%s"><pkg:binaryData>%s</pkg:binaryData></pkg:part>'
        % (name.encode(), base64.b64encode(content).ljust(40, b"="))
        for name, content in entries
    )
    return (
        b'<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
        b'<pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage">' + parts + b"</pkg:package>"
    )
