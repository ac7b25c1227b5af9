"""What a message says, as features: words, pairs of neighbours, the beginnings of the subject, pairs of CJK letters.

Years and other numbers, addresses of mail and of the web are masked or left out: they name a sender or a time, not a
kind of mail. Only the beginning of the text is looked at; that is what persuades a reader.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

READ = 1_500
"""Characters of subject, sender's name and text that are looked at."""

_WORD = re.compile(r"[^\W\d_]{2,20}|[$€£%!]")
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+")
_WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def names(plain_text: str, subject_end: int = 0) -> Iterator[str]:
    """Features of text as `text.plain` gives it; `subject_end` is where the subject ends in it."""
    read = plain_text[:READ]
    words = _WORD.findall(_ADDRESS.sub(" ", read))
    yield from words
    yield from map(" ".join, pairwise(words))
    for word in _WORD.findall(read[:subject_end]):
        yield f"subject {word}"
    for run in _WITHOUT_SPACES.findall(read):
        for place in range(len(run) - 1):
            yield run[place : place + 2]
