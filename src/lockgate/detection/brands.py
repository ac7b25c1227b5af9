"""Brands that attackers imitate most, with the domains they truly write from.

A message that names one of them as its sender, from a domain that is not theirs, imitates them. Only registered
domains are compared, so `mail.paypal.com` is PayPal's and `paypal.com.example.net` is not. The table is
`lists/brands.txt`.
"""

import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from operator import itemgetter

from lockgate.detection.lists import listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.text import INVISIBLE, LOOK_ALIKES, plain

SHORTEST_LABEL = 4
_AT_A_GLANCE = str.maketrans({"I": "l", "1": "l", "|": "l", "0": "o"})


@dataclass(frozen=True, slots=True)
class Brand:
    """`names` are lower-case, as they stand in a sender's name; `domains` are registered domains."""

    names: tuple[str, ...]
    domains: frozenset[str]
    distinctive: bool  # its name is no ordinary word, so it may also be looked for inside domains
    federation: tuple[str, ...] = ()  # how names of independent members' domains begin, such as `sparkasse-`

    @property
    def name(self) -> str:
        """The first name, for explanations."""
        return self.names[0]


@cache
def all_brands() -> tuple[Brand, ...]:
    """The table."""
    text = files("lockgate.detection.lists").joinpath("brands.txt").read_text(encoding="utf-8")
    return tuple(_read(line) for line in text.splitlines() if line and not line.startswith("#"))


def _read(line: str) -> Brand:
    names, _, domains = line.partition(" = ")
    called = tuple(name.strip() for name in names.removeprefix("*").split(","))
    written = domains.split()
    members = tuple(name.rstrip("*") for name in written if name.endswith("*"))
    own = frozenset(name for name in written if not name.endswith("*"))
    return Brand(called, own, distinctive=not line.startswith("*"), federation=members)


@cache
def _names() -> dict[str, list[tuple[int, str, Brand]]]:
    """By their first word, each as it stands between other words, with its rank: the longest first."""
    pairs = sorted(((name, brand) for brand in all_brands() for name in brand.names), key=lambda pair: -len(pair[0]))
    found: dict[str, list[tuple[int, str, Brand]]] = {}
    for rank, (name, brand) in enumerate(pairs):
        if not name.startswith("="):
            spaced = _spaced(name)
            found.setdefault(spaced.partition(" ")[0], []).append((rank, f" {spaced} ", brand))
    return found


@cache
def _whole_names() -> dict[str, Brand]:
    """Ordinary words that are a brand only when the sender is called by nothing else."""
    return {name[1:]: brand for brand in all_brands() for name in brand.names if name.startswith("=")}


@lru_cache(maxsize=4_096)
def named_in(text: str) -> Brand | None:
    """The brand that a sender's name (lower-case, as `text.plain` gives it) speaks for: its name as whole words."""
    padded = f" {_spaced(text)} "
    beginning = [one for word in padded.split() for one in _names().get(word, ())]
    found = min(((rank, brand) for rank, name, brand in beginning if name in padded), key=itemgetter(0), default=None)
    return found[1] if found else _whole_names().get(padded.strip())


def named_at_a_glance(shown: str) -> Brand | None:
    """The brand that a sender's name only seems to be: a capital I or a one for an l, a zero for an o (`PayPaI`),
    letters of other scripts or with marks (`Ρaypal`, `Pàypal`).

    None when the name is what it seems.
    """
    seeming = shown.translate(_AT_A_GLANCE)
    if not seeming.isascii():
        bare = unicodedata.normalize("NFKD", seeming).translate(INVISIBLE).translate(LOOK_ALIKES)
        seeming = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return None if seeming == shown or named_in(plain(shown)) else named_in(plain(seeming))


def owns(brand: Brand, host: str) -> bool:
    """Whether the host is the brand's, a member's of its federation, or its name below another honest suffix."""
    domain = registered_domain(host)
    if domain in brand.domains or any(host == own or host.endswith("." + own) for own in brand.domains):
        return True
    first = label(domain)
    risky = domain.rpartition(".")[2] in listed("risky_top_level_domains")
    same_name = any(first == label(own) for own in brand.domains if len(label(own)) >= SHORTEST_LABEL)
    return (same_name and not risky) or first.startswith(brand.federation)


@cache
def owned_domains() -> frozenset[str]:
    """All domains of all brands."""
    return frozenset(domain for brand in all_brands() for domain in brand.domains)


def _spaced(text: str) -> str:
    return " ".join("".join(letter if letter.isalnum() or letter in "&.+'" else " " for letter in text).split())
