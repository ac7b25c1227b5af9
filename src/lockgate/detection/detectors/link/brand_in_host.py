"""A link's host carries the name of a much-imitated brand and is not the brand's.

Why it matters: `paypal.com.secure-login.example` and `microsoft-365-login.example` are read from the left.
Known false positives: shops and fan pages that name a brand they sell.
References: MITRE ATT&CK T1583.001; Anti-Phishing Working Group, "Phishing Activity Trends Report".
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from lockgate.detection.brands import Brand, all_brands, owned_domains, owns
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.text import skeleton
from lockgate.model.findings import Category
from lockgate.model.message import LinkSource

SHORTEST = 6
_BAIT = re.compile(
    r"log-?in|sign-?in|secur|verif|account|update|support|auth|wallet|confirm|service|kunden|konto|client"
)


@cache
def _names() -> tuple[tuple[str, Brand], ...]:
    pairs = ((skeleton(name), brand) for brand in all_brands() if brand.distinctive for name in brand.names)
    return tuple((name, brand) for name, brand in pairs if len(name) >= SHORTEST and name != "phantomwallet")


@cache
def _any_name() -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name) for name, _ in _names()))


@lru_cache(maxsize=4_096)
def _named_in(bare: str) -> tuple[tuple[str, Brand], ...]:
    """Names that the host has, in the table's order; one pass over a host that has none, as nearly all have."""
    return tuple((name, brand) for name, brand in _names() if name in bare) if _any_name().search(bare) else ()


@detector("link.brand-in-host", Category.PHISHING, weight=3.0)
def brand_in_host(content: Content) -> Iterator[Outcome]:
    seen: set[str] = set()
    for target in content.web_targets:
        if target.host in seen or target.link.source is LinkSource.IMAGE:  # nobody reads where pictures come from
            continue
        seen.add(target.host)
        if target.domain in owned_domains():
            continue
        for name, brand in _named_in(target.host.replace("-", "")):
            if not owns(brand, target.host):
                strength = 1.0 if _BAIT.search(target.host) or f"{name}.com." in target.host else 0.6
                explanation = f"the host {target.host} carries the name {brand.name} and is not theirs"
                yield Found(explanation, (target.evidence,), strength)
                break
