"""What Exchange Online found on its first pass, read from the headers it stamped (microsoft-365.md §4.7).

Only what Exchange wrote itself may be believed. It writes its Authentication-Results above the Received field with
which it took the message from outside; whatever stands below that border came with the message. Of what is above,
the topmost counts, and only in Exchange's dialect: no authserv-id, and a `compauth` result or `sender IP is`. The
filter's own fields are taken topmost too: Exchange renames those that arrive from outside to `...-Untrusted`.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence

from lockgate.model.facts import ExchangeVerdict, SenderAuthentication
from lockgate.model.message import Message
from lockgate.sender_authentication.authentication_results import AuthenticationResults, MethodResult, parse

_RECEIVED = re.compile(r"from\s+(\S+)(.*?)\bby\s+(\S+)", re.IGNORECASE | re.DOTALL)
_ADDRESS = re.compile(r"\[?([0-9a-fA-F:.]*[:.][0-9a-fA-F:.]+)\]?")
Named = tuple[str, str]  # a field's name in lower case, and its unfolded value
LOOKED_AT = frozenset({"received", "authentication-results"})  # what the border and the results are told by
# Between Exchange's own hosts: second group of their addresses per region (2603:10a6:: Europe, 2603:10b6:: Americas).
_OWN_GROUPS = frozenset({0x1096, 0x10A6, 0x10B6, 0x10C6, 0x10D6, 0x10E6})


def exchange_results(message: Message) -> tuple[SenderAuthentication | None, ExchangeVerdict | None]:
    """Exchange's authentication results and its filter verdict; None for what it did not stamp."""
    return _authentication(message), _verdict(message)


def first_pass(fields: Iterable[Named]) -> AuthenticationResults | None:
    """What Exchange found when it took this message from outside, fields topmost first; None when it does not say.

    For vouching to others: where Exchange left no trace of its own on top, nothing is believed.
    """
    above, traced = _above_border([each for each in fields if each[0] in LOOKED_AT])
    return _exchanges_own(above) if traced else None


def _exchanges_own(above: Sequence[Named]) -> AuthenticationResults | None:
    value = next((value for name, value in above if name == "authentication-results"), None)
    if value is None:
        return None
    results = parse(value)
    if results.authserv_id or not (results.first("compauth") or "(sender ip is " in value.lower()):
        return None
    return results


def _authentication(message: Message) -> SenderAuthentication | None:
    names = ((field.name.lower(), field.value) for field in message.headers)
    above, _ = _above_border([each for each in names if each[0] in LOOKED_AT])
    results = _exchanges_own(above)
    if results is None:
        return None
    spf, dmarc, compauth = (results.first(name) or MethodResult(name, "none") for name in ("spf", "dmarc", "compauth"))
    signatures = [each for each in results.methods if each.method == "dkim"]
    return SenderAuthentication(
        spf=spf.result,
        dkim=_best([each.result for each in signatures]),
        dmarc=dmarc.result,
        judge="exchange",
        spf_domain=spf.property("smtp.mailfrom").rpartition("@")[2].lower(),
        dkim_domains=_signers(signatures),
        dmarc_policy=dmarc.property("action"),
        compauth=compauth.result,
        compauth_reason=compauth.property("reason"),
        arc=_result(results, "arc"),
    )


def _result(results: AuthenticationResults, method: str) -> str:
    found = results.first(method)
    return found.result if found is not None else "none"


def _best(results: list[str]) -> str:
    """One signature that passes is enough (RFC 6376 §6.1)."""
    if "pass" in results:
        return "pass"
    return results[0] if results else "none"


def _signers(signatures: list[MethodResult]) -> tuple[str, ...]:
    domains = (each.property("header.d").lower() for each in signatures if each.result == "pass")
    return tuple(dict.fromkeys(domain for domain in domains if domain))


def _above_border(fields: Sequence[Named]) -> tuple[Sequence[Named], bool]:
    """The fields above the Received with which Exchange took the message, and whether Exchange left a trace on top.

    All of them without a trace: a message that is looked at offline may have lost its upper fields.
    """
    traced = False
    for index, (name, value) in enumerate(fields):
        if name != "received":
            continue
        found = _RECEIVED.search(value)
        if found is None or not _microsoft(found.group(3)):
            return (fields[:index], True) if traced else (fields, False)
        traced = True
        if not (_microsoft(found.group(1)) and _own_address(found.group(2))):
            return fields[:index], True
    return fields, traced


def _microsoft(host: str) -> bool:
    return (
        host.lower().rstrip(".;").endswith((".outlook.com", ".office365.com", ".office365.us", ".partner.outlook.cn"))
    )


def _own_address(text: str) -> bool:
    """Whether a hop came from inside Exchange. The name alone proves nothing: HELO is what the client says."""
    found = _ADDRESS.search(text)
    if found is None:
        return False
    try:
        address = ipaddress.ip_address(found.group(1))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return address in ipaddress.IPv4Network("10.0.0.0/8")
    groups = address.exploded.split(":")
    return address.is_loopback or (groups[0] == "2603" and int(groups[1], 16) in _OWN_GROUPS)


def _verdict(message: Message) -> ExchangeVerdict | None:
    report = _pairs(message.header("X-Forefront-Antispam-Report") or "")
    bulk = _pairs(message.header("X-Microsoft-Antispam") or "").get("BCL", "")
    stamped = message.header("X-MS-Exchange-Organization-SCL") or report.get("SCL", "")
    if not report and not bulk and not stamped:
        return None
    return ExchangeVerdict(
        spam_confidence=_number(stamped, -1),
        bulk_complaint=_number(bulk, 0),
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


def _number(text: str, lowest: int) -> int | None:
    """SCL is -1..9, BCL 0..9; anything else is no number of Exchange's."""
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"-?\d", stripped) and lowest <= int(stripped) else None
