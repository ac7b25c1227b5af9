"""Secrets at rest: sealed with AES-256-GCM under a master key that lies in a file, not in the database.

Rule: a sealed secret is bound to its `context` (whose it is and what for), so that a row copied to another
place does not open. Neither keys nor secrets are ever logged or part of a `repr`.

The key file holds one key per line, `id:base64`, newest first; it is made at first start with mode 0600.
Rotation adds a key in front; old secrets still open, and `is_current` says which should be sealed anew.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from lockgate.model.errors import ConfigurationError, PermanentError

KEY_BYTES = 32
NONCE_BYTES = 12  # NIST SP 800-38D §8.2.1
SCHEME = "v1"


class Vault:
    """Seals and opens secrets. Made by `open_vault`."""

    def __init__(self, current: str, keys: Mapping[str, bytes]) -> None:
        self._current = current
        self._keys = dict(keys)
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}

    def seal(self, secret: str, context: str) -> str:
        """Encrypt `secret` for `context`, such as `passage/<tenant>/inbound/route`. Text fit for a column."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = self._ciphers[self._current].encrypt(nonce, secret.encode(), context.encode())
        return f"{SCHEME}:{self._current}:{base64.b64encode(nonce + box).decode()}"

    def unseal(self, sealed: str, context: str) -> str:
        """The secret; raises PermanentError when the key is not ours, or the text or its context was changed."""
        try:
            scheme, name, packed = sealed.split(":")
            if scheme != SCHEME:
                raise ValueError(scheme)
            box = base64.b64decode(packed, validate=True)
            opened = self._ciphers[name].decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], context.encode())
        except KeyError:
            raise PermanentError(
                f"A secret was sealed with the master key '{name}', which is not in the key file."
            ) from None
        except (ValueError, binascii.Error, InvalidTag):
            raise PermanentError("A sealed secret does not open: it was changed or belongs elsewhere.") from None
        return opened.decode()

    def signing_keys(self, purpose: str) -> list[bytes]:
        """Keys for signatures of one purpose, the newest first: one is derived from each master key (RFC 5869)."""
        return [
            HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=f"signing/{purpose}".encode()).derive(key)
            for key in self._keys.values()
        ]

    def is_current(self, sealed: str) -> bool:
        """Whether it is sealed with the newest key."""
        return sealed.startswith(f"{SCHEME}:{self._current}:")


def open_vault(key_file: Path) -> Vault:
    """The vault over `key_file`, which is made when it is not there.

    Raises ConfigurationError when others may read the file or it cannot be understood.
    """
    if not key_file.exists():
        _make_first_key(key_file)
    if key_file.stat().st_mode & 0o077:
        raise ConfigurationError(f"Others may read the master key {key_file}; run: chmod 600 {key_file}")
    keys = _read(key_file)
    return Vault(next(iter(keys)), keys)


def rotate(key_file: Path) -> Vault:
    """Put a new key in front of the file and open it; secrets sealed before still open."""
    _draft(key_file, key_file.read_text(encoding="ascii")).replace(key_file)
    return open_vault(key_file)


def _make_first_key(key_file: Path) -> None:
    """Of two first starts at once only one makes the key: a link never takes the place of a file that is there."""
    key_file.parent.mkdir(parents=True, exist_ok=True)
    draft = _draft(key_file, "")
    with suppress(FileExistsError):
        os.link(draft, key_file)
    draft.unlink()


def _draft(key_file: Path, older: str) -> Path:
    """A file beside the key file with a new key in front of the older ones, safely on the disk."""
    line = f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n"
    draft = key_file.with_name(f"{key_file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(line + older)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _read(key_file: Path) -> dict[str, bytes]:
    try:
        pairs = [line.split(":") for line in key_file.read_text(encoding="ascii").split()]
        keys = {name: base64.b64decode(packed, validate=True) for name, packed in pairs}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The master key {key_file} cannot be read: {error}") from None
    if not keys or any(len(key) != KEY_BYTES for key in keys.values()):
        raise ConfigurationError(f"The master key {key_file} is damaged; restore it from your backup.")
    return keys
