"""Telephone numbers as they are written to be called, North American and international, also made hard to read."""

import re
from collections.abc import Iterator

READ = 20_000

# Tried first at every place of a text, so that the long expressions behind it are tried only where one could begin.
_BEGIN = r"(?<![\w/.-])(?=[+(\[{\s.\-\dlIoO])"
_NORTH_AMERICAN = (  # also with letters O and l in the place of noughts and ones
    r"\+?[1lI]?[\s.\-]{0,2}[({\[]{0,2}\s?[2-9oO][\doO][\doO]\s?[)}\]]{0,2}"
    r"[\s.\-]{0,3}[\doO]{3}[\s.\-]{1,3}[\doO]{4}(?![\w-])"
)
_INTERNATIONAL = r"(?<!\d\s)(?:\+|00)[1-9]\d{0,2}[\s.\-/()]{0,3}(?:\d[\s.\-/()]{0,2}){6,12}\d(?![\w-])"
_FREE = (  # 0800, 0808, 0900, 0120 (Japan) and their like
    r"0(?:800|80[58]|90[01]|120|3\d{2})[\s.\-/]{0,2}\d{2,4}[\s.\-/]{0,2}\d{2,5}"
    r"(?:[\s.\-/]?\d{1,4})?(?![\w-])"
)
_NATIONAL = (  # an area code and two or more groups, or short groups only, as in France, Spain, Poland, China
    r"(?<![\w/.,:-])\(?0\d{1,4}\)?[\s\-/]{1,3}\d{2,8}(?:[\s\-]\d{2,4}){0,4}(?![\w-]|[.,:/]\d)"
    r"|(?<![\w/.,:-])(?<!\d\s)\(?\d{2,4}\)?[\s\-]\d{2,4}[\s\-]\d{2,4}(?:[\s\-]\d{2,4})?(?![\w-]|[.,:/\s]\d)"
)
_ANY = re.compile(f"{_BEGIN}(?:{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_FREE})")
_ALSO_NATIONAL = re.compile(f"{_BEGIN}(?:{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_FREE}|{_NATIONAL})")
_DIGITS = re.compile(r"\d[\d \xa0\-./()]{5,}\d")
NATIONAL_DIGITS = range(8, 13)
_DATE = re.compile(r"(?:19|20)\d\d\D\d{1,2}\D\d{1,2}\b|\d{1,2}\D\d{1,2}\D(?:19|20)\d\d\b")


def number_in(text: str) -> str:
    """The first telephone number of the text's first `READ` characters; empty when there is none."""
    found = _ANY.search(text[:READ])
    return " ".join(found.group().split()) if found else ""


def has_digits(text: str) -> bool:
    """Whether there is any row of digits as long as a telephone number; a quick look before the others."""
    return _DIGITS.search(text) is not None


def numbers_in(text: str) -> Iterator[tuple[str, int, int]]:
    """What may be a telephone number, national ones too, and where it begins and ends. Order numbers may be among it.

    Only for texts that speak of calling where the number stands.
    """
    for found in _ALSO_NATIONAL.finditer(text[:READ]):
        digits = sum(letter.isdigit() for letter in found.group())
        if (digits in NATIONAL_DIGITS or found.group()[0] in "+0") and not _DATE.match(found.group()):
            yield " ".join(found.group().split()), found.start(), found.end()
