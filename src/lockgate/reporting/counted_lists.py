"""What is counted of each list: the fields of its search that facets narrow, and the values that a row has for them."""

from collections.abc import Iterable
from dataclasses import replace

from lockgate.reporting.facets import DAY, Counting, Values, day, said
from lockgate.storage.audit import AuditFilter, AuditLog
from lockgate.storage.clicks import ClickFilter, Clicks
from lockgate.storage.held_messages import HeldFilter, HeldMessages
from lockgate.storage.search_words import Facet as Label
from lockgate.storage.traces import Labelled, TraceFilter, Traces
from lockgate.storage.unit_of_work import Unit

MONITORED = "monitored"  # beside the states: what monitor-only held back
_NONE = "none"  # the label of what was refused before it was looked at; no field asks for it


def _traces(unit: Unit, wanted: TraceFilter, most: int) -> Iterable[Values]:
    return map(_of_message, Traces(unit).labelled(wanted, most))


def _of_message(one: Labelled) -> Values:
    yield from said(("tenant", one.tenant_id))
    yield day(one.received_at)
    for label, value in one.labels:
        if label is not Label.MONITORED and value != _NONE:
            yield label.value, value
    if any(label is Label.MONITORED for label, _ in one.labels):
        yield Label.STATE.value, MONITORED


def _clicks(unit: Unit, wanted: ClickFilter, most: int) -> Iterable[Values]:
    for one in Clicks(unit).search(wanted, limit=most):
        yield said(
            ("verdict", one.verdict), ("outcome", one.outcome), ("site", one.host), ("recipient", one.rcpt_to),
            ("tenant", one.tenant_id), day(one.at),
        )  # fmt: skip


def _held(unit: Unit, wanted: HeldFilter, most: int) -> Iterable[Values]:
    for item in HeldMessages(unit).search(wanted, limit=most):
        one = item.held
        yield said(
            ("direction", one.direction), ("verdict", one.verdict), ("reason", one.reason), ("policy", one.policy_id),
            ("tenant", one.tenant_id), day(one.held_at),
            *(("state", state) for state in {recipient.state for recipient in item.recipients}),
            *(("finding", detector) for detector in set(one.reasons)),
            *(("address", address) for address in {recipient.rcpt_to.casefold() for recipient in item.recipients}),
        )  # fmt: skip


def _audit(unit: Unit, wanted: AuditFilter, most: int) -> Iterable[Values]:
    for one in AuditLog(unit).search(wanted, limit=most):
        yield said(("act", one.act), ("actor", one.actor), ("tenant", one.tenant_id), day(one.at))


OF_MESSAGES: Counting[TraceFilter] = Counting(
    {
        "direction": lambda one: replace(one, direction=None),
        "verdict": lambda one: replace(one, verdict=None, verdicts=frozenset()),
        "state": lambda one: replace(one, state=None, monitored=False),
        "policy": lambda one: replace(one, policy_id=""),
        "finding": lambda one: replace(one, finding=""),
        "source": lambda one: replace(one, source=""),
        "tenant": lambda one: replace(one, tenant_id=""),
        DAY: lambda one: replace(one, since=None, until=None),
    },
    _traces,
)
OF_CASES: Counting[TraceFilter] = Counting(
    {"template": lambda one: replace(one, template="")}
    | {name: OF_MESSAGES.without[name] for name in ("state", "policy", "tenant", DAY)},
    _traces,
)
OF_CLICKS: Counting[ClickFilter] = Counting(
    {
        "outcome": lambda one: replace(one, outcome=None),
        "verdict": lambda one: replace(one, verdict=None),
        "site": lambda one: replace(one, site=""),
        "recipient": lambda one: replace(one, recipient="", readers=frozenset()),
        "tenant": lambda one: replace(one, tenant_id=""),
        DAY: lambda one: replace(one, since=None, until=None),
    },
    _clicks,
)
OF_HELD: Counting[HeldFilter] = Counting(
    {
        "state": lambda one: replace(one, state=None),
        "direction": lambda one: replace(one, direction=None),
        "verdict": lambda one: replace(one, verdict=""),
        "policy": lambda one: replace(one, policy_id=""),
        "reason": lambda one: replace(one, reason=""),
        "finding": lambda one: replace(one, finding=""),
        "address": lambda one: replace(one, address=""),
        "tenant": lambda one: replace(one, tenant_id=""),
        DAY: lambda one: replace(one, since=None, until=None),
    },
    _held,
)
OF_AUDIT: Counting[AuditFilter] = Counting(
    {
        "act": lambda one: replace(one, act=""),
        "actor": lambda one: replace(one, actor=""),
        "tenant": lambda one: replace(one, tenant_id=""),
        DAY: lambda one: replace(one, since=None, until=None),
    },
    _audit,
)
