"""A link's address talks of signing in, verifying or a wallet, and is not at the sender's or a known brand's domain.

Why it matters: the path of a forged page says what the page is for.
Known false positives: password resets of services that use another domain for their accounts.
References: MITRE ATT&CK T1566.002.
"""

import re
from collections.abc import Iterator

from lockgate.detection.brands import owned_domains
from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lists import covers
from lockgate.detection.text import has_any
from lockgate.model.findings import Category

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
_BEGINNINGS = ("sign", "log", "wp-", "webmail", "owa", "verif", "secure", "account", "wallet", "recover", "unlock",
               "validat", "passwor", "webscr", "cgi-bin")  # fmt: skip
_WORDS = re.compile(
    r"(?:^|[^a-z])(?:sign-?in|log-?in|logon|wp-(?:admin|includes|content)|webmail|owa|verif(?:y|ication|ied)|"
    r"secure|account-?(?:update|verify)|wallet|recover|unlock|validat(?:e|ion)|password|passwort|webscr|cgi-bin)"
    r"(?:[^a-z]|$)",
)


@detector("link.sign-in-words", Category.PHISHING, weight=0.6)
def sign_in_words(content: Content) -> Iterator[Outcome]:
    if content.is_discussion:
        return
    for target in content.foreign_targets:
        if target.domain in owned_domains():
            continue
        address = f"{target.host}{target.path}"[:500].lower()
        match = _WORDS.search(address) if has_any(address, _BEGINNINGS) else None
        if match:
            if target.path.lower().endswith(PICTURES):
                continue
            strength = 2.0 if covers("free_subdomain_hosts", target.host) or "wp-" in match.group() else 1.0
            explanation = f"a link to {target.host} speaks of '{match.group().strip('/.-_')}'"
            yield Found(explanation, (target.evidence,), strength)
