"""Whether one domain could be taken for another: letters swapped, look-alikes, words added, another suffix."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from lockgate.detection.lists import covers, listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.targets import readable
from lockgate.detection.text import LOOK_ALIKES

SHORTEST = 5  # shorter names differ by one letter from too many honest ones
ONE_LETTER = "one letter differs"
SAME_NAME = "the same name below another suffix"
DIGITS = str.maketrans({"0": "o", "1": "l", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b"})
PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("ii", "u"))
BAIT = listed("purpose_words") | listed("firm_words")
"""What attackers put beside a name that they borrow; honest firms, too, for their parts."""
LONG_ENOUGH = 6  # for one letter of one word of several


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
    if theirs == ours:
        return SAME_NAME if len(ours) >= 7 else ""
    if look.plain == own_look.plain:
        return "digits or letters that look the same"
    if len(ours) >= SHORTEST and _one_letter_apart(theirs, ours):
        return ONE_LETTER
    rest = _added(theirs, ours)
    if rest and all(map(_is_bait, rest.split("-"))):
        return f"the same name with '{rest}' added"
    return _disguised_word(theirs, ours) if "-" in theirs and len(ours) >= LONG_ENOUGH else ""


@lru_cache(maxsize=16_384)
def carries(domain: str, own: str) -> str:
    """How `domain` carries the name of `own` without being like it, in words: beside words that could be anybody's.

    Empty when it does not, or when the words are those of people who talk about the firm. Only whole words count:
    `contosouniversity` is another name.
    """
    theirs, ours = look_of(domain).name, own_look_of(own).name
    if registered_domain(domain) == registered_domain(own) or len(ours) < SHORTEST:
        return ""
    rest = _added(theirs, ours) if f"-{ours}-" in f"-{theirs}-" else ""
    if not rest or any(word in listed("other_peoples_words") for word in rest.split("-")):
        return ""
    return f"the name beside '{rest}'"


def as_tenant(domain: str, own: str) -> str:
    """How a domain has the name of `own` in front, as services name their customers; empty for those known to do so."""
    look, ours = look_of(domain), own_look_of(own)
    if len(ours.name) < SHORTEST or look.registered == ours.registered or covers("tenant_hosts", domain):
        return ""
    return f"the name in front of {look.registered}" if f".{ours.name}." in look.front else ""


def derived(domain: str, original: str) -> str:
    """How `domain` was made from `original`, in words: a look-alike, words added, or the name put in front of another.

    Empty when it was not; the same name below another suffix is common among honest firms and does not count.
    """
    how = resembles(domain, original)
    if how:
        return "" if how == SAME_NAME else how
    if label(original) in listed("ordinary_words"):
        return ""
    return carries(domain, original) or (as_tenant(domain, original) if is_baited(domain) else "")


def is_baited(domain: str) -> bool:
    """Whether half of the words of the registered name or more, and one at least, say a purpose and no name."""
    words = label(domain).split("-")
    return 2 * sum(map(_is_bait, words)) >= len(words)


def _added(theirs: str, ours: str) -> str:
    """What stands beside our name in theirs; empty when it is not in it, or a short one only as a part of a word."""
    if ours not in theirs or (len(ours) < SHORTEST and f"-{ours}-" not in f"-{theirs}-"):
        return ""
    return "-".join(word for word in theirs.replace(ours, "-", 1).split("-") if word)


@lru_cache(maxsize=16_384)
def is_purpose(word: str) -> bool:
    """Whether a word of a domain is one of money, access, mail, files, help, delivery or authority, or two of them."""
    known = listed("purpose_words")
    bare = word.strip("0123456789")
    return bare in known or any(bare[:at] in known and bare[at:] in known for at in range(3, len(bare) - 2))


def _is_bait(word: str) -> bool:
    """A word of the lists, two of them in one, or a number."""
    bare = word.strip("0123456789")
    return not bare or bare in BAIT or any(bare[:at] in BAIT and bare[at:] in BAIT for at in range(2, len(bare) - 1))


def _disguised_word(theirs: str, ours: str) -> str:
    """`c0ntoso-uk`, `contosso-ireland`: a word of several that looks like our name."""
    for word in theirs.split("-"):
        if word == ours:
            continue
        if _plain(word) == _plain(ours):
            return f"'{word}' looks like the name"
        if word[:1] == ours[0] and _one_letter_apart(word, ours):
            return f"in '{word}' {ONE_LETTER}"
    return ""


def _one_letter_apart(theirs: str, ours: str) -> bool:
    """Two names that are one letter apart, when theirs is no word that stands for itself (`market` and `marker`)."""
    return abs(len(theirs) - len(ours)) <= 1 and _one_edit(theirs, ours) and theirs not in listed("ordinary_words")


def letter_changed(one: str, other: str) -> bool:
    """Whether two names of the same length differ by one letter put for another, or by two that changed places."""
    return len(one) == len(other) and one != other and _one_edit(one, other)


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


@lru_cache(maxsize=16_384)
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
