"""One locked file of a RAR archive, unlocked: decrypted, and put into an archive of its own that has no lock.

libarchive unpacks RAR but does not decrypt it, and rarfile decrypts but does not unpack. So the packed bytes are
decrypted here (RAR 5.0 technical note, "File encryption record"; RAR 4: AES-128 in CBC mode) and handed on in a header
written anew. A wrong password shows: RAR 5 has a check value, RAR 4 a checksum of the content.
"""

import struct
import zlib
from typing import Any

RAR4_MARK, RAR5_MARK = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
RAR4_HEADER = struct.Struct("<BHHIIBIIBBHI")
FILE4, LONG_BLOCK, DICTIONARY_BITS = 0x74, 0x8000, 0xE0
CHECKED = 0x01  # flag of the encryption record: a check value is there
CHECK_ROUNDS = 32
STORED = 0x30
LAST_BLOCK = 0x40
NAME = b"x"


class WrongPassword(Exception):
    """The password does not fit this file."""


def is_rar5(content: bytes) -> bool:
    """Told by the signature."""
    return content.startswith(RAR5_MARK)


def rebuilt(content: bytes, item: Any, password: str) -> bytes:
    """An archive with just this file (called `x`), unlocked. `item` is rarfile's. Raises WrongPassword."""
    packed = content[item.data_offset : item.data_offset + item.compress_size]
    return _rar5(packed, item, password) if is_rar5(content) else _rar4(packed, item, password)


def _decrypted(packed: bytes, key: bytes, vector: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(key), modes.CBC(vector)).decryptor()
    return decryptor.update(packed[: len(packed) // 16 * 16]) + decryptor.finalize()


def _rar5(packed: bytes, item: Any, password: str) -> bytes:
    import rarfile

    _, flags, rounds, salt, vector, check = item.file_encryption
    if flags & CHECKED:
        value = rarfile.rar5_s2k(password, salt, (1 << rounds) + CHECK_ROUNDS)
        folded = bytes(value[n] ^ value[n + 8] ^ value[n + 16] ^ value[n + 24] for n in range(8))
        if folded != bytes(check[:8]):
            raise WrongPassword
    plain = _decrypted(packed, rarfile.rar5_s2k(password, salt, 1 << rounds), vector)
    plain = _without_padding(plain, item)
    fields = [
        2,
        2,
        len(plain),
        0,
        item.file_size,
        0,
        item.file_compress_flags & ~rarfile.RAR5_COMPR_SOLID,
        0,
        len(NAME),
    ]
    main, end = _block5([1, 0, 0]), _block5([5, 0, 0])
    return RAR5_MARK + main + _block5(fields, NAME) + plain + end


def _without_padding(plain: bytes, item: Any) -> bytes:
    """Encryption pads to 16 bytes; libarchive takes what follows the last block for another one.

    A block begins with flags (bits 3 and 4: bytes of its size, less one; bit 6: the last one), a checksum and its size.
    """
    if item.compress_type == STORED:
        return plain[: item.file_size]
    place = 0
    while place + 3 <= len(plain):
        flags, width = plain[place], (plain[place] >> 3 & 3) + 1
        place += 2 + width + int.from_bytes(plain[place + 2 : place + 2 + width], "little")
        if flags & LAST_BLOCK:
            break
    return plain[:place]


def _block5(fields: list[int], rest: bytes = b"") -> bytes:
    body = b"".join(map(_variable, fields)) + rest
    sized = _variable(len(body)) + body
    return struct.pack("<I", zlib.crc32(sized)) + sized


def _variable(number: int) -> bytes:
    """Seven bits a byte, lowest first, the top bit says that more follow (RAR 5.0, "vint")."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def _rar4(packed: bytes, item: Any, password: str) -> bytes:
    import rarfile

    key, vector = rarfile.rar3_s2k(password, item.salt or b"")
    plain = _decrypted(packed, key, vector)
    flags = LONG_BLOCK | item.flags & DICTIONARY_BITS
    header = RAR4_HEADER.pack(
        FILE4, flags, 2 + RAR4_HEADER.size + len(NAME), len(plain), item.file_size, item.host_os, item.CRC or 0, 0,
        item.extract_version, item.compress_type, len(NAME), 0,
    ) + NAME  # fmt: skip
    main = b"\x73" + struct.pack("<HH", 0, 13) + bytes(6)
    return RAR4_MARK + _block4(main) + _block4(header) + plain


def _block4(body: bytes) -> bytes:
    return struct.pack("<H", zlib.crc32(body) & 0xFFFF) + body
