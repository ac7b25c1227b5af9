"""Addresses that stand inside another address: what an open redirect would open, plainly, encoded, or in base64.

`mime/unwrap` knows the rewriters that only ever lead on; here it is any host, so the outer address is judged as well.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import unquote

from lockgate.detection.text import has_any
from lockgate.mime.unwrap import unwrap

LONGEST = 4_000
MOST = 3
ROUNDS = 3  # of percent-encoding: %2568 and the like

_MAY_HOLD = ("http:", "https:", "http%", "https%", "%68", "ahr0c", "68747470")  # lower-case
_WRITTEN = re.compile(r"(?<=[=/?#&;:,|])https?:/{1,2}[^\s&|]{4,2000}", re.IGNORECASE)
_BASE64 = re.compile(r"aHR0c[A-Za-z0-9+/_-]{8,2700}")
_HEXADECIMAL = re.compile(r"(?<![0-9a-f])68747470(?:73)?3a2f2f(?:[0-9a-f]{2}){4,1000}", re.IGNORECASE)
_SOUND = re.compile(r"https?://[^\s/?#]{1,255}\.[^\s/?#.]{2,63}(?:[/?#]|$)", re.IGNORECASE)


@lru_cache(maxsize=2_048)
def inner_addresses(url: str) -> tuple[str, ...]:
    """Web addresses inside `url`, known rewriters in front of them taken off; at most `MOST`. Never raises."""
    if len(url) > LONGEST or not has_any(url[len("https://") :].lower(), _MAY_HOLD):
        return ()
    found: dict[str, None] = {}
    for candidate in _candidates(url):
        sound = candidate.replace(":/", "://", 1) if re.match(r"https?:/[^/]", candidate, re.IGNORECASE) else candidate
        if _SOUND.match(sound):
            found.setdefault(unwrap(sound))
        if len(found) >= MOST:
            break
    return tuple(found)


def _candidates(url: str) -> Iterator[str]:
    rest = url[8:]
    for _ in range(ROUNDS):
        yield from (match.group() for match in _WRITTEN.finditer(rest))
        for match in _BASE64.finditer(rest):
            yield _from_base64(match.group())
        for match in _HEXADECIMAL.finditer(rest):
            yield bytes.fromhex(match.group()).decode("utf-8", "replace")
        decoded = unquote(rest)
        if decoded == rest:
            return
        rest = decoded


def _from_base64(text: str) -> str:
    whole = text[: len(text) - 1] if len(text) % 4 == 1 else text
    try:
        return base64.urlsafe_b64decode((whole + "=" * (-len(whole) % 4)).replace("+", "-").replace("/", "_")).decode(
            "utf-8", "ignore"
        )
    except (binascii.Error, ValueError):
        return ""
