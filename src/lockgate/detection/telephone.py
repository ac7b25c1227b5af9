"""Telephone numbers as they are written to be called, North American and international, also made hard to read."""

import re

READ = 20_000

_NORTH_AMERICAN = (  # also with letters O and l in the place of noughts and ones
    r"(?<![\w/.-])\+?[1lI]?[\s.\-]{0,2}[({\[]{0,2}\s?[2-9oO][\doO][\doO]\s?[)}\]]{0,2}"
    r"[\s.\-]{0,3}[\doO]{3}[\s.\-]{1,3}[\doO]{4}(?![\w-])"
)
_INTERNATIONAL = r"(?<![\w/.-])(?<!\d\s)(?:\+|00)[1-9]\d{0,2}[\s.\-/()]{0,3}(?:\d[\s.\-/()]{0,2}){6,12}\d(?![\w-])"
_FREE = (  # 0800, 0808, 0900, 0120 (Japan) and their like
    r"(?<![\w/.-])0(?:800|80[58]|90[01]|120|3\d{2})[\s.\-/]{0,2}\d{2,4}[\s.\-/]{0,2}\d{2,5}"
    r"(?:[\s.\-/]?\d{1,4})?(?![\w-])"
)
_ANY = re.compile(f"{_INTERNATIONAL}|{_NORTH_AMERICAN}|{_FREE}")


def number_in(text: str) -> str:
    """The first telephone number of the text's first `READ` characters; empty when there is none."""
    found = _ANY.search(text[:READ])
    return " ".join(found.group().split()) if found else ""
