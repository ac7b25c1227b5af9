"""The field by which a gateway of ours knows a mail of ours and lets it pass: it must arrive when inspection is broken.

The field seals the subject and the body under the master key, for this Message-ID. Nobody else can write it, and a
copied one fits no other content. Blanks do not count, since hosts on the way may fold lines anew; a mail whose body was
written anew on the way does not fit any more, and is inspected as every other.
"""

import hashlib
from collections.abc import Iterable
from email.message import EmailMessage

from lockgate.mime.headers import HeaderBlock, scan
from lockgate.model.errors import PermanentError
from lockgate.model.headers import NOTIFICATION as FIELD
from lockgate.storage.vault import Vault

_LOOKED_AT = 64 * 1024  # the field stands in the header; a message without it costs one search
_SIGNED = ("subject", "from", "content-type")


class Signature:
    """Signs and recognises. Implements `gateway.own_mail.Recognises`."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def sign(self, message: EmailMessage) -> bytes:
        """The finished message, with the field in front."""
        content = message.as_bytes()
        header = scan(content)
        sealed = self._vault.seal(_digest(header), _context(header))
        return f"{FIELD}: {sealed}\r\n".encode() + content

    def recognises(self, content: bytes) -> bool:
        """Whether we have written this message. Never raises."""
        if content.find(FIELD.encode(), 0, _LOOKED_AT) < 0:
            return False
        header = scan(content)
        sealed = header.values(FIELD)
        if len(sealed) != 1 or any(header.count(name) != 1 for name in ("message-id", *_SIGNED)):
            return False
        try:
            return self._vault.unseal(sealed[0], _context(header)) == _digest(header)
        except PermanentError:
            return False


def _context(header: HeaderBlock) -> str:
    return f"notification/{header.value('message-id') or ''}"


def _digest(header: HeaderBlock) -> str:
    digest = hashlib.sha256()
    for part in _parts(header):
        digest.update(b"".join(part.split()) + b"\n")
    return digest.hexdigest()


def _parts(header: HeaderBlock) -> Iterable[bytes]:
    for name in _SIGNED:
        yield from header.raw_values(name)
    yield header.content[header.body_start :]
