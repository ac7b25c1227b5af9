"""What Exchange Online found on its first pass, read from the headers it stamped.

Only what Exchange wrote itself may be believed. Exchange writes its results above everything that came with the
message, so the topmost Authentication-Results counts, and only when it speaks Exchange's dialect: no authserv-id
in front of the first method, and a `compauth` result or the comment `sender IP is` (microsoft-365.md §4.7). Fields
with the same names further down came from outside and are ignored.
"""

import re

from lockgate.model.facts import ExchangeVerdict, SenderAuthentication
from lockgate.model.message import Message

# RFC 8601 §2.2 as Exchange writes it: method=result (comment) property=value ...; the next method
_METHOD = re.compile(r"(?:^|;)\s*(spf|dkim|dmarc|compauth|arc)=([a-z]+)([^;]*)", re.IGNORECASE)
_PROPERTY = re.compile(r"([a-z0-9.]+)=([^\s;()]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")


def exchange_results(message: Message) -> tuple[SenderAuthentication | None, ExchangeVerdict | None]:
    """Exchange's authentication results and its filter verdict; None for what it did not stamp."""
    return _authentication(message), _verdict(message)


def _authentication(message: Message) -> SenderAuthentication | None:
    value = message.header("Authentication-Results")
    if value is None:
        return None
    methods = [(match[1].lower(), match[2].lower(), _properties(match[3])) for match in _METHOD.finditer(_bare(value))]
    own_dialect = any(name == "compauth" for name, _, _ in methods) or "(sender IP is " in value
    if not own_dialect or not _METHOD.match(_bare(value)):
        return None

    def result(wanted: str) -> tuple[str, dict[str, str]]:
        return next(((verdict, properties) for name, verdict, properties in methods if name == wanted), ("none", {}))

    spf, spf_properties = result("spf")
    dmarc, dmarc_properties = result("dmarc")
    compauth, compauth_properties = result("compauth")
    domains = (props.get("header.d", "") for name, verdict, props in methods if name == "dkim" and verdict == "pass")
    return SenderAuthentication(
        spf=spf,
        dkim=_best_dkim([verdict for name, verdict, _ in methods if name == "dkim"]),
        dmarc=dmarc,
        judge="exchange",
        spf_domain=spf_properties.get("smtp.mailfrom", "").rpartition("@")[2].lower(),
        dkim_domains=tuple(domain.lower() for domain in domains if domain),
        dmarc_policy=dmarc_properties.get("action", ""),
        compauth=compauth,
        compauth_reason=compauth_properties.get("reason", ""),
        arc=result("arc")[0],
    )


def _bare(value: str) -> str:
    return _COMMENT.sub(" ", value).strip()


def _properties(text: str) -> dict[str, str]:
    return {match[1].lower(): match[2] for match in _PROPERTY.finditer(text)}


def _best_dkim(results: list[str]) -> str:
    """One signature that passes is enough (RFC 6376 §6.1)."""
    if "pass" in results:
        return "pass"
    return results[0] if results else "none"


def _verdict(message: Message) -> ExchangeVerdict | None:
    report = _pairs(message.header("X-Forefront-Antispam-Report") or "")
    bulk = _pairs(message.header("X-Microsoft-Antispam") or "").get("BCL", "")
    stamped = message.header("X-MS-Exchange-Organization-SCL") or report.get("SCL", "")
    if not report and not bulk and not stamped:
        return None
    return ExchangeVerdict(
        spam_confidence=_number(stamped),
        bulk_complaint=_number(bulk),
        category=report.get("CAT", ""),
        filter_verdict=report.get("SFV", ""),
        country=report.get("CTRY", ""),
        client_ip=report.get("CIP", ""),
        helo=report.get("H", ""),
    )


def _pairs(value: str) -> dict[str, str]:
    """`A:1;B:2;` as a mapping; the first of a repeated key counts."""
    pairs: dict[str, str] = {}
    for piece in value.split(";"):
        key, colon, text = piece.strip().partition(":")
        if colon:
            pairs.setdefault(key.strip(), text.strip())
    return pairs


def _number(text: str) -> int | None:
    try:
        return int(text.strip())
    except ValueError:
        return None
