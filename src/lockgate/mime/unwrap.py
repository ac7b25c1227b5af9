"""The target behind a link rewriter: Safe Links, Proofpoint, Mimecast and the like, search engines, click counters.

Only what the address itself tells; nothing is asked of the network. Rounds are bounded, since wrappers nest.
"""

import base64
import binascii
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

MAX_ROUNDS = 6
MAX_URL = 16_384
_IGNORED = re.compile(r"[\t\r\n]")  # urlsplit takes them out, as browsers do

_V3 = re.compile(r"/v3/__(.+?)__;([A-Za-z0-9_=-]*)!")
_V3_TOKEN = re.compile(r"\*(\*.)?")
_V3_RUNS = {
    char: index + 2 for index, char in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}


def unwrap(url: str) -> str:
    """The innermost target, or `url` itself when no known rewriter stands in front. Never raises."""
    current = url
    for _ in range(MAX_ROUNDS):
        inner = _one_round(current)
        if not inner or inner == current:
            break
        current = inner
    return current


def _one_round(url: str) -> str:
    if len(url) > MAX_URL or not url[:8].lower().startswith(("http://", "https://")):
        return ""
    if not _may_be_known(_IGNORED.sub("", url).split("/", 3)[2].lower()):
        return ""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").lower()
    except ValueError:
        return ""
    labels = host.split(".")
    for count in range(2, min(len(labels), 6) + 1):
        read = _REWRITERS.get(".".join(labels[-count:]))
        if read is not None:
            try:
                return _sound(read(parts))
            except (ValueError, IndexError, binascii.Error):
                return ""
    return _google(labels, parts)


def _sound(target: str) -> str:
    """A target without a scheme gets one; anything that is no web address is no target."""
    target = target.strip()
    if target[:8].lower().startswith(("http://", "https://", "ftp://")):
        return target
    head = target.split("/", 1)[0]
    return "https://" + target if "." in head and " " not in head and ":" not in head.split(".")[0] else ""


def _query(parts: SplitResult, *names: str) -> str:
    found = parse_qs(parts.query.replace("&amp;", "&"), max_num_fields=100)
    lowered = {name.lower(): values[0] for name, values in found.items()}
    return next((lowered[name.lower()] for name in names if lowered.get(name.lower())), "")


def _proofpoint(parts: SplitResult) -> str:
    path = parts.path
    if path.startswith("/v1/"):
        return unquote(_query(parts, "u"))
    if path.startswith("/v2/"):
        return unquote(_query(parts, "u").replace("-", "%").replace("_", "/"))
    found = _V3.search(parts.geturl())
    return _proofpoint_v3(found.group(1), found.group(2)) if found else ""


def _proofpoint_v3(address: str, encoded: str) -> str:
    """Version 3: `*` stands for the next replaced character, `**X` for a run of X of them (URL-safe base64 list)."""
    replaced = iter(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode("utf-8", "replace"))

    def fill(token: re.Match[str]) -> str:
        run = _V3_RUNS.get(token.group(1)[1:], 1) if token.group(1) else 1
        return "".join(next(replaced, "") for _ in range(run))

    restored = _V3_TOKEN.sub(fill, unquote(address) if "%" in address and "*" not in address else address)
    return re.sub(r"^(https?):/(?=[^/])", r"\1://", restored)


def _barracuda(parts: SplitResult) -> str:
    return _query(parts, "a", "u", "url")


def _sophos(parts: SplitResult) -> str:
    """The address is base64 in `u`, the domain in `d` for readers."""
    value = _query(parts, "u").replace("+", "-").replace("/", "_")
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "replace") if value else ""


def _cisco(parts: SplitResult) -> str:
    found = re.search(r"/(https?(?::|%3A).+)$", parts.geturl().split("//", 1)[1], re.IGNORECASE)
    return unquote(found.group(1)) if found else _query(parts, "u", "url")


def _mimecast(parts: SplitResult) -> str:
    """The address is kept by Mimecast; `domain` says whose it is."""
    return _query(parts, "domain", "url")


def _checkpoint(parts: SplitResult) -> str:
    """Check Point (Avanan): the address stands between two runs of underscores behind the version."""
    found = re.search(r"/v2/(?:r\d{2}/)?_{2,3}(https?:.{3,4000}?)_{2,3}\.", parts.geturl(), re.IGNORECASE)
    return unquote(found.group(1)) if found else ""


def _yahoo(parts: SplitResult) -> str:
    found = re.search(r"/RU=(https?%3a[^/]{3,4000})", parts.path, re.IGNORECASE)
    return unquote(found.group(1)) if found else ""


def _amazon_ses(parts: SplitResult) -> str:
    """Click counting of Amazon SES: `/L0/<address, percent-encoded>/...`."""
    found = re.match(r"/[A-Z]\d/(https?:?(?:%3A)?%2F%2F[^/]{3,4000})", parts.path, re.IGNORECASE)
    return unquote(found.group(1)) if found else ""


def _postmark(parts: SplitResult) -> str:
    """Click counting of Postmark: `/3s/<host and path, percent-encoded>/...`."""
    found = re.match(r"/\d?s?/([^/]{3,4000})/", parts.path)
    return unquote(found.group(1)) if found else ""


def _trend(parts: SplitResult) -> str:
    if "/wis/clicktime/" not in parts.path:
        return ""
    return _query(parts, "url", "u") or unquote(parts.path.partition("/wis/clicktime/v1/query")[2])


def _fireeye(parts: SplitResult) -> str:
    return _query(parts, "u", "url")


def _plain(parts: SplitResult) -> str:
    return _query(parts, "url", "u", "q", "target", "dest", "destination", "redirect", "link", "to", "r", "z", "x")


def _google(labels: list[str], parts: SplitResult) -> str:
    """google.<any country>/url?q=, /amp/s/ and their like, and Bing's /ck/a with its base64 target."""
    if "google" in labels[:3] and parts.path in _GOOGLE_PATHS:
        return _sound(_query(parts, "q", "url", "adurl", "imgrefurl", "pcurl", "u", "lite_url"))
    if "google" in labels[:3] and parts.path.startswith("/amp/"):
        return _sound(parts.path.removeprefix("/amp/").removeprefix("s/"))
    if labels[-2:] == ["bing", "com"] and parts.path.startswith("/ck/a"):
        value = _query(parts, "u").removeprefix("a1")
        try:
            return _sound(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "replace"))
        except (ValueError, binascii.Error):
            return ""
    if labels[-2:] == ["youtube", "com"] and parts.path == "/redirect":
        return _sound(_query(parts, "q"))
    return ""


_GOOGLE_PATHS = frozenset(
    {"/url", "/imgres", "/local_url", "/aclk", "/travel/clk", "/translate", "/pagead/aclk", "/pcs/click", "/gwt/x"}
)


def _advertisement(parts: SplitResult) -> str:
    """Google's advertising hosts: `adurl=`, or the address behind a question mark (`/ddm/clk/...;?https://...`)."""
    return _query(parts, "adurl", "url", "u") or (parts.query if parts.query[:4].lower() == "http" else "")


def _translated(parts: SplitResult) -> str:
    """Google Translate serves example-site.com as example--site-com.translate.goog."""
    host = (parts.hostname or "").removesuffix(".translate.goog")
    plain = host.replace("--", "\x00").replace("-", ".").replace("\x00", "-")
    query = "&".join(pair for pair in parts.query.split("&") if not pair.startswith("_x_tr_"))
    return f"https://{plain}{parts.path}" + (f"?{query}" if query else "")


_REWRITERS: dict[str, Callable[[SplitResult], str]] = {
    "safelinks.protection.outlook.com": _plain,
    "safelinks.protection.office365.us": _plain,
    "safelinks.protection.partner.outlook.cn": _plain,
    "statics.teams.cdn.office.net": _plain,
    "urldefense.proofpoint.com": _proofpoint,
    "urldefense.com": _proofpoint,
    "urldefense.us": _proofpoint,
    "linkprotect.cudasvc.com": _barracuda,
    "protection.sophos.com": _sophos,
    "secure-web.cisco.com": _cisco,
    "trendmicro.com": _trend,
    "mimecast.com": _mimecast,
    "mimecastprotect.com": _mimecast,
    "protect.checkpoint.com": _checkpoint,
    "url.avanan.click": _checkpoint,
    "link.zixcentral.com": _plain,
    "link.edgepilot.com": _plain,
    "linklock.titanhq.com": _plain,
    "scanmail.trustwave.com": _plain,
    "deref-mail.com": lambda parts: _query(parts, "redirectUrl"),
    "deref-gmx.net": lambda parts: _query(parts, "redirectUrl"),
    "deref-gmx.com": lambda parts: _query(parts, "redirectUrl"),
    "deref-web.de": lambda parts: _query(parts, "redirectUrl"),
    "awstrack.me": _amazon_ses,
    "click.pstmrk.it": _postmark,
    "r.search.yahoo.com": _yahoo,
    "googleadservices.com": _advertisement,
    "doubleclick.net": _advertisement,
    "out.reddit.com": _plain,
    "t.umblr.com": _plain,
    "exit.sc": _plain,
    "clicktime.symantec.com": _plain,
    "clicktime.cloud.postoffice.net": _plain,
    "protect.fireeye.com": _fireeye,
    "protect2.fireeye.com": _fireeye,
    "url.emailprotection.link": _plain,
    "linkshield.egress.com": _plain,
    "shared.outlook.inky.com": _plain,
    "urlsand.esvalabs.com": _plain,
    "l.facebook.com": _plain,
    "lm.facebook.com": _plain,
    "l.instagram.com": _plain,
    "linkedin.com": lambda parts: _query(parts, "url") if parts.path.startswith(("/redir", "/safety")) else "",
    "slack-redir.net": _plain,
    "steamcommunity.com": lambda parts: _query(parts, "url", "u") if parts.path.startswith("/linkfilter") else "",
    "duckduckgo.com": lambda parts: _query(parts, "uddg") if parts.path.startswith("/l/") else "",
    "tiktok.com": lambda parts: _query(parts, "target") if parts.path.startswith("/link/") else "",
    "pinterest.com": lambda parts: _query(parts, "url") if parts.path.startswith("/offsite") else "",
    "vk.com": lambda parts: _query(parts, "to") if parts.path.startswith("/away") else "",
    "translate.goog": _translated,
}

# One quick look before an address is taken apart: no address without one of these names is a known rewriter's.
_KNOWN = re.compile("|".join(re.escape(name) for name in (*_REWRITERS, "google", "bing.com", "youtube.com")))


@lru_cache(maxsize=4_096)
def _may_be_known(host: str) -> bool:
    return _KNOWN.search(host) is not None
