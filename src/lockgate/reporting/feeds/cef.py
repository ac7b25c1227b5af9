"""A message as a CEF line (ArcSight Common Event Format, revision 26), one per recipient."""

from collections.abc import Iterator, Mapping

from lockgate import __version__
from lockgate.model.envelope import Direction
from lockgate.model.findings import Verdict
from lockgate.model.trace import MessageTrace

SEVERITY = {
    Verdict.MALWARE: 10, Verdict.PHISHING: 8, Verdict.FRAUD: 8, Verdict.DLP: 8, Verdict.SPAM: 4, Verdict.BULK: 2,
    Verdict.CLEAN: 1,
}  # fmt: skip
DIRECTION = {Direction.INBOUND: "0", Direction.OUTBOUND: "1"}  # deviceDirection
REASONS = 5


def cef_lines(trace: MessageTrace) -> Iterator[str]:
    """One line per recipient, without an end."""
    verdict = trace.verdict or "unknown"
    severity = SEVERITY[trace.verdict] if trace.verdict else 1
    for one in trace.recipients:
        fields = {
            "rt": int(trace.finished_at.timestamp() * 1000),
            "externalId": trace.id,
            "act": one.state,
            "reason": one.explanation,
            "suser": trace.mail_from,
            "duser": one.rcpt_to,
            "msg": trace.subject,
            "src": trace.peer.partition(" ")[0],
            "in": trace.size,
            "deviceDirection": DIRECTION[trace.direction] if trace.direction else "",
            "cs1Label": "verdict", "cs1": verdict,
            "cs2Label": "policy", "cs2": f"{one.policy_name} v{one.policy_version}" if one.policy_name else "",
            "cs3Label": "headerFrom", "cs3": trace.header_from,
            "cs4Label": "findings", "cs4": " ".join(each.detector for each in trace.findings[:REASONS]),
            "cs5Label": "networkMessageId", "cs5": trace.network_message_id,
            "cs6Label": "tenant", "cs6": trace.tenant_id,
            "cfp1Label": "score", "cfp1": "" if trace.score is None else f"{trace.score:.3f}",
        }  # fmt: skip
        yield cef_line(f"message.{one.state}", f"{verdict} message {one.state}", severity, fields)


def cef_line(event: str, name: str, severity: int, fields: Mapping[str, object]) -> str:
    """One line, without an end; fields that are empty are left out."""
    head = ("Lockgate", "Lockgate", __version__, event, name, severity)
    told = " ".join(f"{key}={_value(value)}" for key, value in fields.items() if str(value))
    return f"CEF:0|{'|'.join(_head(part) for part in head)}|{told}"


def _head(value: object) -> str:
    return _one_line(value).replace("\\", "\\\\").replace("|", "\\|")


def _value(value: object) -> str:
    return _one_line(value).replace("\\", "\\\\").replace("=", "\\=")


def _one_line(value: object) -> str:
    return " ".join(str(value).split())
