"""The organisation's own rules over one message. A rule that cannot be evaluated is a gap, never a silence."""

import re
from dataclasses import dataclass

from lockgate.detection.correlation.expressions import Lazily, Value, compiled
from lockgate.model.errors import InvalidInput
from lockgate.model.findings import Evidence, Failure, Finding, Incomplete, Maturity
from lockgate.model.tuning import OwnRule, OwnSignal, Tuning

MOST_SIGNALS = 200
MOST_RULES = 200
HEAVIEST = 10.0
PREFIX = "own."
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_ID = re.compile(r"[a-z][a-z0-9-]{0,55}")


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What the rules said: findings that count, findings in shadow, and rules that could not be evaluated."""

    enforced: tuple[Finding, ...] = ()
    shadow: tuple[Finding, ...] = ()
    gaps: tuple[Incomplete, ...] = ()


NOTHING = Evaluated()


def evaluate(tuning: Tuning, variables: Lazily) -> Evaluated:
    """Every rule that is no draft. Never raises; costs nothing when there is no rule."""
    rules = [rule for rule in tuning.rules if rule.maturity is not Maturity.DRAFT]
    if not rules:
        return NOTHING
    held: dict[str, bool] = {}
    gaps: list[Incomplete] = []
    needed = {name for rule in rules for name in _mentioned(rule.expression)}
    for signal in tuning.signals:
        if signal.name in needed or needed & _mentioned_by_signals(tuning, signal.name):
            held[signal.name] = _holds(signal.expression, variables, held, f"{PREFIX}signal.{signal.name}", gaps)
    enforced: list[Finding] = []
    shadow: list[Finding] = []
    for rule in rules:
        if _holds(rule.expression, variables, held, PREFIX + rule.id, gaps):
            (shadow if rule.maturity is Maturity.SHADOW else enforced).append(_finding(rule, held))
    return Evaluated(tuple(enforced), tuple(shadow), tuple(gaps))


def problems(tuning: Tuning) -> list[str]:
    """What is wrong with it, in sentences for whoever wrote it; empty when nothing is."""
    found: list[str] = []
    if len(tuning.rules) > MOST_RULES or len(tuning.signals) > MOST_SIGNALS:
        found.append(f"There may be {MOST_RULES} rules and {MOST_SIGNALS} signals.")
    known: set[str] = set()
    for signal in tuning.signals:
        found += _problems_of(signal, known)
        known.add(signal.name)
    ids: set[str] = set()
    for rule in tuning.rules:
        where = f"Rule '{rule.id}': "
        if not _ID.fullmatch(rule.id):
            found.append(f"{where}an id has small letters, digits and hyphens, and begins with a letter.")
        if rule.id in ids:
            found.append(f"{where}there are two of that id.")
        if not -HEAVIEST <= rule.weight <= HEAVIEST:
            found.append(f"{where}a weight is between -{HEAVIEST:.0f} and {HEAVIEST:.0f}.")
        ids.add(rule.id)
        found += _wrong(rule.expression, known, where)
    return found


def _problems_of(signal: OwnSignal, known: set[str]) -> list[str]:
    where = f"Signal '{signal.name}': "
    found = _wrong(signal.expression, known, where)
    if not _NAME.fullmatch(signal.name):
        found.append(f"{where}a name has small letters, digits and underscores, and begins with a letter.")
    if signal.name in known:
        found.append(f"{where}there are two of that name.")
    return found


def _wrong(expression: str, known: set[str], where: str) -> list[str]:
    try:
        compiled(expression)
    except InvalidInput as error:
        return [f"{where}{error}"]
    return [f"{where}there is no signal '{name}' before it." for name in sorted(_mentioned(expression) - known)]


def _mentioned(expression: str) -> set[str]:
    return set(re.findall(r"\bsignals\.(\w+)", expression))


def _mentioned_by_signals(tuning: Tuning, name: str) -> set[str]:
    """Signals that build upon this one, directly or not; they come later in the list."""
    users = {name}
    for signal in tuning.signals:
        if _mentioned(signal.expression) & users:
            users.add(signal.name)
    return users


def _holds(expression: str, variables: Lazily, held: dict[str, bool], identity: str, gaps: list[Incomplete]) -> bool:
    try:
        condition = compiled(expression)
        given: dict[str, Value] = variables.for_(condition.needs)
        if "signals" in condition.needs:
            given["signals"] = dict(held)
        return condition.holds(given)
    except (InvalidInput, ValueError) as error:
        gaps.append(Incomplete(identity, Failure.CRASHED, str(error)[:200], essential=False))
        return False


def _finding(rule: OwnRule, held: dict[str, bool]) -> Finding:
    met = [Evidence("signal", name) for name in sorted(_mentioned(rule.expression)) if held.get(name)]
    return Finding(
        detector=PREFIX + rule.id,
        category=rule.category,
        weight=rule.weight,
        explanation=rule.description or f"the organisation's own rule '{rule.name}' holds",
        evidence=(*met, Evidence("rule", rule.expression[:200])),
        maturity=rule.maturity,
        labels=(f"own-rule:{rule.id}",),
    )
