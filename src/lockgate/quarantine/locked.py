"""Held messages in a ZIP that opens with a password only, so that no scanner or mail program on the way touches them.

AES-256 as WinZip writes it (https://www.winzip.com/en/support/aes-encryption/); 7-Zip and WinZip open it, and the
password protects no secret: it keeps hostile bytes from being opened by accident.
"""

import io
from collections.abc import Iterable

import pyzipper

from lockgate.model.errors import InvalidInput

SHORTEST, LONGEST = 8, 128  # characters of a password


def locked(files: Iterable[tuple[str, bytes]], password: str) -> bytes:
    """The archive of these names and contents, one after the other. Raises InvalidInput as `check` does."""
    check(password)
    archive = io.BytesIO()
    with pyzipper.AESZipFile(archive, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES) as file:
        file.setpassword(password.encode())
        for name, content in files:
            file.writestr(name, content)
    return archive.getvalue()


def check(password: str) -> None:
    """Raises InvalidInput for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidInput(f"Choose a password of {SHORTEST} to {LONGEST} characters.")
