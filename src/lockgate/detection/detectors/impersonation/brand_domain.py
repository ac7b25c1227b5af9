"""The sender's domain carries or resembles the name of a much-imitated brand and is not the brand's.

Why it matters: `paypa1.com`, `paypal-service.example` and `xn--pypal-4ve.com` are registered for one purpose.
Known false positives: a company whose own name contains a brand's.
References: MITRE ATT&CK T1583.001; Unicode UTS #39.
"""

from collections.abc import Iterator
from functools import cache, lru_cache

from ahocorasick_rs import AhoCorasick

from lockgate.detection.brands import Brand, all_brands, owned_domains, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import listed
from lockgate.detection.organisations import label, registered_domain
from lockgate.detection.resemblance import ONE_LETTER, SAME_NAME, Look, compare, look_of, own_look_of
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin
from lockgate.model.findings import Category, Evidence

SHORTEST = 5
LONG_ENOUGH = 7  # `lindows` and `email` are honest names one letter from a brand's


@detector("impersonation.brand-domain", Category.PHISHING, weight=3.0, direction=Direction.INBOUND)
def brand_domain(content: Content, origin: Origin) -> Iterator[Outcome]:
    for author in content.authors:
        domain = author.domain
        if not domain or domain in listed("free_mail") or origin.is_internal(domain):
            continue
        if registered_domain(domain) in owned_domains():
            continue
        own, how = _imitated(domain)
        if how:
            explanation = f"the sender's domain {domain} resembles {own}: {how}"
            yield Found(explanation, (Evidence("header From", author.address),))


@cache
def _imitable() -> tuple[tuple[str, Look, Brand], ...]:
    """One domain for each distinctive name."""
    found: dict[str, tuple[str, Look, Brand]] = {}
    for brand in all_brands():
        for own in sorted(brand.domains):
            if brand.distinctive and len(label(own)) >= SHORTEST and own.endswith((".com", ".de", ".org")):
                found.setdefault(label(own), (own, own_look_of(own), brand))
    return tuple(found.values())


@cache
def _spelt() -> AhoCorasick:
    """Finds their names inside others."""
    return AhoCorasick([look.name for _, look, _ in _imitable()])


@cache
def _by_look() -> dict[str, list[int]]:
    """Their places in the table by their plain names, and by first letters."""
    found: dict[str, list[int]] = {}
    for number, (_, look, _) in enumerate(_imitable()):
        for key in (look.plain, look.name[0]):
            found.setdefault(key, []).append(number)
    return found


def _likely(domain: str, look: Look) -> Iterator[tuple[str, Look, Brand]]:
    """Those that could be meant at all: the same plainly, with a word's first letter, or a part of the name."""
    keys = (look.plain, look.folded_plain, *(word[:1] for word in label(domain).split("-")))
    numbers = {number for key in keys for number in _by_look().get(key, ())}
    parts = _spelt().find_matches_as_indexes(f"{look.front} {look.name}", overlapping=True)
    return (_imitable()[number] for number in sorted(numbers.union(number for number, _, _ in parts)))


@lru_cache(maxsize=16_384)
def _imitated(domain: str) -> tuple[str, str]:
    look = look_of(domain)
    for own, own_look, brand in _likely(domain, look):
        how = compare(look, own_look)
        if not how or how == SAME_NAME:
            continue
        if how.endswith(ONE_LETTER) and (len(label(own)) < LONG_ENOUGH or label(domain)[0] != label(own)[0]):
            continue
        if not owns(brand, domain):
            return own, how
    return "", ""
