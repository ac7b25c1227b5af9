"""The trace for other programs: CSV with one line per recipient (RFC 4180), or JSON with one object per message.

Rule: what a sender wrote never becomes a formula in a spreadsheet: a cell that begins like one gets an apostrophe
(OWASP, CSV Injection).
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator

from pydantic import TypeAdapter

from lockgate.model.trace import MessageTrace

_TRACE: TypeAdapter[MessageTrace] = TypeAdapter(MessageTrace)
COLUMNS = (
    "received_at", "message_id", "direction", "mail_from", "header_from", "rcpt_to", "subject", "verdict", "score",
    "state", "policy", "rule", "explanation", "reply", "network_message_id", "internet_message_id", "size",
)  # fmt: skip


def as_json(trace: MessageTrace) -> dict[str, object]:
    """The whole trace of a message as JSON knows it; times in ISO 8601, UTC."""
    shaped: dict[str, object] = _TRACE.dump_python(trace, mode="json")
    return shaped


def json_lines(traces: Iterable[MessageTrace]) -> Iterator[str]:
    """One object per message and line, without an end: memory does not grow."""
    for trace in traces:
        yield json.dumps(as_json(trace), ensure_ascii=False) + "\n"


def csv_lines(traces: Iterable[MessageTrace]) -> Iterator[str]:
    """The header line, then a line for each recipient, without an end."""
    yield _line(COLUMNS)
    for trace in traces:
        for one in trace.recipients:
            policy = f"{one.policy_name} v{one.policy_version}" if one.policy_name else ""
            score = "" if trace.score is None else f"{trace.score:.3f}"
            yield _line(
                (
                    trace.received_at.isoformat(), trace.id, trace.direction or "", trace.mail_from, trace.header_from,
                    one.rcpt_to, trace.subject, trace.verdict or "", score,
                    one.state, policy, one.rule, one.explanation, one.reply, trace.network_message_id,
                    trace.internet_message_id, str(trace.size),
                )
            )  # fmt: skip


def _line(cells: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow([harmless(cell) for cell in cells])
    return text.getvalue()


def harmless(cell: str) -> str:
    """The cell, which no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else str(cell)
