"""How values are said to people: times in UTC, sizes in binary units, states and verdicts with a colour."""

from collections.abc import Sized
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from markupsafe import Markup, escape

from lockgate.model.findings import Verdict
from lockgate.model.lifecycle import State
from lockgate.model.service_account import AccountStatus, StageState
from lockgate.model.tenant import Protection
from lockgate.model.user_report import ReportState

KIB = 1024
GOOD, MILD, WARN, BAD, CALM = "green", "azure", "yellow", "red", "secondary"

COLOURS: dict[StrEnum, str] = {
    Verdict.CLEAN: GOOD, Verdict.BULK: MILD, Verdict.SPAM: WARN, Verdict.DLP: "purple", Verdict.FRAUD: BAD,
    Verdict.PHISHING: BAD, Verdict.MALWARE: BAD,
    State.RECEIVED: CALM, State.RELAYED: GOOD, State.JUNKED: WARN, State.UNLOGGED: GOOD, State.QUARANTINED: "orange",
    State.DELETED: BAD,
    State.QUEUED: MILD, State.DEFERRED: WARN, State.REFUSED: BAD, State.RELEASING: MILD, State.RELEASED: GOOD,
    State.BOUNCED: BAD, State.EXPIRED: CALM, State.TAKEN: GOOD,
    Protection.OFF: CALM, Protection.PREPARING: MILD, Protection.LIVE: GOOD, Protection.BYPASSED: WARN,
    AccountStatus.GRANTING: MILD, AccountStatus.SYNCING: MILD, AccountStatus.READY: MILD, AccountStatus.APPLYING: MILD,
    AccountStatus.CHANGING: MILD,
    AccountStatus.ACTIVE: GOOD, AccountStatus.ATTENTION: BAD, AccountStatus.REVOKING: WARN, AccountStatus.REVOKED: CALM,
    ReportState.ARRIVED: MILD, ReportState.WAITING: WARN, ReportState.UNREADABLE: CALM, ReportState.HARMLESS: GOOD,
    ReportState.REJECTED: CALM, ReportState.MITIGATED: BAD,
    StageState.WAITING: CALM, StageState.RUNNING: MILD, StageState.DONE: GOOD, StageState.FAILED: BAD,
}  # fmt: skip

STATES = {
    State.RECEIVED: "Received", State.RELAYED: "Delivered", State.JUNKED: "Delivered to junk",
    State.UNLOGGED: "Delivered without a trace",
    State.QUARANTINED: "In quarantine", State.DELETED: "Deleted", State.QUEUED: "Waiting for delivery",
    State.DEFERRED: "Deferred", State.REFUSED: "Refused", State.RELEASING: "Being released",
    State.RELEASED: "Released", State.BOUNCED: "Bounced", State.EXPIRED: "Expired", State.TAKEN: "Taken as a report",
}  # fmt: skip


def colour(value: StrEnum | str | None) -> str:
    """The colour of a badge; calm for what has none."""
    return COLOURS.get(value, CALM) if isinstance(value, StrEnum) else CALM


def verdict_colour(value: str) -> str:
    """The colour of a verdict that was kept as text."""
    return COLOURS.get(Verdict(value), CALM) if value in set(Verdict) else CALM


def state(value: State) -> str:
    """A recipient's state in the administrator's words."""
    return STATES[value]


def words(value: str) -> str:
    """An identifier as words: `move-to-junk` becomes `Move to junk`."""
    text = value.replace("-", " ").replace("_", " ")
    return "Data loss" if text == "dlp" else text[:1].upper() + text[1:]


def begun(value: str) -> str:
    """A clause as a sentence begins; an address or a host in front stays as it is written."""
    first = value.partition(" ")[0]
    return value if "@" in first or "." in first else value[:1].upper() + value[1:]


def moment(value: datetime | None, *, seconds: bool = False) -> str:
    """`2026-03-01 14:05 UTC`."""
    if value is None:
        return "never"
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC" if seconds else "%Y-%m-%d %H:%M UTC")


def ago(value: datetime | None, now: datetime) -> str:
    """Roughly how long since."""
    if value is None:
        return "never"
    passed = max(now - value, timedelta())
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        count = passed // length
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"


def size(value: int) -> str:
    """Bytes in a unit that keeps the number short."""
    if value < KIB:
        return f"{value} B"
    if value < KIB**2:
        return f"{value / KIB:.1f} KiB"
    return f"{value / KIB**2:.1f} MiB"


def breakable(address: str) -> Markup:
    """An address that a narrow column breaks before its @, or a detector's id that it breaks after its full stop."""
    text = escape(address)
    return text.replace("@", Markup("<wbr>@")) if "@" in text else text.replace(".", Markup(".<wbr>"))


def counted(things: Sized, noun: str, plural: str = "") -> str:
    """`2 rules`; empty for none, so that it can be left out."""
    count = len(things)
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}" if count else ""


def number(value: int) -> str:
    """With separators between thousands."""
    return f"{value:,}"
