"""What differs between two versions of a policy, as lines that a person reads: the place, what was there, what is.

Rule: every field of a policy appears here; two policies without a difference act alike. Of long lists only what was
taken out and what was put in is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lockgate.model.policy import Action, ClickTime, Condition, FileCondition, Policy, Rule, Targets
from lockgate.policy.levels import level_words

NOTHING = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs; an empty text says that there was, or is, nothing."""

    place: str
    before: str
    after: str


def differences(before: Policy, after: Policy) -> tuple[Difference, ...]:
    """All of them in reading order. Version numbers do not count."""
    return (
        *_of_header(before, after),
        *_of_targets(before.targets, after.targets),
        *_of_click_time(before.click_time, after.click_time),
        *_changed("Reviewers outside the organisation", *(_allowed(one.outside_reviewers) for one in (before, after))),
        *_of_rules(before, after),
    )


def action_words(action: Action) -> str:
    """`tag subject “[Spam] ”`."""
    kind = action.kind.value.replace("-", " ")
    return f"{kind} “{action.text}”" if action.text else kind


def condition_words(condition: Condition) -> str:
    """`verdict phishing or spam; finding link.*; probability from 0.9 (near certain)`."""
    said = []
    if condition.verdicts:
        said.append("verdict " + " or ".join(sorted(verdict.value for verdict in condition.verdicts)))
    if condition.findings:
        said.append("finding " + " or ".join(condition.findings))
    if condition.minimum_score is not None:
        said.append(f"probability from {level_words(condition.minimum_score)}")
    if condition.files is not None:
        said.append(file_condition_words(condition.files))
    if condition.unless:
        said.append("unless " + " or ".join(condition.unless))
    return "; ".join(said)


def file_condition_words(files: FileCondition) -> str:
    """`a file exe or .iso or invoice*, not inside others`."""
    named = [*files.kinds, *(f".{extension}" for extension in files.extensions), *files.names]
    which = f"any file except {', '.join(named)}" if files.all_except else f"a file {' or '.join(named)}"
    return which if files.inside else f"{which}, not inside others"


def _of_header(before: Policy, after: Policy) -> Iterator[Difference]:
    yield from _changed("Name", before.name, after.name)
    yield from _changed("Description", before.description, after.description)
    yield from _changed("Switched", _switch(before.enabled), _switch(after.enabled))
    yield from _changed("Monitor only", _yes(before.monitor_only), _yes(after.monitor_only))
    yield from _changed("Place in the order", str(before.priority), str(after.priority))
    yield from _changed("When inspection is incomplete", _incomplete(before), _incomplete(after))


def _of_targets(before: Targets, after: Targets) -> Iterator[Difference]:
    yield from _changed("For everyone", _yes(before.everyone), _yes(after.everyone))
    yield from _lists("For domains", before.domains, after.domains)
    yield from _lists("For people", before.users, after.users)
    yield from _lists("For groups", before.groups, after.groups)
    yield from _lists("Except people", before.except_users, after.except_users)
    yield from _lists("Except groups", before.except_groups, after.except_groups)


def _of_click_time(before: ClickTime | None, after: ClickTime | None) -> Iterator[Difference]:
    yield from _changed("Links when they are followed", _click_time_words(before), _click_time_words(after))
    old, new = (one.except_domains if one else () for one in (before, after))
    yield from _lists("Links that stay as they are", old, new)


def _click_time_words(wanted: ClickTime | None) -> str:
    if wanted is None:
        return "not judged again"
    return f"{wanted.links} links judged again{', in plain text too' if wanted.plain_text else ''}"


def _of_rules(before: Policy, after: Policy) -> Iterator[Difference]:
    old, new = ({rule.name: rule for rule in policy.rules} for policy in (before, after))
    for name, rule in old.items():
        if name in new:
            yield from _of_rule(rule, new[name])
        else:
            yield Difference(f"Rule '{name}'", _rule_words(rule), NOTHING)
    for name, rule in new.items():
        if name not in old:
            yield Difference(f"Rule '{name}'", NOTHING, _rule_words(rule))
    stayed = [name for name in old if name in new]
    moved = [name for name in new if name in old]
    if stayed != moved:
        yield Difference("Order of the rules", ", ".join(stayed), ", ".join(moved))


def _of_rule(before: Rule, after: Rule) -> Iterator[Difference]:
    yield from _changed(f"Rule '{after.name}': when", condition_words(before.when), condition_words(after.when))
    yield from _changed(f"Rule '{after.name}': switched", _switch(before.enabled), _switch(after.enabled))
    yield from _changed(f"Rule '{after.name}': do", _actions_words(before), _actions_words(after))


def _rule_words(rule: Rule) -> str:
    return f"{condition_words(rule.when)} → {_actions_words(rule)}{'' if rule.enabled else ' (switched off)'}"


def _actions_words(rule: Rule) -> str:
    return ", ".join(action_words(action) for action in rule.actions)


def _incomplete(policy: Policy) -> str:
    return action_words(policy.when_incomplete) if policy.when_incomplete else "try again, then hold"


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _changed(place: str, before: str, after: str) -> Iterator[Difference]:
    if before != after:
        yield Difference(place, before, after)


def _lists(place: str, before: tuple[str, ...], after: tuple[str, ...]) -> Iterator[Difference]:
    gone = ", ".join(one for one in before if one not in after)
    new = ", ".join(one for one in after if one not in before)
    yield from _changed(place, gone, new)


def _allowed(whether: bool) -> str:
    return "allowed" if whether else "not allowed"
