"""The link that takes the place of a link in a message: it says where it leads, for whom, and proves that we wrote it.

`<address of the link service>/l/<token>`. The token is base64url (RFC 4648 §5, no padding) of: version, flags, key id
(4 bytes), day of issue (2), tenant (16), message (16) and reader (8) where known, the text that stood in the message
(UTF-8, deflated where that is shorter), and HMAC-SHA256 over all of it, cut to 128 bits (RFC 2104 §5). Nothing has to
be looked up to follow it. It holds no address of a person: `reader` is a keyed hash.
"""

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from lockgate.mime.html_attributes import address_of

VERSION = 1
PATH = "/l/"
EPOCH = date(2020, 1, 1)
MAC_BYTES = 16
LONGEST = 4_096  # characters of what stood in the message
LONGEST_TOKEN = 24_000
_MARKUP, _DEFLATED, _MESSAGE, _READER = 1, 2, 4, 8
_HEAD = 8 + 16  # bytes before what may be left out
TOKEN = r"[A-Za-z0-9_-]{60,24000}"  # noqa: S105 - a pattern


@dataclass(frozen=True, slots=True)
class Written:
    """What stands in a message: `markup` says that it is the value of an HTML attribute, entities and all."""

    text: str
    markup: bool

    @property
    def address(self) -> str:
        """Where it leads, as a browser reads it; empty when that is no web page."""
        return address_of(self.text, markup=self.markup)


@dataclass(frozen=True, slots=True)
class SignedLink:
    """What a link of ours says. Empty ids are not known."""

    written: Written
    tenant_id: str
    message_id: str
    reader: str  # 16 hexadecimal digits, see `LinkKeys.reader`
    issued: date

    @property
    def address(self) -> str:
        """Where it leads."""
        return self.written.address


@dataclass(frozen=True)
class LinkKeys:
    """Keys by their id (8 hexadecimal digits), the newest first. Those that were replaced still read."""

    keys: Mapping[str, bytes] = field(repr=False)

    @classmethod
    def of(cls, newest_first: Iterable[bytes]) -> "LinkKeys":
        """Keys without names are called by their own hash."""
        return cls({hashlib.sha256(b"link key\0" + key).hexdigest()[:8]: key for key in newest_first})

    def token(self, link: SignedLink) -> str:
        """The link as part of an address. Raises ValueError when the tenant or the message has no GUID for an id."""
        name = next(iter(self.keys))
        said = _packed(link, bytes.fromhex(name))
        return base64.urlsafe_b64encode(said + _mac(self.keys[name], said)).rstrip(b"=").decode("ascii")

    def read(self, token: str) -> SignedLink | None:
        """What the token says; None when none of our keys wrote exactly that."""
        raw = _raw(token)
        if len(raw) < _HEAD + MAC_BYTES:
            return None
        said, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
        key = self.keys.get(said[2:6].hex())
        if key is None or not hmac.compare_digest(_mac(key, said), mac):
            return None
        return _unpacked(said)

    def reader(self, tenant_id: str, address: str) -> str:
        """The reference to a recipient, under the newest key."""
        return _reader(next(iter(self.keys.values())), tenant_id, address)

    def readers(self, tenant_id: str, address: str) -> tuple[str, ...]:
        """The references that links of any age may have for this recipient."""
        return tuple(_reader(key, tenant_id, address) for key in self.keys.values())


def _mac(key: bytes, said: bytes) -> bytes:
    return hmac.new(key, b"link\0" + said, hashlib.sha256).digest()[:MAC_BYTES]


def _reader(key: bytes, tenant_id: str, address: str) -> str:
    said = b"reader\0" + tenant_id.encode() + b"\0" + address.lower().encode()
    return hmac.new(key, said, hashlib.sha256).hexdigest()[:16]


def _packed(link: SignedLink, key_id: bytes) -> bytes:
    text = link.written.text.encode("utf-8")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = packer.compress(text) + packer.flush()
    flags = _MARKUP * link.written.markup | _DEFLATED * (len(small) < len(text))
    flags |= _MESSAGE * bool(link.message_id) | _READER * bool(link.reader)
    days = min(max((link.issued - EPOCH).days, 0), 0xFFFF)
    return b"".join(
        [
            bytes([VERSION, flags]),
            key_id,
            days.to_bytes(2, "big"),
            UUID(link.tenant_id).bytes,
            UUID(link.message_id).bytes if link.message_id else b"",
            bytes.fromhex(link.reader),
            small if flags & _DEFLATED else text,
        ]
    )


def _unpacked(said: bytes) -> SignedLink | None:
    version, flags = said[0], said[1]
    if version != VERSION:
        return None
    at = _HEAD
    message_id = reader = ""
    if flags & _MESSAGE:
        message_id, at = said[at : at + 16].hex(), at + 16
    if flags & _READER:
        reader, at = said[at : at + 8].hex(), at + 8
    text = said[at:]
    if flags & _DEFLATED:
        text = zlib.decompressobj(-15).decompress(text, 4 * LONGEST)
    issued = EPOCH + timedelta(days=int.from_bytes(said[6:8], "big"))
    written = Written(text.decode("utf-8"), bool(flags & _MARKUP))
    return SignedLink(written, str(UUID(bytes=said[8:24])), message_id, reader, issued)


def _raw(token: str) -> bytes:
    if len(token) > LONGEST_TOKEN or not token.isascii():
        return b""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def beginning(service: str) -> str:
    """How every link of ours begins; `service` is the address of the link service."""
    return service.rstrip("/") + PATH


def token_of(address: str, service: str) -> str:
    """The token of an address below `service`; empty when it is none. What clients put behind a token is ignored."""
    begin = beginning(service)
    if address[: len(begin)].lower() != begin.lower():
        return ""
    found = re.match(TOKEN, address[len(begin) :])
    return found.group() if found else ""
