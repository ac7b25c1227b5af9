"""What other policies would have done with past mail, told from the findings that the trace keeps, as `replay.py` does.

Rule: the same stored judgement is decided upon twice, once by the policies in force and once with the tried one in its
place, so that every difference is the policy's doing. People and groups are those of today, and a gap in an inspection
is not kept: what was incomplete then counts as complete.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from lockgate.model.decision import Decision, Fate
from lockgate.model.policy import PolicySet
from lockgate.model.trace import MessageTrace
from lockgate.policy.engine import decide
from lockgate.policy.outcomes import carried_out
from lockgate.tuning.policy_trial import Profiles, protected, report_of

JOINED = " + "
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class OtherFate:
    """One recipient of one message for whom something else would have happened; `because` is the tried decision's."""

    message_id: str
    received_at: datetime
    header_from: str
    subject: str
    rcpt_to: str
    before: str
    after: str
    because: str


@dataclass(slots=True)
class ReplayedFates:
    """The sum over recipients. `moved` counts what became what; actions that go together are one outcome there, and
    each counts by itself in `before` and `after`. `back_to` is the oldest message that was looked at.
    """

    messages: int = 0
    recipients: int = 0
    moved: Counter[Pair] = field(default_factory=Counter)
    before: Counter[str] = field(default_factory=Counter)
    after: Counter[str] = field(default_factory=Counter)
    links_before: int = 0  # deliveries whose links are judged again when they are followed
    links_after: int = 0
    rows: list[OtherFate] = field(default_factory=list)
    back_to: datetime | None = None
    stopped: bool = False  # there is older mail that was not looked at

    @property
    def changed(self) -> int:
        """Recipients for whom something else would have happened."""
        return sum(self.moved.values())


def replay_fates(
    traces: Iterable[MessageTrace],
    now: PolicySet,
    tried: PolicySet,
    profiles: Profiles,
    *,
    only: Pair | None = None,
    rows: int = 50,
    most: int = 0,
) -> ReplayedFates:
    """Decide past messages of the policies' direction twice, the newest first.

    At most `rows` rows are given, with `only` those of that pair; at most `most` messages are looked at (0: all).
    """
    told = ReplayedFates()
    for trace in traces:
        if trace.direction is not now.direction or (report := report_of(trace)) is None:
            continue
        if most and told.messages == most:
            told.stopped = True
            break
        told.messages += 1
        told.back_to = trace.received_at
        for one in trace.recipients:
            profile = profiles(protected(trace, one.rcpt_to))
            old, new = (decide(report, one.rcpt_to, profile, policies) for policies in (now, tried))
            pair = _count(told, old, new)
            if pair[0] != pair[1] and len(told.rows) < rows and (only is None or pair == only):
                told.rows.append(_row(trace, new, pair))
    return told


def _count(told: ReplayedFates, old: Decision, new: Decision) -> Pair:
    did, would = carried_out(old), carried_out(new)
    told.recipients += 1
    told.before.update(did)
    told.after.update(would)
    told.links_before += _leads_through_us(old)
    told.links_after += _leads_through_us(new)
    pair = JOINED.join(did), JOINED.join(would)
    if did != would:
        told.moved[pair] += 1
    return pair


def _leads_through_us(decision: Decision) -> bool:
    """Whether links of what is delivered at once are replaced; what is held comes to that when it is released."""
    return decision.click_time is not None and decision.fate in (Fate.RELAY, Fate.JUNK)


def _row(trace: MessageTrace, new: Decision, pair: Pair) -> OtherFate:
    about = trace.id, trace.received_at, trace.header_from, trace.subject
    return OtherFate(*about, new.rcpt_to, *pair, new.explanation)
