"""Get-MessageTraceV2 and its detail, answered from what mail flow recorded (microsoft-365.md §3.4).

A row is one message for one recipient. Rows come newest first; the next page starts at the last row's
recipient and end date, as the documentation says.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from m365_simulator.exchange_admin.failures import CmdletFailure, invalid
from m365_simulator.exchange_admin.invocation import Invocation, Run
from m365_simulator.exchange_admin.object_store import stamp
from m365_simulator.exchange_admin.organisation import text, texts
from m365_simulator.world import MessageHop, Properties

HISTORY, WINDOW, DEFAULT_WINDOW = timedelta(days=90), timedelta(days=10), timedelta(hours=48)
RESULT_SIZES = range(1, 5001)
QUERIES, QUERY_WINDOW = 100, timedelta(minutes=5)
_STATUS = {
    "RECEIVE": "GettingStatus",
    "RULE": "GettingStatus",
    "ROUTE": "GettingStatus",
    "DEFER": "Pending",
    "DELIVER": "Delivered",
    "JUNK": "Delivered",
    "SEND_INTERNET": "Delivered",
    "SEND_CONNECTOR": "Delivered",
    "EXPAND": "Expanded",
    "QUARANTINE": "Quarantined",
    "DELETE": "FilteredAsSpam",
    "FAIL": "Failed",
    "LOOP": "Failed",
}
_EVENTS = {
    "RECEIVE": "Receive",
    "RULE": "Transport rule",
    "ROUTE": "Submit",
    "DEFER": "Defer",
    "DELIVER": "Deliver",
    "JUNK": "Deliver",
    "SEND_INTERNET": "Send external",
    "SEND_CONNECTOR": "Send external",
    "EXPAND": "Expand",
    "QUARANTINE": "Quarantine",
    "DELETE": "Drop",
    "FAIL": "Fail",
    "LOOP": "Fail",
}


@dataclass
class _Trail:
    """What is known of one message for one recipient."""

    received: datetime
    trace_id: str
    recipient: str
    first: Properties
    status: str = "GettingStatus"
    facts: Properties = field(default_factory=dict)


def trace(call: Invocation) -> list[Properties]:
    """Get-MessageTraceV2."""
    _check_rate(call)
    start, end = _window(call)
    size = int(call.text("ResultSize", "1000"))
    if size not in RESULT_SIZES:
        raise invalid("ResultSize must be between 1 and 5000.")
    rows = [_row(trail) for trail in _trails(call) if start <= trail.received <= end]
    rows = [row for row in rows if _wanted(call, row)]
    rows.sort(key=lambda row: (text(row, "Received"), text(row, "RecipientAddress")), reverse=True)
    starting = call.text("StartingRecipientAddress").lower()
    if starting:
        last = stamp_precise(end)
        rows = [r for r in rows if text(r, "Received") < last or text(r, "RecipientAddress") < starting]
    if len(rows) > size:
        call.warnings.append(
            "There are more results, use the following command to get more. Get-MessageTraceV2 "
            f'-EndDate "{rows[size - 1]["Received"]}" -StartingRecipientAddress "{rows[size - 1]["RecipientAddress"]}"'
        )
    return rows[:size]


def detail(call: Invocation) -> list[Properties]:
    """Get-MessageTraceDetailV2: the steps of one message for one recipient."""
    wanted, recipient = call.text("MessageTraceId"), call.text("RecipientAddress").lower()
    events = {event.lower() for event in call.texts("Event")}
    steps = [hop for hop in _hops(call) if hop.network_message_id == wanted and recipient in _recipients(hop)]
    rows = [_step(hop) for hop in steps]
    return [row for row in rows if not events or text(row, "Event").lower() in events]


def stamp_precise(moment: datetime) -> str:
    """A date with microseconds: rows must sort and page by it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _hops(call: Invocation) -> list[MessageHop]:
    return [hop for hop in call.world.hops if hop.tenant_id == call.tenant.id and hop.network_message_id]


def _recipients(hop: MessageHop) -> list[str]:
    return [address.lower() for address in texts(hop.detail, "recipients")]


def _trails(call: Invocation) -> list[_Trail]:
    trails: dict[tuple[str, str], _Trail] = {}
    received: dict[str, MessageHop] = {}
    for hop in _hops(call):
        first = received.setdefault(hop.network_message_id, hop)
        for recipient in _recipients(hop):
            key = (hop.network_message_id, recipient)
            trail = trails.setdefault(key, _Trail(first.time, key[0], recipient, first.detail))
            trail.status = _STATUS.get(hop.event, trail.status)
            trail.facts.update({name: value for name, value in hop.detail.items() if value not in ("", None)})
    return list(trails.values())


def _row(trail: _Trail) -> Properties:
    known = {**trail.first, **trail.facts}
    return {
        "Organization": "",
        "MessageId": text(known, "internet_message_id"),
        "Received": stamp_precise(trail.received),
        "SenderAddress": text(known, "mail_from"),
        "RecipientAddress": trail.recipient,
        "Subject": text(known, "subject"),
        "Status": trail.status,
        "ToIP": text(known, "to_ip") or None,
        "FromIP": text(known, "client_ip"),
        "Size": known.get("size") or 0,
        "MessageTraceId": trail.trace_id,
    }


def _step(hop: MessageHop) -> Properties:
    said = [text(hop.detail, name) for name in ("led", "reply", "connector", "folder", "by") if hop.detail.get(name)]
    return {
        "Date": stamp(hop.time),
        "Event": _EVENTS.get(hop.event, hop.event.title()),
        "Action": text(hop.detail, "by"),
        "Detail": "; ".join(said),
        "Data": "",
        "MessageTraceId": hop.network_message_id,
    }


def _wanted(call: Invocation, row: Properties) -> bool:
    lists = {"SenderAddress": "SenderAddress", "RecipientAddress": "RecipientAddress", "Status": "Status"}
    for parameter, column in {**lists, "MessageId": "MessageId"}.items():
        patterns = [pattern.lower().strip() for pattern in call.texts(parameter)]
        value = text(row, column).lower()
        bare = value.strip("<>")
        if patterns and not any(fnmatchcase(value, p) or fnmatchcase(bare, p.strip("<>")) for p in patterns):
            return False
    exact = {"MessageTraceId": "MessageTraceId", "FromIP": "FromIP", "ToIP": "ToIP"}
    if any(call.text(name) and call.text(name) != text(row, column) for name, column in exact.items()):
        return False
    return _subject_matches(call, text(row, "Subject").lower())


def _subject_matches(call: Invocation, subject: str) -> bool:
    wanted = call.text("Subject").lower()
    match call.text("SubjectFilterType", "Contains").lower():
        case "startswith":
            return subject.startswith(wanted)
        case "endswith":
            return subject.endswith(wanted)
        case _:
            return wanted in subject


def _window(call: Invocation) -> tuple[datetime, datetime]:
    end = datetime.fromisoformat(call.text("EndDate")) if call.text("EndDate") else call.now
    start = datetime.fromisoformat(call.text("StartDate")) if call.text("StartDate") else end - DEFAULT_WINDOW
    if start > end:
        raise invalid("StartDate must not be after EndDate.")
    if end - start > WINDOW:
        raise invalid("The time between StartDate and EndDate can be at most 10 days.")
    if start < call.now - HISTORY - timedelta(minutes=5):
        raise invalid("StartDate can be at most 90 days ago.")
    return start, end


def _check_rate(call: Invocation) -> None:
    """100 queries in 5 minutes; only when switch `message_trace_limit` is on, as tests poll."""
    if call.switch("message_trace_limit", False) is not True:
        return
    since = call.now - QUERY_WINDOW
    mine = [
        made
        for made in reversed(call.world.history)
        if made.time > since and made.tenant_id == call.tenant.id and made.detail.get("cmdlet") == "Get-MessageTraceV2"
    ]
    if len(mine) > QUERIES:
        raise CmdletFailure("Microsoft.Exchange.Management.Tasks.ThrottlingException", "Too many requests.", 429)


CMDLETS: dict[str, Run] = {"Get-MessageTraceV2": trace, "Get-MessageTraceDetailV2": detail}
