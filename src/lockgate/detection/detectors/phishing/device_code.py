"""Somebody outside wants a code typed in on the page where devices are signed in.

Why it matters: the page and the sign-in are genuine, so nothing looks wrong and every second factor is passed; who sent
the code is signed in as the reader, with a token that lasts.
Known false positives: manuals of programs for developers, which show no code.
References: RFC 8628 §5.4; Microsoft, "Storm-2372 conducts device code phishing campaign" (2025); MITRE ATT&CK T1528.
"""

import re
from collections.abc import Iterator

from lockgate.detection.content import Content
from lockgate.detection.detector import Found, Outcome, detector
from lockgate.detection.lures import is_stranger
from lockgate.detection.text import has_any
from lockgate.model.envelope import Direction
from lockgate.model.facts import Origin, SenderHistory
from lockgate.model.findings import Category, Evidence
from lockgate.model.message import Message

_PAGE = re.compile(
    r"microsoft\.com/(?:[a-z]{2}-[a-z]{2}/)?devicelogin|aka\.ms/devicelogin|/oauth2/(?:v2\.0/)?deviceauth|"
    r"login\.microsoft(?:online)?\.com/device\b|google\.com/device\b|github\.com/login/device|"
    r"/activate/device\b|okta\.com/activate\b",
    re.IGNORECASE,
)
_SIGNS = ("/device", "/activate")
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9 -]*[A-Z])[A-HJ-NP-Z0-9]{4}[ -]?[A-HJ-NP-Z0-9]{4,5}(?![A-Za-z0-9])")


@detector("phishing.device-code", Category.PHISHING, weight=2.4, direction=Direction.INBOUND)
def device_code(message: Message, content: Content, origin: Origin, history: SenderHistory | None) -> Iterator[Outcome]:
    words = content.words
    if not has_any(words, _SIGNS) and not any(has_any(link.url, _SIGNS) for link in content.web_targets):
        return
    text = f"{message.subject}\n{message.visible_text[:8_000]}"
    page = _PAGE.search(text)
    address = page.group() if page else next((one.url for one in content.web_targets if _PAGE.search(one.url)), "")
    if not address or not is_stranger(content, origin, history):
        return
    code = _CODE.search(text)
    evidence = [Evidence("text", address)] + ([Evidence("text", code.group())] if code else [])
    shown = f" and gives the code {code.group()}" if code else ""
    yield Found(f"a stranger sends to the sign-in of devices{shown}", tuple(evidence), 2.1 if code else 1.0)
