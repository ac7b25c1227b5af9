"""What a policy's author should know about actions that meet: nothing is wrong, but not everything happens."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

from lockgate.model.decision import Fate
from lockgate.model.envelope import Direction, domain_of
from lockgate.model.findings import DANGEROUS
from lockgate.model.policy import ActionKind, Condition, Policy, PolicySet, Rule, Targets
from lockgate.policy import actions

CHANGES = frozenset({
    ActionKind.TAG_SUBJECT, ActionKind.ADD_DISCLAIMER, ActionKind.ADD_BANNER, ActionKind.SANITISE,
    ActionKind.REPLACE_ATTACHMENTS, ActionKind.CHANGE_RECIPIENT, ActionKind.PASS_WITHOUT_LOGGING,
})  # fmt: skip
QUIET = frozenset({ActionKind.PASS, ActionKind.PASS_WITHOUT_LOGGING})
FINAL = frozenset({Fate.QUARANTINE, Fate.REJECT, Fate.DELETE})


def conflicts(policy: Policy) -> tuple[str, ...]:
    """Each a sentence; empty when all actions happen as they are written."""
    rules = [rule for rule in policy.rules if rule.enabled]
    found = [told for rule in rules for told in _within(rule, policy.direction)]
    found += [told for first, second in combinations(rules, 2) for told in _between(first, second)]
    if policy.monitor_only and any(actions.fate_of(rule.actions) is not Fate.RELAY for rule in rules):
        found.append("This policy only monitors: its actions are recorded and not carried out.")
    return tuple(dict.fromkeys(found))


def never_reached(policy: Policy, policies: PolicySet) -> tuple[str, ...]:
    """A sentence when a policy that is looked at before it is for everybody whom this one is for."""
    if not policy.enabled:
        return ()
    before = [one for one in policies.policies if one.enabled and one.priority < policy.priority]
    covering = next((one for one in before if one.id != policy.id and _covers(one.targets, policy.targets)), None)
    if covering is None:
        return ()
    return (f"It is never reached: '{covering.name}' is looked at before it, and is for everybody whom it is for.",)


def _covers(wide: Targets, narrow: Targets) -> bool:
    """Whether it is certain that `wide` is for everybody whom `narrow` is for; groups overlap as nobody knows here."""
    if wide.except_users or wide.except_groups:
        return False
    if wide.everyone or narrow.everyone:
        return wide.everyone
    people = (address in wide.users or domain_of(address) in wide.domains for address in narrow.users)
    return all(people) and set(narrow.domains) <= set(wide.domains) and set(narrow.groups) <= set(wide.groups)


def _within(rule: Rule, direction: Direction) -> Iterator[str]:
    kinds = {action.kind for action in rule.actions}
    fate = actions.fate_of(rule.actions)
    idle = sorted(_words(kind) for kind in kinds & CHANGES)
    if idle and fate in FINAL:
        yield f"Rule '{rule.name}': {', '.join(idle)} does nothing, because {_words(fate)} is stronger."
    if ActionKind.CHANGE_RECIPIENT in kinds and fate is Fate.JUNK:
        yield f"Rule '{rule.name}': reviewers get nothing, because the message goes to the recipient's junk folder."
    if ActionKind.PASS_WITHOUT_LOGGING in kinds and rule.when.verdicts & DANGEROUS:
        yield f"Rule '{rule.name}': dangerous mail passes, and afterwards nobody can see that it did."
    if ActionKind.PASS_WITHOUT_LOGGING in kinds and not kinds <= QUIET and fate not in FINAL:
        yield f"Rule '{rule.name}': the message is logged, because something is done to it."
    if ActionKind.REVIEW in kinds and fate is Fate.QUARANTINE and ActionKind.QUARANTINE in kinds:
        yield f"Rule '{rule.name}': reviewers are not asked, because quarantine leaves it to administrators."
    if ActionKind.REJECT in kinds and direction is Direction.INBOUND:
        yield (
            f"Rule '{rule.name}': Exchange has taken the message from its sender already, and writes a report to "
            "whoever the sender is said to be. Reject inbound mail only where senders are authenticated."
        )


def _between(first: Rule, second: Rule) -> Iterator[str]:
    """Two rules that act on the same messages and want different fates."""
    one, other = actions.fate_of(first.actions), actions.fate_of(second.actions)
    if one is other or not _overlap(first.when, second.when):
        return
    stronger = max((one, other), key=list(Fate).index)
    if _is_step(first.when, second.when) and stronger is (one if _minimum(first) > _minimum(second) else other):
        return
    yield f"Rules '{first.name}' and '{second.name}' can apply to one message; then {_words(stronger)} is done."


def _is_step(first: Condition, second: Condition) -> bool:
    """Whether both ask for the same and for different scores: the surer, the stronger, as its author wants it."""
    differ = first.minimum_score != second.minimum_score
    return differ and replace(first, minimum_score=None) == replace(second, minimum_score=None)


def _minimum(rule: Rule) -> float:
    return rule.when.minimum_score or 0.0


def _overlap(first: Condition, second: Condition) -> bool:
    """Whether one message surely meets both: the same verdict, or a finding that both name."""
    verdicts = first.verdicts & second.verdicts
    findings = set(first.findings) & set(second.findings)
    return bool(verdicts or findings) and not (bool(first.verdicts) and bool(second.verdicts) and not verdicts)


def _words(one: ActionKind | Fate) -> str:
    return one.value.replace("-", " ")
