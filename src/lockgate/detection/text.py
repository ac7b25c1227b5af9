"""Text as a reader takes it in: look-alike letters, invisible characters and odd spacing removed before words count."""

import re
import string
import unicodedata
from collections.abc import Iterable

from ahocorasick_rs import AhoCorasick
from confusable_homoglyphs import confusables

from lockgate.mime.beyond_ascii import beyond_ascii

LIMIT = 60_000
"""Characters of text that phrases are looked for in; what no reader gets to does not persuade."""

INVISIBLE = dict.fromkeys(
    (0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F),
     *range(0x2060, 0x2070), 0x3164, 0xFE00, 0xFE0E, 0xFE0F, 0xFEFF, 0xFFA0, *range(0xE0000, 0xE0080)), None,
)  # fmt: skip
# The same as ranges: written out one by one they would be forty times as slow to look for.
_HALF = re.compile("[\ud800-\udfff]")
_HAS_INVISIBLE = re.compile(
    "[\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00\ufe0e\ufe0f\ufeff\uffa0"
    "\U000e0000-\U000e007f]"
)

# The part of Unicode UTS #39's confusables that attackers use most, where the table of the standard is of two minds.
_PAIRS = (
    "аa еe оo рp сc уy хx іi јj ѕs ԁd ԛq ԝw һh ӏl кk мm нh тt вb ьb гr пn АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ІI ЈJ "
    "ЅS ԌG αa εe νv ιi κk οo ρp τt υu χx ωw ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX ıi ɑa ɡg ɩi օo սu հh ոn ցg զq"
)


def _look_alikes() -> dict[int, str]:
    """For each letter beyond ASCII that looks like one ASCII letter or digit, that one (UTS #39 §4)."""
    found: dict[int, str] = {}
    for plain_letter in string.ascii_lowercase + string.ascii_uppercase + string.digits:
        for like in confusables.confusables_data.get(plain_letter, ()):
            other = like["c"]
            if len(other) == 1 and other.isalpha() and not other.isascii():
                same_case = other.islower() == plain_letter.islower()
                if ord(other) not in found or (same_case and found[ord(other)].islower() != other.islower()):
                    found[ord(other)] = plain_letter
    return found | {ord(pair[0]): pair[1] for pair in _PAIRS.split()}


def has_any(text: str, pieces: Iterable[str]) -> bool:
    """Whether one of these few letters or words stands in it: many times as quick as an expression for them."""
    return any(map(text.__contains__, pieces))


class AnyOf:
    """Whether one of many words stands in a text of `plain`: in one pass (Aho and Corasick, 1975), however many."""

    def __init__(self, *words: str) -> None:
        self._automaton = AhoCorasick(words)

    def is_in(self, text: str) -> bool:
        """Whether one of them does."""
        return bool(self._automaton.find_matches_as_indexes(text))


LOOK_ALIKES = _look_alikes()
_LATIN = re.compile(r"[A-Za-z]")
# Greek, Cyrillic, Armenian, phonetic letters, small capitals, Cherokee, Coptic, Lisu: scripts with letters that look
# Latin. Whole words of them stay as they are; only words that mix them with Latin letters are resolved.
_FOREIGN = re.compile(
    r"[\u0131\u0184\u0185\u01bd\u0251-\u02af\u0370-\u052f\u0531-\u0587\u13a0-\u13ff\u1d00-\u1d7f\u2c80-\u2cff"
    r"\ua4d0-\ua4ff\uab30-\uabbf]"
)
_NOT_THE_NAME = re.compile(r"[(\[|/]|\s[-–—]\s|\bvia\b", re.IGNORECASE)
_DOTLESS = str.maketrans("", "", "\u0131")  # Turkish names have it beside Latin letters
_WORD = re.compile(r"\w+")


def plain(text: str) -> str:
    """Lower-case, compatibility forms resolved, invisible characters gone, mixed-script words turned to Latin.

    It can be written in UTF-8: half of a surrogate pair, which some attached files hold, becomes U+FFFD.
    """
    if text.isascii():
        return " ".join(text[:LIMIT].split()).lower()
    folded = unicodedata.normalize("NFKC", _HALF.sub("\ufffd", text[:LIMIT]))
    rare = beyond_ascii(folded)
    if _HAS_INVISIBLE.search(rare):
        folded = folded.translate(INVISIBLE)
    if _FOREIGN.search(rare):
        folded = _WORD.sub(_unmix, folded)
    return " ".join(folded.split()).casefold().strip()


def skeleton(text: str) -> str:
    """What a name looks like at a glance: letters and digits only, look-alikes and accents resolved."""
    decomposed = text if text.isascii() else _with_plain_letters(text)
    return "".join(character for character in decomposed.casefold() if character.isalnum())


def name_words(text: str) -> frozenset[str]:
    """The words of a person's name, whatever their order."""
    bare = text
    if not text.isascii():
        bare = "".join(letter for letter in _with_plain_letters(text) if not unicodedata.combining(letter))
    return frozenset(word for word in _WORD.findall(bare.casefold()) if len(word) > 1)


def full_name(shown: str) -> str:
    """The words of a first and a last name in their order of letters; empty when it is not at least two words.

    What stands behind a bracket, a bar, a dash between spaces or "via" is not the name, and neither is an address.
    """
    bare = shown.partition("@")[0] if "@" in shown else shown
    words = name_words(_NOT_THE_NAME.split(bare, maxsplit=1)[0])
    return " ".join(sorted(words)) if len(words) > 1 else ""


def _with_plain_letters(text: str) -> str:
    return unicodedata.normalize("NFKD", text).translate(INVISIBLE).translate(LOOK_ALIKES)


def mixes_scripts(word: str) -> bool:
    """Whether one word has Latin letters and letters of another script that look like Latin ones.

    A dotless i does not count: it is a Latin letter, of Turkish; phrases and brands are compared without it.
    """
    if word.isascii():
        return False
    return bool(_LATIN.search(word)) and bool(_FOREIGN.search(word.translate(_DOTLESS)))


def _unmix(match: re.Match[str]) -> str:
    word = match.group()
    return word.translate(LOOK_ALIKES) if _LATIN.search(word) and _FOREIGN.search(word) else word
