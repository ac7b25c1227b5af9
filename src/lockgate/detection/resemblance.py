"""Whether one domain could be taken for another: letters swapped, look-alikes, words added, another suffix."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.targets import readable
from lockgate.detection.text import LOOK_ALIKES

SHORTEST = 5  # shorter names differ by one letter from too many honest ones
ONE_LETTER = "one letter differs"
SAME_NAME = "the same name below another suffix"
DIGITS = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"})
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
_BAIT_WORDS = (
    "secure security login signin account accounts support service services billing invoice invoices payment payments "
    "pay mail email team teams group inc corp corporate global online office portal hr helpdesk it verify update docs "
    "finance rechnung kunden konto zahlung client clients notice alert info web cloud app auth sso benefits legal "
    "careers vendor supplier procurement accounting verification ssl my us usa uk eu de fr intl international holdings "
    "solutions consulting ltd llc gmbh ag sa bv docs files share secured customer customers help desk password reset"
)
BAIT = frozenset(re.split(" ", _BAIT_WORDS))


@dataclass(frozen=True, slots=True)
class Look:
    """A domain's registered name as it is compared: as written, with letters of other scripts resolved, made plain."""

    registered: str
    name: str
    plain: str
    folded_plain: str  # empty when there is nothing to resolve
    front: str  # labels in front of the registered name, between dots; empty when there are none


def resembles(domain: str, own: str) -> str:
    """How `domain` resembles `own`, in words; empty when it does not, or belongs to it."""
    return compare(look_of(domain), own_look_of(own))


def compare(look: Look, own_look: Look) -> str:
    """`resembles` for who compares one domain with many."""
    theirs, ours = look.name, own_look.name
    if look.registered == own_look.registered or len(ours) < 4:
        return ""
    if look.front and _in_front(look.front, own_look.registered):
        return "the own name in front of another"
    if look.folded_plain and look.folded_plain == own_look.plain:
        return "letters of another script, or with marks, that look the same"
    if theirs != ours and look.plain == own_look.plain:
        return "digits or letters that look the same"
    if len(ours) >= SHORTEST and theirs != ours and abs(len(theirs) - len(ours)) <= 1 and _one_edit(theirs, ours):
        return ONE_LETTER
    if len(ours) >= SHORTEST and theirs != ours and ours in theirs:
        rest = theirs.replace(ours, "", 1).strip("-")
        if rest in BAIT or all(word in BAIT for word in rest.split("-")):
            return f"the same name with '{rest}' added"
    if len(ours) >= 7 and theirs == ours:
        return SAME_NAME
    return ""


def _in_front(front: str, own: str) -> bool:
    """`contoso.com.example.net`, `contoso-com.example.net`: read from the left it is ours."""
    return f".{own}." in front or f".{own.replace('.', '-')}." in front


@lru_cache(maxsize=4_096)
def look_of(domain: str) -> Look:
    """Of a domain that may be meant to deceive."""
    name = label(readable(domain))
    folded = name if name.isascii() else _without_marks(name.translate(LOOK_ALIKES))
    registered = registered_domain(domain)
    front = domain.lower().removesuffix(registered)
    return Look(registered, name, _plain(name), _plain(folded) if folded != name else "", f".{front}" if front else "")


@lru_cache(maxsize=4_096)
def own_look_of(own: str) -> Look:
    """Of the domain that would be imitated."""
    return Look(registered_domain(own), label(own), _plain(label(own)), "", "")


def _without_marks(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).translate(LOOK_ALIKES)


def _plain(name: str) -> str:
    bare = name.replace("-", "")
    for pair, single in PAIRS:
        bare = bare.replace(pair, single)
    return bare.translate(DIGITS)


def _one_edit(one: str, other: str) -> bool:
    """Damerau-Levenshtein distance of exactly one: a letter changed, added, left out, or two swapped."""
    if len(one) > len(other):
        one, other = other, one
    start = 0
    while start < len(one) and one[start] == other[start]:
        start += 1
    if len(one) < len(other):
        return one[start:] == other[start + 1 :]
    if one[start + 1 :] == other[start + 1 :]:
        return start < len(one)
    return one[start + 2 :] == other[start + 2 :] and one[start : start + 2] == other[start : start + 2][::-1]
