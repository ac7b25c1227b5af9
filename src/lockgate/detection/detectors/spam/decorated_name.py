"""The sender's name or the subject is decorated: letters from the mathematical alphabets, pictures, spaced or accented
letters in the place of plain ones.

Why it matters: decoration catches the eye in a crowded inbox and escapes filters that look for words.
Known false positives: shops that put one picture into a subject (weak).
References: Unicode UTS #39; Unicode block U+1D400 (Mathematical Alphanumeric Symbols).
"""

import re
import unicodedata
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import mixes_scripts
from lockgate.model.envelope import Direction
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_FANCY = re.compile("[\U0001d400-\U0001d7ff\uff21-\uff5a\u24b6-\u24e9\U0001f130-\U0001f189\u1d00-\u1d2b]")
_STRUCK = re.compile("[\u0334-\u0338\u0332\u0333]")
_PICTURE = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf\u2b50\u23f0-\u23ff]")
FEW_SPACES = 5
_SPACED = re.compile(rf"(?:\b\w ){{{FEW_SPACES},}}\w\b")
_WORD = re.compile(r"\w{3,}")
_SIGNS = re.compile(r"\s*[_#*~=]+\w.{3,60}[_#*~=]+\s*$")


@detector("spam.decorated-name", Category.SPAM, weight=2.4, direction=Direction.INBOUND)
def decorated_name(message: Message, content: Content) -> Iterator[Outcome]:
    for where, text in (("header From", content.header_from.display_name), ("header Subject", message.subject)):
        evidence = (Evidence(where, text),)
        name = where.removeprefix("header ")
        if not text.isascii() and (len(_FANCY.findall(text)) >= 3 or _STRUCK.search(text)):
            yield Found(f"{name} is written in letters of another alphabet", evidence, 1.5)
        elif not text.isascii() and any(mixes_scripts(word) for word in _WORD.findall(text)):
            yield Found(f"{name} mixes scripts inside a word", evidence, 1.3)
        elif text.count(" ") >= FEW_SPACES and _SPACED.search(text):
            yield Found(f"{name} is written with spaces between letters", evidence, 1.0)
        elif _SIGNS.match(text):
            yield Found(f"{name} is put between signs", evidence, 1.0)
        elif text.isascii():
            continue
        elif _accented_english(text):
            yield Found(f"{name} puts accents on English words", evidence, 1.2)
        elif where == "header From" and _PICTURE.search(text):
            yield Found("the sender's name has a picture in it", evidence, 1.0)
        elif len(_PICTURE.findall(text)) >= 3:
            yield Found("the subject is full of pictures", evidence, 0.7)


ENGLISH = frozenset(
    {"your", "wallet", "account",
      "update", "password", "security", "verify", "alert", "notice", "payment",
     "invoice", "support", "service", "message", "important", "suspended", "email", "office", "amazon",
     "microsoft", "paypal", "netflix", "apple", "metamask", "coinbase", "binance", "ledger", "bank", "delivery"}
)  # fmt: skip


def _accented_english(text: str) -> bool:
    for word in _WORD.findall(text):
        if not word.isascii():
            bare = "".join(part for part in unicodedata.normalize("NFD", word) if not unicodedata.combining(part))
            if bare.lower() in ENGLISH and bare.isascii():
                return True
    return False
