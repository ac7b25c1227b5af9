"""A link is written so that its real host is hard to see: a name before an @, an odd port, a doubled scheme.

Why it matters: `https://bank.example@203.0.113.5/` opens the second host. Browsers understand these forms, readers
do not.
Known false positives: links into test systems with an explicit port (weak).
References: RFC 3986 §7.6; WHATWG URL standard §4.4.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.model.findings import Category

USUAL_PORTS = frozenset({"", "80", "443", "8080", "8443"})


@detector("link.disguised-address", Category.PHISHING, weight=3.0)
def disguised_address(content: Content) -> Iterator[Outcome]:
    for target in content.web_targets:
        if target.user and "." in target.user:
            yield Found(f"a link starts like {target.user} and opens {target.host}", (target.evidence,))
        elif target.port not in USUAL_PORTS and "." in target.host:
            yield Found(f"a link opens the unusual port {target.port} of {target.host}", (target.evidence,), 0.3)
        if "\\" in target.url[:60]:
            yield Found(f"a link to {target.host} is written with backslashes", (target.evidence,), 0.7)
    for target in content.targets:
        if target.scheme in ("data", "javascript", "vbscript", "ms-msdt", "search-ms"):
            strength = 0.2 if target.scheme == "javascript" else 1.3
            yield Found(f"a link of the scheme {target.scheme}", (target.evidence,), strength)
