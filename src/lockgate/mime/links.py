"""Links in text, and what stands behind link rewriters (Safe Links and the like)."""

import base64
import binascii
import re
from urllib.parse import parse_qs, unquote, urlsplit

_URL = re.compile(r"""(?:https?://|www\.)[^\s<>"'\]\)}]{3,2000}""", re.IGNORECASE)
_TRAILING = ".,;:!?*_"
LINKS = 500
ROUNDS = 4
# Rewriters that carry the target in a query parameter: host suffix -> parameter names.
_IN_QUERY = {
    "safelinks.protection.outlook.com": ("url",),  # Microsoft Defender for Office 365
    "urldefense.proofpoint.com": ("u",),
    "linkprotect.cudasvc.com": ("a",),  # Barracuda
    "urlprotect.trendmicro.com": ("url",),
    "clicktime.trendmicro.com": ("url",),
    "www.google.com": ("q", "url"),
    "secure-web.cisco.com": ("u",),
    "l.facebook.com": ("u",),
    "slack-redir.net": ("url",),
}
_PROOFPOINT_3 = re.compile(r"https://urldefense\.com/v3/__(.+?)__;([A-Za-z0-9_-]*)", re.IGNORECASE)


def links_in_text(text: str) -> list[str]:
    """URLs as a mail client would make clickable in plain text, each once, in order."""
    found: dict[str, None] = {}
    for match in _URL.finditer(text):
        url = match.group().rstrip(_TRAILING)
        found.setdefault(url if "://" in url else f"http://{url}")
        if len(found) >= LINKS:
            break
    return list(found)


def unwrap(url: str) -> str:
    """The target behind known rewriters, at most four deep; the URL itself when there is none."""
    for _ in range(ROUNDS):
        inner = _inner(url)
        if inner is None:
            return url
        url = inner
    return url


def _inner(url: str) -> str | None:
    if match := _PROOFPOINT_3.match(url):
        return _proofpoint_3(match.group(1), match.group(2))
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return None
    for suffix, names in _IN_QUERY.items():
        if host == suffix or host.endswith("." + suffix):
            if host == "www.google.com" and parts.path != "/url":
                return None
            target = next((values[0] for name in names if (values := parse_qs(parts.query).get(name))), None)
            if target and host == "urldefense.proofpoint.com" and "/v2/" in parts.path:
                target = unquote(target.replace("-", "%").replace("_", "/"))
            return target if target and target.lower().startswith(("http://", "https://")) else None
    return None


def _proofpoint_3(shown: str, encoded: str) -> str:
    """Version 3 replaces special characters by `*` and lists them behind, base64-encoded."""
    try:
        removed = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return shown
    characters = iter(removed)
    return "".join(next(characters, "*") if char == "*" else char for char in shown)
