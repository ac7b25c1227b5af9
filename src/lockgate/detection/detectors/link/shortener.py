"""A link goes through a public URL shortener.

Why it matters: the reader cannot see where it leads, and a filter cannot either without following it. Organisations
write their own addresses into business mail.
Known false positives: newsletters and social media notices; surveys.
References: MITRE ATT&CK T1566.002; sublime-security/static-files, url_shorteners.
"""

from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.model.findings import Category
from lockgate.model.message import LinkSource

OWN_SHORTENERS = frozenset(
    {"youtu.be", "fb.me", "lnkd.in", "t.co", "aka.ms", "amzn.to", "g.co", "apple.co", "wp.me", "maps.app.goo.gl",
     "photos.app.goo.gl", "msft.it", "spoti.fi", "ebay.us"}
)  # fmt: skip


@detector("link.shortener", Category.PHISHING, weight=1.3)
def shortener(content: Content) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    for target in content.web_targets:
        if covers("url_shorteners", target.host) and target.host not in OWN_SHORTENERS and len(target.path) > 1:
            strength = 1.8 if target.link.source is LinkSource.QR_CODE else 1.0
            yield Found(f"a link hides its target behind {target.host}", (target.evidence,), strength)
