"""A link or the sender's address is below a top-level domain where throw-away names are cheap.

Why it matters: campaigns register hundreds of names for a day; they are bought where they cost a euro.
Known false positives: honest companies with new domains; the weight is small and only tips a scale.
References: Interisle, "Phishing Landscape"; Spamhaus, statistics of abused top-level domains.
"""

from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import listed
from lockgate.detection.organisations import registered_domain
from lockgate.model.findings import Category, Evidence


@detector("link.risky-top-level-domain", Category.SPAM, weight=1.2)
def risky_top_level_domain(content: Content) -> Iterator[Outcome]:
    risky = listed("risky_top_level_domains")
    sender = content.header_from.domain
    honest = registered_domain(sender) in owned_domains() or sender in listed("free_mail")
    if sender.rpartition(".")[2] in risky and not honest:
        yield Found(f"the sender's domain is {sender}", (Evidence("header From", content.header_from.address),), 1.4)
    for target in content.web_targets:
        if target.host.rpartition(".")[2] in risky and target.domain not in owned_domains():
            yield Found(f"a link leads to {target.host}", (target.evidence,))
