"""What a message says, as features: words, pairs of neighbours, the beginnings of the subject, pairs of CJK letters.

Years and other numbers, addresses of mail and of the web are masked or left out: they name a sender or a time, not a
kind of mail. Only the beginning of the text is looked at; that is what persuades a reader.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from zlib import crc32

READ = 1_500
"""Characters of subject, sender's name and text that are looked at."""

JOINT = " "
"""Between the words of a pair."""

_JOINT = JOINT.encode()
_SUBJECT = crc32(b"subject")
_WORD = re.compile(r"[^\W\d_]{2,20}|[$€£%!]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def coded(plain_text: str, subject_end: int = 0) -> dict[int, tuple[str, ...]]:
    """CRC-32 of each feature's name and the words that make it, of text as `text.plain` gives it.

    `subject_end` is where the subject ends in it. A pair's code goes on from that of its first word, so that no name
    is put together.
    """
    read = plain_text[:READ]
    words = _WORD.findall(_ADDRESS.sub(" ", read) if _may_address(read) else read)
    alone = _bytes_of(words)
    codes, behind = list(map(crc32, alone)), _behind(alone)
    found: dict[int, tuple[str, ...]] = dict(zip(codes, zip(words, strict=False), strict=True))
    found.update(zip(map(crc32, behind[1:], codes), pairwise(words), strict=True))
    of_subject = _WORD.findall(read[:subject_end])
    found.update(
        (crc32(word, _SUBJECT), ("subject", name))
        for word, name in zip(_behind(_bytes_of(of_subject)), of_subject, strict=True)
    )
    for run in _WITHOUT_SPACES.findall(read):
        pairs = list(map("".join, pairwise(run)))
        found.update(zip(map(crc32, _bytes_of(pairs)), zip(pairs, strict=False), strict=True))
    return found


def _may_address(text: str) -> bool:
    return "@" in text or "://" in text or "www." in text


def _bytes_of(words: Sequence[str]) -> list[bytes]:
    """All by one call: no word has a blank in it."""
    return JOINT.join(words).encode().split(_JOINT) if words else []


def _behind(words: Iterable[bytes]) -> list[bytes]:
    """Each as it stands behind another word."""
    return [_JOINT + word for word in words]
